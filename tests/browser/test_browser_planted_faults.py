"""Every fault that the demo can plant is healed within one page load, as the browser's own jar tells."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.pool]

APP = ".app.hardtack.localhost"
PARENT = ".hardtack.localhost"
HOST = "app.hardtack.localhost"
HEALED = {(APP, "/"): 6}
TWINS = ("host-only", "parent", "path", "every", "foreign", "garbage")


def page_loads(visitor, since):
    """The documents that were loaded since then, redirects and forms left out."""
    return [load for load in visitor.loads[since:] if load[:2] == (200, "GET")]


@pytest.mark.parametrize(
    ("key", "scopes"),
    [
        ("host-only", {(HOST, "/"): 6}),
        ("parent", {(PARENT, "/"): 6}),
        ("path", {(HOST, "/account"): 6}),
        ("every", {(HOST, "/"): 6, (PARENT, "/"): 6, (HOST, "/account"): 6}),
        ("foreign", {(HOST, "/"): 6}),
        ("garbage", {(HOST, "/"): 6}),
    ],
)
def test_a_plant_lies_where_it_says(visitor, key, scopes):
    someone = visitor()
    someone.sign_in()
    assert someone.scopes() == HEALED
    someone.plant_unseen(key)
    assert someone.scopes() == HEALED | scopes


@pytest.mark.parametrize("key", TWINS)
def test_twins_are_gone_after_one_page_load_and_the_person_is_still_signed_in(visitor, key):
    someone = visitor()
    someone.sign_in()
    before = {cookie.name: cookie.value for cookie in someone.auth_cookies()}
    since = len(someone.loads)
    someone.plant(key)
    assert len(page_loads(someone, since)) == 1
    assert someone.who() == "alice"
    assert someone.scopes() == HEALED
    assert {cookie.name: cookie.value for cookie in someone.auth_cookies()} == before
    assert not someone.demo.pool.calls_of("GetTokensFromRefreshToken", "RevokeToken")
    assert "twins.swept" in someone.events()


@pytest.mark.parametrize("key", TWINS)
def test_the_page_after_that_writes_no_cookie_at_all(visitor, key):
    someone = visitor()
    someone.sign_in()
    someone.plant(key)
    someone.open("/account")
    someone.open("/account")
    assert someone.who() == "alice"
    assert "no Set-Cookie" in someone.page.inner_text(".stages")


@pytest.mark.parametrize("key", [key for key in TWINS if key != "foreign"])
def test_twins_without_a_session_are_swept_and_sign_in_works_at_once(visitor, key):
    someone = visitor()
    someone.open("/")
    someone.plant(key)
    if key in ("path", "every"):
        assert "/auth/sign-in" in someone.page.url  # the account page asks whoever has no session to sign in
    assert someone.auth_cookies() == []
    someone.sign_in()
    assert someone.who() == "alice"
    assert someone.scopes() == HEALED


@pytest.mark.parametrize("looks_again", [False, True])
def test_every_plant_one_after_the_other_is_healed_each_time(visitor, looks_again):
    """Six without a clean page load between them, which is as many as are taken for new; any number with one."""
    someone = visitor()
    someone.sign_in()
    for key in (*TWINS, *reversed(TWINS)) if looks_again else TWINS:
        someone.plant(key)
        assert someone.who() == "alice", key
        assert someone.scopes() == HEALED, key
        if looks_again:
            someone.open("/")
    assert not {"twins.left", "writer.foreign"} & set(someone.events())


def test_an_hour_that_passed_is_one_refresh_before_the_page_is_shown(visitor):
    someone = visitor()
    someone.sign_in()
    someone.plant("hour")
    assert someone.who() == "alice"
    assert "refreshed" in someone.page.inner_text(".who")
    someone.open("/")
    someone.open("/account")
    assert len(someone.demo.pool.calls_of("GetTokensFromRefreshToken")) == 1
    assert someone.scopes() == HEALED


def test_a_revoked_session_is_swept_whole_and_a_sign_in_heals_it(visitor):
    someone = visitor()
    someone.sign_in()
    someone.plant("revoked")
    assert someone.who() == "Nobody is signed in"
    assert someone.auth_cookies() == []
    someone.open("/account")
    assert someone.page.url.startswith(f"{someone.demo.url}/auth/sign-in")
    someone.fill_in()
    someone.page.wait_for_url("**/account")
    assert someone.who() == "alice"


def test_an_unreachable_pool_deletes_nothing_and_the_session_goes_on_when_it_is_back(visitor):
    someone = visitor()
    someone.sign_in()
    before = someone.auth_cookies()
    someone.plant("outage")
    assert someone.who() == "Can’t tell right now"
    assert someone.auth_cookies() == before
    someone.open("/account")
    assert someone.loads[-1] == (503, "GET", "/account")
    someone.open("/auth/sign-in")
    assert someone.loads[-1][0] == 200
    assert someone.auth_cookies() == before
    someone.open("/")
    someone.plant("back")
    assert someone.who() == "alice"
    assert someone.scopes() == HEALED


def test_a_clock_that_is_hours_off_costs_one_refresh_and_then_nothing(visitor):
    someone = visitor()
    someone.sign_in()
    someone.plant("clock-ahead")
    for _ in range(3):
        someone.open("/account")
        assert someone.who() == "alice"
    assert len(someone.demo.pool.calls_of("GetTokensFromRefreshToken")) == 1
    assert "clock.skewed" in someone.events()
    someone.open("/")
    someone.plant("clock-right")
    assert someone.who() == "alice"
    assert len(someone.demo.pool.calls_of("GetTokensFromRefreshToken")) == 1
