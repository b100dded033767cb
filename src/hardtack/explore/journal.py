"""Notes while a step is taken: what happens within it, for people; whom it asked for something, for the search."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Calls", "Journal"]


class Journal(list[str]):
    """Notes, kept only while it is open."""

    is_open = False

    def note(self, text: str) -> None:
        """Write something down."""
        if self.is_open:
            self.append(text)


@dataclass(slots=True)
class Calls:
    """What was asked since somebody set this to nothing.

    Attributes:
        pool: how often the pool was.
        site: how often the site's server was, by a browser.
    """

    pool: int = 0
    site: int = 0
