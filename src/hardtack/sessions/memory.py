"""What was decided for a Cookie header, remembered: an unchanged header is one lookup.

Rule: only a plan that writes nothing, shows nothing and asked for nothing is remembered, and only until its session's
access token begins to age. A sign-out forgets its session; new signing keys forget everything. The number of entries
and of bytes is bounded.

A header of Amplify's has 5 KB, and hashing those costs more than all the rest of a request. So an entry is found by a
sample of the header (every 31st byte) and counts only if the whole header is equal, which is one comparison of memory.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from hardtack.sessions.outcomes import Plan

__all__ = ["PlanMemory"]

_MOST_ENTRIES: Final = 4_096
_JITTER: Final = (
    60.0  # seconds that a clock may step back by itself; one put back by hours makes every plan be made anew
)
_STRIDE: Final = 31  # a JWT's signature of 342 characters is sampled eleven times: 66 random bits
_MOST_BYTES: Final = 32 * 1024 * 1024  # of Cookie headers


class _Entry(NamedTuple):
    raw: bytes
    since: float
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
        entry = self._entries.get(raw[::_STRIDE])
        if entry is None or entry.raw != raw or not entry.since <= now < entry.until:
            return None
        if heals and not entry.by_healer:
            return None
        return entry.plan

    def keep(self, raw: bytes, plan: Plan, *, heals: bool, now: float = 0.0) -> None:
        """Remember a plan until it is no longer steady; does nothing for one that is not."""
        if plan.steady_until is None or len(raw) > self._most_bytes // 64:
            return
        with self._lock:
            self._drop(raw[::_STRIDE])
            self._entries[raw[::_STRIDE]] = _Entry(
                raw, now - _JITTER, plan.steady_until, replace(plan, events=(), reference=""), heals
            )
            self._bytes += len(raw)
            while len(self._entries) > self._most_entries or self._bytes > self._most_bytes:
                self._drop(next(iter(self._entries)))

    def forget_session(self, session_key: str) -> None:
        """Forget every plan that serves this session."""
        with self._lock:
            gone = [
                sample
                for sample, entry in self._entries.items()
                if entry.plan.session is not None and entry.plan.session.claims.session_key == session_key
            ]
            for sample in gone:
                self._drop(sample)

    def _drop(self, sample: bytes) -> None:
        entry = self._entries.pop(sample, None)
        if entry is not None:
            self._bytes -= len(entry.raw)

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def bytes_held(self) -> int:
        """Bytes of Cookie headers held."""
        return self._bytes
