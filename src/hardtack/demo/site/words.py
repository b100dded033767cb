"""What the demo says: one TOML file a language in `messages/`, with the same keys and placeholders (a test compares).

Rule: every event of Hardtack and every plant has its sentence here, so that nothing happens in the demo without words.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.demo.site.timeline import Entry
    from hardtack.web.pages import Language

__all__ = ["Words", "words"]

_FOLDER: Final = Path(__file__).parent / "messages"


class _Gaps(dict[str, object]):
    """Fields of a sentence; one that an event did not carry reads as a question mark rather than failing the page."""

    def __missing__(self, key: str) -> str:
        return "?"


class Words:
    """The sentences of one language.

    Args:
        texts: by key, with `{placeholders}`.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def __call__(self, key: str, **fields: object) -> str:
        """The sentence of this key, filled in. Raises `KeyError` for a key that nobody wrote."""
        return self._texts[key].format_map(_Gaps(fields))

    def of(self, entry: Entry) -> str:
        """The sentence of a timeline's entry."""
        fields: dict[str, object] = dict(entry.fields)
        if isinstance(fields.get("suffixes"), str):
            fields["suffixes"] = str(fields["suffixes"]).replace(",", ", ")
        if isinstance(seconds := fields.get("seconds"), int):
            fields["seconds"] = abs(seconds)
        for key, family in (("reason", "why"), ("outcome", "outcome")):
            fields[key] = self._texts.get(f"{family}.{fields.get(key)}", fields.get(key))
        return self(f"event.{entry.name}" if not entry.name.startswith("plant.") else f"{entry.name}.told", **fields)


@cache
def words(language: Language) -> Words:
    """The sentences in one language."""
    return Words(_flat(tomllib.loads((_FOLDER / f"{language.value}.toml").read_text(encoding="utf-8"))))


def _flat(tables: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, value in tables.items():
        if isinstance(value, str):
            texts[prefix + key] = value
        else:
            texts |= _flat(value, f"{prefix}{key}.")
    return texts
