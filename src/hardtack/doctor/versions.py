"""Versions as npm writes them, and ranges of them: enough to say whether a release has a known fault.

Rule: only what is certain is compared. `6.4.1` and `v6.4.1-unstable.3` are versions; of a range such as `^6.4.0` only
the lowest version that it admits is known, and `*`, `latest` and a git address say nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Range", "Version", "parse_version"]

Version = tuple[int, int, int]
_VERSION = re.compile(r"[\^~>=v\s]*(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:[-+][0-9A-Za-z.+-]*)?")


def parse_version(text: str) -> Version | None:
    """The version that a lockfile or the lower end of a range names; None if it names none."""
    found = _VERSION.fullmatch(text.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


@dataclass(frozen=True, slots=True)
class Range:
    """Versions from one, inclusive, to another, exclusive. A pre-release counts as its release.

    Attributes:
        start: the first release that is meant; None for all before `end`.
        end: the first that isn't; None for all from `start`.
    """

    start: str | None
    end: str | None

    def holds(self, version: Version) -> bool:
        """Whether the version lies in it."""
        return (self.start is None or self.first <= version) and (self.end is None or version < _known(self.end))

    @property
    def first(self) -> Version:
        """The lowest version in it."""
        return (0, 0, 0) if self.start is None else _known(self.start)

    def __str__(self) -> str:
        if self.start is None:
            return f"< {self.end}"
        return f"≥ {self.start}" if self.end is None else f"{self.start} to < {self.end}"


def _known(text: str) -> Version:
    version = parse_version(text)
    if version is None:
        raise ValueError(f"{text} is not a version.")
    return version
