from __future__ import annotations

import asyncio
import json

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute

from hardtack.cookies import SetCookie
from hardtack.web import Hardtack, HardtackMiddleware, MissingMiddlewareError, plan_of
from hardtack.web.answers import SessionRequired
from hardtack.web.dependencies import current_session, require_session
from hardtack.web.facade import add_cookies

ORIGIN = "https://app.example.com"
OWN = SetCookie("app", "1", path="/", secure=True)


def test_an_unchanged_session_costs_no_set_cookie(browser):
    browser.sign_in()
    for _ in range(3):
        browser.get("/private")
    for target in ("/", "/private", "/shared"):
        seen = browser.get(target)
        assert not seen.all("set-cookie")
    assert browser.get("/shared")["cache-control"] == "public, max-age=60"


def test_an_expired_session_is_refreshed_on_the_way(site, browser):
    browser.sign_in()
    site.advance(3_700)
    seen = browser.get("/private")
    assert seen.text == "private alice"
    assert seen.written
    assert seen["cache-control"] == "private, no-store"
    assert len(site.pool.calls_of("GetTokensFromRefreshToken")) == 1
    assert not browser.get("/private").all("set-cookie")


def test_a_refreshed_set_waits_for_a_response_that_may_carry_it(site, browser):
    browser.sign_in()
    site.advance(3_700)
    seen = browser.get("/shared")
    assert not seen.all("set-cookie")
    assert seen["cache-control"] == "public, max-age=60"
    seen = browser.get("/private")
    assert seen.text == "private alice"
    assert seen.written
    assert len(site.pool.calls_of("GetTokensFromRefreshToken")) == 1


def test_twins_are_healed_by_one_page_load(site_of):
    """What another adapter wrote host-only beside the policy's domain, as in the real fault."""
    site = site_of(storage="amplify", policy={"domain": "example.com"})
    browser = site.browser()
    browser.sign_in()
    names = [cookie.name for cookie in browser.auth_cookies()]
    assert len(names) >= 5
    browser.jar.store_response(f"{ORIGIN}/", [f"{name}=stale; Path=/; Secure" for name in names])
    assert len(browser.auth_cookies()) == 2 * len(names)
    seen = browser.get("/private")
    assert seen.text == "private alice"
    assert [str(cookie.scope) for cookie in browser.auth_cookies()] == [".example.com /"] * len(names)
    assert browser.session()["signed_in"] is True
    for _ in range(4):  # it looks once more, since it can't see scopes, and then is quiet
        last = browser.get("/private")
    assert not last.all("set-cookie")


def test_a_program_is_told_in_json(site, browser):
    seen = browser.fetch("/private")
    assert seen.status == 401
    assert json.loads(seen.text)["error"] == "sign-in-required"
    assert seen["cache-control"] == "private, no-store"
    assert not seen.all("location")


def test_a_program_is_told_to_try_again_when_nobody_can_know(site, browser):
    browser.sign_in()
    site.advance(3_700)
    with site.pool.faults.failing("*", "error"):
        seen = browser.fetch("/private")
    assert seen.status == 503
    assert int(seen["retry-after"]) >= 1
    assert json.loads(seen.text)["error"] == "unavailable"


def test_a_form_of_who_is_not_signed_in_is_not_sent_again_after_the_sign_in(browser):
    seen = browser.post("/private", {"a": "b"}, follow=0)
    assert seen.status == 303
    assert seen.location == "/auth/sign-in?reason=sign_in_required"


def test_a_target_that_could_lead_away_is_forgotten(browser):
    seen = browser.send("GET", f"{ORIGIN}/private?x=%ff\\")
    assert seen.status == 303
    assert "next=%2F&" in seen.location


def test_a_websocket_knows_who_is_there(site, browser):
    browser.sign_in()
    sent = site.websocket("/socket", browser.jar.cookie_header(ORIGIN + "/socket"))
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert sent[1]["text"] == "alice"


