"""Where runs stand: one gate after the other, torn writes, locks and time; and what happens to wrong histories."""

from __future__ import annotations

import dataclasses
import json
import pickle

import pytest

from hardtack.explore.script import (
    BEGIN,
    Ask,
    Done,
    Go,
    Lock,
    Memory,
    Pool,
    Run,
    ScriptHost,
    Segment,
    StrayedError,
    Timer,
    Write,
    failed,
    remembered,
)
from support.scripted import HOST_ONLY, PARENT, PREFIX, REFUSED, START, Browser, Tab, with_hardtack

LOCK = "hardtack.1client2"
ORDER = ["LastAuthUser", "accessToken", "idToken", "refreshToken", "signInDetails", "clockDrift"]


def signed_in(settings=HOST_ONLY, **options):
    browser = Browser()
    tab = Tab(browser, settings)
    tab.do("sign-in", "alice")
    browser.now += 4_000
    tab.lines.clear()
    return dataclasses.replace(tab, **options)


# -- Torn writes ------------------------------------------------------------------------------------------------------


def test_a_torn_sign_in_stops_before_each_of_its_writes():
    browser = Browser()
    tab = Tab(browser, HOST_ONLY, tear=True)
    tab.begin("sign-in", "alice")
    for count, suffix in enumerate(ORDER):
        gate = tab.answer()
        assert isinstance(gate, Write)
        assert gate.key.rpartition(".")[2] == suffix
        assert len(tab.lines) == len(browser.names()) == count
    assert tab.answer() == Done()
    assert len(browser.names()) == 6
    assert tab.told == ["Hub: signedIn"]


def test_what_is_torn_writes_what_the_whole_writes():
    for settings in (HOST_ONLY, PARENT, with_hardtack()):
        ways = []
        for tear in (False, True):
            tab = signed_in(settings, tear=tear)
            tab.do("refresh")
            tab.do("sign-out")
            ways.append((tab.lines, tab.told, tab.memory))
        assert ways[0] == ways[1]


def test_a_tab_closed_half_way_leaves_half_a_set():
    browser = Browser()
    tab = Tab(browser, HOST_ONLY, tear=True)
    tab.begin("sign-in", "alice")
    for _ in range(3):
        tab.answer()
    assert [name.split()[0].rpartition(".")[2] for name in browser.names()] == ORDER[:2]
    tab.tear = False
    assert tab.do("look") == Done()  # an access token without an ID token: somebody, but without a name
    assert tab.do("sign-in", "alice") == Done()


def test_somebody_may_come_between_two_writes():
    browser = Browser()
    tab, other = Tab(browser, HOST_ONLY, tear=True), Tab(browser, HOST_ONLY)
    tab.begin("sign-in", "alice")
    tab.answer()
    tab.answer()  # LastAuthUser is written, the name for the rest is about to be read
    browser.respond(f"{PREFIX}LastAuthUser=; Path=/; Max-Age=0")
    while not isinstance(tab.gate, Done):
        tab.answer()
    assert "alice.accessToken host-only /" in browser.names()  # its key had been made before
    assert tab.gate == Done("UnexpectedSignInInterruptionException")
    assert other.do("look") == Done("UserUnAuthenticatedException")


def test_the_locks_of_a_torn_run_are_those_that_it_held_there():
    tab = signed_in(with_hardtack(), tear=True)
    tab.begin("refresh")
    tab.answer()
    assert isinstance(tab.answer(), Write)
    assert tab.steps[-1].locks == (LOCK,)
    assert tab.browser.names()


# -- Locks, time, order -----------------------------------------------------------------------------------------------


def test_a_lock_that_is_not_to_be_had_is_done_without():
    tab = signed_in(with_hardtack())
    assert tab.begin("load") == Lock(LOCK)
    assert tab.answer(failed("AbortError")) == Pool("GetTokensFromRefreshToken", "refresh1")
    assert tab.steps[-1].locks == ()
    assert tab.answer() == Done(user="alice")


def test_time_is_a_gate_only_where_nothing_else_can_happen():
    """Each request has its patience, a timer; it is no gate while the request is under way."""
    tab = signed_in(with_hardtack())
    tab.browser.pool.live.clear()
    kinds = []
    tab.begin("load")
    while not isinstance(tab.gate, Go):
        kinds.append(type(tab.gate))
        tab.answer()
    assert kinds == [Lock, Pool, Timer, Lock, Ask]


@pytest.mark.parametrize("first", [Pool, Ask])
def test_two_things_under_way_are_answered_in_any_order(first):
    """A sign-in goes on while the recovery from what it met on its way waits for the lock."""
    tab = signed_in(with_hardtack())
    tab.browser.pool.live.clear()
    tab.begin("sign-in", "alice")
    for _ in range(3):
        assert [type(gate) for gate in tab.steps[-1].gates] in ([Lock], [Pool], [Timer])
        tab.answer()
    assert tab.steps[-1].gates == (Lock(LOCK), Pool("SignIn", "alice"))
    tab.answer()
    sign_in, sweep = tab.steps[-1].gates
    assert (sign_in, type(sweep)) == (Pool("SignIn", "alice"), Ask)
    tab.answer(place=int(first is Ask))
    assert len(tab.browser.names()) == 0  # written when the server has swept
    if first is Ask:
        assert tab.steps[-1].gates == (sign_in, Go("/login"))  # the page leaves, and its script is not gone yet
        assert tab.answer() == Go("/login")
    else:
        assert tab.steps[-1].gates == (sweep,)
        assert tab.answer() == Done()
    assert len(tab.browser.names()) == 6
    assert tab.do("look") == Done(user="alice")


