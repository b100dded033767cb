from __future__ import annotations

import json

import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from pydantic import BaseModel

from hardtack import web
from hardtack.web import HardtackMiddleware, MissingMiddlewareError, dependencies
from hardtack.web.fastapi import CurrentSession, RequiredSession, current_session, require_session
from hardtack.web.routes import AuthRoutes

ORIGIN = "https://app.example.com"


class Person(BaseModel):
    name: str


def fastapi_app(site):
    app = FastAPI()

    @app.get("/")
    async def public(session: CurrentSession) -> Person:
        return Person(name=session.username if session else "stranger")

    @app.get("/private")
    async def private(session: RequiredSession) -> Person:
        return Person(name=session.username)

    @app.get("/in-a-thread")
    def blocking(session: RequiredSession) -> Person:
        return Person(name=session.username)

    guarded = APIRouter(prefix="/guarded", dependencies=[Depends(require_session)])

    @guarded.get("/page")
    async def guarded_page(session: CurrentSession) -> Person:
        assert session is not None
        return Person(name=session.username)

    app.include_router(guarded)

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, session: RequiredSession) -> None:
        await websocket.accept()
        await websocket.send_text(session.username)
        await websocket.close()

    app.mount("/auth", site.auth)
    app.add_middleware(HardtackMiddleware, hardtack=site.hardtack)
    return app


@pytest.fixture
def site(site_of):
    return site_of(make_app=fastapi_app)


@pytest.fixture
def browser(site):
    return site.browser()


def test_a_handler_is_told_who_is_signed_in(browser):
    assert json.loads(browser.get("/").text) == {"name": "stranger"}
    assert json.loads(browser.sign_in().text) == {"name": "alice"}
    assert json.loads(browser.get("/").text) == {"name": "alice"}


@pytest.mark.parametrize("path", ["/private", "/in-a-thread", "/guarded/page"])
def test_a_handler_that_needs_somebody_is_not_called_without(browser, path):
    page = browser.get(f"{path}?a=b")
    assert page.path == "/auth/sign-in"
    assert page.form("/auth/sign-in")["next"] == f"{path}?a=b"
    seen = browser.fetch(path)
    assert (seen.status, json.loads(seen.text)["error"]) == (401, "sign-in-required")
    assert json.loads(browser.sign_in(next_=path).text) == {"name": "alice"}


def test_websockets_ask_the_same_way(site, browser):
    assert site.websocket("/socket") == [{"type": "websocket.close", "code": 1008, "reason": ""}]
    browser.sign_in()
    sent = site.websocket("/socket", browser.jar.cookie_header(f"{ORIGIN}/socket"))
    assert [message.get("text") for message in sent] == [None, "alice", None]


def test_the_documented_interface_shows_no_trace_of_it(site):
    document = site.app.openapi()
    operation = document["paths"]["/private"]["get"]
    assert "parameters" not in operation
    assert "requestBody" not in operation
    assert list(operation["responses"]) == ["200"]


def test_a_test_may_put_somebody_in_the_session_s_place(site, browser):
    site.app.dependency_overrides[current_session] = lambda: None
    browser.sign_in()
    assert json.loads(browser.get("/").text) == {"name": "stranger"}


def test_without_the_middleware_the_mistake_is_named(site_of):
    def make(site):
        app = FastAPI()

        @app.get("/")
        async def page(session: CurrentSession) -> None: ...

        return app

    with pytest.raises(MissingMiddlewareError, match="HardtackMiddleware"):
        site_of(make_app=make).browser().get("/")


def test_what_needs_the_extra_is_loaded_when_it_is_asked_for():
    assert web.AuthRoutes is AuthRoutes
    assert web.current_session is dependencies.current_session
    assert web.require_session is dependencies.require_session
    with pytest.raises(AttributeError, match="no attribute 'sign_in'"):
        web.sign_in  # noqa: B018 -- asking is the point
