"""Each thing that may go wrong, once: what it does, that it is spent, and that people come through with Hardtack."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardtack.explore.plants import PLANTS, plants_of
from hardtack.explore.pool import Refused
from hardtack.explore.state import BLANK
from hardtack.explore.symbols import read_token
from hardtack.explore.world import Fault, World
from support.explorer_worlds import WORLDS, Walk, with_faults


def world(name: str, *faults: Fault) -> World:
    return with_faults(WORLDS[name], *faults)


def cookies(walk: Walk) -> dict[tuple[str, str], str]:
    return {(cookie.name.rpartition(".")[2], str(cookie.scope)): cookie.value for cookie in walk.state.jar}


@pytest.mark.parametrize("fault", sorted(set(Fault) - {Fault.OUTAGE, Fault.REQUEST_LOSS}))
def test_each_can_happen_and_happens_once(fault):
    """Whatever else is done in the meantime; a story of its own follows below."""
    kinds = {
        Fault.DEPLOYMENT: "deploy", Fault.REVOCATION: "revoke", Fault.PLANT: "plant",
        Fault.REFRESH_END: "refresh-ends", Fault.LOSS: "lose-answer", Fault.CLOSING: "close",
        Fault.GRACE_END: "minutes",
    }  # fmt: skip
    walk = Walk(world("shield", fault)).signed_in()
    if fault in (Fault.LOSS, Fault.CLOSING):
        walk.take("sign-out").rest().opened().take("sign-in", user="alice")
    walk.take(kinds[fault])
    assert walk.state.left == frozenset()
    walk.rest().opened()
    assert kinds[fault] not in walk.kinds


def test_what_a_world_does_not_have_does_not_happen():
    walk = Walk(world("shield")).signed_in()
    assert set(walk.kinds) == {"open", "sign-out", "sign-out-everywhere", "look", "fetch", "hour"}


def test_a_deployment_moves_the_cookies():
    walk = Walk(world("amplify", Fault.DEPLOYMENT)).signed_in()
    assert ("accessToken", "host-only /") in cookies(walk)
    walk.take("deploy").opened()
    assert ("accessToken", ".example.com /") in cookies(walk)
    assert ("accessToken", "host-only /") not in cookies(walk)
    assert walk.seen() == ("alice", "alice")
    assert walk.broken() == set()


def test_a_page_of_the_old_release_goes_on_as_it_was():
    walk = Walk(world("stock", Fault.DEPLOYMENT))
    assert "deploy" not in walk.kinds, "this release moves no cookie"
    moved = replace(world("shield", Fault.DEPLOYMENT), contexts=())
    walk = Walk(moved).opened().take("deploy").take("sign-in", user="alice").rest()
    assert walk.state.tabs[0].release == 0
    assert ("accessToken", ".example.com /") in cookies(walk)
    assert walk.opened().state.tabs[0].release == 1


def test_in_an_outage_nobody_is_signed_out():
    walk = Walk(world("sealed", Fault.OUTAGE)).signed_in().take("hour")
    for _ in range(3):
        walk.take("open", tab=0, pool="unreachable")
        assert walk.state.tabs[0].page == "unavailable"
    walk.opened()
    assert walk.seen() == ("alice", "alice")
    assert walk.broken() == set()


def test_in_an_outage_nobody_gets_in_and_says_so():
    walk = Walk(world("stock", Fault.OUTAGE)).opened().take("sign-in", user="alice", pool="unreachable")
    walk.take("answer-tab", pool="unreachable")  # two further attempts
    assert walk.state.quiet
    assert walk.seen() == ("", "")
    assert list(walk.state.jar) == []
    walk = Walk(world("sealed", Fault.OUTAGE)).opened().take("sign-in", user="alice", pool="unreachable")
    assert walk.state.tabs[0].page == "unavailable"


def test_a_pool_that_is_back_for_the_second_attempt_lets_somebody_in():
    walk = Walk(world("stock", Fault.OUTAGE)).opened().take("sign-in", user="alice", pool="unreachable").rest()
    assert walk.seen() == ("alice", "alice")


@pytest.mark.parametrize("name", ["sealed", "stock"])
def test_only_who_asks_the_pool_can_ask_it_in_vain(name):
    walk = Walk(world(name, Fault.OUTAGE)).signed_in()
    in_vain = {step.kind for step, _ in walk.universe.steps.of(walk.state) if step.in_vain}
    assert {"sign-out", "sign-out-everywhere"} <= in_vain
    assert "open" not in in_vain
    walk.take("hour")
    assert "open" in {step.kind for step, _ in walk.universe.steps.of(walk.state) if step.in_vain}
    assert all(after.up for _, after in walk.universe.steps.of(walk.state))


def test_a_request_is_lost_once_and_changes_nothing_at_the_server():
    walk = Walk(world("sealed", Fault.REQUEST_LOSS)).signed_in().take("sign-out", tab=0, request="lost")
    assert walk.state.left == frozenset()
    assert walk.state.quiet
    assert walk.state.tabs[0].page == "", "the browser's own page says that the site can't be reached"
    walk.opened()
    assert walk.seen() == ("alice", "alice"), "the person has not signed out"
    assert walk.broken() == set()
    assert not any(step.loses_a_request for step, _ in walk.universe.steps.of(walk.state))


def test_a_script_that_asks_in_vain_goes_on():
    walk = Walk(world("shield-refreshes", Fault.REQUEST_LOSS)).signed_in().take("hour")
    kinds = {step.kind for step, _ in walk.universe.steps.of(walk.state) if step.loses_a_request}
    assert kinds == {"open", "look", "fetch"}
    walk.take("look", tab=0, request="lost")
    assert walk.rest().seen()[0] == "alice"
    assert walk.broken() == set()


def test_a_revocation_is_nobodys_race():
    walk = Walk(world("sealed", Fault.REVOCATION)).signed_in().take("revoke", user="alice")
    assert walk.state.rightful == ""
    assert walk.seen() == ("alice", "alice"), "until the access token's end"
    walk.take("hour").opened()
    assert walk.state.tabs[0].page == "login"
    assert walk.broken() == set()


def test_a_refresh_tokens_life_ends_as_well():
    walk = Walk(world("stock", Fault.REFRESH_END)).signed_in().take("refresh-ends", user="alice").take("hour")
    assert walk.seen() == ("", "")
    assert "P4" not in walk.broken()


def test_minutes_end_a_grace_and_no_token():
    world_of_grace = replace(world("amplify", Fault.GRACE_END), grace=60)
    walk = Walk(world_of_grace).signed_in().take("hour").opened()
    (one,) = walk.state.pool.sign_ins
    old = f"refresh-{one.name}-1-alice"
    assert not isinstance(walk.state.pool.refresh(old, now=walk.state.now, rotation=True, grace=60)[1], Refused)
    walk.take("minutes")
    assert isinstance(walk.state.pool.refresh(old, now=walk.state.now, rotation=True, grace=60)[1], Refused)
    assert walk.seen() == ("alice", "alice")


def test_a_lost_page_shows_nothing_and_loses_no_session():
    walk = Walk(world("sealed", Fault.LOSS)).signed_in().take("hour").take("open", tab=0).take("answer-server")
    walk.take("lose")
    assert walk.state.tabs[0]._replace(memory=BLANK.memory) == BLANK
    assert walk.seen() == ("alice", "alice"), "the store still has the successor"
    assert walk.opened().broken() == set()


def test_a_lost_answer_in_the_background_is_nobodys_news():
    walk = Walk(world("amplify", Fault.LOSS)).signed_in().take("hour").take("fetch").take("answer-server").take("lose")
    assert walk.state.quiet
    assert walk.seen() == ("alice", "alice")


def test_a_lost_answer_of_the_pool_is_an_outage_of_one_call():
    walk = Walk(world("amplify", Fault.LOSS)).signed_in().take("hour").take("open").take("lose-answer", flight=0).rest()
    assert walk.state.tabs[0].page == "unavailable"
    walk = Walk(world("stock", Fault.LOSS)).opened().take("sign-in", user="alice").take("lose-answer", tab=0)
    assert walk.rest().seen() == ("alice", "alice"), "Amplify asks again"
    assert [one.name for one in walk.state.pool.sign_ins] == ["origin2"]


def test_a_tab_closed_half_way_leaves_half_a_set():
    walk = Walk(world("stock", Fault.CLOSING)).opened().take("sign-in", user="alice")
    torn = [dict(step.arguments)["writes"] for step, _ in walk.universe.steps.of(walk.state) if step.kind == "close"]
    assert torn == [1, 2, 3, 4, 5]
    walk.take("close", writes=2)
    assert len(list(walk.state.jar)) == 2
    assert walk.state.tabs[0] == BLANK
    assert walk.state.quiet


@pytest.mark.parametrize("what", PLANTS)
def test_what_a_sibling_plants_lies_in_the_parent_domain(what):
    walk = Walk(world("sealed", Fault.PLANT)).signed_in().take("plant", what=what)
    planted = [cookie for cookie in walk.state.jar if str(cookie.scope) == ".example.com /"]
    assert planted
    tokens = {read_token(cookie.value) for cookie in planted} - {None}
    assert {token.user for token in tokens} == (set() if "garbage" in what else {"mallory"})
    assert not walk.state.clean
    assert walk.opened().seen() == ("alice", "alice"), "a sealed session is not impressed"
    assert walk.broken() == set()


def test_a_stranger_gets_a_stock_site_into_another_persons_account():
    walk = Walk(world("stock", Fault.PLANT)).opened().take("plant", what=PLANTS[0]).opened()
    assert walk.seen() == ("mallory", "mallory")


def test_of_two_people_each_may_be_meant():
    assert plants_of(1) == PLANTS
    assert plants_of(2) == (*PLANTS, *(f"{what} in the name of bob" for what in PLANTS[1:]))
    walk = Walk(replace(world("stock", Fault.PLANT), people=2)).take("plant", what=plants_of(2)[-1])
    assert [cookie.name.split(".")[2:] for cookie in walk.state.jar] == [["bob", "accessToken"]]
