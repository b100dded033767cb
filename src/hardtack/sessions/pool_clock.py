"""The pool's time, as far as this server can know it.

Reason: a server whose clock is wrong by hours takes live tokens for dead (and refreshes on every request, for ever) or
dead ones for live. The pool's own tokens tell its time: a token that was just issued says what time it is there, and no
token can come from the future. So what is judged by `exp` is judged by the clock of whoever set it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PoolClock"]

_NOTICEABLE: Final = 30.0  # seconds; below that it is the network, not the clock


class PoolClock:
    """This server's clock, corrected by what the pool's tokens say.

    Args:
        wall: seconds since the epoch, by this server.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self.offset = 0.0
        """Seconds to add to this server's clock to get the pool's time."""

    def now(self) -> float:
        """The pool's time, seconds since the epoch."""
        return self._wall() + self.offset

    def just_issued(self, issued_at: float) -> bool:
        """The pool issued a token at this moment of its own time. True when that moved our idea of its time."""
        offset = issued_at - self._wall()
        if abs(offset - self.offset) < _NOTICEABLE:
            return False
        self.offset = offset if abs(offset) >= _NOTICEABLE else 0.0
        return True

    def seen(self, issued_at: float) -> bool:
        """A verified token carries this `iat`: it can't be earlier than that at the pool."""
        if issued_at - self.now() < _NOTICEABLE:
            return False
        # Where this server's clock alone is late enough, it was put right meanwhile: nothing is to be added any more.
        self.offset = max(0.0, issued_at - self._wall())
        return True
