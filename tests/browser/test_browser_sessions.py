"""A session's life in a real browser: expiry, refresh, and a sign-out that leaves nothing in any scope of the jar."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.pool]

APP = ".app.hardtack.localhost"
HOUR = 3_660


def test_an_expired_token_is_refreshed_by_a_page_load_and_by_a_fetch(visitor):
    someone = visitor()
    someone.sign_in()
    first = {cookie.suffix: cookie.value for cookie in someone.auth_cookies()}
    someone.demo.site.clock.pass_time(HOUR)
    someone.open("/account")
    second = {cookie.suffix: cookie.value for cookie in someone.auth_cookies()}
    someone.demo.site.clock.pass_time(HOUR)
    session = someone.page.evaluate("fetch('/auth/session').then(answer => answer.json())")
    third = {cookie.suffix: cookie.value for cookie in someone.auth_cookies()}
    assert session["signed_in"] is True
    assert len({each["accessToken"] for each in (first, second, third)}) == 3
    assert len({each["LastAuthUser"] for each in (first, second, third)}) == 1
    assert len(someone.demo.pool.calls_of("GetTokensFromRefreshToken")) == 2
    assert someone.scopes() == {(APP, "/"): 6}


def test_two_tabs_and_a_burst_of_fetches_cost_one_refresh_even_with_rotation(visitor):
    someone = visitor()
    someone.demo.pool.configure(rotation=True)
    someone.sign_in()
    someone.demo.site.clock.pass_time(HOUR)
    second = someone.context.new_page()
    second.goto(f"{someone.demo.url}/mail", wait_until="commit")
    statuses = someone.page.evaluate(
        "Promise.all([...Array(8)].map(() => fetch('/auth/session').then(answer => answer.json())))"
        ".then(all => all.map(each => each.signed_in))"
    )
    assert statuses == [True] * 8
    someone.open("/account")
    assert someone.who() == "alice"
    assert len(someone.demo.pool.calls_of("GetTokensFromRefreshToken")) == 1


def test_a_sign_out_leaves_no_auth_cookie_of_any_scope_in_the_jar(visitor):
    someone = visitor()
    someone.sign_in()
    refresh_token = next(cookie.value for cookie in someone.auth_cookies() if cookie.suffix == "refreshToken")
    someone.page.click(".who form button")
    someone.page.wait_for_url("**/auth/signed-out**")
    assert someone.auth_cookies() == []
    revoked = someone.demo.pool.calls_of("RevokeToken")
    assert [call.refresh_sent for call in revoked] == [someone.demo.pool.token_hash(refresh_token)]


@pytest.mark.parametrize("keys", [("host-only",), ("parent",), ("path",), ("every",), ("every", "foreign")])
def test_twins_in_every_scope_are_gone_with_the_sign_out_unseen_ones_too(visitor, keys):
    someone = visitor()
    someone.sign_in()
    someone.plant_unseen(*keys)
    assert len(someone.auth_cookies()) > 6
    someone.page.click(".who form button")
    someone.page.wait_for_url("**/auth/signed-out**")
    assert [(cookie.suffix, cookie.domain, cookie.path) for cookie in someone.auth_cookies()] == []
    someone.open("/account")
    assert "/auth/sign-in" in someone.page.url


def test_a_sign_out_clears_even_while_the_pool_is_out_of_reach(visitor):
    someone = visitor()
    someone.sign_in()
    someone.demo.pool.faults.unreachable()
    someone.page.click(".who form button")
    someone.page.wait_for_url("**/auth/signed-out**")
    assert someone.auth_cookies() == []


def test_signing_out_everywhere_ends_the_other_browsers_session_too(visitor):
    someone, elsewhere = visitor(), visitor()
    someone.sign_in()
    elsewhere.sign_in()
    someone.open("/auth/sign-out")
    someone.page.click("button[value=everywhere]")
    someone.page.wait_for_url("**/auth/signed-out**")
    someone.demo.site.clock.pass_time(HOUR)
    elsewhere.open("/")
    assert elsewhere.who() == "Nobody is signed in"
    assert elsewhere.auth_cookies() == []


def test_another_person_can_sign_in_where_the_first_one_left_a_dead_session(visitor):
    someone = visitor()
    someone.sign_in("alice")
    someone.plant_unseen("revoked", "every")
    someone.sign_in("bob")
    assert someone.who() == "bob"
    assert someone.scopes() == {(APP, "/"): 6}
    assert not [cookie for cookie in someone.auth_cookies() if ".alice." in cookie.name]
