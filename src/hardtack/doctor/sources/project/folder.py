"""The folder that was named, and nothing beside it: which files count, and what stands in them.

Rule: a project folder is as hostile as a recording. No symbolic link is followed, so nothing outside is read and no
loop is walked; what isn't a regular file isn't opened; what git ignores, what a tool has built and what was installed
is passed over. Environment files are the exception to git's list: they are ignored nearly everywhere, and they decide.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hardtack.doctor.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pathspec import GitIgnoreSpec

__all__ = ["LARGEST_SOURCE", "SCRIPTS", "Folder", "open_folder"]

SCRIPTS: Final = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
LARGEST_SOURCE: Final = 1_000_000
"""Bytes of a source file that a person may have written; what is larger is a bundle."""

_LARGEST: Final = 24_000_000  # bytes of any file that is read at all; the lockfile of a large monorepo has some ten
_MOST_FILES: Final = 60_000
_DEEPEST: Final = 40
_MOST_PARENTS: Final = 20
_LONGEST_IGNORE: Final = 64_000  # bytes of a .gitignore
_LONGEST_PATTERN: Final = 200
_MOST_STARS: Final = 8  # in one pattern: more only make matching slow
_NAMES: Final = frozenset(
    {"package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml"}
    | {"hardtack.toml", "pyproject.toml", "amplify_outputs.json", "amplifyconfiguration.json", "jsconfig.json"}
)
_SUFFIXES: Final = (*SCRIPTS, ".py", ".json")
_PASSED_OVER: Final = frozenset(
    {"node_modules", ".git", ".next", "dist", "coverage", ".turbo", ".vercel", ".cache", ".amplify-hosting", "cdk.out"}
    | {"__pycache__", ".venv", "venv", ".tox", ".svelte-kit", ".nuxt", ".output", ".yarn", "storybook-static", ".hg"}
)
_BUILT: Final = frozenset({"build", "out"})
"""Output of a build beside a package.json, and an ordinary name anywhere else."""
_CAREFULLY: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(slots=True)
class Folder:
    """The files of a target that may count.

    Attributes:
        root: the folder.
        files: their paths relative to it, with slashes, in order.
        unreadable: those that should have counted and could not be read or understood.
        cut_short: whether there were more files than anybody has.
    """

    root: Path
    files: tuple[str, ...] = ()
    unreadable: set[str] = field(default_factory=set[str])
    cut_short: bool = False

    def read(self, name: str) -> bytes | None:
        """The file as UTF-8, whatever it was; None if it can't be read, is binary or far too large."""
        data = self._bytes(name)
        if data is None:
            self.unreadable.add(name)
            return None
        if data.startswith(_UTF16):
            data = data.decode("utf-16", "replace").encode("utf-8", "replace")
        if b"\x00" in data[:8192]:
            self.unreadable.add(name)
            return None
        return data.removeprefix(b"\xef\xbb\xbf")

    def text(self, name: str) -> str | None:
        """The file as text; what isn't UTF-8 in it becomes a replacement character."""
        data = self.read(name)
        return None if data is None else data.decode("utf-8", "replace")

    def _bytes(self, name: str) -> bytes | None:
        try:
            # Whatever has become of the file since it was listed: no link is followed, and no pipe is waited for.
            file = os.open(self.root / name, os.O_RDONLY | _CAREFULLY)
            try:
                status = os.fstat(file)
                if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                    return None
                data = os.read(file, status.st_size)
                while 0 < len(data) < status.st_size and (more := os.read(file, status.st_size - len(data))):
                    data += more
            finally:
                os.close(file)
        except (OSError, ValueError):
            return None
        return data


def open_folder(target: str) -> Folder:
    """Find the files of a target.

    Args:
        target: a folder, or a file of a project, which stands for the project that it belongs to.

    Raises:
        SourceError: there is no such folder, or it can't be read.
    """
    path = Path(target)
    try:
        status = path.stat()
        root = path if stat.S_ISDIR(status.st_mode) else _project_of(path)
        with os.scandir(root):
            pass
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is no path"
        raise SourceError(
            f"The project folder can't be read: {reason}.", hint="Name the folder that holds package.json."
        ) from None
    folder = Folder(root)
    found: list[str] = []
    for name in _walk(folder):
        found.append(name)
        if len(found) >= _MOST_FILES:
            folder.cut_short = True
            break
    folder.files = tuple(sorted(found))
    return folder


def _project_of(path: Path) -> Path:
    """The nearest folder above a file that has a manifest; its own where none has."""
    for parent in [*path.parents, *path.absolute().parents][:_MOST_PARENTS]:
        if any((parent / manifest).is_file() for manifest in ("package.json", "pyproject.toml", "hardtack.toml")):
            return parent
    return path.parent


def _walk(folder: Folder) -> Iterator[str]:
    pending: list[tuple[str, int, tuple[tuple[str, GitIgnoreSpec], ...]]] = [("", 0, ())]
    while pending:
        where, depth, specs = pending.pop()
        try:
            with os.scandir(folder.root / where) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            folder.unreadable.add(where)
            continue
        names = {entry.name for entry in listed}
        if ".gitignore" in names and (spec := _ignored(folder, f"{where}.gitignore")) is not None:
            specs = (*specs, (where, spec))
        for entry in listed:
            name = f"{where}{entry.name}"
            if not name.isprintable() or "\\" in name:
                continue
            if entry.is_dir(follow_symlinks=False):
                built = entry.name in _BUILT and "package.json" in names
                if entry.name not in _PASSED_OVER and not built and depth < _DEEPEST and not _skips(specs, f"{name}/"):
                    pending.append((f"{name}/", depth + 1, specs))
            elif entry.is_file(follow_symlinks=False) and _counts(entry.name, specs, name):
                yield name


def _counts(base: str, specs: tuple[tuple[str, GitIgnoreSpec], ...], name: str) -> bool:
    if base.startswith(".env"):
        return True
    return (base in _NAMES or base.endswith(_SUFFIXES)) and not _skips(specs, name)


def _skips(specs: tuple[tuple[str, GitIgnoreSpec], ...], name: str) -> bool:
    """What git does: the last file that says something decides."""
    for where, spec in reversed(specs):
        include = spec.check_file(name.removeprefix(where)).include
        if include is not None:
            return include
    return False


def _ignored(folder: Folder, name: str) -> GitIgnoreSpec | None:
    try:
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 -- only this source needs it
    except ModuleNotFoundError as error:
        raise SourceError(
            f"Reading a project needs the package {error.name}.", hint='Install it with: pip install "hardtack[doctor]"'
        ) from None

    data = folder.read(name)
    if data is None or len(data) > _LONGEST_IGNORE:
        return None
    lines = [
        line
        for line in data.decode("utf-8", "replace").splitlines()
        if len(line) <= _LONGEST_PATTERN and line.count("*") <= _MOST_STARS
    ]
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return None
