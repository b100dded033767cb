"""One request and its answer, streamed both ways at the same time.

Rule: the browser learns the truth. An answer that broke off is broken off for the browser too, never ended as if it
were whole; a browser that went away takes its request with it; and a request is said twice only if it was said into a
connection that had died already, has no body, and may be repeated by its method (RFC 9110 section 9.2.2).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hardtack.web.proxy.connection import (
    SWITCHING_PROTOCOLS,
    Head,
    SiteConnection,
    SiteLostError,
    SiteMalformedError,
    SiteSlowError,
)
from hardtack.web.proxy.hygiene import passed_on

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, MutableMapping

    from hardtack.web.proxy.limits import ProxyLimits
    from hardtack.web.proxy.site import Site
    from hardtack.web.visit import RawHeaders

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

__all__ = ["Asked", "Exchange", "UploadStalledError"]

_LOG: Final = logging.getLogger("hardtack.proxy")
_REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_NO_LENGTH: Final = frozenset({204, 304})
_PATIENCE: Final = 0.05  # seconds; an answer that comes sooner needs nobody to watch whether the browser has gone


class UploadStalledError(Exception):
    """The browser stopped sending its request's body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the site is asked.

    Attributes:
        method: of the request line.
        target: path and query.
        headers: every line that goes to the site, but those of the framing.
        length: of the body: in bytes, 0 for none, None if only its end will tell.
        expects: the browser waits for `100 Continue` before it sends the body.
    """

    method: str
    target: bytes
    headers: RawHeaders = field(repr=False)
    length: int | None = 0
    expects: bool = False

    def wire(self) -> bytes:
        """The head as it goes over the wire."""
        lines = [self.method.encode("ascii"), b" ", self.target, b" HTTP/1.1\r\n"]
        for name, value in self.headers:
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"transfer-encoding: chunked\r\n\r\n" if self.length is None else b"\r\n")
        return b"".join(lines)


class Exchange:
    """Relays one request.

    Args:
        site: whom to ask.
        limits: how long to wait for what.
        asked: the request.
        receive: the browser's end, as ASGI has it.
        send: the same.
        review: gives the browser's header lines for the site's status and lines.
    """

    def __init__(
        self,
        *,
        site: Site,
        limits: ProxyLimits,
        asked: Asked,
        receive: Receive,
        send: Send,
        review: Callable[[int, RawHeaders], RawHeaders],
    ) -> None:
        self._site = site
        self._limits = limits
        self._asked = asked
        self._receive = receive
        self._send = send
        self._review = review
        self._connection: SiteConnection | None = None
        self._helper: asyncio.Task[None] | None = None
        self._gone = self._stalled = self._over = False
        self._uploaded = asked.length == 0
        self.started = False

    async def run(self) -> None:
        """Relay it. Where the answer breaks off after it began, this returns without having completed it.

        Raises:
            SiteDownError, SiteSlowError, SiteBusyError, SiteLostError, SiteMalformedError: there is no answer, and
                nothing was sent to the browser.
            UploadStalledError: the same, because of the browser.
        """
        timer = None
        if self._uploaded:
            timer = asyncio.get_running_loop().call_later(_PATIENCE, self._help, self._watch)
        try:
            try:
                await self._pass_on(await self._head())
            except (SiteLostError, SiteMalformedError, SiteSlowError):
                if self._gone:
                    return
                if self._stalled and not self.started:
                    raise UploadStalledError from None
                if not self.started:
                    raise
                _LOG.warning("an answer of the site broke off")
        finally:
            if timer is not None:
                timer.cancel()
            self._over = True
            self._give_back()
            await self._dismiss()

    async def _head(self) -> Head:
        """Ask, once or twice."""
        asked = self._asked
        wire = asked.wire()
        fresh = False
        while True:
            connection = self._connection = await self._site.borrow(fresh=fresh)
            if self._gone:
                raise SiteLostError(answered=False)
            connection.ask(wire, bodiless=asked.method == "HEAD")
            try:
                return await self._answer(connection)
            except SiteLostError as lost:
                again = connection.asked > 1 and not lost.answered and not self._gone and not fresh
                if not (again and asked.length == 0 and asked.method in _REPEATABLE):
                    raise
                self._give_back()
                fresh = True

    async def _answer(self, connection: SiteConnection) -> Head:
        connection.allow(self._limits.answer_seconds)
        if not self._uploaded:
            head = await self._expected(connection) if self._asked.expects else None
            if head is not None:
                return head
            connection.allow(None)  # as long as it is the browser that takes its time
            self._help(self._upload)
        head = await connection.head()
        if head.status == SWITCHING_PROTOCOLS:
            raise SiteMalformedError  # nobody asked for another protocol
        return head

    async def _expected(self, connection: SiteConnection) -> Head | None:
        """An answer that came instead of `100 Continue`; else None, and the body may follow."""
        connection.allow(self._limits.expect_seconds)
        try:
            return await connection.head_or_continue()
        except SiteSlowError:
            return None

    async def _pass_on(self, head: Head) -> None:
        """Head and body, to the browser."""
        connection = self._connection
        assert connection is not None  # noqa: S101 -- the head came over it
        limits = self._limits
        headers = passed_on(head.headers)
        if head.status in _NO_LENGTH:
            headers = [line for line in headers if line[0] != b"content-length"]
        headers = self._review(head.status, headers)
        self.started = True
        connection.allow(limits.silence_seconds)
        await self._send({"type": "http.response.start", "status": head.status, "headers": headers})
        while True:
            data, last = await connection.piece()
            if last:
                break
            try:
                async with asyncio.timeout(limits.stall_seconds):
                    await self._send({"type": "http.response.body", "body": data, "more_body": True})
            except TimeoutError:
                raise SiteSlowError from None
        self._over = True
        self._give_back()  # first, since the browser may take its time
        await self._send({"type": "http.response.body", "body": data, "more_body": False})

    async def _upload(self) -> None:
        """Send the request's body on, piece by piece; then watch the browser."""
        connection = self._connection
        assert connection is not None  # noqa: S101 -- the head was sent over it
        chunked = self._asked.length is None
        more = True
        while more:
            try:
                async with asyncio.timeout(self._limits.upload_seconds):
                    message = await self._receive()
            except TimeoutError:
                self._stalled = True
                connection.abort()
                return
            if message["type"] != "http.request":
                self._leave()
                return
            data: bytes = message.get("body", b"")
            more = bool(message.get("more_body"))
            self._allow(connection, self._limits.answer_seconds)
            if data:
                connection.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
                await connection.drain()
            if more:
                self._allow(connection, None)
        if chunked:
            connection.write(b"0\r\n\r\n")
        self._uploaded = True
        await self._watch()

    async def _watch(self) -> None:
        """Wait until the browser goes away, and then end the site's work too."""
        while not self._over:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._leave()
                return

    def _leave(self) -> None:
        if not self._over:
            self._gone = True
            if self._connection is not None:
                self._connection.abort()

    def _allow(self, connection: SiteConnection, seconds: float | None) -> None:
        """Set how long the site's head may take from now on."""
        if not self.started:
            connection.allow(seconds)

    def _help(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._helper = asyncio.create_task(work())
        self._helper.add_done_callback(self._helped)

    def _helped(self, helper: asyncio.Task[None]) -> None:
        """A browser's end that fails is a browser that has gone."""
        if not helper.cancelled() and helper.exception() is not None:
            self._leave()

    def _give_back(self) -> None:
        if self._connection is not None:
            self._site.give_back(self._connection, usable=self._uploaded)
            self._connection = None

    async def _dismiss(self) -> None:
        """End the helper."""
        if self._helper is not None and not self._helper.done():
            self._helper.cancel()
            await asyncio.wait([self._helper])
