"""The faults that a visitor can plant: each is the real thing, none is pretended.

Rule: a plant is somebody else's doing. It writes cookies as another writer would (a server adapter, an earlier release,
a sibling site), or it does something to the pool or to this server's clock; and it never passes through Hardtack, which
meets the result with the next page load, like any other.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hardtack.amplify import AmplifyNames, read, sign_in_details, writes
from hardtack.cookies import CookieScope, SetCookie
from hardtack.demo.pool import PoolError
from hardtack.tokens import TokenSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hardtack.cookies import CookieHeader
    from hardtack.demo.pool import PoolVerbs
    from hardtack.demo.site.addresses import Addresses
    from hardtack.demo.site.clock import DemoClock
    from hardtack.sessions import Settings

__all__ = ["ACCOUNT", "HOUR", "LADDER", "PLANTS", "STORM", "Garden", "Plant"]

ACCOUNT: Final = "/account"
"""The path on which one plant lies; only pages at and below it are shown that twin."""
STORM: Final = "/storm"
LADDER: Final = "hardtack-ladder"
"""The ladder's cookie, without its prefix: a visitor who starts the storm anew starts on the lowest rung."""
HOUR: Final = 3_660.0  # seconds: an access token's lifetime, and a minute
BETWEEN: Final = 660.0
"""Seconds that pass before each twin: what comes back three times within ten minutes counts as somebody else's, and a
visitor who plants one after the other is not to be taken for a sibling application."""
WRONG: Final = 5 * 3_600.0  # seconds that this server's clock is set wrong
_YEAR: Final = 31_536_000  # seconds: what Amplify's writers give their cookies
_OLD: Final = 7_200.0  # seconds since the stale session was issued: its access token ended an hour ago
_NOISE: Final = ("eyJhbGciOi", "%E0%A4%A", "undefined", "{", "0", "null")  # cut off, undecodable, and what bugs write


@dataclass(frozen=True, slots=True)
class Plant:
    """One button.

    Attributes:
        key: its name, in addresses and in the texts.
        group: under which heading it stands.
        lands: the page on which the result is to be seen.
        needs_session: whether there is something to see only while somebody is signed in.
    """

    key: str
    group: str
    lands: str = "/"
    needs_session: bool = False


PLANTS: Final[Mapping[str, Plant]] = {
    plant.key: plant
    for plant in (
        Plant("host-only", "twins"),
        Plant("parent", "twins"),
        Plant("path", "twins", lands=ACCOUNT),
        Plant("every", "twins", lands=ACCOUNT),
        Plant("foreign", "twins"),
        Plant("garbage", "twins"),
        Plant("hour", "session", needs_session=True),
        Plant("revoked", "session", needs_session=True),
        Plant("outage", "session", needs_session=True),
        Plant("back", "world"),
        Plant("clock-ahead", "session", needs_session=True),
        Plant("clock-right", "world"),
        Plant("storm", "storm", lands=STORM),
    )
}
"""Every fault by key. Those of the group `world` put right what another has done."""


