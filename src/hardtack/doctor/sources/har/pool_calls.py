"""What browser and user pool said to each other, from the bodies of a recording.

Rule: nothing of a token, a password or a name leaves this file but as a mark. Bodies tell what cookies would, and more:
a recording whose cookies were stripped on export is judged by them alone.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import parse_qs, urlsplit

from hardtack.doctor.observed import PoolCall
from hardtack.doctor.sources.har.entries import body_of, posted_of

if TYPE_CHECKING:
    from hardtack.doctor.evidence import Evidence
    from hardtack.doctor.marks import Marker
    from hardtack.doctor.sources.har.entries import Entry

__all__ = ["ReadCall", "claims_of", "is_pool_host", "is_stand_in", "operation_of", "read_call"]

_TARGET: Final = "AWSCognitoIdentityProviderService."
_OAUTH: Final = re.compile(r"/(oauth2/(?:token|revoke)|logout)/?")
_HOSTED: Final = re.compile(r"\.amazoncognito\.com$|\.amazoncognito\.us-gov$|^cognito-idp[.-]")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_CLIENT: Final = re.compile(r"[A-Za-z0-9_+]{1,128}")  # what Cognito gives out
_REFRESH: Final = "GetTokensFromRefreshToken"
_REFRESH_FLOWS: Final = frozenset({"REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"})
_STAND_IN: Final = re.compile(r"(?:[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.)?redacted-[0-9a-f]{12}-*")
_JSON_LIMIT: Final = 1 << 20  # characters of a body; the pool's have some thousands
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class ReadCall:
    """A call, and what follows from its bodies.

    Attributes:
        fact: the call as the rules read it.
        brought: marks of the tokens that it brought: the browser's script is about to write them.
        bodiless: whether a body that would tell more is missing from the recording.
        secrets: how many tokens and passwords stand in its bodies.
    """

    fact: PoolCall
    brought: frozenset[str]
    bodiless: bool
    secrets: int


def is_pool_host(host: str) -> bool:
    """Whether a host is the user pool's own, or that of its hosted pages."""
    return _HOSTED.search(host) is not None


def operation_of(entry: Entry, target: str | None, path: str, host: str) -> str | None:
    """Which operation of the pool a request is, by its headers and URL; None if it is none.

    Args:
        entry: the request.
        target: its `X-Amz-Target` header.
        path: of its URL.
        host: of its URL.
    """
    if entry.request.method == "OPTIONS":
        return None
    if target is not None and target.startswith(_TARGET):
        name = target.removeprefix(_TARGET)
        return name if _NAME.fullmatch(name) else None
    found = _OAUTH.fullmatch(path)
    if found is None or (found[1] == "logout" and not is_pool_host(host)):
        return None
    return found[1] if is_pool_host(host) or entry.request.method == "POST" else None


