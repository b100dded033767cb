"""One connection to the site: bytes out, a head and pieces of a body in.

Rule: it holds at most a window of a body, never a body. Node's own parser (llhttp, through httptools) reads the site's
answers, strictly: an answer with two lengths, folded lines or control characters is not guessed at. Whether an answer
came to its end is always known; one that only broke off is never taken for a whole one.
"""

from __future__ import annotations

import asyncio
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

import httptools

if TYPE_CHECKING:
    from hardtack.web.visit import RawHeaders

__all__ = ["SWITCHING_PROTOCOLS", "Head", "SiteConnection", "SiteLostError", "SiteMalformedError", "SiteSlowError"]

_WINDOW: Final = 131_072  # bytes of a body that wait for a slow browser before the site is made to wait
_BODILESS: Final = frozenset({204, 304})
SWITCHING_PROTOCOLS: Final = 101
_CONTINUE: Final = 100
_INTERIM: Final = frozenset(range(100, 200)) - {SWITCHING_PROTOCOLS}  # RFC 9110 section 15.2
_STATUSES: Final = range(200, 600)  # what an ASGI server can answer with
_KEEP_FOR: Final = re.compile(rb"timeout=([0-9]{1,6})")


class SiteLostError(Exception):
    """The connection ended before the answer did.

    Attributes:
        answered: whether anything of the answer had come.
    """

    def __init__(self, *, answered: bool) -> None:
        super().__init__("the site closed the connection")
        self.answered = answered


class SiteSlowError(Exception):
    """Nothing came in time."""


class SiteMalformedError(Exception):
    """The answer is not HTTP as RFC 9112 has it, or its headers are too large."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of an answer; names in lower case, values as they are, every line in order."""

    status: int
    headers: RawHeaders = field(repr=False)


