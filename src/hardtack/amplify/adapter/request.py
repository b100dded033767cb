"""The cookies of one request, as each context hands them to the adapter: what is read, what is written, what goes out.

Rule: this is where the adapter's contexts differ, and nothing else differs by context. Each of them looks names up in
the server's spelling and loses twins on the way in; `cookies()` alone reads what it has written; Next's stores keep one
line a name on the way out, a web `Response` keeps them all, and a server component none.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final

from hardtack.amplify.adapter.lines import NEXT_DELETION, PLAIN_DELETION, next_attributes, plain_attributes
from hardtack.amplify.adapter.settings import AdapterContext
from hardtack.amplify.encoding import next_value, server_name
from hardtack.amplify.names import LAST_AUTH_USER, TOKEN_SUFFIXES
from hardtack.amplify.readers import app_router_cookies, pages_router_cookies

if TYPE_CHECKING:
    from hardtack.amplify.adapter.settings import AdapterSettings
    from hardtack.cookies import CookieHeader

__all__ = ["RequestCookies", "UnwritableError", "request_cookies"]

_HTTP_ONLY_KEYS: Final = tuple(f".{suffix}" for suffix in (*TOKEN_SUFFIXES, LAST_AUTH_USER))
"""How the keys end that the httpOnly mode writes; it ignores all others."""

_KEPT: Final = 512  # names that are kept worked out: those of fifty people, in a search as at a site
_wire_name: Final = lru_cache(maxsize=_KEPT)(server_name)


class UnwritableError(Exception):
    """A value that no header can carry. Internal: Amplify makes `Unknown` of it."""


class RequestCookies:
    """The cookies of one request in a server component: they are read, and what is written is lost.

    One object serves every call within a request; make it with `request_cookies`. Keys are Amplify's, unescaped.
    """

    __slots__ = ("_deletes", "_read", "_sets", "settings")

    def __init__(self, settings: AdapterSettings, read: dict[str, str]) -> None:
        self.settings = settings
        self._read = read
        self._deletes = settings.release.root_path
        self._sets = _HTTP_ONLY_KEYS if settings.http_only else ("",)

    def get(self, key: str) -> str | None:
        """The value that the adapter reads; None where it finds none."""
        return self._read.get(_wire_name(key))

    def set(self, key: str, value: str, now: float) -> None:
        """`setItem`: since 6.4.2 a deletion and then the value.

        Raises:
            UnwritableError: no header can carry the value as it is.
        """
        if key.endswith(self._sets):
            name = _wire_name(key)
            if self._deletes:
                self._delete(name)
            self._set(name, value, now)

    def delete(self, key: str) -> None:
        """`removeItem`."""
        if key.endswith(self._sets):
            self._delete(_wire_name(key))

    @property
    def set_cookie_lines(self) -> tuple[str, ...]:
        """Every `Set-Cookie` value that the response carries by now, in order; one character a byte."""
        return ()

    def _set(self, name: str, value: str, now: float) -> None:
        pass

    def _delete(self, name: str) -> None:
        pass


class _NextResponse(RequestCookies):
    """`response.cookies`: a map, so of each name the last write, in the place of the first."""

    __slots__ = ("_written",)

    def __init__(self, settings: AdapterSettings, read: dict[str, str]) -> None:
        super().__init__(settings, read)
        self._written: dict[str, str] = {}

    @property
    def set_cookie_lines(self) -> tuple[str, ...]:
        return tuple(f"{name}{rest}" for name, rest in self._written.items())

    def _set(self, name: str, value: str, now: float) -> None:
        self._written[name] = f"={next_value(value)}{next_attributes(self.settings, now)}"

    def _delete(self, name: str) -> None:
        self._written[name] = NEXT_DELETION


class _ServerAction(_NextResponse):
    """`cookies()`: the same map, filled with the request's cookies, so that their order is that of the answer too."""

    __slots__ = ()

    @property
    def set_cookie_lines(self) -> tuple[str, ...]:
        return tuple(f"{name}{self._written[name]}" for name in self._read if name in self._written)

    def _set(self, name: str, value: str, now: float) -> None:
        super()._set(name, value, now)
        self._read[name] = value

    def _delete(self, name: str) -> None:
        super()._delete(name)
        self._read[name] = ""  # deleted, but not missing


class _Lines(RequestCookies):
    """A web `Response`: each write appends a line."""

    __slots__ = ("_lines",)

    _unwritable: ClassVar[re.Pattern[str]] = re.compile(r"[\0\r\n]|[^\0-\xff]")

    def __init__(self, settings: AdapterSettings, read: dict[str, str]) -> None:
        super().__init__(settings, read)
        self._lines: list[str] = []

    @property
    def set_cookie_lines(self) -> tuple[str, ...]:
        return tuple(self._lines)

    def _set(self, name: str, value: str, now: float) -> None:
        if self._unwritable.search(value):
            raise UnwritableError
        self._lines.append(f"{name}={value}{plain_attributes(self.settings, now)}")

    def _delete(self, name: str) -> None:
        self._lines.append(f"{name}{PLAIN_DELETION}")


class _PagesLines(_Lines):
    """Node's `res` with appendHeader; an empty value counts as missing."""

    __slots__ = ()

    _unwritable: ClassVar[re.Pattern[str]] = re.compile(r"[^\t\x20-\x7e\x80-\xff]")

    def get(self, key: str) -> str | None:
        return super().get(key) or None


class _PagesOnce(_PagesLines):
    """The same since 6.5.4: of each name the first value that isn't empty, and one deletion."""

    __slots__ = ()

    def _set(self, name: str, value: str, now: float) -> None:
        if not any(line.startswith(f"{name}=") and not line.startswith(f"{name}=;") for line in self._lines):
            super()._set(name, value, now)

    def _delete(self, name: str) -> None:
        if f"{name}{PLAIN_DELETION}" not in self._lines:
            super()._delete(name)


class _PagesLast(_PagesLines):
    """The same until 6.3.2, with setHeader: each write replaces the one before it."""

    __slots__ = ()

    @property
    def set_cookie_lines(self) -> tuple[str, ...]:
        return tuple(self._lines[-1:])


_STORES: Final[dict[AdapterContext, type[RequestCookies]]] = {
    AdapterContext.NEXT_RESPONSE: _NextResponse,
    AdapterContext.RESPONSE: _Lines,
    AdapterContext.SERVER_COMPONENT: RequestCookies,
    AdapterContext.SERVER_ACTION: _ServerAction,
}
_PAGES_STORES: Final[dict[str, type[RequestCookies]]] = {"last": _PagesLast, "all": _PagesLines, "once": _PagesOnce}


def request_cookies(settings: AdapterSettings, context: AdapterContext, header: CookieHeader) -> RequestCookies:
    """The cookies of a request, for one call or several.

    Args:
        settings: how the adapter is set up.
        context: where it is called.
        header: what the browser sent.
    """
    if context is AdapterContext.GET_SERVER_SIDE_PROPS:
        return _PAGES_STORES[settings.release.pages](settings, pages_router_cookies(header.pairs))
    return _STORES[context](settings, app_router_cookies(header.pairs))
