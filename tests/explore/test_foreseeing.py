"""What is foreseen of a request that waits is what happens, whatever happens until then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardtack.explore.errors import UnforeseenError
from hardtack.explore.exploring import explore
from hardtack.explore.keys import key_of
from hardtack.explore.pool import Granted, Refused
from hardtack.explore.search import Limits
from hardtack.explore.servers.flows import Response
from hardtack.explore.servers.foreseeing import Course, Foreseen, StoreAhead, StoreDoes
from hardtack.explore.servers.known import Known
from hardtack.explore.state import NO_MEMORY
from hardtack.explore.universe import Universe
from hardtack.explore.world import Fault
from hardtack.sessions.coordination import SqliteStore
from support.explorer_worlds import WORLDS, Noted, Walk, bare, with_faults

KEEPS_RECORDS = ["sealed", "amplify", "beside-amplify", "shield-refreshes"]
EMPTY = ((), ())


def met(name, states=500):
    """Everything that was to be foreseen among the first states of a world."""
    universe = Universe(WORLDS[name])
    known = universe.moves.server
    noted = known._server = Noted(known._server)
    reached = {key_of(universe.beginning)}
    frontier = [universe.beginning]
    while frontier and len(reached) < states:
        following = {key_of(after): after for state in frontier for _, after in universe.steps.of(state)}
        frontier = [after for key, after in following.items() if key not in reached]
        reached |= following.keys()
    return noted.foreseen


def with_ended(store, foreseen, now):
    """The store once a sign-out has ended every session that the server reckons with."""
    real = SqliteStore(None)
    real.restore(store)
    for session in {dict(call.named).get("session") for course in foreseen.courses for call in course.calls} - {None}:
        real.end_session(session, until=now + 86_400.0)
    ended = real.snapshot()
    real.close()
    return ended


@pytest.mark.parametrize("name", list(WORLDS))
def test_what_is_foreseen_is_what_happens(name):
    found = met(name)
    fresh = Universe(WORLDS[name]).moves.server._server
    sure = 0
    for (request, answers, store), foreseen in found.items():
        if foreseen is None:
            continue
        sure += 1
        for then in {store, with_ended(store, foreseen, request.now)}:
            halt, _, left = fresh.serve(request, answers, then)
            assert isinstance(halt, Response)
            assert fresh.do(foreseen, then) == (halt, left)
    assert sure > 3


@pytest.mark.parametrize("name", KEEPS_RECORDS)
def test_a_session_that_ends_meanwhile_makes_a_difference(name):
    found = [foreseen for foreseen in met(name).values() if foreseen is not None and foreseen.ended is not None]
    assert any(foreseen.lives.response.lines != foreseen.ended.response.lines for foreseen in found)


def waiting(world):
    """A request whose server has asked the pool, and that pool's server."""
    walk = Walk(world).signed_in().take("hour").take("fetch")
    return walk.state.flights[0], walk.universe.moves.server, walk.state.store


def test_it_forgets_what_the_request_showed():
    flight, _, _ = waiting(bare(WORLDS["amplify"]))
    assert flight.foreseen is not None
    assert (flight.request.cookies, flight.answers, flight.held, flight.call) == ("", (), None, None)


def test_where_an_answer_can_be_lost_nothing_is_foreseen():
    flight, server, store = waiting(with_faults(bare(WORLDS["amplify"]), Fault.LOSS))
    assert flight.foreseen is None
    assert isinstance(flight.held, Granted)
    assert server.foresee(flight.request, (*flight.answers, flight.held), store) is not None


def test_what_will_be_asked_for_elsewhere_is_not_foreseen():
    """A refusal sends the server to look for what the sign-in wrote, which may be another set by then."""
    flight, server, store = waiting(with_faults(bare(WORLDS["amplify"]), Fault.LOSS))
    assert server.foresee(flight.request, (*flight.answers, Refused("NotAuthorizedException")), store) is None


