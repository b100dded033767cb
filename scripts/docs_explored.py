"""The tables of what the explorer came to, in both languages, for `scripts/docs.py`.

Rule: a cell says *holds* only where a search went to its end and met no history against it. Where it was stopped, the
cell says that it was, and a history against a property is a limit with its sentence below.
"""  # noqa: INP001 -- a script's part; scripts are no package

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hardtack.explore.guarantees import ROWS, explored
from hardtack.explore.presets import PRESETS
from hardtack.explore.properties import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["explored_table", "presets_table"]

_WORDS: Final = {
    "en": {
        "head": ("explored", "states", "steps taken", "depth", *PROPERTIES),
        "holds": "holds",
        "limit": "limit",
        "open": "none found",
        "stopped": "stopped",
        "note": "- **{title}**, {name}: {sentence} (shortest history: {steps} steps)",
    },
    "zh": {
        "head": ("探索的情形", "状态数", "转移数", "深度", *PROPERTIES),
        "holds": "成立",
        "limit": "有局限",
        "open": "未发现反例",
        "stopped": "提前停止",
        "note": "",
    },
}
_TITLES_ZH: Final = {
    "library-sealed": "单独的 Python 应用（存储方式 `sealed`）",
    "library-amplify": "使用 Amplify Cookie 的 Python 应用（存储方式 `amplify`）",
    "shield": "仅有代理（shield）",
    "shield-with-hardtack-js": "代理加 `hardtack.js`",
    "shield-that-refreshes": "由代理刷新，加 `hardtack.js`",
    "amplify-default-server": "未加任何帮助的 Amplify（常见配置）",
    "amplify-one-domain": "统一域名、服务器不刷新的 Amplify",
}


def explored_table(language: str) -> Callable[[], str]:
    """The section that lists what was explored, in a language."""

    def section() -> str:
        words: dict[str, Any] = _WORDS[language]
        records = explored()
        lines = ["| " + " | ".join(words["head"]) + " |", "| " + " | ".join("---" for _ in words["head"]) + " |"]
        notes: list[str] = []
        for row in ROWS:
            record = records.get(row.preset)
            if record is None:
                continue
            title = row.title if language == "en" else _TITLES_ZH[row.preset]
            lines.append(_row(title, record, words))
            notes += [
                words["note"].format(title=title, name=name, sentence=row.limits.get(name, ""), steps=steps)
                for name, steps in record["broken"].items()
                if words["note"]
            ]
        return "\n".join([*lines, "", *notes]).rstrip()

    return section


def presets_table() -> str:
    """The famous cases."""
    rows = [f"| `{each.name}` | {each.sentence} |" for each in PRESETS.values()]
    return "\n".join(["| preset | what it is |", "| --- | --- |", *rows])


def _row(title: str, record: dict[str, Any], words: dict[str, Any]) -> str:
    unbroken = words["holds"] if record["complete"] else words["open"]
    cells = [words["limit"] if name in record["broken"] else unbroken for name in PROPERTIES]
    depth = f"{record['depth']}" if record["complete"] else f"{record['depth']} ({words['stopped']})"
    figures = (f"{record['states']:,}", f"{record['transitions']:,}", depth)
    return "| " + " | ".join((title, *figures, *cells)) + " |"
