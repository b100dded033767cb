"""What the browser gets to keep: the site's own auth cookies in the one scope, and the others swept.

Rule: the site decides what is set and what is deleted, with which lifetime and flags; the shield decides only where.
Deletions first, the fresh set after them, Hardtack's marks last. What is not an auth cookie passes untouched, in order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from hardtack.amplify import read as read_amplify
from hardtack.amplify import read_value
from hardtack.cookies import CookieError, CookieHeader, SetCookie, sweep
from hardtack.sessions.marks import Pair, Tombstone
from hardtack.sessions.mismatch import has_retreated
from hardtack.tokens import Expired, Good

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hardtack.cookies import Sweep
    from hardtack.sessions.engine import Engine
    from hardtack.sessions.sweeping import Told
    from hardtack.tokens import Claims
    from hardtack.web.shield.learnt import Learnt
    from hardtack.web.visit import RawHeaders

__all__ = ["Mover", "SiteWrites", "read_site"]

_FRESH_SET: Final = 5_000  # bytes of room that a response has which writes no session
_ACCESS: Final = ".accessToken"
_REFRESH: Final = ".refreshToken"


@dataclass(frozen=True, slots=True)
class SiteWrites:
    """What the site's answer does to auth cookies.

    Attributes:
        others: the headers without them, in order.
        sets: by name, the cookie that the site means to be there afterwards.
        deletes: the names that it means to be gone.
    """

    others: RawHeaders
    sets: Mapping[str, SetCookie] = field(default_factory=dict[str, SetCookie], repr=False)
    deletes: tuple[str, ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        """Whether it does anything."""
        return bool(self.sets or self.deletes)

    @property
    def signs_out(self) -> bool:
        """Whether it means the session to be gone."""
        return any(name.endswith(_ACCESS) for name in self.deletes) and not any(
            name.endswith(_ACCESS) for name in self.sets
        )


def read_site(headers: RawHeaders, *, client_id: str, now: float) -> SiteWrites:
    """Read the auth cookies out of a response, several lines of one name settled as the site meant them.

    A deletion ends what was set before it in its own scope, and nothing in another one. Of several scopes in which a
    name is left, the last one counts.

    Args:
        headers: the response's, names in lower case.
        client_id: the app client whose cookies are meant.
        now: seconds since the epoch.
    """
    others: RawHeaders = []
    by_name: dict[str, dict[tuple[str | None, str | None, bool], SetCookie | None]] = {}
    for name, value in headers:
        cookie = SetCookie.parse(value) if name == b"set-cookie" else None
        if cookie is None or not read_amplify([(cookie.name, "x")], client_id).swept_names:
            others.append((name, value))
            continue
        scope = (cookie.domain, cookie.path, cookie.partitioned)
        scopes = by_name.setdefault(cookie.name, {})
        scopes.pop(scope, None)
        scopes[scope] = None if _deletes(cookie, now) else cookie
    left = {name: [cookie for cookie in scopes.values() if cookie] for name, scopes in by_name.items()}
    sets = {name: cookies[-1] for name, cookies in left.items() if cookies}
    return SiteWrites(others, sets, tuple(name for name, cookies in left.items() if not cookies))


def _deletes(cookie: SetCookie, now: float) -> bool:
    if cookie.max_age is not None:
        return cookie.max_age <= 0
    return cookie.expires is not None and cookie.expires <= now


@dataclass(frozen=True, slots=True)
class Moved:
    """The lines of one response.

    Attributes:
        lines: the Set-Cookie lines, in order.
        told: events as (name, fields).
    """

    lines: tuple[SetCookie, ...] = ()
    told: tuple[Told, ...] = ()


class Mover:
    """Moves what a site writes into the policy's scope.

    Args:
        engine: whose policy, marks and judge are used.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._policy = engine.policy
        self._own = engine.policy.own_name("hardtack-")

    def move(self, learnt: Learnt, site: SiteWrites) -> Moved | None:
        """The lines of a response in which the site writes auth cookies.

        Returns:
            The lines; None where this browser's cookies are no longer rewritten and the site's stay as they are.
        """
        pair = self._pair(learnt)
        if has_retreated(pair, self._policy):
            return None
        if learnt.helpless and site.signs_out:
            return Moved(learnt.lines)
        own = tuple(line for line in learnt.lines if self._is_own(line) and line.name != self._engine.marks.pair_name)
        fresh = () if site.signs_out else self._planned(learnt, site)
        sets = tuple(moved for cookie in site.sets.values() if (moved := self._rescoped(cookie)) is not None)
        swept = self._sweep(learnt, site, pair, written=(*fresh, *sets))
        marks = self._marks(learnt, site, self._underway(pair, swept))
        told: Told = (
            "site.rewritten",
            {"sets": len(site.sets), "deletions": len(site.deletes), "swept": len(swept.lines)},
        )
        return Moved((*swept.lines, *fresh, *sets, *own, *marks), (told,))

    def _planned(self, learnt: Learnt, site: SiteWrites) -> tuple[SetCookie, ...]:
        """What the plan writes of the set and the site says nothing of."""
        told = {*site.sets, *site.deletes}
        lines = (line for line in learnt.lines if not line.is_deletion and not self._is_own(line))
        return tuple(line for line in lines if line.name not in told)

    def _is_own(self, line: SetCookie) -> bool:
        return line.name.startswith(self._own)

    def _rescoped(self, cookie: SetCookie) -> SetCookie | None:
        """The site's cookie in the policy's scope; everything else of it stays, and nothing is weakened."""
        policy = self._policy
        try:
            return replace(
                cookie,
                domain=policy.domain,
                path=policy.path,
                partitioned=policy.partitioned,
                secure=cookie.secure or policy.partitioned,
            )
        except CookieError:  # a prefixed name that the policy's scope forbids: no auth cookie has one
            return cookie

    def _sweep(self, learnt: Learnt, site: SiteWrites, pair: Pair, written: Iterable[SetCookie]) -> Sweep:
        """A deletion in every scope, the likeliest first; in answers to navigations the other scopes of what is set."""
        owed = {line.name for line in learnt.lines if line.is_deletion and not self._is_own(line)}
        deletes = site.deletes
        if site.signs_out:  # of what it was not sent it can say nothing
            deletes = (*deletes, *(name for name in self._unsent(learnt) if name not in deletes))
        names = {*deletes, *((*site.sets, *owed) if learnt.heals else ())}
        return sweep(
            names,
            policy=self._policy,
            host=learnt.host,
            raw_path=learnt.raw_path,
            writes=frozenset(line.name for line in written),
            unseen=deletes,
            cursor=0 if deletes else self._start(learnt, pair),
            budget=self._policy.sweep_budget + (0 if site.sets else _FRESH_SET),
        )

    def _start(self, learnt: Learnt, pair: Pair) -> int:
        """Where the sweep goes on: what the plan swept of it is swept here, in its place."""
        shown = self._engine.marks.read(learnt.cookies).pair
        if shown is None or (shown.policy, shown.session_key) != (pair.policy, pair.session_key):
            return 0
        return shown.cursor

    def _unsent(self, learnt: Learnt) -> tuple[str, ...]:
        """Under which names the refresh token may lie that the site was not sent."""
        if not self._engine.options.refreshes:
            return ()
        storage = self._engine.storage
        owners = storage.read(learnt.cookies).named[:1]
        return tuple(name for owner in owners for name in storage.names_of(owner) if name.endswith(_REFRESH))

    def _marks(self, learnt: Learnt, site: SiteWrites, pair: Pair) -> tuple[SetCookie, ...]:
        """The pair of what is in the browser now; after a sign-out the tombstone of what was."""
        keeper = self._engine.marks
        if site.signs_out:
            ended = Pair(policy=self._policy.fingerprint, cursor=pair.cursor)
            return (keeper.write_pair(ended), *self._tombstone(learnt))
        access = _value(site.sets, _ACCESS)
        claims = self._claims(access, learnt.now) if access else None
        if claims is not None:
            refresh = _value(site.sets, _REFRESH) or self._shown(learnt, _REFRESH)
            pair = pair.of_session(
                refresh=keeper.refresh_digest(refresh) or learnt.withheld,
                jti=claims.jti,
                session_key=claims.session_key,
                policy=self._policy.fingerprint,
            )
        return (keeper.write_pair(pair),)

    def _tombstone(self, learnt: Learnt) -> tuple[SetCookie, ...]:
        access = self._shown(learnt, _ACCESS)
        claims = self._claims(access, learnt.now) if access else None
        if claims is None:
            return ()
        known = self._engine.marks.read(learnt.cookies).tombstone or Tombstone()
        return self._engine.marks.write_tombstone(known.joined([claims]), learnt.cookies)

    def _claims(self, token: str, now: float) -> Claims | None:
        judgement = self._engine.judge(token, now, "access")
        return judgement.claims if isinstance(judgement, Good | Expired) else None

    def _shown(self, learnt: Learnt, suffix: str) -> str | None:
        """The token of the set that the site was sent."""
        shown = self._engine.storage.read(learnt.cookies)
        found = shown.accesses if suffix == _ACCESS else shown.refreshes
        named = [each.token for each in found if each.owner in shown.named[:1]]
        return named[0] if named else None

    def _pair(self, learnt: Learnt) -> Pair:
        """The pair that the plan writes, or else the one that the request shows."""
        written = "; ".join(f"{line.name}={line.value}" for line in learnt.lines if not line.is_deletion)
        keeper = self._engine.marks
        return keeper.read(CookieHeader.parse(written)).pair or keeper.read(learnt.cookies).pair or Pair()

    @staticmethod
    def _underway(pair: Pair, swept: Sweep) -> Pair:
        """The pair after these deletions: the next response goes on where they stopped."""
        if not swept.lines:
            return pair
        return replace(pair, cursor=swept.cursor if pair.at else swept.rest)


def _value(sets: Mapping[str, SetCookie], suffix: str) -> str | None:
    """The decoded value of the cookie of this suffix, if exactly one is set."""
    found = [cookie.value for name, cookie in sets.items() if name.endswith(suffix)]
    return read_value(found[0]) if len(found) == 1 else None