def test_a_page_that_leaves_finishes_nothing():
    tab = signed_in(dataclasses.replace(HOST_ONLY, listener="reload"))
    tab.browser.pool.live.clear()
    tab.begin("sign-in", "alice")
    assert tab.answer(failed(REFUSED)) == Go("/account")
    assert tab.browser.names() == []
    assert ("SignIn", "alice") not in tab.browser.pool.calls[1:]


def test_what_is_left_in_the_tab_outlives_the_page_and_what_the_page_knew_does_not():
    tab = signed_in(with_hardtack())
    tab.browser.pool.live.clear()
    assert tab.do("load") == Go("/login")
    assert tab.memory.page == ""
    assert json.loads(tab.memory.tab)
    before = tab.memory
    tab.do("load")
    assert tab.memory.tab == before.tab


def test_notes_are_of_the_segment_in_which_they_were_made():
    tab = signed_in(dataclasses.replace(HOST_ONLY, listener="sign-out"))
    tab.browser.pool.live.clear()
    tab.do("load")
    assert [step.told for step in tab.steps] == [
        (),
        (f"Hub: tokenRefresh_failure {REFUSED}", "Hub: signedOut"),
    ]


# -- Data -------------------------------------------------------------------------------------------------------------


def test_everything_that_a_run_stands_for_is_a_value():
    tab = signed_in(with_hardtack())
    tab.browser.pool.live.clear()
    tab.do("load")
    for value in (tab.settings, tab.run, tab.memory, *tab.segments, *tab.steps):
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 -- our own
        assert hash(pickle.loads(pickle.dumps(value))) == hash(value)  # noqa: S301 -- the same
        assert not hasattr(value, "__dict__")


def test_a_step_is_the_same_whether_it_was_made_before_or_not():
    ways = []
    host = ScriptHost()
    for _ in range(3):
        browser = Browser(host=host)
        tab = Tab(browser, with_hardtack())
        tab.do("sign-in", "alice")
        browser.now += 4_000
        browser.pool.live.clear()
        tab.do("load")
        ways.append((tab.steps, tab.lines, list(browser.jar), tab.memory))
    assert ways[0] == ways[1] == ways[2]


def test_what_is_remembered_goes_as_far_as_the_readings_agree():
    """Half a segment as before, then a jar that shows something else: the engine goes on from there."""
    host = ScriptHost()
    for planted in ("", "one", "two", "one", ""):
        ways = []
        for used in (host, ScriptHost()):
            browser = Browser(host=used)
            tab = Tab(browser, PARENT)
            tab.begin("sign-in", "alice")
            if planted:
                browser.respond(f"{PREFIX}LastAuthUser={planted}; Path=/; Secure")
            tab.answer()
            ways.append((tab.steps, tab.lines, list(browser.jar)))
        assert ways[0] == ways[1]


def test_what_is_remembered_has_a_bound_and_is_made_again_beyond_it(monkeypatch):
    monkeypatch.setattr(remembered, "MOST_PLACES", 3)
    ways = []
    host = ScriptHost()
    for _ in range(2):
        browser = Browser(host=host)
        tab = Tab(browser, PARENT)
        for name in ("sign-in", "load", "refresh", "sign-out"):
            tab.do(name, "alice" if name == "sign-in" else "")
        ways.append((tab.lines, tab.memory, list(browser.jar)))
    assert ways[0] == ways[1]
    assert len(host._remembered._trees) <= 3


# -- What can't be ----------------------------------------------------------------------------------------------------


def advance(host, segments, *, run=None, text="", answer=BEGIN):
    run = run or Run("sign-in", "alice")
    return host.advance(HOST_ONLY, Memory(), run, segments, answer=answer, now=START, read=lambda: text, write=len)


def test_segments_of_another_run_are_noticed():
    host = ScriptHost()
    with pytest.raises(StrayedError, match="fewer gates"):
        advance(host, [Segment(BEGIN, START, ("",))], run=Run("load"))
    with pytest.raises(StrayedError, match="more readings"):
        advance(host, [Segment(BEGIN, START)])


def test_a_jar_that_fails_is_told_and_nothing_half_done_is_remembered():
    host = ScriptHost()

    def fail(*_):
        raise KeyError("no jar")

    with pytest.raises(KeyError, match="no jar"):
        host.advance(HOST_ONLY, Memory(), Run("look"), [], answer=BEGIN, now=START, read=fail, write=fail)
    with pytest.raises(KeyError, match="no jar"):
        host.advance(HOST_ONLY, Memory(), Run("sign-out"), [], answer=BEGIN, now=START, read=lambda: "", write=fail)
    assert advance(host, [], run=Run("sign-out")).gate == Done()


def test_settings_without_a_policy_are_no_hardtack_js():
    with pytest.raises(ValueError, match="Expecting value"):
        ScriptHost().advance(
            dataclasses.replace(HOST_ONLY, kind="hardtack.js"),
            Memory(),
            Run("load"),
            [],
            answer=BEGIN,
            now=START,
            read=lambda: "",
            write=len,
        )
