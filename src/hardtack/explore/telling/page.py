"""A history as one HTML page: what is wrong, the jar step by step, the whole sequence.

Rule: the page needs nothing from anywhere. Every value is cleaned and escaped by Jinja; marked as safe are only our own
style sheets, our own script and the drawing, which escapes for itself. The page's Content-Security-Policy names style
and script by their hashes and forbids the rest, so that a hostile name can't load, run or send anything even if an
escape were missed. Without script, and on paper, every step is shown, one below the other.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hardtack.explore.telling.blocks import SIGN_INS, sign_in_class
from hardtack.explore.telling.jars import Change, changed, disagree, jar_steps, signed_in
from hardtack.explore.telling.sequence import sequence_style, sequence_svg
from hardtack.explore.telling.texts import capital, clean, counted
from hardtack.explore.telling.words import PROBE, again, from_to, length_of, violation_head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from hardtack.explore.telling.jars import Place, Row
    from hardtack.explore.trace import Moment, Trace

__all__ = ["content_security_policy", "render_page"]

_TEMPLATES: Final = Path(__file__).parent / "templates"
_MOST_COLUMNS: Final = 4  # scopes beside each other; more of them stand wherever there is room
_CHANGES: Final = {
    Change.KEPT: "kept",
    Change.ADDED: "added",
    Change.REMOVED: "removed",
    Change.CHANGED: "changed",
}


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The cookies of one label, a compartment for each place."""

    label: str
    compartments: tuple[tuple[Row, ...], ...]

    @property
    def twins(self) -> bool:
        """Whether two of them are twins."""
        return any(row.twin for rows in self.compartments for row in rows)


@dataclass(frozen=True, slots=True)
class _Step:
    """A step as the template shows it."""

    index: int
    moment: Moment
    who: str
    shelves: tuple[_Shelf, ...]
    changed: bool
    disagree: bool
    probe: bool
    in_circle: bool

    @property
    def left(self) -> int:
        """How many cookies are in the jar."""
        return len(self.moment.jar)


def render_page(trace: Trace) -> str:
    """One HTML document.

    Args:
        trace: what happened.
    """
    jars = jar_steps(trace)
    rows = [row for step in jars for row in step]
    places = tuple(dict.fromkeys(row.place for row in rows))
    labels = tuple(dict.fromkeys(row.entry.label for row in rows))
    keys = {key: f"c{number}" for number, key in enumerate(dict.fromkeys(_key(row) for row in rows))}

    def key_of(row: Row) -> str:
        return keys[_key(row)]

    def change_of(row: Row) -> str:
        return _CHANGES[row.change]

    return _template().render(
        trace=trace,
        head=violation_head(trace.violation) if trace.violation else "Nothing is violated here",
        length=length_of(trace),
        last=max(len(trace.moments) - 1, 0),
        steps=tuple(_step(trace, index, rows, places, labels) for index, rows in enumerate(jars)),
        places=places,
        columns=f"columns-{len(places)}" if len(places) <= _MOST_COLUMNS else "columns-many",
        sign_ins=sorted({(row.entry.session - 1) % SIGN_INS + 1 for row in rows if row.entry.session > 0}),
        circle=again(trace) if trace.loop_from is not None else "",
        probe=PROBE,
        drawing=sequence_svg(trace, inside_page=True) if trace.moments else "",
        key_of=key_of,
        change_of=change_of,
        sign_in_class=sign_in_class,
        signed_in=signed_in,
        capital=capital,
        counted=counted,
        policy=content_security_policy(),
        style=_style(),
        script=_script(),
        version=version("hardtack"),
    )


def content_security_policy() -> str:
    """What the page may do: wear its own style, run its own script. It may load, send and be framed by nothing."""
    return (
        f"default-src 'none'; style-src '{_digest(_style())}'; script-src '{_digest(_script())}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _step(trace: Trace, index: int, rows: Sequence[Row], places: Sequence[Place], labels: Sequence[str]) -> _Step:
    moment = trace.moments[index]
    shelves = tuple(
        _Shelf(label, tuple(tuple(row for row in rows if (row.entry.label, row.place) == (label, at)) for at in places))
        for label in labels
        if any(row.entry.label == label for row in rows)
    )
    return _Step(
        index,
        moment,
        from_to(moment),
        shelves,
        changed=changed(rows),
        disagree=disagree(moment),
        probe=trace.probe_from is not None and index >= trace.probe_from,
        in_circle=trace.loop_from is not None and index >= trace.loop_from,
    )


def _key(row: Row) -> tuple[str, Place]:
    return row.entry.name, row.place


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _style() -> str:
    """The look of all of Hardtack's pages, then that of this one."""
    pages = files("hardtack") / "web" / "pages" / "static" / "pages.css"
    return pages.read_text(encoding="utf-8") + sequence_style() + _text("page.css")


@cache
def _script() -> str:
    return _text("page.js")


def _text(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _shown(value: object) -> object:
    """What the template says: text is cleaned, whatever its way; markup of our own stays as it is."""
    return clean(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


@cache
def _template() -> Template:
    marks = Path(str(files("hardtack"))) / "web" / "pages" / "templates"
    environment = Environment(
        loader=FileSystemLoader([_TEMPLATES, marks]),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")
