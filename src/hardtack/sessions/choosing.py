"""Which of the sets shown is this browser's session.

Rule: serve the set that the binding names, and while a binding exists let no other person's set win. Without one, of
one person the newest sign-in; of several people nobody. Sets are never mixed: the owner, the access token, the ID token
and the refresh token of a session all come from one sign-in.

Where an Amplify front end signs people in by itself, a later sign-in of the *same* person may take the binding over:
nobody else can hold a token that the pool signed for that `sub`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hardtack.sessions.outcomes import Reason
from hardtack.sessions.transitions import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardtack.sessions.judging import Judged, JudgedSet
    from hardtack.sessions.marks import Marks
    from hardtack.sessions.storage import Shown
    from hardtack.tokens import Claims

__all__ = ["Choice", "ageing_at", "choose", "is_overtaken"]

_LATE: Final = 0.2  # of a token's life


@dataclass(frozen=True, slots=True)
class Choice:
    """What the cookies hold, and the set to go on with.

    Attributes:
        finding: the row of the transition table.
        reason: why, for people and logs.
        chosen: the set, where there is one.
        adopts: whether the binding is to be written for it.
        left_aside: how many sets of others were shown.
        rivals: whether some of them are other people's, and nothing but its age told for the chosen one.
    """

    finding: Finding
    reason: Reason
    chosen: JudgedSet | None = field(default=None)
    adopts: bool = False
    left_aside: int = 0
    rivals: bool = False


def choose(
    judged: Judged,
    shown: Shown,
    marks: Marks,
    *,
    now: float,
    ageing_seconds: float,
    front_end_signs_in: bool,
    newest_of_rivals: bool = False,
) -> Choice:
    """Choose among the judged sets.

    Args:
        judged: the sets with a good signature.
        shown: what the request shows.
        marks: binding or tombstone, and the pair.
        now: seconds since the epoch.
        ageing_seconds: an access token with less left than this is refreshed early.
        front_end_signs_in: an Amplify front end may sign people in without telling us: a set that is younger than the
            tombstone is then taken over.
        newest_of_rivals: of sets of several people choose the newest, since the site behind us will serve somebody.
    """
    sets = judged.sets
    eligible = _eligible(sets, marks, front_end_signs_in=front_end_signs_in)
    if not eligible:
        if judged.unjudged:
            return Choice(Finding.UNJUDGED, Reason.KEYS)
        return _none_eligible(sets, shown, marks)
    rivals = False
    if marks.binding is None:
        eligible = _of_named_owner(eligible, shown)
        rivals = len({candidate.claims.sub for candidate in eligible}) > 1
        if rivals and not newest_of_rivals:
            return Choice(Finding.RIVALS, Reason.SEVERAL_PEOPLE, left_aside=len(sets))
    chosen = max(eligible, key=lambda candidate: (candidate.claims.auth_time, candidate.claims.issued_at))
    adopts = marks.binding is None or marks.binding.session_key != chosen.claims.session_key
    return Choice(
        _freshness(chosen, now, ageing_seconds),
        Reason.SIGNED_IN,
        chosen,
        adopts=adopts,
        left_aside=len(sets) - 1,
        rivals=rivals,
    )


def _eligible(sets: Sequence[JudgedSet], marks: Marks, *, front_end_signs_in: bool) -> list[JudgedSet]:
    binding, tombstone = marks.binding, marks.tombstone
    if binding is not None:
        named = [one for one in sets if one.key == (binding.sub, binding.session_key)]
        later = [one for one in sets if one.claims.sub == binding.sub and one.claims.auth_time > binding.auth_time]
        if binding.by_script:  # whoever signed in last wrote it: what is later lost its turn, as script sees it too
            return named or later
        return (later if front_end_signs_in else []) or named
    if tombstone is not None:
        return [one for one in sets if front_end_signs_in and not tombstone.covers(one.claims)]
    return list(sets)


def _of_named_owner(eligible: list[JudgedSet], shown: Shown) -> list[JudgedSet]:
    """Those whose owner the cookies themselves name; a leftover of somebody who signed out long ago is not named."""
    return [one for one in eligible if one.found.owner in shown.named] or eligible


def _none_eligible(sets: Sequence[JudgedSet], shown: Shown, marks: Marks) -> Choice:
    if not shown:
        return Choice(Finding.NOTHING, Reason.NO_COOKIES)
    if marks.tombstone is not None:
        return Choice(Finding.ENDED, Reason.SIGNED_OUT, left_aside=len(sets))
    if sets:
        return Choice(Finding.DEAD, Reason.NOT_OURS, left_aside=len(sets))
    if shown.refreshes and (marks.binding or marks.pair):
        return Choice(Finding.LONE, Reason.EXPIRED)
    if shown.refreshes or shown.accesses or shown.strays:
        return Choice(Finding.DEAD, Reason.UNREADABLE)
    return Choice(Finding.LEFTOVER, Reason.NO_COOKIES)


def is_overtaken(judged: Judged, marks: Marks, *, front_end_signs_in: bool) -> bool:
    """Whether an answer of ours to something older came after the bound sign-in, and replaced or deleted its cookies.

    Then the set may be fetched back under the binding's claim. Whatever of ours writes or deletes Amplify's names says
    in the pair for which sign-in it did so. A front end that signs out by itself leaves the pair alone, and what it
    deleted must not come back. Where it signs people in as well, nothing comes back beside a set that is, or may be,
    another person's: they would find themselves in a wrong account. Unless the mark of `hardtack.js` names the sign-in,
    which that person's own would have replaced.
    """
    binding, pair = marks.binding, marks.pair
    if binding is None or not binding.claim or pair is None or pair.session_key == binding.session_key:
        return False
    others = judged.unjudged or any(one.claims.sub != binding.sub for one in judged.sets)
    return binding.by_script or not (front_end_signs_in and others)


def ageing_at(claims: Claims, ageing_seconds: float) -> float:
    """When an access token begins to age, seconds since the epoch.

    `ageing_seconds` before its end, but never in the first four fifths of its life: a pool with very short tokens would
    otherwise be asked for a new one with every request.
    """
    life = claims.expires_at - claims.issued_at
    return claims.expires_at - min(ageing_seconds, life * _LATE)


def _freshness(chosen: JudgedSet, now: float, ageing_seconds: float) -> Finding:
    if not chosen.live:
        return Finding.EXPIRED
    return Finding.AGEING if now > ageing_at(chosen.claims, ageing_seconds) else Finding.FRESH
