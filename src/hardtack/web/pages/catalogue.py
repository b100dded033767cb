"""The words: one TOML file a language in `messages/`, all with the same keys and placeholders (tests compare them).

A message is plain text with `{placeholders}`; what is put into it is escaped, and so is the message. One mark is
allowed, for what a browser's own menus say: `**label**` becomes `<b class="ui">`, and in plain text stands in the
language's own quotation marks.

In Chinese, a space stands between Chinese characters and Latin letters or digits, and none between Chinese characters.
A message can't know what is put into it, so that space is set when it is filled in.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from markupsafe import Markup, escape

from hardtack.web.pages.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Catalogue", "catalogue"]

_FOLDER = Path(__file__).parent / "messages"
_PLACEHOLDER = re.compile(r"(?P<before>.?)(?P<left> ?)\{(?P<name>[a-z_]+)\}(?P<right> ?)(?=(?P<after>.?))", re.DOTALL)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z0-9]")
_LABEL = re.compile(r"\*\*(.+?)\*\*")


class Catalogue:
    """The messages of one language. Immutable; shared by all threads."""

    def __init__(self, language: Language, messages: dict[str, str | tuple[str, ...]]) -> None:
        """Take messages by dotted key; a tuple is a list of steps."""
        self.language = language
        self._messages = messages

    def __iter__(self) -> Iterator[str]:
        """Give every key, sorted."""
        return iter(sorted(self._messages))

    def __contains__(self, key: object) -> bool:
        """Say whether there is such a message."""
        return key in self._messages

    def raw(self, key: str) -> str | tuple[str, ...]:
        """Give a message as the file has it.

        Raises:
            KeyError: there is no such message, which is a mistake of ours.
        """
        return self._messages[key]

    def html(self, key: str, **values: object) -> Markup:
        """Give one message as HTML: the message and every value escaped, `**label**` as `<b class="ui">`."""
        return self._html(self._one(key), values)

    def html_list(self, key: str, **values: object) -> list[Markup]:
        """Give a list of steps as HTML."""
        return [self._html(message, values) for message in self._many(key)]

    def text(self, key: str, **values: object) -> str:
        """Give one message as plain text."""
        return self._text(self._one(key), values)

    def text_list(self, key: str, **values: object) -> list[str]:
        """Give a list of steps as plain text."""
        return [self._text(message, values) for message in self._many(key)]

    def _html(self, message: str, values: dict[str, object]) -> Markup:
        marked = _LABEL.sub(r'<b class="ui">\1</b>', str(escape(self._spaced(message, values))))
        return Markup(marked).format(**values)  # noqa: S704 - escaped on the line above; Markup.format escapes the values

    def _text(self, message: str, values: dict[str, object]) -> str:
        opening, closing = self._one("quotation.open"), self._one("quotation.close")
        return _LABEL.sub(lambda found: f"{opening}{found[1]}{closing}", self._spaced(message, values)).format(**values)

    def _spaced(self, message: str, values: dict[str, object]) -> str:
        """Set the spaces around placeholders as Chinese typography wants them for these values."""
        if self.language is not Language.CHINESE:
            return message

        def respace(found: re.Match[str]) -> str:
            value = str(values[found["name"]])
            left, right = (
                ""
                if _HAN.match(outer) and _HAN.match(inner)
                else " "
                if _HAN.match(outer) and _LATIN.match(inner)
                else was
                for outer, inner, was in (
                    (found["before"], value[:1], found["left"]),
                    (found["after"], value[-1:], found["right"]),
                )
            )
            return f"{found['before']}{left}{{{found['name']}}}{right}"

        return _PLACEHOLDER.sub(respace, message)

    def _one(self, key: str) -> str:
        message = self._messages[key]
        if isinstance(message, tuple):
            raise TypeError(f"{key} is a list of messages.")
        return message

    def _many(self, key: str) -> tuple[str, ...]:
        message = self._messages[key]
        return message if isinstance(message, tuple) else (message,)


@cache
def catalogue(language: Language) -> Catalogue:
    """Give the catalogue of a language, read once."""
    tree = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return Catalogue(language, dict(_flatten(tree)))


def _flatten(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flatten(cast("dict[str, Any]", value), f"{prefix}{key}.")
        elif isinstance(value, list):
            yield f"{prefix}{key}", tuple(cast("list[str]", value))
        else:
            yield f"{prefix}{key}", value
