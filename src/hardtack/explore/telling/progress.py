"""The line that shows how a search is getting on.

Rule: one line that replaces itself, on a terminal only. A log or a pipe is told the verdict and nothing before it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from hardtack.explore.telling.verdict import memory

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import TextIO

__all__ = ["Progress", "progress_line", "showing_progress"]

_SPARSE: Final = 0.8  # of the memory bound: from here on a person may want to stop and ask for less
_REFRESHES: Final = 8  # a second: smooth to the eye, and nothing for the machine


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is.

    Attributes:
        states: how many were reached.
        frontier: how many of them are still to be looked at.
        depth: how many steps these are from the beginning.
        states_per_second: as of late.
        memory_bytes: in use.
        memory_bound: the most that may be used; None without a bound.
    """

    states: int
    frontier: int
    depth: int
    states_per_second: float
    memory_bytes: int
    memory_bound: int | None = None


def progress_line(progress: Progress) -> Text:
    """The line, for Rich."""
    bound = progress.memory_bound
    sparse = bound is not None and progress.memory_bytes > _SPARSE * bound
    used = memory(progress.memory_bytes) + ("" if bound is None else f" of {memory(bound)}")
    return Text.assemble(
        (f"{progress.states:,}", "bold"),
        " states  ",
        (f"{progress.frontier:,}", "bold"),
        " ahead  depth ",
        (f"{progress.depth:,}", "bold"),
        "  ",
        (f"{progress.states_per_second:,.0f}", "bold cyan"),
        " states/s  ",
        (used, "bold yellow" if sparse else "bold"),
    )


@contextmanager
def showing_progress(file: TextIO) -> Generator[Callable[[Progress], None]]:
    """Show a line that replaces itself until the block ends; nothing where the file is no terminal.

    Args:
        file: where to; standard error, usually.

    Yields:
        What to call as often as one likes.
    """
    console = Console(file=file)
    if not console.is_terminal:
        yield lambda _progress: None
        return
    with Live(console=console, transient=True, refresh_per_second=_REFRESHES) as live:
        yield lambda progress: live.update(progress_line(progress))
