"""What a recording says as a whole: its facts, how far it can be trusted, and which browser made it.

Rule: what the recording cannot show is said before anything is judged. A recording whose cookies were stripped shows no
jar, not an empty one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from hardtack.cookies import Site
from hardtack.doctor.evidence import Evidence, Place
from hardtack.doctor.facts import Area, Facts, Hint, Sight, SourceKind
from hardtack.doctor.observed import (
    BrowserSeen,
    ClockReading,
    CookieCrowd,
    CookiesBlocked,
    Embedded,
    Exposure,
    JarSeen,
    SiteSeen,
    Sizes,
    TokenExposed,
)
from hardtack.doctor.profiles import CookieRole
from hardtack.doctor.sources.har.pool_calls import is_pool_host
from hardtack.doctor.sources.har.reading import origin_of
from hardtack.doctor.sources.har.records import where_of
from hardtack.doctor.sources.har.telling import Teller

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hardtack.cookies.jar import Engine
    from hardtack.doctor.observed import Fact
    from hardtack.doctor.sources.har.reading import Reading
    from hardtack.doctor.sources.har.records import Record
    from hardtack.doctor.sources.har.splitting import Splitter

__all__ = ["conclude"]

_FAMILIES: Final = (
    ("firefox", re.compile(r"Firefox", re.IGNORECASE)),
    ("chromium", re.compile(r"Chrom(?:e|ium)|CriOS|Edg|WebInspector", re.IGNORECASE)),
    ("safari", re.compile(r"WebKit|Safari", re.IGNORECASE)),
)
_VERSION: Final = re.compile(r"[0-9][0-9.]{0,20}")
_AGENT_VERSION: Final = re.compile(r"(?:Chrome|Firefox|Version)/([0-9][0-9.]{0,20})")
_ENGINES: Final[dict[str, Engine]] = {"chromium": "chromium", "firefox": "firefox"}
_VISITS: Final = 2
"""Loads without a cookie after which cookies that were set are said to be blocked."""
_SLOWEST: Final = 5.0
"""Seconds of an answer above which its Date says nothing about a clock."""


def conclude(reading: Reading, splitter: Splitter, own: Sequence[str]) -> Facts:
    """Make the facts of a recording.

    Args:
        reading: what the pass over it gathered.
        splitter: what stood beside the entries, and whether they broke off.
        own: hosts of the site, where the user has named them.
    """
    family, version = _browser(splitter.about, reading.agent)
    called = any(record.call is not None for record in reading.records)
    stripped = not reading.cookies.seen and (called or _creator(splitter.about) == "WebInspector")
    if stripped:  # a request without cookies means nothing then
        for record in reading.records:
            record.sent = None
    teller = Teller(reading, _ENGINES.get(family, "rfc6265bis"))
    told = tuple(teller.facts())
    hosts = [host for host in teller.hosts if not own or host in own]
    first = Evidence(Place(reading.source))
    items: tuple[Fact, ...] = (
        BrowserSeen(evidence=first, family=family, version=version),
        *told,
        *_sites(reading, teller, hosts, told),
        *_sizes(reading, hosts),
        *_clock(reading),
        *_exposed(reading),
        *_framed(reading, hosts),
        *_blocked(reading),
    )
    jars = [fact for fact in told if isinstance(fact, JarSeen)]
    hints = [
        hint
        for hint, holds in (
            (Hint.COOKIES_STRIPPED, stripped),
            (Hint.BODIES_MISSING, reading.bodiless > 0),
            (Hint.ENDS_EARLY, splitter.ended_early),
            (Hint.NO_AUTH_SEEN, not called and not jars and not stripped),
            (Hint.FOLDED_COOKIES, reading.cookies.folded),
            (Hint.PARTLY_UNREADABLE, reading.unreadable > 0),
            (Hint.LIMIT_REACHED, reading.cut or teller.limited),
        )
        if holds
    ]
    return Facts(
        SourceKind.HAR,
        reading.source,
        items,
        _sights(reading, jars, stripped=stripped, called=called),
        tuple(hints),
        {"requests": reading.requests},
    )


def _sights(reading: Reading, jars: list[JarSeen], *, stripped: bool, called: bool) -> dict[Area, Sight]:
    sights: dict[Area, Sight] = dict.fromkeys((Area.PAGES, Area.BROWSER, Area.EXPOSURE), Sight.FULL)
    if called:
        sights[Area.POOL] = Sight.PARTIAL if reading.bodiless else Sight.FULL
    if any(record.date is not None for record in reading.records):
        sights[Area.CLOCK] = Sight.FULL
    if stripped:
        return sights
    sights |= dict.fromkeys((Area.JAR, Area.WRITES, Area.SIZES), Sight.FULL)
    unplaced = any(one.scope is None for jar in jars for one in jar.cookies)
    sights[Area.SCOPES] = Sight.PARTIAL if unplaced else Sight.FULL
    if reading.cookies.folded:
        sights[Area.WRITES] = Sight.PARTIAL
    return sights


def _creator(about: dict[str, Any]) -> str:
    return _text(about, "creator", "name")


def _text(about: dict[str, Any], part: str, key: str) -> str:
    value = about.get(part)
    found = cast("dict[str, Any]", value).get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _browser(about: dict[str, Any], agent: str) -> tuple[str, str]:
    """Family and version, by what the recording says of itself, else by what its requests said."""
    for name, version in (
        (_text(about, "browser", "name"), _text(about, "browser", "version")),
        (agent, next(iter(_AGENT_VERSION.findall(agent)), "")),
        (_creator(about), ""),
    ):
        for family, pattern in _FAMILIES:
            if pattern.search(name):
                found = _VERSION.match(version)
                return family, found[0] if found else ""
    return "other", ""


def _sites(reading: Reading, teller: Teller, hosts: list[str], told: tuple[Fact, ...]) -> Iterator[SiteSeen]:
    """Each host and port of the site's own, with each app client whose cookies were there."""
    clients: dict[str, dict[str, None]] = {}
    for fact in told:
        if isinstance(fact, JarSeen):
            for one in fact.cookies:
                if one.cookie.client_id is not None:
                    clients.setdefault(fact.host, {})[one.cookie.client_id] = None
    done: set[tuple[str, int]] = set()
    for record in (*teller.hosts.values(), *reading.records):
        origin = origin_of(record.url)
        if origin is None or record.host not in hosts or is_pool_host(record.host) or (record.host, origin[0]) in done:
            continue
        done.add((record.host, origin[0]))
        for client in clients.get(record.host, {None: None}):
            yield SiteSeen(
                evidence=reading.evidence(record),
                host=record.host,
                port=origin[0],
                secure=origin[1],
                client_id=client,
            )


