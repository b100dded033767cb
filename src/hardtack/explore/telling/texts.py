"""Text from outside, made fit to be shown: on one line, nothing in it unseen, no wider than its place.

Rule: whatever a history holds (names, values, sentences) goes through `clean` before it goes anywhere else. What turns
the direction of text, hides it, moves a terminal's cursor or is forbidden in XML then stands there by its number. The
escaping of HTML, SVG or Mermaid is the work of those who write them, on top of this.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["capital", "cells", "clean", "counted", "ems", "wrap"]

# C0, DEL and C1; marks that turn the direction of text, hide it or break a line unseen; halves of characters; what XML
# forbids; the invisible copies of ASCII.
_UNSEEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)
_TWO_HEX: Final = 0xFF
_FOUR_HEX: Final = 0xFFFF
_WIDE: Final = frozenset("WF")
_NARROW_LETTERS: Final = frozenset(" .,:;|!'`ijlIft()[]{}/-\"")
_BROAD_LETTERS: Final = frozenset("mwMWOQGDHNU@%→←…—+<>=~_")
# Shares of the type's size, rounded up from DejaVu Sans, the broadest of the usual fonts: a line of text that is set in
# another one is shorter than we think, never longer.
_NARROW_EM: Final = 0.39
_PLAIN_EM: Final = 0.63
_BROAD_EM: Final = 0.88
_WIDE_EM: Final = 1.0


def clean(text: str) -> str:
    r"""The text on one line, every character of it visible: an escape character becomes `\x1b`."""
    return _UNSEEN.sub(_by_number, " ".join(text.split()))


def _by_number(found: re.Match[str]) -> str:
    number = ord(found[0])
    if number <= _TWO_HEX:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= _FOUR_HEX else f"\\U{number:08x}"


def capital(text: str) -> str:
    """The text with a capital at its head, the rest as it is."""
    return text[:1].upper() + text[1:]


def counted(number: int, noun: str) -> str:
    """`1 step`, `1,234 steps`: a regular English noun behind its number."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(_cells_of(letter) for letter in text)


def _cells_of(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in _WIDE else 1


def ems(text: str) -> float:
    """About how long the text is in a sans-serif font, in its size."""
    return sum(_ems_of(letter) for letter in text)


def _ems_of(letter: str) -> float:
    if letter in _NARROW_LETTERS:
        return _NARROW_EM
    if letter in _BROAD_LETTERS:
        return _BROAD_EM
    return _WIDE_EM if unicodedata.east_asian_width(letter) in _WIDE else _PLAIN_EM


def wrap(text: str, room: float, measure: Callable[[str], float] = cells) -> tuple[str, ...]:
    """Break a text between words, and a word that is too long for any line within it.

    Args:
        text: on one line.
        room: what a line may measure; a single letter may be more.
        measure: of a text.

    Returns:
        At least one line; none but the only one is empty.
    """
    lines = [""]
    for word in text.split(" "):
        rest = word
        if lines[-1] and measure(f"{lines[-1]} {rest}") <= room:
            lines[-1] += f" {rest}"
            continue
        if lines[-1]:
            lines.append("")
        while len(rest) > 1 and measure(rest) > room:
            fits = _fitting(rest, room, measure)
            lines[-1] = rest[:fits]
            lines.append("")
            rest = rest[fits:]
        lines[-1] = rest
    return tuple(line for line in lines if line) or ("",)


def _fitting(word: str, room: float, measure: Callable[[str], float]) -> int:
    """How many letters of a word that is too long fit; at least one, and never all."""
    return next((count - 1 for count in range(2, len(word)) if measure(word[:count]) > room), len(word) - 1)
