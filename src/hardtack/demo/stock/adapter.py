"""A model of what Amplify's Next.js adapter does in a server action or a route handler that uses `cookies()`.

Rule: it does what the adapter does (`aws-amplify` 6.22.1, `@aws-amplify/adapter-nextjs` 1.8.0), faults included, and
nothing that would be wiser. It is the one part of the stock site that is not the real package, which needs Next.js:
- of twins the *last* is read, percent-decoded; one that doesn't decode vanishes;
- names are looked up as `LastAuthUser` spells them, and a session exists only with an access token that verifies;
- expired is what the `clockDrift` cookie, written by the browser, makes of this server's clock;
- a refresh writes six names host-only: `Path=/; Max-Age=31536000; Secure; SameSite=lax`, **never a Domain**;
- a definite refusal deletes the same names, again without a Domain; requests at once know nothing of each other.
"""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hardtack.amplify import ABSENT_USERNAME, LAST_AUTH_USER, AmplifyKey, app_router_read, next_value, server_name
from hardtack.cookies import CookieError, CookieScope, SetCookie
from hardtack.tokens import Claims, Expired, Good

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hardtack.cookies import CookieHeader
    from hardtack.tokens import Judgement, TokenUse

__all__ = ["NextCookies", "RefreshAnswer", "ServerAdapter", "ServerSession"]

_YEAR: Final = 31_536_000  # seconds: the adapter's Max-Age
_TOLERANCE: Final = 5_000  # milliseconds before its end at which Amplify takes a token for expired
_TOKENS: Final = ("accessToken", "idToken", "clockDrift", "refreshToken", "signInDetails", "oauthMetadata")
_INTEGER: Final = re.compile(r"\s*([+-]?[0-9]+)")
_DEFINITE: Final = (
    "NotAuthorizedException",
    "TokenRevokedException",
    "UserNotFoundException",
    "PasswordResetRequiredException",
    "UserNotConfirmedException",
    "RefreshTokenReuseException",
)
"""The refusals at which Amplify clears its cookies; everything else leaves them."""


class NextCookies:
    """Next's `cookies()`: a map by name, so it knows one cookie of a name, and sends one line for it.

    Within one request it reads what it has written.
    """

    def __init__(self, header: CookieHeader) -> None:
        self._values: dict[str, str] = {}
        self._written: dict[str, SetCookie] = {}
        self.wire: dict[str, str] = {}
        for name, value in header:
            decoded = app_router_read(value) if name else "true"  # Next's value for a pair without "="
            if decoded is not None:
                self._values[name or value] = decoded
                self.wire[name or value] = value

    def get(self, key: str) -> str | None:
        """The decoded value of a key, named as Amplify's browser side names it; None where there is none."""
        return self._values.get(server_name(key))

    def set(self, key: str, value: str) -> None:
        """Write a cookie in the adapter's scope: host-only, `Path=/`."""
        name = server_name(key)
        self._values[name] = value
        with suppress(CookieError):  # Next sends what no browser keeps, such as 5,000 bytes; here it is not even sent
            self._written[name] = SetCookie(
                name, next_value(value), path="/", max_age=_YEAR, secure=True, same_site="Lax"
            )

    def delete(self, key: str) -> None:
        """Expire a cookie in the adapter's scope; copies in any other scope stay."""
        name = server_name(key)
        self._values.pop(name, None)
        with suppress(CookieError):
            self._written[name] = SetCookie.deletion(name, CookieScope())

    @property
    def lines(self) -> tuple[SetCookie, ...]:
        """What the response carries."""
        return tuple(self._written.values())


@dataclass(frozen=True, slots=True)
class RefreshAnswer:
    """What the pool answered to GetTokensFromRefreshToken.

    Attributes:
        result: the AuthenticationResult; None where there is none.
        exception: Cognito's exception name, or a word of ours where no answer came; empty on success.
    """

    result: dict[str, Any] | None = field(default=None, repr=False)
    exception: str = ""


@dataclass(frozen=True, slots=True)
class ServerSession:
    """What `fetchAuthSession` gives on the server.

    Attributes:
        signed_in: whether the server sees a session.
        refreshed: whether it came by a refresh.
        refused: the exception's name if a refresh was tried and failed; empty otherwise.
    """

    signed_in: bool = False
    refreshed: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class _Stored:
    """The token set as the store gives it."""

    access: Claims
    id: Claims | None
    refresh_token: str | None = field(repr=False)
    sign_in_details: str | None = field(repr=False)
    clock_drift: float

    def is_expired(self, now: float) -> bool:
        """Amplify's rule: now and drift and tolerance against `exp`. A drift that is no number never expires."""
        ends = [claims.expires_at for claims in (self.access, self.id) if claims]
        return any(now * 1000 + self.clock_drift + _TOLERANCE > end * 1000 for end in ends)


