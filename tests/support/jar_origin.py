"""Every host of a made-up web on this machine: each answers what it was told to, and notes the cookies it was sent.

Rule: a browser is only ever sent to addresses. What a page does (navigate, fetch, load a frame, write a cookie) stands
in the page, and it reports by a request without cookies. So the same recording runs in any browser that can open a URL.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_REPORT_IN: Final = 20.0  # seconds; a busy machine may take its time
_LINE: Final = 512 * 1024  # bytes of a request's head: a jar full of long cookies fits


@dataclass(slots=True)
class Answer:
    """What one address answers.

    Attributes:
        status: of HTTP.
        headers: raw lines without their end.
        body: of the page.
        cookies: the Cookie headers that its requests carried, as latin-1; None for a request without one.
        report: what the page at this address, or one behind it, has told.
        reported: set as soon as it has.
    """

    status: int = 200
    headers: list[bytes] = field(default_factory=list)
    body: str = ""
    cookies: list[str | None] = field(default_factory=list)
    report: Any = None
    reported: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> Any:
        """What was reported; waits for it.

        Raises:
            TimeoutError: nothing came.
        """
        if not self.reported.wait(_REPORT_IN):
            message = "no page has reported"
            raise TimeoutError(message)
        return self.report


class Origin:
    """Two listeners, plain and TLS, in a thread of their own.

    Attributes:
        ports: by scheme.
    """

    def __init__(self, certificate: str, key: str) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._answers: dict[str, Answer] = {}
        self._count = 0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self.ports: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run)

    def add(self, answer: Answer) -> str:
        """Keep an answer; the key by which an address asks for it."""
        self._count += 1
        key = str(self._count)
        self._answers[key] = answer
        return key

    def url(self, scheme: str, host: str, path: str, key: str) -> str:
        """The address of an answer."""
        return f"{scheme}://{host}:{self.ports[scheme]}{path}?k={key}"

    def forget(self) -> None:
        """Drop every answer."""
        self._answers.clear()

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """End it and its connections."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout=10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        plain = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_LINE)
        tls = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_LINE, ssl=self._context)
        self.ports = {"http": plain.sockets[0].getsockname()[1], "https": tls.sockets[0].getsockname()[1]}
        self._ready.set()
        await self._stopping.wait()
        for server in (plain, tls):
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._converse(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                target, fields = _read(head)
                body = await reader.readexactly(int(fields.get("content-length", "0")))
                writer.write(self._answer(target, fields, body))
                await writer.drain()
        writer.close()

    def _answer(self, target: str, fields: dict[str, str], body: bytes) -> bytes:
        asked = parse_qs(urlsplit(target).query)
        if "r" in asked:
            if (told := self._answers.get(asked["r"][0])) is not None:
                told.report = json.loads(body)
                told.reported.set()
            return b"HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\n\r\n"
        answer = self._answers.get(asked.get("k", [""])[0])
        if answer is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        answer.cookies.append(fields.get("cookie"))
        body = answer.body.encode()
        lines = [
            f"HTTP/1.1 {answer.status} Told".encode(),
            b"Content-Type: text/html; charset=utf-8",
            b"Cache-Control: no-store",
            f"Content-Length: {len(body)}".encode(),
            *answer.headers,
        ]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _read(head: bytes) -> tuple[str, dict[str, str]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    fields: dict[str, str] = {}
    for line in rest:
        name, colon, value = line.partition(":")
        if colon:
            fields[name.lower()] = value.strip(" ")
    return first.split(" ")[1], fields


@contextmanager
def running(certificate: str, key: str) -> Iterator[Origin]:
    """The made-up web for the length of a with block."""
    origin = Origin(certificate, key)
    origin.start()
    try:
        yield origin
    finally:
        origin.stop()


_ICON: Final = "<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>a page</title>"


def blank() -> str:
    """A page that does nothing."""
    return _ICON


def page(script: str) -> str:
    """A page with a script."""
    return f"{_ICON}<body><script>{script}</script>"


def frame(url: str) -> str:
    """A page with a frame."""
    return f'{_ICON}<body><iframe src="{url}"></iframe>'


def reporting(key: str, *, first: str = "") -> str:
    """A script that tells `document.cookie`.

    Args:
        key: of the answer that it is told to.
        first: what is assigned to `document.cookie` before; nothing if empty.
    """
    assigned = f"document.cookie = {literal(first)};" if first else ""
    return (
        f"{assigned} fetch('?r={key}', {{method: 'POST', credentials: 'omit', body: JSON.stringify(document.cookie)}})"
    )


def fetching(url: str, method: str, key: str) -> str:
    """A script that fetches with credentials, and tells when it is done."""
    done = f"fetch('?r={key}', {{method: 'POST', credentials: 'omit', body: 'null'}})"
    return (
        f"fetch({literal(url)}, {{method: '{method}', mode: 'no-cors', credentials: 'include'}}).finally(() => {done})"
    )


def going(url: str, method: str) -> str:
    """A script that leaves for another address: as a link does, or as a form that posts."""
    if method == "GET":
        return f"location.href = {literal(url)}"
    return (
        f"const form = document.createElement('form'); form.method = 'POST'; form.action = {literal(url)};"
        "document.body.append(form); form.submit()"
    )


def literal(text: str) -> str:
    """A string of JavaScript that may stand inside a page."""
    return json.dumps(text).replace("<", "\\u003c")
