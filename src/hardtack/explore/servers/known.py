"""Each request answered once: what a server did before, for the same request, answers and store, is looked up.

Rule: a server is a function of these three; nothing else may decide what it answers. The tests hold it to that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from hardtack.explore.servers.flows import Answers, Halt, Request, Response
    from hardtack.explore.servers.foreseeing import Foreseen
    from hardtack.sessions.coordination.sqlite import Snapshot

__all__ = ["Known", "Serves"]

_MOST: Final = 100_000  # a kilobyte or two each


class Serves(Protocol):
    """A server."""

    def serve(self, request: Request, answers: Answers, store: Snapshot) -> tuple[Halt, Answers, Snapshot]:
        """Answer a request as far as it goes."""
        ...

    def foresee(self, request: Request, answers: Answers, store: Snapshot) -> Foreseen | None:
        """What is left to do for a request that is told these answers, the last one to come; None if that is open."""
        ...

    def do(self, foreseen: Foreseen, store: Snapshot) -> tuple[Response, Snapshot]:
        """Do what was foreseen; the response, and the store then."""
        ...


class Known:
    """A server that remembers.

    Args:
        server: the server.
    """

    def __init__(self, server: Serves) -> None:
        self._server = server
        self._known: dict[tuple[Request, Answers, Snapshot], tuple[Halt, Answers, Snapshot]] = {}
        self._foreseen: dict[tuple[Request, Answers, Snapshot], Foreseen | None] = {}
        self._done: dict[tuple[Foreseen, Snapshot], tuple[Response, Snapshot]] = {}

    def serve(self, request: Request, answers: Answers, store: Snapshot) -> tuple[Halt, Answers, Snapshot]:
        """See `Serves.serve`."""
        key = (request, answers, store)
        found = self._known.get(key)
        if found is None:
            _make_room(self._known)
            found = self._known[key] = self._server.serve(request, answers, store)
        return found

    def foresee(self, request: Request, answers: Answers, store: Snapshot) -> Foreseen | None:
        """See `Serves.foresee`."""
        key = (request, answers, store)
        if key not in self._foreseen:
            _make_room(self._foreseen)
            self._foreseen[key] = self._server.foresee(request, answers, store)
        return self._foreseen[key]

    def do(self, foreseen: Foreseen, store: Snapshot) -> tuple[Response, Snapshot]:
        """See `Serves.do`."""
        key = (foreseen, store)
        found = self._done.get(key)
        if found is None:
            _make_room(self._done)
            found = self._done[key] = self._server.do(foreseen, store)
        return found


def _make_room(known: dict[Any, Any]) -> None:
    if len(known) >= _MOST:
        known.clear()
