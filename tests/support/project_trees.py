"""Small projects as text: one file holds the variants of one fault, each told as what differs from a base.

    === faulty HT402 at lib/amplify-browser.ts:8 also HT102 | app-router
    --- lib/amplify-browser.ts
    (its text)
    --- .env gone

Environment files, lockfiles and manifests in the tree of this repository would be read by every tool that passes by.
"""

from __future__ import annotations

import re
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path

from hardtack.doctor.diagnosis import Diagnosis, diagnose
from hardtack.doctor.examination import examine
from hardtack.doctor.facts import Facts

FOLDER = Path(__file__).parents[1] / "fixtures" / "projects"
_TITLE = re.compile(
    r"=== (?P<kind>faulty|correct|base|shape) (?P<name>\S+)(?: at (?P<at>\S+))?(?: also (?P<also>[^|]+?))?"
    r"(?: \| (?P<base>\S+))?"
)


@dataclass
class Tree:
    """One project as it is written down.

    Attributes:
        kind: `faulty`, `correct`, `base` or `shape`.
        name: the rule's id, with a word behind a slash for a second variant.
        at: file and line of the finding's first evidence.
        also: rules above a note that fire as well.
        files: text by path.
    """

    kind: str
    name: str
    at: str = ""
    also: tuple[str, ...] = ()
    base: str = ""
    files: dict[str, str | None] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        return self.name.partition("/")[0]

    @property
    def id(self) -> str:
        return f"{self.kind} {self.name}"


def trees() -> list[Tree]:
    """Every project of the fixtures, without its base's files."""
    return [tree for path in sorted(FOLDER.glob("*.txt")) for tree in _read(path)]


def _read(path: Path) -> list[Tree]:
    found: list[Tree] = []
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("=== "):
            title = _TITLE.fullmatch(line)
            assert title is not None, f"{path.name}: {line}"
            also = tuple((title["also"] or "").split())
            found.append(Tree(title["kind"], title["name"], title["at"] or "", also, title["base"] or ""))
            name = ""
        elif line.startswith("--- ") and line.endswith(" gone"):
            found[-1].files[line[4:-5]] = None
        elif line.startswith("--- "):
            name = line[4:]
            found[-1].files[name] = ""
        elif name:
            found[-1].files[name] = f"{found[-1].files[name]}{line}\n"
    return found


def named(kind: str, name: str) -> Tree:
    return next(tree for tree in trees() if (tree.kind, tree.name) == (kind, name))


def write(tree: Tree, root: Path) -> Path:
    """Put a project into a folder."""
    files: dict[str, str | None] = {}
    if tree.base:
        files |= named("base", tree.base).files
    files |= tree.files
    for name, text in files.items():
        if text is not None:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return root


def look(root: Path) -> Facts:
    """The facts of a folder."""
    return examine(str(root), Namespace())


def judged(root: Path) -> Diagnosis:
    """The diagnosis of a folder."""
    return diagnose([look(root)])


def places(diagnosis: Diagnosis, rule: str) -> list[str]:
    """File and line of the first evidence of each finding of a rule."""
    found = (one.hit.evidence[0].place for one in diagnosis.findings if one.rule.id == rule)
    return [f"{place.source}:{place.line}" for place in found]
