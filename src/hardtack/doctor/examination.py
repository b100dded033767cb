"""From a target to facts: which source is meant, and that one alone is loaded.

Rule: what a target is can be told by looking at it: an address, a folder, a file. Whoever means something else says so
by an option; nobody has to name the source of a HAR.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from hardtack.doctor.errors import SourceError
from hardtack.doctor.facts import SourceKind, no_progress

if TYPE_CHECKING:
    from argparse import Namespace

    from hardtack.doctor.facts import Facts, Progress, Source

__all__ = ["examine", "kind_of"]

_MODULES: Final = {
    SourceKind.HEADER: "hardtack.doctor.sources.headers",
    SourceKind.HAR: "hardtack.doctor.sources.har",
    SourceKind.PROJECT: "hardtack.doctor.sources.project",
    SourceKind.LIVE: "hardtack.doctor.sources.live",
    SourceKind.LOGS: "hardtack.doctor.sources.logs",
}
_PROJECT_FILES: Final = frozenset({"package.json", "hardtack.toml", "pyproject.toml"})
_SOURCES: Final = frozenset({".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".py"})
_URL: Final = ("http://", "https://")


def kind_of(target: str) -> SourceKind:
    """What a target is.

    Raises:
        SourceError: there is no such file or folder.
    """
    if target.lower().startswith(_URL):
        return SourceKind.LIVE
    path = Path(target)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError):
        is_folder = is_file = False
    if is_folder or (is_file and (path.name in _PROJECT_FILES or path.suffix in _SOURCES)):
        return SourceKind.PROJECT
    if is_file:
        return SourceKind.HAR
    raise SourceError(
        "There is no such file or folder, and it is no address either.",
        hint="Name a project folder, a HAR file or a URL with https://, or paste a header with --header -.",
    )


def examine(target: str, options: Namespace, progress: Progress = no_progress, kind: SourceKind | None = None) -> Facts:
    """Gather the facts about a target.

    Args:
        target: a path, a URL or a header's text.
        options: the command's.
        progress: told how far the source has come.
        kind: what the target is, where it isn't to be guessed.

    Raises:
        SourceError: the target can't be read, or its source needs a package that isn't there.
    """
    name = _MODULES[kind or kind_of(target)]
    try:
        source = cast("Source", import_module(name))
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing == name or name.startswith(f"{missing}."):
            raise SourceError("This release can't read that kind of evidence yet.") from None
        raise SourceError(
            f"Reading this needs the package {missing}.", hint='Install it with: pip install "hardtack[doctor]"'
        ) from None
    return source.gather(target, options, progress)
