"""The rows of a drawn sequence: how high each step is, and its shapes, as if it stood at the top.

Rule: a block knows its lanes and its moment and nothing of its neighbours. Who stacks the blocks moves each to its
place, and draws what goes from one block to another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardtack.explore.telling.jars import Change, disagree, signed_in
from hardtack.explore.telling.lanes import parties
from hardtack.explore.telling.svg import arrow, box, label, line, tag
from hardtack.explore.telling.texts import clean, ems, wrap
from hardtack.explore.telling.words import step_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardtack.explore.telling.jars import Place, Row
    from hardtack.explore.trace import Moment

__all__ = ["LEFT", "RIGHT", "Block", "Stage", "sign_in_class", "step_block", "text_block", "wrapped"]

LEFT: Final = 56.0
"""Pixels for the numbers, and for the arrow back of a circle."""
RIGHT: Final = 176.0
"""Pixels for the small jar."""
_APART: Final = 200.0  # pixels between two lanes: three words of a sentence beside each other
_TEXT: Final = 13.0  # pixels: the size of a sentence; each size is also in sequence.css
_LEADING: Final = 18.0
_NOTE: Final = 12.0
_NOTE_LEADING: Final = 16.0
_LEAST_ROOM: Final = 236.0  # pixels for a sentence between neighbours; it may pass over their lines
_NOTE_WIDTH: Final = 292.0
_PAD: Final = 12.0
_FIRST_LINE: Final = 22.0
_SMALL_JAR: Final = 132.0
_BROADEST_PITCH: Final = 12.0
SIGN_INS: Final = 6
"""Colours that there are for sign-ins; the seventh begins again."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What all blocks of a drawing share.

    Attributes:
        lanes: who takes part, from left to right.
        places: the compartments of the jar, one row each in the small jar.
        labels: the cookies, one column each.
    """

    lanes: tuple[str, ...]
    places: tuple[Place, ...]
    labels: tuple[str, ...]

    @property
    def width(self) -> float:
        """Of the whole drawing, in pixels."""
        return LEFT + max(len(self.lanes), 2) * _APART + RIGHT

    @property
    def stage_right(self) -> float:
        """Where the small jar begins."""
        return self.width - RIGHT

    def at(self, lane: str) -> float:
        """Where a lane's line is."""
        return LEFT + (self.lanes.index(lane) + 0.5) * _APART


@dataclass(frozen=True, slots=True)
class Block:
    """A row of the drawing, its top at 0.

    Attributes:
        shapes: markup.
        height: in pixels.
        tip: where an answer that was on its way arrives.
    """

    shapes: str
    height: float
    tip: float = 0.0


def wrapped(text: str, room: float, size: float = _TEXT) -> tuple[str, ...]:
    """Lines of a cleaned text that fit into so many pixels."""
    return wrap(clean(text), room / size, ems)


def text_block(text: str, stage: Stage, *, class_: str) -> Block:
    """A sentence over the whole width."""
    lines = wrapped(text, stage.width - LEFT - 24)
    return Block(label(lines, LEFT, _FIRST_LINE, _LEADING, class_=class_), _FIRST_LINE + len(lines) * _LEADING - 4)


def step_block(index: int, moment: Moment, rows: Sequence[Row], stage: Stage, *, late: bool) -> Block:
    """A step: its number, what happened between whom, what followed, and the jar."""
    who = parties(moment)
    left, right = _span(who, stage)
    lines = wrapped(moment.sentence, max(right - left - 24, _LEAST_ROOM))
    middle = _within((left + right) / 2, max(_width(lines, _TEXT), 40) / 2, stage)
    if len(who) > 1:
        shapes, bottom = _message(lines, middle, stage.at(who[0]), stage.at(who[1]), late=late)
    elif who:
        shapes, bottom = _alone(lines, middle)
    else:
        shapes, bottom = _passage(lines, middle, stage)
    if moment.notes:
        noted, bottom = _notes(moment.notes, (left + right) / 2, bottom + 8, stage)
        shapes += noted
    number = tag("circle", class_="seq-number-disc", cx=30, cy=_FIRST_LINE - 5, r=13)
    number += label([step_name(index)], 30, _FIRST_LINE - 0.5, 0, class_="seq-number")
    jar, jar_bottom = _jar(rows, moment, stage)
    return Block(number + shapes + jar, max(bottom, jar_bottom) + 16, tip=10)


