"""Notes while a step is taken: what happens within it, for people; whether the pool was asked, for the search."""

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
    """How often the pool was asked since somebody set this to nothing."""

    count: int = 0
