"""Ways in and out for whoever runs the site: a kill switch, and a share of the browsers to begin with.

Rule: none of them needs a restart or a second look. The switch is a file: while it is there, everything passes. The
share is drawn once for each browser and kept in a cookie, so that nobody is healed on one page and not on the next.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hardtack.cookies import CookieHeader, CookiePolicy, SetCookie
    from hardtack.sessions.marks import MarkKeeper

__all__ = ["KillSwitch", "Lots"]

_LOOK: Final = 1.0  # seconds between two looks at the file
_LOT: Final = "hardtack-lot"
_FINENESS: Final = 10_000  # lots: a share is kept to a hundredth of a percent


class KillSwitch:
    """A file that switches the shield off while it exists.

    Args:
        path: the file, or None for no switch.
        clock: seconds that only go forward.
    """

    def __init__(self, path: Path | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._looked = float("-inf")
        self._off = False

    @property
    def is_off(self) -> bool:
        """Whether everything is to pass; at most a second old."""
        if self._path is None:
            return False
        now = self._clock()
        if now - self._looked >= _LOOK:
            self._looked = now
            with suppress(OSError):  # a folder that can't be looked into: as it was
                self._off = self._path.exists()
        return self._off


class Lots:
    """Draws which browsers are shielded.

    Args:
        percent: the share, 0 to 100.
        policy: where the lot's cookie lives.
        marks: a keyed hash, so that nobody can choose a lot by choosing a nonce.
    """

    def __init__(self, percent: float, policy: CookiePolicy, marks: MarkKeeper) -> None:
        self._percent = percent
        self._policy = policy
        self._marks = marks
        self._name = policy.own_name(_LOT)

    def draw(self, cookies: CookieHeader, nonce: str) -> tuple[bool, SetCookie | None]:
        """Whether this browser is shielded, and the cookie that remembers its lot where it has none yet."""
        if self._percent >= 100:  # noqa: PLR2004 -- all of them
            return True, None
        if self._percent <= 0:
            return False, None
        for value in cookies.get_all(self._name):
            if value.isascii() and value.isdecimal() and len(value) <= len(str(_FINENESS)):
                return self._wins(int(value)), None
        lot = int(self._marks.digest(f"lot:{nonce}")[:8], 16) % _FINENESS
        return self._wins(lot), self._policy.write_own(_LOT, str(lot), max_age=self._policy.max_age)

    def _wins(self, lot: int) -> bool:
        return lot * 100 < self._percent * _FINENESS
