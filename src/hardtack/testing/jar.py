"""The jar of the cookie layer with a clock of its own: the real one, where a test doesn't bring another.

Rule: there is no second model. The layer below reads no clock, and this is all that the public class adds to it.
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Self

from hardtack.cookies import BrowserJar as PureJar
from hardtack.cookies.jar import Engine, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BrowserJar", "Engine", "Snapshot"]


class BrowserJar(PureJar):
    """The cookies of one browser profile: kept, sent and shown to script as Chromium or Firefox do, order included.

    `store_response` takes in what a server answered and `set_document_cookie` what script wrote; `cookie_header` is
    what the next request carries and `document_cookie` what script reads. Iterating gives every live cookie, the
    oldest first, with its name, value, scope, flags and times. A `context` says how a request comes about where another
    site has a hand in it; without one it is a page's request to its own site. The model knows nothing that isn't
    measured or in the standard; what it leaves out is in `docs/jar.md`.

    Args:
        engine: `chromium`, `firefox`, or `rfc6265bis` for the standard's own words.
        clock: tells the epoch seconds; the real time by default.
    """

    __slots__ = ()

    def __init__(self, engine: Engine = "chromium", *, clock: Callable[[], float] = time) -> None:
        super().__init__(engine, clock=clock)

    @classmethod
    def restored(cls, snapshot: Snapshot, engine: Engine = "chromium", *, clock: Callable[[], float] = time) -> Self:
        """A jar as `snapshot` saw it; from the same clock on it does what that one would have done.

        Args:
            snapshot: what `snapshot` returned, of a jar of the same engine, or a part of it in the same order.
            engine: whose behaviour is modelled.
            clock: tells the epoch seconds; the real time by default.
        """
        return super().restored(snapshot, engine, clock=clock)
