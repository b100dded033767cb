"""Whether a user agent takes a cookie from a URL at all (RFC 6265bis section 5.7), before it looks at what it has.

Rule: a refusal is silent in every browser, and these are all that depend on nothing but the line, the URL and the pages
around. What depends on neither the time nor those pages is worked out once for each line and URL, and remembered: a
search or a test sends the same lines over and over.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from hardtack.cookies.line import ReceivedCookie, read_line
from hardtack.cookies.matching import default_path
from hardtack.cookies.prefixes import prefix_of
from hardtack.cookies.scope import CookieScope
from hardtack.cookies.site import Site
from hardtack.cookies.stored import CookieUrl, StoredCookie

if TYPE_CHECKING:
    from hardtack.cookies.context import Access
    from hardtack.cookies.dialects import Dialect

__all__ = ["MAX_LIFETIME", "admit"]

MAX_LIFETIME = 400 * 86_400
"""Seconds that browsers keep a cookie at most (RFC 6265bis section 5.5)."""

_Placed: TypeAlias = tuple[ReceivedCookie, str, CookieScope]
_REMEMBERED: Final = 1024  # readings
_LONGEST_REMEMBERED: Final = 8192  # characters of a line: twice a full cookie, so that hostile lines fill no memory


def admit(
    line: str, url: CookieUrl, access: Access, dialect: Dialect, *, by_script: bool, now: float, date: float | None
) -> StoredCookie | None:
    """Read a line and decide.

    Args:
        line: a Set-Cookie value or an assignment to `document.cookie`, as `wire_text` gives it.
        url: of the response or the page.
        access: what the pages around it mean.
        dialect: whose decision.
        by_script: whether it is an assignment to `document.cookie`.
        now: epoch seconds.
        date: epoch seconds of the response's Date header, if it had one.

    Returns:
        The cookie to be stored (already expired, if the line is a deletion), or None if it is refused.
    """
    read = _read if len(line) <= _LONGEST_REMEMBERED else _read.__wrapped__
    placed = read(line, url, dialect)
    if placed is None:
        return None
    received, host, scope = placed
    if by_script and received.http_only:
        return None
    if not access.stores and (received.same_site or dialect.unset_same_site) != "None":
        return None
    if not scope.partitioned and access.partitioned:
        scope = CookieScope(scope.domain, scope.path, partitioned=True)
    return StoredCookie(
        name=received.name,
        value=received.value,
        scope=scope,
        host=host,
        secure=received.secure,
        http_only=received.http_only,
        same_site=received.same_site,
        expires=_expiry(received, dialect, now=now, date=date),
        created=now,
        partition=access.partition if scope.partitioned else None,
    )


@lru_cache(maxsize=_REMEMBERED)
def _read(line: str, url: CookieUrl, dialect: Dialect) -> _Placed | None:
    """What the line says and where it goes; None where it is refused whatever else is known."""
    received = read_line(line, dialect)
    if received is None:
        return None
    if not received.secure and (received.same_site == "None" or received.partitioned):
        return None
    if received.secure and not url.trusted:
        return None
    placed = _place(received, url)
    if placed is None or not _keeps_promise(received, placed[1], dialect):
        return None
    return received, *placed


def _place(received: ReceivedCookie, url: CookieUrl) -> tuple[str, CookieScope] | None:
    """Where it goes, or None if its Domain isn't this host's to set."""
    path = received.path if received.path is not None else default_path(url.path)
    domain = received.domain
    if domain is not None:
        domains = Site.of(url.host).domains
        if domain == url.host and not domains:
            domain = None  # an address, or a host that is itself a suffix: it may name itself, for itself alone
        elif domain not in domains:
            return None
    return domain or url.host, CookieScope(domain, path, received.partitioned)


def _keeps_promise(received: ReceivedCookie, scope: CookieScope, dialect: Dialect) -> bool:
    prefix = prefix_of(received.name, http=dialect.http_prefixes)
    if prefix is None:
        return True
    if not received.secure or (prefix.http_only and not received.http_only):
        return False
    if not prefix.host_only:
        return True
    path_is_written = received.path is not None or not dialect.host_prefix_needs_path
    return scope.domain is None and scope.path == "/" and path_is_written


def _expiry(received: ReceivedCookie, dialect: Dialect, *, now: float, date: float | None) -> float | None:
    if received.max_age is not None:
        return now + min(received.max_age, MAX_LIFETIME)
    if received.expires is None:
        return None
    skew = now - date if date is not None and dialect.expires_by_date else 0
    return min(received.expires + skew, now + MAX_LIFETIME)
