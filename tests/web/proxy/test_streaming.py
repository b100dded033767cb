"""Much at a time: bodies that would not fit, browsers by the thousand, header lines by the ten thousand."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hardtack.web.proxy import PassThrough, ProxyLimits
from support.proxying import (
    PATIENCE,
    ask,
    lines_of,
    open_socket,
    proxy,
    raw_site,
    read_head,
    site,
    tracebacks,
    wait_until,
)

MEGABYTE = 1_000_000
PROGRAM = """
import sys
from hardtack.web.proxy import ReverseProxy
from hardtack.web.proxy.serve import ServerOptions, serve
serve(ReverseProxy(f"http://127.0.0.1:{sys.argv[1]}"), ServerOptions(port=int(sys.argv[2]), grace_seconds=1))
"""


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def proxy_process(upstream: int):
    """The proxy in a process of its own, so that its memory is its own."""
    port = free_port()
    running = subprocess.Popen([sys.executable, "-c", PROGRAM, str(upstream), str(port)])

    def answers():
        with contextlib.suppress(OSError):
            open_socket(port).close()
            return True

    try:
        wait_until(answers)
        yield running.pid, port
    finally:
        running.terminate()
        running.wait(PATIENCE)


def resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_doesnt_grow_with_a_body_in_either_direction():
    """100 MB down, 100 MB up, and a browser that stops reading in the middle of a hundred more."""
    piece = b"x" * 65_536
    total = 100 * MEGABYTE

    def script(connection, number):
        head = read_head(connection)
        if head.startswith(b"POST"):
            end = b""
            while not end.endswith(b"x\r\n0\r\n\r\n"):
                end = (end + connection.recv(MEGABYTE))[-8:]
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % total)
        for _ in range(total // len(piece)):
            connection.sendall(piece)
        connection.sendall(b"x" * (total % len(piece)))

    with raw_site(script) as behind, proxy_process(behind.port) as (pid, port):
        with open_socket(port) as browser:  # what it needs at all
            browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            read_head(browser)
            browser.recv(MEGABYTE)
        before = most = resident(pid)
        with open_socket(port) as browser:
            browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            read_head(browser)
            left = total
            while left:
                left -= len(browser.recv(MEGABYTE))
                most = max(most, resident(pid))
        with open_socket(port) as browser:
            browser.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(total // len(piece)):
                browser.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
                most = max(most, resident(pid))
            rest = total % len(piece)
            browser.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (rest, b"x" * rest))
            assert read_head(browser).startswith(b"HTTP/1.1 200 ")
        with open_socket(port) as browser:  # reads nothing: the site has to wait
            browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            read_head(browser)
            for _ in range(50):
                most = max(most, resident(pid))
                threading.Event().wait(0.01)
    assert most - before < 20 * MEGABYTE


class Browsers:
    """A thousand of them in one loop."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answered = 0

    async def one(self, number: int, ready: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        cookie = b"session=%d" % number
        await ready.wait()
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + cookie + b"\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head
            assert dict(lines_of(head))[b"x-cookie"] == cookie  # nobody gets another's
            body = await reader.readexactly(int(dict(lines_of(head))[b"content-length"]))
            assert body == cookie
            self.answered += 1
        writer.close()
        await writer.wait_closed()

    async def all(self, count: int) -> None:
        ready = asyncio.Event()
        tasks = [asyncio.create_task(self.one(number, ready)) for number in range(count)]
        await asyncio.sleep(0)
        ready.set()
        await asyncio.gather(*tasks)


def test_a_thousand_browsers_at_once_get_each_its_own_answer():
    async def slow(scope, receive, send):
        await asyncio.sleep(0.2)  # so that they are all there at the same time
        cookie = dict(scope["headers"])[b"cookie"]
        headers = [(b"x-cookie", cookie), (b"content-length", str(len(cookie)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": cookie})

    limits = ProxyLimits(connect_seconds=PATIENCE * 5, answer_seconds=PATIENCE * 5)  # a busy machine is no failure
    with site(slow) as behind, proxy(behind.port, limits=limits) as before, tracebacks() as found:
        browsers = Browsers(before.port)
        asyncio.run(browsers.all(1_000))
    assert browsers.answered == 2_000
    assert found == []


NAMES = (b"set-cookie", b"Set-Cookie", b"x-a", b"X-B", b"vary", b"link", b"cache-control", b"!#$%&'*+-.^_`|~09az")
BYTES = bytes(byte for byte in range(256) if byte in (9, 32) or (byte > 32 and byte != 127))


def random_lines(rng: random.Random) -> list[tuple[bytes, bytes]]:
    lines = []
    for _ in range(rng.randint(0, 12)):
        value = bytes(rng.choices(BYTES, k=rng.randint(0, 40)))
        lines.append((rng.choice(NAMES), value.strip(b" \t")))
    return lines


class Scripted:
    """A site that answers with the lines of the list whose number is the path."""

    def __init__(self, lists) -> None:
        self.lists = lists
        self.heard = {}

    def __call__(self, connection, number):
        while head := read_fast(connection):
            index = int(head.split(b" ")[1][1:])
            self.heard[index] = lines_of(head)
            lines = b"".join(b"%b: %b\r\n" % line for line in self.lists[index])
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 0\r\n\r\n")


def read_fast(connection) -> bytes:
    """A head; nothing follows it before it is answered."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        piece = connection.recv(65_536)
        if not piece:
            return b""
        data += piece
    return data


def test_ten_thousand_random_header_lists_pass_both_ways_byte_for_byte():
    rng = random.Random(3)  # noqa: S311 -- repeatable, not secret
    lists = [random_lines(rng) for _ in range(10_000)]
    script = Scripted(lists)
    with (
        raw_site(script) as behind,
        proxy(behind.port) as before,
        tracebacks() as found,
        open_socket(before.port) as browser,
    ):
        for index, lines in enumerate(lists):
            asked = b"".join(b"%b: %b\r\n" % line for line in lines)
            browser.sendall(b"GET /%d HTTP/1.1\r\nHost: a\r\n%b\r\n" % (index, asked))
            expected = [(name.lower(), value) for name, value in lines]
            shown = lines_of(read_fast(browser))
            assert shown == [*expected, (b"content-length", b"0")]
            heard = [line for line in script.heard[index] if not line[0].startswith((b"x-forwarded", b"forwarded"))]
            assert heard == [(b"host", b"a"), *expected]
    assert found == []


class Turning(PassThrough):
    """Changes every answer, to see that all go through it."""

    def to_browser(self, passage, status, headers):
        return [*headers[::-1], (b"x-turned", b"1")]


def test_the_guard_has_the_last_word_on_an_answers_lines():
    with raw_site(Scripted([[(b"x-a", b"1"), (b"x-b", b"2")]])) as behind, proxy(behind.port, Turning()) as before:
        answer = ask(before.port, "/0")
    assert answer.getheaders() == [("content-length", "0"), ("x-b", "2"), ("x-a", "1"), ("x-turned", "1")]


class Failing(PassThrough):
    def __init__(self, where):
        self._where = where

    async def to_site(self, visit):
        if self._where == "request":
            raise RuntimeError("eyJhbGciOi.secret")
        return await super().to_site(visit)

    def to_browser(self, passage, status, headers):
        raise RuntimeError("eyJhbGciOi.secret")


@pytest.mark.parametrize("where", ["request", "response"])
def test_a_guard_that_fails_is_as_if_it_were_not_there(where, caplog):
    with raw_site(Scripted([[(b"set-cookie", b"a=1")]])) as behind, proxy(behind.port, Failing(where)) as before:
        answer = ask(before.port, "/0")
    assert (answer.status, answer.getheader("set-cookie")) == (200, "a=1")
    assert "RuntimeError" in caplog.text
    assert "eyJ" not in caplog.text


def test_sites_killed_under_load_lose_nobody_elses_answer():
    """Every seventh answer is killed; all others are whole, and each is its own."""

    def script(connection, number):
        while head := read_fast(connection):
            index = int(head.split(b" ")[1][1:])
            if index % 7 == 0:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")
                return
            body = b"%d" % index
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    async def one(port, index):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /%d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % index)
        shown = await reader.read(-1)
        writer.close()
        await writer.wait_closed()
        return shown.partition(b"\r\n\r\n")[2]

    async def everyone(port):
        return await asyncio.gather(*(one(port, index) for index in range(300)))

    limits = ProxyLimits(connect_seconds=PATIENCE * 5, answer_seconds=PATIENCE * 5)
    with raw_site(script) as behind, proxy(behind.port, limits=limits) as before:
        bodies = asyncio.run(everyone(before.port))
    for index, body in enumerate(bodies):
        assert body == (b"begun" if index % 7 == 0 else b"%d" % index)