def _span(who: Sequence[str], stage: Stage) -> tuple[float, float]:
    where = sorted(stage.at(name) for name in who) or [LEFT, stage.stage_right]
    return where[0], where[-1]


def _width(lines: Sequence[str], size: float) -> float:
    return max(ems(text) for text in lines) * size


def _within(middle: float, half: float, stage: Stage) -> float:
    """The middle, moved so that nothing hangs over an edge."""
    return max(min(middle, stage.stage_right - half), LEFT + half)


def _message(lines: Sequence[str], middle: float, start: float, end: float, *, late: bool) -> tuple[str, float]:
    if late:  # its arrow comes slanting from above and is drawn by who knows where it began
        return label(lines, middle, 34, _LEADING, class_="seq-text"), 34 + (len(lines) - 1) * _LEADING + 6
    under = _FIRST_LINE + (len(lines) - 1) * _LEADING + 11
    shapes = arrow(start, under, end, under, class_="seq-arrow") + label(
        lines, middle, _FIRST_LINE, _LEADING, class_="seq-text"
    )
    return shapes, under + 6


def _alone(lines: Sequence[str], middle: float) -> tuple[str, float]:
    width, height = _width(lines, _TEXT) + 2 * _PAD, len(lines) * _LEADING + 12
    shapes = box(middle - width / 2, 2, width, height, class_="seq-act")
    return shapes + label(lines, middle, _FIRST_LINE, _LEADING, class_="seq-text-in"), height + 4


def _passage(lines: Sequence[str], middle: float, stage: Stage) -> tuple[str, float]:
    half = _width(lines, _TEXT) / 2 + 10
    level = _FIRST_LINE - 5 + (len(lines) - 1) * _LEADING / 2
    shapes = line(LEFT, level, middle - half, level, class_="seq-time")
    shapes += line(middle + half, level, stage.stage_right - 12, level, class_="seq-time")
    return shapes + label(lines, middle, _FIRST_LINE, _LEADING, class_="seq-text seq-passage"), (
        _FIRST_LINE + (len(lines) - 1) * _LEADING + 8
    )


def _notes(notes: Sequence[str], middle: float, top: float, stage: Stage) -> tuple[str, float]:
    told = [wrapped(note, _NOTE_WIDTH - 2 * _PAD, _NOTE) for note in notes]
    width = max(_width(lines, _NOTE) for lines in told) + 2 * _PAD
    height = sum(len(lines) for lines in told) * _NOTE_LEADING + (len(told) - 1) * 4 + 12
    left = _within(middle, width / 2, stage) - width / 2
    shapes = box(left, top, width, height, class_="seq-notes", radius=6)
    y = top + 18
    for lines in told:
        shapes += label(lines, left + _PAD, y, _NOTE_LEADING, class_="seq-note")
        y += len(lines) * _NOTE_LEADING + 4
    return shapes, top + height


def _jar(rows: Sequence[Row], moment: Moment, stage: Stage) -> tuple[str, float]:
    """A row for each place, a column for each label: so twins stand one above the other."""
    pitch = min(_BROADEST_PITCH, _SMALL_JAR / max(len(stage.labels), 1))
    shapes, left = "", stage.stage_right + 20
    for row in rows:
        x = left + stage.labels.index(row.entry.label) * pitch
        y = 8 + stage.places.index(row.place) * (_BROADEST_PITCH + 1)
        classes = ["seq-cookie", sign_in_class(row.entry.session), *(("seq-twin",) if row.twin else ())]
        classes += {Change.ADDED: ["seq-added"], Change.REMOVED: ["seq-removed"]}.get(row.change, [])
        shapes += box(x, y, pitch - 3, _BROADEST_PITCH - 3, class_=" ".join(classes), radius=2)
    bottom = 8 + len(stage.places) * (_BROADEST_PITCH + 1)
    if disagree(moment):
        told = [f"script: {signed_in(moment.client)}", f"server: {signed_in(moment.server)}"]
        shapes += label(
            (wrapped(one, RIGHT - 28, _NOTE)[0] for one in told), left, bottom + 12, 15, class_="seq-disagree"
        )
        bottom += 30
    return shapes, bottom


def sign_in_class(session: int) -> str:
    """The class for the colour of a sign-in; `sign-in-0` where a cookie belongs to none."""
    return f"sign-in-{(session - 1) % SIGN_INS + 1 if session > 0 else 0}"
