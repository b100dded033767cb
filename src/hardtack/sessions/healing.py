"""Healing: what a response writes so that one set is left, in one scope, and then nothing more.

Rule: deletions first, the fresh set after them, Hardtack's own marks last. A sweep (see `sweeping`) always comes with
the winner, so that it can't delete the only good copy. What a sweep can't reach is left alone, and the session is
served in spite of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hardtack.sessions.judging import jti_of
from hardtack.sessions.marks import Binding, Marks, Pair, Tombstone
from hardtack.sessions.sweeping import Sweeper, told_sweep

if TYPE_CHECKING:
    from hardtack.cookies import CookiePolicy, SetCookie
    from hardtack.sessions.marks import MarkKeeper
    from hardtack.sessions.request import BrowserRequest
    from hardtack.sessions.storage import Kept, Shown, Storage
    from hardtack.sessions.sweeping import Told
    from hardtack.tokens import Claims

__all__ = ["Mended", "Mender"]


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
        self._sweeper = Sweeper(policy, storage, marks, returns)

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
        if migrating:
            swept = self._sweeper.migrate(request, shown, pair, owed, fresh, spare=held)
        else:
            swept = self._sweeper.sweep(request, shown, pair, owed, fresh)
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
        swept = self._sweeper.sweep(request, shown, marks.pair, frozenset(shown.names), ())
        pair = self._cleared(swept.pair, marks)
        mark = (self._marks.write_pair(pair),) if swept.lines or pair != marks.pair else ()
        return Mended((*own, *swept.lines, *mark), swept.told, swept.known)

    def cleared(self, marks: Marks) -> tuple[SetCookie, ...]:
        """The pair's line beside deletions that were chosen elsewhere: it says for which sign-in they were.

        Should they come late and take what a newer one was given, that is known by it.
        """
        if self._storage.unforgeable:
            return ()
        return (self._marks.write_pair(self._cleared(marks.pair or Pair(), marks)),)

    def _cleared(self, pair: Pair, marks: Marks) -> Pair:
        bound = marks.binding.session_key if marks.binding else ""
        policy = self._policy.fingerprint
        mismatches = pair.mismatches if pair.policy == policy else 0
        return replace(pair, refresh="", jti="", session_key=bound, policy=policy, mismatches=mismatches)

    def sign_out(self, request: BrowserRequest, shown: Shown, tombstone: Tombstone) -> Mended:
        """Clear, blindly too where cookies may lie unseen, and put up the tombstone."""
        own = self._storage.clear(shown)
        marks = self._marks.write_tombstone(tombstone, request.cookies)
        if self._storage.unforgeable:
            return Mended((*own, *marks))
        swept = self._sweeper.sign_out(request, shown)
        ended = Pair(policy=self._policy.fingerprint, cursor=swept.rest)
        return Mended((*own, *swept.lines, self._marks.write_pair(ended), *marks), told_sweep(swept))

    def _owed(self, shown: Shown, written: frozenset[str]) -> frozenset[str]:
        """The names to be swept: those with twins, and those that the winner does not use."""
        return frozenset(shown.twins) | (frozenset(shown.names) - written)

    def _paired(self, pair: Pair, kept: Kept, claims: Claims) -> Pair:
        known = "" if kept.withhold_refresh else self._marks.refresh_digest(kept.tokens.refresh_token)
        return pair.of_session(
            refresh=known, jti=claims.jti, session_key=claims.session_key, policy=self._policy.fingerprint
        )


def _is_shown(pair: Pair, shown: Shown) -> bool:
    """Whether what the pair speaks of is there: of what others wrote nobody can say in which scope it lies."""
    return bool(pair.jti) and any(jti_of(found.token) == pair.jti for found in shown.accesses)
