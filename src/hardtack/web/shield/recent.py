"""The last events, for whoever looks after a shield: on a listener of its own, on this machine only, off by default.

Rule: it is no part of the site. Events carry no token and no name anyway; still nobody outside of this machine is shown
them, and no page of a website can read them through a browser on it: a foreign `Host` is refused, so that a name which
was made to point here leads nowhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardtack.sessions.events import Event

__all__ = ["RecentEvents"]

_MOST: Final = 500
_LONGEST_HEAD: Final = 16_384  # bytes
_PATIENCE: Final = 5.0  # seconds for a request's head
_LOCAL: Final = ("127.0.0.1", "localhost", "[::1]")
_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width"><title>Hardtack: last events</title>
<style>body{{font:15px/1.5 system-ui;margin:2rem;max-width:70rem;color-scheme:light dark}}
table{{border-collapse:collapse;width:100%}}th,td{{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #8884}}
td:first-child{{white-space:nowrap}}code{{font-size:.9em}}</style>
<h1>Last events</h1><p>{count} of the last {most}; newest first. <a href="/events.json">JSON</a></p>
<table><tr><th>Time (UTC)<th>Event<th>Particulars<th>Reference{rows}</table></html>
"""


class RecentEvents:
    """An event hook that remembers, and a small server that shows.

    Args:
        now: seconds since the epoch.
        most: events kept.
    """

    def __init__(self, now: Callable[[], float], *, most: int = _MOST) -> None:
        self._now = now
        self._events: deque[tuple[float, Event]] = deque(maxlen=most)
        self._server: asyncio.Server | None = None

    def __call__(self, event: Event) -> None:
        """Remember an event."""
        self._events.append((self._now(), event))

    async def listen(self, port: int) -> int:
        """Show the events on this machine.

        Args:
            port: on 127.0.0.1; 0 for any free one.

        Returns:
            The port.

        Raises:
            OSError: the port is taken.
        """
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=_LONGEST_HEAD)
        return int(self._server.sockets[0].getsockname()[1])

    async def aclose(self) -> None:
        """Stop showing them."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def as_json(self) -> str:
        """The events, newest first."""
        return json.dumps(
            [
                {"at": at, "name": event.name, "fields": dict(event.fields), "reference": event.reference}
                for at, event in reversed(self._events)
            ]
        )

    def as_html(self) -> str:
        """A page that renews itself."""
        rows = "".join(
            f"<tr><td>{datetime.fromtimestamp(at, UTC):%H:%M:%S}<td>{html.escape(event.name)}<td><code>"
            f"{html.escape(' '.join(f'{key}={value}' for key, value in event.fields.items()))}</code>"
            f"<td>{html.escape(event.reference)}"
            for at, event in reversed(self._events)
        )
        return _PAGE.format(count=len(self._events), most=self._events.maxlen, rows=rows)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head.decode("latin-1")))
                await writer.drain()
        writer.close()

    def _answer(self, head: str) -> bytes:
        request, *lines = head.split("\r\n")
        hosts = [line[5:].strip() for line in lines if line.lower().startswith("host:")]
        host = hosts[0].lower() if len(hosts) == 1 else ""
        host = host if host.endswith("]") else host.rpartition(":")[0] or host
        if host not in _LOCAL:
            return _response("403 Forbidden", "text/plain", "These events are shown to this machine only.\n")
        match request.split(" ")[:2]:
            case ["GET", "/"]:
                return _response("200 OK", "text/html; charset=utf-8", self.as_html())
            case ["GET", "/events.json"]:
                return _response("200 OK", "application/json", self.as_json())
            case _:
                return _response("404 Not Found", "text/plain", "There are / and /events.json.\n")


def _response(status: str, kind: str, body: str) -> bytes:
    raw = body.encode()
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(raw)}\r\ncache-control: no-store\r\n"
        "content-security-policy: default-src 'none'; style-src 'unsafe-inline'\r\nx-content-type-options: nosniff\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode("ascii") + raw
