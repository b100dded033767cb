"""Rate limits by token bucket, bounded in memory whoever asks.

Reason: a limit must not become the weapon. The table of buckets has a fixed size (the one unused for longest goes
first), and keys are hashed, so that a memory dump holds no list of addresses or user names.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

__all__ = ["Allowance", "RateLimiter"]

_MOST_KEYS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much is allowed.

    Attributes:
        burst: how many at once.
        per_seconds: after how many seconds one more is allowed.
    """

    burst: int
    per_seconds: float


class RateLimiter:
    """One allowance for each key; thread-safe.

    Args:
        allowance: how much each key may spend.
    """

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()
        self._salt = os.urandom(16)

    def spend(self, key: str, *, now: float) -> float:
        """Spend one. 0.0 when it was allowed, else the seconds until the next one is."""
        allowance = self._allowance
        hashed = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16, key=self._salt).digest()
        with self._lock:
            left, since = self._buckets.pop(hashed, (float(allowance.burst), now))
            left = min(float(allowance.burst), left + max(0.0, now - since) / allowance.per_seconds)
            allowed = left >= 1.0
            self._buckets[hashed] = (left - 1.0 if allowed else left, now)
            while len(self._buckets) > _MOST_KEYS:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1.0 - left) * allowance.per_seconds

    def __len__(self) -> int:
        return len(self._buckets)
