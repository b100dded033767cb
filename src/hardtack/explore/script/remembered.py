"""Steps that were made before: a run that is in the same place, is answered alike and reads the same does the same.

Rule: in an explored world the same script runs again and again while something else differs elsewhere. What script
does hangs on what it reads; so what is remembered is a tree: what is written until the next reading, then a branch for
each text that was read there, and at the ends the steps. A reading that is new leads to the engine, which goes on from
there. Texts are kept as digests of 16 bytes, since there are many and they are long.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardtack.explore.script.model import Memory, Run, ScriptSettings, Segment, Step

__all__ = ["Place", "Remembered"]

MOST_PLACES: Final = 200_000
"""Places that are remembered; some hundred bytes each, and then all are forgotten."""
_MOST_MARKS: Final = 8_192
"""Texts whose digest is at hand; a few kilobytes each."""
_MARK: Final = 16
"""Bytes of a digest: no two texts of a search will ever share one."""


@dataclass(slots=True)
class Place:
    """A point in a segment: after a reading, or at its beginning.

    Attributes:
        writes: what is written from here to the next reading, or to the end.
        step: where the segment ends with them, without its readings; None where another reading follows.
        after: the places behind the next reading, by what is read.
    """

    writes: list[str] = field(default_factory=list[str])
    step: Step | None = None
    after: dict[bytes, Place] = field(default_factory=dict[bytes, "Place"])


class Remembered:
    """The trees of one host."""

    def __init__(self) -> None:
        self._trees: dict[bytes, Place] = {}
        self._numbers: dict[tuple[ScriptSettings, Run], int] = {}
        self._places = 0

    def beginning(
        self,
        settings: ScriptSettings,
        memory: Memory,
        run: Run,
        segments: Iterable[Segment],
        *,
        answer: str,
        place: int,
        now: float,
        tear: bool,
    ) -> tuple[Place, bool]:
        """Where a segment begins, and whether somebody has been there before."""
        number = self._numbers.setdefault((settings, run), len(self._numbers))
        parts = [f"{number} {place} {now!r} {tear}".encode(), mark(memory.page), mark(memory.tab), mark(answer)]
        for segment in segments:
            parts += (
                f"{segment.place} {segment.now!r}".encode(),
                mark(segment.answer),
                *map(mark, segment.readings),
                b";",
            )
        key = blake2b(b"|".join(parts), digest_size=_MARK).digest()
        found = self._trees.get(key)
        if found is not None:
            return found, True
        if self._places >= MOST_PLACES:
            self._trees.clear()
            self._places = 0
        self._places += 1
        made = self._trees[key] = Place()
        return made, False

    def branch(self, place: Place, text: str) -> tuple[Place, bool]:
        """Where a reading leads, and whether somebody has been there before."""
        key = mark(text)
        found = place.after.get(key)
        if found is not None:
            return found, True
        self._places += 1
        made = place.after[key] = Place()
        return made, False


def written(place: Place, line: str) -> None:
    """Note a write. Many places write the same lines, which are kept once."""
    place.writes.append(sys.intern(line))


@lru_cache(maxsize=_MOST_MARKS)
def mark(text: str) -> bytes:
    """A digest that stands for a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_MARK).digest()
