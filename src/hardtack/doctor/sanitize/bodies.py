"""Bodies of the calls to the user pool: their form is kept, for it is evidence; every value in them is a hash.

Rule: only keys that Cognito or OAuth know are kept, and only values that are words of theirs. The bodies of all other
requests go: nobody can tell what is in them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import parse_qsl

from hardtack.doctor.sanitize.places import safe_parameters
from hardtack.doctor.sources.har.pool_calls import claims_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.doctor.sanitize.redaction import Redaction

__all__ = ["safe_body", "secrets_in"]

_KEYS: Final = frozenset(
    """AccessToken AuthFlow AuthParameters AuthenticationResult AvailableChallenges ChallengeName ChallengeParameters
    ChallengeResponses ClientId CodeDeliveryDetails ConfirmationCode DEVICE_KEY DeliveryMedium Destination DeviceKey
    ExpiresIn IdToken NEW_PASSWORD NewDeviceMetadata PASSWORD PASSWORD_CLAIM_SECRET_BLOCK PASSWORD_CLAIM_SIGNATURE
    PREFERRED_CHALLENGE Password PreviousPassword ProposedPassword REFRESH_TOKEN RefreshToken SALT SECRET_BLOCK
    SECRET_HASH SMS_MFA_CODE SOFTWARE_TOKEN_MFA_CODE EMAIL_OTP_CODE SRP_A SRP_B SecretHash Session TIMESTAMP Token
    TokenType USERNAME USER_ID_FOR_SRP Username UserCode UserConfirmed UserSub access_token client_id code
    code_verifier error expires_in grant_type id_token refresh_token token token_type __type""".split()  # noqa: SIM905 -- sixty words read better than sixty quoted ones
)
_WORDS: Final = {
    "AuthFlow": re.compile(
        r"(?:USER_SRP|USER_PASSWORD|REFRESH_TOKEN|CUSTOM|USER|ADMIN_USER_PASSWORD)_AUTH|REFRESH_TOKEN"
    ),
    "ChallengeName": re.compile(r"[A-Z]{2,12}(?:_[A-Z]{2,12}){0,4}"),
    "ClientId": re.compile(r"[A-Za-z0-9]{1,64}"),
    "client_id": re.compile(r"[A-Za-z0-9]{1,64}"),
    "grant_type": re.compile(r"authorization_code|refresh_token|client_credentials"),
    "TokenType": re.compile(r"Bearer"),
    "token_type": re.compile(r"[Bb]earer"),
    "error": re.compile(r"[a-z]{1,16}(?:_[a-z]{1,16}){0,3}"),
}
_TYPE: Final = re.compile(r"(?:[A-Za-z.]{1,80}#)?([A-Z][A-Za-z]{2,60}(?:Exception|Error))")
_DEEPEST: Final = 6
_WORDY: Final = frozenset((*_WORDS, "__type", "message", "Name", "TIMESTAMP", "DeliveryMedium", "AvailableChallenges"))
_NAMES: Final = ("username", "cognito:username", "email", "phone_number", "preferred_username", "name", "sub")
_LATER: Final = ("given_name", "family_name", "nickname")


def safe_body(text: str, redaction: Redaction) -> str | None:
    """The body of a call, JSON or a form; None if it is neither.

    Args:
        text: the body.
        redaction: of this run.
    """
    if not text.lstrip().startswith(("{", "[")):
        return safe_parameters(text, redaction) or None
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return json.dumps(_safe(said, redaction, 0), separators=(",", ":")) if isinstance(said, dict) else None


def _safe(said: Any, redaction: Redaction, depth: int) -> Any:
    if isinstance(said, dict) and depth < _DEEPEST:
        items = cast("dict[str, Any]", said).items()
        return {key: _member(key, value, redaction, depth) for key, value in items if key in _KEYS}
    if isinstance(said, str):
        return redaction.replaced(said, length=len(said))
    return said if isinstance(said, bool) or said is None else None


def _member(key: str, value: Any, redaction: Redaction, depth: int) -> Any:
    if key in {"ExpiresIn", "expires_in"} and isinstance(value, int):
        return value
    if isinstance(value, str) and key == "__type":
        found = _TYPE.fullmatch(value)
        return found[1] if found and not redaction.holds_secret(found[1]) else "redacted"
    pattern = _WORDS.get(key)
    if pattern is not None and isinstance(value, str) and pattern.fullmatch(value):
        return redaction.replaced(value) if redaction.holds_secret(value) else value
    return _safe(value, redaction, depth + 1)


def secrets_in(text: str) -> Iterator[str]:
    """Whatever in a body may be somebody's name, address, password or code, to be looked for elsewhere."""
    if not text.lstrip().startswith(("{", "[")):
        try:
            pairs = parse_qsl(text, max_num_fields=1000)
        except ValueError:
            return
        for name, value in pairs:
            if name not in _WORDY:
                yield from _of_text(value)
        return
    try:
        yield from _walk(json.loads(text), "", 0)
    except (ValueError, RecursionError):
        return


def _walk(said: Any, key: str, depth: int) -> Iterator[str]:
    if isinstance(said, dict) and depth < 2 * _DEEPEST:
        for name, value in cast("dict[str, Any]", said).items():
            yield from _walk(value, name, depth + 1)
    elif isinstance(said, list) and depth < 2 * _DEEPEST:
        for value in cast("list[Any]", said):
            yield from _walk(value, key, depth + 1)
    elif isinstance(said, str) and key not in _WORDY:
        yield from _of_text(said)


def _of_text(text: str) -> Iterator[str]:
    """A text, and what a token says of its bearer."""
    yield text
    claims = claims_of(text)
    yield from (claims[name] for name in (*_NAMES, *_LATER) if isinstance(claims.get(name), str))
