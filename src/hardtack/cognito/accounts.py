"""Making an account, and getting back into one whose password is forgotten.

Rule: these are flows (see `steps`). A person waits behind each: what changes something is never sent twice, and what
the pool objects to is told as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardtack.cognito.inputs import check_texts
from hardtack.cognito.operations import (
    CONFIRM_FORGOT_PASSWORD,
    CONFIRM_SIGN_UP,
    FORGOT_PASSWORD,
    RESEND_CONFIRMATION_CODE,
    SIGN_UP,
)
from hardtack.cognito.results import read_delivery, read_sign_up
from hardtack.cognito.secret_hash import secret_hash_field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.cognito.caller import Caller
    from hardtack.cognito.operations import Operation
    from hardtack.cognito.results import CodeDelivery, SignUpResult
    from hardtack.cognito.steps import Flow
    from hardtack.cognito.wire import Document

__all__ = ["confirm_forgot_password", "confirm_sign_up", "forgot_password", "resend_confirmation_code", "sign_up"]


def sign_up(
    caller: Caller,
    username: str,
    password: str,
    *,
    attributes: Mapping[str, str] | None = None,
    client_metadata: Mapping[str, str] | None = None,
) -> Flow[SignUpResult]:
    """Make an account.

    Args:
        caller: whom to call, and how.
        username: user name, or an e-mail address or phone number where the pool signs in with those.
        password: must meet the pool's policy.
        attributes: by name, such as `email`.
        client_metadata: for the pool's Lambda triggers.

    Raises:
        CognitoRefused: the name is taken, the password too weak, an attribute wrong.
        CognitoUnavailable: no usable answer; the account may have been made.
    """
    check_texts(SIGN_UP, username, password)
    listed = [{"Name": name, "Value": value} for name, value in (attributes or {}).items()]
    fields = {"Password": password, **({"UserAttributes": listed} if listed else {})}
    document = yield from _call(caller, SIGN_UP, username, fields, client_metadata)
    return read_sign_up(SIGN_UP, document)


def confirm_sign_up(
    caller: Caller, username: str, code: str, *, client_metadata: Mapping[str, str] | None = None
) -> Flow[None]:
    """Confirm an account with the code that was sent.

    Args:
        caller: whom to call, and how.
        username: as at sign-up.
        code: as the message has it.
        client_metadata: for the pool's Lambda triggers.

    Raises:
        CognitoRefused: a wrong or old code, or an account that is confirmed already.
        CognitoUnavailable: no usable answer; the account may have been confirmed.
    """
    check_texts(CONFIRM_SIGN_UP, username, code)
    yield from _call(caller, CONFIRM_SIGN_UP, username, {"ConfirmationCode": code}, client_metadata)


def resend_confirmation_code(
    caller: Caller, username: str, *, client_metadata: Mapping[str, str] | None = None
) -> Flow[CodeDelivery | None]:
    """Have a new confirmation code sent; it voids the older one.

    Args:
        caller: whom to call, and how.
        username: as at sign-up.
        client_metadata: for the pool's Lambda triggers.

    Returns:
        where it went, if the pool says.

    Raises:
        CognitoRefused: no such account, or confirmed already.
        CognitoUnavailable: no usable answer, or too many codes asked for.
    """
    check_texts(RESEND_CONFIRMATION_CODE, username)
    return read_delivery((yield from _call(caller, RESEND_CONFIRMATION_CODE, username, {}, client_metadata)))


def forgot_password(
    caller: Caller, username: str, *, client_metadata: Mapping[str, str] | None = None
) -> Flow[CodeDelivery | None]:
    """Have a code sent that allows a new password.

    Args:
        caller: whom to call, and how.
        username: user name or alias.
        client_metadata: for the pool's Lambda triggers.

    Returns:
        where it went, if the pool says; pools that hide who exists invent a place for strangers.

    Raises:
        CognitoRefused: no such account, or none with an address to send to.
        CognitoUnavailable: no usable answer, or too many codes asked for.
    """
    check_texts(FORGOT_PASSWORD, username)
    return read_delivery((yield from _call(caller, FORGOT_PASSWORD, username, {}, client_metadata)))


def confirm_forgot_password(
    caller: Caller, username: str, code: str, new_password: str, *, client_metadata: Mapping[str, str] | None = None
) -> Flow[None]:
    """Set a new password with the code that was sent.

    Args:
        caller: whom to call, and how.
        username: as for `forgot_password`.
        code: as the message has it.
        new_password: must meet the pool's policy.
        client_metadata: for the pool's Lambda triggers.

    Raises:
        CognitoRefused: a wrong or old code, a password too weak.
        CognitoUnavailable: no usable answer; the password may have been changed.
    """
    check_texts(CONFIRM_FORGOT_PASSWORD, username, code, new_password)
    fields = {"ConfirmationCode": code, "Password": new_password}
    yield from _call(caller, CONFIRM_FORGOT_PASSWORD, username, fields, client_metadata)


def _call(
    caller: Caller,
    operation: Operation,
    username: str,
    fields: Document,
    client_metadata: Mapping[str, str] | None,
) -> Flow[Document]:
    """A call of this family: client, name and secret hash stand beside the operation's own fields."""
    payload = {
        "ClientId": caller.pool.client_id,
        "Username": username,
        **secret_hash_field(caller.pool, username),
        **fields,
        **({"ClientMetadata": client_metadata} if client_metadata else {}),
    }
    return (yield from caller.call(operation, payload))
