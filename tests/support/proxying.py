"""A proxy, the sites behind it and the browsers before it, on real sockets.

Rule: nothing is simulated between them. Ordinary sites are ASGI applications under a plain uvicorn on h11 (another
parser than the proxy's own); sites that misbehave are scripts on a bare socket.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator

import uvicorn

from hardtack.web.proxy import ProxyLimits, ReverseProxy
from hardtack.web.proxy.serve import ServerOptions, make_server

PATIENCE = 60.0  # seconds until a test gives up; nothing is decided by it

Script = Callable[[socket.socket, int], None]


def wait_until(condition: Callable[[], object], *, what: str = "the condition") -> None:
    """Poll."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} never held")
        time.sleep(0.01)


class Running:
    """A uvicorn server in a thread of its own."""

    def __init__(self, server: uvicorn.Server) -> None:
        self.server = server
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.port: int = self._listener.getsockname()[1]
        self.thread = threading.Thread(target=server.run, kwargs={"sockets": [self._listener]}, daemon=True)

    def start(self) -> Running:
        self.thread.start()
        wait_until(lambda: self.server.started or not self.thread.is_alive(), what="the server's start")
        assert self.server.started
        return self

    def tell_to_end(self) -> None:
        self.server.should_exit = True

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "the server didn't end"
        self._listener.close()


@contextlib.contextmanager
def site(app, **options) -> Iterator[Running]:
    """An ordinary site."""
    settings = {
        "http": "h11", "ws": "wsproto", "lifespan": "off", "log_level": "critical", "access_log": False,
        "server_header": False, "h11_max_incomplete_event_size": 1_000_000, "timeout_graceful_shutdown": 1,
    }  # fmt: skip
    running = Running(uvicorn.Server(uvicorn.Config(app, **(settings | options)))).start()
    try:
        yield running
    finally:
        running.stop()


@contextlib.contextmanager
def proxy(upstream, guard=None, *, limits=None, options=None, trusted=(), app=None, **rest) -> Iterator[Running]:
    """The proxy before a site; `upstream` is a port or an address."""
    limits = limits or ProxyLimits()
    address = f"http://127.0.0.1:{upstream}" if isinstance(upstream, int) else upstream
    served = app or ReverseProxy(address, guard, limits, trusted, **rest)
    server = make_server(served, options or ServerOptions(grace_seconds=2, log_level="critical"), limits)
    running = Running(server).start()
    try:
        yield running
    finally:
        running.stop()


class RawSite:
    """A site that is a script on a socket: called with each connection and its number, from 0."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.requests: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                number = self.connections
                self.connections += 1
                threading.Thread(target=self._run, args=(connection, number), daemon=True).start()

    def _run(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), connection:
            self._script(connection, number)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextlib.contextmanager
def raw_site(script: Script) -> Iterator[RawSite]:
    """A site that is a script."""
    running = RawSite(script)
    try:
        yield running
    finally:
        running.close()


@contextlib.contextmanager
def answering(*answers: bytes) -> Iterator[RawSite]:
    """A site that reads a head and says these bytes: one for each request, and the last for ever."""
    holder: list[RawSite] = []

    def script(connection: socket.socket, number: int) -> None:
        while head := read_head(connection):
            holder[0].requests.append(head)
            turn = min(len(holder[0].requests), len(answers)) - 1
            connection.sendall(answers[turn])

    with raw_site(script) as running:
        holder.append(running)
        yield running


def read_head(connection: socket.socket) -> bytes:
    """A head with its empty line, byte by byte so that nothing behind it is taken; b"" at the end."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            return b""
        data += byte
    return data


def open_socket(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def read_to_end(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    parts = []
    with contextlib.suppress(ConnectionResetError, TimeoutError):
        while data := connection.recv(65_536):
            parts.append(data)
    return b"".join(parts)


def talk(port: int, request: bytes) -> bytes:
    """Say it, and hear everything until the proxy closes."""
    with open_socket(port) as connection:
        connection.sendall(request)
        return read_to_end(connection)


def ask(port: int, path: str = "/", *, method: str = "GET", headers=(), body=None) -> http.client.HTTPResponse:
    """One request on a connection of its own, header lines as given; the answer is read whole (`.data`)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    lines = list(headers)
    connection.putrequest(method, path, skip_host=any(n.lower() == "host" for n, _ in lines), skip_accept_encoding=True)
    for name, value in lines:
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    response.data = response.read()
    connection.close()
    return response


def lines_of(head: bytes) -> list[tuple[bytes, bytes]]:
    """The header lines of a raw head, names in lower case."""
    lines = head.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    return [(name.lower(), value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]


class Tracebacks(logging.Handler):
    """Collects what the proxy and its server log with a traceback, or above a warning."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info or record.levelno >= logging.ERROR:
            self.found.append(f"{record.name}: {record.getMessage()} {record.exc_info}")


@contextlib.contextmanager
def tracebacks() -> Iterator[list[str]]:
    """What is logged as an error by the proxy, its server or the event loop meanwhile."""
    handler = Tracebacks()
    loggers = [logging.getLogger(name) for name in ("hardtack.proxy", "uvicorn.error", "asyncio")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield handler.found
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