class Garden:
    """Plants the faults of one demo.

    Args:
        settings: the site's, for its policy and app client.
        pool: the user pool.
        clock: this server's clock.
        addresses: where the sites stand.
        forget: makes the server forget what it remembers of headers, as a restart does.
    """

    def __init__(
        self, settings: Settings, pool: PoolVerbs, clock: DemoClock, addresses: Addresses, forget: Callable[[], None]
    ) -> None:
        self._policy = settings.policy
        self._client_id = settings.pool.client_id
        self._names = AmplifyNames(self._client_id)
        self._pool = pool
        self._clock = clock
        host_only, parent, path = CookieScope(), CookieScope(domain=addresses.parent), CookieScope(path=ACCOUNT)
        self._scopes = {
            "host-only": (host_only,),
            "parent": (parent,),
            "path": (path,),
            "every": (host_only, parent, path),
        }
        self._forget = forget

    @property
    def outage(self) -> bool:
        """Whether the pool is out of reach."""
        return bool(self._pool.faults.active)

    def plant(self, key: str, cookies: CookieHeader) -> list[SetCookie]:
        """Plant a fault.

        Args:
            key: one of `PLANTS`.
            cookies: what the visitor's browser sent: another writer looks there for the person's name, too.

        Returns:
            The lines that the response is to carry.
        """
        owner = self._owner(cookies)
        if PLANTS[key].group == "twins":
            self._clock.pass_time(BETWEEN)
        if key in self._scopes:
            return [line for scope in self._scopes[key] for line in self._stale(owner, scope)]
        match key:
            case "foreign":
                other = "alice" if owner == "bob" else "bob"
                return self._set(other, self._pool.issue(other, client_id=self._client_id), CookieScope())
            case "garbage":
                return self._garbage(owner)
            case "storm":
                return [*self.replant(cookies), self._policy.delete_own(LADDER)]
            case _:
                self._change_the_world(key, owner)
                return []

    def replant(self, cookies: CookieHeader) -> list[SetCookie]:
        """What the broken script of the storm page gets at each turn: a dead set over whatever is there."""
        return self._stale(self._owner(cookies), self._policy.scope)

    def _change_the_world(self, key: str, owner: str) -> None:
        match key:
            case "hour":
                self._clock.pass_time(HOUR)
            case "revoked":
                self._end_sessions(owner)
            case "outage":
                self._pool.faults.clear()
                self._pool.faults.unreachable()
                self._clock.pass_time(HOUR)
            case "back":
                self._pool.faults.clear()
            case "clock-ahead":
                self._clock.wrong_by = WRONG
            case "clock-right":
                self._clock.wrong_by = 0.0
                self._forget()
            case _:
                raise KeyError(key)

    def _end_sessions(self, owner: str) -> None:
        """All of the person's sessions end at the pool, and an hour passes, after which access tokens are no use."""
        self._pool.revoke_all(owner)
        self._clock.pass_time(HOUR)

    def _owner(self, cookies: CookieHeader) -> str:
        """The person of this browser, as another writer would find out: whom LastAuthUser names; else alice."""
        shown = read(cookies.pairs, self._client_id)
        for name in shown.usernames[:1]:
            with suppress(PoolError):  # a cookie can name anybody; the pool knows who is somebody
                self._pool.issue(name, client_id=self._client_id)
                return name
        return self._pool.users[0].username

    def _stale(self, owner: str, scope: CookieScope) -> list[SetCookie]:
        """A set whose access token has ended and whose refresh token is revoked: what a lost copy holds."""
        issued = self._pool.issue(owner, client_id=self._client_id, age=_OLD)
        self._pool.revoke(issued["RefreshToken"])
        return self._set(owner, issued, scope)

    def _set(self, owner: str, issued: Mapping[str, Any], scope: CookieScope) -> list[SetCookie]:
        tokens = TokenSet(issued["AccessToken"], issued["IdToken"], issued["RefreshToken"])
        plan = writes(self._names, owner, tokens, details=sign_in_details(owner, "USER_SRP_AUTH"))
        return _lines(plan.sets, scope)

    def _garbage(self, owner: str) -> list[SetCookie]:
        plan = writes(self._names, owner, TokenSet("-", "-", "-"), details="-")
        # Never twice the same: noise that came back unchanged after its deletion would mean that nobody can delete it.
        noise = (_NOISE[0] + secrets.token_urlsafe(6), *_NOISE[1:])
        pairs = [(name, each) for (name, _), each in zip(plan.sets, noise, strict=True)]
        return _lines(pairs, CookieScope())


def _lines(pairs: Iterable[tuple[str, str]], scope: CookieScope) -> list[SetCookie]:
    """Lines as Amplify's server adapter writes them, in a scope."""
    return [
        SetCookie(name, value, domain=scope.domain, path=scope.path, max_age=_YEAR, secure=True, same_site="Lax")
        for name, value in pairs
    ]
