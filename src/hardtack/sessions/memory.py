"""What was decided for a Cookie header, remembered: an unchanged header is one lookup.

Rule: only a plan that writes nothing, shows nothing and asked for nothing is remembered, and only until its session's
access token begins to age. A sign-out forgets its session; new signing keys forget everything. Keys are the header's
own bytes, which the process has anyway; the number of entries and of bytes is bounded.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from hardtack.sessions.outcomes import Plan

__all__ = ["PlanMemory"]

_MOST_ENTRIES: Final = 4_096
_MOST_BYTES: Final = 32 * 1024 * 1024  # of Cookie headers


class _Entry(NamedTuple):
    until: float
    plan: Plan
    by_healer: bool  # decided for a request that may heal, so it holds for those that may not as well


class PlanMemory:
    """Plans by raw Cookie header. Reads take no lock: a dictionary lookup is atomic."""

    def __init__(self, *, most_entries: int = _MOST_ENTRIES, most_bytes: int = _MOST_BYTES) -> None:
        self._entries: dict[bytes, _Entry] = {}
        self._most_entries = most_entries
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()

    def recall(self, raw: bytes, now: float, *, heals: bool) -> Plan | None:
        """The plan remembered for this header, if it still holds for such a request."""
        entry = self._entries.get(raw)
        if entry is None or now >= entry.until or (heals and not entry.by_healer):
            return None
        return entry.plan

    def keep(self, raw: bytes, plan: Plan, *, heals: bool) -> None:
        """Remember a plan until it is no longer steady; does nothing for one that is not."""
        if plan.steady_until is None or len(raw) > self._most_bytes // 64:
            return
        with self._lock:
            if raw not in self._entries:
                self._bytes += len(raw)
            self._entries[raw] = _Entry(plan.steady_until, replace(plan, events=(), reference=""), heals)
            while len(self._entries) > self._most_entries or self._bytes > self._most_bytes:
                oldest = next(iter(self._entries))
                del self._entries[oldest]
                self._bytes -= len(oldest)

    def forget_session(self, session_key: str) -> None:
        """Forget every plan that serves this session."""
        with self._lock:
            gone = [
                raw
                for raw, entry in self._entries.items()
                if entry.plan.session is not None and entry.plan.session.claims.session_key == session_key
            ]
            for raw in gone:
                del self._entries[raw]
                self._bytes -= len(raw)

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def bytes_held(self) -> int:
        """Bytes of Cookie headers held as keys."""
        return self._bytes
