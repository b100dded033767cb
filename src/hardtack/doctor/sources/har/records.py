"""What is kept of an entry: some hundred bytes, however long its bodies were.

Rule: one pass over the file, in its order, makes records; what they mean is worked out afterwards in the order of time,
which may be another. A record holds marks in place of values, and only cookies that a profile knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from hardtack.amplify.encoding import js_cookie_read
from hardtack.amplify.names import parse_name
from hardtack.cookies import CookieError, CookieHeader, CookieScope, canonical_host
from hardtack.cookies.line import wire_text
from hardtack.cookies.stored import CookieUrl
from hardtack.doctor.evidence import Evidence, Place
from hardtack.doctor.lines import read_set_cookie
from hardtack.doctor.profiles import CookieRef, CookieRole, refer
from hardtack.doctor.sources.har.pool_calls import is_stand_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardtack.doctor.marks import Marker
    from hardtack.doctor.observed import CookieWritten
    from hardtack.doctor.sources.har.entries import Pair, Shown
    from hardtack.doctor.sources.har.pool_calls import ReadCall

__all__ = ["NOWHERE", "TOKENS", "Cookies", "Record", "Sent", "Write", "headers_of", "size_of", "spellings", "where_of"]

_REMEMBERED: Final = 512
"""Cookie headers whose reading is kept: requests in a row mostly send the same."""
_FOLDS: Final = re.compile(r",\s*(?=[!#$%&'*+.^_`|~0-9A-Za-z-]+=)")
_MOST_NAMES: Final = 64  # user names to be hidden; a browser knows a handful of people
TOKENS: Final = frozenset({CookieRole.ACCESS_TOKEN, CookieRole.ID_TOKEN, CookieRole.REFRESH_TOKEN, CookieRole.SESSION})
"""The roles of cookies that let somebody in."""
NOWHERE: Final = Evidence(Place("recording"))
"""What stands for the evidence of a fact until it is told."""


class Sent(NamedTuple):
    """One cookie of a request."""

    name: str
    cookie: CookieRef
    value: str
    size: int
    scope: CookieScope | None = None
    http_only: bool | None = None


class Write(NamedTuple):
    """One Set-Cookie line: what it says, and how it is put before the jar, with a mark for its value."""

    fact: CookieWritten
    line: str


@dataclass(slots=True, eq=False)
class Record:
    """What is kept of one entry.

    Attributes:
        index: in the file.
        start: epoch seconds of the request; `end` of the response.
        url: without query and fragment.
        where: the URL as cookies see it; None if it is none.
        sent: its cookies in their order; None if the recording can't tell.
        writes: the Set-Cookie lines of its response.
        clears: whether the response says `Clear-Site-Data: "cookies"`.
        call: what it said to the user pool.
        document: whether it loads a page.
        scripted: whether script or a redirect started it.
        signs_out: whether it asks the site's own server for a sign-out.
    """

    index: int
    start: float
    end: float
    url: str
    where: CookieUrl | None
    method: str = "GET"
    status: int = 0
    sent: tuple[Sent, ...] | None = None
    writes: tuple[Write, ...] = ()
    clears: bool = False
    call: ReadCall | None = None
    document: bool = False
    scripted: bool | None = None
    signs_out: bool = False
    date: float | None = None
    cache: str | None = None
    from_cache: bool = False
    framed_by: str | None = None

    @property
    def host(self) -> str:
        """The host; empty if the URL is none."""
        return self.where.host if self.where else ""


@dataclass(slots=True)
class Cookies:
    """Reads cookies into marks, remembering what it has read.

    Attributes:
        marker: the one of this recording.
        names: the user names seen, to be hidden from URLs.
        seen: whether any cookie, or any header of one, stood in the recording.
        folded: whether an exporter had folded Set-Cookie lines.
        tokens: whether a cookie held a token, and not what stands for one in a sanitised recording.
        shows_scopes: whether `request.cookies` says where a cookie lies, as Chrome's own recordings do.
    """

    marker: Marker
    shows_scopes: bool = False
    names: set[str] = field(default_factory=set[str], repr=False)
    seen: bool = False
    folded: bool = False
    tokens: bool = False
    _refs: dict[str, CookieRef] = field(default_factory=dict[str, CookieRef], repr=False)
    _headers: dict[str, tuple[Sent, ...]] = field(default_factory=dict[str, tuple[Sent, ...]], repr=False)
    _pairs: dict[tuple[str, str], Sent] = field(default_factory=dict[tuple[str, str], Sent], repr=False)

    def refer(self, name: str) -> CookieRef:
        """The reference of a name; the names of people in it are remembered to be hidden."""
        known = self._refs.get(name)
        if known is None:
            known = refer(name, self.marker)
            if len(self._refs) < _REMEMBERED:
                self._refs[name] = known
            key = parse_name(name) if known.profile == "amplify" else None
            if key is not None and key.username and len(self.names) < _MOST_NAMES:
                self.names.add(key.username)
        return known

    def sent(self, header: str, shown: list[Shown]) -> tuple[Sent, ...]:
        """The known cookies of a request.

        Args:
            header: its Cookie header, empty without one.
            shown: the entry's own list, used where there is no header, and for scopes.
        """
        if not header and not shown:
            return ()
        self.seen = True
        scoped = self.shows_scopes and bool(shown)
        if not scoped and header:
            known = self._headers.get(header)
            if known is None:
                pairs = CookieHeader.parse(header)
                known = tuple(one for name, value in pairs if (one := self._one(name, value)))
                if len(self._headers) >= _REMEMBERED:
                    self._headers.clear()
                self._headers[header] = known
            return known
        found: list[Sent] = []
        for cookie in shown:
            one = self._one(wire_text(cookie.name), wire_text(cookie.value))
            if one is not None:
                found.append(one._replace(scope=_scope_of(cookie) if scoped else None, http_only=cookie.http_only))
        return tuple(_as_sent(found, header) if header else found)

    def _one(self, name: str, value: str) -> Sent | None:
        known = self._pairs.get((name, value))
        if known is not None:
            return known
        cookie = self.refer(name)
        if cookie.profile == "other":
            return None
        self.tokens = self.tokens or (cookie.role in TOKENS and not is_stand_in(value))
        known = Sent(name, cookie, self._mark(cookie, value), len(name) + len(value))
        if len(self._pairs) >= _REMEMBERED:
            self._pairs.clear()
        self._pairs[name, value] = known
        return known

    def _mark(self, cookie: CookieRef, value: str) -> str:
        """The mark of a value; of a person's name as js-cookie reads it, for each writer escapes it in its own way."""
        read = js_cookie_read(value) if cookie.role is CookieRole.USER else None
        return self.marker.mark(value if read is None else read)

    def written(self, lines: list[str], shown: list[Shown], url: str, now: float | None) -> tuple[Write, ...]:
        """The known cookies that a response writes.

        Args:
            lines: its Set-Cookie headers.
            shown: the entry's own list.
            url: of the response.
            now: epoch seconds.
        """
        if lines or shown:
            self.seen = True
        lines = [part for line in lines for part in line.split("\n") if part.strip()]
        if len(shown) > len(lines) and lines:
            lines = [part for line in lines for part in _FOLDS.split(line)]
            self.folded = True
        found: list[Write] = []
        for order, line in enumerate(lines):
            name = wire_text(line).partition(";")[0].partition("=")[0].strip()
            if self.refer(name).profile == "other":
                continue
            fact = read_set_cookie(line, url, marker=self.marker, evidence=NOWHERE, order=order, now=now)
            if fact is not None:
                if fact.value is not None and fact.cookie.role is CookieRole.USER:
                    value = wire_text(line).partition(";")[0].partition("=")[2].strip()
                    fact = replace(fact, value=self._mark(fact.cookie, value))
                value = "" if fact.deletion else fact.value or ""
                attributes = line.partition(";")[2]
                found.append(Write(fact, f"{name}={value}; {attributes}"))
        return tuple(found)


