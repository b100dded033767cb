"""Reading a Set-Cookie line as a user agent does (RFC 6265bis section 5.6), before it decides whether to store it.

The algorithm refuses almost nothing and never fails: what it can't use it skips. Text is latin-1 throughout, one
character a byte, so that a length is a length in bytes and nothing is lost on the way from the wire and back to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hardtack.cookies.dates import parse_cookie_date
from hardtack.cookies.prefixes import prefix_of

if TYPE_CHECKING:
    from hardtack.cookies.dialects import Dialect

__all__ = [
    "MAX_ATTRIBUTE_BYTES",
    "MAX_PAIR_BYTES",
    "MAX_SECONDS",
    "SAME_SITE",
    "WHITESPACE",
    "ReceivedCookie",
    "SameSite",
    "read_line",
    "wire_text",
]

SameSite = Literal["Strict", "Lax", "None"]
"""The values of the SameSite attribute, in the spelling of the standard."""

SAME_SITE: dict[str, SameSite] = {"strict": "Strict", "lax": "Lax", "none": "None"}
"""Those values by what they are compared as: browsers don't look at their case."""

MAX_PAIR_BYTES = 4096
"""Bytes of name and value together that browsers keep; one more and the whole line is ignored."""
MAX_ATTRIBUTE_BYTES = 1024
"""Bytes of an attribute's value; a longer attribute is skipped, the cookie kept without it."""
MAX_SECONDS = 2**63 - 1
"""Seconds at which engines saturate a Max-Age."""
WHITESPACE = " \t"
"""What is trimmed around names and values: these two, not what Python or latin-1 take for a space."""

_REFUSED = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NUMBER = re.compile(r"-?[0-9]+")
_NUMBER_WITH_PLUS = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True, slots=True)
class ReceivedCookie:
    """What one line says, attribute by attribute, the last of each kind counting.

    Attributes:
        name: may be empty.
        value: as it was sent, without the spaces around it.
        domain: lower case, without one leading dot; None without a Domain attribute or with an empty one. Not checked.
        path: None without a Path attribute that starts with "/".
        expires: epoch seconds.
        max_age: seconds.
        secure: the Secure flag.
        http_only: the HttpOnly flag.
        same_site: None if unset or unknown.
        partitioned: the Partitioned flag.
    """

    name: str
    value: str
    domain: str | None = None
    path: str | None = None
    expires: int | None = None
    max_age: int | None = None
    secure: bool = False
    http_only: bool = False
    same_site: SameSite | None = None
    partitioned: bool = False


def wire_text(line: bytes | str) -> str:
    """A header's bytes as latin-1 text; a string beyond latin-1 stands for its UTF-8 bytes, as a browser sends it."""
    if isinstance(line, str):
        if line.isascii():
            return line
        try:
            line = line.encode("latin-1")
        except UnicodeEncodeError:
            line = line.encode("utf-8", "surrogatepass")
    return line.decode("latin-1")


def read_line(text: str, dialect: Dialect) -> ReceivedCookie | None:
    """Read one Set-Cookie line, or one assignment to `document.cookie`.

    Args:
        text: the line, as `wire_text` gives it.
        dialect: whose reading.

    Returns:
        What it says, or None where this user agent ignores the whole line.
    """
    if _REFUSED.search(text):
        return None
    first, *rest = text.split(";")
    pair = _read_pair(first, dialect)
    if pair is None:
        return None
    said = _read_attributes(rest, dialect)
    domain = said.get("domain", "")
    if domain == "." and not dialect.lone_dot_is_host_only:
        return None
    path = said.get("path", "")
    return ReceivedCookie(
        *pair,
        domain=domain.removeprefix(".").lower() or None,
        path=path if path.startswith("/") else None,
        expires=parse_cookie_date(said.get("expires", "")),
        max_age=_read_seconds(said.get("max-age", ""), dialect),
        secure="secure" in said,
        http_only="httponly" in said,
        same_site=SAME_SITE.get(said.get("samesite", "").lower()),
        partitioned=dialect.partitioned and "partitioned" in said,
    )


def _read_pair(text: str, dialect: Dialect) -> tuple[str, str] | None:
    name, equals, value = text.partition("=")
    name, value = name.strip(WHITESPACE), value.strip(WHITESPACE)
    if not equals and dialect.nameless == "value":
        name, value = "", name
    if not name and not _nameless_may_hold(value, dialect):
        return None
    if not dialect.tab_inside and "\t" in name + value:
        return None
    if len(name) + len(value) > MAX_PAIR_BYTES:
        return None
    if dialect.bad_utf8 == "replaced" and not value.isascii():
        value = value.encode("latin-1").decode("utf-8", "replace").encode().decode("latin-1")
    return name, value


def _nameless_may_hold(value: str, dialect: Dialect) -> bool:
    """Whether a cookie without a name is kept: never one that would read as `__Host-x=1` when it is sent back."""
    if dialect.nameless == "name" or not value or prefix_of(value, http=dialect.http_prefixes):
        return False
    return dialect.nameless_may_hold_equals or "=" not in value


def _read_attributes(parts: list[str], dialect: Dialect) -> dict[str, str]:
    said: dict[str, str] = {}
    for part in parts:
        key, _, value = part.partition("=")
        key, value = key.strip(WHITESPACE).lower(), value.strip(WHITESPACE)
        if len(value) <= MAX_ATTRIBUTE_BYTES and (dialect.last_lifetime_wins or _is_readable(key, value, dialect)):
            said[key] = value
    return said


def _is_readable(key: str, value: str, dialect: Dialect) -> bool:
    if key == "expires":
        return parse_cookie_date(value) is not None
    return key != "max-age" or _read_seconds(value, dialect) is not None


def _read_seconds(text: str, dialect: Dialect) -> int | None:
    if not (_NUMBER_WITH_PLUS if dialect.plus_in_max_age else _NUMBER).fullmatch(text):
        return None
    return max(-MAX_SECONDS, min(int(text), MAX_SECONDS))
