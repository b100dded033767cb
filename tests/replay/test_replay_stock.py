"""Stock Amplify in a real browser, step by step: what goes wrong is what is known to go wrong, cookie by cookie."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.replay.places import Context, Placement, Site
from support.replay.play import History
from support.replay.shorthand import HOST_ONLY, PARENT, cookies, refreshed, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.replay.play import Replayed

pytestmark = [pytest.mark.browser, pytest.mark.pool]

INTERRUPTED = "UnexpectedSignInInterruptionException"
ALREADY = "UserAlreadyAuthenticatedException"
ACTION = Context("server-action", navigation=False, forced=True)
BEGINNING = [
    step("open", [], tab=0),
    step("sign-in", [], tab=0, user="alice"),
    step("answer-tab", cookies(PARENT, "alice", "alice/1.1"), tab=0),
]


def stock(**settings) -> Site:
    return Site(**{"contexts": (ACTION,), **settings})


def test_the_shortest_story_ends_in_the_famous_error(replay: Callable[[History], Replayed]):
    first = cookies(PARENT, "alice", "alice/1.1")
    residue = cookies(HOST_ONLY, "alice", "alice/1.2", "alice/1.1")
    refused = ["tab 1", "GetTokensFromRefreshToken", "NotAuthorizedException"]
    steps = [
        *BEGINNING,
        step("fetch", first, tab=0, context=0),
        step("answer-server", first, flight=0),
        step("arrive", [*first, *residue], flight=0),
        step("sign-out", [*first, *residue], tab=0),
        step("answer-tab", residue, tab=0, told=[[0, "event", "signedOut"]]),
        step("look", residue, tab=0, told=[[0, "look", "alice"]]),
        step("sign-in", residue, tab=0, user="alice", told=[[0, "sign-in", ALREADY]]),
        step("hour", residue),
        step("sign-in", residue, tab=0, user="alice", calls=[refused], why="it looks first who is there"),
        step("answer-tab", residue, tab=0, calls=[["tab 1", "InitiateAuth", "ok"]]),
        step("answer-tab", [*residue, *cookies(PARENT, "alice", "alice/2.1")], tab=0, calls=[refused]),
        step("answer-tab", residue, tab=0, told=[[0, "sign-in", INTERRUPTED]], why="the fresh ones are cleared"),
    ]
    replay(History(stock(habit="none"), steps)).check()


def test_a_page_with_the_usual_listener_loads_for_ever(replay):
    steps = [
        *BEGINNING,
        step("fetch", tab=0, context=0),
        step("answer-server", flight=0),
        step("arrive", flight=0),
        step("sign-out", tab=0),
        step("answer-tab", tab=0),
        step("hour"),
        step("open", tab=0),
        step("drain", cookies(HOST_ONLY, "alice", "alice/1.2", "alice/1.1"), documents=21),
        step("close", cookies(HOST_ONLY, "alice", "alice/1.2", "alice/1.1"), tab=0),
    ]
    seen = replay(History(stock(), steps))
    seen.check()
    loop = seen.seen[-2]
    refused = [call for call in loop.calls if call[1:] == ("GetTokensFromRefreshToken", "NotAuthorizedException")]
    assert loop.documents >= 18
    assert len(refused) >= loop.documents - 2


def test_twins_make_every_question_a_refresh(replay):
    steps = [
        *BEGINNING,
        step("fetch", tab=0, context=0),
        step("answer-server", flight=0),
        step("arrive", flight=0),
        step("hour"),
        *[each for _ in range(6) for each in (step("refresh", tab=0, forced=False), step("answer-tab", tab=0))],
    ]
    seen = replay(History(stock(), steps))
    seen.check()
    calls = [call for each in seen.seen[7:] for call in each.calls]
    assert calls == [("tab 1", "GetTokensFromRefreshToken", "ok")] * 6


def test_a_late_response_raises_the_dead(replay):
    alive = cookies(PARENT, "alice", "alice/1.1")
    steps = [
        *BEGINNING,
        step("fetch", alive, tab=0, context=0),
        step("answer-server", alive, flight=0),
        step("sign-out", alive, tab=0),
        step("answer-tab", [], tab=0),
        step("close", [], tab=0),
        step("arrive", cookies(PARENT, "alice", "alice/1.2", "alice/1.1"), flight=0),
    ]
    replay(History(stock(adapter=Placement(".example.test")), steps)).check()


def test_a_tab_that_is_closed_in_the_middle_of_its_writes_leaves_half_a_set(replay):
    steps = [
        step("open", [], tab=0),
        step("sign-in", [], tab=0, user="alice"),
        step("close", cookies(PARENT, "alice", "alice/1.1")[:2], tab=0, writes=2),
        step("open", cookies(PARENT, "alice", "alice/1.1")[:2], tab=0, told=[[0, "load", "alice"]]),
        step("hour"),
        step("open", cookies(PARENT, "alice", "alice/1.1")[:2], tab=0),
    ]
    replay(History(stock(habit="none"), steps)).check()


def test_two_tabs_that_refresh_at_once_with_rotation_lose_the_session(replay):
    first = cookies(PARENT, "alice", "alice/1.1")
    steps = [
        *BEGINNING,
        step("open", first, tab=1, told=[[1, "load", "alice"]]),
        step("hour", first),
        step("open", first, tab=0, calls=[["tab 1", "GetTokensFromRefreshToken", "ok"]]),
        step("open", first, tab=1, calls=[["tab 2", "GetTokensFromRefreshToken", "RefreshTokenReuseException"]]),
        step("answer-tab", refreshed(PARENT, "alice", "alice/1.2"), tab=0, told=[[0, "load", "alice"]]),
        step("answer-tab", [], tab=1, told=[[1, "load", "RefreshTokenReuseException"]]),
    ]
    replay(History(stock(habit="none", rotation=True), steps)).check()


def test_a_release_that_changes_the_domain_leaves_the_old_set_behind(replay):
    old = cookies(PARENT, "alice", "alice/1.1")
    steps = [
        *BEGINNING,
        step("deploy", old),
        step("sign-out", old, tab=0),  # the page is of the release before, and so is what it deletes
        step("answer-tab", [], tab=0),
        step("sign-in", [], tab=0, user="alice"),
        step("answer-tab", cookies(PARENT, "alice", "alice/2.1"), tab=0),
        step("open", cookies(PARENT, "alice", "alice/2.1"), tab=0, told=[[0, "load", "alice"]]),
        step("sign-out", cookies(PARENT, "alice", "alice/2.1"), tab=0),
        step("answer-tab", cookies(PARENT, "alice", "alice/2.1"), tab=0, told=[[0, "sign-out", "signed out"]]),
        step("look", tab=0, told=[[0, "look", "alice"]]),
    ]
    after = (Placement(), Placement())
    replay(History(stock(after=after), steps)).check()


def test_a_sibling_host_plants_a_session_that_everybody_believes(replay):
    planted = cookies(PARENT, "mallory", "mallory/1.1", but=("signInDetails",))
    steps = [
        step("open", [], tab=0),
        step("plant", planted, what="a stranger's session"),
        step("open", planted, tab=0, told=[[0, "load", "mallory"]]),
        step("sign-in", planted, tab=0, user="alice", told=[[0, "sign-in", ALREADY]]),
    ]
    replay(History(stock(), steps)).check()


def test_what_is_lost_on_the_way_was_done_all_the_same(replay):
    first = cookies(PARENT, "alice", "alice/1.1")
    steps = [
        *BEGINNING,
        step("hour", first),
        step("open", first, tab=0, calls=[["tab 1", "GetTokensFromRefreshToken", "ok"]]),
        # The answer is lost: Amplify sends the call again by itself, with a token that was rotated meanwhile.
        step("lose-answer", first, tab=0, calls=[["tab 1", "GetTokensFromRefreshToken", "RefreshTokenReuseException"]]),
        step("answer-tab", [], tab=0, told=[[0, "load", "RefreshTokenReuseException"]]),
    ]
    replay(History(stock(habit="none", rotation=True), steps)).check()


def test_an_outage_signs_out_where_the_listener_asks_no_questions(replay):
    first = cookies(PARENT, "alice", "alice/1.1")
    steps = [
        *BEGINNING,
        step("hour", first),
        step("outage", first),
        step("open", first, tab=0),
        step("answer-tab", first, tab=0, told=[[0, "load", "NetworkError"]]),
        step("answer-tab", [], tab=0, told=[[0, "event", "signedOut"], [0, "load", ""]]),
    ]
    replay(History(stock(), steps)).check()


def test_every_context_of_the_adapter_writes_as_it_is_known_to(replay):
    first = cookies(PARENT, "alice", "alice/1.1")
    second = cookies(HOST_ONLY, "alice", "alice/1.2", "alice/1.1")
    for adapter in ("next-response", "response", "server-action", "get-server-side-props", "server-component"):
        context = Context(adapter, navigation=False, forced=True)
        written = adapter != "server-component"
        steps = [
            *BEGINNING,
            step("fetch", first, tab=0, context=0),
            step("answer-server", first, flight=0, **({} if written else {"told": [[0, "fetch", "alice"]]})),
            *([step("arrive", [*first, *second], flight=0, told=[[0, "fetch", "alice"]])] if written else []),
        ]
        replay(History(stock(contexts=(context,)), steps, adapter)).check()


def test_a_page_that_is_lost_is_a_page_that_is_not_there(replay):
    guarded = replace(stock(), contexts=(Context("next-response"),))
    first = cookies(PARENT, "alice", "alice/1.1")
    steps = [
        *BEGINNING,
        step("hour", first),
        step("open", first, tab=0, calls=[["server", "GetTokensFromRefreshToken", "ok"]]),
        step("answer-server", first, flight=0),
        step("lose", first, flight=0),
        step("fail", first, tab=0),
        step("open", first, tab=0, calls=[]),
        step("open", first, tab=0),
        step("answer-server", first, flight=0),
        step("arrive", [*first, *cookies(HOST_ONLY, "alice", "alice/1.3", "alice/1.1")], flight=0),
    ]
    replay(History(guarded, steps)).check()
