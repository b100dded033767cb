"""Refresh coordination: one refresh per refresh token, however many requests, workers or hosts ask at once."""

from hardtack.sessions.coordination.flow import (
    CallPool,
    Handed,
    Need,
    Pause,
    PoolRefused,
    PoolTokens,
    PoolUnavailable,
    RefreshDesk,
    StoreCall,
)
from hardtack.sessions.coordination.sqlite import SqliteStore
from hardtack.sessions.coordination.store import (
    Busy,
    Claim,
    Claimed,
    Ended,
    RefreshStore,
    RefusedBefore,
    Settled,
    StoreFailed,
)

__all__ = [
    "Busy",
    "CallPool",
    "Claim",
    "Claimed",
    "Ended",
    "Handed",
    "Need",
    "Pause",
    "PoolRefused",
    "PoolTokens",
    "PoolUnavailable",
    "RefreshDesk",
    "RefreshStore",
    "RefusedBefore",
    "Settled",
    "SqliteStore",
    "StoreCall",
    "StoreFailed",
]
