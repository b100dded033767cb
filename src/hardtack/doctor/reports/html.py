"""The report as one page that needs nothing from anywhere: styles inline, no script, a policy that forbids the rest.

Rule: Jinja escapes every value; nothing is ever marked as safe but our own style sheet. The page's Content-Security-
Policy allows that one style sheet by its hash and nothing else, so that a report made of hostile evidence can't load,
run or send anything even if an escape were missed.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hardtack.doctor.diagnosis import CheckResult
from hardtack.doctor.reports.phrases import clock, place_text, rules_with, summary
from hardtack.doctor.timeline import Timeline, timeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2 import Template

    from hardtack.doctor.diagnosis import Diagnosis
    from hardtack.doctor.texts import Words
    from hardtack.doctor.timeline import Moment

__all__ = ["content_security_policy", "render"]

_FOLDER = Path(__file__).parent / "page"


@cache
def _style() -> str:
    return (_FOLDER / "report.css").read_text(encoding="utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


def content_security_policy() -> str:
    """What the page may do: show itself with its own style sheet. It may load, run, send and be framed by nothing."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def render(diagnosis: Diagnosis, words: Words) -> str:
    """One HTML document."""
    timelines = [(facts.target, timeline(facts)) for facts in diagnosis.facts]
    return _template().render(
        diagnosis=diagnosis,
        words=words,
        policy=content_security_policy(),
        style=_style(),
        summary=summary(diagnosis, words),
        began=_began(diagnosis, words),
        fine=rules_with(diagnosis, CheckResult.FINE),
        not_checked=rules_with(diagnosis, CheckResult.NOT_CHECKED),
        timelines=[(target, found) for target, found in timelines if found.first],
        lanes_of=_lanes,
        clock=clock,
        place_text=partial(place_text, words=words, of=diagnosis),
        version=version("hardtack"),
    )


def _began(diagnosis: Diagnosis, words: Words) -> str:
    root = diagnosis.root
    return place_text(root.hit.evidence[0].place, words, of=diagnosis) if root is not None and root.hit.evidence else ""


def _lanes(found: Timeline) -> tuple[str, ...]:
    """Every scope that ever held a cookie: the columns of the jar."""
    rows: Iterable[Moment] = (*found.first, *found.last)
    return tuple(dict.fromkeys(lane.place for row in rows for lane in row.lanes or ()))
