"""The sweep from page to page: where a response's part of it begins, what is noted, and when it is over.

Rule: how far a sweep has come stands in the pair, not in the server. It is over when a look finds none of its twins.
Twins that outlive two rounds lie where this policy may not reach; others in their place are given rounds of their own,
twice; and those that keep coming back have an owner. What is over with something left is left alone, until a sign-in or
a policy with a longer arm tries anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hardtack.cookies import sweep
from hardtack.cookies.sweep import MAX_PREFIXES, path_prefixes
from hardtack.sessions.front_end_mark import FRONT_END_MARK
from hardtack.sessions.marks import Pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hardtack.cookies import CookiePolicy, SetCookie, Sweep
    from hardtack.sessions.marks import MarkKeeper
    from hardtack.sessions.request import BrowserRequest
    from hardtack.sessions.storage import Shown, Storage

__all__ = ["Sweeper", "Swept", "Told", "told_sweep"]

_ROUNDS: Final = 2  # times that a sweep walks round its cycle: what is still there then is out of reach
_RENEWALS: Final = 2  # times that others are in their place by then, and a sweep walks as many rounds again
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
class Swept:
    """One response's part of a sweep.

    Attributes:
        lines: the deletions.
        pair: the pair, with how far the sweep has come.
        told: events as (name, fields).
        known: whether what is shown was already known to be out of reach.
    """

    lines: tuple[SetCookie, ...]
    pair: Pair
    told: tuple[Told, ...] = ()
    known: bool = False


class Sweeper:
    """Sweeps the cookies of one app client under one policy.

    Args:
        policy: what may be swept.
        storage: how a set lies in cookies.
        marks: Hardtack's own.
        returns: see `EngineOptions.returns`; None if nothing is counted, so that what was seen is seen anew.
    """

    def __init__(self, policy: CookiePolicy, storage: Storage, marks: MarkKeeper, returns: int | None) -> None:
        self._policy = policy
        self._storage = storage
        self._marks = marks
        self._returns = returns
        self._reach = repr((policy.fingerprint, policy.owns_domain, policy.legacy_scopes, policy.base_paths))

    def sweep(
        self, request: BrowserRequest, shown: Shown, pair: Pair | None, owed: frozenset[str], fresh: Sequence[SetCookie]
    ) -> Swept:
        """Go on with the sweep, begin one, or leave what a sweep has not reached.

        Args:
            request: the request.
            shown: what it shows.
            pair: the pair that it shows.
            owed: the names to be swept: those with twins, and those that the winner does not use.
            fresh: the lines that the same response writes.
        """
        start, pair = self._start(request, pair), pair or Pair()
        digest = self._digest(owed, shown)
        if not owed or digest in pair.left.split():
            return Swept((), self._looked(pair, request, owed), known=bool(owed))
        told = (_told_twins(owed, shown),)
        swept = self._cut(request, owed, fresh, start)
        if not swept.total:
            return _leave(pair, digest, (*told, _told_left(owed)))
        begins, over = not pair.at, start >= swept.total * _ROUNDS
        values = self._values(owed, request, fresh)
        renewed = not begins and over and pair.values != values and pair.renewals < _RENEWALS
        if begins:
            pair = self._counted(pair, digest, int(request.now))
            if self._returns is not None and pair.sweeps > self._returns:
                spent = replace(pair, twins="", sweeps=0, sweeps_since=0)
                return _leave(spent, digest, (*told, ("writer.foreign", {"names": len(owed)})))
        elif renewed:
            pair = replace(pair, renewals=pair.renewals + 1)
        elif over:
            return _leave(pair, digest, (*told, _told_left(owed)))
        # What was walked elsewhere or for others says nothing of these; but the walk goes on where it stands.
        before = start - start % swept.total if begins or renewed else 0
        state = replace(pair, cursor=swept.cursor - before, at=self._place(swept.reach), values=values)
        return Swept(swept.lines, state, (*told, *told_sweep(swept)))

    def migrate(
        self,
        request: BrowserRequest,
        shown: Shown,
        pair: Pair | None,
        owed: frozenset[str],
        fresh: Sequence[SetCookie],
        *,
        spare: frozenset[str],
    ) -> Swept:
        """Sweep wherever a set may lie of which nobody can say where that is: the first part, likeliest scopes first.

        Nobody has seen yet what comes of it, so the next look decides whether there is anything to go on with.

        Args:
            request: the request.
            shown: what it shows.
            pair: the pair that it shows.
            owed: see `sweep`.
            fresh: see `sweep`.
            spare: names that are not swept.
        """
        names = frozenset(shown.names) - spare
        start = 0 if pair is not None else self._start(request, pair)
        pair = pair or Pair()
        if not names:
            return Swept((), self._looked(pair, request, owed))
        told = (_told_twins(owed, shown),) if owed else ()
        swept = self._cut(request, names, fresh, start)
        if owed and not swept.total:
            return _leave(pair, self._digest(owed, shown), (*told, _told_left(owed)))
        state = replace(pair, cursor=swept.rest if owed else 0, at="")
        return Swept(swept.lines, state, (*told, *told_sweep(swept)))

    def sign_out(self, request: BrowserRequest, shown: Shown) -> Sweep:
        """Sweep what is shown, and blindly what may lie unseen, in the room that a response has without a session."""
        owners = dict.fromkeys([*shown.named, *(found.owner for found in shown.accesses)])
        unseen = [name for owner in list(owners)[:2] for name in self._storage.names_of(owner)]
        roomy = self._policy.sweep_budget + _FRESH_SET
        return self._cut(request, shown.names, (), 0, unseen=unseen, budget=roomy)

    def _cut(
        self,
        request: BrowserRequest,
        names: Iterable[str],
        fresh: Iterable[SetCookie],
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
            writes=frozenset(line.name for line in fresh),
            unseen=unseen,
            cursor=cursor,
            budget=budget,
        )

    def _start(self, request: BrowserRequest, pair: Pair | None) -> int:
        """Where this response's part of the sweep begins.

        A sweep that is under way goes on; a new one begins with the likeliest scopes. A browser that shows another mark
        of ours and no pair has lost the pair, and so has most likely one that shows a flood of cookies, which evicts
        some: each response must then begin somewhere else. One that shows none of these is here for the first time, or
        was signed in by script, whose mark comes without a pair.
        """
        if pair is not None:
            return pair.cursor
        own, script = self._policy.own_name("hardtack-"), self._policy.own_name(FRONT_END_MARK)
        ours = (name for name, _ in request.cookies if name.startswith(own) and not name.startswith(script))
        lost = len(request.cookies) >= _FLOOD or any(ours)
        return int(self._marks.digest(request.nonce)[:8], 16) if lost else 0

    def _looked(self, pair: Pair, request: BrowserRequest, left: frozenset[str]) -> Pair:
        """The pair after a look that found nothing to do: it ends a sweep where all that it reached would be seen.

        Another page may not see twins that lie on a path.
        """
        if not pair.at:
            return pair
        path = (request.raw_path or b"/").decode("latin-1")
        seen = (path, *path_prefixes(path)[:MAX_PREFIXES])
        if all(self._place(above) != pair.at for above in seen):
            return pair
        return replace(pair, cursor=0, at="", values="", renewals=pair.renewals if left else 0)

    def _place(self, path: str) -> str:
        return self._marks.digest(path)[:6]

    def _digest(self, owed: frozenset[str], shown: Shown) -> str:
        """What is owed, as far as a request can tell one state of it from another, and how far this policy reaches."""
        counted = (f"{name}\t{shown.twins.get(name, 1)}" for name in sorted(owed))
        return self._marks.digest("\n".join([self._reach, *counted]))[:12]

    def _values(self, owed: frozenset[str], request: BrowserRequest, fresh: Iterable[SetCookie]) -> str:
        """What the losers hold: whether it is the same as before tells "out of reach" from "written anew"."""
        if self._returns is None:
            return ""
        kept = {line.name: line.value for line in fresh}
        held: list[str] = []
        for name in sorted(owed):
            values = sorted(request.cookies.get_all(name))
            if kept.get(name) in values:
                values.remove(kept[name])
            held += (f"{name}\t{value}" for value in values)
        return self._marks.digest("\n".join(held))[:12]

    def _counted(self, pair: Pair, digest: str, moment: int) -> Pair:
        """The pair as a sweep begins: those for the same twins are counted within the window."""
        if self._returns is None:
            return pair
        if pair.twins == digest and moment - pair.sweeps_since <= _RETURNS_WINDOW:
            return replace(pair, sweeps=pair.sweeps + 1)
        return replace(pair, twins=digest, sweeps=1, sweeps_since=moment)


def told_sweep(swept: Sweep) -> tuple[Told, ...]:
    """The event of a sweep that deletes something."""
    if not swept.lines:
        return ()
    return (("twins.swept", {"lines": len(swept.lines), "of": swept.total, "bytes": swept.bytes_used}),)


def _told_twins(owed: frozenset[str], shown: Shown) -> Told:
    suffixes = sorted({suffix if (suffix := name.rpartition(".")[2]) in _SUFFIXES else "other" for name in owed})
    most = max((shown.twins.get(name, 1) for name in owed), default=1)
    return "twins.found", {"names": len(owed), "most": most, "suffixes": ",".join(suffixes)}


def _told_left(owed: frozenset[str]) -> Told:
    return "twins.left", {"names": len(owed)}


def _leave(pair: Pair, digest: str, told: tuple[Told, ...]) -> Swept:
    """Leave these twins alone."""
    others = [one for one in pair.left.split() if one != digest]
    left = " ".join([*others[1 - _MOST_LEFT :], digest])
    return Swept((), replace(pair, left=left, cursor=0, at="", values=""), told, known=True)
