"""Cookies: names keep what tells a library by, values become hashes as long as they were, scopes stay.

Rule: Amplify puts user names into cookie names. The client id and the suffix stay, the name between them becomes the
hash that stands for it everywhere else too, in whatever way it was escaped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from hardtack.amplify.encoding import js_cookie_read
from hardtack.amplify.names import (
    LAST_AUTH_USER,
    PREFIX,
    SERVER_AUTH_NAMES,
    SUFFIXES,
    TOKEN_SUFFIXES,
    V5_LEFTOVERS,
    parse_identity_id_name,
    parse_name,
)
from hardtack.cookies.dates import format_cookie_date, parse_cookie_date
from hardtack.doctor.profiles import PROFILES
from hardtack.doctor.sanitize.places import safe_host, safe_path
from hardtack.doctor.sanitize.redaction import REDACTED

if TYPE_CHECKING:
    from hardtack.doctor.sanitize.redaction import Redaction

__all__ = ["safe_cookie_header", "safe_name", "safe_set_cookie", "safe_shown", "users_in"]

_CLIENT: Final = re.compile(r"[A-Za-z0-9]{1,64}")
_PLAIN: Final = re.compile(r"[A-Za-z_-]{1,32}")
_NUMBER: Final = re.compile(r"[+-]?\d{1,12}")
_KNOWN: Final = frozenset((*SERVER_AUTH_NAMES, *V5_LEFTOVERS))
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)")
_READ: Final = frozenset({LAST_AUTH_USER, *TOKEN_SUFFIXES})
_SAME_SITE: Final = re.compile(r"strict|lax|none", re.IGNORECASE)


def users_in(name: str, value: str) -> list[str]:
    """The user names that a cookie tells: that in its name, and Amplify's LastAuthUser."""
    key = parse_name(name)
    if key is None:
        return []
    told = [key.username] if key.username else []
    if key.suffix == LAST_AUTH_USER:
        told += [value, js_cookie_read(value) or ""]
    return told


def safe_name(name: str, redaction: Redaction) -> str:
    """A cookie's name with nobody's name in it."""
    if not name or REDACTED.fullmatch(name):
        return name
    key = parse_name(name)
    if key is not None:
        plain = _CLIENT.fullmatch(key.client_id) is not None and not redaction.holds_secret(key.client_id)
        client = key.client_id if plain else redaction.replaced(key.client_id)
        user = "" if key.username is None else f"{redaction.replaced(key.username)}."
        known = key.suffix in SUFFIXES or (key.suffix == LAST_AUTH_USER and key.username is None)
        return f"{PREFIX}.{client}.{user}{key.suffix if known else redaction.replaced(key.suffix)}"
    if name in _KNOWN:
        return name
    pool = parse_identity_id_name(name)
    if pool is not None:
        return f"com.amplify.Cognito.{redaction.replaced(pool)}.identityId"
    library = any(one.session.fullmatch(name) or one.flow.fullmatch(name) for one in PROFILES)
    if (library or _PLAIN.fullmatch(name)) and not redaction.holds_secret(name):
        return name
    return redaction.replaced(name)


def safe_value(name: str, value: str, redaction: Redaction) -> str:
    """A value's hash. A person's name and a token are hashed as they are read, whoever escaped them and how."""
    key = parse_name(name)
    read = js_cookie_read(value) if key is not None and key.suffix in _READ else None
    if key is not None and key.suffix == LAST_AUTH_USER:
        return redaction.replaced(value if read is None else read)
    return redaction.replaced(value if read is None else read, length=len(value))


def safe_cookie_header(header: str, redaction: Redaction) -> str:
    """A Cookie header, every pair in its place."""
    return "; ".join(_pair(part, redaction) for part in header.split(";") if part.strip())


def _pair(part: str, redaction: Redaction) -> str:
    name, equals, value = part.strip().partition("=")
    if not equals:
        return redaction.replaced(name)
    name, value = name.strip(), value.strip()
    return f"{safe_name(name, redaction)}={safe_value(name, value, redaction)}"


def safe_set_cookie(line: str, redaction: Redaction) -> str:
    """A Set-Cookie line, every attribute that browsers know in its place."""
    first, *attributes = line.split(";")
    said = [_pair(first, redaction)]
    for attribute in attributes:
        name, equals, value = (part.strip() for part in attribute.partition("="))
        kept = _attribute(name, value, redaction)
        if kept is not None:
            said.append(f"{name}={kept}" if equals else name)
    return "; ".join(said)


def _attribute(name: str, value: str, redaction: Redaction) -> str | None:
    """An attribute's value; None for an attribute that no browser knows, or that says nothing it could use."""
    known = name.lower()
    if known in {"secure", "httponly", "partitioned"}:
        return ""
    if known == "domain":
        return _domain(value, redaction)
    if known == "path":
        return safe_path(value, redaction) if value.startswith("/") else ""
    if known == "max-age":
        return value if _NUMBER.fullmatch(value) else None
    if known == "expires":
        seconds = parse_cookie_date(value)
        return None if seconds is None else format_cookie_date(seconds)
    return value if known == "samesite" and _SAME_SITE.fullmatch(value) else None


def _domain(value: str, redaction: Redaction) -> str:
    host = safe_host(value.removeprefix("."), redaction) if value.removeprefix(".") else None
    dot = "." if value.startswith(".") else ""
    return f"{dot}{host}" if host is not None else ""


def safe_shown(cookie: dict[str, Any], redaction: Redaction) -> dict[str, Any]:
    """A cookie of an entry's own list."""
    name, value = _text(cookie.get("name")), _text(cookie.get("value"))
    said: dict[str, Any] = {
        "name": safe_name(name, redaction),
        "value": safe_value(name, value, redaction),
    }
    if isinstance(cookie.get("domain"), str):
        said["domain"] = _domain(cookie["domain"], redaction)
    if isinstance(cookie.get("path"), str):
        said["path"] = safe_path(cookie["path"], redaction)
    if isinstance(cookie.get("expires"), str) and _MOMENT.fullmatch(cookie["expires"]):
        said["expires"] = cookie["expires"]
    said |= {flag: cookie[flag] for flag in ("httpOnly", "secure") if isinstance(cookie.get(flag), bool)}
    if isinstance(cookie.get("sameSite"), str) and _SAME_SITE.fullmatch(cookie["sameSite"]):
        said["sameSite"] = cookie["sameSite"]
    return said


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
