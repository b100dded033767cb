"""Replays in real Chromium with the real packages. A few run always; walks by the hundred are `make test-replay`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from support.pool import embedded_pool
from support.replay.rig import rig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hardtack.demo.pool import EmbeddedPool
    from support.replay.play import History, Replayed

__all__ = ["embedded_pool"]


@pytest.fixture(scope="module")
def replay(embedded_pool: EmbeddedPool) -> Iterator[Callable[[History], Replayed]]:
    """Replays a history; the browser, the server and the pool serve all of a file."""
    with asyncio.Runner() as runner:
        place = rig(embedded_pool)
        ready = runner.run(place.__aenter__())
        try:
            yield lambda history: runner.run(ready.play(history))
        finally:
            runner.run(place.__aexit__(None, None, None))
