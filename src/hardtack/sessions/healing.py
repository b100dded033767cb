"""Healing: what a response writes so that one set is left, in one scope, and then nothing more.

Rule: deletions first, the fresh set after them, Hardtack's own marks last. A sweep always comes with the winner, so
that it can't delete the only good copy. How far it has come is remembered in the pair, not in the server. It is over
when its twins are gone; twins that outlive two rounds lie where this policy may not reach, and those that keep coming
back have an owner. Both are then left alone, and the session is served in spite of them, until a sign-in or a policy
with a longer arm tries anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hardtack.cookies import sweep
from hardtack.cookies.sweep import MAX_PREFIXES, path_prefixes
from hardtack.sessions.front_end_mark import FRONT_END_MARK
from hardtack.sessions.judging import jti_of
from hardtack.sessions.marks import Binding, Marks, Pair, Tombstone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hardtack.cookies import CookiePolicy, SetCookie, Sweep
    from hardtack.sessions.marks import MarkKeeper
    from hardtack.sessions.request import BrowserRequest
    from hardtack.sessions.storage import Kept, Shown, Storage
    from hardtack.tokens import Claims

__all__ = ["Mended", "Mender"]

_ROUNDS: Final = 2  # times that a sweep walks round its cycle: what is still there then is out of reach
_CHANGES: Final = 4  # times that other twins may be seen during a sweep, and have rounds of their own
_RETURNS_WINDOW: Final = 600  # seconds within which sweeps are counted
_MOST_LEFT: Final = 4  # digests of twins that are left alone: pages show different ones
_FLOOD: Final = 100  # cookies of one request; browsers evict from 180 a site
_FRESH_SET: Final = 5_000  # bytes of a set's Set-Cookie lines: room that a sign-out has, since it writes none
_SUFFIXES: Final = frozenset(
    {
        "LastAuthUser", "accessToken", "idToken", "refreshToken", "clockDrift", "signInDetails", "oauthMetadata",
        "userData",
    }
)  # fmt: skip


Told = tuple[str, Mapping[str, str | int | float | bool | None]]
"""An event by its name and fields, before it is tied to a request."""


@dataclass(frozen=True, slots=True)
class Mended:
    """The lines of one response, and what they are about.

    Attributes:
        lines: the Set-Cookie lines in order; none when everything is as it should be.
        told: events as (name, fields).
        known: whether what is shown was already known to be out of reach.
    """

    lines: tuple[SetCookie, ...] = ()
    told: tuple[Told, ...] = ()
    known: bool = False


@dataclass(frozen=True, slots=True)
class _Swept:
    lines: tuple[SetCookie, ...]
    pair: Pair
    told: tuple[Told, ...]
    known: bool


class Mender:
    """Mends the cookies of one app client under one policy.

    Args:
        policy: where cookies are written, and swept.
        storage: how a set lies in them.
        marks: Hardtack's own.
        returns: see `EngineOptions.returns`.
    """

    def __init__(self, policy: CookiePolicy, storage: Storage, marks: MarkKeeper, returns: int | None) -> None:
        self._policy = policy
        self._storage = storage
        self._marks = marks
        self._returns = returns
        self._reach = repr((policy.fingerprint, policy.owns_domain, policy.legacy_scopes, policy.base_paths))

    def write_only(self, request: BrowserRequest, shown: Shown, marks: Marks, kept: Kept, claims: Claims) -> Mended:
        """Write a fresh set and nothing else: for requests that may not heal."""
        fresh = self._storage.write(kept, shown, now=request.now)
        if self._storage.unforgeable:
            return Mended(fresh)
        return Mended((*fresh, self._marks.write_pair(self._paired(marks.pair or Pair(), kept, claims))))

    def mend(
        self,
        request: BrowserRequest,
        shown: Shown,
        marks: Marks,
        kept: Kept,
        claims: Claims,
        *,
        changed: bool,
        adopts: bool = False,
    ) -> Mended:
        """Leave exactly this set, in the policy's scope.

        Args:
            request: the request.
            shown: what it shows.
            marks: its marks.
            kept: the set that stays.
            claims: the verified claims of its access token.
            changed: whether the set is new and must be written in any case.
            adopts: whether it is taken over, so that from now on the browser is bound to it.
        """
        binding = (self._marks.write_adopted(Binding.of(claims)),) if adopts else ()
        if self._storage.unforgeable:
            stale = changed or len(shown.accesses) > 1 or bool(shown.strays)
            fresh = self._storage.write(kept, shown, now=request.now) if stale else ()
            return Mended((*fresh, *binding))
        fresh = self._storage.write(kept, shown, now=request.now)
        written = frozenset(line.name for line in fresh)
        held = frozenset(found.name for found in shown.refreshes) if kept.withhold_refresh else frozenset[str]()
        owed = self._owed(shown, written) - held
        pair = marks.pair
        wrote = (pair.policy, pair.session_key) if pair is not None and _is_shown(pair, shown) else None
        migrating = wrote != (self._policy.fingerprint, claims.session_key)
        swept = self._sweep(request, shown, marks, owed, fresh, spare=held, migrating=migrating)
        misnamed = shown.named[:1] != (kept.owner,) and not swept.known
        new_pair = self._paired(swept.pair, kept, claims)
        lines = ()
        if changed or migrating or swept.lines or misnamed or swept.pair != pair or swept.pair.jti != claims.jti:
            # Never the pair without its set: of several late answers one could take the set away or put another in its
            # place, and the next one say that it is there. Whoever comes late must be known by it.
            lines = (*swept.lines, *fresh, self._marks.write_pair(new_pair))
        told = swept.told
        if migrating and pair is not None and pair.policy not in ("", self._policy.fingerprint):
            told = (*told, ("scope.migrated", {"from": pair.policy, "to": self._policy.fingerprint}))
        return Mended((*lines, *binding), told, swept.known)

    def clear(self, request: BrowserRequest, shown: Shown, marks: Marks) -> Mended:
        """Sweep everything of ours; nothing of it is worth keeping."""
        own = self._storage.clear(shown)
        if self._storage.unforgeable:
            return Mended(own)
        swept = self._sweep(request, shown, marks, frozenset(shown.names), (), spare=frozenset())
        bound = marks.binding.session_key if marks.binding else ""
        pair = replace(swept.pair, refresh="", jti="", session_key=bound, policy=self._policy.fingerprint)
        mark = (self._marks.write_pair(pair),) if swept.lines or pair != marks.pair else ()
        return Mended((*own, *swept.lines, *mark), swept.told, swept.known)

    def sign_out(self, request: BrowserRequest, shown: Shown, tombstone: Tombstone) -> Mended:
        """Clear, blindly too where cookies may lie unseen, and put up the tombstone."""
        own = self._storage.clear(shown)
        marks = self._marks.write_tombstone(tombstone, request.cookies)
        if self._storage.unforgeable:
            return Mended((*own, *marks))
        owners = dict.fromkeys([*shown.named, *(found.owner for found in shown.accesses)])
        unseen = [name for owner in list(owners)[:2] for name in self._storage.names_of(owner)]
        roomy = self._policy.sweep_budget + _FRESH_SET
        swept = self._cut(request, shown.names, (), 0, unseen=unseen, budget=roomy)
        ended = Pair(policy=self._policy.fingerprint, cursor=swept.rest)
        return Mended((*own, *swept.lines, self._marks.write_pair(ended), *marks), _told_sweep(swept))

    def _sweep(
        self,
        request: BrowserRequest,
        shown: Shown,
        marks: Marks,
        owed: frozenset[str],
        fresh: Sequence[SetCookie],
        *,
        spare: frozenset[str],
        migrating: bool = False,
    ) -> _Swept:
        pair = marks.pair or Pair()
        names = frozenset(shown.names) - spare if migrating else owed
        digest = self._digest(owed, shown) if owed else ""
        if not names or (not migrating and digest in pair.left.split()):
            return _Swept((), self._looked(pair, request, owed), (), known=bool(owed))
        start = self._start(request, marks, migrating=migrating)
        swept = self._cut(request, names, frozenset(line.name for line in fresh), start)
        changes = self._returns is not None and pair.at != "" and pair.twins != digest and pair.changes < _CHANGES
        if not pair.at or changes:  # it began somewhere else, or for others: only rounds that are looked at count
            before = start - start % (swept.total or 1)
            start, swept = start - before, replace(swept, cursor=swept.cursor - before)
        told = (_told_twins(owed, shown),) if owed else ()
        if owed and (swept.total == 0 or (not migrating and start >= swept.total * _ROUNDS)):
            return _Swept((), _left(pair, digest), (*told, ("twins.left", {"names": len(owed)})), known=True)
        if self._returns is not None and owed and not migrating and not pair.at:
            pair = _begun(pair, digest, int(request.now))
            if pair.sweeps > self._returns:
                foreign = _left(replace(pair, twins="", sweeps=0, sweeps_since=0), digest)
                return _Swept((), foreign, (*told, ("writer.foreign", {"names": len(owed)})), known=True)
        if changes:
            pair = replace(pair, twins=digest, changes=pair.changes + 1)
        if migrating:  # nobody has seen yet what comes of it
            state = replace(pair, cursor=swept.rest if owed else 0, at="")
        else:
            state = replace(pair, cursor=swept.cursor, at=self._place(swept.reach))
        return _Swept(swept.lines, state, (*told, *_told_sweep(swept)), known=False)

    def _looked(self, pair: Pair, request: BrowserRequest, left: frozenset[str]) -> Pair:
        """The pair after a look that found nothing to do: it ends a sweep where all that it reached would be seen.

        Another page may not see twins that lie on a path.
        """
        if not pair.at:
            return pair
        path = (request.raw_path or b"/").decode("latin-1")
        seen = (path, *path_prefixes(path)[:MAX_PREFIXES])
        gone = any(self._place(above) == pair.at for above in seen)
        return replace(pair, cursor=0, at="", changes=pair.changes if left else 0) if gone else pair

    def _place(self, path: str) -> str:
        return self._marks.digest(path)[:6]

    def _cut(
        self,
        request: BrowserRequest,
        names: Iterable[str],
        written: Iterable[str],
        cursor: int,
        *,
        unseen: Sequence[str] = (),
        budget: int | None = None,
    ) -> Sweep:
        return sweep(
            names,
            policy=self._policy,
            host=request.host,
            raw_path=request.raw_path,
            writes=frozenset(written),
            unseen=unseen,
            cursor=cursor,
            budget=budget,
        )

    def _owed(self, shown: Shown, written: frozenset[str]) -> frozenset[str]:
        """The names to be swept: those with twins, and those that the winner does not use."""
        return frozenset(shown.twins) | (frozenset(shown.names) - written)

    def _digest(self, owed: frozenset[str], shown: Shown) -> str:
        """What is owed, as far as a request can tell one state of it from another, and how far this policy reaches."""
        counted = (f"{name}\t{shown.twins.get(name, 1)}" for name in sorted(owed))
        return self._marks.digest("\n".join([self._reach, *counted]))[:12]

    def _paired(self, pair: Pair, kept: Kept, claims: Claims) -> Pair:
        known = "" if kept.withhold_refresh else self._marks.refresh_digest(kept.tokens.refresh_token)
        return pair.of_session(
            refresh=known, jti=claims.jti, session_key=claims.session_key, policy=self._policy.fingerprint
        )

    def _start(self, request: BrowserRequest, marks: Marks, *, migrating: bool) -> int:
        """Where this response's part of the sweep begins.

        A sweep that is under way goes on; a new one, and that for a session's first set, begins with the likeliest
        scopes. A browser that shows another mark of ours and no pair has lost the pair, and so has most likely one that
        shows a flood of cookies, which evicts some: each response must then begin somewhere else. One that shows none
        of these is here for the first time, or was signed in by script, whose mark comes without a pair.
        """
        if marks.pair is not None:
            return 0 if migrating else marks.pair.cursor
        own, script = self._policy.own_name("hardtack-"), self._policy.own_name(FRONT_END_MARK)
        ours = (name for name, _ in request.cookies if name.startswith(own) and not name.startswith(script))
        lost = len(request.cookies) >= _FLOOD or any(ours)
        return int(self._marks.digest(request.nonce)[:8], 16) if lost else 0


def _is_shown(pair: Pair, shown: Shown) -> bool:
    """Whether what the pair speaks of is there: of what others wrote nobody can say in which scope it lies."""
    return bool(pair.jti) and any(jti_of(found.token) == pair.jti for found in shown.accesses)


def _left(pair: Pair, digest: str) -> Pair:
    others = [one for one in pair.left.split() if one != digest]
    return replace(pair, left=" ".join([*others[1 - _MOST_LEFT :], digest]), cursor=0, at="")


def _begun(pair: Pair, digest: str, moment: int) -> Pair:
    """The pair as a sweep begins: those for the same twins are counted within the window."""
    if pair.twins == digest and moment - pair.sweeps_since <= _RETURNS_WINDOW:
        return replace(pair, sweeps=pair.sweeps + 1)
    return replace(pair, twins=digest, sweeps=1, sweeps_since=moment)


def _told_twins(owed: frozenset[str], shown: Shown) -> Told:
    suffixes = sorted({suffix if (suffix := name.rpartition(".")[2]) in _SUFFIXES else "other" for name in owed})
    most = max((shown.twins.get(name, 1) for name in owed), default=1)
    return "twins.found", {"names": len(owed), "most": most, "suffixes": ",".join(suffixes)}


def _told_sweep(swept: Sweep) -> tuple[Told, ...]:
    if not swept.lines:
        return ()
    return (("twins.swept", {"lines": len(swept.lines), "of": swept.total, "bytes": swept.bytes_used}),)
