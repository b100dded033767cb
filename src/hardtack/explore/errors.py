"""What keeps the explorer from searching at all. What it finds is never an exception.

Rule: one clear sentence, and what to write; whoever runs the explorer meets no traceback, whatever they ask of it.
"""

from __future__ import annotations

from typing import ClassVar

from hardtack.errors import Blame, HardtackError

__all__ = ["ExploreError", "UnforeseenError"]


class ExploreError(HardtackError):
    """The explorer was asked for what it can't do: a world that can't be, a file that it can't go on from."""

    code: ClassVar[str] = "explore"
    blame: ClassVar[Blame] = Blame.CONFIGURATION


class UnforeseenError(Exception):
    """A server did something else than was reckoned with; see `hardtack.explore.servers.foreseeing`."""
