"""The real aws-amplify, in a real Chromium, gets stuck as people report it."""

from __future__ import annotations

import re
import time
from contextlib import suppress

import pytest
from playwright.sync_api import Error

pytestmark = [pytest.mark.browser, pytest.mark.pool]

PARENT = ".hardtack.localhost"
HOST = "stock.hardtack.localhost"
SHORT = 7  # seconds that tokens live where a test waits for their end
EXPIRY = (SHORT - 5 + 1.2) * 1000  # milliseconds: Amplify sees it 5 seconds early, or up to a second later than that


def let_expire(tab):
    """Let the access tokens pass their end, then load a page, as somebody who comes back does."""
    tab.page.wait_for_timeout(EXPIRY)
    with suppress(Error):  # the page may be leaving at this very moment
        tab.page.evaluate("location.reload()")


def until(tab, holds, seconds=15):
    """Ask again and again whether something holds; the page may be replaced while it is asked."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(Error, ValueError):
            if result := holds():
                return result
        assert time.monotonic() < deadline, "that never came to hold"
        tab.page.wait_for_timeout(50)


def figure(tab, kind):
    """A figure that the page shows; raises for the moment at which the page is replaced."""
    return int(tab.page.inner_text(f"#figure-{kind}", timeout=1000))


def test_with_one_scope_sign_in_and_sign_out_are_as_they_should_be(tab):
    tab = tab()
    tab.sign_in()
    assert tab.page.inner_text("#who") == "alice"
    assert tab.scopes() == {PARENT: 6}
    tab.page.click("[data-action=out]")
    tab.page.wait_for_url("**/login")
    tab.settle()
    assert tab.scopes() == {}
    assert tab.page.locator("#banner").is_hidden()
    assert not [text for text in tab.console if "custom Amazon" not in text]


def test_one_refresh_by_the_server_makes_a_twin_of_every_cookie(tab):
    tab = tab()
    tab.sign_in()
    assert "6" in tab.press("refresh")
    assert tab.scopes() == {PARENT: 6, HOST: 6}
    tab.page.wait_for_selector("#jar-table[data-count='12']")
    assert tab.page.inner_text("#jar-count") == "12 cookies; 6 names have a twin"
    rows = [row.split("\t") for row in tab.page.inner_text("#jar").splitlines()]
    assert {(scope, reader) for _, scope, _, reader in rows} == {(f"{PARENT} /", "script"), ("host-only /", "server")}


def test_sign_out_leaves_six_cookies_and_the_person_signed_in(tab):
    tab = tab()
    tab.sign_in()
    tab.press("refresh")
    tab.page.click("[data-action=out]")
    tab.page.wait_for_url("**/login")
    tab.page.wait_for_url("**/account")  # the guard's doing: somebody is signed in, it thinks
    tab.settle()
    assert tab.page.inner_text("#who") == "alice"
    assert tab.scopes() == {HOST: 6}


def test_after_expiry_a_correct_sign_in_ends_in_an_interruption_every_time(tab):
    tab = tab(SHORT)
    tab.sign_in()
    tab.press("refresh")
    tab.page.uncheck("#listener")
    tab.page.click("[data-action=out]")
    let_expire(tab)
    tab.page.wait_for_url("**/login")
    tab.settle()
    for _ in range(2):
        tab.pool.clear_calls()
        tab.page.click("#sign-in button")
        tab.page.wait_for_selector("#note[data-wrong=true]:not([hidden])")
        assert "UnexpectedSignInInterruptionException" in tab.page.inner_text("#note")
        assert tab.scopes() == {HOST: 6}  # what Cognito has just issued is gone again
        signed_in = next(call for call in tab.pool.calls if call.operation == "RespondToAuthChallenge")
        refused = [call for call in tab.pool.calls_of("GetTokensFromRefreshToken") if call.number > signed_in.number]
        assert signed_in.outcome == "ok"
        assert {call.outcome for call in refused} == {"NotAuthorizedException"}
        assert signed_in.refresh_issued not in {call.refresh_sent for call in refused}
        tab.page.reload()
        tab.settle()


def test_with_the_usual_listener_the_page_loads_for_ever(tab):
    tab = tab(SHORT)
    tab.sign_in()
    tab.press("refresh")
    tab.page.click("[data-action=out]")
    let_expire(tab)
    tab.page.wait_for_timeout(1000)
    tab.pool.clear_calls()
    before = len(tab.navigations)

    def refused():
        return [call for call in tab.pool.calls_of("GetTokensFromRefreshToken") if call.status == 400]

    until(tab, lambda: len(tab.navigations) - before > 5 and len(refused()) > 5, seconds=20)
    assert tab.pool.calls_of("RevokeToken")  # the listener signs out each time, and is told that all went well
    assert until(tab, lambda: figure(tab, "navigations") > 5 and figure(tab, "refused") > 5)
    assert tab.scopes() == {HOST: 6}
    assert not [status for status in tab.responses if status >= 500]


def test_without_twins_the_same_listener_comes_to_rest(tab):
    tab = tab(SHORT)
    tab.sign_in()
    tab.press("revoke")
    let_expire(tab)
    tab.page.wait_for_url("**/login")
    tab.settle()
    before = len(tab.navigations)
    tab.page.wait_for_timeout(1500)
    assert len(tab.navigations) == before
    assert tab.scopes() == {}


@pytest.fixture
def looping(tab):
    """A tab in the loop, got there by the shortest way: twins, then the session ends elsewhere."""
    tab = tab(SHORT)
    tab.sign_in()
    tab.press("refresh")
    tab.press("revoke")
    let_expire(tab)
    until(tab, lambda: len(tab.navigations) > 12)
    return tab


def rests(tab):
    tab.settle()
    before = len(tab.navigations)
    tab.page.wait_for_timeout(1000)
    return len(tab.navigations) == before


def press_the_link(tab):
    box = tab.page.locator("#stop").bounding_box(timeout=500)
    if box:
        tab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        tab.page.mouse.down()


def press_escape(tab):
    tab.page.keyboard.press("Escape")


@pytest.mark.parametrize("press", [press_the_link, press_escape])
def test_a_person_can_stop_the_loop_and_begin_anew(looping, press):
    def stopped():
        press(looping)
        looping.page.wait_for_timeout(100)
        return looping.page.url == f"{looping.origin}/stopped"

    until(looping, stopped)
    assert rests(looping)
    looping.page.mouse.up()
    looping.page.evaluate(  # half a minute later the figures of the loop can still be read
        """() => sessionStorage.setItem(
            "stock.storm", sessionStorage.getItem("stock.storm").replace(/[0-9]{13}/g, (at) => at - 30000)
        )"""
    )
    looping.page.reload()
    looping.settle()
    assert figure(looping, "refused") > 2
    looping.page.click("[data-action=clean]")
    looping.page.wait_for_url("**/login")
    assert rests(looping)
    assert looping.scopes() == {}
    looping.page.click("#sign-in button")
    looping.page.wait_for_url("**/account")
    assert rests(looping)
    assert looping.scopes() == {PARENT: 6}


def test_the_loop_stops_by_itself_after_half_a_minute(looping):
    looping.page.add_init_script(
        """const storm = JSON.parse(sessionStorage.getItem("stock.storm") ?? "null");
        if (storm?.since) storm.since -= 31000;
        if (storm) sessionStorage.setItem("stock.storm", JSON.stringify(storm));"""
    )
    looping.page.wait_for_url("**/stopped?by=itself")
    assert rests(looping)
    assert "by itself" in looping.page.inner_text("main")


def test_every_call_refreshes_while_both_sets_live(tab):
    tab = tab(SHORT)
    tab.sign_in()
    tab.press("refresh")
    tab.page.wait_for_timeout(EXPIRY)
    tab.pool.clear_calls()
    for number in range(1, 4):
        tab.press("ask")
        until(tab, lambda wanted=number: len(tab.pool.calls_of("GetTokensFromRefreshToken")) >= wanted)
    assert {call.outcome for call in tab.pool.calls_of("GetTokensFromRefreshToken")} == {"ok"}
    until(tab, lambda: figure(tab, "refreshed") >= 3)


def test_the_button_waits_for_the_end_of_the_token(tab):
    tab = tab(SHORT)
    tab.sign_in()
    tab.pool.clear_calls()
    before = len(tab.navigations)
    tab.page.click("[data-action=wait]")
    until(tab, lambda: len(tab.navigations) > before)
    tab.settle()
    assert [call.outcome for call in tab.pool.calls_of("GetTokensFromRefreshToken")] == ["ok"]
    assert tab.scopes() == {PARENT: 6}


def test_a_pool_whose_clock_runs_ahead_is_no_trouble(tab):
    tab = tab()
    tab.pool.clock.advance(7200)
    tab.sign_in()
    seconds = int(re.search(r"expired in (\d+) s", tab.page.inner_text("#expiry"))[1])
    assert 60 < seconds <= 116
    tab.press("refresh")
    assert tab.scopes() == {PARENT: 6, HOST: 6}


def test_chinese_readers_are_spoken_to_in_chinese(tab):
    tab = tab(locale="zh-CN")
    tab.sign_in()
    assert tab.page.get_attribute("html", "lang") == "zh-Hans"
    assert "秒后视为过期" in tab.page.inner_text("#expiry")
