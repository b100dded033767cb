"""The tables of what the explorer came to, in both languages, for `scripts/docs.py`.

Rule: a cell says *holds* only where a search went to its end and met no history against it. Where it was stopped, the
cell says that it was, and a history against a property is a limit with its sentence below.
"""  # noqa: INP001 -- a script's part; scripts are no package

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hardtack.explore.guarantees import ROWS, explored
from hardtack.explore.presets import PRESETS
from hardtack.explore.properties import PROPERTIES
from hardtack.explore.world import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hardtack.explore.guarantees import Row

__all__ = ["explored_table", "guarantees_table", "presets_table"]

_WORDS: Final = {
    "en": {
        "holds": "holds",
        "limit": "a limit",
        "open": "none found",
        "note": "- **{title}**, {names}: {sentence} {steps}",
        "step": "(shortest {histories}: {steps} steps)",
        "history": ("history", "histories"),
    },
    "zh": {
        "holds": "成立",
        "limit": "有局限",
        "open": "未发现反例",
    },
}
_TITLES_ZH: Final = {
    "library-sealed": "单独的 Python 应用（存储方式 `sealed`）",
    "library-amplify": "使用 Amplify Cookie 的 Python 应用（存储方式 `amplify`）",
    "shield": "仅有代理（shield）",
    "shield-with-hardtack-js": "代理加 `hardtack.js`",
    "shield-that-refreshes": "由代理刷新，加 `hardtack.js`",
}
_SENTENCES_ZH: Final = {
    "P1": "正确的登录之后，客户端和服务器都能看到会话",
    "P2": "退出登录之后，不再有请求以该会话得到服务",
    "P3": "每次页面加载都会停下来",
    "P4": "刷新令牌仍有效的人，不会因竞争、重试或故障而被退出登录",
    "P5": "客户端和服务器对“谁已登录”的看法一致",
    "P6": "没有人会得到不属于自己的会话",
    "P7": "从任何可达的状态出发，一次登录就能回到稳定的会话",
}


def guarantees_table(language: str) -> Callable[[], str]:
    """The guarantees, a row a property and a column a way to use Hardtack; in English with what each limit means."""

    def section() -> str:
        words: dict[str, Any] = _WORDS[language]
        records = explored()
        known = [row for row in ROWS if row.key in records and not row.within]
        rows = [row for row in known if row.world.server is not Server.STOCK]
        lines = [
            "| | " + " | ".join(_title(row, language) for row in rows) + " |",
            "| --- |" + " --- |" * len(rows),
        ]
        for name, each in PROPERTIES.items():
            sentence = each.sentence if language == "en" else _SENTENCES_ZH[name]
            cells = [_cell(name, row, records[row.key], words) for row in rows]
            lines.append(f"| **{name}** {sentence} | " + " | ".join(cells) + " |")
        return "\n".join([*lines, "", *_notes(rows, records, words)]).rstrip()

    return section


def explored_table() -> str:
    """What was explored, with its figures and what each limit means; in English alone."""
    words: dict[str, Any] = _WORDS["en"]
    records = explored()
    rows = [row for row in ROWS if row.key in records]
    head = ("explored", "states", "steps taken", "depth", *PROPERTIES)
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += [_row(row, records[row.key], words) for row in rows]
    return "\n".join([*lines, "", *_notes(rows, records, words)]).rstrip()


def presets_table() -> str:
    """The famous cases."""
    rows = [f"| `{each.name}` | {each.sentence} |" for each in PRESETS.values()]
    return "\n".join(["| preset | what it is |", "| --- | --- |", *rows])


def _title(row: Row, language: str) -> str:
    return row.title if language == "en" else _TITLES_ZH[row.preset]


def _cell(name: str, row: Row, record: dict[str, Any], words: dict[str, Any]) -> str:
    """A stated limit is one whether or not the last search went far enough to meet it again."""
    if name in record["broken"] or name in row.limits:
        return words["limit"]
    return words["holds"] if record["complete"] else words["open"]


def _row(row: Row, record: dict[str, Any], words: dict[str, Any]) -> str:
    cells = [_cell(name, row, record, words) for name in PROPERTIES]
    depth = f"{record['depth']}" if record["complete"] else f"{record['depth']} (stopped)"
    figures = (f"{record['states']:,}", f"{record['transitions']:,}", depth)
    return "| " + " | ".join((row.title, *figures, *cells)) + " |"


def _notes(rows: list[Row], records: dict[str, dict[str, Any]], words: dict[str, Any]) -> list[str]:
    """Each stated limit of these rows with the properties that it is about, in the order of the rows."""
    if "note" not in words:
        return []
    notes: list[str] = []
    for row in rows:
        met = records[row.key]["broken"]
        about: dict[str, dict[str, int | None]] = {}
        for name in PROPERTIES:
            if name in met or name in row.limits:
                about.setdefault(row.limits.get(name, ""), {})[name] = met.get(name)
        for sentence, broken in about.items():
            counts = [steps for steps in broken.values() if steps is not None]
            history = words["history"][len(counts) > 1]
            steps = words["step"].format(histories=history, steps=" and ".join(_series(counts))) if counts else ""
            note = words["note"].format(title=row.title, names=", ".join(broken), sentence=sentence, steps=steps)
            notes.append(note.rstrip())
    return notes


def _series(counts: Iterable[int]) -> list[str]:
    """Numbers as people list them: all but the last with commas."""
    told = [str(count) for count in counts]
    return [", ".join(told[:-1]), told[-1]] if len(told) > 1 else told
