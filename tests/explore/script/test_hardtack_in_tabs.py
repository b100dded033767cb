"""hardtack.js itself, in tabs that share a jar: the races and the recovery that it is there for."""

from __future__ import annotations

import json

import pytest

from hardtack.explore.script import Ask, Done, Go, Lock, Pool, Timer, failed, replied
from support.scripted import PARENT, PREFIX, REFUSED, START, Browser, Tab, with_hardtack

REFRESH = "GetTokensFromRefreshToken"
LOCK = "hardtack.1client2"
MARK = "__Host-hardtack-js.1client2"


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def tab(browser):
    """Signed in, and the access token has run out."""
    tab = Tab(browser, with_hardtack())
    assert tab.do("sign-in", "alice") == Done()
    browser.now += 4_000
    browser.pool.calls.clear()
    return tab


def another(tab, path="/account"):
    return Tab(tab.browser, tab.settings, path)


def mark(browser):
    return next((cookie.value for cookie in browser.jar if cookie.name == MARK), "")


def test_a_sign_in_is_marked_and_seen(browser):
    tab = Tab(browser, with_hardtack())
    assert tab.do("sign-in", "alice") == Done()
    assert mark(browser).startswith(f"in.sub-alice.session0.{START}.")
    assert len(browser.names()) == 6
    assert tab.do("look") == tab.do("load") == Done(user="alice")
    assert browser.asked == []


def test_a_page_without_a_session_stays_where_it_is(browser):
    assert Tab(browser, with_hardtack()).do("load") == Done()


@pytest.mark.parametrize("rotation", [False, True])
def test_two_tabs_that_race_spend_one_refresh(tab, rotation):
    tab.browser.pool.rotation = rotation
    other = another(tab)
    assert tab.begin("load") == other.begin("load") == Lock(LOCK)
    assert tab.answer() == Pool(REFRESH, "refresh1")
    assert tab.steps[-1].locks == (LOCK,)
    # The lock is the first tab's; the second one waits, however long.
    assert tab.answer() == Done(user="alice")
    assert tab.steps[-1].locks == ()
    assert other.answer() == Done(user="alice")  # it is granted the lock, reads what is there, and asks nobody
    assert tab.browser.pool.refreshed() == ["refresh1"]
    assert other.told == ["Hub: tokenRefresh"]


def test_twins_are_swept_by_the_refresh_and_the_other_writer_is_outlived(tab):
    tab.browser.now = START + 30
    tab.browser.server_refresh()
    assert len(tab.browser.names()) == 12
    assert tab.do("refresh") == Done(user="alice")
    assert {name.split()[1] for name in tab.browser.names()} == {".example.test"}
    assert tab.do("sign-out") == Done()
    assert tab.browser.names() == []
    assert tab.do("look") == Done("UserUnAuthenticatedException")


def test_a_set_that_comes_after_a_sign_out_is_not_written(tab):
    other = another(tab)
    tab.begin("refresh")
    assert tab.answer() == Pool(REFRESH, "refresh1")
    late = tab.browser.pool.answer(tab.gate, tab.browser.now)
    assert other.do("sign-out") == Done()
    assert tab.browser.names() == []
    tab.answer(late)
    while not isinstance(tab.gate, Done | Go):
        tab.answer()
    assert tab.browser.names() == []
    assert mark(tab.browser) == f"out.{START}"
    assert other.do("look") == Done("UserUnAuthenticatedException")


def test_a_refusal_is_looked_at_twice_then_swept_by_both_sides_and_left_once(tab):
    tab.browser.pool.live.clear()
    assert tab.begin("load") == Lock(LOCK)
    assert tab.answer() == Pool(REFRESH, "refresh1")
    assert tab.answer() == Timer(500)
    assert tab.steps[-1].locks == (LOCK,)
    assert tab.answer() == Lock(LOCK)
    assert tab.browser.names() == []
    gate = tab.answer()
    assert isinstance(gate, Ask)
    assert (gate.method, gate.path) == ("POST", "/hardtack/recover?cursor=0")
    told = json.loads(gate.body)
    assert told["path"] == "/account"
    assert f"{PREFIX}alice.refreshToken" in told["names"]
    assert tab.answer(replied({"swept": 9, "again": True, "cursor": "9"})) == Ask(
        "POST", "/hardtack/recover?cursor=9", gate.body
    )
    assert tab.answer(failed("NetworkError")) == Go("/login")
    assert tab.told == [f"Hub: tokenRefresh_failure {REFUSED}"]
    assert mark(tab.browser) == f"out.{START}"
    # On the sign-in page nothing moves any more, and the right password works.
    assert tab.reload() == Done()
    assert tab.do("sign-in", "alice") == Done()
    assert tab.do("look") == Done(user="alice")


