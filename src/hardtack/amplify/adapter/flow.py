"""`fetchAuthSession` and `getCurrentUser` on the server: one flow, to be driven by anybody.

Rule: this is Amplify's token orchestrator to the letter, faults included, and nothing that would be wiser: a refresh as
soon as the tokens are expired or it is asked for, the old refresh token kept unless a new one comes, cookies cleared
for whatever errors the release clears them for, and no request knowing of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardtack.amplify.adapter.needs import AdapterAnswer, AdapterFlow, RefreshTokens
from hardtack.amplify.adapter.request import RequestCookies, UnwritableError, request_cookies
from hardtack.amplify.adapter.store import Fresh, Stored, Work, clear, decode, load, store
from hardtack.tokens import TokenSet

if TYPE_CHECKING:
    from hardtack.amplify.adapter.releases import AmplifyRelease
    from hardtack.amplify.adapter.settings import AdapterContext, AdapterSettings
    from hardtack.cookies import CookieHeader
    from hardtack.tokens import Claims

__all__ = ["fetch_auth_session", "get_current_user"]

_NETWORK: Final = "NetworkError"
_NOBODY: Final = "UserUnAuthenticatedException"
_REFUSED: Final = "NotAuthorizedException"
_UNKNOWN: Final = "Unknown"
_DEFINITE: Final = (
    _REFUSED,
    "TokenRevokedException",
    "UserNotFoundException",
    "PasswordResetRequiredException",
    "UserNotConfirmedException",
    "RefreshTokenReuseException",
)
"""The beginnings of the errors that say that a session is over."""


@dataclass(frozen=True, slots=True)
class _Tokens:
    """What `getTokens` comes to: a session, nothing, or an error. Fields as in `AdapterAnswer`."""

    access: Claims | None = None
    id: Claims | None = None
    refreshed: bool = False
    refused: str = ""
    thrown: str = ""


def fetch_auth_session(
    settings: AdapterSettings,
    context: AdapterContext,
    cookies: CookieHeader | RequestCookies,
    *,
    force_refresh: bool = False,
    now: float,
) -> AdapterFlow:
    """The session of a request, refreshed where it is expired or where that is asked for.

    Args:
        settings: how the adapter is set up.
        context: where it is called.
        cookies: the request's header; for several calls in one request, what `request_cookies` made of it.
        force_refresh: `forceRefresh`.
        now: epoch seconds on this server.

    Yields:
        `Verify` and `RefreshTokens`, each to be answered.

    Returns:
        What the call came to, by `StopIteration`.
    """
    request = _request(settings, context, cookies)
    tokens = yield from _get_tokens(request, force=force_refresh, now=now)
    return _answer(request, tokens, sub=tokens.access.sub if tokens.access else "")


def get_current_user(
    settings: AdapterSettings, context: AdapterContext, cookies: CookieHeader | RequestCookies, *, now: float
) -> AdapterFlow:
    """The user of a request, after a refresh where the session is expired. Arguments as in `fetch_auth_session`.

    Without a session it throws; with one that has no ID token it gives a user without a name.
    """
    request = _request(settings, context, cookies)
    tokens = yield from _get_tokens(request, force=False, now=now)
    if tokens.access is None and not tokens.thrown:
        tokens = _Tokens(refused=tokens.refused, thrown=_NOBODY)
    return _answer(request, tokens, sub=tokens.id.sub if tokens.id else "")


def _request(
    settings: AdapterSettings, context: AdapterContext, cookies: CookieHeader | RequestCookies
) -> RequestCookies:
    return cookies if isinstance(cookies, RequestCookies) else request_cookies(settings, context, cookies)


def _answer(request: RequestCookies, tokens: _Tokens, *, sub: str) -> AdapterAnswer:
    # An access token that passed for an ID token has no `cognito:username`.
    identity = tokens.id if tokens.id and tokens.id.token_use == "id" else None  # noqa: S105 -- the name of a use
    return AdapterAnswer(
        signed_in=tokens.access is not None,
        username=identity.username if identity else "",
        sub=sub,
        refreshed=tokens.refreshed,
        refused=tokens.refused,
        thrown=tokens.thrown,
        set_cookie_lines=request.set_cookie_lines,
    )


def _get_tokens(request: RequestCookies, *, force: bool, now: float) -> Work[_Tokens]:
    """`getTokens` of Amplify's orchestrator."""
    stored = yield from load(request)
    if stored is None:
        return _Tokens()
    release = request.settings.release
    if not force and not stored.is_expired(now, tolerance=release.tolerance):
        return _Tokens(stored.access, stored.id)
    if not stored.refresh_token:
        return _failed(request, release.missing_refresh_token)
    granted = yield RefreshTokens(stored.refresh_token, release.operation)
    if not isinstance(granted, TokenSet):
        return _failed(request, str(granted))
    return (yield from _refreshed(request, stored, granted, now))


def _refreshed(request: RequestCookies, stored: Stored, granted: TokenSet, now: float) -> Work[_Tokens]:
    """Take over what the pool granted."""
    release = request.settings.release
    access = yield from decode(granted.access_token, "access")
    identity = (yield from decode(granted.id_token, "id")) if granted.id_token else None
    if access is None or (granted.id_token and identity is None):
        return _failed(request, _UNKNOWN)
    rotates = release.operation == "GetTokensFromRefreshToken" and granted.refresh_token is not None
    fresh = Fresh(
        stored.username,
        granted.access_token,
        granted.id_token,
        granted.refresh_token if rotates else stored.refresh_token,
        stored.details if release.keeps_details else None,
        access.issued_at * 1000 - round(now * 1000),
    )
    try:
        store(request, fresh, now)
    except UnwritableError:
        return _failed(request, _UNKNOWN)  # the tokens are granted, and lost
    return _Tokens(access, identity, refreshed=True)


def _failed(request: RequestCookies, error: str) -> _Tokens:
    """`handleErrors`: clear the cookies or leave them. A refusal makes nobody of the user, another error is thrown."""
    release = request.settings.release
    if error == _NETWORK and release.offline == "unknown":
        error = _UNKNOWN
    if error == _UNKNOWN:  # thrown before anything is cleared
        return _Tokens(refused=error, thrown=error)
    if _clears(release, error):
        clear(request)
    return _Tokens(refused=error, thrown="" if error.startswith(_REFUSED) else error)


def _clears(release: AmplifyRelease, error: str) -> bool:
    if release.definite_only:
        return error.startswith(_DEFINITE)
    return error != _NETWORK or release.offline == "cleared"
