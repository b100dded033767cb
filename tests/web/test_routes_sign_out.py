from __future__ import annotations

import time

import pytest

from hardtack.amplify import AmplifyNames

ORIGIN = "https://app.example.com"
_FORM = {"content-type": "application/x-www-form-urlencoded"}


def leave(browser, scope="device", **fields):
    page = browser.get("/auth/sign-out?next=/private")
    return browser.post("/auth/sign-out", {**page.form("/auth/sign-out"), "scope": scope, **fields})


def test_after_a_sign_out_no_auth_cookie_is_left_and_nobody_is_signed_in(site, browser):
    browser.sign_in()
    page = leave(browser)
    assert (page.path, page.status) == ("/auth/signed-out", 200)
    assert "signed out" in page.text
    assert not browser.auth_cookies()
    assert browser.session()["signed_in"] is False
    assert browser.get("/private").path == "/auth/sign-in"
    site.settle()
    assert [call.outcome for call in site.pool.calls_of("RevokeToken")] == ["ok"]
    assert len(site.told("signed.out")) == 1


def test_the_cookies_go_before_the_pool_is_told(site, browser):
    browser.sign_in()
    page = browser.get("/auth/sign-out")
    with site.pool.faults.failing("RevokeToken", "latency", seconds=0.5):
        started = time.monotonic()
        browser.send("POST", "/auth/sign-out", body=b"scope=device", headers=_FORM)
        assert not browser.auth_cookies()
        site.settle()
    assert time.monotonic() - started > 0.5
    assert page.status == 200


def test_a_link_signs_nobody_out(browser):
    browser.sign_in()
    page = browser.get("/auth/sign-out")
    assert "alice" in page.text
    assert browser.session()["signed_in"] is True


def test_signing_out_everywhere_ends_the_session_on_the_other_device(site, browser):
    elsewhere = site.browser()
    elsewhere.sign_in()
    browser.sign_in()
    page = leave(browser, "everywhere")
    assert "on all devices" in page.text
    site.advance(3_700)
    assert elsewhere.get("/private").path == "/auth/sign-in"


def test_signing_out_everywhere_works_when_the_access_token_has_ended(site, browser):
    elsewhere = site.browser()
    elsewhere.sign_in()
    browser.sign_in()
    page = browser.get("/auth/sign-out")
    site.advance(3_700)
    page = browser.post("/auth/sign-out", {"scope": "everywhere"})
    assert "on all devices" in page.text
    assert elsewhere.get("/private").path == "/auth/sign-in"


@pytest.mark.parametrize("scope", ["device", "everywhere"])
def test_what_was_refreshed_on_the_way_to_the_sign_out_is_ended_too(site, browser, scope):
    """The pool rotates: the token that the browser shows is spent, and its successor was never sent to it."""
    site.pool.configure(rotation=True)
    elsewhere = site.browser()
    elsewhere.sign_in()
    browser.sign_in()
    site.advance(3_700)
    page = browser.post("/auth/sign-out", {"scope": scope})
    assert ("on all devices" in page.text) == (scope == "everywhere")
    site.settle()
    successor = site.pool.calls_of("GetTokensFromRefreshToken")[-1].refresh_issued
    assert successor in {call.refresh_sent for call in site.pool.calls_of("RevokeToken")}
    assert len(site.pool.calls_of("GetTokensFromRefreshToken")) == 1
    assert (elsewhere.get("/private").path == "/private") == (scope == "device")


@pytest.mark.parametrize("scope", ["device", "everywhere"])
def test_a_dead_pool_keeps_nobody_signed_in(site, browser, scope):
    browser.sign_in()
    page = browser.get("/auth/sign-out")
    site.pool.faults.unreachable()
    page = leave(browser, scope)
    assert page.status == 200
    assert not browser.auth_cookies()
    assert browser.session()["signed_in"] is False
    assert ("couldn’t reach" in page.text) == (scope == "everywhere")


def test_a_pool_that_hangs_is_not_waited_for(site, browser, monkeypatch):
    browser.sign_in()
    monkeypatch.setattr("hardtack.web.routes.sign_out._PATIENCE", 0.2)
    with site.pool.faults.failing("*", "latency", seconds=2):
        started = time.monotonic()
        page = leave(browser, "everywhere")
        assert time.monotonic() - started < 1.5
        assert "couldn’t reach" in page.text
        site.settle()
    assert [call.outcome for call in site.pool.calls_of("GlobalSignOut")] == ["ok"]


