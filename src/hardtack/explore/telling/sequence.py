"""A history drawn as a sequence diagram, in SVG, without any library.

Rule: the drawing is one text that needs nothing from anywhere, neither fonts nor scripts, and is right in light and
dark. Alone it carries its own style sheet; inside a page the page's does, so that the page's policy can name it.
"""

from __future__ import annotations

from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hardtack.explore.telling.blocks import LEFT, Block, Stage, step_block, text_block, wrapped
from hardtack.explore.telling.jars import jar_steps
from hardtack.explore.telling.lanes import lanes_of, late_answers
from hardtack.explore.telling.svg import arrow, box, group, label, line, tag
from hardtack.explore.telling.texts import capital, clean, counted
from hardtack.explore.telling.words import PROBE, again, step_name, violation_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hardtack.explore.trace import Trace, Violation

__all__ = ["sequence_style", "sequence_svg"]

_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_TOP: Final = 16.0
_HEAD: Final = 40.0  # pixels: a lane's head
_EDGE: Final = 8.0


@cache
def sequence_style() -> str:
    """The style sheet of the drawing, for a page that has it inside."""
    return (Path(__file__).parent / "templates" / "sequence.css").read_text(encoding="utf-8")


def sequence_svg(trace: Trace, *, inside_page: bool = False) -> str:
    """The drawing as an `svg` element.

    Args:
        trace: what happened.
        inside_page: for a page that has `sequence_style()` in its own style sheet and says title and verdict itself;
            there each step is a link to `#step-…`.
    """
    return _Drawing(trace, inside_page=inside_page).markup()


