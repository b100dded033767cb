"""One WebSocket: two of them, back to back.

Rule: messages and close codes pass as they are; pings are answered on each side by itself, and each side has its own
compression (to the site none: it is next door). A side that is slower than the other makes the other wait. What the
site says instead of accepting, status and body, is what the browser hears.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from typing import TYPE_CHECKING, Any, Final

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Message, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError

from hardtack.web.proxy.connection import (
    SWITCHING_PROTOCOLS,
    Head,
    SiteConnection,
    SiteLostError,
    SiteMalformedError,
    SiteSlowError,
)
from hardtack.web.proxy.hygiene import has_token, passed_on

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hardtack.web.proxy.exchange import Asked, Receive, Send
    from hardtack.web.proxy.limits import ProxyLimits
    from hardtack.web.proxy.site import Site
    from hardtack.web.visit import RawHeaders

__all__ = ["HANDSHAKE", "Tunnel"]

HANDSHAKE: Final = b"sec-websocket-"
"""How the headers begin that belong to one hop's handshake alone (RFC 6455 section 11.3)."""

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
_GONE: Final = 1001
_NO_STATUS: Final = 1005
_ABNORMAL: Final = 1006
_TOO_BIG: Final = 1009
_BROKEN: Final = 1011
_NO_LENGTH: Final = frozenset({204, 304})


