"""A Set-Cookie line as a fact: what it writes, where, and whether a browser takes it.

Rule: every source that meets a line (a recording, a live page, a pasted header) reads it here, so that all of them mean
the same. The reading is the cookie layer's own; only the reason of a refusal is worked out here, because a person has
to be told it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardtack.cookies import CookieError, CookieScope, Site, default_path
from hardtack.cookies.dialects import CHROMIUM
from hardtack.cookies.line import MAX_PAIR_BYTES, ReceivedCookie, read_line, wire_text
from hardtack.cookies.matching import is_canonical_host
from hardtack.cookies.prefixes import prefix_of
from hardtack.cookies.stored import CookieUrl
from hardtack.doctor.observed import CookieWritten, Refusal, Writer
from hardtack.doctor.profiles import refer
from hardtack.doctor.quoting import quotable

if TYPE_CHECKING:
    from hardtack.doctor.evidence import Evidence
    from hardtack.doctor.marks import Marker

__all__ = ["read_set_cookie"]

_LONG_GONE = 86_400  # epoch seconds: PHP and others write 00:00:01 on that first day
_LONGEST_DOMAIN = 80  # characters of a Domain as it is shown


def read_set_cookie(
    line: str,
    url: str,
    *,
    marker: Marker,
    evidence: Evidence,
    writer: Writer = Writer.SERVER,
    order: int = 0,
    now: float | None = None,
) -> CookieWritten | None:
    """Make the fact of one line.

    Args:
        line: the value of a Set-Cookie header, or what was assigned to `document.cookie`.
        url: of the response or the page.
        marker: the one of this run.
        evidence: where the line stands.
        writer: who wrote it.
        order: its position among the lines of the response.
        now: epoch seconds of the response, to turn Expires into a lifetime; None if unknown.

    Returns:
        The fact; None if the line names no cookie or the URL is none.
    """
    text = wire_text(line)
    try:
        where = CookieUrl.parse(url)
    except CookieError:
        return None
    received = read_line(text, CHROMIUM)
    if received is None:
        name, _, value = text.partition(";")[0].partition("=")
        if not name.strip():
            return None
        too_large = len(name.strip()) + len(value.strip()) > MAX_PAIR_BYTES
        return CookieWritten(
            evidence=evidence,
            cookie=refer(name.strip(), marker),
            host=where.host,
            writer=writer,
            scope=None,
            size=len(name) + len(value),
            order=order,
            refused=Refusal.TOO_LARGE if too_large else Refusal.UNREADABLE,
        )
    lifetime = _lifetime(received, now)
    deletion = _deletes(received, now)
    refused = _refusal(received, where)
    return CookieWritten(
        evidence=evidence,
        cookie=refer(received.name, marker),
        host=where.host,
        writer=writer,
        scope=None if refused else _scope(received, where),
        domain=None if received.domain is None else quotable(received.domain, limit=_LONGEST_DOMAIN),
        path_given=received.path is not None,
        value=None if deletion else marker.mark(received.value),
        deletion=deletion,
        secure=received.secure,
        http_only=received.http_only,
        same_site=received.same_site,
        lifetime=lifetime,
        size=len(received.name) + len(received.value),
        order=order,
        refused=refused,
    )


def _deletes(received: ReceivedCookie, now: float | None) -> bool:
    if received.max_age is not None:
        return received.max_age <= 0
    return received.expires is not None and received.expires <= (_LONG_GONE if now is None else now)


def _lifetime(received: ReceivedCookie, now: float | None) -> int | None:
    if received.max_age is not None:
        return received.max_age
    if received.expires is None or now is None:
        return None
    return int(received.expires - now)


def _refusal(received: ReceivedCookie, where: CookieUrl) -> Refusal | None:
    """Why a browser drops it, the first reason that there is (RFC 6265bis section 5.7)."""
    if received.secure and not where.trusted:
        return Refusal.NOT_SECURE
    if received.same_site == "None" and not received.secure:
        return Refusal.SAME_SITE_NONE
    if received.partitioned and not received.secure:
        return Refusal.PARTITIONED
    if (refusal := _domain_refusal(received.domain, where)) is not None:
        return refusal
    prefix = prefix_of(received.name)
    if prefix is None:
        return None
    kept = received.secure and (received.http_only or not prefix.http_only)
    if prefix.host_only:
        kept = kept and received.domain is None and received.path == "/"
    return None if kept else Refusal.PREFIX


def _domain_refusal(domain: str | None, where: CookieUrl) -> Refusal | None:
    if domain is None:
        return None
    site = Site.of(where.host)
    if domain in site.domains or (domain == where.host and not site.domains):
        return None
    if not is_canonical_host(domain):
        return Refusal.BAD_DOMAIN
    suffix = Site.of(domain).registrable_domain is None
    return Refusal.PUBLIC_SUFFIX if suffix and where.host.endswith(f".{domain}") else Refusal.OTHER_HOST


def _scope(received: ReceivedCookie, where: CookieUrl) -> CookieScope:
    domain = received.domain
    if domain == where.host and not Site.of(where.host).domains:
        domain = None  # an address, or a suffix: it may name itself, for itself alone
    return CookieScope(domain, received.path or default_path(where.path), received.partitioned)
