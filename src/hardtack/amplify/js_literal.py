"""The object literals in a JavaScript or TypeScript file, read without running anything.

Rule: `aws-exports.js` is code, and we never run code to learn a setting. What is a literal (quoted in any way, keys
bare or quoted, comments, trailing commas) is read as JavaScript means it; what would have to be computed
(`process.env.X`, a call, a template with `${}`) is `NOT_A_LITERAL`, so that who needs that very value can say which one
to write out. Input that ends in the middle, or is nested beyond reason, is an error of the file, never of this
program.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NOT_A_LITERAL", "NotAnObjectError", "NotLiteral", "objects_in"]

_MAX_DEPTH = 40  # a configuration has five levels; the interpreter's stack has a thousand
_MAX_OBJECTS = 200  # how many beginnings of an object are tried in one file
_MAX_DIGITS = 300  # beyond them it is no setting, and Python refuses to read thousands


class NotLiteral:
    """Stands where a value would have to be computed."""

    def __repr__(self) -> str:
        return "NOT_A_LITERAL"


NOT_A_LITERAL: Final = NotLiteral()


class NotAnObjectError(ValueError):
    """The text from here on is no object literal. Internal: `objects_in` passes on to the next beginning."""


# Where an object may begin that a module exports or names: after `=`, `export default`, or the parenthesis of a call.
_BEGINNING = re.compile(r"(?:=|\bexport\s+default|\()\s*(?=\{)")
_BLANK = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_TYPE_ASSERTION = re.compile(r"(?:as|satisfies)\s")  # TypeScript's `as const`: says nothing about the value
_STRING = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`""", re.DOTALL)
_BARE_KEY = re.compile(r"[^\W\d][\w$]*|\$[\w$]*|\d+")
_NUMBER = re.compile(r"[+-]?(?:0[xX][\dA-Fa-f]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)
_ESCAPE = re.compile(r"\\(?:u\{([\dA-Fa-f]{1,6})\}|u([\dA-Fa-f]{4})|x([\dA-Fa-f]{2})|(\r\n|.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
_WORDS = {"true": True, "false": False, "null": None, "undefined": None}
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_ENDS_A_VALUE = frozenset(",}]")


def objects_in(text: str) -> Iterator[dict[str, Any]]:
    """Every object literal that this file assigns, exports or passes to a call, in order; those that can be read."""
    for count, beginning in enumerate(_BEGINNING.finditer(text)):
        if count >= _MAX_OBJECTS:
            return
        try:
            yield _Reader(text, beginning.end()).object(depth=0)
        except NotAnObjectError:
            continue


class _Reader:
    """Reads one literal from a position on: that of its opening bracket."""

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position

    def object(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        self.position += 1
        while self.peek() != "}":
            if self.peek() == "." and self.text.startswith("...", self.position):
                self.skip_expression()  # a spread: what it brings can't be known
            else:
                key = self.key()
                if self.peek() == ":":
                    self.position += 1
                    members[key] = self.value(depth + 1)
                else:
                    self.skip_expression()  # a shorthand, or a method
                    members[key] = NOT_A_LITERAL
            if self.peek() == ",":
                self.position += 1
            elif self.peek() != "}":
                raise NotAnObjectError
        self.position += 1
        return members

    def array(self, depth: int) -> list[Any]:
        items: list[Any] = []
        self.position += 1
        while self.peek() != "]":
            items.append(self.value(depth + 1))
            if self.peek() == ",":
                self.position += 1
            elif self.peek() != "]":
                raise NotAnObjectError
        self.position += 1
        return items

    def value(self, depth: int) -> Any:
        """A literal; or NOT_A_LITERAL, and the expression is passed over."""
        if depth > _MAX_DEPTH:
            raise NotAnObjectError
        self.peek()
        start = self.position
        value = self.literal(depth)
        if self.peek() in _ENDS_A_VALUE:
            return value
        if value is NOT_A_LITERAL or not _TYPE_ASSERTION.match(self.text, self.position):
            self.position, value = start, NOT_A_LITERAL  # `"a" + b`, `"a".trim()`, `5 * 60`
        self.skip_expression()
        return value

    def literal(self, depth: int) -> Any:
        character = self.peek()
        if character == "{":
            return self.object(depth)
        if character == "[":
            return self.array(depth)
        if string := _STRING.match(self.text, self.position):
            self.position = string.end()
            return _unquote(string[0])
        if number := _NUMBER.match(self.text, self.position):
            self.position = number.end()
            return _number(number[0])
        if (word := _BARE_KEY.match(self.text, self.position)) and word[0] in _WORDS:
            self.position = word.end()
            return _WORDS[word[0]]
        return NOT_A_LITERAL

    def key(self) -> str:
        self.peek()
        if string := _STRING.match(self.text, self.position):
            self.position = string.end()
            return str(_unquote(string[0]))
        if bare := _BARE_KEY.match(self.text, self.position):
            self.position = bare.end()
            return bare[0]
        raise NotAnObjectError

    def skip_expression(self) -> None:
        """Pass over an expression, up to the comma or bracket that ends it."""
        open_brackets: list[str] = []
        while True:
            character = self.peek()
            if string := _STRING.match(self.text, self.position):
                self.position = string.end()
                continue
            if not open_brackets and character in _ENDS_A_VALUE:
                return
            if character in _CLOSING:
                open_brackets.append(_CLOSING[character])
            elif open_brackets and character == open_brackets[-1]:
                open_brackets.pop()
            self.position += 1

    def peek(self) -> str:
        """The next character that is neither blank nor comment; the text may not end before the object does."""
        blank = _BLANK.match(self.text, self.position)
        self.position = blank.end() if blank else self.position
        if self.position >= len(self.text) or self.text.startswith("/*", self.position):
            raise NotAnObjectError
        return self.text[self.position]


def _unquote(literal: str) -> Any:
    body = literal[1:-1]
    if literal[0] == "`" and "${" in body:
        return NOT_A_LITERAL
    if "\\" not in body:
        return body
    # JavaScript writes what lies beyond plane 0 as two escapes; a half that stands alone becomes U+FFFD.
    return _ESCAPE.sub(_unescape, body).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescape(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    if code is None:
        return _ESCAPED.get(escape[4], escape[4])
    return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else "\ufffd"  # noqa: PLR2004 -- Unicode ends there


def _number(literal: str) -> int | float | NotLiteral:
    if len(literal) > _MAX_DIGITS:
        return NOT_A_LITERAL
    sign = -1 if literal[0] == "-" else 1
    digits = literal.lstrip("+-")
    if digits[:2] in {"0x", "0X"}:
        return sign * int(digits, 16)
    return sign * (int(digits) if digits.isdigit() else float(digits))
