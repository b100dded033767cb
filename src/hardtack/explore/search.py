"""The search: breadth first over canonical states, in one process or in several, the same whatever their number.

Rule: the search knows keys and no states. Level by level it has every state expanded, orders what is new by the place
of its parent and then by its key, and gives each new state to a worker that came upon it. So the numbers, the depth and
the shortest ways depend on the world alone, and not on who worked, or how fast.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hardtack.explore.circles import circle_through, endless
from hardtack.explore.crew import Crew
from hardtack.explore.memory import resident_bytes
from hardtack.explore.properties import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hardtack.explore.world import World

__all__ = ["GIGABYTE", "Limits", "Reached", "Search", "Standing"]

GIGABYTE: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop before the end.

    Attributes:
        depth: steps from the beginning; None for no limit.
        states: states reached.
        bytes: memory of all processes together.
        seconds: of work; None for no limit.
        first: whether one violation is enough.
    """

    depth: int | None = None
    states: int = 20_000_000
    bytes: int = 2 * GIGABYTE
    seconds: float | None = None
    first: bool = False


@dataclass(frozen=True, slots=True)
class Reached:
    """A state that breaks a property, and the way to it.

    Attributes:
        finding: what it breaks, and how.
        way: the keys from the beginning to it.
        circle: for P3, the keys of the circle that begins with the last of the way; empty otherwise.
    """

    finding: Finding
    way: tuple[int, ...]
    circle: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a search is, for whoever watches."""

    states: int
    frontier: int
    depth: int
    states_per_second: float
    bytes: int


@dataclass(slots=True)
class Search:
    """A search of one world. Its fields are all that is needed to go on with it.

    Attributes:
        world: the world.
        parents: of each state reached, the key of the one before it on the shortest way; of the beginning its own.
        edges: of each state expanded, those that follow it by themselves.
        in_outage: the same while the pool is out of reach, where they are others.
        frontier: the keys still to be expanded, in order, each with the worker that holds it.
        depth: how many steps the frontier is from the beginning.
        transitions: steps taken.
        beyond: steps that led out of the bounds.
        found: the first state that breaks each property.
        seconds: how long it took so far.
        peak_bytes: the most memory that was used.
        stopped: why it ended early; empty if it has not.
    """

    world: World
    parents: dict[int, int] = field(default_factory=dict[int, int])
    edges: dict[int, tuple[int, ...]] = field(default_factory=dict[int, tuple[int, ...]])
    in_outage: dict[int, tuple[int, ...]] = field(default_factory=dict[int, tuple[int, ...]])
    frontier: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    depth: int = 0
    transitions: int = 0
    beyond: int = 0
    found: dict[str, tuple[int, Finding]] = field(default_factory=dict[str, tuple[int, Finding]])
    seconds: float = 0.0
    peak_bytes: int = 0
    stopped: str = ""

    def run(
        self,
        *,
        workers: int = 1,
        limits: Limits | None = None,
        watch: Callable[[Standing], None] = lambda _: None,
        keep: Callable[[Search, list[bytes]], None] | None = None,
        held: list[bytes] | None = None,
    ) -> Search:
        """Search to the end, or until a limit is met.

        Args:
            workers: processes; 1 for this one alone.
            limits: when to stop early.
            watch: told after every level how far it is.
            keep: told at a stop what to keep in order to go on: the search and its packed states.
            held: packed states of an earlier search, whose fields these are.
        """
        limits = limits or Limits()
        self.stopped = ""
        with Crew(self.world, workers) as crew:
            began, before = time.monotonic(), self.seconds
            self._start(crew, held)
            while self.frontier and not self._is_over(limits):
                reached, since = len(self.parents), time.monotonic()
                self._level(crew)
                self.seconds = before + time.monotonic() - began
                pace = (len(self.parents) - reached) / max(time.monotonic() - since, 1e-9)
                watch(Standing(len(self.parents), len(self.frontier), self.depth, pace, self._bytes))
            if keep is not None and self.stopped:
                keep(self, crew.packed())
        return self

    _bytes: int = 0

    def _start(self, crew: Crew, held: list[bytes] | None) -> None:
        if held is not None:
            self.frontier = crew.take(held, [key for key, _ in self.frontier])
            return
        key, broken = crew.begin()
        self.parents[key] = key
        self.frontier = [(key, crew.everybody)]
        self._note([(key, broken)])

    def _level(self, crew: Crew) -> None:
        """Expand the frontier, and make what is new the next one."""
        expanded = crew.expand(self.frontier)
        met: dict[int, list[int]] = {}
        parent: dict[int, int] = {}
        for (key, worker), one in zip(self.frontier, expanded, strict=True):
            self.transitions += one.transitions
            self.beyond += one.beyond
            if one.by_itself:
                self.edges[key] = one.by_itself
            if one.in_outage is not None:
                self.in_outage[key] = one.in_outage
            for reached in sorted(one.after):
                if reached in self.parents:
                    continue
                parent.setdefault(reached, key)
                met.setdefault(reached, []).append(worker)
        self.parents |= parent
        self.frontier = crew.share(met)
        broken, used = crew.adopt(self.frontier)
        self._note(broken)
        self._bytes = used + (resident_bytes() if crew.is_many else 0)
        self.peak_bytes = max(self.peak_bytes, self._bytes)
        if self.frontier:
            self.depth += 1

    def _note(self, broken: list[tuple[int, tuple[Finding, ...]]]) -> None:
        for key, findings in broken:
            for finding in findings:
                self.found.setdefault(finding.id, (key, finding))

    def _is_over(self, limits: Limits) -> bool:
        if limits.first and self.found:
            self.stopped = "One violation was asked for."
        elif limits.depth is not None and self.depth >= limits.depth:
            self.stopped = f"The depth of {limits.depth} steps was reached."
        elif len(self.parents) >= limits.states:
            self.stopped = f"{limits.states:,} states were reached."
        elif self._bytes > limits.bytes:
            self.stopped = f"The memory bound of {limits.bytes / GIGABYTE:.1f} GB was met."
        elif limits.seconds is not None and self.seconds >= limits.seconds:
            self.stopped = f"{limits.seconds:.0f} seconds have passed."
        return bool(self.stopped)

    def reached(self) -> tuple[Reached, ...]:
        """The shortest history against each property that is broken, P3 with its circle."""
        found = {name: Reached(finding, self.way_to(key)) for name, (key, finding) in self.found.items()}
        circle = self._circle()
        if circle is not None:
            found["P3"] = circle
        return tuple(found[name] for name in sorted(found))

    def _circle(self) -> Reached | None:
        """The first circle: with a pool that answers, or else with one that never does."""
        return self._circle_of(self.edges) or (self._circle_of(self.edges | self.in_outage) if self.in_outage else None)

    def _circle_of(self, by_itself: Mapping[int, tuple[int, ...]]) -> Reached | None:
        going_on = endless(by_itself)
        if not going_on:
            return None
        order = {key: place for place, key in enumerate(self.parents)}
        edges: dict[int, tuple[int, ...]] = {
            key: tuple(sorted((one for one in by_itself[key] if one in going_on), key=order.__getitem__))
            for key in going_on
            if key in by_itself
        }
        for key in sorted(edges, key=order.__getitem__):
            circle = circle_through(edges, key)
            if circle is not None:
                finding = Finding("P3", "what happens by itself leads back to where it began")
                return Reached(finding, self.way_to(key), circle)
        return None

    def way_to(self, key: int) -> tuple[int, ...]:
        """The keys from the beginning to a state, by the shortest way."""
        way = [key]
        while self.parents[way[-1]] != way[-1]:
            way.append(self.parents[way[-1]])
        return tuple(reversed(way))
