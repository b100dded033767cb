"""What has happened, in the order in which it happened: Hardtack's events, and what the visitor did.

Rule: it keeps names and safe particulars; sentences are made when somebody reads, in the reader's language. It is
bounded, and it tells what is newer than what the reader has.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.sessions import Event

__all__ = ["Entry", "Timeline"]

_MOST: Final = 200  # entries kept: a demo's evening, and no more than a page can show
_GOOD: Final = frozenset({"signed.in", "session.refreshed", "session.handed", "session.adopted", "twins.swept"})
_WARNING: Final = frozenset(
    {
        "twins.found", "twins.left", "writer.foreign", "session.foreign", "session.rivals", "refresh.unavailable",
        "keys.unavailable", "clock.skewed", "signin.unseen", "host.foreign", "request.limited",
    }
)  # fmt: skip
_BAD: Final = frozenset(
    {"session.dead", "session.ended", "refresh.refused", "refresh.discarded", "loop.broken", "guidance.shown"}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline.

    Attributes:
        number: 1, 2, 3… since the start.
        at: seconds since the epoch, by this machine.
        name: an event's name, `plant.KEY` for what the visitor did, or `load` for a page load.
        fields: what the sentence is filled with.
        reference: the request's support code, or "".
    """

    number: int
    at: float
    name: str
    fields: Mapping[str, str | int | float | bool | None] = field(default_factory=dict[str, str])
    reference: str = ""

    @property
    def tone(self) -> str:
        """`good`, `warning`, `bad`, `plant` for what the visitor did, `load` for a page load, else `info`."""
        if self.name.startswith("plant."):
            return "plant"
        if self.name == "load":
            return "load"
        for tone, names in (("good", _GOOD), ("warning", _WARNING), ("bad", _BAD)):
            if self.name in names:
                return tone
        return "info"


class Timeline:
    """The latest entries; safe to use from several threads."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_MOST)
        self._last = 0
        self._lock = Lock()

    def add(self, name: str, reference: str = "", **fields: str | float | bool | None) -> None:
        """Put an entry at the end."""
        with self._lock:
            self._last += 1
            self._entries.append(Entry(self._last, time.time(), name, fields, reference))

    def hear(self, event: Event) -> None:
        """Take an event of Hardtack's; the hook to be given to `Settings`."""
        self.add(event.name, event.reference, **event.fields)

    def after(self, number: int) -> tuple[Entry, ...]:
        """The entries that came after this one, oldest first."""
        with self._lock:
            return tuple(entry for entry in self._entries if entry.number > number)
