"""The transitions of a session, as one table.

Rule: everything about *what happens next* lives here; how it is done lives elsewhere. The engine looks its next move
up in `TRANSITIONS`, the documentation's diagram is drawn from it, and the explorer walks it. So a picture or a proof
is about the code that runs.

A request is reduced to a *finding* (what its cookies hold) and an *answer* (what the pool said, if it was asked).
`ASKS` says which findings are worth asking about. A *move* then says the outcome, what becomes of the cookies, and
whether the ladder is climbed; what a kind of request may not do (`hardtack.sessions.kinds`) is left out by the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hardtack.sessions.outcomes import OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ASKS", "SHIELD_TRANSITIONS", "TRANSITIONS", "Answer", "Cookies", "Finding", "Move", "mermaid"]


class Finding(StrEnum):
    """What a request's cookies hold, after verification and choice."""

    NOTHING = "nothing"  # no auth cookie is shown
    FRESH = "fresh"  # a chosen set whose access token lives
    AGEING = "ageing"  # a chosen set whose access token lives, but not for long
    EXPIRED = "expired"  # a chosen set whose access token has ended
    LEFTOVER = "leftover"  # auth cookies without any token in them
    LONE = "lone"  # refresh tokens that our own marks vouch for, without an access token
    RIVALS = "rivals"  # sets of different people, and no binding to tell whose browser this is
    DEAD = "dead"  # auth cookies, none of which can become a session
    ENDED = "ended"  # what the tombstone says was signed out
    UNJUDGED = "unjudged"  # signatures can't be checked now: the keys can't be had


class Answer(StrEnum):
    """What the pool said about the set's refresh tokens."""

    NOT_ASKED = "not-asked"
    REFRESHED = "refreshed"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


class Cookies(StrEnum):
    """What becomes of the cookies."""

    KEEP = "keep"  # nothing is written, nothing is deleted
    MEND = "mend"  # the winner stays; twins and losers are swept, a wrong scope is migrated
    WRITE = "write"  # the fresh set is written, and on a navigation mended
    CLEAR = "clear"  # every auth cookie is swept


@dataclass(frozen=True, slots=True)
class Move:
    """What the engine does next."""

    outcome: OutcomeKind
    cookies: Cookies
    climbs: bool = False


ASKS: Final[frozenset[Finding]] = frozenset({Finding.AGEING, Finding.EXPIRED, Finding.LONE})
"""Asked about whenever the kind of request may refresh. `FRESH` is asked about in one case only: several refresh tokens
are shown and nothing tells which is the live one, which must be known before any of them is swept."""

TRANSITIONS: Final[Mapping[tuple[Finding, Answer], Move]] = {
    (Finding.NOTHING, Answer.NOT_ASKED): Move(OutcomeKind.ANONYMOUS, Cookies.KEEP),
    (Finding.FRESH, Answer.NOT_ASKED): Move(OutcomeKind.ACTIVE, Cookies.MEND),
    (Finding.FRESH, Answer.REFRESHED): Move(OutcomeKind.REFRESHED, Cookies.WRITE),
    (Finding.FRESH, Answer.REFUSED): Move(OutcomeKind.ACTIVE, Cookies.MEND),
    (Finding.FRESH, Answer.UNAVAILABLE): Move(OutcomeKind.ACTIVE, Cookies.MEND),
    (Finding.AGEING, Answer.NOT_ASKED): Move(OutcomeKind.ACTIVE, Cookies.KEEP),
    (Finding.AGEING, Answer.REFRESHED): Move(OutcomeKind.REFRESHED, Cookies.WRITE),
    (Finding.AGEING, Answer.REFUSED): Move(OutcomeKind.ACTIVE, Cookies.KEEP),
    (Finding.AGEING, Answer.UNAVAILABLE): Move(OutcomeKind.ACTIVE, Cookies.KEEP),
    (Finding.EXPIRED, Answer.NOT_ASKED): Move(OutcomeKind.ANONYMOUS, Cookies.KEEP),
    (Finding.EXPIRED, Answer.REFRESHED): Move(OutcomeKind.REFRESHED, Cookies.WRITE),
    (Finding.EXPIRED, Answer.REFUSED): Move(OutcomeKind.REFUSED, Cookies.CLEAR, climbs=True),
    (Finding.EXPIRED, Answer.UNAVAILABLE): Move(OutcomeKind.UNAVAILABLE, Cookies.KEEP),
    (Finding.LEFTOVER, Answer.NOT_ASKED): Move(OutcomeKind.ANONYMOUS, Cookies.CLEAR),
    (Finding.LONE, Answer.NOT_ASKED): Move(OutcomeKind.ANONYMOUS, Cookies.KEEP),
    (Finding.LONE, Answer.REFRESHED): Move(OutcomeKind.REFRESHED, Cookies.WRITE),
    (Finding.LONE, Answer.REFUSED): Move(OutcomeKind.REFUSED, Cookies.CLEAR, climbs=True),
    (Finding.LONE, Answer.UNAVAILABLE): Move(OutcomeKind.UNAVAILABLE, Cookies.KEEP),
    (Finding.RIVALS, Answer.NOT_ASKED): Move(OutcomeKind.REFUSED, Cookies.CLEAR, climbs=True),
    (Finding.DEAD, Answer.NOT_ASKED): Move(OutcomeKind.REFUSED, Cookies.CLEAR, climbs=True),
    (Finding.ENDED, Answer.NOT_ASKED): Move(OutcomeKind.ANONYMOUS, Cookies.CLEAR),
    (Finding.UNJUDGED, Answer.NOT_ASKED): Move(OutcomeKind.UNAVAILABLE, Cookies.KEEP),
}

SHIELD_TRANSITIONS: Final[Mapping[tuple[Finding, Answer], Move]] = {
    **TRANSITIONS,
    (Finding.AGEING, Answer.NOT_ASKED): Move(OutcomeKind.ACTIVE, Cookies.MEND),
    (Finding.AGEING, Answer.REFUSED): Move(OutcomeKind.ACTIVE, Cookies.MEND),
    (Finding.AGEING, Answer.UNAVAILABLE): Move(OutcomeKind.ACTIVE, Cookies.MEND),
    (Finding.EXPIRED, Answer.NOT_ASKED): Move(OutcomeKind.ANONYMOUS, Cookies.MEND),
}
"""The same before an unmodified site, which refreshes by itself: an expired set is put in order and passed on. The pool
is asked only to tell the live one of several refresh tokens before any of them is swept."""


def mermaid(table: Mapping[tuple[Finding, Answer], Move] = TRANSITIONS) -> str:
    """A table as a Mermaid flowchart: findings, what the pool answers, and where that leads."""
    lines = ["flowchart LR"]
    lines += [f"    {finding.name}([{finding.value}])" for finding in dict.fromkeys(finding for finding, _ in table)]
    lines += [f"    out_{kind.value}[{kind.value}]" for kind in OutcomeKind if kind is not OutcomeKind.LOOPING]
    for (finding, answer), move in table.items():
        said = "" if answer is Answer.NOT_ASKED else f"{answer.value}: "
        ladder = ", climb" if move.climbs else ""
        lines.append(f'    {finding.name} -- "{said}{move.cookies.value}{ladder}" --> out_{move.outcome.value}')
    return "\n".join(lines) + "\n"