@pytest.mark.parametrize("origin", ["https://blog.example.com", "http://app.example.com", "null", ""])
def test_a_stranger_s_page_opens_no_websocket_in_somebody_s_name(site, browser, origin):
    """A sibling's page too, whom SameSite lets through: its script could read what comes over it."""
    browser.sign_in()
    cookie = browser.jar.cookie_header(f"{ORIGIN}/socket")
    assert site.websocket("/socket", cookie, origin) == [{"type": "websocket.close", "code": 1008, "reason": ""}]
    assert site.websocket("/socket", cookie)[1]["text"] == "alice"


def test_a_client_that_is_no_browser_names_no_origin(site, browser):
    browser.sign_in()
    cookie = browser.jar.cookie_header(f"{ORIGIN}/socket")
    assert site.websocket("/socket", cookie, None)[1]["text"] == "alice"


def test_a_websocket_without_a_session_is_closed(site):
    assert site.websocket("/socket") == [{"type": "websocket.close", "code": 1008, "reason": ""}]


def test_a_websocket_is_told_to_try_again_when_nobody_can_know(site, browser):
    browser.sign_in()
    site.advance(3_700)
    with site.pool.faults.failing("*", "error"):
        sent = site.websocket("/socket", browser.jar.cookie_header(ORIGIN + "/socket"))
    assert sent == [{"type": "websocket.close", "code": 1013, "reason": ""}]


def test_a_websocket_s_refresh_leaves_with_its_handshake(site, browser):
    browser.sign_in()
    site.advance(3_700)
    sent = site.websocket("/socket", browser.jar.cookie_header(ORIGIN + "/socket"))
    assert [name for name, _ in sent[0]["headers"] if name == b"set-cookie"]


def application(*routes):
    def make(site):
        app = Starlette(routes=[*routes, Mount("/auth", site.auth)])
        app.add_middleware(HardtackMiddleware, hardtack=site.hardtack)
        return app

    return make


def test_a_websocket_that_was_accepted_already_is_closed_all_the_same(site_of):
    async def socket(websocket):
        await websocket.accept()
        require_session(websocket)

    site = site_of(make_app=application(WebSocketRoute("/late", socket)))
    sent = site.websocket("/late")
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]
    assert sent[1]["code"] == 1008


def test_half_a_response_does_not_become_another_one(site_of):
    async def late(request):
        async def body():
            yield b"half"
            require_session(request)

        return StreamingResponse(body())

    site = site_of(make_app=application(Route("/late", late)))
    with pytest.raises(SessionRequired):
        site.browser().get("/late")


