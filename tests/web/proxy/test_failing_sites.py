"""A site that is down, slow, malformed or cut off, and browsers that are slow or leave: everyone learns the truth."""

from __future__ import annotations

import contextlib
import json
import socket
import threading

import pytest

from hardtack.web.proxy import ProxyLimits
from support.proxying import (
    PATIENCE,
    answering,
    ask,
    open_socket,
    proxy,
    raw_site,
    read_head,
    read_to_end,
    talk,
    tracebacks,
    wait_until,
)

GET = b"GET / HTTP/1.1\r\nHost: a\r\nCookie: s=1\r\nConnection: close\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def nowhere():
    """A port that is taken, so that nobody else gets it, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken


class Forbidding:
    """A guard that may not be asked about an answer."""

    async def to_site(self, visit):
        from hardtack.web.proxy import Passage

        return Passage(headers=visit.headers)

    def to_browser(self, passage, status, headers):
        raise AssertionError("there is no answer of the site's")


@pytest.mark.parametrize(
    ("accept", "kind", "shown"),
    [
        ("text/html,*/*;q=0.8", "text/html; charset=utf-8", b"<h1>502 Bad Gateway</h1>"),
        ("application/json", "application/json", b'"error": "site-unreachable"'),
        ("*/*", "text/plain; charset=utf-8", b"502 Bad Gateway\n"),
    ],
)
def test_a_site_that_is_down_is_502_in_the_askers_own_form(nowhere, accept, kind, shown):
    with proxy(nowhere.getsockname()[1], Forbidding()) as before, tracebacks() as found:
        answer = ask(before.port, headers=[("Accept", accept), ("Cookie", "s=1")])
    assert (answer.status, answer.getheader("content-type")) == (502, kind)
    assert shown in answer.data
    assert answer.getheader("cache-control") == "no-store"
    assert answer.getheader("set-cookie") is None
    assert answer.getheader("clear-site-data") is None
    assert found == []


def test_a_site_whose_name_is_unknown_is_502():
    with proxy("http://nowhere.invalid:3000") as before:
        assert ask(before.port).status == 502


def test_a_site_that_comes_back_is_asked_again(nowhere):
    with proxy(nowhere.getsockname()[1]) as before:
        assert ask(before.port).status == 502
        nowhere.listen()

        def serve():
            connection, _ = nowhere.accept()
            with connection:
                read_head(connection)
                connection.sendall(OK)

        threading.Thread(target=serve, daemon=True).start()
        assert ask(before.port).status == 200


def test_a_site_that_doesnt_answer_is_504():
    def script(connection, number):
        read_head(connection)
        read_to_end(connection)

    limits = ProxyLimits(answer_seconds=0.2)
    with raw_site(script) as behind, proxy(behind.port, Forbidding(), limits=limits) as before, tracebacks() as found:
        answer = ask(before.port, headers=[("Accept", "application/json")])
        assert answer.status == 504
        assert json.loads(answer.data)["error"] == "site-timeout"
        assert ask(before.port, method="POST", body=b"x" * 100).status == 504
    assert found == []


def test_a_site_that_takes_no_body_is_504():
    def script(connection, number):
        read_head(connection)
        threading.Event().wait(PATIENCE)

    limits = ProxyLimits(answer_seconds=0.3)
    with raw_site(script) as behind, proxy(behind.port, limits=limits) as before, open_socket(before.port) as browser:
        browser.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n")
        browser.settimeout(PATIENCE)

        def send():
            with contextlib.suppress(OSError):
                browser.sendall(b"x" * 50_000_000)

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        assert read_head(browser).startswith(b"HTTP/1.1 504 ")


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        b"HTTP/1.1 42 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX Y: a\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\n b=2\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 60_000 + b"Content-Length: 0\r\n\r\n",
        b"\x00" * 100,
    ],
)
def test_an_answer_that_is_no_http_is_502(answer):
    with answering(answer) as behind, proxy(behind.port, Forbidding()) as before, tracebacks() as found:
        assert ask(before.port).status == 502
    assert found == []


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"])
def test_a_site_that_hangs_up_before_its_head_is_whole_is_502(answer):
    def script(connection, number):
        read_head(connection)
        connection.sendall(answer)

    with raw_site(script) as behind, proxy(behind.port, Forbidding()) as before:
        assert ask(before.port).status == 502
    assert behind.connections == 1  # a new connection that dies is no reason to say it twice


@pytest.mark.parametrize(
    ("head", "ending"),
    [
        (b"Content-Length: 1000", b"begun"),
        (b"Transfer-Encoding: chunked", b"5\r\nbegun\r\n"),
        (b"Transfer-Encoding: chunked", b"5\r\nbegun\r\nff"),
        (b"Transfer-Encoding: chunked", b"5\r\nbegun\r\nnonsense\r\n"),
    ],
)
def test_an_answer_that_broke_off_is_broken_off_for_the_browser_too(head, ending):
    def script(connection, number):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + ending)

    with raw_site(script) as behind, proxy(behind.port) as before:
        shown = talk(before.port, GET)
    assert shown.startswith(b"HTTP/1.1 200 ")
    assert b"begun" in shown
    assert not shown.endswith(b"0\r\n\r\n")


def test_a_site_killed_in_the_middle_breaks_off_and_the_next_request_is_served():
    """RST instead of FIN, as when the process dies."""

    def script(connection, number):
        read_head(connection)
        if number:
            connection.sendall(OK)
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nbegun")  # until the connection ends
        wait_until(lambda: heard)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    heard = []
    with raw_site(script) as behind, proxy(behind.port) as before, open_socket(before.port) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        shown = read_head(browser) + browser.recv(100)
        heard.append(shown)
        shown += read_to_end(browser)
        assert b"begun" in shown
        assert not shown.endswith(b"0\r\n\r\n")
        assert ask(before.port).data == b"ok"


def test_a_site_that_falls_silent_is_cut():
    def script(connection, number):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun")
        connection.recv(1)

    with raw_site(script) as behind, proxy(behind.port, limits=ProxyLimits(silence_seconds=0.2)) as before:
        assert talk(before.port, GET).endswith(b"begun")


def test_a_browser_that_leaves_takes_its_request_with_it():
    over = threading.Event()

    def script(connection, number):
        read_head(connection)
        with contextlib.suppress(OSError):
            assert connection.recv(1) == b""
        over.set()

    with raw_site(script) as behind, proxy(behind.port) as before, tracebacks() as found:
        browser = open_socket(before.port)
        browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: behind.connections)
        browser.close()
        assert over.wait(PATIENCE)
    assert found == []


def test_a_browser_that_leaves_in_the_middle_of_its_body_doesnt_end_it():
    heard = []

    def script(connection, number):
        heard.append(read_head(connection) + read_to_end(connection))

    with raw_site(script) as behind, proxy(behind.port) as before, tracebacks() as found:
        browser = open_socket(before.port)
        browser.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n")
        wait_until(lambda: behind.connections)
        browser.close()
        wait_until(lambda: heard)
    assert not heard[0].endswith(b"0\r\n\r\n")
    assert found == []


def test_a_browser_that_leaves_in_the_middle_of_an_answer_ends_the_sites_work():
    over = threading.Event()

    def script(connection, number):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b"5\r\nhello\r\n")
        over.set()

    with raw_site(script) as behind, proxy(behind.port) as before, tracebacks() as found:
        browser = open_socket(before.port)
        browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"hello" in read_head(browser) + browser.recv(1_000)
        browser.close()
        assert over.wait(PATIENCE)
    assert found == []


def test_a_browser_that_stops_sending_is_408():
    def script(connection, number):
        read_head(connection)
        read_to_end(connection)

    limits = ProxyLimits(upload_seconds=0.2)
    with raw_site(script) as behind, proxy(behind.port, limits=limits) as before, open_socket(before.port) as browser:
        browser.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        assert read_head(browser).startswith(b"HTTP/1.1 408 ")


def test_a_browser_that_stops_reading_is_cut_and_its_site_freed():
    over = threading.Event()

    def script(connection, number):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500000000\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(5_000):
                connection.sendall(b"x" * 100_000)
        over.set()

    limits = ProxyLimits(stall_seconds=0.3)
    with raw_site(script) as behind, proxy(behind.port, limits=limits) as before, open_socket(before.port) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert over.wait(PATIENCE)


def test_more_than_the_site_may_be_asked_at_a_time_waits_and_is_then_503():
    go_on = threading.Event()

    def script(connection, number):
        while read_head(connection):
            go_on.wait(PATIENCE)
            connection.sendall(OK)

    limits = ProxyLimits(connections=1, connect_seconds=0.3)
    with raw_site(script) as behind, proxy(behind.port, limits=limits) as before, open_socket(before.port) as first:
        first.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: behind.connections)
        assert ask(before.port).status == 503
        go_on.set()
        assert read_head(first).startswith(b"HTTP/1.1 200 ")
        assert ask(before.port).status == 200
