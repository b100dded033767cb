"""What happened, in order, as a person reads it: the calls, the pages, the writes, and the jar after each.

Rule: the timeline shows facts, never findings. Long recordings are cut in the middle: how it began and how it ended is
what people look for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardtack.doctor.observed import After, CookieWritten, JarSeen, Navigation, PoolCall, Probe
from hardtack.doctor.rules.model import Value, Word
from hardtack.doctor.rules.reading import distinct, place_of, responses, twins

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hardtack.doctor.evidence import Place
    from hardtack.doctor.facts import Facts
    from hardtack.doctor.observed import Fact

__all__ = ["Lane", "Moment", "Timeline", "timeline"]

FIRST: Final = 120
"""Moments that are kept from the beginning."""
LAST: Final = 60
"""And from the end."""
_AFTER: Final = {After.START: "jar_start", After.SIGN_OUT: "jar_sign_out", After.PLANT: "jar_plant"}


@dataclass(frozen=True, slots=True)
class Lane:
    """What one scope holds at one moment.

    Attributes:
        place: the scope, in words.
        labels: the cookies in it.
        doubled: those of them that lie elsewhere too.
    """

    place: str
    labels: tuple[str, ...]
    doubled: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moment:
    """One row.

    Attributes:
        place: where to see it.
        event: the message's key below `event`.
        values: what it has places for.
        lanes: the jar from now on, by scope; None where it didn't change.
        bad: whether the pool or the browser said no.
    """

    place: Place
    event: str
    values: dict[str, Value]
    lanes: tuple[Lane, ...] | None = None
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """The rows, and how many were left out in the middle."""

    first: tuple[Moment, ...]
    left_out: int = 0
    last: tuple[Moment, ...] = ()


def timeline(facts: Facts) -> Timeline:
    """The rows of one set of facts."""
    rows = tuple(_rows(facts.items))
    if len(rows) <= FIRST + LAST:
        return Timeline(rows)
    return Timeline(rows[:FIRST], len(rows) - FIRST - LAST, rows[-LAST:])


def _rows(items: Iterable[Fact]) -> Iterator[Moment]:
    written: list[CookieWritten] = []
    for fact in items:
        if isinstance(fact, CookieWritten):
            written.append(fact)
            continue
        yield from _writes(written)
        written = []
        if isinstance(fact, PoolCall):
            values: dict[str, Value] = {"operation": fact.operation, "status": fact.status, "error": fact.error or ""}
            event = "call_error" if fact.error else "call"
            yield Moment(fact.evidence.place, event, values, bad=fact.refused or fact.unavailable)
        elif isinstance(fact, Navigation):
            yield Moment(fact.evidence.place, "page", {"page": fact.page, "status": fact.status})
        elif isinstance(fact, Probe):
            yield Moment(
                fact.evidence.place,
                "probe",
                {"step": Word(f"step_{fact.step}"), "outcome": Word(f"outcome_{fact.outcome}")},
            )
        elif isinstance(fact, JarSeen):
            yield Moment(fact.evidence.place, _AFTER.get(fact.after, "jar"), {}, _lanes(fact))
    yield from _writes(written)


def _writes(written: Iterable[CookieWritten]) -> Iterator[Moment]:
    """One row for what one response wrote, one for what it deleted, one for each refusal."""
    for lines in responses(line for line in written if line.cookie.profile != "other"):
        who = Word(lines[0].writer)
        kept = [line for line in lines if line.refused is None]
        for event, chosen in (
            ("delete", [line for line in kept if line.deletion]),
            ("write", [line for line in kept if not line.deletion]),
        ):
            if chosen:
                labels = distinct(line.cookie.label for line in chosen)
                yield Moment(lines[0].evidence.place, event, {"who": who, "labels": labels})
        for reason in distinct(line.refused for line in lines if line.refused is not None):
            labels = distinct(line.cookie.label for line in lines if line.refused == reason)
            values: dict[str, Value] = {"who": who, "labels": labels, "reason": Word(f"refusal_{reason}")}
            yield Moment(lines[0].evidence.place, "refused", values, bad=True)


def _lanes(jar: JarSeen) -> tuple[Lane, ...]:
    cookies = [one for one in jar.cookies if one.cookie.profile != "other"]
    doubled = {group[0].cookie.key for group in twins(cookies).values()}
    lanes: dict[str, dict[str, bool]] = {}
    for one in cookies:
        lane = lanes.setdefault(place_of(one.scope, jar.host), {})
        lane[one.cookie.label] = lane.get(one.cookie.label, False) or one.cookie.key in doubled
    return tuple(
        Lane(place, tuple(labels), frozenset(label for label, twin in labels.items() if twin))
        for place, labels in sorted(lanes.items())
    )
