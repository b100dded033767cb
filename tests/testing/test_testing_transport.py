"""HTTP clients with a browser's cookies, told at the wire: what a server was sent, and what the jar keeps.

The same stories run with httpx2 and with classic httpx, blocking and awaited.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import httpx
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from hardtack.cookies.dates import format_cookie_date
from hardtack.testing import (
    CONTEXT,
    AsyncBrowserTransport,
    BrowserJar,
    BrowserTransport,
    RequestContext,
    as_browser,
)

NOW = 1_795_000_000
APP, SIBLING, OTHER = "https://app.example.test/", "https://sib.example.test/", "https://other.test/"


@dataclass
class Web:
    """Every host, answering what was agreed on; and a client in front of it.

    Attributes:
        library: httpx2 or httpx.
        awaited: whether the client is an asynchronous one.
        answers: by address, the status and the header lines.
        seen: each request's method, address and Cookie lines.
    """

    library: Any
    awaited: bool
    answers: dict[str, tuple[int, list[tuple[bytes, bytes]]]] = field(default_factory=dict)
    seen: list[tuple[str, str, list[bytes]]] = field(default_factory=list)

    def handle(self, request: Any) -> Any:
        cookies = [value for name, value in request.headers.raw if name.lower() == b"cookie"]
        self.seen.append((request.method, str(request.url), cookies))
        status, headers = self.answers.get(str(request.url), (200, []))
        return self.library.Response(status, headers=headers)

    def answer(self, url: str, *lines: bytes | str, status: int = 200, **headers: str) -> None:
        raw = [(b"Set-Cookie", line if isinstance(line, bytes) else line.encode()) for line in lines]
        raw += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self.answers[url] = (status, raw)

    def client(self, jar: BrowserJar, **options: Any) -> Any:
        inner = self.library.MockTransport(self.handle)
        if self.awaited:
            return self.library.AsyncClient(transport=AsyncBrowserTransport(inner, jar), **options)
        return self.library.Client(transport=BrowserTransport(inner, jar), **options)

    def visit(self, client: Any, url: str, method: str = "GET", **options: Any) -> Any:
        """Make one request."""
        if self.awaited:
            return asyncio.run(client.request(method, url, **options))
        return client.request(method, url, **options)

    @property
    def sent(self) -> list[bytes | None]:
        """The Cookie header of each request; None for one without."""
        assert all(len(cookies) <= 1 for _, _, cookies in self.seen)
        return [cookies[0] if cookies else None for _, _, cookies in self.seen]


@pytest.fixture(params=[(httpx2, False), (httpx2, True), (httpx, False), (httpx, True)], ids=str)
def web(request) -> Web:
    return Web(*request.param)


@pytest.fixture
def jar() -> BrowserJar:
    return BrowserJar(clock=lambda: NOW)


def test_twins_are_kept_and_sent_in_a_browsers_order(web, jar):
    client = web.client(jar)
    web.answer(APP, "sid=host", "sid=site; Domain=example.test", "sid=deep; Path=/deep")
    web.visit(client, APP)
    web.visit(client, APP + "deep")
    assert web.sent == [None, b"sid=deep; sid=host; sid=site"]
    web.answer(APP, "sid=newer")
    web.visit(client, APP)
    web.visit(client, APP)
    assert web.sent[-1] == b"sid=site; sid=newer"


def test_an_engine_is_the_jars(web):
    jar = BrowserJar("firefox", clock=lambda: NOW)
    client = web.client(jar)
    web.answer(APP, "sid=host", "sid=site; Domain=example.test")
    web.visit(client, APP)
    web.answer(APP, "sid=newer")
    web.visit(client, APP)
    web.visit(client, APP)
    assert web.sent[-1] == b"sid=newer; sid=site"


def test_what_the_client_itself_would_send_is_not_sent(web, jar):
    client = web.client(jar, cookies={"mine": "1"}, headers={"Cookie": "mine=2"})
    web.visit(client, APP)
    web.answer(APP, "x=1")
    web.visit(client, APP)
    web.visit(client, APP, headers={"Cookie": "mine=3"})
    assert web.sent == [None, None, b"x=1"]


def test_every_hop_of_a_redirect_sets_and_carries_cookies(web, jar):
    client = web.client(jar, follow_redirects=True)
    web.answer(APP + "login", "step=1", status=303, Location=SIBLING + "callback")
    web.answer(SIBLING + "callback", "sid=1; Domain=example.test", "other=1", status=302, Location=APP)
    web.answer(APP, "step=; Max-Age=0")
    web.visit(client, APP + "login", "POST")
    assert [(method, url) for method, url, _ in web.seen] == [
        ("POST", APP + "login"),
        ("GET", SIBLING + "callback"),
        ("GET", APP),
    ]
    assert web.sent == [None, None, b"step=1; sid=1"]
    assert [cookie.name for cookie in jar] == ["sid", "other"]


def test_a_typed_address_that_another_site_redirects_is_what_the_engine_makes_of_it(web):
    for engine, expected in (("chromium", b"strict=1; lax=1"), ("firefox", b"lax=1")):
        jar = BrowserJar(engine, clock=lambda: NOW)
        client = web.client(jar, follow_redirects=True)
        web.answer(APP, "strict=1; SameSite=Strict", "lax=1; SameSite=Lax")
        web.answer(OTHER, status=302, Location=APP)
        web.visit(client, APP)
        web.visit(client, OTHER)
        assert web.sent[-1] == expected


def test_a_request_says_where_it_comes_from(web, jar):
    client = web.client(jar, follow_redirects=True)
    web.answer(APP, "lax=1; SameSite=Lax", "none=1; SameSite=None; Secure")
    web.visit(client, APP)
    web.visit(client, APP, extensions={CONTEXT: RequestContext.within(OTHER)})
    web.visit(client, APP, "POST", extensions={CONTEXT: RequestContext.link(OTHER)})
    web.visit(client, APP, extensions={CONTEXT: RequestContext.link(OTHER)})
    assert web.sent == [None, b"none=1", b"none=1", b"lax=1; none=1"]


def test_where_it_comes_from_is_remembered_over_redirects(web, jar):
    client = web.client(jar, follow_redirects=True)
    web.answer(APP, "lax=1; SameSite=Lax", "none=1; SameSite=None; Secure")
    web.visit(client, APP)
    web.answer(APP + "go", "new=1", status=302, Location=APP)
    web.answer(APP + "post", status=307, Location=APP)
    web.visit(client, APP + "go", extensions={CONTEXT: RequestContext.within(OTHER)})
    web.visit(client, APP + "go", "POST", extensions={CONTEXT: RequestContext.link(OTHER)})
    web.visit(client, APP + "post", "POST", extensions={CONTEXT: RequestContext.link(OTHER)})
    assert web.sent[1:3] == [b"none=1", b"none=1"]
    assert web.sent[3:5] == [b"none=1", b"lax=1; none=1; new=1"]
    assert web.sent[5:] == [b"none=1; new=1", b"none=1; new=1"]  # `new` has no SameSite, and is young


def test_expires_is_corrected_by_the_answers_date(web, jar):
    client = web.client(jar)
    late = NOW - 86_400  # the server's clock is a day slow
    web.answer(APP, f"x=1; Expires={format_cookie_date(late + 600)}", Date=format_cookie_date(late))
    web.visit(client, APP)
    assert [cookie.expires for cookie in jar] == [NOW + 600]


@pytest.mark.parametrize("said", ['"cookies"', '"cache", "cookies"', '"*"'])
def test_clear_site_data_is_obeyed_and_takes_the_cookies_beside_it(web, jar, said):
    client = web.client(jar)
    web.answer(SIBLING, "sibling=1")
    web.visit(client, SIBLING)
    web.answer(APP, "x=1", Clear_Site_Data=said)
    web.visit(client, APP)
    assert list(jar) == []


@pytest.mark.parametrize("said", ["cookies", '"cache"', "*", ""])
def test_what_does_not_say_cookies_in_quotation_marks_clears_none(web, jar, said):
    client = web.client(jar)
    web.answer(APP, "x=1", Clear_Site_Data=said)
    web.visit(client, APP)
    assert len(jar) == 1


def test_bytes_that_are_not_utf8_go_and_come_as_they_are(web, jar):
    client = as_browser(web.client(BrowserJar()), jar)
    web.answer(APP, b"x=\xff\xfe", "y=船")
    web.visit(client, APP)
    web.visit(client, APP)
    assert web.sent[-1] == b"x=\xff\xfe; y=" + "船".encode()
    assert jar.document_cookie(APP) == ""  # as in Chromium: of what is not UTF-8 script sees nothing


def test_a_failing_status_sets_cookies_too_and_plain_http_no_secure_ones(web, jar):
    client = web.client(jar)
    web.answer(APP, "x=1; Secure", status=503)
    web.answer("http://app.example.test/", "y=1; Secure")
    web.visit(client, APP)
    web.visit(client, "http://app.example.test/")
    assert [cookie.name for cookie in jar] == ["x"]
    assert web.sent == [None, None]


def test_two_clients_with_one_jar_are_two_tabs(web, jar):
    first, second = web.client(jar), web.client(jar)
    web.answer(APP, "x=1")
    web.visit(first, APP)
    web.visit(second, APP)
    assert web.sent == [None, b"x=1"]


def test_without_a_jar_there_is_a_new_one():
    transport = BrowserTransport(httpx2.MockTransport(lambda _: httpx2.Response(200, headers={"Set-Cookie": "x=1"})))
    with httpx2.Client(transport=transport) as client:
        client.get(APP)
    assert [cookie.name for cookie in transport.jar] == ["x"]
    others = AsyncBrowserTransport(httpx2.MockTransport(lambda _: httpx2.Response(200)))
    assert list(others.jar) == []


def test_entering_and_leaving_reach_the_transport_below(jar):
    events = []

    class Below(httpx2.MockTransport):
        def __enter__(self):
            events.append("entered")
            return self

        def __exit__(self, *_):
            events.append("left")

        async def __aenter__(self):
            events.append("entered")
            return self

        async def __aexit__(self, *_):
            events.append("left")

        def close(self):
            events.append("closed")

        async def aclose(self):
            events.append("closed")

    async def awaited() -> None:
        async with httpx2.AsyncClient(transport=AsyncBrowserTransport(Below(lambda _: httpx2.Response(200)), jar)):
            pass
        await AsyncBrowserTransport(Below(lambda _: httpx2.Response(200)), jar).aclose()

    with httpx2.Client(transport=BrowserTransport(Below(lambda _: httpx2.Response(200)), jar)):
        pass
    BrowserTransport(Below(lambda _: httpx2.Response(200)), jar).close()
    assert events == ["entered", "left", "closed"]
    events.clear()
    asyncio.run(awaited())
    assert events == ["entered", "left", "closed"]


# A client that is there already


def _sign_in(_):
    response = RedirectResponse("/", status_code=303)
    response.set_cookie("sid", "host", secure=True, httponly=True)
    response.headers.append("set-cookie", "sid=site; Domain=example.test; Path=/; Secure")
    return response


APPLICATION = Starlette(
    routes=[
        Route("/", lambda request: PlainTextResponse(request.headers.get("cookie", "none"))),
        Route("/sign-in", _sign_in, methods=["POST"]),
    ]
)


def test_starlettes_test_client_becomes_a_browser(jar):
    client = as_browser(TestClient(APPLICATION, base_url=APP), jar)
    assert client.get("/").text == "none"
    assert client.post("/sign-in").text == "sid=host; sid=site"
    assert jar.document_cookie(APP) == "sid=site"


def test_of_twins_the_clients_own_store_sends_what_no_browser_would(jar):
    """Why the jar is there: `http.cookiejar`, which is behind the client, knows no age."""
    plain, browser = TestClient(APPLICATION, base_url=APP), as_browser(TestClient(APPLICATION, base_url=APP), jar)
    assert browser.post("/sign-in").text == "sid=host; sid=site"
    assert plain.post("/sign-in").text != "sid=host; sid=site"


def test_an_asynchronous_client_in_front_of_an_application_does_too(jar):
    async def story() -> str:
        transport = httpx2.ASGITransport(APPLICATION)
        async with as_browser(httpx2.AsyncClient(transport=transport, base_url=APP, follow_redirects=True), jar) as one:
            return (await one.post("/sign-in")).text

    assert asyncio.run(story()) == "sid=host; sid=site"


def test_the_clients_own_cookies_are_forgotten_and_it_gathers_none(web, jar):
    client = as_browser(web.client(jar, cookies={"mine": "1"}), jar)
    web.answer(APP, "x=1")
    web.visit(client, APP)
    assert (len(client.cookies), len(jar)) == (0, 1)


def test_mounted_transports_get_the_jar_and_a_second_wrapping_replaces_the_first(jar):
    seen = []

    def answer(request):
        seen.append(request.headers.get("cookie"))
        return httpx2.Response(200, headers={"Set-Cookie": "x=1"})

    client = httpx2.Client(
        transport=httpx2.MockTransport(answer),
        mounts={"https://mounted.test": httpx2.MockTransport(answer), "https://open.test": None},
    )
    as_browser(client)
    as_browser(client, jar)
    with client:
        for _ in range(2):
            client.get("https://mounted.test/")
            client.get("https://open.test/")
    assert seen == [None, None, "x=1", "x=1"]
    assert len(jar) == 2


def test_an_address_of_another_kind_is_left_to_the_transport_below(jar):
    def refuse(request):
        message = "no such scheme"
        raise httpx2.UnsupportedProtocol(message, request=request)

    transport = BrowserTransport(httpx2.MockTransport(refuse), jar)
    with contextlib.suppress(httpx2.UnsupportedProtocol), httpx2.Client(transport=transport) as client:
        client.get("ftp://app.example.test/")
    answering = BrowserTransport(httpx2.MockTransport(lambda _: httpx2.Response(200)), jar)
    assert answering.handle_request(httpx2.Request("GET", "ftp://app.example.test/")).status_code == 200
