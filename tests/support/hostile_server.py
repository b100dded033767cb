"""A server on the loopback that misbehaves below HTTP: what a mock of HTTP can't show."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

JSON = b"content-type: application/x-amz-json-1.1\r\n"


class HostileServer:
    """Listens, counts, and lets a behaviour loose on every connection.

    Attributes:
        url: its address.
        requests: how many requests it read to their end.
        arrived: set as soon as there was one.
    """

    def __init__(self, behave: Callable[[HostileServer, socket.socket], None]) -> None:
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests = 0
        self.arrived = threading.Event()
        self.ending = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def read_request(self, connection: socket.socket) -> bool:
        """Read one request; False if the client went away instead."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return False
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        (length,) = (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        while len(body) < length:
            body += connection.recv(65536)
        self.requests += 1
        self.arrived.set()
        return True

    def close(self) -> None:
        """End it and its connections."""
        self.ending.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            self._behave(self, connection)


@contextmanager
def hostile(behave: Callable[[HostileServer, socket.socket], None]) -> Iterator[HostileServer]:
    """A hostile server for the length of a with block."""
    server = HostileServer(behave)
    try:
        yield server
    finally:
        server.close()


def closed_port() -> str:
    """A URL where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def hangs_up(server: HostileServer, connection: socket.socket) -> None:
    """Closes as soon as the request is there."""
    server.read_request(connection)


def resets(server: HostileServer, connection: socket.socket) -> None:
    """Resets the connection as soon as the request is there."""
    server.read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def stays_silent(server: HostileServer, connection: socket.socket) -> None:
    """Reads and never answers."""
    server.read_request(connection)
    server.ending.wait()


def breaks_off(server: HostileServer, connection: socket.socket) -> None:
    """Promises more than it sends."""
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + JSON + b'content-length: 1000\r\n\r\n{"Authentication')


def drips(server: HostileServer, connection: socket.socket) -> None:
    """Sends a body that never ends, a byte at a time."""
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + JSON + b"content-length: 100000\r\n\r\n")
    while not server.ending.wait(0.02):
        connection.sendall(b" ")


def floods(server: HostileServer, connection: socket.socket) -> None:
    """Sends a body without end, as fast as it can."""
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + JSON + b"transfer-encoding: chunked\r\n\r\n")
    while not server.ending.is_set():
        connection.sendall(b"8000\r\n" + b" " * 0x8000 + b"\r\n")


def speaks_nonsense(server: HostileServer, connection: socket.socket) -> None:
    """Answers in another protocol."""
    server.read_request(connection)
    connection.sendall(b"220 mail.example.test ESMTP\r\n")


def refuses_tunnels(_: HostileServer, connection: socket.socket) -> None:
    """A proxy that wants to know who one is."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