def read_call(entry: Entry, operation: str, evidence: Evidence, marker: Marker) -> ReadCall:
    """Read the bodies of one call.

    Args:
        entry: the request and its response.
        operation: what `operation_of` made of it.
        evidence: where it stands.
        marker: the one of this recording.
    """
    asked, answered = _sent(entry), _received(entry)
    status = int(entry.answer.status or 0)
    result = _object((answered or {}).get("AuthenticationResult")) or (answered or {})
    parameters = _object((asked or {}).get("AuthParameters"))
    sent = _first(asked, "RefreshToken", "refresh_token") or _first(parameters, "REFRESH_TOKEN")
    if operation in {"RevokeToken", "oauth2/revoke"}:
        sent = _first(asked, "Token", "token")
    refreshes = operation == _REFRESH or (asked or {}).get("AuthFlow") in _REFRESH_FLOWS
    refreshes = refreshes or (asked or {}).get("grant_type") == "refresh_token"
    access = _first(result, "AccessToken", "access_token")
    refresh = _first(result, "RefreshToken", "refresh_token")
    identity = _first(result, "IdToken", "id_token")
    claims = claims_of(access or "")
    issued, expires = _epoch(claims.get("iat")), _epoch(claims.get("exp"))
    lifetime = _epoch(result.get("ExpiresIn") or result.get("expires_in"))
    if issued is not None and expires is not None:
        lifetime = expires - issued
    name = claims.get("sub") or _user(asked, parameters)
    client = _first(asked, "ClientId", "client_id") or _client_of(entry.request.url)
    brought = frozenset(marker.mark(token) for token in (access, refresh, identity) if token)
    fact = PoolCall(
        evidence=evidence,
        operation=_REFRESH if refreshes else operation,
        status=status,
        error=_error(entry, answered, status),
        client_id=client if client and _CLIENT.fullmatch(client) else None,
        sent_refresh=marker.mark(sent) if sent else None,
        got_refresh=marker.mark(refresh) if refresh and not (refreshes and refresh == sent) else None,
        got_access=marker.mark(access) if access else None,
        user=marker.mark(name) if isinstance(name, str) and name else None,
        issued_at=issued,
        access_lifetime=None if lifetime is None else int(lifetime),
    )
    speaks = refreshes or operation in {"InitiateAuth", "RespondToAuthChallenge", "RevokeToken", "oauth2/token"}
    bodiless = speaks and (asked is None or (answered is None and status == _OK and operation != "RevokeToken"))
    told = (sent, access, refresh, identity, _first(parameters, "PASSWORD"))
    secrets = sum(token is not None and not is_stand_in(token) for token in told)
    return ReadCall(fact, brought, bodiless, secrets)


def is_stand_in(token: str) -> bool:
    """Whether a text is what `hardtack sanitize` writes in a token's place."""
    return _STAND_IN.fullmatch(token) is not None


def claims_of(token: str) -> dict[str, Any]:
    """What a JWT says, unverified; empty if it is none."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _JSON_LIMIT:  # noqa: PLR2004  RFC 7515's three parts
        return {}
    try:
        return _object(json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))))
    except (ValueError, binascii.Error, RecursionError):
        return {}


def _sent(entry: Entry) -> dict[str, Any] | None:
    posted = posted_of(entry.request)
    if posted is None:
        return None
    if not posted.text:
        return {pair.name: pair.value for pair in posted.params or ()} or None
    if posted.text.lstrip().startswith("{"):
        return _json(posted.text)
    if len(posted.text) > _JSON_LIMIT:
        return None
    return {name: values[0] for name, values in parse_qs(posted.text, max_num_fields=None).items()}


def _received(entry: Entry) -> dict[str, Any] | None:
    text = body_of(entry.answer.content)
    return _json(text) if text else None


def _json(text: str) -> dict[str, Any] | None:
    if len(text) > _JSON_LIMIT:
        return None
    try:
        return _object(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _first(said: dict[str, Any] | None, *keys: str) -> str | None:
    for key in keys:
        value = (said or {}).get(key)
        if isinstance(value, str) and value:
            return value
    return None


def _epoch(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12  # noqa: PLR2004  a year beyond all
    return float(value) if usable else None


def _user(asked: dict[str, Any] | None, parameters: dict[str, Any]) -> str | None:
    responses = _object((asked or {}).get("ChallengeResponses"))
    return _first(parameters, "USERNAME") or _first(responses, "USERNAME") or _first(asked, "Username")


def _client_of(url: str) -> str | None:
    try:
        query = urlsplit(url).query
    except ValueError:
        return None
    return next(iter(parse_qs(query).get("client_id", ())), None)


def _error(entry: Entry, answered: dict[str, Any] | None, status: int) -> str | None:
    """The exception's name; what a 2xx says beside it is no error."""
    if status == 0:
        return "NetworkError"
    if status < 400:  # noqa: PLR2004  HTTP's
        return None
    told = _first(answered, "__type", "error")
    if told is None:
        headers = entry.answer.headers
        told = next((pair.value for pair in headers if pair.name.lower() == "x-amzn-errortype"), "")
    name = told.partition(":")[0].rpartition("#")[2]
    return name if _NAME.fullmatch(name) else None