class _Drawing:
    """One drawing: the blocks, where each stands, and what goes across them."""

    def __init__(self, trace: Trace, *, inside_page: bool) -> None:
        self.trace = trace
        self.inside_page = inside_page
        self.jars = jar_steps(trace)
        self.late = late_answers(trace.moments)
        rows = [row for rows in self.jars for row in rows]
        self.stage = Stage(
            lanes_of(trace),
            tuple(dict.fromkeys(row.place for row in rows)),
            tuple(dict.fromkeys(row.entry.label for row in rows)),
        )
        self.title = () if inside_page else wrapped(trace.title, self.stage.width - 4 * _EDGE, 17)
        self.heads = _TOP + (len(self.title) * 24 + 12 if self.title else 0)
        self.blocks = tuple(self._blocks())
        heights = [block.height for _, block in self.blocks]
        self.tops = tuple(accumulate(heights, initial=self.heads + _HEAD + 14))[: len(heights)]
        self.height = self.heads + _HEAD + 14 + sum(heights) + _EDGE

    def _blocks(self) -> Iterator[tuple[str, Block]]:
        """Every block from top to bottom, with its name: a step's number, or what else it is."""
        for index, (moment, rows) in enumerate(zip(self.trace.moments, self.jars, strict=True)):
            if index == self.trace.probe_from:
                yield "probe", text_block(PROBE, self.stage, class_="seq-probe-head")
            yield step_name(index), step_block(index, moment, rows, self.stage, late=index in self.late)
        if self.trace.loop_from is not None:
            yield "again", text_block(f"{again(self.trace)}.", self.stage, class_="seq-loop-head")
        if self.stage.places:
            yield "legend", _legend(self.stage)
        if self.trace.violation is not None:
            yield "violation", _violation(self.trace.violation, self.stage)

    def top(self, name: str) -> float:
        """Where a block begins."""
        return next(top for top, (each, _) in zip(self.tops, self.blocks, strict=True) if each == name)

    def bottom(self, name: str) -> float:
        """Where a block ends."""
        return self.top(name) + next(block.height for each, block in self.blocks if each == name)

    def markup(self) -> str:
        """The whole element."""
        steps = counted(max(len(self.trace.moments) - 1, 0), "step")
        name = f"Sequence diagram of {steps}: {clean(self.trace.title)}"
        size = f"0 0 {self.stage.width:g} {self.height:.0f}"
        parts = [] if self.inside_page else [tag("style", sequence_style())]
        parts += [
            box(0.5, 0.5, self.stage.width - 1, self.height - 1, class_="seq-paper", radius=14),
            label(self.title, 2 * _EDGE + 4, _TOP + 20, 24, class_="seq-title"),
            *self._regions(),
            *self._lanes(),
            *self._slants(),
            *self._steps(),
        ]
        attributes: dict[str, str | float] = {"class_": "seq", "viewBox": size, "aria_label": name}
        attributes |= {"width": self.stage.width, "height": round(self.height)}
        attributes |= {"role": "group"} if self.inside_page else {"role": "img", "xmlns": _NAMESPACE}
        return tag("svg", "\n".join(parts), **attributes) + "\n"

    def _regions(self) -> Iterator[str]:
        """The probe and the circle, behind everything else."""
        if not self.trace.moments:
            return
        end = self.bottom(step_name(len(self.trace.moments) - 1))
        if self.trace.loop_from is not None:
            end = self.bottom("again")
        if self.trace.probe_from is not None and self.trace.probe_from < len(self.trace.moments):
            top = self.top("probe")
            yield box(_EDGE, top, self.stage.width - 2 * _EDGE, end - top, class_="seq-probe", radius=10)
        if self.trace.loop_from is not None and self.trace.loop_from < len(self.trace.moments):
            top = self.top(step_name(self.trace.loop_from)) - 4
            yield box(LEFT - 8, top, self.stage.width - LEFT - _EDGE, end - top - 6, class_="seq-loop", radius=10)
            yield self._way_back(top + 21, self.top("again") + 17)

    def _way_back(self, top: float, bottom: float) -> str:
        """From the end of a circle to the step with which it begins."""
        path = f"M{LEFT - 8:g} {bottom:.1f}H20Q12 {bottom:.1f} 12 {bottom - 8:.1f}V{top + 14:.1f}"
        return tag("path", class_="seq-back", d=path) + arrow(12, top + 14, 12.01, top - 4, class_="seq-back")

    def _lanes(self) -> Iterator[str]:
        end = self.bottom(step_name(len(self.trace.moments) - 1)) if self.trace.moments else self.heads + _HEAD
        for name in self.stage.lanes:
            x = self.stage.at(name)
            yield line(x, self.heads + _HEAD, x, end, class_="seq-lane")
            yield box(x - 70, self.heads, 140, _HEAD - 4, class_="seq-head", radius=10)
            told = wrapped(capital(clean(name)), 128)
            yield label(told[:1], x, self.heads + 23, 0, class_="seq-head-text")
        if self.stage.places:
            yield label(["The jar"], self.stage.stage_right + 20, self.heads + 23, 0, class_="seq-jar-head")

    def _slants(self) -> Iterator[str]:
        """Late answers: from where the request's step ended down to where the answer arrives."""
        for index, request in self.late.items():
            moment = self.trace.moments[index]
            block = next(block for each, block in self.blocks if each == step_name(index))
            start, end = self.stage.at(moment.actor), self.stage.at(moment.target)
            tip = self.top(step_name(index)) + block.tip
            yield arrow(start, self.bottom(step_name(request)) - 8, end, tip, class_="seq-late")

    def _steps(self) -> Iterator[str]:
        probe = self.trace.probe_from
        for top, (name, block) in zip(self.tops, self.blocks, strict=True):
            shapes = block.shapes
            step = name.isdigit()
            if step and self.inside_page:
                reach = box(LEFT - 4, 0, self.stage.width - LEFT - 8, block.height - 8, class_="seq-reach")
                shapes = tag("a", reach, shapes, href=f"#step-{name}", aria_label=f"Step {name}")
            probed = step and probe is not None and int(name) >= probe
            classes = f"seq-step{' seq-probed' if probed else ''}" if step else "seq-words"
            yield group([shapes], class_=classes, transform=f"translate(0 {top:.1f})", data_step=name if step else "")


def _legend(stage: Stage) -> Block:
    lines: Sequence[str] = [f"{clean(place.scope)} · {place.whose}" for place in stage.places]
    head = "The jar: a column for each name, a row for each scope, a colour for each sign-in. Twins are framed."
    told = [part for one in (head, *lines) for part in wrapped(one, stage.width - LEFT - 24, 12)]
    return Block(label(told, LEFT, 26, 16, class_="seq-note"), 26 + len(told) * 16)


def _violation(violation: Violation, stage: Stage) -> Block:
    room = stage.width - LEFT - 40
    texts = [violation.sentence, f"What it means for a person: {violation.meaning}"]
    texts += [f"Seen here: {violation.detail}"] if violation.detail else []
    told = [part for text in texts for part in wrapped(text, room)]
    height = 40 + len(told) * 19 + 8
    shapes = box(2 * _EDGE, 4, stage.width - 4 * _EDGE, height, class_="seq-violation", radius=10)
    shapes += label([violation_head(violation)], LEFT - 20, 30, 0, class_="seq-violation-head")
    return Block(shapes + label(told, LEFT - 20, 52, 19, class_="seq-violation-text"), height + 16)
