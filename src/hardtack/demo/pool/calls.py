"""The log of calls, written when a call arrives and completed when it ends.

Rule: no token, password, code or user name enters it; a refresh token leaves its keyed hash.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import Any

from hardtack.demo.pool.facts import Call

__all__ = ["CallLog"]


class CallLog:
    """Calls in order of arrival; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: list[Call] = []
        self._generation = 0

    def arrived(self, operation: str, **facts: Any) -> tuple[int, Call]:
        """Log a call at its arrival; the pair is what `ended` takes."""
        with self._lock:
            call = Call(number=len(self._calls) + 1, operation=operation, **facts)
            self._calls.append(call)
            return self._generation, call

    def ended(self, entry: tuple[int, Call], **facts: Any) -> None:
        """Complete a call; one whose log has been cleared meanwhile is dropped."""
        generation, call = entry
        with self._lock:
            if generation == self._generation:
                self._calls[call.number - 1] = replace(call, **facts)

    def all(self) -> tuple[Call, ...]:
        """Every call since the last `clear`."""
        with self._lock:
            return tuple(self._calls)

    def clear(self) -> None:
        """Forget them; numbers start at 1 again."""
        with self._lock:
            self._calls.clear()
            self._generation += 1
