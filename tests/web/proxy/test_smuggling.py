"""What two servers could read in two ways is refused before the site hears of it, by our server and our application."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from hardtack.web.proxy import ReverseProxy
from support.proxying import (
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

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKS = b"3\r\nabc\r\n0\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

AMBIGUOUS = {
    "length and coding": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "coding and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n" + SMUGGLED,
    "one length twice": POST + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    "a list of lengths": POST + b"Content-Length: 4, 4\r\n\r\nabcd",
    "a signed length": POST + b"Content-Length: +4\r\n\r\nabcd",
    "a negative length": POST + b"Content-Length: -4\r\n\r\nabcd",
    "a hexadecimal length": POST + b"Content-Length: 0x4\r\n\r\nabcd",
    "a length beyond numbers": POST + b"Content-Length: 99999999999999999999999\r\n\r\nabcd",
    "no length": POST + b"Content-Length:\r\n\r\n" + SMUGGLED,
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS,
    "another coding first": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS,
    "another coding last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKS,
    "two codings": POST + b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "a coding behind a tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKS,
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKS,
    "a folded coding": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKS,
    "a coding in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "a folded line": GET + b"X-A: a\r\n b\r\n\r\n",
    "a folded first line": b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: a\n\n",
    "a bare carriage return": GET + b"X-A: a\rX-B: b\r\n\r\n",
    "NUL in a value": GET + b"X-A: a\0b\r\n\r\n",
    "a control character in a value": GET + b"X-A: a\x01b\r\n\r\n",
    "a space in a name": GET + b"X A: b\r\n\r\n",
    "a letter beyond ASCII in a name": GET + b"X\xe9: b\r\n\r\n",
    "no name": GET + b": b\r\n\r\n",
    "no colon": GET + b"abc\r\n\r\n",
    "two hosts": GET + b"Host: b\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\nX-A: b\r\n\r\n",
    "a host with a path": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a host with a user": b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
    "a host with a space": b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "a target that names a host": b"GET http://evil.test/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a target that is a host": b"CONNECT evil.test:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a target without a slash": b"GET a HTTP/1.1\r\nHost: a\r\n\r\n",
    "a star for another method": b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": b"GET /a#b?c HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "NUL in the target": b"GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n",
    "bytes beyond ASCII in the target": b"GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n",
    "TRACE": b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
    "an unknown method": b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/1.9": b"GET / HTTP/1.9\r\nHost: a\r\n\r\n",
    "HTTP/2.0 in a request line": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS on the wrong port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40,
    "an upgrade with a body": POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 33\r\n\r\n" + SMUGGLED,
    "a WebSocket with a body": (
        GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 33\r\n\r\n" + SMUGGLED
    ),
    "a WebSocket whose host can't be decoded": (
        b"GET / HTTP/1.1\r\nHost: xn--" + b"a" * 70 + b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ),
}  # fmt: skip

BROKEN_BODIES = {
    "a chunk size that is none": b"xyz\r\nabc\r\n0\r\n\r\n",
    "a chunk size with a prefix": b"0x3\r\nabc\r\n0\r\n\r\n",
    "a chunk size beyond numbers": b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "a chunk that is longer than it says": b"3\r\nabcdef\r\n0\r\n\r\n",
    "bare line feeds between chunks": b"3\nabc\n0\n\n",
    "a bare line feed in an extension": b"3;a=b\nx\r\nabc\r\n0\r\n\r\n",
}


@pytest.fixture(scope="module")
def before():
    with answering(OK) as behind, proxy(behind.port) as running:
        running.behind = behind
        yield running


@pytest.mark.parametrize("what", AMBIGUOUS)
def test_what_could_be_read_in_two_ways_is_refused(before, what):
    with tracebacks() as found:
        shown = talk(before.port, AMBIGUOUS[what])
    assert shown.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 ")), shown[:80]
    assert shown.count(b"HTTP/1.1 ") == 1
    assert not before.behind.requests
    assert found == []


@pytest.mark.parametrize("what", BROKEN_BODIES)
def test_a_body_that_breaks_its_own_framing_never_ends_well_for_the_site(what):
    heard = []

    def script(connection, number):
        heard.append(read_head(connection) + read_to_end(connection))

    with raw_site(script) as behind, proxy(behind.port) as running, tracebacks() as found:
        talk(running.port, POST + b"Transfer-Encoding: chunked\r\n\r\n" + BROKEN_BODIES[what] + SMUGGLED)
    assert not any(request.endswith(b"0\r\n\r\n") or b"/smuggled" in request for request in heard)
    assert found == []


def test_an_upgrade_to_another_protocol_is_not_made(before):
    shown = talk(before.port, GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n")
    assert shown.startswith(b"HTTP/1.1 200 ")
    head = before.behind.requests.pop()
    assert b"upgrade" not in head.lower()
    assert b"http2-settings" not in head.lower()


def test_a_bad_request_behind_a_good_one_doesnt_write_into_its_answer():
    def script(connection, number):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun")
        connection.recv(1)

    with raw_site(script) as behind, proxy(behind.port) as running, open_socket(running.port) as browser:
        browser.sendall(GET + b"\r\n")
        shown = read_head(browser) + browser.recv(5)
        browser.sendall(b"NONSENSE\r\n\r\n")
        shown += read_to_end(browser)
    assert shown.endswith(b"begun")
    assert shown.count(b"HTTP/1.1") == 1


def test_the_application_refuses_by_itself_what_another_server_let_through():
    async def run(scope):
        sent = []

        async def send(message):
            sent.append(message)

        async def receive():
            raise AssertionError("nothing is read of a bad request")

        base = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "http_version": "1.1", "scheme": "http"}
        await ReverseProxy("http://127.0.0.1:9")(base | scope, receive, send)
        return sent[0]["status"]

    host = (b"host", b"a")
    for bad in (
        {"headers": [host, (b"content-length", b"1"), (b"transfer-encoding", b"chunked")]},
        {"headers": [host, (b"content-length", b"1"), (b"content-length", b"2")]},
        {"headers": [host, (b"x-a", b"1\r\nx-b: 2")]},
        {"headers": [host, (b"x-a\r\nx-b", b"1")]},
        {"headers": [host, (b"x-a", b"\0")]},
        {"headers": [host, host]},
        {"headers": []},
        {"headers": [host], "raw_path": b"//a b"},
        {"headers": [host], "raw_path": b"/a\r\nx: y"},
        {"headers": [host], "raw_path": b"http://evil.test/"},
        {"headers": [host], "query_string": b"a\r\nx: y"},
        {"headers": [host], "query_string": b"a#b"},
        {"headers": [host], "method": "GET / HTTP/1.1\r\nX:"},
    ):
        assert asyncio.run(run(bad)) == 400, bad


def _mutated(rng: random.Random) -> bytes:
    """A request with a few bytes changed, taken out, doubled or put in."""
    good = [GET + b"Cookie: a=1; a=2\r\n\r\n", POST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS]
    data = bytearray(rng.choice(rng.choice([good, list(AMBIGUOUS.values())])))
    for _ in range(rng.randint(0, 6)):
        at = rng.randrange(len(data))
        change = rng.randrange(4)
        if change == 0:
            data[at] = rng.randrange(256)
        elif change == 1:
            del data[at : at + rng.randint(1, 4)]
        elif change == 2:
            data[at:at] = data[at : at + rng.randint(1, 12)]
        else:
            data[at:at] = rng.choice([b"\r\n", b"\n", b" ", b"\0", b":", b"\t", b"\xff", b"chunked", b"0", b"\r\n\r\n"])
        if not data:
            return b"\r\n"
    return bytes(data)


def test_random_nonsense_is_never_our_fault():
    """A thousand malformed requests: an answer is a refusal or the site's, and nothing is logged as an error."""
    rng = random.Random(20261123)  # noqa: S311 -- repeatable, not secret
    with answering(OK) as behind, proxy(behind.port) as running, tracebacks() as found:
        for turn in range(1_000):
            data = _mutated(rng)
            with open_socket(running.port) as browser, contextlib.suppress(OSError):
                browser.sendall(data)
                browser.settimeout(0.05)  # what is no whole request is not answered; nothing hangs on how long we look
                shown = read_to_end(browser)
                for part in shown.split(b"HTTP/1.1 ")[1:]:
                    assert part[:3] in (b"200", b"400", b"426", b"431", b"502"), (turn, data, shown)
        assert ask(running.port).status == 200  # and it goes on
        wait_until(lambda: len(behind.requests) > 50, what="a good request among the bad ones")
    assert found == []
