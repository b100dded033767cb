"""The demo server's clock: the pool's own time, made as wrong as a visitor wants.

Reason: "an hour passes" must hold for the pool and the server alike, while "this server's clock is wrong" must not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardtack.demo.pool import PoolVerbs

__all__ = ["DemoClock"]


class DemoClock:
    """Seconds since the epoch, by this demo's server.

    Args:
        pool: whose time is the true one here.
    """

    def __init__(self, pool: PoolVerbs) -> None:
        self._pool = pool
        self.wrong_by = 0.0
        """Seconds that this server is ahead of the pool; negative when behind."""

    def time(self) -> float:
        """What this server takes the time to be."""
        return self._pool.clock.time() + self.wrong_by

    def pass_time(self, seconds: float) -> None:
        """Let so many seconds go by, here and at the pool."""
        self._pool.clock.advance(seconds)
