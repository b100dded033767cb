"""How Amplify's writers escape a cookie's name and value, and how its readers take that back.

Rule: three writers, three readers, and they don't agree. The browser (js-cookie), the Next server's cookie store and
the server's plain `Response` escape different characters; the App Router, the Pages Router and js-cookie undo it
differently. Each function here is one of them, to the letter; none of them is better than the original, because what
counts is what the other party will do. Reading never raises: what can't be decoded is None, as that reader would skip
it. Nothing here looks at more than one cookie; which of several is believed stands in `readers`.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

__all__ = [
    "JS_SPACE",
    "app_router_read",
    "client_name",
    "client_value",
    "decode_component",
    "document_text",
    "js_cookie_read",
    "next_value",
    "pages_router_read",
    "server_name",
]

# Characters that stay as they are, besides the letters, digits and `_.-~` that `quote` always keeps.
_CLIENT_NAME = "!*'#$&+^`|"
_SERVER_NAME = _CLIENT_NAME + "()"
_CLIENT_VALUE = "!*'()#$&+/:<=>?@[]^`{|}"
_NEXT_VALUE = "!*'()"

_ESCAPES = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_STRAY_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
# What JavaScript's String.prototype.trim takes off, as far as a header can hold it.
JS_SPACE = "\t\n\v\f\r \u00a0"


def client_name(text: str) -> str:
    """A cookie's name as js-cookie writes it: parentheses escaped.

    Raises:
        ValueError: the text has half a surrogate pair (JavaScript's encodeURIComponent throws there too).
    """
    return _escape(text, _CLIENT_NAME)


def server_name(text: str) -> str:
    """A cookie's name as the Next adapter writes it and looks it up: parentheses as they are.

    Raises:
        ValueError: the text has half a surrogate pair.
    """
    return _escape(text, _SERVER_NAME)


def client_value(text: str) -> str:
    """A value as js-cookie writes it: whatever a cookie's value may hold stays as it is.

    Raises:
        ValueError: the text has half a surrogate pair.
    """
    return _escape(text, _CLIENT_VALUE)


def next_value(text: str) -> str:
    """A value as Next's cookie store writes it: encodeURIComponent.

    Raises:
        ValueError: the text has half a surrogate pair.
    """
    return _escape(text, _NEXT_VALUE)


def decode_component(text: str) -> str | None:
    """JavaScript's decodeURIComponent; None where that throws (a stray `%`, or octets that aren't UTF-8)."""
    if "%" not in text:
        return text
    if _STRAY_PERCENT.search(text):
        return None
    return _unescape(text)


def js_cookie_read(value: str) -> str | None:
    """What js-cookie reads of a value: one pair of outer characters dropped after a leading quote, escapes undone.

    A stray `%` stays; None where the escapes are no UTF-8: js-cookie passes over such a cookie.
    """
    if value[:1] == '"':
        value = value[1:-1]
    return _unescape(value) if "%" in value else value


def app_router_read(value: str) -> str | None:
    """What Next's App Router reads of a value: strict; None where the cookie vanishes. Quotes and spaces stay."""
    return decode_component(value)


def pages_router_read(value: str) -> str:
    """What Next's Pages Router reads of a value: trimmed, quotes dropped, escapes undone if that works, else raw."""
    value = value.strip(JS_SPACE)
    if value[:1] == '"':
        value = value[1:-1]
    decoded = decode_component(value)
    return value if decoded is None else decoded


def document_text(text: str) -> str | None:
    """What `document.cookie` shows of a header's text (latin-1, as ASGI and HTTP/1 deliver it).

    The browser takes the octets for UTF-8. None where they aren't: Chromium hides such a cookie from script.
    """
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return None


def _escape(text: str, safe: str) -> str:
    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError:
        # Said anew, and without its cause: the original error carries the whole text, which is a user's name.
        raise ValueError("A lone surrogate can't be written into a cookie.") from None


def _unescape(text: str) -> str | None:
    try:
        return _ESCAPES.sub(lambda run: unquote_to_bytes(run[0]).decode(), text)
    except UnicodeDecodeError:
        return None
