"""What an ordinary site and an ordinary browser notice of the proxy: nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.client
import json
import threading

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from hardtack.web.proxy import ReverseProxy
from support.proxying import answering, ask, lines_of, open_socket, proxy, raw_site, read_head, read_to_end, site, talk

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def echo(scope, receive, send):
    """Says what it was asked."""
    assert scope["type"] == "http"
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    told = {
        "method": scope["method"],
        "path": scope["raw_path"].decode("latin-1"),
        "query": scope["query_string"].decode("latin-1"),
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]],
        "body": body.decode("latin-1"),
    }
    data = json.dumps(told).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": data if scope["method"] != "HEAD" else b""})


@pytest.fixture(scope="module")
def echoing():
    with site(echo) as behind, proxy(behind.port) as before:
        yield before


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_methods_paths_and_bodies_arrive_as_they_were_sent(echoing, method):
    body = None if method in ("GET", "OPTIONS") else b"a=1&b=%FF"
    told = json.loads(ask(echoing.port, "/a%2Fb//c/../d;x?q=%20&&r", method=method, body=body).data)
    assert (told["method"], told["path"], told["query"]) == (method, "/a%2Fb//c/../d;x", "q=%20&&r")
    assert told["body"].encode() == (body or b"")


def test_request_headers_keep_their_order_and_number(echoing):
    sent = [
        ("Host", "app.example.test:8443"),
        ("X-B", "2"),
        ("Cookie", "a=1; a=2"),
        ("X-A", "1"),
        ("Cookie", "b=3"),
        ("X-B", "\xe9\xff"),
        ("X-Empty", ""),
        ("X-List", "a,  b"),
    ]
    told = json.loads(ask(echoing.port, headers=sent).data)
    known = {name.lower() for name, _ in sent}
    received = [(name, value) for name, value in told["headers"] if name in known]
    assert received == [(name.lower(), value) for name, value in sent]


def test_host_and_forwarded_host_keep_the_browsers_port(echoing):
    told = dict(json.loads(ask(echoing.port, headers=[("Host", "app.example.test:8443")]).data)["headers"])
    assert told["host"] == "app.example.test:8443"
    assert told["x-forwarded-host"] == "app.example.test:8443"
    assert told["x-forwarded-port"] == "8443"
    assert told["x-forwarded-proto"] == "http"
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert told["forwarded"] == 'for=127.0.0.1;host="app.example.test:8443";proto=http'


def test_a_body_of_unknown_length_arrives_whole(echoing):
    with open_socket(echoing.port) as browser:
        browser.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        for part in (b"one", b"two" * 5_000, b"three"):
            browser.sendall(b"%x\r\n%b\r\n" % (len(part), part))
        browser.sendall(b"0\r\nX-Trailer: dropped\r\nCookie: smuggled=1\r\n\r\n")
        answer = read_to_end(browser)
    told = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert told["body"] == "one" + "two" * 5_000 + "three"
    assert ["transfer-encoding", "chunked"] in told["headers"]
    assert not {"x-trailer", "cookie"} & {name for name, _ in told["headers"]}


def test_hop_by_hop_headers_stay_on_their_hop(echoing):
    sent = [
        ("Connection", "keep-alive, X-Private, Cookie"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"),
        ("TE", "trailers"),
        ("Upgrade", "h2c"),
        ("X-Private", "1"),
        ("Cookie", "stays=1"),
        ("X-Public", "1"),
    ]
    names = [name for name, _ in json.loads(ask(echoing.port, headers=sent).data)["headers"]]
    assert not {"connection", "keep-alive", "proxy-connection", "te", "upgrade", "x-private"} & set(names)
    assert {"cookie", "x-public"} <= set(names)


def test_response_headers_keep_their_order_and_number_and_hop_by_hop_ones_go():
    answer = (
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Domain=.example.test\r\nX-Z: \xe9\r\nSet-Cookie: a=2\r\nDate: then\r\n"
        b"Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nSet-Cookie: a=1; Domain=.example.test\r\n"
        b"Vary: RSC\r\nContent-Length: 0\r\nX-Empty:\r\n\r\n"
    )
    with answering(answer) as behind, proxy(behind.port) as before:
        shown = talk(before.port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert lines_of(shown) == [
        (b"set-cookie", b"a=1; Domain=.example.test"),
        (b"x-z", b"\xe9"),
        (b"set-cookie", b"a=2"),
        (b"date", b"then"),
        (b"set-cookie", b"a=1; Domain=.example.test"),
        (b"vary", b"RSC"),
        (b"content-length", b"0"),
        (b"x-empty", b""),
        (b"connection", b"close"),
    ]


def test_a_compressed_body_passes_as_it_is():
    packed = gzip.compress(b"hello " * 1_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with answering(head + packed) as behind, proxy(behind.port) as before:
        answer = ask(before.port, headers=[("Accept-Encoding", "gzip")])
    assert answer.getheader("content-encoding") == "gzip"
    assert answer.data == packed


@pytest.mark.parametrize(
    ("method", "head"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nX-A: 1\r\n\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\nX-A: 1\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nETag: x\r\nX-A: 1\r\n\r\n"),
    ],
)
def test_an_answer_without_a_body_ends_at_its_head(method, head):
    with answering(head, OK) as behind, proxy(behind.port) as before:
        browser = http.client.HTTPConnection("127.0.0.1", before.port, timeout=60)
        browser.request(method, "/")
        first = browser.getresponse()
        assert (first.status, first.read(), first.getheader("x-a")) == (int(head[9:12]), b"", "1")
        browser.request("GET", "/")  # the same connection goes on
        second = browser.getresponse()
        assert (second.status, second.read()) == (200, b"ok")
        browser.close()
    if method == "HEAD" and b"Content-Length" in head:
        assert first.getheader("content-length") == "1234"


def test_interim_answers_are_not_taken_for_the_answer():
    answer = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + OK
    with answering(answer) as behind, proxy(behind.port) as before:
        shown = ask(before.port)
    assert (shown.status, shown.data, shown.getheader("link")) == (200, b"ok", None)


def test_the_site_is_asked_before_a_body_that_expects_it():
    bodies = []

    def script(connection, number):
        head = read_head(connection)
        assert b"expect: 100-continue" in head
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        bodies.append(connection.recv(5, 0))
        connection.sendall(OK)

    with raw_site(script) as behind, proxy(behind.port) as before, open_socket(before.port) as browser:
        browser.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        assert read_head(browser).startswith(b"HTTP/1.1 100 ")
        browser.sendall(b"hello")
        assert read_head(browser).startswith(b"HTTP/1.1 200 ")
    assert bodies == [b"hello"]


def test_a_site_may_refuse_a_body_before_it_is_sent():
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
    with answering(refusal) as behind, proxy(behind.port) as before, open_socket(before.port) as browser:
        browser.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        assert read_head(browser).startswith(b"HTTP/1.1 413 ")


def test_a_site_that_ignores_expect_gets_the_body_after_all():
    def script(connection, number):
        read_head(connection)
        assert connection.recv(5, 0) == b"hello"
        connection.sendall(OK)

    with raw_site(script) as behind, proxy(behind.port) as before, open_socket(before.port) as browser:
        browser.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        assert read_head(browser).startswith(b"HTTP/1.1 100 ")
        browser.sendall(b"hello")
        assert read_head(browser).startswith(b"HTTP/1.1 200 ")


def test_both_ways_flow_at_the_same_time():
    """A site that answers while it is still being told: no side waits for the other's end."""

    def script(connection, number):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
        for _ in range(3):
            connection.sendall(connection.recv(2).upper())

    with raw_site(script) as behind, proxy(behind.port) as before, open_socket(before.port) as browser:
        browser.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n")
        assert read_head(browser).startswith(b"HTTP/1.1 200 ")
        for part in (b"ab", b"cd", b"ef"):
            browser.sendall(part)
            assert browser.recv(2) == part.upper()


