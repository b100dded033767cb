"""The example site in real browsers: asked for by `make test-next` (HARDTACK_NEXT=1), since it takes minutes.

What was seen is printed at the end as tables, and kept under `var/next` as JSON.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from hardtack.demo.pool import PoolIds
from support.next.tables import printed
from support.pool import embedded_pool, pool

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["embedded_pool", "pool"]

ASKED_FOR = os.environ.get("HARDTACK_NEXT") == "1"
ALWAYS = {"test_next_example.py"}


@pytest.fixture
def pool_of_names() -> PoolIds:
    """A pool as far as its names go."""
    return PoolIds(url="http://127.0.0.1:1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what takes minutes unless it is asked for."""
    here = os.path.dirname(__file__)  # noqa: PTH120 - to compare with what pytest says
    for item in items:
        path: Path = item.path
        if str(path).startswith(here) and path.name not in ALWAYS and not ASKED_FOR:
            item.add_marker(pytest.mark.skip(reason="takes minutes: make test-next"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the matrices of this run."""
    if ASKED_FOR:
        for line in printed():
            terminalreporter.write_line(line)
