"""One request of the browser on the wire: read whole, answered late, or not at all.

Rule: an answer that is lost is lost in the middle of its head. Browsers repeat a request by themselves if a kept
connection ends before the first byte of an answer; after it, they don't.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import uvicorn

_APART: Final = re.compile(rb"[?&]?rig=[\d.]+$")
_BROKEN: Final = b"HTTP/1.1 200 OK\r\n"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of the site's, whole."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key == name]

    @property
    def is_page(self) -> bool:
        return not self.is_redirect and any(value.startswith(b"text/html") for value in self.all(b"content-type"))

    @property
    def is_redirect(self) -> bool:
        return self.status in (301, 302, 303, 307, 308)


class Exchange:
    """A request and its answer."""

    def __init__(self, scope: Any, receive: Any, send: Any, server: uvicorn.Server) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self._server = server
        self.body = b""
        self.gone: asyncio.Task[None]

    async def read(self) -> None:
        """Read the request, and from then on listen for its end."""
        more = True
        while more:
            message = await self._receive()
            self.body += message.get("body", b"")
            more = message.get("more_body", False)
        self.gone = asyncio.create_task(self._until_gone())

    def strip(self) -> None:
        """Take off what keeps addresses apart: the site never sees it."""
        self.scope["query_string"] = _APART.sub(b"", self.scope["query_string"])

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def header(self, name: bytes) -> str:
        return next((value.decode("latin-1") for key, value in self.scope["headers"] if key == name), "")

    @property
    def host(self) -> str:
        return self.header(b"host").partition(":")[0]

    @property
    def path(self) -> str:
        return self.scope["path"]

    @property
    def target(self) -> str:
        query = self.scope["query_string"].decode("latin-1")
        return f"{self.path}?{query}" if query else self.path

    async def reply(self, status: int, body: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None) -> None:
        """Answer."""
        kept = [line for line in headers or [] if line[0] not in (b"content-length", b"connection", b"date")]
        if status not in (204, 304):
            kept.append((b"content-length", str(len(body)).encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": kept})
        await self._send({"type": "http.response.body", "body": body})

    async def reply_json(self, data: Any) -> None:
        """Answer the rig's own script, whatever page it runs in."""
        headers = [(b"content-type", b"application/json"), (b"access-control-allow-origin", b"*")]
        await self.reply(200, json.dumps(data).encode(), headers)

    async def lose(self) -> None:
        """Never answer: the connection breaks, and the browser knows no more than that."""
        for connection in tuple(self._server.server_state.connections):
            if getattr(connection, "client", None) == tuple(self.scope["client"]):
                connection.transport.write(_BROKEN)
                connection.transport.close()
        await self.gone

    def close(self) -> None:
        """Listen no longer."""
        self.gone.cancel()


def apart(location: bytes, number: object) -> bytes:
    """An address as nobody else asks for it.

    Browsers hold a second request for an address until the first one is answered, if the answer might be cached: two
    tabs would never race. So every address is another one to the browser, and the same to the site.
    """
    return location + (b"&" if b"?" in location else b"?") + f"rig={number}".encode()


async def ask_app(app: Any, scope: dict[str, Any], body: bytes) -> Response:
    """An ASGI application's answer to a request, whole."""
    sent: list[dict[str, Any]] = []
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    ended = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    try:
        await app(scope, receive, send)
    finally:
        ended.set()
    start = next(message for message in sent if message["type"] == "http.response.start")
    headers = [(bytes(name).lower(), bytes(value)) for name, value in start.get("headers", ())]
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return Response(start["status"], headers, body)
