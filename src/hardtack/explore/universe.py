"""Everything that one process needs to explore one world, put together."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from hardtack.explore.errors import ExploreError
from hardtack.explore.felt import Felt
from hardtack.explore.jars import Jars
from hardtack.explore.moves import Moves
from hardtack.explore.properties import Properties
from hardtack.explore.servers.known import Known
from hardtack.explore.servers.library import LibraryServer
from hardtack.explore.servers.shielded import ShieldedServer
from hardtack.explore.servers.stock import StockServer
from hardtack.explore.state import State, Tab
from hardtack.explore.steps import Steps
from hardtack.explore.world import Fault, Server

if TYPE_CHECKING:
    from hardtack.explore.servers.known import Serves
    from hardtack.explore.world import World

__all__ = ["Universe", "require_engine"]


def require_engine(world: World) -> None:
    """See to it that what the world's pages run can be run.

    Raises:
        ExploreError: the package with the JavaScript engine is not installed.
    """
    if world.has_script and find_spec("quickjs") is None:
        raise ExploreError(
            "The pages of this world run script, and the package that runs it, quickjs-ng, is not installed.",
            hint='Install it with: pip install "hardtack[explore]"',
        )


class Universe:
    """A world with its jars, servers, scripts and laws.

    Args:
        world: the world.

    Raises:
        ExploreError: see `require_engine`.

    Attributes:
        world: the world.
        jars: every jar met so far.
        moves: what steps do.
        steps: which steps there are.
        properties: what is promised.
        beginning: the state in which nothing has happened yet.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.jars = Jars(world.engine)
        scripts = None
        if world.has_script:
            require_engine(world)
            from hardtack.explore.scripts import Scripts  # noqa: PLC0415 -- QuickJS only where pages have script

            scripts = Scripts(world, self.jars)
        self.moves = Moves(world, self.jars, Known(_server_of(world)), scripts, Felt(world))
        self.steps = Steps(world, self.moves)
        self.properties = Properties(self.moves, self.steps)
        tabs = tuple(Tab() for _ in range(world.tabs))
        self.beginning = State(jar=self.jars.empty, tabs=tabs, left=frozenset(world.faults) - {Fault.OUTAGE})


def _server_of(world: World) -> Serves:
    match world.server:
        case Server.LIBRARY:
            return LibraryServer(world)
        case Server.SHIELD:
            return ShieldedServer(world)
        case Server.STOCK:
            return StockServer(world)
