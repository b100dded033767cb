"""What people typed, read with bounds and without surprises.

Rule: a body is read up to a limit and no further; what can't be a form is refused before anything looks at it. Of a
field that comes twice the first counts. What can't be a user name or a code is recognised here, so that the pool is not
asked, and never blamed: it answers nonsense with the error that it also has for a wrong setting.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from hardtack.web.visit import headers_by_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

__all__ = [
    "BadFormError",
    "GoneError",
    "clean_code",
    "could_be_email",
    "could_be_username",
    "is_form",
    "parse_query",
    "read_body",
    "read_form",
]

MAX_BODY: Final = 65_536  # bytes; the largest honest form carries a sealed challenge of some 3 KB
_MAX_FIELDS: Final = 100  # the longest form has a dozen
_FORM: Final = b"application/x-www-form-urlencoded"
_MAX_USERNAME: Final = 128  # UsernameType of Cognito's API model, whose pattern is the categories below
_USERNAME_CATEGORIES: Final = frozenset("LMNPS")  # letters, marks, numbers, punctuation, symbols: no space, no control
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")  # RFC 5321's lengths; the pool checks by writing
_MAX_EMAIL: Final = 254
_CODE: Final = re.compile(r"[0-9A-Za-z]{1,32}")  # Cognito's have 6 or 8 digits


class BadFormError(Exception):
    """A body that is no form of ours.

    Attributes:
        status: 400, 413 or 415 (RFC 9110 section 15.5).
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class GoneError(Exception):
    """The browser hung up before its form was whole."""


async def read_form(
    scope: MutableMapping[str, Any], receive: Callable[[], Awaitable[MutableMapping[str, Any]]]
) -> dict[str, str]:
    """The fields of a form.

    Raises:
        BadFormError: another content type, too much of it, or no form.
        GoneError: the client disconnected.
    """
    if not is_form(headers_by_name(scope["headers"])):
        raise BadFormError(415)
    return _parse(await read_body(scope, receive), strict=True)


def is_form(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request's content type is that of a form."""
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower() == _FORM


async def read_body(
    scope: MutableMapping[str, Any], receive: Callable[[], Awaitable[MutableMapping[str, Any]]]
) -> bytes:
    """A whole body of bounded size.

    Raises:
        BadFormError: too much of it.
        GoneError: the client disconnected.
    """
    headers = headers_by_name(scope["headers"])
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length[:12]) > MAX_BODY:
        raise BadFormError(413)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise GoneError
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise BadFormError(413)
        if not message.get("more_body", False):
            break
    return bytes(body)


def parse_query(query: bytes) -> dict[str, str]:
    """The parameters of a query string; none for one that can't be read."""
    try:
        return _parse(query, strict=False)
    except BadFormError:
        return {}


def _parse(text: bytes, *, strict: bool) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            text.decode("ascii", "strict" if strict else "replace"),
            keep_blank_values=True,
            errors="strict" if strict else "replace",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:
        raise BadFormError(400) from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def could_be_username(text: str) -> bool:
    """Whether a pool could have a user of this name, e-mail addresses and phone numbers included."""
    return 0 < len(text) <= _MAX_USERNAME and all(
        unicodedata.category(each)[0] in _USERNAME_CATEGORIES for each in text
    )


def could_be_email(text: str) -> bool:
    """Whether this could be written to."""
    return len(text) <= _MAX_EMAIL and _EMAIL.fullmatch(text) is not None


def clean_code(text: str) -> str:
    """A code as it was meant: without the spaces and hyphens that people put in, full-width digits made plain.

    Returns:
        The code; "" where nothing was typed; "?" for what can't be one, which no pool takes for right.
    """
    code = re.sub(r"[\s\u2010-\u2015-]", "", unicodedata.normalize("NFKC", text[:200]))
    return code if not code or _CODE.fullmatch(code) else "?"
