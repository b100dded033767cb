"""Small worlds for the explorer's own tests, and somebody who walks through one step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hardtack.amplify.adapter import AdapterContext
from hardtack.explore.looking import to_rest
from hardtack.explore.presets import PRESETS
from hardtack.explore.servers.foreseeing import Foreseen
from hardtack.explore.servers.known import Serves
from hardtack.explore.state import State
from hardtack.explore.steps import Step
from hardtack.explore.universe import Universe
from hardtack.explore.world import Context, Fault, Placement, Server, World

__all__ = ["WORLDS", "Noted", "Walk", "bare", "with_faults"]

NONE = frozenset()
_BACKGROUND = Context(AdapterContext.SERVER_ACTION, navigation=False)

WORLDS = {
    "stock": replace(PRESETS["amplify-default-server"].world, contexts=World().contexts),
    "sealed": replace(PRESETS["library-sealed"].world, faults=frozenset({Fault.OUTAGE}), contexts=(_BACKGROUND,)),
    "amplify": replace(PRESETS["library-amplify"].world, contexts=(_BACKGROUND,)),
    "beside-amplify": World(
        server=Server.LIBRARY,
        storage="amplify",
        front="hardtack.js",
        policy=Placement(".example.com"),
        contexts=(_BACKGROUND,),
        faults=NONE,
    ),
    "shield": PRESETS["shield"].world,
    "shield-js": PRESETS["shield-with-hardtack-js"].world,
    "shield-refreshes": PRESETS["shield-that-refreshes"].world,
}
"""A world of every kind, none of them too large for a look at its first states."""


def bare(world: World, **changes: Any) -> World:
    """The same world in which nothing goes wrong."""
    return replace(world, faults=NONE, after=None, **changes)


def with_faults(world: World, *faults: Fault) -> World:
    """The same world in which these may happen and nothing else."""
    return replace(world, faults=frozenset(faults))


class Noted:
    """A server, with a note of what it was asked to serve and to foresee, and what it answered."""

    def __init__(self, server: Serves) -> None:
        self._server = server
        self.served: dict[Any, Any] = {}
        self.foreseen: dict[Any, Foreseen | None] = {}

    def serve(self, *question: Any) -> Any:
        found = self.served[question] = self._server.serve(*question)
        return found

    def foresee(self, *question: Any) -> Foreseen | None:
        found = self.foreseen[question] = self._server.foresee(*question)
        return found

    def do(self, *question: Any) -> Any:
        return self._server.do(*question)


class Walk:
    """A way through a world: each step is one that the state allows."""

    def __init__(self, world: World, *, state: State | None = None) -> None:
        self.universe = Universe(world)
        self.state = self.universe.beginning if state is None else state
        self.steps: list[Step] = []

    @property
    def kinds(self) -> list[str]:
        """What can happen now, each step by its kind."""
        return [step.kind for step, _ in self.universe.steps.of(self.state)]

    def take(self, kind: str, **arguments: Any) -> Walk:
        """Take the first step of this kind that has these arguments."""
        for step, after in self.universe.steps.of(self.state):
            if step.kind == kind and arguments.items() <= dict(step.arguments).items():
                self.steps.append(step)
                self.state = after
                return self
        raise AssertionError(f"no step {kind} {arguments} here, only {self.kinds}")

    def rest(self) -> Walk:
        """Let everything happen that happens by itself, the oldest thing first."""
        while not self.state.quiet:
            step, self.state = next(one for one in self.universe.steps.of(self.state) if one[0].by_itself)
            self.steps.append(step)
        return self

    def loaded(self, tab: int = 0) -> Walk:
        """Everything happens that a tab's page load waits for, and whatever else is on its way stays there."""
        while self.state.tabs[tab].loading:
            number = next(
                number
                for number, flight in enumerate(self.state.flights)
                if flight.tab == tab and flight.kind == "navigation"
            )
            kind = "arrive" if self.state.flights[number].response is not None else "answer-server"
            self.take(kind, flight=number)
        return self

    def settle(self) -> State | None:
        """The state once nothing is under way any more."""
        return to_rest(self.universe.steps, self.state)

    def opened(self, tab: int = 0) -> Walk:
        """A page is opened, and comes to rest."""
        return self.take("open", tab=tab).rest()

    def signed_in(self, user: str = "alice", tab: int = 0) -> Walk:
        """Somebody opens the site, signs in and has the page before them."""
        self.opened(tab)
        return self.take("sign-in", tab=tab, user=user).rest()

    def seen(self) -> tuple[str, str]:
        """Whom script sees, and whom the server sees."""
        client, server = self.universe.properties.looking.at(self.state)
        return client.user, server.user

    def broken(self) -> set[str]:
        """The properties that this state breaks."""
        return {finding.id for finding in self.universe.properties.broken_by(self.state)}