def test_the_same_session_does_not_lead_out_twice(tab):
    tab.browser.pool.live.clear()
    assert tab.do("load") == Go("/login")
    assert json.loads(tab.memory.tab) == {"hardtack-left.1client2": f"{START + 4_000}.{START}.1"}
    tab.path = "/account"
    old = tab.browser.pool.grant("alice", "session0", START, START, fresh=False)
    values = dict(zip(("accessToken", "idToken", "refreshToken"), (*old[:2], "dead"), strict=True))
    tab.browser.respond(f"{MARK}=; Path=/; Secure; Max-Age=0", f"{PREFIX}LastAuthUser=alice; Path=/; Secure")
    tab.browser.respond(*(f"{PREFIX}alice.{name}={value}; Path=/; Secure" for name, value in values.items()))
    assert tab.reload() == Done()
    assert f"Hub: tokenRefresh_failure {REFUSED}" in tab.told
    assert tab.browser.names() == []


def test_a_tab_that_lost_its_session_to_another_tabs_recovery_leaves_as_well(tab):
    tab.browser.pool.live.clear()
    other = another(tab)
    other.begin("load")
    assert tab.do("load") == Go("/login")
    asked = len(tab.browser.asked)
    while not isinstance(other.gate, Done | Go):
        other.answer()
    assert other.gate == Go("/login")
    assert len(tab.browser.asked) == asked  # who ended it has cleaned up


def test_a_sign_in_during_another_tabs_recovery_is_kept(tab):
    tab.browser.pool.live.clear()
    other = another(tab, "/login")
    tab.begin("load")
    tab.until(Ask)
    other.do("sign-in", "alice")
    assert tab.answer() == Done()  # not led away from a session that has just begun
    assert other.do("look") == Done(user="alice")


@pytest.mark.parametrize("error", ["NetworkError", "TooManyRequestsException", "InternalErrorException"])
def test_an_outage_ends_nothing(tab, error):
    tab.begin("load")
    tab.answer()
    for _ in range(3):
        assert tab.gate == Pool(REFRESH, "refresh1")
        tab.answer(failed(error))
    assert tab.gate == Done("NetworkError")
    assert len(tab.browser.names()) == 6
    assert tab.do("load") == Done(user="alice")


def two_sign_ins(browser):
    """Beside alice's own set an older one, in another scope, and no mark."""
    stock = Tab(browser, PARENT)
    stock.do("sign-in", "alice")
    browser.now += 5
    browser.server_refresh()
    access, identity, _ = browser.pool.grant("alice", "older", START - 50, START - 50, fresh=True)
    browser.respond(
        f"{PREFIX}alice.accessToken={access}; Path=/; Secure", f"{PREFIX}alice.idToken={identity}; Path=/; Secure"
    )
    return Tab(browser, with_hardtack())


def test_where_two_sign_ins_lie_the_server_is_asked_which_it_is_and_once(browser):
    tab = two_sign_ins(browser)
    gate = tab.begin("load")
    assert gate == Ask("GET", "/hardtack/chosen.json")
    assert tab.answer(replied({"chosen": {"sub": "sub-alice", "session": "older"}})) == Done(user="alice")
    assert json.loads(tab.memory.page)["answer"] == "sub-alice older"
    assert tab.do("load") == Done(user="alice")  # remembered
    assert tab.reload() == Done(user="alice")  # and asked again by the next page
    assert [ask.path for ask in browser.asked] == ["/hardtack/chosen.json"]


def test_a_page_remembers_nothing_where_the_server_need_not_be_asked(tab):
    """What was served is read anew by whoever asks of it."""
    tab.browser.pool.rotation = True
    tab.do("load")
    tab.do("look")
    assert tab.memory.page == ""


def test_what_a_page_remembers_is_put_back_as_it_was_taken_out(browser):
    tab = two_sign_ins(browser)
    tab.begin("load")
    tab.answer(replied({"chosen": {"sub": "sub-alice", "session": "older"}}))
    once = tab.memory
    assert list(json.loads(once.page)) == ["answer", "asked"]
    assert tab.do("look") == Done(user="alice")
    assert tab.memory == once


def test_a_planted_session_of_somebody_else_is_never_served(tab):
    access, identity, refresh = tab.browser.pool.grant("mallory", "evil", START + 10, START + 10, fresh=True)
    scope = "; Domain=example.test; Path=/account; Secure"
    tab.browser.respond(f"{PREFIX}LastAuthUser=mallory{scope}", f"{PREFIX}mallory.accessToken={access}{scope}")
    tab.browser.respond(f"{PREFIX}mallory.idToken={identity}{scope}", f"{PREFIX}mallory.refreshToken={refresh}{scope}")
    assert tab.do("load") == Done(user="alice")
    assert tab.do("look") == Done(user="alice")
