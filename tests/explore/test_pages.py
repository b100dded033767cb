"""What pages forget: only what can't make a difference any more."""

from __future__ import annotations

import json

import pytest

from hardtack.explore.moves import HOUR
from hardtack.explore.pages import forgetting
from hardtack.explore.script import Memory
from support.explorer_worlds import WORLDS, Walk, bare


@pytest.fixture
def walk():
    return Walk(bare(WORLDS["shield-refreshes"])).signed_in()


def remembering(walk, *, tab: str = "", **page):
    """The state in which the page remembers this, and what is left of it."""
    memory = Memory(json.dumps(page, separators=(",", ":")) if page else "", tab)
    state = walk.state.with_tab(0, walk.state.tabs[0]._replace(memory=memory))
    left = forgetting(state).tabs[0].memory
    return json.loads(left.page or "{}"), left.tab


def token(walk, name: str = "accessToken") -> str:
    return next(cookie.value for cookie in walk.state.jar if cookie.name.endswith(name))


def test_what_the_server_said_is_kept_while_these_cookies_may_be_met_again(walk):
    asked = f"client.alice.accessToken={token(walk)},sub-alice origin1,1700000001"
    page, _ = remembering(walk, answer="sub-alice origin1", asked=asked)
    assert page == {"answer": "sub-alice origin1", "asked": asked}


@pytest.mark.parametrize(
    "asked",
    [
        "client.alice.refreshToken=refresh-origin7-1-alice,sub-alice origin1,1700000001",
        "sub-alice origin7,1700000001",
        ",1700000900",
    ],
)
def test_it_is_forgotten_with_a_token_a_sign_in_or_a_tombstone_that_is_nowhere_any_more(walk, asked):
    assert remembering(walk, answer="", asked=asked) == ({}, "")


def test_a_refused_sign_in_is_forgotten_with_its_last_token(walk):
    page, _ = remembering(walk, dead=["sub-alice origin1", "sub-alice origin7"])
    assert page == {"dead": ["sub-alice origin1"]}


@pytest.mark.parametrize(("ago", "kept"), [(0, True), (899, True), (900, False), (HOUR, False)])
def test_that_the_tab_led_to_sign_in_is_forgotten_after_a_quarter_of_an_hour(walk, ago, kept):
    noted = json.dumps({"hardtack-left.client": f"{walk.state.now - ago}.1700000001.1"})
    assert remembering(walk, tab=noted) == ({}, noted if kept else "")


def test_pages_that_remember_nothing_are_left_as_they_are(walk):
    state = walk.state.with_tab(0, walk.state.tabs[0]._replace(memory=Memory("", "")))
    assert forgetting(state) is state
