"""Requests of the site that are under way, and which of them a piece of server code is working for."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NAVIGATION = "navigation"
FETCH = "fetch"
"""A request in the background, which nobody waits for."""
ASK = "ask"
"""A question of hardtack.js."""
ASSET = "asset"


@dataclass(eq=False, slots=True)
class Flight:
    """A request.

    Attributes:
        number: from 1, over all histories.
        kind: navigation, fetch, ask or asset.
        tab: whose, by the tab's number.
        document: which document of the tab asked; 0 for none.
        call: the page's own number of it; empty for a navigation.
        path: of the address.
        now: when the server got it, epoch seconds.
        works: whether the server is at it.
        rests: how many things it waits for that are held.
        gone: nobody waits for its answer any more.
    """

    number: int
    kind: str
    tab: int
    document: int
    call: str
    path: str
    now: int
    works: bool = True
    rests: int = 0
    gone: bool = False

    @contextmanager
    def resting(self) -> Iterator[None]:
        """While something of it is held."""
        self.rests += 1
        try:
            yield
        finally:
            self.rests -= 1


CURRENT: ContextVar[Flight | None] = ContextVar("replayed_flight", default=None)
"""The request that the running code works for; what it starts inherits it."""

AT_ONCE: ContextVar[bool] = ContextVar("replayed_at_once", default=False)
"""Whether the running code ends sessions at the pool after a sign-out: nobody waits for that, so nothing is held."""
