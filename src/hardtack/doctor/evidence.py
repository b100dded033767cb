"""Where a fact comes from, and how far it can be trusted.

Rule: no fact without evidence. Whoever reads a finding must be able to open the file at that line or the recording at
that request and see the same. What is quoted is made safe here, at construction, so nothing unsafe can travel further.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hardtack.doctor.quoting import quotable, safe_url

__all__ = ["Basis", "Evidence", "Place"]


class Basis(StrEnum):
    """How somebody knows."""

    OBSERVED = "observed"
    """It happened: it stands in a recording, a browser's jar or a header."""
    CONFIGURED = "configured"
    """It is written down: in source code, a configuration file, a lockfile."""
    INFERRED = "inferred"
    """It follows from the others: a script's write that no recording shows, a default that nobody wrote down."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look.

    Attributes:
        source: a file relative to the target, the name of a recording, the URL of a live site, or `header`.
        line: in a file, from 1.
        column: in a file, from 1, counted in characters.
        end_line: where the place ends, inclusive; None for the same line.
        entry: index among a recording's entries, from 0 in the order of the file.
        url: of the request, made safe: no query, no fragment, no user.
        at: epoch seconds at which the request started, by the clock of the device.
    """

    source: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    entry: int | None = None
    url: str | None = None
    at: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", quotable(self.source))
        if self.url is not None:
            object.__setattr__(self, "url", safe_url(self.url))


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place and what stands there.

    Attributes:
        place: where to look.
        quote: a line of code, `POST /login → 200`, whatever lets a reader recognise it; safe to be shown.
        basis: how it is known.
    """

    place: Place
    quote: str = ""
    basis: Basis = Basis.OBSERVED

    def __post_init__(self) -> None:
        object.__setattr__(self, "quote", quotable(self.quote))
