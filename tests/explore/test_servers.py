"""The explored servers: functions of request, answers and store; stopped and taken up again as data."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace

import pytest

from hardtack.amplify import AmplifyNames
from hardtack.explore.errors import ExploreError
from hardtack.explore.exploring import explore
from hardtack.explore.pool import Unavailable
from hardtack.explore.servers.flows import Call, Response, drive
from hardtack.explore.servers.known import Known
from hardtack.explore.symbols import BEGINNING, CLIENT_ID, mint
from hardtack.explore.universe import Universe, require_engine
from hardtack.explore.world import Fault
from support.explorer_worlds import WORLDS, Noted, Walk, bare, with_faults


@pytest.mark.parametrize("name", list(WORLDS))
def test_a_server_is_a_function_of_request_answers_and_store(name):
    """Asked again in another order, by a fresh process's server, it answers the same."""
    world = WORLDS[name]
    walk = Walk(world)
    known = walk.universe.moves.server
    noted = known._server = Noted(known._server)
    walk.signed_in().take("hour").opened(tab=1).take("fetch").rest()
    if "deploy" in walk.kinds:
        walk.take("deploy").opened()
    walk.take("sign-out").rest()
    assert len(noted.served) > 5
    assert any(isinstance(halt, Call) for halt, *_ in noted.served.values())
    told = list(noted.served.items())
    random.Random(3).shuffle(told)  # noqa: S311 -- the same order every time
    fresh = Universe(world).moves.server._server
    for question, answer in told:
        halt, answers, store = fresh.serve(*question)
        assert (halt, answers) == answer[:2]
        assert [row[:4] for row in store[0]] == [row[:4] for row in answer[2][0]]


def test_what_was_answered_before_is_looked_up(monkeypatch):
    monkeypatch.setattr("hardtack.explore.servers.known._MOST", 2)
    calls = []

    class Server:
        def serve(self, request, answers, store):
            calls.append(request)
            return Response(), answers, store

    server = Known(Server())
    for request in ("a", "a", "b", "c", "a"):
        server.serve(request, (), ((), ()))
    assert calls == ["a", "b", "c", "a"], "at two it forgets them all"


def test_a_server_can_not_stop_for_what_nobody_answers():
    def flow():
        yield "a wish"

    with pytest.raises(TypeError, match="A server can't stop for str"):
        drive(None, flow, ())


@pytest.mark.parametrize("name", ["sealed", "amplify", "shield-refreshes"])
def test_two_requests_with_one_token_wait_for_one_refresh(name):
    world = replace(bare(WORLDS[name]), flights=3)
    walk = Walk(world).signed_in().opened(tab=1).take("hour").take("open", tab=0)
    walk.take("open", tab=1)
    assert [flight.waits for flight in walk.state.flights] == [False, True]
    assert walk.kinds.count("answer-server") == 1
    walk.rest()
    assert walk.seen() == ("alice", "alice")
    assert [one.generation for one in walk.state.pool.sign_ins] == [2]


def test_a_sign_out_everywhere_ends_every_sign_in():
    for name in ("sealed", "stock"):
        walk = Walk(bare(WORLDS[name])).signed_in().take("sign-out-everywhere").rest()
        assert all(one.ended for one in walk.state.pool.sign_ins), name


def test_in_an_outage_a_sign_out_still_clears():
    walk = Walk(with_faults(WORLDS["sealed"], Fault.OUTAGE)).signed_in().take("sign-out", pool="unreachable").rest()
    assert walk.seen() == ("", "")
    assert [one.ended for one in walk.state.pool.sign_ins] in ([], [False])


def test_a_page_that_waits_for_somebody_elses_refresh_is_seen_as_nobodys():
    """A look is made all by itself: what would have to wait is not seen."""
    walk = Walk(bare(WORLDS["amplify"])).signed_in().take("hour").take("open")
    assert walk.universe.moves.ask_server(walk.state, "/") is None


def test_an_answer_that_never_comes_is_no_news():
    walk = Walk(bare(WORLDS["stock"])).signed_in().take("hour").take("fetch")
    state = walk.universe.moves.answer_server(walk.state, 0, Unavailable())
    assert [cookie.name for cookie in state.jar] == [cookie.name for cookie in walk.state.jar]


def test_where_somebody_writes_dead_cookies_over_and_over_the_ladder_ends_it():
    """Sign-in, the last resort, guidance; and its button leads back, for nothing writes any more."""
    walk = Walk(bare(WORLDS["amplify"])).opened()
    names, pages = AmplifyNames(CLIENT_ID), []
    for number in range(3):
        old = BEGINNING - 9_000
        dead = mint("alice", f"origin{40 + number}", 1, refresh=1, issued_at=old, auth_time=old)
        lines = (
            f"{names.last_auth_user}=alice; Path=/; Secure; Max-Age=31536000",
            f"{names.wire_name('alice', 'accessToken')}={dead.access_token}; Path=/; Secure; Max-Age=31536000",
            f"{names.wire_name('alice', 'refreshToken')}={dead.refresh_token}; Path=/; Secure; Max-Age=31536000",
        )
        jar = walk.universe.jars.store(walk.state.jar, "https://app.example.com/", lines, walk.state.now)
        walk.state = walk.universe.moves.navigate(walk.state._replace(jar=jar), 0, by_script=True)
        walk.rest()
        pages.append(walk.state.tabs[0].page)
    assert pages == ["login", "login", "guidance"]
    assert "sign-in" not in walk.kinds
    walk.take("press").rest()
    assert walk.state.tabs[0].page == "login"
    assert walk.broken() == set()


def test_what_the_servers_do_is_no_news_of_this_world(caplog):
    Walk(WORLDS["shield"]).signed_in().take("hour").opened().take("sign-out").rest()
    assert caplog.records == []


def test_without_the_engine_a_world_with_script_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "quickjs", None)
    for attempt in (lambda: explore(WORLDS["stock"]), lambda: Universe(WORLDS["stock"])):
        with pytest.raises(ExploreError) as refused:
            attempt()
        assert refused.value.hint == 'Install it with: pip install "hardtack[explore]"'
    require_engine(WORLDS["sealed"])


def test_a_world_without_script_needs_no_extra():
    program = """
import sys
for name in ("quickjs", "rich", "jinja2", "starlette", "uvicorn", "httptools", "wsproto", "msgspec", "tree_sitter"):
    sys.modules[name] = None
from hardtack.explore.exploring import explore
from hardtack.explore.presets import PRESETS
from hardtack.explore.search import Limits
found = explore(PRESETS["library-sealed"].world, limits=Limits(states=30))
print(found.summary().stopped)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "30 states were reached.\n"
