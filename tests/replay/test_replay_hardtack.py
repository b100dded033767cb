"""Hardtack in a real browser, step by step: the same races, and what becomes of them."""

from __future__ import annotations

import pytest

from support.replay.places import Context, Site
from support.replay.play import History
from support.replay.shorthand import HOST_ONLY, PARENT, cookies, step

pytestmark = [pytest.mark.browser, pytest.mark.pool]

ACTION = Context("server-action", navigation=False, forced=True)
OK = ["GetTokensFromRefreshToken", "ok"]


def mark(symbol: str) -> list[str]:
    return ["hardtack-js", HOST_ONLY, symbol]


def pair(symbol: str) -> list[str]:
    return ["hardtack-pair", HOST_ONLY, symbol]


def test_the_shield_moves_what_the_server_writes_before_a_twin_can_be(replay):
    first = cookies(PARENT, "alice", "alice/1.1")
    healed = [
        ["LastAuthUser", PARENT, "alice"],
        ["alice.clockDrift", PARENT, "0"],
        *cookies(PARENT, "alice", "alice/1.2", but=("LastAuthUser", "clockDrift")),
        pair("1.2 with 1.2"),
    ]
    steps = [
        step("open", [], tab=0),
        step("sign-in", [], tab=0, user="alice"),
        step("answer-tab", first, tab=0),
        step("fetch", first, tab=0, context=0, calls=[["server", *OK]]),
        step("answer-server", first, flight=0),
        step("arrive", healed, flight=0, told=[[0, "fetch", "alice"]]),
        step("open", healed, tab=0, told=[[0, "load", "alice"]]),
        step("sign-out", healed, tab=0),
        step("answer-tab", [pair("1.2 with 1.2")], tab=0),
        step("open", [pair("1.2 with 1.2")], tab=0, told=[[0, "load", ""]]),
    ]
    replay(History(Site(server="shield", rotation=True, contexts=(ACTION,)), steps)).check()


def test_two_tabs_with_the_script_refresh_once(replay):
    first = [
        *cookies(PARENT, "alice", "alice/1.1", but=("signInDetails", "clockDrift")),
        mark("in 1"),
        ["alice.signInDetails", PARENT, "alice"],
        ["alice.clockDrift", PARENT, "0"],
    ]
    steps = [
        step("open", [], tab=0),
        step("sign-in", [], tab=0, user="alice"),
        step("answer-tab", first, tab=0),
        step("open", tab=1),
        step("drain"),
        step("hour"),
        step("open", tab=0, calls=[]),
        step("open", tab=1, calls=[]),
        step("drain", told=[[0, "load", "alice"], [1, "load", "alice"]]),
    ]
    seen = replay(History(Site(server="shield", front="hardtack.js", rotation=True, contexts=(ACTION,)), steps))
    seen.check()
    assert [call for each in seen.seen[5:] for call in each.calls] == [("tab 1", *OK)]
    assert {each.label for each in seen.seen[-1].jar} >= {"hardtack-js", "alice.refreshToken"}


def test_two_requests_of_the_library_refresh_once(replay):
    first = [
        ["hardtack-session-a", HOST_ONLY, "alice/1.1 with alice/1.1"],
        ["hardtack-binding", HOST_ONLY, "1"],
    ]
    after = [
        ["hardtack-binding", HOST_ONLY, "1"],
        ["hardtack-session-b", HOST_ONLY, "alice/1.2 with alice/1.2"],
    ]
    steps = [
        step("open", [], tab=0),
        step("sign-in", [], tab=0, user="alice"),
        step("drain", first),
        step("open", first, tab=1),
        step("hour", first),
        step("open", first, tab=0, calls=[["server", *OK]]),
        step("open", first, tab=1, why="it waits for the other one's refresh"),
        step("answer-server", first, flight=0),
        step("answer-server", first, flight=1, why="it looks again, and is handed the same"),
        step("arrive", after, flight=0),
        step("arrive", after, flight=0),
        step("sign-out", after, tab=0),
        step("drain", [["hardtack-binding", HOST_ONLY, "ended"]]),
    ]
    seen = replay(History(Site(server="library", front="none", rotation=True, contexts=()), steps))
    seen.check()
    assert sum(call[1] == OK[0] for each in seen.seen for call in each.calls) == 1


def test_the_library_shares_its_sessions_with_amplify_under_its_own_marks(replay):
    marks = [pair("1.1 with 1.1"), ["hardtack-binding", HOST_ONLY, "1"]]
    first = [*cookies(PARENT, "alice", "alice/1.1"), *marks]
    steps = [
        step("open", [], tab=0),
        step("sign-in", [], tab=0, user="alice"),
        step("drain", first),
        step("hour", first),
        step("open", first, tab=0),
        step("drain"),
        step("sign-out", tab=0),
        step("drain", [pair("none with none"), ["hardtack-binding", HOST_ONLY, "ended"]]),
    ]
    seen = replay(History(Site(server="library", storage="amplify", front="none", contexts=()), steps))
    seen.check()
    renewed = {each.row for each in seen.seen[5].jar if each.label.startswith(("alice", "Last"))}
    assert renewed == set(map(tuple, cookies(PARENT, "alice", "alice/1.2", "alice/1.1")))
