"""A history as a numbered story for the terminal.

Rule: what the history shows stands at the top, for whoever reads one screen, and at the end, for whoever scrolled
there. The jar is written down where it changed and nowhere else; of twins it says who reads which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TextIO

from hardtack.explore.telling.jars import Change, changed, disagree, jar_steps, signed_in
from hardtack.explore.telling.paper import WIDTH, plain, print_lines, told
from hardtack.explore.telling.texts import cells, clean, wrap
from hardtack.explore.telling.words import PROBE, again, from_to, length_of, step_name, violation_head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hardtack.explore.telling.jars import Row
    from hardtack.explore.telling.paper import Line, Span
    from hardtack.explore.trace import Moment, Trace

__all__ = ["print_story", "story_lines", "tell_story"]

_INDENT: Final = 6  # columns: the number of a step, and the space behind it
_LEAST_WIDTH: Final = 40  # columns: a narrower terminal breaks the lines by itself
_BROADEST_LABEL: Final = 36  # columns: a longer label pushes its own row aside, not the whole table
_BROADEST_SCOPE: Final = 28
_BULLET: Final = "  · "
_MARKS: Final = {Change.KEPT: "", Change.ADDED: "bold green", Change.REMOVED: "bold red", Change.CHANGED: "bold yellow"}
_SIGN_INS: Final = ("cyan", "magenta", "yellow", "blue", "green")
_TWIN: Final = "bold yellow"
_GONE: Final = "strike dim"
_READERS: Final = {(True, True): "both", (True, False): "script", (False, True): "server", (False, False): "nobody"}
_READER: Final = 8  # columns: the longest reader, a colon and a space


def tell_story(trace: Trace, *, width: int = WIDTH) -> str:
    """The story without colours.

    Args:
        trace: what happened.
        width: columns that a sentence may take; a row of the jar may take more.
    """
    return plain(story_lines(trace, width=width))


def print_story(trace: Trace, file: TextIO | None = None) -> None:
    """Print the story: in colour where the file is a terminal and Rich is installed, else plainly.

    Args:
        trace: what happened.
        file: where to; standard output if none is given.
    """
    print_lines(lambda width: story_lines(trace, width=width), file)


def story_lines(trace: Trace, *, width: int = WIDTH) -> tuple[Line, ...]:
    """The story, line by line, each in spans of one style."""
    return tuple(_lines(trace, max(width, _LEAST_WIDTH)))


def _lines(trace: Trace, width: int) -> Iterator[Line]:
    yield from _head(trace, width)
    columns = _columns(trace)
    seen = None
    for index, (moment, rows) in enumerate(zip(trace.moments, jar_steps(trace), strict=True)):
        if index == trace.probe_from:
            yield ()
            yield ((PROBE, "bold green"),)
        if index == trace.loop_from:
            yield ()
            yield (("The circle begins here.", "bold magenta"),)
        yield ()
        yield from _step(index, moment, width)
        if changed(rows) or (index == 0 and rows):
            yield from _jar(rows, columns)
        if (moment.client, moment.server) != seen and (moment.client or moment.server or seen):
            yield _seen(moment)
        seen = (moment.client, moment.server)
    if trace.loop_from is not None:
        yield ()
        yield ((again(trace) + ".", "bold magenta"),)
    yield from _end(trace, width)


def _head(trace: Trace, width: int) -> Iterator[Line]:
    if trace.violation is None:
        yield from told(trace.title, width, "bold")
    else:
        yield ((violation_head(trace.violation), "bold red"),)
        yield from told(trace.violation.sentence, width, "bold")
        yield from told(f"What it means for a person: {trace.violation.meaning}", width)
        if trace.violation.detail:
            yield from told(f"Seen here: {trace.violation.detail}", width)
        yield from told(f"Explored: {trace.title}", width, "dim")
    yield from told(f"{length_of(trace)}.", width, "dim")


def _end(trace: Trace, width: int) -> Iterator[Line]:
    yield ()
    if trace.violation is None:
        yield (("Nothing is violated here.", "bold green"),)
        return
    yield from told(f"{violation_head(trace.violation)}: {trace.violation.sentence}", width, "bold red")
    if trace.violation.detail:
        yield from told(f"Seen here: {trace.violation.detail}", width)


def _step(index: int, moment: Moment, width: int) -> Iterator[Line]:
    number = f"{step_name(index):>{_INDENT - 2}}  "
    who = from_to(moment)
    sentence = wrap(clean(moment.sentence), width - _INDENT)
    for position, line in enumerate(sentence, 1):
        margin = number if position == 1 else " " * _INDENT
        yield (
            (margin, "bold cyan"),
            (line, "bold"),
            (f"  [{who}]" if who and position == len(sentence) else "", "dim"),
        )
    for note in moment.notes:
        for position, line in enumerate(wrap(clean(note), width - _INDENT - len(_BULLET))):
            yield ((" " * _INDENT, ""), (" " * len(_BULLET) if position else _BULLET, "dim"), (line, ""))


def _seen(moment: Moment) -> Line:
    both = f"script sees {signed_in(moment.client)}, the server sees {signed_in(moment.server)}"
    spans: list[Span] = [(" " * _INDENT, ""), ("who is signed in: ", "dim"), (both, "")]
    if disagree(moment):
        spans.append((" (they disagree)" if moment.settled else " (they disagree; nothing is settled yet)", "bold red"))
    return tuple(spans)


def _columns(trace: Trace) -> tuple[int, int]:
    """How wide labels and scopes are, over the whole story, so that the eye stays in its column."""
    entries = [entry for moment in trace.moments for entry in moment.jar]
    labels = min(max((cells(clean(entry.label)) for entry in entries), default=0), _BROADEST_LABEL)
    scopes = min(max((cells(clean(entry.scope)) for entry in entries), default=0), _BROADEST_SCOPE)
    return labels, scopes


def _jar(rows: Sequence[Row], columns: tuple[int, int]) -> Iterator[Line]:
    left = sum(row.change is not Change.REMOVED for row in rows)
    margin = " " * _INDENT
    twins = any(row.twin for row in rows)
    joined = ", twins joined, with who reads which" if twins else ""
    yield ((margin, ""), (f"the jar, {left} in it{joined}:" if left else "the jar, empty now:", "dim"))
    for row, bracket in zip(rows, _brackets(rows), strict=True):
        gone = row.change is Change.REMOVED
        reader = f"{_READERS[row.script, row.server]}: " if row.twin else ""
        yield (
            (margin, ""),
            (f"{row.change} ", _MARKS[row.change]),
            (f"{bracket} ", _TWIN),
            (f"{_padded(row.entry.label, columns[0])}  ", _GONE if gone else ""),
            (f"{_padded(row.entry.scope, columns[1])}  ", "dim"),
            (f"{reader:{_READER if twins else 0}}", _TWIN),
            (clean(row.entry.meaning), _GONE if gone else _style_of(row.entry.session)),
            (" (HttpOnly)" if row.entry.http_only else "", "dim"),
        )


def _brackets(rows: Sequence[Row]) -> Iterable[str]:
    """A bracket around each group of twins."""
    for index, row in enumerate(rows):
        above = index > 0 and _joined(rows[index - 1], row)
        below = index + 1 < len(rows) and _joined(row, rows[index + 1])
        yield {(False, False): " ", (False, True): "┌", (True, True): "│", (True, False): "└"}[above, below]


def _joined(one: Row, other: Row) -> bool:
    return one.twin and other.twin and one.entry.name == other.entry.name


def _padded(text: str, width: int) -> str:
    text = clean(text)
    return text + " " * (width - cells(text))


def _style_of(session: int) -> str:
    return _SIGN_INS[(session - 1) % len(_SIGN_INS)] if session > 0 else ""