def _as_sent(found: list[Sent], header: str) -> Iterable[Sent]:
    """Those of the list in the order of the header, which is that of the wire."""
    order = {pair: position for position, pair in reversed(list(enumerate(CookieHeader.parse(header).names)))}
    # Of equal names the list's own order counts: Chrome makes it from the same request.
    return sorted(found, key=lambda one: order.get(one.name, len(order)))


def _scope_of(cookie: Shown) -> CookieScope | None:
    """Chrome's spelling: a leading dot for a Domain cookie, none for a host-only one."""
    if not cookie.domain or not cookie.path:
        return None
    host = canonical_host(cookie.domain.removeprefix("."))
    if host is None:
        return None
    try:
        return CookieScope(host if cookie.domain.startswith(".") else None, cookie.path)
    except CookieError:
        return None


@lru_cache(maxsize=_REMEMBERED)
def where_of(url: str) -> CookieUrl | None:
    """The URL as cookies see it; None for `data:`, `blob:` and whatever else is no request."""
    try:
        return CookieUrl.parse(url)
    except CookieError:
        return None


def headers_of(pairs: list[Pair], wanted: dict[str, str]) -> dict[str, list[str]]:
    """The wanted headers by lower-case name.

    Args:
        pairs: all headers.
        wanted: made by `spellings`; it learns those that it meets, for a recording has few of them, many times.
    """
    found: dict[str, list[str]] = {}
    for pair in pairs:
        name = wanted.get(pair.name)
        if name is None:
            name = pair.name.lower()
            name = name if name in wanted else ""
            if len(wanted) < _REMEMBERED:
                wanted[pair.name] = name
        if name:
            found.setdefault(name, []).append(pair.value)
    return found


def size_of(pairs: list[Pair], said: float | None) -> int:
    """Bytes of all headers, or what the recording says of them if that is more."""
    size = sum(len(pair.name) + len(pair.value) for pair in pairs) + 4 * len(pairs)
    return max(size, int(said or 0))


def spellings(names: Iterable[str]) -> dict[str, str]:
    """Header names by the spellings that browsers use, so that most need no lower-casing."""
    found: dict[str, str] = {}
    for name in names:
        for spelling in (name, name.title()):
            found[spelling] = name
    return found
