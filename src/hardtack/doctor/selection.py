"""What is looked for and what is known already: `--select`, `--ignore`, and the baseline file.

Rule: a name that no rule has is an error with a suggestion, not a rule that silently never fires. A baseline holds
fingerprints and ids, nothing of the evidence, so that it can be committed.
"""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, cast

from hardtack.doctor.errors import DoctorError
from hardtack.doctor.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from hardtack.doctor.diagnosis import Diagnosis
    from hardtack.doctor.rules.model import Rule

__all__ = ["BASELINE_SCHEMA", "read_baseline", "selection", "write_baseline"]

BASELINE_SCHEMA: Final = "hardtack-doctor-baseline/1"


def selection(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> Callable[[Rule], bool]:
    """Which rules are wanted.

    Args:
        select: ids, beginnings of ids (`HT1`) or names, commas allowed; all rules if empty.
        ignore: the same, taken away from those.

    Raises:
        DoctorError: something names no rule.
    """
    chosen, dropped = _named(select), _named(ignore)
    return lambda rule: (not chosen or rule.id in chosen) and rule.id not in dropped


def _named(words: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for word in (part.strip() for text in words for part in text.split(",")):
        if not word:
            continue
        ids = {rule.id for rule in RULES if rule.id.startswith(word.upper()) or rule.name == word.lower()}
        if not ids:
            near = get_close_matches(word.lower(), [one for rule in RULES for one in (rule.id.lower(), rule.name)], 1)
            meant = f"Did you mean {near[0].upper() if near[0].startswith('ht') else near[0]}? " if near else ""
            raise DoctorError("No rule has this id or name.", hint=f"{meant}`hardtack explain` lists them all.")
        found |= ids
    return frozenset(found)


def read_baseline(path: Path) -> tuple[str, ...]:
    """The fingerprints of a baseline file.

    Raises:
        DoctorError: there is no such file, or it isn't one.
    """
    try:
        read: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DoctorError(
            f"The baseline can't be read: {error.strerror or 'no such file'}.", hint="Write one with --write-baseline."
        ) from None
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict) or cast("dict[str, Any]", read).get("schema") != BASELINE_SCHEMA:
        raise DoctorError(
            "The baseline file is not one of this program's.", hint="Write a new one with --write-baseline."
        )
    findings = cast("dict[str, Any]", read).get("findings")
    rows = cast("list[Any]", findings) if isinstance(findings, list) else []
    prints = (cast("dict[str, Any]", row).get("fingerprint") for row in rows if isinstance(row, dict))
    return tuple(one for one in prints if isinstance(one, str))


def write_baseline(path: Path, diagnosis: Diagnosis) -> int:
    """Write what is known now, findings and those that a baseline already held.

    Returns:
        How many.

    Raises:
        DoctorError: the file can't be written.
    """
    known = [*diagnosis.findings, *(one.finding for one in diagnosis.suppressed if one.by == "baseline")]
    rows = sorted({(finding.rule.id, finding.fingerprint) for finding in known})
    text = {"schema": BASELINE_SCHEMA, "findings": [{"rule": rule, "fingerprint": one} for rule, one in rows]}
    try:
        path.write_text(json.dumps(text, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise DoctorError(
            f"The baseline can't be written: {error.strerror or 'the file system refuses'}.",
            hint="Name a file in a folder that exists and that you may write to.",
        ) from None
    return len(rows)
