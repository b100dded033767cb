"""What the tests of the documentation share."""

from __future__ import annotations

import logging

import pytest

from support.docs import environment
from support.pool import embedded_pool, pool

__all__ = ["embedded_pool", "pool"]


@pytest.fixture
def deployed(pool, monkeypatch):
    """A pool, and the environment that the examples' deployments read."""
    for name, value in environment(pool).items():
        monkeypatch.setenv(name, value)
    return pool


@pytest.fixture(autouse=True)
def _logger_as_it_was():
    """An example may set up the log; the next test finds it as it was."""
    logger = logging.getLogger("hardtack")
    before = [*logger.handlers], logger.level
    yield
    logger.handlers[:], logger.level = before
