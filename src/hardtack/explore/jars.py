"""The browser's jar as a value that states share, and what is done to it, each thing once.

Rule: it is `BrowserJar` that keeps, sends and forgets; this file only takes it out of a snapshot and puts it back. A
lifetime of days means for ever here, since no history lasts that long; a shorter one ends with the hour. So the moment
at which a cookie was written does not make two jars different.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hardtack.cookies import BrowserJar
from hardtack.explore.shapes import shape_of_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hardtack.cookies.jar import Engine
    from hardtack.cookies.stored import StoredCookie

    Snapshot = tuple[tuple[StoredCookie, int, int, float], ...]  # of a BrowserJar; its records may be plain tuples

__all__ = ["FOR_EVER", "Document", "Jar", "Jars", "by_kind"]

FOR_EVER: Final = float(1 << 40)
"""Epoch seconds that no history reaches."""
_DRIFT: Final = re.compile(r"(?<=\.clockDrift=)-?[0-9]{1,5}(?=;)")  # milliseconds
_SEALED_SET: Final = "__Host-hardtack-session-"
_LONG: Final = 86_400.0  # seconds: more than the whole of a history


class Jar:
    """One content of the jar. Two of the same content are the same object; see `Jars`."""

    __slots__ = ("has_short", "headers", "number", "shape", "snapshot", "views")

    def __init__(self, snapshot: Snapshot, number: int) -> None:
        self.snapshot = snapshot
        self.number = number
        self.has_short = any(record[0].expires not in (None, FOR_EVER) for record in snapshot)
        self.shape = shape_of_texts(*_texts(snapshot))
        self.headers: dict[str, str] = {}
        self.views: dict[str, str] = {}

    def __iter__(self) -> Iterator[StoredCookie]:
        return iter([record[0] for record in self.snapshot])


class Jars:
    """Every jar of an exploration in this process.

    Args:
        engine: whose behaviour.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine: Engine = engine
        self._known: dict[Snapshot, Jar] = {}
        self._cookies: dict[StoredCookie, StoredCookie] = {}
        self._stored: dict[tuple[int, str, tuple[str, ...], int], Jar] = {}
        self.empty = self.of(())

    def of(self, snapshot: Snapshot) -> Jar:
        """The jar of a content."""
        found = self._known.get(snapshot)
        if found is None:
            found = self._known[snapshot] = Jar(snapshot, len(self._known))
        return found

    def open(self, jar: Jar, now: int) -> BrowserJar:
        """A real jar of this content."""
        return BrowserJar.restored(jar.snapshot, self._engine, clock=lambda: float(now))  # pyright: ignore[reportArgumentType] -- see Snapshot

    def close(self, real: BrowserJar, now: int) -> Jar:
        """The content of a real jar."""
        return self.of(tuple((self._settled(record[0], now), *record[1:]) for record in real.snapshot()))

    def header(self, jar: Jar, url: str) -> str:
        """The Cookie header of a request; empty for none."""
        found = jar.headers.get(url)
        if found is None:
            found = jar.headers[url] = self.open(jar, 0).cookie_header(url) or ""
        return found

    def view(self, jar: Jar, url: str) -> str:
        """What script reads."""
        found = jar.views.get(url)
        if found is None:
            found = jar.views[url] = self.open(jar, 0).document_cookie(url)
        return found

    def store(self, jar: Jar, url: str, lines: tuple[str, ...], now: int) -> Jar:
        """The jar after a response."""
        if not lines:
            return jar
        key = (jar.number, url, lines, now)
        found = self._stored.get(key)
        if found is None:
            real = self.open(jar, now)
            real.store_response(url, [_by_one_clock(line) for line in lines])
            found = self._stored[key] = self.close(real, now)
        return found

    def clear_site_data(self, jar: Jar, url: str, now: int) -> Jar:
        """The jar after `Clear-Site-Data: "cookies"`."""
        real = self.open(jar, now)
        real.clear_site_data(url)
        return self.close(real, now)

    def an_hour_later(self, jar: Jar) -> Jar:
        """The jar without what does not outlive an hour."""
        if all(record[0].expires in (None, FOR_EVER) for record in jar.snapshot):
            return jar
        return self.of(tuple(record for record in jar.snapshot if record[0].expires in (None, FOR_EVER)))

    def with_value(self, jar: Jar, name: str, value: str) -> Jar:
        """The jar with another value in every cookie of a name; ages stay as they are."""
        return self.of(
            tuple(
                (self._settled(replace(record[0], value=value), 0), *record[1:]) if record[0].name == name else record
                for record in jar.snapshot
            )
        )

    def _settled(self, cookie: StoredCookie, now: int) -> StoredCookie:
        lasts = cookie.expires is not None and cookie.expires - now > _LONG
        if cookie.created or (lasts and cookie.expires != FOR_EVER):
            cookie = replace(cookie, created=0.0, expires=FOR_EVER if lasts else cookie.expires)
        return self._cookies.setdefault(cookie, cookie)


