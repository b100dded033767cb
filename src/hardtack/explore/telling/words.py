"""The sentences that every way of telling shares, so that they all say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.explore.telling.texts import clean, counted

if TYPE_CHECKING:
    from hardtack.explore.trace import Moment, Trace, Violation

__all__ = ["PROBE", "again", "from_to", "length_of", "step_name", "violation_head"]

PROBE: Final = "From here on a person does the right thing:"
"""Stands before a probe. Whatever goes wrong after it is nobody's mistake."""


def step_name(index: int) -> str:
    """A step's number is its index: the beginning, in which nothing happens, is number 0."""
    return str(index)


def again(trace: Trace) -> str:
    """Where a history that goes in a circle goes on."""
    where = f"step {trace.loop_from}" if trace.loop_from else "the beginning"
    return f"… and from here it begins again at {where}"


def violation_head(violation: Violation) -> str:
    """`P1 does not hold`."""
    return f"{clean(violation.id)} does not hold"


def from_to(moment: Moment) -> str:
    """`tab 1 → server`; the actor alone where nobody else is concerned."""
    who = [clean(name) for name in (moment.actor, moment.target) if name]
    return " → ".join(dict.fromkeys(who))


def length_of(trace: Trace) -> str:
    """How long a history is, and which parts it has."""
    last = max(len(trace.moments) - 1, 0)
    told = counted(last, "step")
    if trace.probe_from is not None and trace.probe_from <= last:
        told += f", the last {last - trace.probe_from + 1} of them a probe"
    if trace.loop_from is not None:
        told += f", going round for ever from step {trace.loop_from}"
    return told
