"""What a browser keeps and what it sends: RFC 6265bis sections 5.7 and 5.8 as Chromium and Firefox do them.

Rule: the model must agree with recordings of the real browsers, every header and every `document.cookie`, order
included. It is what lets a property test say "from any jar". Whatever differs between browsers stands in
`hardtack.cookies.dialects`; this file asks there and knows no engine by name.

Left out: the CookieStore API; origin-bound cookies; the limit on a whole profile; the ghosts that Firefox sometimes
keeps of `Max-Age=0`, and the phantom that its `document.cookie` shows after script tried to write over an HttpOnly
cookie.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Final, Literal, Self, TypeAlias

from hardtack.cookies.admission import admit
from hardtack.cookies.context import access_of
from hardtack.cookies.dialects import CHROMIUM, FIREFOX, RFC6265BIS, Dialect
from hardtack.cookies.eviction import ACCESS_GRANULARITY, Kept, crowd_of, reduced, surplus_of
from hardtack.cookies.line import wire_text
from hardtack.cookies.matching import domain_match, path_match
from hardtack.cookies.stored import CookieUrl, StoredCookie

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hardtack.cookies.context import Access, RequestContext

__all__ = ["BrowserJar", "Engine", "Snapshot"]

Engine = Literal["chromium", "firefox", "rfc6265bis"]
"""Whose behaviour a jar models."""
Snapshot: TypeAlias = tuple[Kept, ...]
"""All that a jar knows, the oldest cookie first. Hashable, picklable; see `BrowserJar.snapshot`."""

_DIALECTS: dict[Engine, Dialect] = {"chromium": CHROMIUM, "firefox": FIREFOX, "rfc6265bis": RFC6265BIS}
_REMEMBERED: Final = 256  # URLs taken apart: a page asks for the same ones again and again

_where = lru_cache(maxsize=_REMEMBERED)(CookieUrl.parse)


class BrowserJar:
    """The cookies of one browser profile. Pure: time comes in through `clock`.

    Wherever a `context` can be given, None means a request of a page to its own site, or a typed address.

    Args:
        engine: whose behaviour is modelled.
        clock: tells the epoch seconds.
    """

    __slots__ = ("_clock", "_dialect", "_kept", "_next_age", "_soonest", "_tidy", "_zero")

    def __init__(self, engine: Engine = "chromium", *, clock: Callable[[], float]) -> None:
        self._dialect = _DIALECTS[engine]
        self._clock = clock
        self._kept: list[Kept] = []  # by age
        self._next_age = 0
        self._soonest = inf  # no cookie expires before
        self._zero = 0.0  # epoch seconds from which uses are counted
        self._tidy = True  # whether what is kept is as it stands in a snapshot of `_zero`

    @classmethod
    def restored(cls, snapshot: Snapshot, engine: Engine = "chromium", *, clock: Callable[[], float]) -> Self:
        """A jar as `snapshot` saw it; from the same clock on it does what that one would have done.

        Args:
            snapshot: what `snapshot` returned, of a jar of the same engine, or a part of it in the same order; records
                may be plain tuples.
            engine: whose behaviour is modelled.
            clock: tells the epoch seconds.
        """
        jar = cls(engine, clock=clock)
        jar._zero = clock()
        if snapshot:
            jar._kept = kept = [one if type(one) is Kept else Kept(*one) for one in snapshot]
            jar._soonest = -inf  # to be looked up when it is asked for
            jar._next_age = 1 + kept[-1].age
            if jar._dialect.script_order:
                jar._next_age = 1 + max(max(one.age, one.script_age) for one in kept)
                jar._tidy = False
            else:
                jar._tidy = jar._next_age == len(kept)
        return jar

    def snapshot(self) -> Snapshot:
        """All that the jar knows, as a value; equal contents in equal orders give equal snapshots.

        Ages are numbered anew, without gaps. The time of the last use decides only who is evicted and whether a next
        use is noted, so it stands there as seconds before now, exact up to a minute. Of cookies longer out of use the
        order alone counts: they have the seconds after that, 1 apart. Cookies are the very ones that are kept, with
        the times that they were given: where the clock moves on, equal snapshots want equal times.
        """
        now = self._clock()
        self._forget_expired(now)
        if not self._tidy or now != self._zero:
            self._tidy_up(now)
        return tuple(self._kept)

    def store_response(
        self,
        url: str,
        set_cookie_lines: Iterable[str | bytes],
        *,
        date: float | None = None,
        context: RequestContext | None = None,
    ) -> None:
        """Take in the Set-Cookie lines of one response, in their order.

        With `Clear-Site-Data: "cookies"` beside them call `clear_site_data` after this: browsers lose what they clear,
        wherever the line stood.

        Args:
            url: absolute, of the response (of each hop, where there are redirects).
            set_cookie_lines: the values of its Set-Cookie lines.
            date: epoch seconds of its Date header, by which browsers correct Expires.
            context: how the request came about.

        Raises:
            CookieError: if the URL isn't one.
        """
        where = _where(url)
        access = access_of(where, context, self._dialect)
        for line in set_cookie_lines:
            self._take(wire_text(line), where, access, by_script=False, date=date)

    def set_document_cookie(self, url: str, text: str, *, context: RequestContext | None = None) -> None:
        """Do what `document.cookie = text` does on a page at `url`.

        Args:
            url: of the page or frame.
            text: what is assigned.
            context: how the frame was loaded, if script runs in one.

        Raises:
            CookieError: if the URL isn't one.
        """
        line = text if text.isascii() else text.encode("utf-8", "replace").decode("latin-1")
        where = _where(url)
        self._take(line, where, access_of(where, context, self._dialect), by_script=True)

    def cookie_header(self, url: str, *, context: RequestContext | None = None) -> str | None:
        """The Cookie header of a request for `url`, as latin-1 text; None if it has none.

        Args:
            url: absolute.
            context: how the request comes about.

        Raises:
            CookieError: if the URL isn't one.
        """
        sent = [kept.cookie for kept in self._find(url, context)]
        sent.sort(key=_path_length, reverse=True)  # a stable sort: within one length the oldest comes first
        return "; ".join([_pair(cookie) for cookie in sent]) or None

    def document_cookie(self, url: str, *, context: RequestContext | None = None) -> str:
        """What script reads from `document.cookie` on a page at `url`.

        Args:
            url: of the page or frame.
            context: how the frame was loaded, if script runs in one.

        Raises:
            CookieError: if the URL isn't one.
        """
        seen = self._find(url, context)
        if self._dialect.script_order:
            seen.sort(key=_script_age)
        shown = [kept.cookie for kept in seen if not kept.cookie.http_only]
        shown.sort(key=_path_length, reverse=True)
        text = "; ".join([_pair(cookie) for cookie in shown])
        if text.isascii():
            return text
        errors = "strict" if self._dialect.bad_utf8 == "hidden" else "replace"
        try:
            return text.encode("latin-1").decode("utf-8", errors)
        except UnicodeDecodeError:
            return ""

    def clear_site_data(self, url: str, *, context: RequestContext | None = None) -> None:
        """Obey `Clear-Site-Data: "cookies"` in a response for `url`; plain http is not obeyed.

        Chromium empties the registrable domain, siblings and partition included. Firefox removes what is stored for the
        very host and leaves the Domain cookies of its parents, and the partition.

        Args:
            url: of the response.
            context: how the request came about.

        Raises:
            CookieError: if the URL isn't one.
        """
        where = _where(url)
        if not where.trusted:
            return
        access = access_of(where, context, self._dialect)
        partitions = access.open_partitions if self._dialect.clears_partition else access.open_partitions[:1]
        whole, site = self._dialect.clears_whole_site, where.site

        def goes(cookie: StoredCookie) -> bool:
            reached = cookie.site == site if whole else cookie.host == where.host
            return reached and cookie.partition in partitions

        self._keep([kept for kept in self._kept if not goes(kept.cookie)])

    def close_pages(self, url: str) -> None:
        """The last page of a site has been closed, or has gone to another site or to the other scheme.

        In Firefox the order that only script saw ends with the process that its pages had; nothing else happens. A jar
        that is never told takes it that some page of each site stays open.

        Args:
            url: of that page.

        Raises:
            CookieError: if the URL isn't one.
        """
        site = _where(url).site
        if self._dialect.script_order:
            self._keep([k._replace(script_age=k.age) if k.cookie.site == site else k for k in self._kept])

    def __iter__(self) -> Iterator[StoredCookie]:
        """The live cookies, the oldest first."""
        self._forget_expired(self._clock())
        return iter([kept.cookie for kept in self._kept])

    def __len__(self) -> int:
        self._forget_expired(self._clock())
        return len(self._kept)

    def _take(self, line: str, where: CookieUrl, access: Access, *, by_script: bool, date: float | None = None) -> None:
        """Store what one line says, or delete by it (RFC 6265bis section 5.7, from "leave secure cookies alone" on)."""
        now = self._clock()
        cookie = admit(line, where, access, self._dialect, by_script=by_script, now=now, date=date)
        if cookie is None:
            return
        self._forget_expired(now)
        place = self._place_of(cookie)
        old = None if place is None else self._kept[place]
        if by_script and old is not None and old.cookie.http_only:
            return
        if not where.trusted and self._guards_against(cookie):
            return
        self._tidy = False
        if cookie.expires is not None:
            if cookie.expires <= now:
                if place is not None:
                    del self._kept[place]
                return
            self._soonest = min(self._soonest, cookie.expires)
        self._put(cookie, place, old, now=now, by_script=by_script)
        if surplus := surplus_of(crowd_of(self._kept, cookie), self._dialect):
            gone = {kept.age for kept in surplus}
            self._keep([kept for kept in self._kept if kept.age not in gone])

    def _put(self, cookie: StoredCookie, place: int | None, old: Kept | None, *, now: float, by_script: bool) -> None:
        """Give a cookie its place, which may be that of the one it replaces."""
        age = self._next_age
        self._next_age += 1
        used = now - self._zero
        if place is None or old is None:
            self._kept.append(Kept(cookie, age, age, used))
        elif self._dialect.overwriting_renews and old.cookie.value != cookie.value:
            del self._kept[place]
            self._kept.append(Kept(cookie, age, age, used))
        else:
            if cookie.created != old.cookie.created:
                cookie = replace(cookie, created=old.cookie.created)
            script_age = old.age
            if self._dialect.script_order:
                unchanged = cookie == old.cookie
                script_age = old.script_age if unchanged else age if by_script else old.age
            self._kept[place] = Kept(cookie, old.age, script_age, used)

    def _place_of(self, cookie: StoredCookie) -> int | None:
        """Where the cookie stands that this one would replace."""
        name, host = cookie.name, cookie.host
        for place, kept in enumerate(self._kept):
            other = kept.cookie
            alike = other.name == name and other.host == host and other.partition == cookie.partition
            if alike and other.scope == cookie.scope:
                return place
        return None

    def _guards_against(self, cookie: StoredCookie) -> bool:
        """Whether a Secure cookie stands in the way of one from plain http: it may be neither replaced nor shadowed."""
        return any(
            kept.secure
            and kept.name == cookie.name
            and path_match(cookie.scope.path, kept.scope.path)
            and (self._dialect.secure_guard_across_partitions or kept.partition == cookie.partition)
            and self._overlap(kept, cookie)
            for kept, *_ in self._kept
        )

    def _overlap(self, kept: StoredCookie, cookie: StoredCookie) -> bool:
        if self._dialect.secure_guard_spares_host_only and kept.scope.domain is None:
            reaches = cookie.scope.domain is not None and domain_match(kept.host, cookie.host)
            return reaches or cookie.host == kept.host
        return domain_match(kept.host, cookie.host) or domain_match(cookie.host, kept.host)

    def _find(self, url: str, context: RequestContext | None) -> list[Kept]:
        """The cookies for a URL, by age; their use is noted."""
        where = _where(url)
        now = self._clock()
        self._forget_expired(now)
        found = [kept for kept in self._kept if kept.cookie.belongs_to(where)]
        if not found:
            return found
        access = access_of(where, context, self._dialect)
        found = [kept for kept in found if kept.cookie.partition in access.open_partitions]
        if not access.same_site:
            found = [kept for kept in found if self._is_open(kept.cookie, access, now)]
        used = now - self._zero
        if late := {kept.age for kept in found if used - kept.used > ACCESS_GRANULARITY}:
            self._keep([kept._replace(used=used) if kept.age in late else kept for kept in self._kept])
        return found

    def _is_open(self, cookie: StoredCookie, access: Access, now: float) -> bool:
        """Whether a cross-site request carries a cookie (RFC 6265bis section 5.8.3, the part on SameSite)."""
        counts_as = cookie.same_site or self._dialect.unset_same_site
        if counts_as != "Lax":
            return counts_as == "None"
        fresh = self._dialect.lax_allows_unsafe
        return access.safe_navigation or (
            access.unsafe_navigation
            and cookie.same_site is None
            and fresh is not None
            and now - cookie.created <= fresh
        )

    def _forget_expired(self, now: float) -> None:
        if now < self._soonest:
            return
        live = [kept for kept in self._kept if kept.cookie.expires is None or kept.cookie.expires > now]
        if len(live) < len(self._kept):
            self._keep(live)
        self._soonest = min((kept.cookie.expires for kept in live if kept.cookie.expires is not None), default=inf)

    def _keep(self, kept: list[Kept]) -> None:
        self._kept = kept
        self._tidy = False

    def _tidy_up(self, now: float) -> None:
        """Number ages without gaps, and count uses from now on."""
        passed = now - self._zero
        uses = reduced([kept.used - passed for kept in self._kept])
        if self._dialect.script_order:
            counted = sorted({age for kept in self._kept for age in (kept.age, kept.script_age)})
            ages = {age: place for place, age in enumerate(counted)}
        else:
            ages = {kept.age: place for place, kept in enumerate(self._kept)}
        self._kept = [
            kept
            if kept.used == used and ages[kept.age] == kept.age and ages[kept.script_age] == kept.script_age
            else Kept(kept.cookie, ages[kept.age], ages[kept.script_age], used)
            for kept, used in zip(self._kept, uses, strict=True)
        ]
        self._next_age = len(ages)
        self._zero = now
        self._tidy = True


def _path_length(cookie: StoredCookie) -> int:
    return len(cookie.scope.path)


def _script_age(kept: Kept) -> int:
    return kept.script_age


def _pair(cookie: StoredCookie) -> str:
    return f"{cookie.name}={cookie.value}" if cookie.name else cookie.value
