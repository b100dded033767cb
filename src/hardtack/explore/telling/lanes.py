"""Who takes part in a history, and which answer belongs to which request: what both drawings of a sequence stand on.

Rule: time is nobody, and neither is who does nothing. An answer is late when something else happened since it was sent;
when that was is never guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardtack.explore.trace import Moment, Trace

__all__ = ["ARRIVES", "SINCE", "is_answer", "lanes_of", "late_answers", "parties"]

ARRIVES: Final = "arrive"
"""The kind of a moment in which a response arrives that was on its way."""

SINCE: Final = "since"
"""The argument of a moment in which an answer arrives: the index of the moment in which it was sent."""

_NOBODY: Final = frozenset({"", "time"})
# From left to right: people, browsers, servers, and what stands behind them.
_ORDER: Final = ("person", "tab", "server", "pool", "operator", "sibling")


def parties(moment: Moment) -> tuple[str, ...]:
    """Who takes part in a moment, actor first; nobody where time passes."""
    return tuple(dict.fromkeys(name for name in (moment.actor, moment.target) if name not in _NOBODY))


def lanes_of(trace: Trace) -> tuple[str, ...]:
    """Everybody who takes part in a history, from left to right."""
    met = tuple(dict.fromkeys(name for moment in trace.moments for name in parties(moment)))
    return tuple(sorted(met, key=_rank))


def _rank(name: str) -> tuple[int, str]:
    kind = re.sub(r"[\s\d]+$", "", name)
    return (_ORDER.index(kind), name) if kind in _ORDER else (len(_ORDER), "")


def is_answer(moment: Moment) -> bool:
    """Whether a moment is the arrival of something that was on its way."""
    return moment.kind == ARRIVES or SINCE in moment.arguments


def late_answers(moments: Sequence[Moment]) -> dict[int, int]:
    """Which late answer was sent by which earlier moment, by their indices; only what the history itself says."""
    sent = {index: moment.arguments.get(SINCE) for index, moment in enumerate(moments)}
    return {
        index: since
        for index, since in sent.items()
        if isinstance(since, int) and 0 <= since < index - 1 and len(parties(moments[index])) > 1
    }
