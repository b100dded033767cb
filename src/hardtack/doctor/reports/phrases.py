"""What every report says in the same words: the verdict's sentence, places, times.

Rule: the verdict comes first, in one sentence that names the root cause.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hardtack.doctor.texts import plain

if TYPE_CHECKING:
    from hardtack.doctor.diagnosis import CheckResult, Diagnosis
    from hardtack.doctor.evidence import Place
    from hardtack.doctor.rules.model import Rule
    from hardtack.doctor.texts import Words

__all__ = ["clock", "place_text", "rules_with", "summary"]

_NAMES = ("Amplify", "Safari", "SameSite", "Hardtack")  # what keeps its capital within a sentence


def summary(diagnosis: Diagnosis, words: Words) -> str:
    """One sentence: the verdict and why."""
    lead = diagnosis.root or next(iter(diagnosis.findings), None)
    cause = words.title(lead.rule) if lead else ""
    if words.language == "en" and cause[1:2].islower() and not cause.startswith(_NAMES):
        cause = cause[:1].lower() + cause[1:]
    return plain(words.say(f"summary.{diagnosis.verdict}", {"cause": cause}))


def clock(at: float | None) -> str:
    """The time of day in UTC, to the millisecond; empty if unknown or beyond what a calendar has."""
    if at is None:
        return ""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]
    except (OverflowError, OSError, ValueError):
        return ""


def place_text(place: Place, words: Words, *, of: Diagnosis | None = None) -> str:
    """`src/app/layout.tsx:12:3`, or `recording.har, request 7, https://…/login, 20:58:03.692`.

    Args:
        place: where.
        words: of which language.
        of: the diagnosis in whose report this stands: the name of its only recording need not be repeated.
    """
    if place.line is not None:
        column = "" if place.column is None else f":{place.column}"
        return f"{place.source}:{place.line}{column}"
    entry = "" if place.entry is None else words.text("ui.request", entry=place.entry)
    url = "" if place.url is None or place.url == place.source else place.url
    known = of is not None and of.targets == (place.source,) and bool(entry or url)
    return ", ".join(filter(None, ("" if known else place.source, entry, url, clock(place.at))))


def rules_with(diagnosis: Diagnosis, result: CheckResult) -> tuple[Rule, ...]:
    """The rules of which this became."""
    return tuple(check.rule for check in diagnosis.checked if check.result is result)
