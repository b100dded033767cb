"""The site behind the proxy: where it is, and the connections that are kept to it.

Rule: the connection that was used last is used first, so that the others can grow old and be closed. A kept connection
may die at any moment; whoever borrows one is told that it was kept, and decides whether a request may be said twice.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from hardtack.web.proxy.connection import SiteConnection, SiteSlowError
from hardtack.web.proxy.limits import ProxyLimits, ProxySettingError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Site", "SiteAddress", "SiteBusyError", "SiteDownError"]

_HINT: Final = 'Write its origin, such as "http://127.0.0.1:3000", or "unix:/run/site.sock".'


class SiteDownError(Exception):
    """No connection: refused, unreachable, unknown, or TLS that doesn't hold."""


class SiteBusyError(Exception):
    """As many connections are open as there may be."""


@dataclass(frozen=True, slots=True)
class SiteAddress:
    """Where the site listens.

    Attributes:
        host: name or address; "" for a Unix socket.
        port: of it.
        secure: whether TLS is spoken, and then the certificate must be good for `host`.
        socket_path: of a Unix socket, else "".
    """

    host: str
    port: int
    secure: bool = False
    socket_path: str = ""

    @classmethod
    def parse(cls, upstream: str) -> SiteAddress:
        """Read `http://host[:port]`, `https://host[:port]` or `unix:/path`.

        Raises:
            ProxySettingError: it is none of these; a path, a query or a password in it is refused as well.
        """
        if upstream.startswith("unix:"):
            path = unquote(upstream.removeprefix("unix:"))
            if not path.startswith("/"):
                raise ProxySettingError("The upstream's socket is not an absolute path.", hint=_HINT)
            return cls("", 0, socket_path=path)
        try:
            parts = urlsplit(upstream)
            port = parts.port
        except ValueError:
            raise ProxySettingError("The upstream is no address.", hint=_HINT) from None
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ProxySettingError("The upstream is no http:// or https:// address.", hint=_HINT)
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ProxySettingError("The upstream has a path: the browser's own path is asked for.", hint=_HINT)
        secure = parts.scheme == "https"
        return cls(parts.hostname, port or (443 if secure else 80), secure)

    @property
    def authority(self) -> bytes:
        """The Host for a request that has none (HTTP/1.0)."""
        if self.socket_path:
            return b"localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}".encode("idna" if host.isascii() is False else "ascii")


class Site:
    """The pool of connections to one address, in one event loop.

    Args:
        address: of the site.
        limits: how many and how long.
        tls: for an https site another context than the system's default, such as one with a private authority.
    """

    def __init__(self, address: SiteAddress, limits: ProxyLimits, tls: ssl.SSLContext | None = None) -> None:
        self.address = address
        self._limits = limits
        self._tls = tls
        self._idle: deque[tuple[SiteConnection, float]] = deque()  # with the time until which each may be used
        self._borrowed: set[SiteConnection] = set()
        self._places = asyncio.Semaphore(limits.connections)

    async def borrow(self, *, fresh: bool = False) -> SiteConnection:
        """A connection to ask with; `SiteConnection.asked` is above 0 if it was kept.

        Args:
            fresh: open a new one, whatever is kept.

        Raises:
            SiteDownError: it can't be opened.
            SiteSlowError: it could not be opened in time.
            SiteBusyError: too many are open.
        """
        await self._take_place()
        try:
            connection = None if fresh else self._kept()
            if connection is None:
                connection = await self._open()
        except BaseException:
            self._places.release()
            raise
        self._borrowed.add(connection)
        return connection

    def give_back(self, connection: SiteConnection, *, usable: bool = True) -> None:
        """Keep a connection for later, or close it if it can't be asked again."""
        if connection not in self._borrowed:
            return
        self._borrowed.discard(connection)
        self._places.release()
        if not usable or not connection.reusable:
            connection.abort()
            return
        keep = self._limits.keep_seconds
        if connection.keep_for is not None:
            keep = min(keep, connection.keep_for)
        if keep <= 0:
            connection.close()
            return
        self._idle.append((connection, asyncio.get_running_loop().time() + keep))
        self._close_old()

    def close(self) -> None:
        """End every connection at once: the loop may end next, and would not wait for a TLS peer's goodbye."""
        while self._idle:
            self._idle.pop()[0].abort()
        for connection in list(self._borrowed):
            connection.abort()

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise SiteBusyError from None

    def _kept(self) -> SiteConnection | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection, until = self._idle.pop()
            if connection.reusable and now < until:
                return connection
            connection.close()
        return None

    def _close_old(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._idle and (self._idle[0][1] <= now or len(self._idle) > self._limits.idle_connections):
            self._idle.popleft()[0].close()

    async def _open(self) -> SiteConnection:
        loop = asyncio.get_running_loop()
        make: Callable[[], SiteConnection] = lambda: SiteConnection(self._limits.response_header_bytes)  # noqa: E731 -- asyncio wants a factory
        address = self.address
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                if address.socket_path:
                    _, connection = await loop.create_unix_connection(make, address.socket_path)
                else:
                    context = self._context() if address.secure else None
                    _, connection = await loop.create_connection(make, address.host, address.port, ssl=context)
        except TimeoutError:
            raise SiteSlowError from None
        except (OSError, UnicodeError):
            raise SiteDownError from None
        return connection

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls
