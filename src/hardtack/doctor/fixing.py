"""`--fix` and `--diff`: the edits that are surely safe, and nothing else.

Rule: an edit is made only where the line still has the old text exactly once, within the target, in a file that is
plain UTF-8; the file's line endings and everything else stay as they are. What isn't surely safe is told as exact lines
in the report, for a person to write.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardtack.doctor.errors import DoctorError
from hardtack.doctor.quoting import quotable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hardtack.doctor.diagnosis import Diagnosis
    from hardtack.doctor.rules.model import Edit

__all__ = ["Change", "apply", "changes"]


@dataclass(frozen=True, slots=True)
class Change:
    """One file as it is and as it would be.

    Attributes:
        path: of the file.
        name: relative to the target.
        before: its text.
        after: its text with the edits.
        edits: how many.
    """

    path: Path
    name: str
    before: str
    after: str
    edits: int

    def diff(self) -> str:
        """The unified diff; control characters of the file don't reach the terminal."""
        lines = difflib.unified_diff(
            self.before.splitlines(),
            self.after.splitlines(),
            f"a/{quotable(self.name)}",
            f"b/{quotable(self.name)}",
            lineterm="",
        )
        return "".join(
            "".join(one if one.isprintable() or one == "\t" else "?" for one in line) + "\n" for line in lines
        )


def changes(diagnosis: Diagnosis, root: Path) -> tuple[Change, ...]:
    """What the edits of all findings make of the target's files. Nothing is written.

    Args:
        diagnosis: whose findings.
        root: the target's folder.
    """
    by_file: dict[str, list[Edit]] = {}
    for finding in diagnosis.findings:
        for edit in finding.hit.edits:
            if edit not in by_file.setdefault(edit.file, []):
                by_file[edit.file].append(edit)
    found = (_change(root, name, edits) for name, edits in by_file.items())
    return tuple(change for change in found if change is not None)


def _change(root: Path, name: str, edits: Iterable[Edit]) -> Change | None:
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        return None
    try:
        before = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    lines = before.split("\n")  # as editors count: other breaks are part of a line
    made = 0
    for edit in edits:
        if 1 <= edit.line <= len(lines) and lines[edit.line - 1].count(edit.old) == 1:
            lines[edit.line - 1] = lines[edit.line - 1].replace(edit.old, edit.new)
            made += 1
    return Change(path, name, before, "\n".join(lines), made) if made else None


def apply(found: Iterable[Change]) -> int:
    """Write the files.

    Returns:
        How many edits were made.

    Raises:
        DoctorError: a file can't be written.
    """
    made = 0
    for change in found:
        try:
            change.path.write_bytes(change.after.encode("utf-8"))
        except OSError as error:
            raise DoctorError(
                f"A file can't be written: {error.strerror or 'the file system refuses'}.",
                hint="Nothing after it was changed; look at the diff with --diff.",
            ) from None
        made += change.edits
    return made
