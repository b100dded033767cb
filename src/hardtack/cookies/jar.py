"""What a browser keeps and what it sends: RFC 6265bis sections 5.7 and 5.8 as Chromium and Firefox do them.

Rule: the model must agree with recordings of the real browsers, every header and every `document.cookie`, order
included (the tests hold it to 1,485 recorded histories). It is what lets a property test say "from any jar".

Left out, for a later issue: SameSite, so that every request counts as same-site; partitions of other sites; the
CookieStore API; origin-bound cookies; the limit on a whole profile; the ghosts that Firefox sometimes keeps of
`Max-Age=0`, and the phantom that its `document.cookie` shows after script tried to write over an HttpOnly cookie.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from hardtack.cookies.admission import admit
from hardtack.cookies.dialects import CHROMIUM, FIREFOX, RFC6265BIS, Dialect
from hardtack.cookies.line import wire_text
from hardtack.cookies.matching import domain_match, path_match
from hardtack.cookies.stored import CookieUrl, Identity, StoredCookie, site_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["BrowserJar", "Engine", "Snapshot"]

Engine = Literal["chromium", "firefox", "rfc6265bis"]
"""Whose behaviour a jar models."""
Snapshot: TypeAlias = "tuple[tuple[StoredCookie, int, int, float], ...]"
"""All that a jar knows, the oldest cookie first: the cookie, its age, its age to script, the seconds out of use.
Hashable, picklable, and made of plain values; see `BrowserJar.snapshot`."""

MAX_COOKIES_PER_SITE = 180
"""Cookies that a registrable domain may have, host-only and Domain ones together; one more starts a purge."""
PURGED_TO = 150
"""Cookies that a purge leaves."""
ACCESS_GRANULARITY = 60
"""Seconds within which another use of a cookie is not noted."""

_DIALECTS: dict[Engine, Dialect] = {"chromium": CHROMIUM, "firefox": FIREFOX, "rfc6265bis": RFC6265BIS}


@dataclass(slots=True)
class _Record:
    """A cookie in its place. Ages are counted rather than timed: two cookies of one response share their second."""

    cookie: StoredCookie
    age: int
    script_age: int
    accessed: float


class BrowserJar:
    """The cookies of one browser profile. Pure: time comes in through `clock`.

    Args:
        engine: whose behaviour is modelled.
        clock: tells the epoch seconds.
    """

    def __init__(self, engine: Engine = "chromium", *, clock: Callable[[], float]) -> None:
        self._dialect = _DIALECTS[engine]
        self._clock = clock
        self._records: dict[Identity, _Record] = {}
        self._writes = 0

    @classmethod
    def restored(cls, snapshot: Snapshot, engine: Engine = "chromium", *, clock: Callable[[], float]) -> Self:
        """A jar as `snapshot` saw it; from the same clock on it does what that one would have done.

        Args:
            snapshot: what `snapshot` returned, of a jar of the same engine.
            engine: whose behaviour is modelled.
            clock: tells the epoch seconds.
        """
        jar = cls(engine, clock=clock)
        now = clock()
        jar._records = {
            cookie.identity: _Record(cookie, age, script_age, now - idle) for cookie, age, script_age, idle in snapshot
        }
        jar._writes = 2 * len(snapshot)  # as many ages as there can be
        return jar

    def snapshot(self) -> Snapshot:
        """All that the jar knows, as a value; equal contents in equal orders give equal snapshots.

        Ages are numbered anew, without gaps. The time of the last use decides only who is evicted and whether a next
        use is noted, so it stands there as seconds before now, exact up to `ACCESS_GRANULARITY`. Of cookies longer out
        of use the order alone counts: they have the seconds after that, 1 apart. Cookies are the very ones that are
        kept, with the times that they were given: where the clock moves on, equal snapshots want equal times.
        """
        self._forget_expired()
        now = self._clock()
        records = sorted(self._records.values(), key=lambda record: record.age)
        idle = _reduced([now - record.accessed for record in records])
        if not self._dialect.script_order:
            return tuple((record.cookie, age, age, idle[age]) for age, record in enumerate(records))
        counted = {age for record in records for age in (record.age, record.script_age)}
        ages = {age: place for place, age in enumerate(sorted(counted))}
        return tuple(
            (record.cookie, ages[record.age], ages[record.script_age], seconds)
            for record, seconds in zip(records, idle, strict=True)
        )

    def store_response(self, url: str, set_cookie_lines: Iterable[str | bytes], *, date: float | None = None) -> None:
        """Take in the Set-Cookie lines of one response, in their order.

        With `Clear-Site-Data: "cookies"` beside them call `clear_site_data` after this: browsers lose what they clear,
        wherever the line stood.

        Args:
            url: absolute, of the response (of each hop, where there are redirects).
            set_cookie_lines: the values of its Set-Cookie lines.
            date: epoch seconds of its Date header, by which browsers correct Expires.

        Raises:
            CookieError: if the URL isn't one.
        """
        where = CookieUrl.parse(url)
        for line in set_cookie_lines:
            text = wire_text(line)
            if self._dialect.bad_utf8 == "replaced" and not text.isascii():
                text = wire_text(_as_script_sees(text).encode())
            self._take(text, where, by_script=False, date=date)

    def set_document_cookie(self, url: str, text: str) -> None:
        """Do what `document.cookie = text` does on a page at `url`."""
        line = text.encode("utf-8", "replace").decode("latin-1")
        self._take(line, CookieUrl.parse(url), by_script=True)

    def cookie_header(self, url: str) -> str | None:
        """The Cookie header of a request for `url`, as latin-1 text; None if it has none."""
        sent = self._find(CookieUrl.parse(url))
        sent.sort(key=lambda record: (-len(record.cookie.scope.path), record.age))
        return "; ".join(_pair(record.cookie) for record in sent) or None

    def document_cookie(self, url: str) -> str:
        """What script reads from `document.cookie` on a page at `url`."""
        seen = [record for record in self._find(CookieUrl.parse(url)) if not record.cookie.http_only]
        if self._dialect.bad_utf8 == "hidden":
            seen = [record for record in seen if _is_utf8(_pair(record.cookie))]
        seen.sort(key=lambda record: (-len(record.cookie.scope.path), record.script_age))
        return _as_script_sees("; ".join(_pair(record.cookie) for record in seen))

    def clear_site_data(self, url: str) -> None:
        """Obey `Clear-Site-Data: "cookies"` in a response for `url`; plain http is not obeyed.

        Chromium empties the registrable domain, siblings and partition included. Firefox removes what is stored for the
        very host and leaves the Domain cookies of its parents, and the partition.
        """
        where = CookieUrl.parse(url)
        if not where.trusted:
            return
        for key, record in list(self._records.items()):
            cookie = record.cookie
            if self._dialect.clears_whole_site:
                goes = site_of(cookie.host) == where.site
            else:
                goes = cookie.host == where.host and not cookie.scope.partitioned
            if goes:
                del self._records[key]

    def __iter__(self) -> Iterator[StoredCookie]:
        """The live cookies, the oldest first."""
        self._forget_expired()
        records = sorted(self._records.values(), key=lambda record: record.age)
        return iter([record.cookie for record in records])

    def __len__(self) -> int:
        self._forget_expired()
        return len(self._records)

    def _take(self, line: str, where: CookieUrl, *, by_script: bool, date: float | None = None) -> None:
        """Store what one line says, or delete by it (RFC 6265bis section 5.7, from "leave secure cookies alone" on)."""
        now = self._clock()
        cookie = admit(line, where, self._dialect, by_script=by_script, now=now, date=date)
        if cookie is None:
            return
        self._forget_expired()
        old = self._records.get(cookie.identity)
        if by_script and old is not None and old.cookie.http_only:
            return
        if not where.trusted and self._guards_against(cookie):
            return
        if cookie.expires is not None and cookie.expires <= now:
            self._records.pop(cookie.identity, None)
            return
        self._writes += 1
        record = _Record(cookie, age=self._writes, script_age=self._writes, accessed=now)
        if old is not None and not (self._dialect.overwriting_renews and old.cookie.value != cookie.value):
            record.cookie = replace(cookie, created=old.cookie.created)
            record.age = old.age
            if not (by_script and self._dialect.script_order):
                record.script_age = old.age
        self._records[cookie.identity] = record
        self._purge(cookie)

    def _guards_against(self, cookie: StoredCookie) -> bool:
        """Whether a Secure cookie stands in the way of one from plain http: it may be neither replaced nor shadowed."""
        return any(
            kept.secure
            and kept.name == cookie.name
            and path_match(cookie.scope.path, kept.scope.path)
            and (self._dialect.secure_guard_across_partitions or kept.scope.partitioned == cookie.scope.partitioned)
            and self._overlap(kept, cookie)
            for kept in (record.cookie for record in self._records.values())
        )

    def _overlap(self, kept: StoredCookie, cookie: StoredCookie) -> bool:
        if self._dialect.secure_guard_spares_host_only and kept.scope.domain is None:
            reaches = cookie.scope.domain is not None and domain_match(kept.host, cookie.host)
            return reaches or cookie.host == kept.host
        return domain_match(kept.host, cookie.host) or domain_match(cookie.host, kept.host)

    def _find(self, where: CookieUrl) -> list[_Record]:
        """The cookies for a URL, in no order yet; their use is noted."""
        self._forget_expired()
        now = self._clock()
        found = [record for record in self._records.values() if record.cookie.belongs_to(where)]
        for record in found:
            if now - record.accessed > ACCESS_GRANULARITY:
                record.accessed = now
        return found

    def _forget_expired(self) -> None:
        now = self._clock()
        for key, record in list(self._records.items()):
            if record.cookie.expires is not None and record.cookie.expires <= now:
                del self._records[key]

    def _purge(self, newest: StoredCookie) -> None:
        """Make room where a cookie was just stored: insecure ones go first, then those longest out of use."""
        partitioned = newest.scope.partitioned
        if len(self._records) <= MAX_COOKIES_PER_SITE and not partitioned:
            return  # no crowd can be too large: nearly every call ends here
        site = site_of(newest.host)
        crowd = [
            record
            for record in self._records.values()
            if record.cookie.scope.partitioned == partitioned and site_of(record.cookie.host) == site
        ]
        crowd.sort(key=lambda record: (record.cookie.secure, record.accessed, record.age))
        surplus = 0
        if len(crowd) > MAX_COOKIES_PER_SITE:
            surplus = len(crowd) - (self._dialect.partition_purged_to if partitioned else PURGED_TO)
        if partitioned and self._dialect.partition_bytes is not None:
            room = self._dialect.partition_bytes - sum(record.cookie.size for record in crowd[surplus:])
            while room < 0:
                room += crowd[surplus].cookie.size
                surplus += 1
        for record in crowd[:surplus]:
            del self._records[record.cookie.identity]


def _reduced(idle: list[float]) -> list[float]:
    """Seconds out of use as far as they can matter."""
    if not idle or max(idle) <= ACCESS_GRANULARITY:
        return idle
    order = sorted({seconds for seconds in idle if seconds > ACCESS_GRANULARITY})
    places = {seconds: float(ACCESS_GRANULARITY + place) for place, seconds in enumerate(order, start=1)}
    return [places.get(seconds, seconds) for seconds in idle]


def _pair(cookie: StoredCookie) -> str:
    return f"{cookie.name}={cookie.value}" if cookie.name else cookie.value


def _is_utf8(text: str) -> bool:
    try:
        text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _as_script_sees(text: str) -> str:
    """Latin-1 text of the wire as the string that JavaScript gets."""
    return text.encode("latin-1").decode("utf-8", "replace")