def _sizes(reading: Reading, hosts: list[str]) -> Iterator[Fact]:
    told: set[int] = set()
    for (host, _), largest in reading.largest.items():
        if host in hosts and id(largest) not in told:
            told.add(id(largest))
            yield Sizes(
                evidence=reading.evidence(largest.record),
                host=host,
                request_bytes=largest.request,
                cookie_bytes=largest.cookie,
                response_bytes=largest.response,
                set_cookie_bytes=largest.written,
                status=largest.record.status,
            )
    crowds: dict[str, tuple[int, Record]] = {}
    for host, (count, record) in reading.crowds.items():
        domain = Site.of(host).registrable_domain or host
        if host in hosts and count > crowds.get(domain, (0, record))[0]:
            crowds[domain] = count, record
    for domain, (count, record) in crowds.items():
        yield CookieCrowd(evidence=reading.evidence(record), domain=domain, count=count)


def _clock(reading: Reading) -> Iterator[ClockReading]:
    """The quickest answer of the pool: its Date and the device's clock can differ by little else than the clocks."""
    dated = [
        (record.end - record.start, record.index, record)
        for record in reading.records
        if record.date is not None and record.start > 0 and record.end - record.start < _SLOWEST
    ]
    if dated:
        took, _, record = min(dated)
        if record.date is not None:
            evidence = reading.evidence(record)
            yield ClockReading(evidence=evidence, device=record.end, server=record.date, slack=took + 1.0)


def _exposed(reading: Reading) -> Iterator[TokenExposed]:
    for role, (record, count) in reading.in_urls.items():
        yield TokenExposed(evidence=reading.evidence(record), exposure=Exposure.URL, role=role, count=count)
    if reading.first_secret is not None:
        yield TokenExposed(
            evidence=reading.evidence(reading.first_secret),
            exposure=Exposure.RECORDING,
            role=CookieRole.REFRESH_TOKEN,
            count=reading.secrets,
        )


def _framed(reading: Reading, hosts: list[str]) -> Iterator[Embedded]:
    for record in reading.records:
        around = where_of(record.framed_by) if record.framed_by else None
        if around is not None and record.host in hosts and record.where is not None:
            if around.site != record.where.site:
                yield Embedded(evidence=reading.evidence(record), top_site=around.site)
            return


def _blocked(reading: Reading) -> Iterator[CookiesBlocked]:
    """A response set a session's cookies by the book; the site's pages were loaded again, and none came back."""
    if any(record.sent for record in reading.records):
        return
    written: dict[str, Record] = {}
    visits: dict[str, int] = {}
    for record in reading.records:
        if record.document and record.host in written:
            visits[record.host] = visits.get(record.host, 0) + 1
        for write in record.writes:
            if write.fact.refused is None and write.fact.scope is not None and write.fact.scope.path == "/":
                if write.fact.deletion:
                    written.pop(record.host, None)
                else:
                    written.setdefault(record.host, record)
    for host, record in written.items():
        if visits.get(host, 0) >= _VISITS:
            yield CookiesBlocked(evidence=reading.evidence(record), third_party=record.framed_by is not None)
            return
