"""What can't matter any more is forgotten, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hardtack.explore.litter import Litter, generations
from hardtack.explore.symbols import CLIENT_ID, SymbolicSealer, read_token
from hardtack.explore.world import Fault
from hardtack.sessions.marks import BINDING
from support.explorer_worlds import WORLDS, Walk, bare, with_faults


def tombstone(state):
    """What the binding says, opened."""
    (value,) = [cookie.value for cookie in state.jar if cookie.name == f"__Host-{BINDING}"]
    return json.loads(SymbolicSealer().open(f"binding:{CLIENT_ID}", value))


@pytest.mark.parametrize("name", list(WORLDS))
def test_whoever_signed_in_is_remembered_and_swept_state_is_swept(name):
    walk = Walk(bare(WORLDS[name])).signed_in()
    assert [one.name for one in walk.state.pool.sign_ins] == ["origin1"]
    litter = Litter(walk.universe.world, walk.universe.jars)
    assert litter.swept(walk.state) == walk.state
    assert generations(walk.state) == {"origin1": 1}


def test_a_sign_in_that_nothing_leads_to_is_forgotten():
    world = replace(bare(WORLDS["stock"]), contexts=())
    walk = Walk(world).signed_in().take("sign-out").rest()
    assert walk.state.pool.sign_ins == ()
    assert walk.state.pool.count == 1
    assert list(walk.state.jar) == []


def test_a_request_under_way_leads_to_it_still():
    walk = Walk(bare(WORLDS["stock"])).signed_in().take("fetch")
    assert walk.state.flights[0].foreseen is not None
    walk.take("sign-out").take("answer-tab")
    assert [one.name for one in walk.state.pool.sign_ins] == ["origin1"]
    assert walk.rest().seen() == ("alice", "alice"), "the answer comes late, and undoes the sign-out"


def test_a_tombstone_names_a_sign_in_while_a_token_of_it_is_left():
    """Here the late answer of a fetch; the pair, too, still stands for one."""
    walk = Walk(bare(WORLDS["amplify"])).signed_in().take("hour").take("fetch").take("answer-server")
    assert walk.state.flights[0].response is not None
    walk.take("sign-out").loaded()
    assert tombstone(walk.state)[2:] == ["origin1"]
    walk.rest().opened().signed_in().take("sign-out").rest()
    kind, auth_time, *ended = tombstone(walk.state)
    assert (kind, auth_time > 1_700_000_000, ended) == ("t", True, [])
    assert walk.state.pool.sign_ins == ()


def test_the_stores_records_go_with_the_tokens_that_lead_to_them():
    walk = Walk(bare(WORLDS["sealed"])).signed_in().take("hour").take("open")
    assert [row[1] for row in walk.state.store[0]] == ["leased"]
    walk.take("answer-server")
    assert [row[1] for row in walk.state.store[0]] == ["settled"]
    walk.take("arrive")
    assert walk.state.store[0] == (), "nobody shows the old token any more"
    walk.take("fetch").take("sign-out").rest()
    assert walk.state.store == ((), ()), "and nobody has to be told that the session has ended"


def test_what_a_sign_in_by_script_kept_goes_with_the_claim_in_its_mark():
    walk = Walk(bare(WORLDS["shield-refreshes"])).signed_in()
    assert [row[3] for row in walk.state.store[0]] != []
    first = walk.state.store[0]
    walk.take("sign-out").rest()
    assert walk.state.store[0] == ()
    walk.opened().signed_in()
    assert len(walk.state.store[0]) == len(first)
    assert walk.state.store[0] != first


def test_that_a_session_has_ended_is_known_while_somebody_could_ask():
    walk = Walk(bare(WORLDS["sealed"])).signed_in().take("hour").take("fetch").take("answer-server")
    walk.take("sign-out").loaded()
    assert len(walk.state.store[1]) == 1
    assert walk.rest().opened().state.store[1] == ()


def test_all_sets_about_are_counted():
    walk = Walk(bare(WORLDS["stock"])).signed_in().take("fetch").take("answer-server").take("arrive")
    assert generations(walk.state) == {"origin1": 2}
    tokens = {read_token(cookie.value) for cookie in walk.state.jar} - {None}
    assert {token.generation for token in tokens} == {1, 2}


def test_faults_that_may_still_happen_are_nobodys_litter():
    walk = Walk(with_faults(WORLDS["sealed"])).signed_in()
    litter = Litter(walk.universe.world, walk.universe.jars)
    state = walk.state._replace(left=frozenset({"loss"}))
    assert litter.swept(state).left == {"loss"}


def test_a_navigation_that_is_under_way_will_make_it_clean():
    world = replace(bare(WORLDS["amplify"]), tabs=2)
    walk = Walk(world).signed_in().opened(tab=1)
    unclean = walk.state._replace(clean=False)
    litter = Litter(world, walk.universe.jars)
    assert not litter.swept(unclean).clean
    tab = unclean.tabs[1]._replace(loading=True)
    assert litter.swept(unclean.with_tab(1, tab)).clean
    losing = unclean.with_tab(1, tab)._replace(left=frozenset({Fault.REQUEST_LOSS}))
    assert not litter.swept(losing).clean, "it may reach nobody"


def test_what_a_server_reckons_with_is_kept_until_it_has_asked_for_it():
    """A second request that waited for the first one's refresh: its answer does not hang on who else is about."""
    walk = Walk(replace(bare(WORLDS["amplify"]), tabs=2)).signed_in().opened(tab=1).take("hour")
    walk.take("fetch").take("fetch", tab=1)
    assert walk.state.flights[1].waits
    walk.take("answer-server")
    (waiting,) = [flight for flight in walk.state.flights if flight.foreseen is not None]
    keys = {row[0] for row in walk.state.store[0]}
    assert waiting.foreseen.needs & keys
