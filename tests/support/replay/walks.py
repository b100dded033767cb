"""Seeded walks through explored worlds, as histories: what the model says must be what the browser does.

Rule: a walk chooses a kind of step first, then one of that kind, so that what has many variants does not crowd out the
rest; and it rather does what leads somewhere. It is the same walk for the same world and seed.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from hardtack.explore.meanings import entries_of
from hardtack.explore.universe import Universe
from support.replay.explored import rows
from support.replay.places import Site
from support.replay.play import History

if TYPE_CHECKING:
    from hardtack.explore.state import State
    from hardtack.explore.steps import Step
    from hardtack.explore.world import World

_OFTEN: Final = {"sign-in": 4, "answer-tab": 3, "answer-server": 3, "arrive": 3, "fetch": 2, "open": 2, "hour": 2}
"""How often a kind is chosen where it can be; once where nothing is said."""


class Walks:
    """Walks through one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._universe = Universe(world)

    def walk(self, seed: int, *, length: int = 15) -> History:
        """One walk."""
        chance = random.Random(seed)  # noqa: S311 -- a walk is no secret
        state = self._universe.beginning
        taken: list[dict[str, Any]] = []
        for _ in range(length):
            by_kind = self._following(state)
            if not by_kind:
                break
            kinds = sorted(by_kind)
            kind = chance.choices(kinds, [_OFTEN.get(kind, 1) for kind in kinds])[0]
            step, state = chance.choice(by_kind[kind])
            taken.append(self._told(step, state))
        return History(Site.of_world(self._world), taken, f"walk {seed}")

    def _following(self, state: State) -> dict[str, list[tuple[Step, State]]]:
        """What may come next, by kind; nothing if a step never comes to rest, since no replay could wait for that.

        Nor what leads to a page that is leaving while its script waits: a replay holds no page that writes no cookie.
        """
        by_kind: dict[str, list[tuple[Step, State]]] = {}
        try:
            for step, after in self._universe.steps.of(state):
                if not any(tab.leaves for tab in after.tabs):
                    by_kind.setdefault(step.kind, []).append((step, after))
        except RecursionError:
            return {}
        return by_kind

    def _told(self, step: Step, after: State) -> dict[str, Any]:
        """A step with what is to be seen after it."""
        telling = {"site"} if self._world.server == "library" else {"site", "login"}  # the library's pages name nobody
        idle = [(place, tab) for place, tab in enumerate(after.tabs) if tab.idle and tab.page in telling]
        entries = entries_of(after, self._universe.moves.document(after))
        return {
            "kind": step.kind,
            **dict(step.arguments),
            "jar": rows(entries, self._world.hosts[0]),
            "flights": [flight.kind for flight in after.flights],
            "shows": [[place, tab.shows] for place, tab in idle],
        }
