"""The words: one folder a language in `messages/`, all with the same keys and placeholders (tests compare them).

Rule: a message is ours, what is put into it is not. So a filled-in message is a row of spans, each plain text, code or
a value, and each report escapes each kind as it must. Text between backticks is code. Values go through `quotable`
once more: whatever a rule passes on, nothing unsafe leaves here. `{count:one|many}` is `one` where count is 1.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from hardtack.doctor.quoting import quotable
from hardtack.doctor.rules.model import Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hardtack.doctor.diagnosis import Finding
    from hardtack.doctor.rules.model import Rule, Value

__all__ = ["LANGUAGES", "Span", "Text", "Words", "plain", "words"]

LANGUAGES: Final = ("en", "zh-Hans")
"""Folders of `messages/`, named as the `lang` attribute names them (RFC 5646)."""

_FOLDER = Path(__file__).parent / "messages"
_MARKED = re.compile(r"`(?P<code>[^`]*)`|\{(?P<name>[a-z_0-9]+)(?::(?P<one>[^|{}]*)\|(?P<many>[^|{}]*))?\}")
_PLACE = re.compile(r"\{(?P<name>[a-z_0-9]+)\}")
_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a message.

    Attributes:
        kind: `text` is our own; `code` is code, with values in it perhaps; `value` comes from evidence.
        text: what it says.
    """

    kind: Literal["text", "code", "value"]
    text: str


Text = tuple[Span, ...]


def plain(text: Text) -> str:
    """The message without any mark-up; code keeps its backticks."""
    return "".join(f"`{span.text}`" if span.kind == "code" else span.text for span in text)


class Words:
    """The messages of one language. Immutable; shared by all threads."""

    def __init__(self, language: str, messages: Mapping[str, str]) -> None:
        """Take messages by dotted key."""
        self.language = language
        self._messages = messages

    def __iter__(self) -> Iterator[str]:
        """Give every key, sorted."""
        return iter(sorted(self._messages))

    def __contains__(self, key: object) -> bool:
        """Say whether there is such a message."""
        return key in self._messages

    def raw(self, key: str) -> str:
        """Give a message as the file has it.

        Raises:
            KeyError: there is no such message, which is a mistake of ours.
        """
        return self._messages[key]

    def say(self, key: str, values: Mapping[str, Value] | None = None) -> Text:
        """Fill in a message."""
        return tuple(self._spans(self.raw(key), values or {}))

    def text(self, key: str, **values: Value) -> str:
        """Fill in a message of the program's own, without mark-up."""
        return plain(self.say(key, values))

    def message(self, finding: Finding) -> Text:
        """What was found."""
        return self.say(f"{finding.rule.id}.{finding.hit.say}", finding.hit.values)

    def fix(self, finding: Finding) -> Text:
        """What to do."""
        return self.say(f"{finding.rule.id}.{finding.hit.do}", finding.hit.values)

    def title(self, rule: Rule) -> str:
        """What the rule is about, in a few words."""
        return self.raw(f"{rule.id}.title")

    def users(self, rule: Rule) -> Text:
        """What it means for the people who use the site."""
        return self.say(f"{rule.id}.users")

    def _spans(self, message: str, values: Mapping[str, Value]) -> Iterator[Span]:
        end = 0
        for found in _MARKED.finditer(message):
            if found.start() > end:
                yield Span("text", message[end : found.start()])
            end = found.end()
            if found["one"] is not None:
                yield Span("text", found["one"] if values[found["name"]] == 1 else found["many"])
            elif found["name"] is not None:
                value = values[found["name"]]
                yield Span("text" if isinstance(value, Word) else "value", self._shown(value))
            else:
                yield Span("code", _PLACE.sub(lambda place: self._shown(values[place["name"]]), found["code"]))
        if end < len(message):
            yield Span("text", message[end:])

    def _shown(self, value: Value) -> str:
        if isinstance(value, Word):
            return self.raw(f"words.{value.key}")
        if isinstance(value, int):
            return f"{value:,}"
        if isinstance(value, tuple):
            return self.raw("ui.list_separator").join(self._shown(one) for one in value)
        return quotable(value, limit=_LONGEST_VALUE).replace("`", "'")


@cache
def words(language: str) -> Words:
    """The words of a language, read once.

    Args:
        language: one of `LANGUAGES`.
    """
    messages: dict[str, str] = {}
    for path in sorted((_FOLDER / language).glob("*.toml")):
        messages.update(_flatten(tomllib.loads(path.read_text(encoding="utf-8"))))
    return Words(language, messages)


def _flatten(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flatten(cast("dict[str, Any]", value), f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
