"""Group 5: sizes. Servers refuse requests by the size of their headers, browsers drop cookies by theirs, in silence.

Rule: each limit was measured, or stands in its owner's documentation; the table says what is refused by whom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import CookieCrowd, CookieWritten, JarSeen, Refusal, Sizes
from hardtack.doctor.rules.model import Hit, Severity, Value, Verdict, rule
from hardtack.doctor.rules.reading import amplify_session, evidence_of, organic, twins

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["REQUEST_LIMITS", "RESPONSE_LIMITS", "RULES"]

REQUEST_LIMITS: Final = (
    (8_190, "nginx, Apache, gunicorn, aiohttp"),
    (15_300, "HAProxy"),
    (16_384, "Node, AWS ALB"),
    (20_480, "CloudFront, Amplify Hosting"),
    (65_536, "hypercorn, tornado"),
)
"""Bytes of a Cookie header (or of all request headers, which it dominates) above which each refuses."""
RESPONSE_LIMITS: Final = (
    (4_200, "nginx (proxy_buffer_size 4k)"),
    (11_000, "HAProxy"),
    (20_480, "CloudFront, Amplify Hosting"),
    (32_768, "AWS ALB"),
)
"""Bytes of response headers above which each answers 502 or the like."""
NODE_LIMIT: Final = 16_384
LARGE_RESPONSE: Final = 11_000
MAX_PAIR: Final = 4_096
NEAR_PAIR: Final = 3_900
"""Bytes of name and value from which one more group in a token is too much."""
MAX_COOKIES: Final = 180
NEAR_COOKIES: Final = 150
_REFUSED: Final = frozenset({400, 413, 414, 431, 494})


def _over(size: int, limits: tuple[tuple[int, str], ...]) -> tuple[str, ...]:
    return tuple(f"{who} ({limit:,})" for limit, who in limits if size > limit)


@rule("HT501", "request-too-large", Severity.WARNING, {Area.SIZES})
def request_too_large(facts: Facts) -> Iterator[Hit]:
    """The Cookie header is larger than servers on the way take."""
    sizes = facts.of(Sizes)
    refused = next((one for one in sizes if one.status in _REFUSED and one.cookie_bytes > REQUEST_LIMITS[0][0]), None)
    largest = max(sizes, key=lambda one: one.cookie_bytes, default=None)
    found = refused or largest
    if found is None or not (over := _over(found.cookie_bytes, REQUEST_LIMITS)):
        return
    values: dict[str, Value] = {
        "bytes": found.cookie_bytes,
        "over": over,
        "host": found.host,
        "status": found.status,
        "doubled": _doubled(facts),
    }
    severe = refused is not None or found.cookie_bytes > NODE_LIMIT
    yield Hit(
        evidence=evidence_of(found),
        values=values,
        say="refused" if refused else "message",
        severity=Severity.ERROR if severe else Severity.WARNING,
        verdict=Verdict.STUCK if refused else None,
        key=found.host,
    )


def _doubled(facts: Facts) -> int:
    """How many cookies too many the worst moment of the recording shows."""
    jars = [fact for fact in organic(facts) if isinstance(fact, JarSeen)]
    groups = [twins(amplify_session(jar.cookies)).values() for jar in jars]
    return max((sum(len(group) - 1 for group in found) for found in groups), default=0)


@rule("HT502", "cookie-too-large", Severity.ERROR, {Area.WRITES}, {Area.JAR})
def cookie_too_large(facts: Facts) -> Iterator[Hit]:
    """A cookie above 4096 bytes is dropped by every browser without a word."""
    for line in organic(facts):
        if isinstance(line, CookieWritten) and line.refused is Refusal.TOO_LARGE:
            values: dict[str, Value] = {"label": line.cookie.label, "bytes": line.size, "limit": MAX_PAIR}
            yield Hit(evidence=evidence_of(line), values=values, key=line.cookie.label)
            return
    for jar in organic(facts):
        if not isinstance(jar, JarSeen):
            continue
        near = max(jar.cookies, key=lambda one: one.size, default=None)
        if near is not None and near.size > NEAR_PAIR:
            values = {"label": near.cookie.label, "bytes": near.size, "limit": MAX_PAIR}
            yield Hit(
                evidence=evidence_of(jar), values=values, say="near", severity=Severity.NOTE, key=near.cookie.label
            )
            return


@rule("HT503", "too-many-cookies", Severity.ERROR, {Area.SIZES})
def too_many_cookies(facts: Facts) -> Iterator[Hit]:
    """A browser keeps 180 cookies for a registrable domain and then throws out the oldest thirty."""
    crowd = max(facts.of(CookieCrowd), key=lambda one: one.count, default=None)
    if crowd is not None and crowd.count >= NEAR_COOKIES:
        values: dict[str, Value] = {"count": crowd.count, "domain": crowd.domain, "limit": MAX_COOKIES}
        severity = Severity.ERROR if crowd.count >= MAX_COOKIES else Severity.WARNING
        yield Hit(evidence=evidence_of(crowd), values=values, severity=severity, key=crowd.domain)


@rule("HT504", "response-too-large", Severity.NOTE, {Area.SIZES})
def response_too_large(facts: Facts) -> Iterator[Hit]:
    """The response headers, mostly Set-Cookie lines, are larger than proxies on the way take."""
    largest = max(facts.of(Sizes), key=lambda one: max(one.response_bytes, one.set_cookie_bytes), default=None)
    if largest is None:
        return
    size = max(largest.response_bytes, largest.set_cookie_bytes)
    if not largest.set_cookie_bytes or not (over := _over(size, RESPONSE_LIMITS)):
        return
    failed = largest.status == 502  # noqa: PLR2004  HTTP's
    severity = Severity.ERROR if failed else Severity.WARNING if size > LARGE_RESPONSE else Severity.NOTE
    values: dict[str, Value] = {"bytes": size, "cookies": largest.set_cookie_bytes, "over": over}
    yield Hit(evidence=evidence_of(largest), values=values, severity=severity, key=largest.host)


RULES = (request_too_large, cookie_too_large, too_many_cookies, response_too_large)
