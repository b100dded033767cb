"""A browser's request to a Next site, told in the words of its cookies: the model of the adapter in a few lines.

    visit = Visit(AdapterContext.RESPONSE, [*stored(refresh="old"), *stored(refresh="new")])
    answer = visit.fetch(force=True, pool=granted(2))      # or visit.user(), or pool="NotAuthorizedException"
    visit.asked, visit.lines

Tokens are symbols. `access-1` was issued at `NOW` and ends an hour later but for a minute; `access-0` has just ended,
`access-2` begins when that hour is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hardtack.amplify import next_value, server_name
from hardtack.amplify.adapter import (
    AdapterContext,
    AdapterSettings,
    fetch_auth_session,
    get_current_user,
    request_cookies,
)
from hardtack.cookies import CookieHeader
from hardtack.tokens import TokenSet
from support.adapter_recordings import Worth, drive

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hardtack.amplify.adapter import AdapterAnswer

CLIENT = "CID"
BASE = f"CognitoIdentityServiceProvider.{CLIENT}"
NOW = 1_700_000_000
LIFETIME = 3_600
DETAILS = '{"loginId":"alice","authFlowType":"USER_SRP_AUTH"}'
SIX = ("LastAuthUser", "accessToken", "idToken", "refreshToken", "signInDetails", "clockDrift")

A, B, COMPONENT, ACTION, D = (
    AdapterContext.NEXT_RESPONSE,
    AdapterContext.RESPONSE,
    AdapterContext.SERVER_COMPONENT,
    AdapterContext.SERVER_ACTION,
    AdapterContext.GET_SERVER_SIDE_PROPS,
)


def stored(user: str = "alice", *, generation: int = 1, refresh: str | None = "RT0", **changed: Any) -> list[Any]:
    """A set as the Next server's own store would have written it; None leaves a cookie out."""
    values = {
        "accessToken": f"access-{generation}",
        "idToken": f"id-{generation}",
        "refreshToken": refresh,
        "signInDetails": DETAILS,
        "clockDrift": "0",
        **changed,
    }
    last_auth_user = values.pop("LastAuthUser", user)
    pairs = [(f"{BASE}.LastAuthUser", last_auth_user)]
    pairs += [(server_name(f"{BASE}.{user}.{suffix}"), value) for suffix, value in values.items()]
    return [(name, next_value(value)) for name, value in pairs if value is not None]


def granted(generation: int, refresh: str | None = None, *, id_token: bool = True) -> TokenSet:
    """What the pool answers."""
    return TokenSet(f"access-{generation}", f"id-{generation}" if id_token else None, refresh)


def worth_of(now: float = NOW, tokens: Mapping[str, Mapping[str, Any]] | None = None) -> Worth:
    """Who says what a token is worth; `tokens` adds some, or changes them."""
    known: dict[str, dict[str, Any]] = {}
    for generation in range(10):
        moment = NOW + (generation - 1) * LIFETIME
        shared = {
            "sub": "sub-alice",
            "username": "alice",
            "client": CLIENT,
            "iat": moment,
            "exp": moment + LIFETIME - 60,
        }
        for use in ("access", "id"):
            known[f"{use}-{generation}"] = {"use": use, "key": "good", **shared}
    for name, changed in (tokens or {}).items():
        known[name] = {**known.get(name, known["access-1"]), **changed}
    return Worth(known, CLIENT, now, keys_unreachable=False)


class Visit:
    """One request; its calls follow each other."""

    def __init__(
        self,
        context: AdapterContext,
        pairs: Iterable[tuple[str, str]],
        *,
        now: float = NOW,
        tokens: Mapping[str, Mapping[str, Any]] | None = None,
        **settings: Any,
    ) -> None:
        self.context = context
        self.settings = AdapterSettings(client_id=CLIENT, **settings)
        header = CookieHeader.parse("; ".join(f"{name}={value}" for name, value in pairs))
        self.cookies = request_cookies(self.settings, context, header)
        self.now = now
        self.worth = worth_of(now, tokens)
        self.asked: list[str] = []
        self.operations: list[str] = []

    def fetch(self, *, force: bool = False, pool: TokenSet | str = "NetworkError") -> AdapterAnswer:
        """`fetchAuthSession`."""
        flow = fetch_auth_session(self.settings, self.context, self.cookies, force_refresh=force, now=self.now)
        return self._drive(flow, pool)

    def user(self, *, pool: TokenSet | str = "NetworkError") -> AdapterAnswer:
        """`getCurrentUser`."""
        return self._drive(get_current_user(self.settings, self.context, self.cookies, now=self.now), pool)

    def _drive(self, flow: Any, pool: TokenSet | str) -> AdapterAnswer:
        answer, asked = drive(flow, self.worth, pool)
        self.operations += [operation for operation, _ in asked]
        self.asked += [token for _, token in asked]
        return answer

    @property
    def lines(self) -> tuple[str, ...]:
        """The response's lines, without the part of the name that all of them share."""
        return tuple(line.removeprefix(f"{BASE}.") for line in self.cookies.set_cookie_lines)

    @property
    def values(self) -> dict[str, str]:
        """By suffix what the last line of each name sets; empty for a deletion."""
        return {
            line.partition("=")[0].rsplit(".", 1)[-1]: line.partition("=")[2].partition(";")[0] for line in self.lines
        }