class ServerAdapter:
    """`runWithAmplifyServerContext` and `fetchAuthSession` for one app client.

    Args:
        client_id: the app client, which is part of every name.
        judge: verifies a token, fetching the pool's keys if it must (aws-jwt-verify's part).
        refresh: calls GetTokensFromRefreshToken.
        clock: epoch seconds on this server.
    """

    def __init__(
        self,
        *,
        client_id: str,
        judge: Callable[[str, TokenUse], Awaitable[Judgement]],
        refresh: Callable[[str], Awaitable[RefreshAnswer]],
        clock: Callable[[], float],
    ) -> None:
        self._client_id = client_id
        self._last_auth_user = AmplifyKey(client_id, None, LAST_AUTH_USER).text
        self._judge = judge
        self._refresh = refresh
        self._clock = clock

    async def fetch_auth_session(self, cookies: NextCookies, *, force_refresh: bool = False) -> ServerSession:
        """The session of these cookies, refreshed where it is expired or where that is asked for."""
        stored = await self._load(cookies)
        if stored is None:
            return ServerSession()
        if not force_refresh and not stored.is_expired(self._clock()):
            return ServerSession(signed_in=True)
        if not stored.refresh_token:
            return ServerSession(refused="TokenRefreshException")
        answer = await self._refresh(stored.refresh_token)
        if answer.result is None:
            if answer.exception.startswith(_DEFINITE):
                self._clear(cookies)
            return ServerSession(refused=answer.exception)
        await self._store(cookies, answer.result, stored)
        return ServerSession(signed_in=True, refreshed=True)

    def _username(self, cookies: NextCookies) -> str:
        """Whatever LastAuthUser says; an empty one counts, a missing one is the literal `username`."""
        username = cookies.get(self._last_auth_user)
        return ABSENT_USERNAME if username is None else username

    def _key(self, cookies: NextCookies, suffix: str) -> str:
        """The storage key of one of the user's cookies."""
        return AmplifyKey(self._client_id, self._username(cookies), suffix).text

    async def _load(self, cookies: NextCookies) -> _Stored | None:
        """The stored set; None where any part of it can't be used, and then without a word."""
        access = await self._token(cookies, "accessToken", "access")
        details = cookies.get(self._key(cookies, "signInDetails"))
        if access is None or not _is_json(details):
            return None
        return _Stored(
            access=access,
            id=await self._token(cookies, "idToken", "id"),
            refresh_token=cookies.get(self._key(cookies, "refreshToken")),
            sign_in_details=details,
            clock_drift=_parse_int(cookies.get(self._key(cookies, "clockDrift"))),
        )

    async def _token(self, cookies: NextCookies, suffix: str, use: TokenUse) -> Claims | None:
        """A token that verifies, be it expired; any other counts as missing."""
        value = cookies.get(self._key(cookies, suffix))
        return await self._claims(value, use) if value else None

    async def _claims(self, token: str, use: TokenUse) -> Claims | None:
        judgement = await self._judge(token, use)
        return judgement.claims if isinstance(judgement, Good | Expired) else None

    async def _store(self, cookies: NextCookies, result: dict[str, Any], before: _Stored) -> None:
        """Write the refreshed set in Amplify's order. Without a new refresh token the old one is kept."""
        cookies.set(self._last_auth_user, self._username(cookies))
        access = await self._claims(str(result["AccessToken"]), "access")
        drift = access.issued_at * 1000 - int(self._clock() * 1000) if access else 0
        values = {
            "accessToken": result["AccessToken"],
            "idToken": result.get("IdToken"),
            "refreshToken": result.get("RefreshToken") or before.refresh_token,
            "signInDetails": before.sign_in_details,
            "clockDrift": str(drift),
        }
        for suffix, value in values.items():
            if value:
                cookies.set(self._key(cookies, suffix), str(value))
            else:
                cookies.delete(self._key(cookies, suffix))

    def _clear(self, cookies: NextCookies) -> None:
        """Amplify's `clearTokens`: the keys are built once, before LastAuthUser goes."""
        for key in [self._key(cookies, suffix) for suffix in _TOKENS]:
            cookies.delete(key)
        cookies.delete(self._last_auth_user)


def _is_json(text: str | None) -> bool:
    if not text:
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _parse_int(text: str | None) -> float:
    """JavaScript's `Number.parseInt`: the digits at the start, or not a number; a missing cookie is 0."""
    if text is None:
        return 0.0
    match = _INTEGER.match(text)
    return float(match[1]) if match else math.nan
