"""Lines for a terminal: spans of text with a style each, printed in colour where that is possible.

Rule: colour only repeats what the text says, so that a file, a pipe and a screen reader lose nothing. No text is ever
markup. Without Rich the same lines are printed plainly.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, TextIO

from hardtack.explore.telling.texts import clean, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["WIDTH", "Line", "Span", "plain", "print_lines", "told"]

Span = tuple[str, str]
"""A piece of text and its style, as Rich names styles."""
Line = tuple[Span, ...]

WIDTH: Final = 100
"""Columns, where nobody says how many there are."""


def told(text: str, width: int, style: str = "", *, indent: int = 0) -> Iterator[Line]:
    """A text from outside in lines of a width, each after the first behind the indent as well."""
    for line in wrap(clean(text), max(width - indent, 1)):
        yield ((" " * indent, ""), (line, style)) if indent else ((line, style),)


def plain(lines: Iterable[Line]) -> str:
    """The lines without colours, each with a line break at its end."""
    return "".join(f"{''.join(text for text, _ in line).rstrip()}\n" for line in lines)


def print_lines(lines_of: Callable[[int], Iterable[Line]], file: TextIO | None = None) -> None:
    """Print lines: in colour where the file is a terminal and Rich is installed, else plainly.

    Args:
        lines_of: makes the lines for a number of columns.
        file: where to; standard output if none is given.
    """
    paper = sys.stdout if file is None else file
    try:
        from rich.console import Console  # noqa: PLC0415 -- an extra, and plain text needs none
        from rich.text import Text  # noqa: PLC0415
    except ImportError:
        paper.write(plain(lines_of(WIDTH)))
        return
    console = Console(file=paper, highlight=False)
    if not console.is_terminal:
        paper.write(plain(lines_of(WIDTH)))
        return
    for line in lines_of(console.width):
        console.print(Text.assemble(*line), soft_wrap=True)
