"""The applications that the documentation shows are applications: people sign in to them, and out."""

from __future__ import annotations

import json

import pytest

from hardtack.web.routes import AuthRoutes
from support.docs import ROOT, Visited, run_examples
from support.web_site import PASSWORDS


@pytest.fixture(params=["README.md", "README.zh-CN.md"])
def minimal(request, deployed):
    """The application of a README."""
    with Visited(run_examples(ROOT / request.param, pool=deployed)["app"]) as visited:
        yield visited


def test_the_readmes_application_signs_a_person_in_and_out(minimal):
    browser = minimal.browser()
    assert json.loads(browser.get("/").text) == {"signed_in_as": None}
    assert browser.get("/account").path == "/auth/sign-in"
    assert json.loads(browser.sign_in("alice", next_="/account").text)["email"] == "alice@example.com"
    assert json.loads(browser.get("/").text) == {"signed_in_as": "alice"}
    page = browser.get("/auth/sign-out")
    assert browser.post("/auth/sign-out", page.form("/auth/sign-out")).path == "/auth/signed-out"
    assert not browser.auth_cookies()
    assert json.loads(browser.get("/").text) == {"signed_in_as": None}


def test_the_readmes_application_answers_a_program_with_401(minimal):
    answer = minimal.browser().fetch("/account")
    assert answer.status == 401
    assert json.loads(answer.text)["error"] == "sign-in-required"


@pytest.fixture
def guide(deployed):
    """Everything that docs/fastapi.md defines."""
    return run_examples(ROOT / "docs" / "fastapi.md", pool=deployed)


@pytest.fixture
def site(guide):
    """Its FastAPI application."""
    with Visited(guide["app"]) as visited:
        yield visited


def test_the_guides_application_protects_a_route_a_router_and_a_group(site):
    browser = site.browser()
    assert [browser.fetch(path).status for path in ("/", "/account", "/orders/", "/admin")] == [200, 401, 401, 401]
    browser.sign_in("alice", next_="/orders/")
    assert [browser.fetch(path).status for path in ("/", "/account", "/orders/", "/admin")] == [200, 200, 200, 403]


def test_the_guides_own_sign_in_writes_a_session(site):
    browser = site.browser()
    attempts = [{"username": "alice", "password": password} for password in ("wrong", PASSWORDS["alice"])]
    answers = [
        browser.fetch(
            "/login", method="POST", body=json.dumps(fields).encode(), headers={"content-type": "application/json"}
        )
        for fields in attempts
    ]
    assert [answer.status for answer in answers] == [422, 200]
    assert json.loads(answers[1].text) == {"signed_in": True}
    assert json.loads(browser.get("/account").text)["email"] == "alice@example.com"


def test_the_guides_form_signs_out(site):
    browser = site.browser()
    browser.sign_in("alice")
    assert browser.post("/auth/sign-out", {"next": "/"}).path == "/auth/signed-out"
    assert not browser.auth_cookies()


def test_the_guides_starlette_application_does_the_same(guide):
    with Visited(guide["starlette_app"]) as visited:
        browser = visited.browser()
        assert browser.get("/").text == "hello stranger"
        assert browser.get("/private").path == "/auth/sign-in"
        browser.sign_in("alice")
        assert browser.get("/").text == "hello alice"


def test_the_guide_names_every_auth_route(guide):
    routes = {route.path for route in AuthRoutes(guide["hardtack"])._router.routes}
    told = (ROOT / "docs" / "fastapi.md").read_text(encoding="utf-8").partition("## The pages")[2]
    rows = [row.partition(" |")[0] for row in told.partition("What `AuthRoutes`")[0].splitlines() if row[:4] == "| `/"]
    shared = {"/refresh", "/arrived"}  # of a front end that signs in, which the guide's application has not
    assert {path.strip("`") for row in rows for path in row.removeprefix("| ").split(", ")} == routes | shared
