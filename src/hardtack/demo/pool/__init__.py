"""A user pool for the demo and the tests: ministack's Cognito behind a thin layer that breaks, rotates and keeps time.

Rule: nothing of the product imports it, and it imports nothing of the product but the base of its errors.
"""

from __future__ import annotations

from hardtack.demo.pool.control import PoolControl
from hardtack.demo.pool.embedded import EmbeddedPool
from hardtack.demo.pool.facts import (
    ALL_OPERATIONS,
    JWKS,
    SEEDED_USERS,
    Call,
    Fault,
    FaultKind,
    PoolError,
    PoolIds,
    PoolSettings,
    SeededUser,
)
from hardtack.demo.pool.verbs import PoolVerbs

__all__ = [
    "ALL_OPERATIONS",
    "JWKS",
    "SEEDED_USERS",
    "Call",
    "EmbeddedPool",
    "Fault",
    "FaultKind",
    "PoolControl",
    "PoolError",
    "PoolIds",
    "PoolSettings",
    "PoolVerbs",
    "SeededUser",
]