@pytest.mark.parametrize("scope", ["device", "everywhere", "galaxy", ""])
def test_who_is_not_signed_in_is_signed_out(site, browser, scope):
    assert browser.get("/auth/sign-out").path == "/auth/signed-out"
    page = browser.post("/auth/sign-out", {"scope": scope})
    assert (page.path, page.status) == ("/auth/signed-out", 200)
    assert "You’re signed out" in page.text
    assert not site.pool.calls


def test_garbage_is_cleared_like_anything_else(site, browser):
    names = AmplifyNames(site.pool.client_id)
    own = "__Host-hardtack-session-0123aba0" if site.storage == "sealed" else names.wire_name("alice", "accessToken")
    browser.jar.store_response(ORIGIN + "/", [f"{own}=garbage; Path=/; Secure"])
    page = browser.get("/auth/sign-out")
    assert page.path == "/auth/sign-out"
    assert browser.post("/auth/sign-out", {"scope": "everywhere"}).status == 200
    assert not browser.auth_cookies()


def test_forty_planted_twins_are_drained(site_of):
    """More deletions than one response can carry: the page after the sign-out goes on until none is left."""
    site = site_of(storage="amplify", policy={"domain": "example.com", "base_paths": ("/deep/er", "/auth")})
    browser = site.browser()
    browser.sign_in()
    names = AmplifyNames(site.pool.client_id)
    suffixes = ("accessToken", "idToken", "refreshToken", "clockDrift", "signInDetails")
    planted = [names.last_auth_user, *(names.wire_name("alice", suffix) for suffix in suffixes)]
    scopes = ["", "; Domain=app.example.com", "; Path=/auth", "; Path=/auth; Domain=example.com", "; Path=/deep/er"]
    scopes += ["; Path=/; Domain=example.com; Partitioned", "; Path=/deep"]
    lines = [
        f"{name}=stale; Secure{'' if 'Path' in scope else '; Path=/'}{scope}" for name in planted for scope in scopes
    ]
    browser.jar.store_response(ORIGIN + "/deep/er/page", lines)
    assert len(browser.auth_cookies()) > 40
    page = browser.post("/auth/sign-out", {"scope": "device"})
    assert (page.path, page.status) == ("/auth/signed-out", 200)
    hops = [seen for seen in browser.history if seen.path == "/auth/signed-out"]
    assert 1 < len(hops) <= 9
    left = [(cookie.name[-12:], str(cookie.scope)) for cookie in browser.auth_cookies()]
    assert not [entry for entry in left if not entry[1].endswith((" /deep", " /deep/er"))]
    for _ in range(4):
        browser.get("/deep/er/page")
    assert not browser.auth_cookies()
    assert browser.session()["signed_in"] is False


def test_the_drain_ends_where_a_browser_keeps_everything(site_of):
    """Somebody writes the cookies back as fast as they are deleted."""
    site = site_of(storage="amplify")
    browser = site.browser()
    name = AmplifyNames(site.pool.client_id).wire_name("alice", "accessToken")
    browser.jar.store_response(ORIGIN + "/", [f"{name}=stale; Path=/; Secure; Domain=example.com"])
    page = browser.post("/auth/sign-out", {"scope": "device"})
    assert page.status == 200
    assert len(browser.history) <= 10


@pytest.mark.parametrize("hop", ["9", "-1", "x", "9999999999", "1e3"])
def test_a_made_up_count_of_hops_starts_no_loop(browser, hop):
    page = browser.get(f"/auth/signed-out?hop={hop}")
    assert (page.path, page.status) == ("/auth/signed-out", 200)


def test_who_is_signed_in_is_not_told_otherwise(browser):
    browser.sign_in()
    assert browser.get("/auth/signed-out?next=/private").path == "/private"


def test_a_late_answer_does_not_raise_the_dead(site_of):
    """Another tab's refresh, answered after the sign-out, puts the old set back; the tombstone knows it."""
    site = site_of(storage="amplify")
    browser = site.browser()
    browser.sign_in()
    kept = [line for seen in browser.history for line in seen.all("set-cookie") if "CognitoIdentity" in line]
    leave(browser)
    browser.jar.store_response(ORIGIN + "/", kept)
    assert browser.auth_cookies()
    assert browser.session()["signed_in"] is False
    assert browser.get("/private").path == "/auth/sign-in"
    assert not browser.auth_cookies()
