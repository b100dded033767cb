"""A browser for the page, and a file that takes itself for a terminal."""

from __future__ import annotations

from io import StringIO

import pytest

from support.browser import chromium

__all__ = ["chromium", "terminal"]


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch) -> Screen:
    """A terminal with colours, 80 columns wide."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    return Screen()
