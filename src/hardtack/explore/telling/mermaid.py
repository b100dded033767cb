"""A history as a Mermaid sequence diagram: text that code hosts and wikis draw by themselves.

Rule: whatever comes from the history is written as letters, digits and a few harmless signs, everything else by its
number (`#59;`), since Mermaid's grammar has no quoting. A participant's name in the diagram is ours (`p1`), never its
own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hardtack.explore.telling.lanes import is_answer, lanes_of, late_answers, parties
from hardtack.explore.telling.texts import capital, clean, wrap
from hardtack.explore.telling.words import PROBE, again, step_name, violation_head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.explore.trace import Moment, Trace

__all__ = ["mermaid"]

_LINE: Final = 44  # letters: two participants' distance, as Mermaid draws them
_UNSAFE: Final = re.compile(r"[^\w ,.()/'!?*+=-]")
_END: Final = re.compile(r"\bend\b", re.IGNORECASE)  # the word closes a block, wherever it stands
_PROBE_COLOUR: Final = "rgba(45, 102, 48, 0.1)"
_BREAK: Final = "<br/>"


def mermaid(trace: Trace) -> str:
    """The text of a `sequenceDiagram`, with a line break at its end."""
    return "".join(f"{line}\n" for line in _lines(trace))


def _lines(trace: Trace) -> Iterator[str]:
    lanes = lanes_of(trace) or ("browser",)
    names = {lane: f"p{number}" for number, lane in enumerate(lanes, 1)}
    everybody = ",".join(dict.fromkeys((names[lanes[0]], names[lanes[-1]])))
    late = late_answers(trace.moments)
    yield "sequenceDiagram"
    for lane, name in names.items():
        yield f"  participant {name} as {_told(capital(clean(lane)))}"
    for index, moment in enumerate(trace.moments):
        if index == trace.probe_from:
            yield f"  rect {_PROBE_COLOUR}"
            yield f"  Note over {everybody}: {_told(PROBE)}"
        if index == trace.loop_from:
            yield f"  loop {_told(again(trace))}"
        over = ",".join(names[lane] for lane in parties(moment)) or everybody
        yield _message(index, moment, names, over, late=index in late)
        if moment.notes:
            yield f"  Note over {over}: {_BREAK.join(_told(note) for note in moment.notes)}"
    for start in (trace.probe_from, trace.loop_from):
        if start is not None and start < len(trace.moments):
            yield "  end"
    if trace.violation is not None:
        seen = trace.violation.detail or trace.violation.sentence
        yield f"  Note over {everybody}: {_told(violation_head(trace.violation))}{_BREAK}{_told(seen)}"


def _message(index: int, moment: Moment, names: dict[str, str], over: str, *, late: bool) -> str:
    told = _told(f"{step_name(index)}. {moment.sentence}{' (late)' if late else ''}")
    if moment.actor in names and moment.target in names and moment.actor != moment.target:
        arrow = "--)" if is_answer(moment) else "->>"
        return f"  {names[moment.actor]}{arrow}{names[moment.target]}: {told}"
    return f"  Note over {over}: {told}"


def _told(text: str) -> str:
    return _BREAK.join(_escaped(line) for line in wrap(clean(text), _LINE))


def _escaped(text: str) -> str:
    text = _UNSAFE.sub(lambda found: f"#{ord(found[0])};", clean(text))
    return _END.sub(lambda found: f"#{ord(found[0][0])};{found[0][1:]}", text)