class _BadFrameError(Exception):
    """The site said what it may not; `code` is what it is told (RFC 6455 section 7.4.1)."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Tunnel:
    """Relays one WebSocket.

    Args:
        site: whom to ask.
        limits: how large and how long.
        asked: the handshake, without what belongs to a hop.
        subprotocols: what the browser offers, in its order.
        receive: the browser's end, as ASGI has it.
        send: the same.
        review: gives the browser's header lines for the site's status (101 if it accepts) and lines.
        can_refuse: the server can answer a handshake with a response of ours (ASGI's `websocket.http.response`).
    """

    def __init__(
        self,
        *,
        site: Site,
        limits: ProxyLimits,
        asked: Asked,
        subprotocols: Sequence[str],
        receive: Receive,
        send: Send,
        review: Callable[[int, RawHeaders], RawHeaders],
        can_refuse: bool,
    ) -> None:
        self._site = site
        self._limits = limits
        self._asked = asked
        self._subprotocols = list(subprotocols)
        self._receive = receive
        self._send = send
        self._review = review
        self._can_refuse = can_refuse
        self._frames = Connection(ConnectionType.CLIENT)
        self._parts: list[Any] = []  # of a message that is not whole yet
        self._size = 0

    async def run(self) -> None:
        """Relay it until one side ends it.

        Raises:
            SiteDownError, SiteSlowError, SiteBusyError, SiteLostError, SiteMalformedError: the site gave no answer, and
                the browser none has been given.
        """
        connection = await self._site.borrow(fresh=True)
        try:
            head = await self._shake_hands(connection)
            await self._receive()  # websocket.connect
            if head.status == SWITCHING_PROTOCOLS:
                await self._accept(head)
                await self._relay(connection)
            else:
                await self._refuse(connection, head)
        finally:
            self._site.give_back(connection, usable=False)

    async def _shake_hands(self, connection: SiteConnection) -> Head:
        key = base64.b64encode(secrets.token_bytes(16))
        headers = [
            *self._asked.headers,
            (b"connection", b"Upgrade"),
            (b"upgrade", b"websocket"),
            (b"sec-websocket-version", b"13"),
            (b"sec-websocket-key", key),
        ]
        if self._subprotocols:
            headers.append((b"sec-websocket-protocol", ", ".join(self._subprotocols).encode("latin-1")))
        lines = b"".join(b"%b: %b\r\n" % line for line in headers)
        connection.ask(b"GET %b HTTP/1.1\r\n%b\r\n" % (self._asked.target, lines), bodiless=False)
        connection.allow(self._limits.answer_seconds)
        head = await connection.head()
        if head.status == SWITCHING_PROTOCOLS and not self._is_answer_to(key, head):
            raise SiteMalformedError
        return head

    def _is_answer_to(self, key: bytes, head: Head) -> bool:
        """RFC 6455 section 4.1, what a client must check."""
        named = dict(head.headers)
        digest = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
        chosen = named.get(b"sec-websocket-protocol")
        return (
            has_token(head.headers, b"upgrade", b"websocket")
            and named.get(b"sec-websocket-accept") == digest
            and b"sec-websocket-extensions" not in named
            and (chosen is None or chosen.decode("latin-1") in self._subprotocols)
        )

    async def _accept(self, head: Head) -> None:
        chosen = dict(head.headers).get(b"sec-websocket-protocol")
        ours = [line for line in passed_on(head.headers) if not line[0].startswith(HANDSHAKE)]
        await self._send(
            {
                "type": "websocket.accept",
                "subprotocol": None if chosen is None else chosen.decode("latin-1"),
                "headers": self._review(head.status, ours),
            }
        )

    async def _refuse(self, connection: SiteConnection, head: Head) -> None:
        """Pass on what the site says instead."""
        if not self._can_refuse:
            await self._send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        headers = [line for line in passed_on(head.headers) if not line[0].startswith(HANDSHAKE)]
        if head.status in _NO_LENGTH:
            headers = [line for line in headers if line[0] != b"content-length"]
        connection.allow(self._limits.silence_seconds)
        reviewed = self._review(head.status, headers)
        await self._send({"type": "websocket.http.response.start", "status": head.status, "headers": reviewed})
        last = False
        while not last:
            try:
                data, last = await connection.piece()
            except (SiteLostError, SiteMalformedError, SiteSlowError):
                return
            await self._send({"type": "websocket.http.response.body", "body": data, "more_body": not last})

    async def _relay(self, connection: SiteConnection) -> None:
        """Both ways at once, until one has ended."""
        connection.allow(None)  # it may be silent for as long as it is open
        from_site = asyncio.create_task(self._from_site(connection))
        from_browser = asyncio.create_task(self._from_browser(connection))
        both = {from_site, from_browser}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not from_site.done():
                await asyncio.wait({from_site}, timeout=self._limits.close_seconds)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        for task in both:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _from_browser(self, connection: SiteConnection) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._say_goodbye(connection, message.get("code") or _NO_STATUS, message.get("reason") or "")
                return
            if message["type"] == "websocket.receive":
                data = message.get("bytes")
                data = message.get("text") or "" if data is None else data
                try:
                    connection.write(self._frames.send(Message(data=data)))
                except LocalProtocolError:
                    return  # the site has closed already
                await connection.drain()

    async def _from_site(self, connection: SiteConnection) -> None:
        """Relay the site's messages; ends when it closes, however it does."""
        last = False
        code = _BROKEN
        try:
            while not last:
                data, last = await connection.piece()
                self._frames.receive_data(data)
                for event in self._frames.events():
                    if isinstance(event, TextMessage | BytesMessage):
                        await self._pass_on(event)
                    elif isinstance(event, Ping):
                        connection.write(self._frames.send(event.response()))
                    elif isinstance(event, CloseConnection):
                        self._answer_close(connection, event)
                        await self._close_browser(int(event.code), event.reason or "")
                        return
        except (SiteLostError, SiteMalformedError):
            pass
        except _BadFrameError as bad:
            self._say_goodbye(connection, bad.code, "")
            code = _TOO_BIG if bad.code == _TOO_BIG else _BROKEN
        await self._close_browser(code, "")

    async def _pass_on(self, event: TextMessage | BytesMessage) -> None:
        """Collect a message, which ASGI wants whole, and send it."""
        parts = self._parts
        parts.append(event.data)
        self._size += len(event.data)
        if self._size > self._limits.websocket_message_bytes:
            raise _BadFrameError(_TOO_BIG)
        if event.message_finished:
            text = isinstance(event, TextMessage)
            whole = {"text": "".join(parts)} if text else {"bytes": b"".join(parts)}
            await self._send({"type": "websocket.send", **whole})
            parts.clear()
            self._size = 0

    def _answer_close(self, connection: SiteConnection, event: CloseConnection) -> None:
        if self._frames.state is ConnectionState.OPEN:  # no frame of the site's, but wsproto's verdict on one
            raise _BadFrameError(int(event.code))
        try:
            connection.write(self._frames.send(event.response()))
        except LocalProtocolError:
            return  # it was the answer to ours
        connection.close()

    async def _close_browser(self, code: int, reason: str) -> None:
        code = 1000 if code == _NO_STATUS else code
        await self._send({"type": "websocket.close", "code": code, "reason": reason})

    def _say_goodbye(self, connection: SiteConnection, code: int, reason: str) -> None:
        """Close towards the site, as the browser did."""
        if code == _ABNORMAL:
            code, reason = _GONE, ""
        shown = CloseReason.NO_STATUS_RCVD if code == _NO_STATUS else code
        try:
            event = CloseConnection(code=shown, reason=None if code == _NO_STATUS else reason)
            connection.write(self._frames.send(event))
        except LocalProtocolError:
            return  # closed already
