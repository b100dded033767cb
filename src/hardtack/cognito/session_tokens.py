"""What is done with the tokens of a session: refresh them, ask whose they are, end them.

Rule: these are flows (see `steps`). A token that comes from a cookie is looked at before it is sent: what can't be one
is refused here. A refresh that may have reached the pool is not repeated (see `operations` for the reason).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardtack.cognito.errors import CognitoMisconfigured, Reason
from hardtack.cognito.inputs import check_texts, check_token, usable_device_key
from hardtack.cognito.operations import GET_USER, GLOBAL_SIGN_OUT, REFRESH, REVOKE_TOKEN, START_REFRESH
from hardtack.cognito.results import read_tokens, read_user
from hardtack.cognito.secret_hash import client_secret, secret_hash_parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.cognito.caller import Caller
    from hardtack.cognito.results import PoolUser
    from hardtack.cognito.steps import Flow
    from hardtack.tokens import TokenSet

__all__ = ["get_user", "global_sign_out", "refresh", "revoke_token"]


def refresh(
    caller: Caller,
    refresh_token: str,
    *,
    username: str | None = None,
    device_key: str | None = None,
    client_metadata: Mapping[str, str] | None = None,
) -> Flow[TokenSet]:
    """Get new tokens for a refresh token.

    Args:
        caller: whom to call, and how; its `refresh_operation` says by which operation.
        refresh_token: opaque; also if it comes straight from a cookie.
        username: needed only by `refresh_operation="InitiateAuth"` with an app client that has a secret: the user's
            name in the pool (the access token's `username`), not an alias.
        device_key: of a remembered device, or None.
        client_metadata: for the pool's Lambda triggers; not with `refresh_operation="InitiateAuth"`.

    Returns:
        the tokens; its refresh token is the new one where the pool rotates, else the old one.

    Raises:
        CognitoRefused: this refresh token is spent, revoked, or its user gone: the session has ended.
        CognitoUnavailable: nothing is known of the session. The token may have been exchanged if the answer was lost.
    """
    operation = REFRESH if caller.refresh_operation == "GetTokensFromRefreshToken" else START_REFRESH
    check_token(operation, refresh_token)
    device_key, pool = usable_device_key(device_key), caller.pool
    payload: dict[str, object]
    if operation is REFRESH:
        payload = {"ClientId": pool.client_id, "RefreshToken": refresh_token, **client_secret(pool)}
        payload |= {"DeviceKey": device_key} if device_key else {}
        payload |= {"ClientMetadata": client_metadata} if client_metadata else {}
    else:
        parameters = {"REFRESH_TOKEN": refresh_token}
        if pool.client_secret is not None:
            if not username:
                raise CognitoMisconfigured(operation.name, Reason.MISCONFIGURED)
            check_texts(operation, username)
            parameters |= secret_hash_parameter(pool, username)
        parameters |= {"DEVICE_KEY": device_key} if device_key else {}
        payload = {"AuthFlow": operation.flow, "ClientId": pool.client_id, "AuthParameters": parameters}
    document = yield from caller.call(operation, payload)
    return read_tokens(operation, document, refresh_token=refresh_token)


def get_user(caller: Caller, access_token: str) -> Flow[PoolUser]:
    """Ask the pool whose access token this is; unlike a signature check, this notices a revoked one.

    Raises:
        CognitoRefused: the token is expired, revoked, or its user gone.
        CognitoUnavailable: no usable answer.
    """
    check_token(GET_USER, access_token)
    document = yield from caller.call(GET_USER, {"AccessToken": access_token})
    return read_user(GET_USER, document)


def revoke_token(caller: Caller, refresh_token: str) -> Flow[None]:
    """Revoke a refresh token and the access tokens that came of it; other sessions of the user live on.

    Raises:
        CognitoRefused: the pool would not have this token.
        CognitoUnavailable: it may or may not be revoked; also where the app client has token revocation turned off.
    """
    check_token(REVOKE_TOKEN, refresh_token)
    payload = {"ClientId": caller.pool.client_id, "Token": refresh_token, **client_secret(caller.pool)}
    yield from caller.call(REVOKE_TOKEN, payload)


def global_sign_out(caller: Caller, access_token: str) -> Flow[None]:
    """End every session of the user, on all devices.

    Args:
        caller: whom to call, and how.
        access_token: must not have expired: refresh it first, or nothing is ended.

    Raises:
        CognitoRefused: the access token is expired or revoked; nothing was ended by this call.
        CognitoUnavailable: it is not known whether anything was ended.
    """
    check_token(GLOBAL_SIGN_OUT, access_token)
    yield from caller.call(GLOBAL_SIGN_OUT, {"AccessToken": access_token})
