"""Each request answered once: what a server did before, for the same request, answers and store, is looked up.

Rule: a server is a function of these three; nothing else may decide what it answers. The tests hold it to that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from hardtack.explore.servers.flows import Answers, Halt, Request
    from hardtack.sessions.coordination.sqlite import Snapshot

__all__ = ["Known", "Serves"]

_MOST: Final = 100_000  # a kilobyte or two each


class Serves(Protocol):
    """A server."""

    def serve(self, request: Request, answers: Answers, store: Snapshot) -> tuple[Halt, Answers, Snapshot]:
        """Answer a request as far as it goes."""
        ...


class Known:
    """A server that remembers.

    Args:
        server: the server.
    """

    def __init__(self, server: Serves) -> None:
        self._server = server
        self._known: dict[tuple[Request, Answers, Snapshot], tuple[Halt, Answers, Snapshot]] = {}

    def serve(self, request: Request, answers: Answers, store: Snapshot) -> tuple[Halt, Answers, Snapshot]:
        """See `Serves.serve`."""
        key = (request, answers, store)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[key] = self._server.serve(request, answers, store)
        return found
