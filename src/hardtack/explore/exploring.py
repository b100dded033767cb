"""Explore a world: search it, and tell what was found.

found = explore(World(), workers=2)
print(tell_verdict(found.summary()))
for trace in found.traces():
    print(tell_story(trace))
"""

from __future__ import annotations

import pickle  # a search's own file, see `resume`
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardtack.explore.narrating import Narrator, title_of
from hardtack.explore.properties import PROPERTIES
from hardtack.explore.search import Limits, Search
from hardtack.explore.telling.verdict import Outcome, PropertyOutcome, Summary
from hardtack.explore.world import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from hardtack.explore.search import Reached, Standing
    from hardtack.explore.trace import Trace
    from hardtack.explore.world import World

__all__ = ["Exploration", "explore", "resume"]

_FAULTS: Final = {
    Fault.DEPLOYMENT: "one deployment",
    Fault.OUTAGE: "one outage of the pool",
    Fault.REVOCATION: "one revocation by an administrator",
    Fault.REFRESH_END: "one end of the refresh tokens' lifetime",
    Fault.PLANT: "one planting by a hostile sibling",
    Fault.LOSS: "one lost answer",
    Fault.REQUEST_LOSS: "one lost request",
    Fault.CLOSING: "one tab closed half-way through its writes",
    Fault.GRACE_END: "one end of a grace period",
}
ASSUMPTIONS: Final = (
    "The browser keeps cookies, and nobody evicts them by filling the jar; the site is served over https.",
    "All instances of Hardtack have the same secrets and one store.",
    "An hour passes only while nothing is under way.",
    "A person's own sign-out ends whatever sign-in it finds when its answer arrives.",
)


@dataclass(frozen=True, slots=True)
class Exploration:
    """What an exploration came to.

    Attributes:
        search: the search, with every key.
        limits: by id, the properties whose violation the guarantees state as a limit.
    """

    search: Search
    limits: frozenset[str] = frozenset()

    @property
    def world(self) -> World:
        """The world."""
        return self.search.world

    @property
    def reached(self) -> tuple[Reached, ...]:
        """The shortest history against each property that is broken."""
        return self.search.reached()

    def traces(self) -> tuple[Trace, ...]:
        """The same, told."""
        reached = self.reached
        narrator = Narrator(self.world) if reached else None
        return tuple(narrator.tell(one) for one in reached) if narrator is not None else ()

    def summary(self, written: Mapping[str, Collection[str]] | None = None) -> Summary:
        """The verdict.

        Args:
            written: by property, the files in which its history was written down.
        """
        search = self.search
        broken = {one.finding.id: len(one.way) - 1 for one in self.reached}
        files = written or {}
        outcomes = tuple(
            PropertyOutcome(
                each.id,
                each.sentence,
                self._outcome(each.id, broken),
                broken.get(each.id),
                tuple(files.get(each.id, ())),
            )
            for each in PROPERTIES.values()
        )
        return Summary(
            title=title_of(self.world),
            states=len(search.parents),
            transitions=search.transitions,
            depth=search.depth,
            seconds=search.seconds,
            peak_bytes=search.peak_bytes,
            bounds=bounds_of(self.world, search.beyond),
            assumptions=ASSUMPTIONS,
            properties=outcomes,
            stopped=search.stopped,
        )

    def _outcome(self, name: str, broken: Mapping[str, int]) -> Outcome:
        if name not in broken:
            return Outcome.HOLDS
        return Outcome.LIMIT if name in self.limits else Outcome.VIOLATED


def explore(
    world: World,
    *,
    workers: int = 1,
    limits: Limits | None = None,
    watch: Callable[[Standing], None] = lambda _: None,
    keep: Path | None = None,
) -> Exploration:
    """Search a world.

    Args:
        world: the world.
        workers: processes.
        limits: when to stop early.
        watch: told after every level how far it is.
        keep: a file to go on from, written if the search stops early.
    """
    return _run(Search(world), workers=workers, limits=limits, watch=watch, keep=keep)


def resume(
    file: Path,
    *,
    workers: int = 1,
    limits: Limits | None = None,
    watch: Callable[[Standing], None] = lambda _: None,
) -> Exploration:
    """Go on with a search that stopped early.

    Args:
        file: what `explore` kept: a pickle, so one's own. It is written anew if the search stops again.
        workers: as in `explore`.
        limits: as in `explore`.
        watch: as in `explore`.
    """
    with file.open("rb") as kept:
        search, held = pickle.load(kept)  # noqa: S301 -- told above
    return _run(search, workers=workers, limits=limits, watch=watch, keep=file, held=held)


def _run(
    search: Search,
    *,
    workers: int,
    limits: Limits | None,
    watch: Callable[[Standing], None],
    keep: Path | None,
    held: list[bytes] | None = None,
) -> Exploration:
    def write(stopped: Search, packed: list[bytes]) -> None:
        if keep is not None:
            keep.write_bytes(pickle.dumps((stopped, packed), protocol=pickle.HIGHEST_PROTOCOL))

    search.run(workers=workers, limits=limits, watch=watch, keep=write, held=held)
    return Exploration(search)


def bounds_of(world: World, beyond: int) -> tuple[str, ...]:
    """What limits a world, a sentence each."""
    faults = ", ".join(_FAULTS[fault] for fault in Fault if fault in world.faults) or "none"
    people = "1 person" if world.people == 1 else f"{world.people} people"
    found = [
        f"Faults, each at most once: {faults}.",
        f"At most {world.flights} requests under way, {world.tabs} tabs, {people}, {len(world.hosts)} host(s).",
        f"At most {world.generations} token generations and {world.sign_ins} sign-ins about at once.",
    ]
    if beyond:
        found.append(f"{beyond:,} steps led beyond these bounds and were not followed.")
    return tuple(found)