class SiteConnection(asyncio.Protocol):
    """A connection that asks one thing at a time.

    Args:
        header_bytes: how large the head of an answer may be.
    """

    def __init__(self, header_bytes: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._most = header_bytes
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._patience: float | None = None
        self._deadline = math.inf
        self._drained: asyncio.Future[None] | None = None
        self._lost = False
        self._full = self._paused = False
        self.asked = 0
        self.keep_for: float | None = None
        self._begin(bodiless=False)

    def _begin(self, *, bodiless: bool) -> None:
        self._head: Head | None = None
        self._status = 0
        self._lines: RawHeaders = []
        self._pieces: list[bytes] = []
        self._held = 0
        self._bodiless = bodiless
        self._until_end = self._complete = self._interim = self._malformed = self._raw = self._answered = False
        self._unread = 0
        self.continues = False
        self.persists = False

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent: the last answer is complete, and both sides mean to go on."""
        return self.persists and self._complete and not self._lost and not self._malformed and not self._raw

    def ask(self, head: bytes, *, bodiless: bool) -> None:
        """Send a request's head.

        Args:
            head: request line and headers, as they go over the wire.
            bodiless: the answer has no body whatever its headers say (HEAD).
        """
        self.asked += 1
        self._begin(bodiless=bodiless)
        self._parser = httptools.HttpResponseParser(self)
        self.write(head)

    def write(self, data: bytes) -> None:
        """Send bytes; into a lost connection they are dropped, and the next wait says so."""
        if self._transport is not None and not self._lost:
            self._transport.write(data)

    def allow(self, seconds: float | None) -> None:
        """Set how long every wait from now on may last, one that is under way included; None for ever."""
        self._patience = seconds
        if self._waiter is not None:
            self._set_alarm()

    async def drain(self) -> None:
        """Wait until the site has taken what was sent, or is lost."""
        if self._full and not self._lost:
            self._drained = self._loop.create_future()
            await self._drained

    async def head(self) -> Head:
        """The answer's head; an interim answer (1xx) is not one, but see `head_or_continue`.

        Raises:
            SiteLostError: the connection ended before.
            SiteMalformedError: what came is no answer.
            SiteSlowError: it took longer than was allowed.
        """
        while self._head is None:
            await self._more()
        return self._head

    async def head_or_continue(self) -> Head | None:
        """The answer's head, or None as soon as the site says `100 Continue`."""
        while self._head is None and not self.continues:
            await self._more()
        return self._head

    async def piece(self) -> tuple[bytes, bool]:
        """The next piece of the body, and whether it is the last; after a 101 whatever came.

        Raises:
            SiteLostError: the connection ended before the answer did.
            SiteMalformedError: what came is not the rest of an answer.
            SiteSlowError: it took longer than was allowed.
        """
        while not self._pieces and not self._complete:
            await self._more()
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return data, self._complete

    def abort(self) -> None:
        """End it at once, whatever was under way. Who waits on it learns that it is lost."""
        self._lost = True
        if self._transport is not None:
            self._transport.abort()
        self._wake()

    def close(self) -> None:
        """End it after what was sent has gone out."""
        self._lost = True
        if self._transport is not None:
            self._transport.close()

    async def _more(self) -> None:
        if self._malformed:
            raise SiteMalformedError
        if self._lost:
            raise SiteLostError(answered=self._answered)
        self._waiter = self._loop.create_future()
        self._set_alarm()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _set_alarm(self) -> None:
        """Have a timer that strikes at the deadline or before: one that strikes too soon looks again.

        So the timer of one wait serves the next ones too, and a request costs none of its own.
        """
        if self._patience is None:
            self._deadline = math.inf
            return
        self._deadline = self._loop.time() + self._patience
        if self._alarm is None or self._alarm.when() > self._deadline:
            self._stop_alarm()
            self._alarm = self._loop.call_at(self._deadline, self._strike)

    def _strike(self) -> None:
        self._alarm = None
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        if self._loop.time() >= self._deadline:
            waiter.set_exception(SiteSlowError())
        elif self._deadline < math.inf:
            self._alarm = self._loop.call_at(self._deadline, self._strike)

    def _stop_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _wake(self) -> None:
        for future in (self._waiter, self._drained):
            if future is not None and not future.done():
                future.set_result(None)

    # What the transport tells (asyncio.Protocol)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # asyncio's promise; uvloop's is no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell an answer that ends with its connection from one that broke off."""
        if exc is None and self._until_end and self._head is not None and not self._lost:
            self._complete = True
        self._lost = True
        self._stop_alarm()
        self._wake()

    def eof_received(self) -> None:
        """Let the transport close itself: half a connection is of no use."""

    def pause_writing(self) -> None:
        """The site is slower than the browser."""
        self._full = True

    def resume_writing(self) -> None:
        """The site has caught up."""
        self._full = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Parse, and wake who waits."""
        if self._raw:
            self._hold(data)
        elif self._parser is None or self._complete:
            self.persists = False  # nobody asked for this
            self.abort()
        else:
            self._answered = True
            self._unread += len(data)
            self._parse(self._parser, data)
            if self._unread > self._most:
                self._malformed = True
        self._wake()

    def _parse(self, parser: httptools.HttpResponseParser, data: bytes) -> None:
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._raw = True
            rest = data[upgrade.args[0] :]
            if rest:
                self._hold(rest)
        except httptools.HttpParserError:
            if self._complete:
                self.persists = False  # the answer is whole; what follows it is nobody's
            else:
                self._malformed = True

    def _hold(self, data: bytes) -> None:
        self._pieces.append(data)
        self._held += len(data)
        if self._held > _WINDOW and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    # What the parser tells (httptools)

    def on_message_begin(self) -> None:
        """An answer begins; one behind a complete answer was not asked for."""
        if self._complete:
            self.persists = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """One line of a head; trailers are dropped (RFC 9110 section 6.5.1 lets a proxy do so)."""
        if self._head is None:
            self._lines.append((name.lower(), value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        """The head is whole: know how long the body is."""
        parser = self._parser
        if parser is None or self._head is not None:
            return
        self._unread = 0
        status, lines = parser.get_status_code(), self._lines
        self._interim = status in _INTERIM
        if self._interim:
            self.continues = self.continues or status == _CONTINUE
            return
        size = sum(len(name) + len(value) + 4 for name, value in lines)
        if size > self._most or (status not in _STATUSES and status != SWITCHING_PROTOCOLS):
            raise ValueError(status)
        named = {name for name, _ in lines}
        codings = [value.lower() for name, value in lines if name == b"transfer-encoding"]
        if codings and codings != [b"chunked"]:
            raise ValueError(status)
        self._until_end = not codings and b"content-length" not in named
        self.persists = parser.should_keep_alive() and not self._until_end
        for name, value in lines:
            if name == b"keep-alive":
                asked = _KEEP_FOR.search(value)
                self.keep_for = int(asked[1]) - 1 if asked else None
        if self._bodiless or status in _BODILESS:
            self._until_end = False
            self._complete = True
            self.persists = parser.should_keep_alive()
        self._head = Head(status, lines)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._unread = 0
        if self._complete:
            self.persists = False
        else:
            self._hold(body)

    def on_message_complete(self) -> None:
        """The body is whole, or an interim answer is over."""
        self._unread = 0
        if self._interim:
            self._interim = False
            self._lines = []
        elif self._head is not None:
            self._complete = self._head.status != SWITCHING_PROTOCOLS
