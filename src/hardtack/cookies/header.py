"""The Cookie header, read without losing a twin.

Rule: whatever a browser can send is kept, every pair, in its order: a parser that folds the header into a dict hides
the very fault that this project heals. Only spaces and tabs are trimmed, as browsers do, and nothing is unquoted or
decoded: a value ending in the byte 0xA0 is somebody's UTF-8, though `str.strip` takes it for a space. Reading never
raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from hardtack.cookies.line import WHITESPACE, wire_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["CookieHeader"]


class CookieHeader:
    """What a browser sent, as latin-1 text: one character a byte. Immutable; equal to another with the same pairs.

    Its `repr` shows a count and nothing else: names hold user names, values hold tokens.
    """

    __slots__ = ("_by_name", "_pairs", "_raw")

    def __init__(self, lines: bytes | str | Iterable[bytes] = b"") -> None:
        """Read the header; see `parse`."""
        if isinstance(lines, str):
            lines = wire_text(lines).encode("latin-1")
        self._raw = lines if isinstance(lines, bytes) else b"; ".join(lines)
        self._pairs = _read_pairs(self._raw.decode("latin-1"))
        self._by_name: dict[str, list[str]] | None = None

    @classmethod
    def parse(cls, lines: bytes | str | Iterable[bytes]) -> Self:
        """Read one Cookie header, or the several lines that HTTP/2 may cut it into (RFC 9113 section 8.2.3).

        Args:
            lines: the value of the header, or those of all its lines in their order. A string that isn't latin-1 stands
                for its UTF-8 bytes.
        """
        return cls(lines)

    @property
    def raw(self) -> bytes:
        """The header as it came; several lines are joined with `; `."""
        return self._raw

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every (name, value) in the order of the wire, twins included. A pair without "=" is ("", text)."""
        return self._pairs

    @property
    def names(self) -> tuple[str, ...]:
        """The distinct names, in the order in which they are first seen."""
        return tuple(self._values())

    def get_all(self, name: str) -> tuple[str, ...]:
        """Every value of a name, in the order of the wire; () if there is none."""
        return tuple(self._values().get(name, ()))

    def count(self, name: str) -> int:
        """How many cookies bear this name."""
        return len(self._values().get(name, ()))

    def twins(self) -> dict[str, tuple[str, ...]]:
        """The names seen more than once, with all their values."""
        if len(dict(self._pairs)) == len(self._pairs):  # nearly every request: cheaper than the index
            return {}
        return {name: tuple(values) for name, values in self._values().items() if len(values) > 1}

    def _values(self) -> dict[str, list[str]]:
        """The values by name. Made when first asked for: a request that carries nothing of ours never asks."""
        if self._by_name is None:
            by_name: dict[str, list[str]] = {}
            for name, value in self._pairs:
                if name in by_name:
                    by_name[name].append(value)
                else:
                    by_name[name] = [value]
            self._by_name = by_name
        return self._by_name

    def __contains__(self, name: object) -> bool:
        return name in self._values()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        return self._pairs == other._pairs if isinstance(other, CookieHeader) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __repr__(self) -> str:
        return f"<CookieHeader of {len(self._pairs)}>"


def _read_pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Cut at ";" and at the first "=". By offsets: splitting would copy every token once more than is needed."""
    pairs: list[tuple[str, str]] = []
    find = text.find
    start, length = 0, len(text)
    while start < length:
        end = find(";", start)
        if end < 0:
            end = length
        equals = find("=", start, end)
        if equals >= 0:
            pairs.append((text[start:equals].strip(WHITESPACE), text[equals + 1 : end].strip(WHITESPACE)))
        elif nameless := text[start:end].strip(WHITESPACE):
            pairs.append(("", nameless))
        start = end + 1
    return tuple(pairs)
