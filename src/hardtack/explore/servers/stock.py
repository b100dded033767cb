"""A Next.js site with Amplify's adapter, as most are set up: the model of `hardtack.amplify.adapter` answers.

Rule: a page asks for the session in the context that the world names, or does not ask at all; what the adapter writes
leaves with the page. Nothing here is wiser than the adapter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hardtack.explore.servers.flows import Response, drive

if TYPE_CHECKING:
    from collections.abc import Generator

    from hardtack.explore.servers.flows import Answers, Halt, Request
    from hardtack.explore.world import World
    from hardtack.sessions.coordination.sqlite import Snapshot

__all__ = ["StockServer", "StockSite"]


class StockSite:
    """The site's own answers."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Generator[Any, Any, Response]:
        """The flow of one request."""
        raise NotImplementedError


class StockServer:
    """The site without help."""

    def __init__(self, world: World) -> None:
        self._site = StockSite(world)

    def serve(self, request: Request, answers: Answers, store: Snapshot) -> tuple[Halt, Answers, Snapshot]:
        """Answer a request as far as it goes; see `LibraryServer.serve`."""
        halt, told = drive(None, lambda: self._site.answer(request), answers)
        return halt, told, store
