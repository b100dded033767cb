"""The gates: where a replay holds something until a later step lets it go.

Rule: whatever can be overtaken stops here, always, and goes on when a step says so; whoever waits for the world to come
to rest is told of every change. Nothing is decided by time.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class Gate(StrEnum):
    """Each is one point at which others may come in between."""

    ANSWER = "answer"
    """The pool's answer to a page."""
    SERVER_ANSWER = "server-answer"
    """The pool's answer to a server."""
    SERVER_LOOKS = "server-looks"
    """A server that waits for somebody else's refresh of the same token, before it looks again."""
    RESPONSE = "response"
    """The server's answer to a browser, where it writes cookies."""
    WRITE = "write"
    """A write of script to the jar: the page stands still in the middle of its task."""


class Verdict(StrEnum):
    """What becomes of what was held."""

    GO = "go"
    LOSE = "lose"
    """It is lost on the way."""
    GONE = "gone"
    """Nobody waits for it any more."""


class Pulse:
    """Tells whoever waits that something has changed."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def beat(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self) -> None:
        await self._event.wait()


@dataclass(eq=False, slots=True)
class Held:
    """Something that is held.

    Attributes:
        gate: where.
        tab: whose, by the tab's number; 0 for nobody's.
        what: the operation or path.
        flight: the number of the request of the site that it belongs to; 0 for none.
        call: the page's own number of the call; empty for none.
    """

    gate: Gate
    tab: int
    what: str = ""
    flight: int = 0
    call: str = ""
    verdict: asyncio.Future[Verdict] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Gates:
    """All gates of one history.

    Attributes:
        held: what is held, the oldest first.
        leaving: how many things were let go and have not gone on yet.
    """

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self.held: list[Held] = []
        self.leaving = 0
        self._closed = False

    async def stop(self, held: Held, gone: asyncio.Future[None] | None = None) -> Verdict:
        """Hold it until it is let go, or until nobody waits for it."""
        if self._closed:
            return Verdict.LOSE
        self.held.append(held)
        self._pulse.beat()
        waiting: set[asyncio.Future[object]] = {held.verdict} if gone is None else {held.verdict, gone}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if held.verdict.done():
            self.leaving -= 1
        else:
            held.verdict.set_result(Verdict.GONE)
            self.held.remove(held)
        self._pulse.beat()
        return held.verdict.result()

    def let_go(self, held: Held, verdict: Verdict = Verdict.GO) -> None:
        """From now on it is on its way."""
        self.held.remove(held)
        self.leaving += 1
        held.verdict.set_result(verdict)

    def find(self, gates: Iterable[Gate], *, tab: int = 0, flight: int = 0, what: Collection[str] = ()) -> Held | None:
        """What is held at one of these gates for a tab or for a flight, the oldest; if it is told, one of these."""
        among = tuple(gates)
        mine = (held for held in self.held if held.gate in among and (not what or held.what in what))
        return next((held for held in mine if (held.flight if flight else held.tab) == (flight or tab)), None)

    def find_any(self, gates: Iterable[Gate]) -> Held | None:
        """The oldest thing that is held at one of these gates."""
        among = tuple(gates)
        return next((held for held in self.held if held.gate in among), None)

    def close(self) -> None:
        """The history is over: nobody is to wait for ever."""
        self._closed = True
        for held in tuple(self.held):
            self.let_go(held, Verdict.LOSE)