def test_server_sent_events_arrive_one_by_one():
    go_on = threading.Event()

    def script(connection, number):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"9\r\ndata: 1\n\n\r\n")
        assert go_on.wait(60)
        connection.sendall(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")

    with raw_site(script) as behind, proxy(behind.port) as before:
        browser = http.client.HTTPConnection("127.0.0.1", before.port, timeout=60)
        browser.request("GET", "/")
        answer = browser.getresponse()
        assert answer.read(9) == b"data: 1\n\n"  # while the site hasn't said the second
        go_on.set()
        assert answer.read() == b"data: 2\n\n"
        browser.close()


def test_connections_to_the_site_are_kept():
    with answering(OK) as behind, proxy(behind.port) as before:
        for _ in range(20):
            assert ask(before.port).data == b"ok"
    assert len(behind.requests) == 20
    assert behind.connections == 1


def test_a_connection_that_the_site_closed_meanwhile_costs_nobody_an_answer():
    def script(connection, number):
        read_head(connection)
        connection.sendall(OK)
        if number == 0:
            read_head(connection)  # and hangs up on the second request, as a server does whose time is over

    with raw_site(script) as behind, proxy(behind.port) as before:
        assert ask(before.port).data == b"ok"
        assert ask(before.port).data == b"ok"
    assert behind.connections == 2


def test_a_form_is_not_sent_twice():
    def script(connection, number):
        read_head(connection)
        connection.sendall(OK)
        if number == 0:
            read_head(connection)

    with raw_site(script) as behind, proxy(behind.port) as before:
        assert ask(before.port).data == b"ok"
        assert ask(before.port, method="POST", body=b"order=1").status == 502
    assert behind.connections == 1


def test_an_answer_that_ends_with_its_connection_is_whole():
    def script(connection, number):
        read_head(connection)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nas old as the web")

    with raw_site(script) as behind, proxy(behind.port) as before:
        assert ask(before.port).data == b"as old as the web"


def test_an_http_1_0_browser_is_served(echoing):
    shown = talk(echoing.port, b"GET /x HTTP/1.0\r\n\r\n")
    assert shown.startswith(b"HTTP/1.1 200 ")
    told = json.loads(shown.partition(b"\r\n\r\n")[2])
    assert told["path"] == "/x"
    assert dict(told["headers"])["host"].startswith("127.0.0.1:")


def test_pipelined_requests_are_answered_in_order(echoing):
    request = b"GET /%d HTTP/1.1\r\nHost: a\r\n%b\r\n"
    shown = talk(echoing.port, request % (1, b"") + request % (2, b"") + request % (3, b"Connection: close\r\n"))
    assert [part[:1] for part in shown.split(b'"path": "/')[1:]] == [b"1", b"2", b"3"]


def mounted(inner):
    """In an application that closes it at its end."""

    @contextlib.asynccontextmanager
    async def lifespan(app):
        yield
        inner.close()

    return Starlette(routes=[Mount("/shop", inner)], lifespan=lifespan)


def test_mounted_the_site_sees_the_browsers_own_path():
    with site(echo) as behind:
        inner = ReverseProxy(f"http://127.0.0.1:{behind.port}")
        with proxy(0, app=mounted(inner)) as before:
            told = json.loads(ask(before.port, "/shop/cart%2F1?x=1").data)
            assert (told["path"], told["query"]) == ("/shop/cart%2F1", "x=1")
            assert ask(before.port, "/elsewhere").status == 404


def test_mounted_the_prefix_can_be_taken_off():
    with site(echo) as behind:
        inner = ReverseProxy(f"http://127.0.0.1:{behind.port}", strip_root_path=True)
        with proxy(0, app=mounted(inner)) as before:
            told = json.loads(ask(before.port, "/shop/cart%2F1?x=1").data)
            assert (told["path"], dict(told["headers"])["x-forwarded-prefix"]) == ("/cart%2F1", "/shop")
            assert json.loads(ask(before.port, "/shop/").data)["path"] == "/"


def test_an_application_that_speaks_another_asgi_dialect_is_enough():
    """No raw path, header names in upper case, no HTTP version: what a test client or an old server may send."""

    async def run(port):
        app = ReverseProxy(f"http://127.0.0.1:{port}")
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/café", "headers": [(b"Host", b"a")], "scheme": "https"}
        await app(scope, receive, send)
        app.close()
        return json.loads(b"".join(message.get("body", b"") for message in sent))

    with site(echo) as behind:
        told = asyncio.run(run(behind.port))
    assert told["path"] == "/caf%C3%A9"
    assert dict(told["headers"])["x-forwarded-proto"] == "https"


def test_lifespan_is_answered_and_closes_what_is_kept():
    async def run(port):
        app = ReverseProxy(f"http://127.0.0.1:{port}")
        said = []
        heard = asyncio.Queue()
        heard.put_nowait({"type": "lifespan.startup"})
        heard.put_nowait({"type": "lifespan.shutdown"})

        async def send(message):
            said.append(message["type"])

        await app({"type": "lifespan"}, heard.get, send)
        return said

    assert asyncio.run(run(1)) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
