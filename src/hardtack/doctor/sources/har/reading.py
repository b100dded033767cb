"""One pass over the entries: records, and what is counted on the way.

Rule: an entry is looked at once and let go. Only what can matter to a session is kept: cookies that a profile knows,
calls to the user pool, loads of pages. For all the rest a maximum or a count is enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hardtack.doctor.evidence import Evidence, Place
from hardtack.doctor.profiles import CookieRole
from hardtack.doctor.quoting import safe_url
from hardtack.doctor.sources.har.entries import Entry, read_entry, seconds_of
from hardtack.doctor.sources.har.pool_calls import is_pool_host, operation_of, read_call
from hardtack.doctor.sources.har.records import (
    NOWHERE,
    TOKENS,
    Cookies,
    Record,
    headers_of,
    size_of,
    spellings,
    where_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardtack.doctor.marks import Marker

__all__ = ["Largest", "Reading"]

_ASKED: Final = spellings(
    (
        "accept",
        "authorization",
        "cookie",
        "host",
        "referer",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "sec-fetch-site",
        "sec-fetch-user",
        "user-agent",
        "x-amz-target",
        ":authority",
    )
)
_ANSWERED: Final = spellings(("age", "cache-control", "clear-site-data", "date", "set-cookie", "x-cache"))
_SIGN_OUT: Final = re.compile(r"/(?:sign-?out|log-?out)/?$", re.IGNORECASE)
_IN_URL: Final = (
    (re.compile(r"[?#&](?:access_token)=[^&#]"), CookieRole.ACCESS_TOKEN),
    (re.compile(r"[?#&](?:id_token)=[^&#]"), CookieRole.ID_TOKEN),
    (re.compile(r"[?#&](?:refresh_token)=[^&#]"), CookieRole.REFRESH_TOKEN),
    (re.compile(r"[?&]code=[^&#].*[?&]state=|[?&]state=[^&#].*[?&]code="), CookieRole.FLOW),
)
_MOST_RECORDS: Final = 400_000
"""Records kept: some two hundred bytes each."""
_TOO_LARGE: Final = frozenset({400, 413, 414, 431, 494, 502})
_LARGE_HEADERS: Final = 4_000
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(slots=True)
class Largest:
    """The largest headers of one host, or a request refused for its headers."""

    record: Record
    request: int
    cookie: int
    response: int
    written: int


@dataclass(slots=True)
class Reading:
    """What one pass gathers.

    Attributes:
        source: the recording's name.
        cookies: reads cookies, and remembers of them.
        records: what is kept, in the order of the file.
        requests: entries with a URL.
        unreadable: entries that could not be read at all.
        largest: the largest request and response of each host.
        crowds: the most cookies that one request of a host carried.
        in_urls: tokens and codes in URLs: the first record and how many, by role.
        with_tokens: the first record whose bodies or cookies hold a secret, and how many secrets there are.
        bodiless: calls to the pool of which a body is missing.
        agent: the User-Agent of the first request that has one.
        cut: whether records had to be left out.
    """

    source: str
    cookies: Cookies
    records: list[Record] = field(default_factory=list[Record])
    requests: int = 0
    unreadable: int = 0
    largest: dict[tuple[str, str], Largest] = field(default_factory=dict[tuple[str, str], Largest])
    crowds: dict[str, tuple[int, Record]] = field(default_factory=dict[str, "tuple[int, Record]"])
    in_urls: dict[CookieRole, tuple[Record, int]] = field(default_factory=dict[CookieRole, "tuple[Record, int]"])
    secrets: int = 0
    first_secret: Record | None = None
    bodiless: int = 0
    agent: str = ""
    cut: bool = False

    @property
    def marker(self) -> Marker:
        """The one of this recording."""
        return self.cookies.marker

    def evidence(self, record: Record, quote: str | None = None) -> Evidence:
        """Where a record stands."""
        url = safe_url(record.url, hide=self.cookies.names)
        if quote is None:
            path = record.where.path if record.where else ""
            what = record.call.fact.operation if record.call else safe_url(path, hide=self.cookies.names)
            quote = f"{record.method} {what} → {record.status or 'no answer'}"
        return Evidence(Place(self.source, entry=record.index, url=url, at=record.start), quote)

    def read(self, texts: Iterable[bytes]) -> None:
        """Go through the entries."""
        last = 0.0
        for index, text in enumerate(texts):
            entry = read_entry(text)
            if entry is None:
                self.unreadable += 1
                continue
            started = seconds_of(entry.started)
            last = last if started is None else started
            self._take(index, entry, last)

    def _take(self, index: int, entry: Entry, start: float) -> None:
        url = entry.request.url
        place = url.partition("#")[0].partition("?")[0]
        where = where_of(place)
        if where is None:
            return
        self.requests += 1
        asked = headers_of(entry.request.headers, _ASKED)
        answered = headers_of(entry.answer.headers, _ANSWERED)
        record = Record(
            index=index,
            start=start,
            end=start + entry.duration,
            url=place,
            where=where,
            method=entry.request.method[:16],
            status=int(entry.answer.status or 0),
        )
        self._look_at_request(record, entry, asked)
        lines = answered.get("set-cookie", [])
        if lines or entry.answer.cookies:
            record.writes = self.cookies.written(lines, entry.answer.cookies, url, record.end)
        record.clears = any('"cookies"' in one or '"*"' in one for one in answered.get("clear-site-data", ()))
        if record.writes:
            record.cache = ", ".join(answered.get("cache-control", ()))
            hits = "".join(answered.get("x-cache", ())).lower()
            record.from_cache = "age" in answered or hits.startswith("hit")
        if record.call is not None:
            record.date = _date(answered.get("date"))
        if lines or "cookie" in asked:
            self._measure(record, entry, asked.get("cookie", []), lines)
        self._look_at_url(record, url)
        if record.sent or record.writes or record.call or record.document or record.clears or record.sent is not None:
            if len(self.records) < _MOST_RECORDS:
                self.records.append(record)
            else:
                self.cut = True

    def _look_at_request(self, record: Record, entry: Entry, asked: dict[str, list[str]]) -> None:
        path, host = record.where.path if record.where else "", record.host
        if not self.agent and "user-agent" in asked:
            self.agent = asked["user-agent"][0]
        operation = operation_of(entry, asked.get("x-amz-target", [None])[0], path, host)
        if operation is not None:
            record.call = read_call(entry, operation, NOWHERE, self.marker)
            self._count(record, record.call.secrets)
            self.bodiless += record.call.bodiless
        header = "; ".join(asked.get("cookie", ()))
        shown = entry.request.cookies
        destination = asked.get("sec-fetch-dest", [""])[0]
        record.document = _is_document(entry, asked, destination) and not is_pool_host(host)
        if record.document:
            record.scripted = _is_scripted(asked)
        if destination in {"iframe", "frame"} and asked.get("sec-fetch-site") == ["cross-site"]:
            record.framed_by = asked.get("referer", [None])[0]
        record.signs_out = _SIGN_OUT.search(path) is not None
        if header or shown:
            record.sent = self.cookies.sent(header, shown)
            if self.first_secret is None and self.cookies.tokens:
                self._count(record, sum(one.cookie.role in TOKENS for one in record.sent))
        elif _would_send(record, entry, asked):
            record.sent = ()

    def _count(self, record: Record, secrets: int) -> None:
        if secrets and self.first_secret is None:
            self.first_secret = record
        self.secrets += secrets

    def _measure(self, record: Record, entry: Entry, header: list[str], lines: list[str]) -> None:
        cookie = sum(map(len, header))
        written = sum(map(len, lines))
        request = size_of(entry.request.headers, entry.request.header_bytes)
        response = size_of(entry.answer.headers, entry.answer.header_bytes)
        found = Largest(record, request, cookie, response, written)
        for kind, size, before in (
            ("request", cookie, self.largest.get((record.host, "request"))),
            ("response", written, self.largest.get((record.host, "response"))),
        ):
            if size and (before is None or size > (before.cookie if kind == "request" else before.written)):
                self.largest[record.host, kind] = found
        if record.status in _TOO_LARGE and max(cookie, written) > _LARGE_HEADERS:
            self.largest.setdefault((record.host, f"refused {record.status}"), found)
        if cookie:
            count = sum(one.count(";") + 1 for one in header)
            if count > self.crowds.get(record.host, (0, record))[0]:
                self.crowds[record.host] = count, record

    def _look_at_url(self, record: Record, url: str) -> None:
        if "token=" not in url and "code=" not in url:
            return
        for pattern, role in _IN_URL:
            if pattern.search(url):
                first, count = self.in_urls.get(role, (record, 0))
                self.in_urls[role] = first, count + 1


def _date(values: list[str] | None) -> float | None:
    try:
        return parsedate_to_datetime(values[0]).timestamp() if values else None
    except (ValueError, TypeError, OverflowError):
        return None


def _is_document(entry: Entry, asked: dict[str, list[str]], destination: str) -> bool:
    if destination:
        return destination == "document"
    if entry.resource_type is not None:
        return entry.resource_type == "document"
    html = asked.get("accept", [""])[0].lstrip().lower().startswith("text/html")
    return html and entry.request.method in {"GET", "POST"}


def _is_scripted(asked: dict[str, list[str]]) -> bool | None:
    """Whether no person started it. What script starts soon after a click carries the person's mark too."""
    site = asked.get("sec-fetch-site", [""])[0]
    if not site or (site != "none" and "sec-fetch-user" in asked):
        return None
    return site != "none"


def _would_send(record: Record, entry: Entry, asked: dict[str, list[str]]) -> bool:
    """Whether a request without cookies means that there were none: it reached the network, and might have had some."""
    if entry.from_cache or record.call is not None or record.status == 0:
        return False
    if record.document:
        return bool(asked)
    return asked.get("sec-fetch-site") == ["same-origin"] and asked.get("sec-fetch-mode") in (["cors"], ["same-origin"])


def origin_of(url: str) -> tuple[int, bool] | None:
    """Port and security of a URL; None if its port is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    secure = parts.scheme.lower() in {"https", "wss"}
    return port or (443 if secure else 80), secure
