from __future__ import annotations

import json
import re

import pytest

PAGES = ["sign-in", "sign-up", "confirm-sign-up", "forgot-password", "reset-password", "signed-out", "help", "landing"]
PRIVATE = "private, no-store"


def test_front_ends_are_told_who_is_signed_in_and_never_a_token(site, browser):
    browser.sign_in()
    seen = browser.fetch("/auth/session")
    said = json.loads(seen.text)
    now = site.core.clock.now()
    assert said == {
        "signed_in": True,
        "sub": "a11ce000-0000-4000-8000-000000000001",
        "username": "alice",
        "email": "alice@example.com",
        "groups": [],
        "expires_at": said["expires_at"],
        "server_time": pytest.approx(now, abs=5),
    }
    assert said["expires_at"] == pytest.approx(now + 3_600, abs=5)
    assert "eyJ" not in seen.text
    assert seen["cache-control"] == PRIVATE
    assert seen["content-type"] == "application/json"


def test_front_ends_are_told_that_nobody_is(browser):
    seen = browser.fetch("/auth/session")
    assert seen.status == 200
    said = json.loads(seen.text)
    assert (said["signed_in"], said["reason"]) == (False, "no-cookies")
    assert seen["cache-control"] == PRIVATE


def test_front_ends_are_told_when_nobody_can_know(site, browser):
    browser.sign_in()
    site.advance(3_700)
    with site.pool.faults.failing("*", "reset"):
        seen = browser.fetch("/auth/session")
    assert seen.status == 503
    assert int(seen["retry-after"]) >= 1
    assert json.loads(seen.text)["signed_in"] is None
    assert seen["cache-control"] == PRIVATE
    assert browser.auth_cookies()


def test_asking_for_the_session_refreshes_it(site, browser):
    browser.sign_in()
    site.advance(3_700)
    assert browser.session()["signed_in"] is True
    assert site.told("session.refreshed")


def test_static_files_are_cached_for_ever_and_carry_no_cookie(site_of):
    site = site_of(storage="amplify", policy={"domain": "example.com"})
    browser = site.browser()
    browser.sign_in()
    browser.jar.store_response("https://app.example.com/", [_twin(browser)])
    page = browser.fetch("/auth/help")
    names = re.findall(r'"(/auth/static/[^"]+)"', page.text)
    assert len(names) >= 3
    for name in names:
        seen = browser.send("GET", name)
        assert seen.status == 200
        assert "immutable" in seen["cache-control"]
        assert seen["x-content-type-options"] == "nosniff"
        assert not seen.all("set-cookie")
    assert browser.get("/private").set_cookies  # the twin is healed by the page, not by its files


def _twin(browser):
    cookie = next(cookie for cookie in browser.auth_cookies() if cookie.name.endswith("clockDrift"))
    return f"{cookie.name}=7; Path=/; Secure"


@pytest.mark.parametrize("name", ["nothing.css", "..%2f..%2fmodel.py", "%00", "pages.css/x", ""])
def test_other_files_are_not_there(plain, name):
    assert plain.get(f"/auth/static/{name}").status == 404


@pytest.mark.parametrize(
    "path", ["nothing", "sign-in/", "sign-in/x", "static", "SIGN-IN", "%2e%2e/private", "session.json"]
)
def test_unknown_paths_are_a_page(plain, path):
    page = plain.get(f"/auth/{path}")
    assert page.status == 404
    assert "There’s no page at this address" in page.text
    assert page["cache-control"] == PRIVATE


def test_the_mount_itself_leads_to_sign_in(plain):
    assert plain.get("/auth/?next=/private").url.endswith("/auth/sign-in?next=%2Fprivate")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "sign-in", "GET, HEAD, POST"),
        ("POST", "help", "GET, HEAD"),
        ("PUT", "session", "GET, HEAD"),
        ("OPTIONS", "sign-out", "GET, HEAD, POST"),
    ],
)
def test_other_methods_are_refused_and_the_right_ones_named(plain, method, path, allowed):
    seen = plain.go(method, f"/auth/{path}")
    assert seen.status == 405
    assert seen["allow"] == allowed


@pytest.mark.parametrize("path", [*PAGES, "session", "policy.json", "nothing", "sign-out"])
def test_head_is_get_without_its_body(plain, path):
    get, head = plain.go("GET", f"/auth/{path}", follow=0), plain.go("HEAD", f"/auth/{path}", follow=0)
    assert (head.status, head.text) == (get.status, "")
    if path not in {"session", "help"}:  # their bodies hold the time
        assert head["content-length"] == get["content-length"] == str(len(get.text.encode()))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_private_and_framed_by_nobody(plain, path):
    page = plain.get(f"/auth/{path}")
    assert page.status == 200
    assert page["cache-control"] == PRIVATE
    assert page["content-type"] == "text/html; charset=utf-8"
    policy = page["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page["x-frame-options"] == "DENY"
    assert page["x-content-type-options"] == "nosniff"
    assert page["referrer-policy"] == "same-origin"
    assert page["cross-origin-opener-policy"] == "same-origin"
    assert page["cross-origin-resource-policy"] == "same-origin"
    assert "Cookie" in page["vary"]
    assert "Accept-Language" in page["vary"]
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", page.text)


def test_redirects_are_private_too(plain):
    assert plain.get("/private", follow=0)["cache-control"] == PRIVATE
    assert plain.get("/auth/", follow=0)["cache-control"] == PRIVATE


def test_a_websocket_to_a_page_is_closed(site):
    assert [message["type"] for message in site.websocket("/auth/sign-in")] == ["websocket.close"]


def test_the_routes_alone_pass_a_lifespan(site_of):
    site = site_of()
    sent = []
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message["type"])

    site.runner.run(site.auth({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
