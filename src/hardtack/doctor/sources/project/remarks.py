"""Comments that ask the doctor to leave something out: `hardtack: ignore HT301 -- reason`.

Rule: only a comment counts, never a string that happens to look like one, so code is asked of its parser and Python of
its own tokeniser. Files that know no other syntax have their comments behind `#`.
"""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import Suppression
from hardtack.doctor.evidence import Basis, Evidence, Place
from hardtack.doctor.sources.project.quotes import shown
from hardtack.doctor.sources.project.syntax import text, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.doctor.sources.project.graph import Project
    from hardtack.doctor.sources.project.reading import Reading

__all__ = ["read_plain", "read_remarks"]

_REMARK: Final = re.compile(
    r"hardtack:\s*ignore(?P<rules>(?:[\s,]+HT\d{3})*)[\s,]*(?:--+(?P<reason>.*))?", re.IGNORECASE | re.DOTALL
)
_ID: Final = re.compile(r"HT\d{3}", re.IGNORECASE)
_MOST: Final = 500
_LARGEST: Final = 1_000_000


def read_remarks(reading: Reading) -> Iterator[Suppression]:
    """State the comments of an app's code."""
    for module in reading.modules:
        if b"hardtack" not in module.source.data:
            continue
        for node in walk(module.root):
            if node.type == "comment" and (found := _REMARK.search(text(node))) is not None:
                yield _remark(found, module.source.place(node), text(node), reading.name)


def read_plain(project: Project) -> Iterator[Suppression]:
    """State the comments of Python, TOML and environment files."""
    told = 0
    for name in project.folder.files:
        plain = name.endswith(".toml") or name.rpartition("/")[2].startswith(".env")
        if told > _MOST or not (plain or name.endswith(".py")):
            continue
        data = project.folder.read(name)
        if data is None or len(data) > _LARGEST or b"hardtack:" not in data:
            continue
        code = data.decode("utf-8", "replace")
        for line, column, comment in _hashes(code) if plain else _python(code):
            if (found := _REMARK.search(comment)) is not None:
                told += 1
                yield _remark(found, Place(name, line=line, column=column), comment, "")


def _remark(found: re.Match[str], place: Place, quote: str, app: str) -> Suppression:
    rules = tuple(one.upper() for one in _ID.findall(found["rules"]))
    reason = (found["reason"] or "").strip().removesuffix("*/").removesuffix("}").strip()
    return Suppression(evidence=Evidence(place, quote, Basis.CONFIGURED), app=app, rules=rules, reason=shown(reason))


def _hashes(code: str) -> Iterator[tuple[int, int, str]]:
    for number, line in enumerate(code.splitlines(), start=1):
        at = line.find("#")
        if at >= 0:
            yield number, at + 1, line[at:]


def _python(code: str) -> Iterator[tuple[int, int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1] + 1, token.string
    except (tokenize.TokenError, SyntaxError, ValueError):
        return
