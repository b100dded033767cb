"""A history as files: a story, two diagrams, a page and a document, each named by the property that it breaks.

Rule: they all tell the same; nothing here knows more than what tells them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hardtack.explore.errors import ExploreError
from hardtack.explore.telling.document import trace_document
from hardtack.explore.telling.mermaid import mermaid
from hardtack.explore.telling.sequence import sequence_svg
from hardtack.explore.telling.story import tell_story

if TYPE_CHECKING:
    from pathlib import Path

    from hardtack.explore.trace import Trace

__all__ = ["write_trace"]


def write_trace(trace: Trace, folder: Path, name: str) -> tuple[Path, ...]:
    """Write a history in every form.

    Args:
        trace: what happened.
        folder: where to; it is made if it isn't there.
        name: of the files, without an ending.

    Returns:
        What was written: the page first, which shows most.

    Raises:
        ExploreError: a file can't be written, or the package that makes the page isn't installed.
    """
    try:
        from hardtack.explore.telling.page import render_page  # noqa: PLC0415 -- needs the extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "hardtack":
            raise
        raise ExploreError(
            f"The page of a history needs {error.name}.", hint='Install it with: pip install "hardtack[explore]"'
        ) from None
    told = {
        "html": render_page(trace),
        "txt": tell_story(trace),
        "svg": sequence_svg(trace),
        "mmd": mermaid(trace),
        "json": json.dumps(trace_document(trace), ensure_ascii=False, indent=1) + "\n",
    }
    paths = {folder / f"{name}.{ending}": text for ending, text in told.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in paths.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExploreError(
            f"The histories can't be written: {error.strerror or 'the file system refuses'}.",
            hint="Name a folder that you may write to.",
        ) from None
    return tuple(paths)
