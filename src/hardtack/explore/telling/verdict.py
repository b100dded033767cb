"""What an exploration came to, in a few lines.

Rule: a verdict says what it stands on. The figures, the bounds and the assumptions are part of it, and a search that
was stopped says of nothing that it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TextIO

from hardtack.explore.telling.paper import WIDTH, plain, print_lines, told
from hardtack.explore.telling.texts import clean, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.explore.telling.paper import Line

__all__ = ["Outcome", "PropertyOutcome", "Summary", "memory", "print_verdict", "tell_verdict", "verdict_lines"]

_UNITS: Final = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))  # decimal, as disks and the bounds are counted
_INDENT: Final = 14  # columns: an id and what became of it


class Outcome(StrEnum):
    """What became of a property."""

    HOLDS = "holds"
    VIOLATED = "violated"
    LIMIT = "limit"
    """It does not hold, and the guarantees say so: a stated limit."""


_STYLES: Final = {Outcome.HOLDS: "bold green", Outcome.VIOLATED: "bold red", Outcome.LIMIT: "bold yellow"}


@dataclass(frozen=True, slots=True)
class PropertyOutcome:
    """One property's outcome.

    Attributes:
        id: `P1` to `P7`.
        sentence: the property, as one sentence.
        outcome: whether it holds.
        steps: the length of the shortest history against it; None where there is none.
        written: the files in which that history was written down.
    """

    id: str
    sentence: str
    outcome: Outcome
    steps: int | None = None
    written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """What an exploration came to.

    Attributes:
        title: the configuration in a line.
        states: how many different ones were reached.
        transitions: how many steps were taken between them.
        depth: the length of the longest shortest way to a state.
        seconds: how long it took.
        peak_bytes: the most memory that was used.
        bounds: what limits the world, a sentence each.
        assumptions: what is taken for granted, a sentence each.
        properties: what became of each.
        stopped: why the search ended early, one sentence; empty if it reached its end.
    """

    title: str
    states: int
    transitions: int
    depth: int
    seconds: float
    peak_bytes: int
    bounds: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    properties: tuple[PropertyOutcome, ...] = ()
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """Whether every state within the bounds was seen."""
        return not self.stopped

    @property
    def states_per_second(self) -> float:
        """Over the whole search."""
        return self.states / self.seconds if self.seconds > 0 else 0.0

    def ids(self, outcome: Outcome) -> str:
        """The properties of one outcome, as `P1, P3`."""
        return ", ".join(clean(one.id) for one in self.properties if one.outcome is outcome)


def tell_verdict(summary: Summary, *, width: int = WIDTH) -> str:
    """The verdict without colours."""
    return plain(verdict_lines(summary, width=width))


def print_verdict(summary: Summary, file: TextIO | None = None) -> None:
    """Print the verdict: in colour where the file is a terminal and Rich is installed, else plainly.

    Args:
        summary: what an exploration came to.
        file: where to; standard output if none is given.
    """
    print_lines(lambda width: verdict_lines(summary, width=width), file)


def verdict_lines(summary: Summary, *, width: int = WIDTH) -> tuple[Line, ...]:
    """The verdict, line by line, each in spans of one style."""
    return tuple(_lines(summary, width))


def memory(size: float) -> str:
    """`1.2 GB`, `87 MB`: decimal units, two digits where the first says little."""
    for unit, each in _UNITS:
        if size >= each:
            return f"{size / each:.1f} {unit}" if size < 10 * each else f"{size / each:,.0f} {unit}"
    return f"{size:.0f} B"


def _lines(summary: Summary, width: int) -> Iterator[Line]:
    head, style = _head(summary)
    figures = _figures(summary)
    yield ((head, style), (f" · {figures}." if summary.ids(Outcome.VIOLATED) else f": {figures}.", ""))
    yield from told(f"Explored: {summary.title}", width, "dim")
    if summary.stopped:
        yield from told(f"Stopped early: {summary.stopped} What lies beyond is not known.", width, "bold yellow")
    for one in summary.properties:
        yield from _property(one, width, known=summary.complete)
    for name, sentences in (("Bounds", summary.bounds), ("Assumptions", summary.assumptions)):
        if sentences:
            yield ((f"{name}:", "bold"),)
        for sentence in sentences:
            yield from told(f"· {sentence}", width, "dim", indent=2)


def _head(summary: Summary) -> tuple[str, str]:
    violated, limits = summary.ids(Outcome.VIOLATED), summary.ids(Outcome.LIMIT)
    if violated:
        return f"Violated: {violated}", _STYLES[Outcome.VIOLATED]
    beyond = f" beyond the stated limits of {limits}" if limits else ""
    if not summary.complete:
        return f"No stuck state so far{beyond}", _STYLES[Outcome.LIMIT]
    return f"No stuck state{beyond}", _STYLES[Outcome.HOLDS]


def _figures(summary: Summary) -> str:
    found = f"{counted(summary.states, 'state')}, {counted(summary.transitions, 'transition')}, depth {summary.depth:,}"
    return (
        f"{found}, {summary.seconds:,.1f} s ({summary.states_per_second:,.0f} states/s, {memory(summary.peak_bytes)})"
    )


def _property(one: PropertyOutcome, width: int, *, known: bool) -> Iterator[Line]:
    word, style = one.outcome.value, _STYLES[one.outcome]
    if one.outcome is Outcome.HOLDS and not known:
        word, style = "open", ""
    name = f"{clean(one.id)} {word}"
    first, *others = told(one.sentence, width, indent=_INDENT)
    yield ((f"  {name:<{_INDENT - 2}}", style), *first[1:])
    yield from others
    if one.steps is not None:
        yield from told(f"shortest history: {counted(one.steps, 'step')}", width, "dim", indent=_INDENT)
    for path in one.written:
        yield ((" " * _INDENT, ""), ("→ ", "dim"), (clean(path), "underline"))
