"""Writing remedies into a folder, and telling whether what lies there has drifted from the policy.

Rule: nothing is overwritten that a remedy did not write, and then nothing at all is written: a folder never holds half
a remedy. A block that nobody edited is brought up to date where it stands, and what people wrote around it stays.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hardtack.cookies import PolicyProblem
from hardtack.web.remedy.blocks import Block, blocks_in, put_block
from hardtack.web.remedy.site import RemedyError
from hardtack.web.remedy.targets import NEXT_ENTRY, OLD_NEXT_ENTRY, TARGETS, RemedyFile, remedy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardtack.sessions import PolicyFile

__all__ = ["Drift", "Finding", "Written", "check", "read_text", "write"]

_MAX_BYTES: Final = 4_000_000  # a remedy has some ten kilobytes; so may the file that it was pasted into


class Written(StrEnum):
    """What became of one file."""

    NEW = "new"
    RENEWED = "renewed"
    UNCHANGED = "unchanged"


class Drift(StrEnum):
    """What became of a block since it was written."""

    NONE = "none"
    EDITED = "edited"
    POLICY = "policy"
    REMEDY = "remedy"


_TOLD: Final = {
    Drift.NONE: "agrees with the policy file.",
    Drift.EDITED: "was edited by hand, so that nobody knows any more what it does to which scope.",
    Drift.POLICY: "was written for another policy.",
    Drift.REMEDY: "was written for other names or scopes than the policy file has now, or by another Hardtack.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found in one block.

    Attributes:
        file: the file's name.
        target: which remedy wrote the block.
        written: the day on which it did.
        policy: the policy's fingerprint on that day.
        drift: what became of it since.
    """

    file: str
    target: str
    written: str
    policy: str
    drift: Drift

    @property
    def sentence(self) -> str:
        """The finding in words."""
        return f"{self.file} ({self.target}, {self.written}) {_TOLD[self.drift]}"


def check(path: Path, file: PolicyFile) -> tuple[Finding, ...]:
    """Compare every block in a file with what would be written now.

    Args:
        path: a file that a remedy wrote, or into which one was pasted.
        file: the policy file.

    Raises:
        RemedyError: it can't be read, holds no remedy, or none can be written for this policy any more.
    """
    blocks = blocks_in(read_text(path))
    if not blocks:
        raise RemedyError([_problem("no-block", path, "No remedy stands in it, or its first or last line is gone.")])
    return tuple(Finding(path.name, block.target, block.written, block.policy, _drift(block, file)) for block in blocks)


def write(files: Sequence[RemedyFile], folder: Path, *, force: bool = False) -> dict[str, Written]:
    """Write a remedy's files below a folder.

    Args:
        files: the remedy.
        folder: made if it is not there.
        force: overwrite what was edited by hand, and files that no remedy wrote.

    Returns:
        What became of each file, by its name.

    Raises:
        RemedyError: something would be overwritten that no remedy wrote, and nothing was written; or the folder can't
            be written to.
    """
    plans = [(each, folder / each.name) for each in files]
    texts: dict[str, tuple[Written, str]] = {}
    problems: list[PolicyProblem] = []
    for each, path in plans:
        if not path.exists():
            texts[each.name] = (Written.NEW, each.text)
            continue
        old = read_text(path)
        found = [block for block in blocks_in(old) if (block.target, block.file) == (each.target, each.name)]
        if len(found) == 1 and found[0].was_edited and not force:
            problems.append(_problem("edited", path, "Its block was edited by hand."))
        elif len(found) != 1 and not force:
            problems.append(_problem("foreign", path, "No remedy of this name wrote it."))
        elif len(found) == 1:
            (new,) = blocks_in(each.block)
            same = (found[0].content, found[0].policy) == (new.content, new.policy) and not found[0].was_edited
            texts[each.name] = (
                (Written.UNCHANGED, old) if same else (Written.RENEWED, put_block(old, found[0], each.block))
            )
        else:
            texts[each.name] = (Written.RENEWED, each.text)
    if problems:
        raise RemedyError(problems)
    for each, path in plans:
        if texts[each.name][0] is not Written.UNCHANGED:
            _replace(path, texts[each.name][1])
    return {name: became for name, (became, _) in texts.items()}


def _drift(block: Block, file: PolicyFile) -> Drift:
    if block.was_edited:
        return Drift.EDITED
    if block.policy != file.policy.fingerprint:
        return Drift.POLICY
    if block.target not in TARGETS:
        return Drift.REMEDY
    entry = block.file if block.file in (NEXT_ENTRY, OLD_NEXT_ENTRY) else NEXT_ENTRY
    now = {each.name: blocks_in(each.block)[0].content for each in remedy(block.target, file, next_entry=entry)}
    return Drift.NONE if now.get(block.file) == block.content else Drift.REMEDY


def read_text(path: Path) -> str:
    """A file's text.

    Raises:
        RemedyError: it can't be read, is too large for what it should be, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise RemedyError([_problem("size", path, f"It is larger than {_MAX_BYTES:,} bytes.")])
        return data.decode()
    except (OSError, ValueError) as error:  # ValueErrors: not UTF-8, or a path with a NUL byte
        why = (error.strerror if isinstance(error, OSError) else None) or "it is not UTF-8 text"
        raise RemedyError([_problem("unreadable", path, f"It can't be read: {why}.")]) from None


def _replace(path: Path, text: str) -> None:
    """In one step, so that no half of a file is ever deployed; with the rights that the old one had."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise RemedyError([_problem("unwritable", path, f"It can't be written: {why}.")]) from None


_HINTS: Final = {
    "no-block": "Paste the whole remedy, comments included, or write it anew with --output.",
    "edited": "Move what was added behind the block's last line, or write it anew with --force.",
    "foreign": "Write into another folder, or overwrite it with --force.",
    "size": "Name the file that the remedy wrote.",
    "unreadable": "Check the path.",
    "unwritable": "Check the path and its rights.",
}


def _problem(code: str, path: Path, sentence: str) -> PolicyProblem:
    return PolicyProblem(f"remedy.{code}", path.name, sentence, _HINTS[code])
