"""Plays a history step by step, and compares the jar with the one that should be there.

A history is a site and a list of steps. A step is a dictionary: its `kind`, its arguments, and what is to be seen after
it, as far as anybody says:

    {"kind": "answer-tab", "tab": 0,
     "jar": [["LastAuthUser", ".example.test /", "alice"], ["alice.accessToken", ".example.test /", "alice/1.1"], ...],
     "told": [[0, "sign-in", "alice"]],
     "calls": [["tab 1", "RevokeToken", "ok"]],
     "shows": [[0, "alice"]],
     "flights": ["navigation"]}

Rule: the jar is compared whole and in order, and so are the requests under way, by kind. Of what pages told and of the
calls to the pool, what is named must be among what was new in this step, in this order. `shows` says of some tabs whom
their page takes for signed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.replay.jar import differences, expected
from support.replay.scene import RestlessError
from support.replay.steps import EndlessError, NoSuchStepError, Steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from support.replay.jar import Kept
    from support.replay.places import Site
    from support.replay.scene import Scene

_MANY = 60  # things let go, after which nothing will come to rest: a round of the loop has four
_SEEN = frozenset({"kind", "jar", "told", "calls", "shows", "flights", "why", "drains", "endless"})


@dataclass(frozen=True, slots=True)
class History:
    """What is to be done.

    Attributes:
        site: how the site is set up.
        steps: see the module's docstring; `why` is for who reads them. With `drains` everything is let go afterwards;
            with `endless` that is to have no end.
        name: for messages.
    """

    site: Site
    steps: Sequence[Mapping[str, Any]]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was there after a step.

    Attributes:
        step: which one, from 0.
        jar: the jar.
        told: what pages noted since the step before: the tab's place, what was done, what it came to.
        calls: what the pool was asked since then: by whom, what, the outcome.
        documents: navigations that were answered since then.
        shows: whom the pages of the tabs that were asked about take for signed in.
        flights: the kinds of the requests under way, the oldest first.
    """

    step: int
    jar: list[Kept]
    told: list[tuple[int, str, str]]
    calls: list[tuple[str, str, str]]
    documents: int
    shows: list[tuple[int, str]]
    flights: list[str]


@dataclass(slots=True)
class Replayed:
    """What came of a history.

    Attributes:
        seen: after each step.
        problems: every difference, told for people; none if it went as it should have.
    """

    seen: list[Seen] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Fail with every difference."""
        assert not self.problems, "\n".join(["The replay differs.", *self.problems])


async def play(history: History, scene: Scene, *, go_on: bool = False) -> Replayed:
    """Play a history.

    Args:
        history: the history.
        scene: fresh.
        go_on: go on after a difference; else the first one ends it.
    """
    steps, replayed = Steps(scene), Replayed()
    for number, step in enumerate(history.steps):
        told, called = len(scene.notes), len(scene.pool.calls)
        loads = sum(tab.documents for tab in scene.all_tabs)
        arguments = {name: value for name, value in step.items() if name not in _SEEN}
        try:
            await steps.do(step["kind"], **arguments)
            await _drain(steps, step)
        except (RestlessError, NoSuchStepError, EndlessError) as error:
            replayed.problems.append(f"{history.name} step {number} ({_title(step)}): {error}".lstrip())
            break
        seen = Seen(
            number,
            await scene.jar(),
            [(steps.slot_of(note.tab), note.what, note.outcome) for note in scene.notes[told:]],
            [(call.by, call.operation, call.outcome) for call in scene.pool.calls[called:]],
            sum(tab.documents for tab in scene.all_tabs) - loads,
            [(slot, await steps.shows(slot)) for slot, _ in step.get("shows", ())],
            [flight.kind for flight in scene.flights],
        )
        replayed.seen.append(seen)
        problems = list(_problems(step, seen))
        if problems:
            replayed.problems += [f"{history.name} step {number} ({_title(step)}):".lstrip(), *problems]
            if not go_on:
                break
    return replayed


async def _drain(steps: Steps, step: Mapping[str, Any]) -> None:
    """Let everything go, if the step says so."""
    if step.get("drains"):
        await steps.do("drain")
    if step.get("endless"):
        try:
            await steps.do("drain", most=_MANY)
        except EndlessError:
            return
        raise NoSuchStepError("It was to have no end, and came to rest.")


def _title(step: Mapping[str, Any]) -> str:
    return " ".join([step["kind"], *(f"{name}={value}" for name, value in step.items() if name not in _SEEN)])


def _problems(step: Mapping[str, Any], seen: Seen) -> list[str]:
    found = differences(expected(step["jar"]), seen.jar) if "jar" in step else []
    for name, have in (("told", seen.told), ("calls", seen.calls)):
        if name in step and not _among([tuple(each) for each in step[name]], have):
            found += [f"{name} was to be {step[name]}, and is:", *(f"    {each}" for each in have)]
    if "shows" in step and [tuple(each) for each in step["shows"]] != seen.shows:
        found.append(f"The pages were to show {step['shows']}, and show {seen.shows}.")
    if "flights" in step and list(step["flights"]) != seen.flights:
        found.append(f"Under way were to be {step['flights']}, and are {seen.flights}.")
    return found


def _among(wanted: Sequence[tuple[Any, ...]], have: Sequence[tuple[Any, ...]]) -> bool:
    """Whether all of it was seen, in this order."""
    left = iter(have)
    return all(any(each == one for each in left) for one in wanted)
