"""uvicorn's protocols, bounded: what reads a browser's bytes before there is a request.

Rule: nothing of a request is kept without a bound, in bytes or in seconds, before it is one. uvicorn on Node's parser
(llhttp) refuses what could be read in two ways, but waits for ever for the end of a head and collects it without end;
it also takes trailers for headers where both come in one packet, and writes a small answer in two packets. These four
are mended here, and a WebSocket is told that the server goes away (1001).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto.events import CloseConnection

from hardtack.web.proxy import trouble
from hardtack.web.proxy.hygiene import CHECKED, body_length, request_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from httptools import HttpRequestParser
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from hardtack.web.answers import Answer

__all__ = ["BoundedConfig", "BoundedProtocol", "GoingAwayWebSocket"]

_GOING_AWAY: Final = 1001
_VERSIONS: Final = frozenset({"1.0", "1.1"})
_PACKET: Final = 16_384  # bytes; more goes out at once


class BoundedConfig(uvicorn.Config):
    """uvicorn's, with what the protocol wants to know.

    Attributes:
        most_header_bytes: what is collected of a head, of trailers or of a chunk's extensions at most.
        head_seconds: for a head to come in.
    """

    most_header_bytes: int = 262_144
    head_seconds: float = 30.0


class GatheringTransport(asyncio.Transport):
    """Writes what is written in one turn of the loop at once: the head of an answer and its body in one packet.

    Args:
        transport: the real one.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hold it until the loop's next turn, unless it is much."""
        self._held.append(bytes(data))
        self._size += len(data)
        if self._size > _PACKET:
            self._flush()
        elif len(self._held) == 1:
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        held = self._held
        if held:
            self._held = []
            self._size = 0
            self._transport.write(held[0] if len(held) == 1 else b"".join(held))

    def close(self) -> None:
        """Close it, once everything has gone out."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close it now."""
        self._held = []
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Read no more for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand what comes in to another protocol."""
        self._transport.set_protocol(protocol)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the real one knows."""
        return self._transport.get_extra_info(name, default)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, bounded."""

    config: BoundedConfig
    _waiting: asyncio.TimerHandle | None = None
    _unread = 0  # bytes that have become neither a head nor a body yet
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection: its first head is awaited."""
        super().connection_made(GatheringTransport(transport))
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection less."""
        self._end_wait()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and count what was only collected."""
        if self.transport.is_closing():
            return
        self._unread += len(data)
        super().data_received(data)
        if self._unread == 0 or self.transport.is_closing():
            return
        if self._unread > self.config.most_header_bytes:
            self._refuse(431, trouble.TOO_LARGE)
        elif self._in_head and self._waiting is None:
            self._wait_for_head()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of a head; trailers are not taken for headers."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A head is whole: refuse it, or begin with it."""
        self._in_head = False
        self._unread = 0
        self._end_wait()
        target, _, query = self.url.partition(b"?")
        parser = cast("HttpRequestParser", self.parser)  # uvicorn drops it only when the connection is lost
        version = parser.get_http_version()
        method = parser.get_method().decode("ascii")
        problem = request_problem(method, target, query, self.headers, version=version)
        if problem or version not in _VERSIONS:
            self._refuse(400, problem or "This version of HTTP is not served.")
            raise ValueError(problem)  # the parser stops here
        upgrades = parser.should_upgrade()
        if upgrades and (body_length(self.headers) != 0 or not _is_decodable(self.headers)):
            self._refuse(400, "An upgrade has no body and a plain handshake.")
            raise ValueError(upgrades)
        cast("dict[str, Any]", self.scope)[CHECKED] = True
        super().on_headers_complete()
        if upgrades and not self._should_upgrade():
            self.cycle.keep_alive = False  # the parser believes that another protocol follows

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole; the next may begin in the same packet."""
        self._unread = 0
        self._in_head = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What the parser refuses."""
        self._refuse(400, msg)

    def _wait_for_head(self) -> None:
        self._waiting = self.loop.call_later(self.config.head_seconds, self._head_is_late)

    def _end_wait(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _head_is_late(self) -> None:
        self._waiting = None
        if not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, status: int, text: str) -> None:
        """Answer, and close; while another request's answer is under way, only close."""
        if self.transport.is_closing():
            return
        self._end_wait()
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        if cycle is None or cycle.response_complete:
            self.transport.write(_on_the_wire(trouble.trouble(status, text, self.headers or ())))
        self.transport.close()


class GoingAwayWebSocket(WSProtocol):
    """uvicorn's, which says why it goes."""

    def shutdown(self) -> None:
        """Close with 1001: the server goes away."""
        if not self.handshake_complete or self.close_sent or self.response_started:
            super().shutdown()
            return
        self.stop_keepalive()
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": _GOING_AWAY})
        self.transport.write(self.conn.send(CloseConnection(code=_GOING_AWAY)))
        self.transport.close()


def _is_decodable(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether wsproto can read a handshake; it takes for granted that it can."""
    try:
        for name, value in headers:
            if name == b"host":
                value.decode("idna")
            elif name == b"connection" or name.startswith(b"sec-websocket-"):
                value.decode("ascii")
    except UnicodeError:
        return False
    return True


def _on_the_wire(answer: Answer) -> bytes:
    """A whole answer, after which the connection is closed."""
    lines = [*answer.headers, (b"content-length", str(len(answer.body)).encode()), (b"connection", b"close")]
    head = b"".join(b"%b: %b\r\n" % line for line in lines)
    return b"HTTP/1.1 %d \r\n%b\r\n%b" % (answer.status, head, answer.body)
