"""What the operations give, as frozen facts.

Rule: a document is believed field by field, each with its type; what a result can't do without and isn't there makes
the answer malformed, which is an unavailability. Nothing about a person shows in a `repr`: no token, no session of a
challenge, no name, no address, masked or not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from hardtack.cognito.errors import CognitoUnavailable, Reason
from hardtack.cognito.inputs import is_token
from hardtack.tokens import TokenSet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.cognito.operations import Operation
    from hardtack.cognito.wire import Document

__all__ = ["AuthResult", "Challenge", "CodeDelivery", "NewDevice", "PoolUser", "SignUpResult"]

_ATTRIBUTE_PREFIX = "userAttributes."


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A device that the pool wants to remember (`NewDeviceMetadata`).

    Attributes:
        device_key: its id.
        device_group_key: the group that its password is bound to.
    """

    device_key: str = field(repr=False)
    device_group_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthResult:
    """A finished sign-in.

    Attributes:
        tokens: the session's tokens.
        username: the name by which Amplify would store them: the one that the pool gave in the first challenge, or
            else the one that was typed.
        expires_in: seconds that the access token lives.
        new_device: the device to confirm, or None.
    """

    tokens: TokenSet
    username: str = field(repr=False)
    expires_in: int
    new_device: NewDevice | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question that the pool wants answered before it gives tokens.

    Attributes:
        name: Cognito's ChallengeName, such as `SOFTWARE_TOKEN_MFA`.
        session: the pool's handle on this sign-in, or None; whoever holds it may answer.
        username: as in `AuthResult`.
        parameters: ChallengeParameters.
        available_challenges: what `SELECT_CHALLENGE` lets the person choose from.
    """

    name: str
    session: str | None = field(repr=False)
    username: str = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)
    available_challenges: tuple[str, ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        """What `SELECT_MFA_TYPE`, `MFA_SETUP` or `SELECT_CHALLENGE` lets the person choose from."""
        for key in ("MFAS_CAN_CHOOSE", "MFAS_CAN_SETUP"):
            if key in self.parameters:
                return _json_texts(self.parameters[key])
        return self.available_challenges

    @property
    def required_attributes(self) -> tuple[str, ...]:
        """The attributes that `NEW_PASSWORD_REQUIRED` wants beside the password, by their plain names."""
        names = _json_texts(self.parameters.get("requiredAttributes", ""))
        return tuple(name.removeprefix(_ATTRIBUTE_PREFIX) for name in names)


@dataclass(frozen=True, slots=True)
class CodeDelivery:
    """Where a code went (`CodeDeliveryDetails`).

    Attributes:
        destination: the address, masked by the pool.
        medium: `EMAIL` or `SMS`.
        attribute: the attribute that holds the address, such as `email`.
    """

    destination: str = field(repr=False)
    medium: str
    attribute: str


@dataclass(frozen=True, slots=True)
class SignUpResult:
    """A new account.

    Attributes:
        user_sub: the user's id.
        user_confirmed: whether it may sign in at once.
        delivery: where the confirmation code went, or None.
    """

    user_sub: str = field(repr=False)
    user_confirmed: bool
    delivery: CodeDelivery | None


@dataclass(frozen=True, slots=True)
class PoolUser:
    """What the pool knows of the person (`GetUser`).

    Attributes:
        username: the pool's name for the user.
        attributes: by name; all are text.
        mfa_methods: `UserMFASettingList`.
        preferred_mfa: one of them, or None.
    """

    username: str = field(repr=False)
    attributes: Mapping[str, str] = field(repr=False)
    mfa_methods: tuple[str, ...]
    preferred_mfa: str | None


def read_auth(
    operation: Operation,
    document: Document,
    *,
    username: str,
    first: bool = False,
    refresh_token: str | None = None,
) -> AuthResult | Challenge:
    """The tokens or the next challenge that an answer holds.

    Args:
        operation: what was asked.
        document: the answer.
        username: the name known so far.
        first: whether this answers an InitiateAuth: only then may the pool's name replace the one that was typed.
        refresh_token: kept if none comes back.

    Raises:
        CognitoUnavailable: malformed.
    """
    parameters = _texts(document.get("ChallengeParameters"))
    if first:
        username = parameters.get("USERNAME") or parameters.get("USER_ID_FOR_SRP") or username
    name = document.get("ChallengeName")
    if isinstance(name, str) and name:
        available = document.get("AvailableChallenges")
        return Challenge(
            name=name,
            session=_text(document, "Session"),
            username=username,
            parameters=parameters,
            available_challenges=tuple(text for text in _list(available) if isinstance(text, str)),
        )
    result = _object(document.get("AuthenticationResult"))
    expires_in = result.get("ExpiresIn")
    if not isinstance(expires_in, int) or isinstance(expires_in, bool) or expires_in < 0:
        raise malformed(operation)
    return AuthResult(
        tokens=read_tokens(operation, document, refresh_token=refresh_token),
        username=username,
        expires_in=expires_in,
        new_device=_new_device(result.get("NewDeviceMetadata")),
    )


def read_tokens(operation: Operation, document: Document, *, refresh_token: str | None) -> TokenSet:
    """The tokens of an answer; the given refresh token stays where no new one comes.

    Raises:
        CognitoUnavailable: malformed.
    """
    result = _object(document.get("AuthenticationResult"))
    access, identity, refresh = (result.get(key) for key in ("AccessToken", "IdToken", "RefreshToken"))
    # What isn't a token would go into a Set-Cookie line.
    if not is_token(access) or any(token and not is_token(token) for token in (identity, refresh)):
        raise malformed(operation)
    return TokenSet(
        access_token=cast("str", access),
        id_token=cast("str | None", identity or None),
        refresh_token=cast("str | None", refresh or refresh_token),
    )


def read_sign_up(operation: Operation, document: Document) -> SignUpResult:
    """The account that a sign-up made.

    Raises:
        CognitoUnavailable: malformed.
    """
    sub, confirmed = document.get("UserSub"), document.get("UserConfirmed")
    if not isinstance(sub, str) or not isinstance(confirmed, bool):
        raise malformed(operation)
    return SignUpResult(user_sub=sub, user_confirmed=confirmed, delivery=read_delivery(document))


def read_delivery(document: Document) -> CodeDelivery | None:
    """Where a code went, as far as the pool says."""
    details = _texts(document.get("CodeDeliveryDetails"))
    if not details:
        return None
    return CodeDelivery(
        destination=details.get("Destination", ""),
        medium=details.get("DeliveryMedium", ""),
        attribute=details.get("AttributeName", ""),
    )


def read_user(operation: Operation, document: Document) -> PoolUser:
    """The person whom a GetUser describes.

    Raises:
        CognitoUnavailable: malformed.
    """
    username = document.get("Username")
    if not isinstance(username, str) or not username:
        raise malformed(operation)
    pairs = [_texts(item) for item in _list(document.get("UserAttributes"))]
    return PoolUser(
        username=username,
        attributes={pair["Name"]: pair.get("Value", "") for pair in pairs if "Name" in pair},
        mfa_methods=tuple(text for text in _list(document.get("UserMFASettingList")) if isinstance(text, str)),
        preferred_mfa=_text(document, "PreferredMfaSetting"),
    )


def malformed(operation: Operation) -> CognitoUnavailable:
    """The error for a success that is none."""
    return CognitoUnavailable(operation.name, Reason.MALFORMED, status=200)


def _new_device(value: object) -> NewDevice | None:
    metadata = _texts(value)
    if not (metadata.get("DeviceKey") and metadata.get("DeviceGroupKey")):
        return None
    return NewDevice(device_key=metadata["DeviceKey"], device_group_key=metadata["DeviceGroupKey"])


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _texts(value: object) -> dict[str, str]:
    return {key: text for key, text in _object(value).items() if isinstance(text, str)}


def _text(document: Document, key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) and value else None


def _json_texts(text: str) -> tuple[str, ...]:
    """A JSON list of texts inside a parameter; empty if it is none."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return tuple(item for item in _list(value) if isinstance(item, str))
