"""WebSockets through the proxy, with foreign implementations at both ends."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import struct
import threading

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Message, Ping, Pong, Request, TextMessage

from hardtack.web.answers import Answer
from hardtack.web.proxy import Passage, PassThrough, ProxyLimits
from support.proxying import (
    answering,
    ask,
    lines_of,
    open_socket,
    proxy,
    raw_site,
    read_head,
    read_to_end,
    site,
    talk,
    tracebacks,
    wait_until,
)

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SHAKE = (
    b"GET /ws?x=1 HTTP/1.1\r\nHost: app.example.test:3000\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


async def echoing(scope, receive, send):
    """Echoes; closes on a message that says with which code."""
    assert scope["type"] == "websocket"
    await receive()
    offered = scope["subprotocols"]
    headers = [(b"set-cookie", b"ws=1; Path=/"), (b"set-cookie", b"ws=2; Path=/x")]
    await send({"type": "websocket.accept", "subprotocol": offered[-1] if offered else None, "headers": headers})
    while (message := await receive())["type"] == "websocket.receive":
        text = message.get("text")
        if text is not None and text.startswith("close "):
            await send({"type": "websocket.close", "code": int(text[6:]), "reason": "as asked"})
            return
        message = {key: value for key, value in message.items() if value is not None}
        await send({**message, "type": "websocket.send"})


class Browser:
    """A WebSocket client on a socket."""

    def __init__(self, port, subprotocols=(), headers=()):
        self.socket = open_socket(port)
        self.protocol = WSConnection(ConnectionType.CLIENT)
        request = Request(
            host="app.example.test:3000", target="/ws?x=1", subprotocols=list(subprotocols), extra_headers=list(headers)
        )
        self.socket.sendall(self.protocol.send(request))
        self._events = []
        self.accepted = self.next()

    def next(self):
        while not self._events:
            self.protocol.receive_data(self.socket.recv(1_000_000) or None)
            self._events.extend(self.protocol.events())
        return self._events.pop(0)

    def say(self, event):
        self.socket.sendall(self.protocol.send(event))

    def message(self):
        """The next message, whole."""
        parts = []
        while True:
            event = self.next()
            if isinstance(event, CloseConnection):
                return event
            parts.append(event.data)
            if event.message_finished:
                return parts[0][:0].join(parts)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def accept_of(head: bytes) -> bytes:
    """What a site answers to a handshake."""
    key = dict(lines_of(head))[b"sec-websocket-key"]
    token = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + token
        + b"\r\n\r\n"
    )


@pytest.fixture(scope="module")
def before():
    with site(echoing) as behind, proxy(behind.port) as running:
        yield running


def test_messages_of_both_kinds_come_back(before):
    with Browser(before.port) as browser:
        assert isinstance(browser.accepted, AcceptConnection)
        for sent in ("héllo", "", b"\x00\xff", b"", "x" * 70_000, os.urandom(2_000_000), "ü" * 500_000):
            browser.say(Message(data=sent))
            assert browser.message() == sent


def test_a_message_in_fragments_arrives_whole(before):
    with Browser(before.port) as browser:
        for part, last in (("a", False), ("b", False), ("c", True)):
            browser.say(TextMessage(data=part, message_finished=last))
        assert browser.message() == "abc"


def test_the_site_chooses_the_subprotocol(before):
    with Browser(before.port, ["one", "two"]) as browser:
        assert browser.accepted.subprotocol == "two"
    with Browser(before.port) as browser:
        assert browser.accepted.subprotocol is None


def test_the_headers_of_the_acceptance_pass(before):
    with Browser(before.port) as browser:
        cookies = [value for name, value in browser.accepted.extra_headers if name.lower() == b"set-cookie"]
    assert cookies == [b"ws=1; Path=/", b"ws=2; Path=/x"]


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 1012, 3000, 4999])
def test_the_sites_close_code_arrives(before, code):
    with Browser(before.port) as browser:
        browser.say(Message(data=f"close {code}"))
        closed = browser.message()
    assert (closed.code, closed.reason) == (code, "as asked")


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4321])
def test_the_browsers_close_code_arrives(code):
    heard = []

    async def listening(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        heard.append(await receive())

    with site(listening) as behind, proxy(behind.port) as before, Browser(before.port) as browser:
        browser.say(CloseConnection(code=code, reason="enough"))
        assert isinstance(browser.message(), CloseConnection)
        wait_until(lambda: heard)
    assert (heard[0]["type"], heard[0]["code"], heard[0]["reason"]) == ("websocket.disconnect", code, "enough")


def test_a_browser_that_vanishes_closes_the_sites_side_too():
    heard = []

    async def listening(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        heard.append(await receive())

    with site(listening) as behind, proxy(behind.port) as before, tracebacks() as found:
        with Browser(before.port):
            pass
        wait_until(lambda: heard)
    assert heard[0]["type"] == "websocket.disconnect"
    assert heard[0]["code"] in (1001, 1005)  # ASGI has one code for a close without a status and for none
    assert found == []


def test_pings_are_answered_on_each_side():
    pongs = []

    def script(connection, number):
        connection.sendall(accept_of(read_head(connection)))
        connection.sendall(b"\x89\x02hi")  # a ping
        frame = connection.recv(8)
        mask = frame[2:6]
        pongs.append((frame[0], bytes(byte ^ mask[at % 4] for at, byte in enumerate(frame[6:]))))
        read_to_end(connection)  # a site that ended here would close the browser's side before it has asked

    with raw_site(script) as behind, proxy(behind.port) as before, Browser(before.port) as browser:
        browser.say(Ping(payload=b"there?"))
        event = browser.next()
        assert isinstance(event, Pong)
        assert bytes(event.payload) == b"there?"
        wait_until(lambda: pongs)
    assert pongs == [(0x8A, b"hi")]


def test_a_site_that_dies_closes_the_browser_with_1011():
    def script(connection, number):
        connection.sendall(accept_of(read_head(connection)) + b"\x81\x02hi")

    with (
        raw_site(script) as behind,
        proxy(behind.port) as before,
        tracebacks() as found,
        Browser(before.port) as browser,
    ):
        assert browser.message() == "hi"
        assert browser.message().code == 1011
    assert found == []


@pytest.mark.parametrize(
    "frames",
    [
        b"\x83\x00",
        b"\xf1\x00",
        b"\x81\x82aaaabb",
        b"\x88\x01\x00",
        b"\x81\x02\xff\xff",
        b"\x80\x01a",
        b"\x89\xfe\x00\xff",
    ],
)
def test_frames_that_are_none_close_it_and_nothing_worse(frames):
    def script(connection, number):
        connection.sendall(accept_of(read_head(connection)) + frames)
        read_to_end(connection)

    with (
        raw_site(script) as behind,
        proxy(behind.port) as before,
        tracebacks() as found,
        Browser(before.port) as browser,
    ):
        assert browser.message().code == 1011
    assert found == []


def test_a_message_that_is_too_large_closes_with_1009_either_way():
    limits = ProxyLimits(websocket_message_bytes=50_000)
    heard = []

    def script(connection, number):
        connection.sendall(accept_of(read_head(connection)))
        connection.sendall(b"\x82\x7f" + struct.pack("!Q", 100_000) + b"x" * 100_000)
        heard.append(read_to_end(connection))

    with raw_site(script) as behind, proxy(behind.port, limits=limits) as before, Browser(before.port) as browser:
        assert browser.message().code == 1009
    with site(echoing) as behind, proxy(behind.port, limits=limits) as before, Browser(before.port) as browser:
        browser.say(Message(data="x" * 49_000))
        assert len(browser.message()) == 49_000
        browser.say(Message(data="x" * 51_000))
        assert browser.message().code == 1009


@pytest.mark.parametrize("status", [401, 403, 404, 200, 302, 503])
def test_a_refused_handshake_is_refused_as_the_site_did_it(status):
    answer = b"HTTP/1.1 %d No\r\nContent-Type: text/plain\r\nSet-Cookie: a=1\r\nSet-Cookie: a=2\r\n" % status
    answer += b"Content-Length: 4\r\n\r\nnope"
    with answering(answer) as behind, proxy(behind.port) as before, tracebacks() as found:
        shown = talk(before.port, SHAKE + b"\r\n")
    assert shown.startswith(b"HTTP/1.1 %d " % status)
    assert [value for name, value in lines_of(shown) if name == b"set-cookie"] == [b"a=1", b"a=2"]
    assert shown.endswith(b"nope")
    assert found == []


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
        b"HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_a_site_that_cant_shake_hands_is_502(answer):
    def script(connection, number):
        read_head(connection)
        connection.sendall(answer)

    with raw_site(script) as behind, proxy(behind.port) as before, tracebacks() as found, open_socket(before.port) as b:
        b.sendall(SHAKE + b"\r\n")
        assert read_head(b).startswith(b"HTTP/1.1 502 ")
    assert found == []


def test_a_subprotocol_that_nobody_offered_is_502():
    def script(connection, number):
        accept = accept_of(read_head(connection))
        connection.sendall(accept[:-2] + b"Sec-WebSocket-Protocol: third\r\n\r\n")
        read_to_end(connection)

    with raw_site(script) as behind, proxy(behind.port) as before, open_socket(before.port) as browser:
        browser.sendall(SHAKE + b"Sec-WebSocket-Protocol: one, two\r\n\r\n")
        assert read_head(browser).startswith(b"HTTP/1.1 502 ")


def test_what_the_site_is_asked():
    with answering(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n") as behind, proxy(behind.port) as before:
        talk(
            before.port,
            SHAKE + b"Cookie: a=1; a=2\r\nOrigin: http://app.example.test:3000\r\nCookie: b=\xe9\r\n"
            b"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: one, two\r\n\r\n",
        )
    (head,) = behind.requests
    lines = lines_of(head)
    assert head.startswith(b"GET /ws?x=1 HTTP/1.1\r\n")
    assert [value for name, value in lines if name == b"cookie"] == [b"a=1; a=2", b"b=\xe9"]
    named = dict(lines)
    assert named[b"host"] == named[b"x-forwarded-host"] == b"app.example.test:3000"
    assert named[b"origin"] == b"http://app.example.test:3000"
    assert named[b"x-forwarded-proto"] == b"http"
    assert named[b"sec-websocket-protocol"] == b"one, two"
    assert b"sec-websocket-extensions" not in named
    assert named[b"sec-websocket-key"] != b"dGhlIHNhbXBsZSBub25jZQ=="
    assert [name for name, _ in lines].count(b"sec-websocket-key") == 1


def test_64_kb_of_cookies_open_a_websocket_too():
    limits = ProxyLimits(upstream_header_bytes=131_072)
    cookies = [(b"Cookie", b"a=" + b"x" * 66_000)]
    with (
        site(echoing) as behind,
        proxy(behind.port, limits=limits) as before,
        Browser(before.port, headers=cookies) as browser,
    ):
        assert isinstance(browser.accepted, AcceptConnection)


class Judging(PassThrough):
    def __init__(self, answer=None):
        self._answer = answer
        self.seen = []

    async def to_site(self, visit):
        self.seen.append(visit)
        return Passage(headers=visit.headers, answer=self._answer, state="kept")

    def to_browser(self, passage, status, headers):
        self.seen.append((passage.state, status))
        return [*headers, (b"set-cookie", b"healed=1")]


def test_the_guard_sees_the_handshake_and_its_acceptance():
    guard = Judging()
    with site(echoing) as behind, proxy(behind.port, guard) as before, Browser(before.port) as browser:
        assert (b"set-cookie", b"healed=1") in [(n.lower(), bytes(v)) for n, v in browser.accepted.extra_headers]
    visit, review = guard.seen
    assert (visit.websocket, visit.method, visit.scheme, visit.raw_path) == (True, "GET", "http", b"/ws")
    assert not [name for name, _ in visit.headers if name.startswith((b"sec-websocket", b"upgrade", b"connection"))]
    assert review == ("kept", 101)


def test_a_guards_answer_refuses_the_handshake():
    guard = Judging(Answer(401, [(b"content-type", b"application/json")], b"{}"))
    with proxy(9, guard) as before, open_socket(before.port) as browser:
        browser.sendall(SHAKE + b"\r\n")
        shown = read_to_end(browser)
    assert shown.startswith(b"HTTP/1.1 401 ")
    assert shown.endswith(b"{}")


def test_a_slow_browser_makes_the_site_wait():
    """The site's messages wait in sockets, not in our memory: it can't send all while nobody reads."""
    sent = []
    go_on = threading.Event()

    def script(connection, number):
        connection.sendall(accept_of(read_head(connection)))
        with contextlib.suppress(OSError):
            for _ in range(3_000):
                connection.sendall(b"\x82\x7e" + struct.pack("!H", 60_000) + b"x" * 60_000)
                sent.append(1)

    with raw_site(script) as behind, proxy(behind.port) as before, Browser(before.port) as browser:

        def stands_still():
            count = len(sent)
            return count and not go_on.wait(0.5) and len(sent) == count

        wait_until(stands_still)
        assert len(sent) < 1_000
        received = 0
        while received < 3_000 * 60_000:
            event = browser.next()
            assert isinstance(event, BytesMessage)
            received += len(event.data)


def test_a_server_that_ends_says_1001_to_both():
    heard = []

    async def listening(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        heard.append(await receive())

    with site(listening) as behind, proxy(behind.port) as before, Browser(before.port) as browser:
        before.tell_to_end()
        assert browser.message().code == 1001
        wait_until(lambda: heard)
    assert heard[0]["code"] == 1001


def test_a_server_without_refusals_closes_instead():
    """An ASGI server that knows no `websocket.http.response`."""

    async def run(port, app):
        sent = []
        heard = asyncio.Queue()
        heard.put_nowait({"type": "websocket.connect"})

        async def send(message):
            sent.append(message)

        scope = {
            "type": "websocket", "path": "/", "raw_path": b"/", "headers": [(b"host", b"a")], "subprotocols": [],
            "scheme": "wss", "http_version": "1.1",
        }  # fmt: skip
        await app(scope, heard.get, send)
        app.close()
        return [message["type"] for message in sent]

    from hardtack.web.proxy import ReverseProxy

    with answering(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n") as behind:
        app = ReverseProxy(f"http://127.0.0.1:{behind.port}")
        assert asyncio.run(run(behind.port, app)) == ["websocket.close"]
    assert asyncio.run(run(0, ReverseProxy("http://127.0.0.1:9"))) == ["websocket.close"]


def test_plain_requests_go_on_beside_an_open_websocket():
    async def both(scope, receive, send):
        if scope["type"] == "websocket":
            await echoing(scope, receive, send)
        else:
            await Answer(200, [], b"ok")(scope, receive, send)

    with site(both) as behind, proxy(behind.port) as running, Browser(running.port) as browser:
        assert ask(running.port).data == b"ok"
        browser.say(Message(data="still here"))
        assert browser.message() == "still here"