def test_the_lifespan_passes(site):
    sent = []
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message["type"])

    site.runner.run(site.app({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_sign_out_deep_inside_an_application_leaves_with_the_response(site_of):
    """Through a mount, a FastAPI sub-application, and a middleware that hands a copy of the scope on."""
    inner = FastAPI()
    made = {}

    class Copying:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            await self.app(dict(scope), receive, send)

    async def leave(request):
        await made["site"].hardtack.sign_out(request.scope)
        return PlainTextResponse("left")

    inner.add_route("/leave", leave)
    inner.add_middleware(Copying)

    def make(site):
        made["site"] = site
        outer = FastAPI()
        middle = FastAPI()
        middle.mount("/inner", inner)
        outer.mount("/middle", middle)
        outer.mount("/auth", site.auth)
        outer.add_middleware(Copying)
        outer.add_middleware(HardtackMiddleware, hardtack=site.hardtack)
        return outer

    site = site_of(make_app=make)
    browser = site.browser()
    browser.sign_in(next_="/auth/session")
    assert browser.session()["signed_in"] is True
    seen = browser.get("/middle/inner/leave")
    assert (seen.text, seen["cache-control"]) == ("left", "private, no-store")
    assert not browser.auth_cookies()
    assert browser.session()["signed_in"] is False


def test_lines_of_the_application_s_own_go_along(site_of):
    async def page(request):
        add_cookies(request.scope, OWN)
        response = PlainTextResponse("")
        response.set_cookie("theirs", "2")
        return response

    site = site_of(make_app=application(Route("/page", page)))
    seen = site.browser().get("/page")
    assert [line.name for line in seen.set_cookies] == ["theirs", "app"]


def test_two_middlewares_decide_once(site_of):
    """One on the application, one on a part of it: a mistake that must not write twice."""

    async def page(request):
        return PlainTextResponse(require_session(request).username)

    def make(site):
        inner = Starlette(routes=[Route("/page", page)])
        inner.add_middleware(HardtackMiddleware, hardtack=site.hardtack)
        app = Starlette(routes=[Mount("/inner", inner), Mount("/auth", site.auth)])
        app.add_middleware(HardtackMiddleware, hardtack=site.hardtack)
        return app

    site = site_of(make_app=make)
    browser = site.browser()
    browser.sign_in(next_="/inner/page")
    site.advance(3_700)
    seen = browser.get("/inner/page")
    assert seen.text == "alice"
    names = [line.name for line in seen.set_cookies if not line.is_deletion]
    assert len(names) == len(set(names))
    assert len(site.pool.calls_of("GetTokensFromRefreshToken")) == 1


@pytest.mark.parametrize("kind", ["text/css", "application/javascript", "image/png", "font/woff2"])
def test_a_static_file_carries_no_session_whatever_its_caching_says(site_of, kind):
    async def file(request):
        return Response(b"", media_type=kind)

    site = site_of(make_app=application(Route("/file", file), Route("/page", _page)))
    browser = site.browser()
    browser.sign_in(next_="/page")
    site.advance(3_700)
    assert not browser.get("/file").all("set-cookie")
    assert browser.get("/page").written


async def _page(request):
    return PlainTextResponse("")


def test_without_the_middleware_nothing_pretends_to_work(site_of):
    made = {}

    async def page(request):
        return PlainTextResponse(str(current_session(request)))

    async def leave(request):
        await made["site"].hardtack.sign_out(request.scope)
        return PlainTextResponse("")

    def make(site):
        made["site"] = site
        return Starlette(routes=[Route("/page", page), Route("/leave", leave), Mount("/auth", site.auth)])

    site = site_of(make_app=make)
    for path in ("/page", "/leave", "/auth/session", "/auth/sign-in"):
        with pytest.raises(MissingMiddlewareError, match="add_middleware"):
            site.browser().get(path)


def test_a_plan_is_what_the_middleware_decided(site_of):
    async def page(request):
        hardtack: Hardtack = request.app.state.hardtack
        assert hardtack.session(request.scope) is plan_of(request.scope).session
        return PlainTextResponse(plan_of(request.scope).outcome.kind)

    def make(site):
        app = application(Route("/page", page))(site)
        app.state.hardtack = site.hardtack
        return app

    assert site_of(make_app=make).browser().get("/page").text == "anonymous"


def test_a_browser_that_gives_up_costs_no_session(site_of):
    """It hangs up while the pool refreshes: the answer is kept for its next request."""
    site = site_of()
    site.pool.configure(rotation=True)
    browser = site.browser()
    browser.sign_in()
    site.advance(3_700)

    async def give_up():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await browser._exchange("GET", f"{ORIGIN}/private", headers, b"")

    lines = browser._headers("GET", by_script=False, fetch=False)
    lines["cookie"] = browser.jar.cookie_header(f"{ORIGIN}/private")
    headers = [(name.encode(), value.encode("latin-1")) for name, value in lines.items()]
    with site.pool.faults.failing("GetTokensFromRefreshToken", "latency", seconds=0.4, times=1):
        site.runner.run(give_up())
        site.settle()
    assert browser.get("/private").text == "private alice"
    assert len(site.pool.calls_of("GetTokensFromRefreshToken")) == 1


def test_pages_of_one_s_own_are_not_needed(site):
    """Without any, people read English and Chinese pages under the host's name."""
    site.hardtack._pages = None
    assert "<title>Sign in · app.example.com</title>" in site.browser().get("/auth/sign-in").text
    assert site.hardtack.pages is site.hardtack.pages