def test_a_store_that_says_something_else_is_noticed():
    """Two states may have been taken for one that are not: the mutants of the engine do it."""
    claim = StoreDoes(
        "claim", ("key",), (("fresh_until", 0.0), ("lease_seconds", 9.0), ("now", 0.0), ("session", "s")), "so"
    )
    with pytest.raises(UnforeseenError, match="The store's answer to claim was not foreseen"):
        StoreAhead().do(EMPTY, Foreseen(Course((claim,), Response())))


def test_calls_are_made_again_after_a_look_ahead():
    store = StoreAhead()
    store.look_ahead(EMPTY, has_ended=False)
    store.refuse("key", "lease", code="no", until=9.0)
    store.acknowledge("key", until=9.0)
    store.end_session("one", until=9.0)
    assert store.snapshot() == EMPTY, "nothing has been done"
    assert [call.name for call in store.look_back()] == ["refuse", "acknowledge", "end_session"]
    store.end_session("one", until=9.0)
    store.acknowledge("key", until=9.0)
    assert store.snapshot() == ((), (("one", 9.0),))


def test_two_sessions_in_one_request_are_too_much():
    store = StoreAhead()
    store.look_ahead(EMPTY, has_ended=False)
    kept = {"sealed": b"", "successor": "", "access_until": 9.0, "now": 0.0, "until": 9.0}
    store.settle("key", "", session="one", **kept)
    store.settle("key", "", session="two", **kept)
    assert store.look_back() is None


def test_what_was_foreseen_before_is_looked_up(monkeypatch):
    monkeypatch.setattr("hardtack.explore.servers.known._MOST", 2)
    calls = []

    class Server:
        def foresee(self, request, answers, store):
            calls.append(request)

        def do(self, foreseen, store):
            calls.append(foreseen)
            return Response(), store

    server = Known(Server())
    for request in ("a", "a", "b", "c", "a"):
        server.foresee(request, (), EMPTY)
    for foreseen in ("x", "x", "y", "z", "x"):
        server.do(foreseen, EMPTY)
    assert calls == ["a", "b", "c", "a", "x", "y", "z", "x"], "at two it forgets them all"


def test_a_search_that_meets_what_was_not_foreseen_begins_anew(monkeypatch):
    """Answers that were handed on are forgotten at once: a mutant, of which a server that waits learns too late."""
    world = replace(bare(WORLDS["amplify"]), tabs=2)
    foreseen = explore(world, limits=Limits(states=3_000))
    assert foreseen.world.foresees
    monkeypatch.setattr("hardtack.sessions.coordination.flow._SEEN_FOR", -1.0)
    found = explore(world, limits=Limits(states=3_000))
    assert not found.world.foresees
    assert len(found.search.parents) >= 3_000


def seen_in(state):
    """What a browser, its person and its servers could tell a state by."""
    tabs = [tab._replace(memory=NO_MEMORY) for tab in state.tabs]  # pages may forget earlier
    flights = [(flight.kind, flight.tab, flight.response) for flight in state.flights]
    return state.jar.snapshot, tabs, flights, state.now, state.left, state.release, state.rightful


@pytest.mark.parametrize("name", ["sealed", "amplify", "shield-js", "shield-refreshes"])
def test_side_by_side_with_a_world_that_foresees_nothing_it_does_the_same(name):
    ahead, plain = Universe(WORLDS[name]), Universe(replace(WORLDS[name], foresees=False))
    frontier = [(ahead.beginning, plain.beginning)]
    reached, foreseen = set(), 0
    while frontier and len(reached) < 600:
        following = []
        for one, other in frontier:
            steps = dict(ahead.steps.of(one))
            for step, after in plain.steps.of(other):
                assert seen_in(steps[step]) == seen_in(after)
                foreseen += any(flight.foreseen is not None for flight in steps[step].flights)
                pair = key_of(steps[step]), key_of(after)
                if pair not in reached:
                    reached.add(pair)
                    following.append((steps[step], after))
        frontier = following
    assert len(reached) >= 600
    assert foreseen > 10
