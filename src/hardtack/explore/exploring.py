"""Explore a world: search it, and tell what was found.

found = explore(World(), workers=2)
print(tell_verdict(found.summary()))
for trace in found.traces():
    print(tell_story(trace))
"""

from __future__ import annotations

import pickle  # a search's own file, see `resume`
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from hardtack.explore.errors import ExploreError, UnforeseenError
from hardtack.explore.narrating import Narrator, title_of
from hardtack.explore.properties import PROPERTIES
from hardtack.explore.search import Limits, Search
from hardtack.explore.telling.texts import counted
from hardtack.explore.telling.verdict import Outcome, PropertyOutcome, Summary
from hardtack.explore.universe import require_engine
from hardtack.explore.world import Fault, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from hardtack.explore.search import Reached, Standing
    from hardtack.explore.trace import Trace
    from hardtack.explore.world import World

__all__ = ["Exploration", "explore", "resume"]

_LONGEST_MARK: Final = 100  # bytes: any release's first line

_FAULTS: Final = {
    Fault.DEPLOYMENT: "one deployment",
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
    "Twins that come back are swept each time, and never count as somebody else's.",
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

    Raises:
        ExploreError: the world's pages run script, and the engine for it is not installed.
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

    Raises:
        ExploreError: the file can't be read, or this release did not write it; or as in `explore`.
    """
    search, held = _read(file)
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
            _write(keep, stopped, packed)

    require_engine(search.world)  # before there are workers, whose own words nobody would hear
    try:
        search.run(workers=workers, limits=limits, watch=watch, keep=write, held=held)
    except UnforeseenError:
        anew = Search(replace(search.world, foresees=False))
        return _run(anew, workers=workers, limits=limits, watch=watch, keep=keep)
    return Exploration(search)


def _rotation_of(world: World) -> str:
    if not world.rotation:
        return "Refresh tokens don't rotate."
    good = f"good for {world.grace} seconds more" if world.grace else "refused from then on"
    return f"Refresh tokens rotate, and one that was used is {good}."


def _grants_of(world: World) -> str:
    about = f"{world.sign_ins} sign-ins about at once"
    if world.grants:
        return f"At most {counted(world.grants, 'token generation')} in one history, of all sign-ins together; {about}."
    return f"At most {world.generations} token generations and {about}; in one history any number."


def _write(file: Path, search: Search, packed: list[bytes]) -> None:
    """Beside the file first, so that what is there is whole, old or new."""
    beside = file.with_name(f"{file.name}.part")
    with beside.open("wb") as kept:
        kept.write(_mark())
        pickle.dump((search, packed), kept, protocol=pickle.HIGHEST_PROTOCOL)
    beside.replace(file)


def _read(file: Path) -> tuple[Search, list[bytes]]:
    try:
        with file.open("rb") as kept:
            if kept.readline(_LONGEST_MARK) != _mark():
                raise ExploreError(
                    "This file was not written by this release of `hardtack explore`.",
                    hint="Name a file that --keep wrote, or begin anew.",
                )
            return pickle.load(kept)  # noqa: S301 -- one's own, see `resume`
    except OSError as error:
        raise ExploreError(
            f"The search can't be read: {error.strerror or 'the file system refuses'}.",
            hint="Name the file that --keep wrote.",
        ) from None
    except (EOFError, pickle.UnpicklingError):
        raise ExploreError("The file of this search ends early.", hint="Begin anew.") from None


def _mark() -> bytes:
    """What such a file begins with: a search is for the release that made it."""
    return f"hardtack explore {version('hardtack')}\n".encode("ascii")


def bounds_of(world: World, beyond: int) -> tuple[str, ...]:
    """What limits a world, a sentence each."""
    may = world.faults if world.after else world.faults - {Fault.DEPLOYMENT}
    faults = ", ".join(_FAULTS[fault] for fault in Fault if fault in may - {Fault.OUTAGE}) or "none"
    people = "1 person" if world.people == 1 else f"{world.people} people"
    tabs, hosts = counted(world.tabs, "tab"), counted(len(world.hosts), "host")
    found = [
        f"Faults, each at most once: {faults}.",
        f"At most {world.flights} requests under way, {tabs}, {people}, {hosts}.",
        _grants_of(world),
        _rotation_of(world),
    ]
    if Fault.OUTAGE in may:
        found.insert(1, "The pool may be out of reach in any step that asks it, as often as it likes.")
    if world.after and Fault.DEPLOYMENT in world.faults:
        moved = f"the client {world.after[0]}"
        moved += "" if world.server is Server.LIBRARY else f", the server {world.after[1]}"
        found.append(f"After the deployment: {moved}.")
    if world.server is not Server.STOCK:
        found.append(f"One answer carries at most {world.budget:,} bytes of deletions.")
    if beyond:
        found.append(f"{beyond:,} steps led beyond these bounds and were not followed.")
    return tuple(found)
