"""The pool's own time: the machine's, moved by an offset.

Rule: everything the pool stamps or judges (iat, exp, auth_time, expiry of refresh tokens, grace, challenge sessions,
one-time passwords, the Date header) asks this clock, and nothing else in the process is touched.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["PoolTime"]


class PoolTime:
    """Epoch seconds plus an offset that may be changed at any moment, from any thread."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._age: ContextVar[float] = ContextVar("hardtack_pool_age", default=0.0)

    def time(self) -> float:
        """Epoch seconds on the pool's clock; the drop-in for `time.time`."""
        return time.time() + self.offset - self._age.get()

    @contextmanager
    def aged(self, seconds: float) -> Generator[None]:
        """Within the block, and in this thread or task only, it is `seconds` earlier."""
        token = self._age.set(seconds)
        try:
            yield
        finally:
            self._age.reset(token)