class Document:
    """`document.cookie` of one page, live: what a script reads and writes.

    Args:
        jars: where the jar comes from.
        jar: the jar at the beginning.
        url: of the page.
        now: epoch seconds.
        most: how many writes reach the jar; None for all.
    """

    def __init__(self, jars: Jars, jar: Jar, url: str, now: int, *, most: int | None = None) -> None:
        self._jars = jars
        self._jar = jar
        self._url = url
        self._now = now
        self._most = most
        self._real: BrowserJar | None = None
        self.written = 0

    def read(self) -> str:
        """What `document.cookie` gives."""
        return self._jars.view(self._jar, self._url) if self._real is None else self._real.document_cookie(self._url)

    def write(self, text: str) -> None:
        """What assigning to it does."""
        self.written += 1
        if self._most is not None and self.written > self._most:
            return
        if self._real is None:
            self._real = self._jars.open(self._jar, self._now)
        self._real.set_document_cookie(self._url, _by_one_clock(text))

    @property
    def jar(self) -> Jar:
        """The jar now."""
        return self._jar if self._real is None else self._jars.close(self._real, self._now)


def _by_one_clock(line: str) -> str:
    """A line as if the clocks of pool, servers and browser agreed to the second.

    Grants are told apart by the seconds that the pool's clock moves on; what Amplify measures of that is no drift.
    """
    return _DRIFT.sub("0", line)


def _texts(snapshot: Snapshot) -> list[str]:
    """A text for each cookie. Their order counts among those of one kind, twins above all, and nowhere else."""
    kinds: dict[str, list[str]] = {}
    scripts: dict[str, list[int]] = {}
    for cookie, _, script_age, _ in sorted(snapshot, key=lambda record: record[1]):
        flags = (cookie.host, str(cookie.scope), cookie.secure, cookie.http_only, cookie.same_site)
        short = cookie.expires not in (None, FOR_EVER)
        kind = _kind_of(cookie.name)
        kinds.setdefault(kind, []).append(f"{cookie.name}\x1f{cookie.value}\x1f{flags}\x1f{short}")
        scripts.setdefault(kind, []).append(script_age)
    return [text for kind in sorted(kinds) for text in (*kinds[kind], _order_of(scripts[kind]))]


def by_kind(cookies: Iterable[str]) -> list[str]:
    """Cookies as texts that begin with their names, their order kept among those of one kind and nowhere else."""
    return sorted(cookies, key=lambda text: _kind_of(text.partition("=")[0]))


def _order_of(ages: list[int]) -> str:
    """The order in which script sees cookies of one kind, where that is another one than the header's."""
    return "" if ages == sorted(ages) else str([sorted(ages).index(age) for age in ages])


def _kind_of(name: str) -> str:
    """Amplify's names by what they hold, so that the same kinds of different people count as one; sealed sets alike."""
    if name.startswith("CognitoIdentityServiceProvider."):
        return name.rpartition(".")[2]
    return _SEALED_SET if name.startswith(_SEALED_SET) else name
