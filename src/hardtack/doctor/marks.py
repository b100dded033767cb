"""Equality without the values: two marks are the same if the texts were.

Rule: facts say that two cookies hold the same token or belong to the same person, never which. The key is drawn when
the doctor starts and forgotten when it ends, so a mark in a report can't be tried against a list of names.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

__all__ = ["Marker"]

_KEY_BYTES = 32
_MARK_BYTES = 6  # one mistaken equality in 16 million texts of one recording


@dataclass(frozen=True, slots=True)
class Marker:
    """Makes the marks of one run. One marker for everything that is to be compared.

    Attributes:
        key: leave it out, but for tests that need the same marks twice.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(_KEY_BYTES), repr=False)

    def mark(self, text: str) -> str:
        """Twelve hexadecimal digits that are the same for the same text."""
        data = text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self.key, digest_size=_MARK_BYTES).hexdigest()
