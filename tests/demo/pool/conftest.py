"""A client for the embedded pool, and the pool itself in its seeded state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

from support.browser import chromium
from support.pool import embedded_pool, pool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.demo.pool import EmbeddedPool

__all__ = ["chromium", "embedded_pool", "pool"]


@pytest.fixture
def http(pool: EmbeddedPool) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=pool.url, trust_env=False, timeout=5) as client:
        yield client
