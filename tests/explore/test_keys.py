"""A state's key: equal for states that differ in nothing but names, and for no others."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from hardtack.explore.keys import key_of
from hardtack.explore.universe import Universe
from hardtack.explore.world import Fault, Placement
from support.explorer_worlds import WORLDS, Walk, bare, with_faults

SAMPLE = 0.5  # of the states that are met again under another name


def successors(universe, state):
    return Counter(
        (step.kind, step.by_itself, key_of(after, named=universe.world.named))
        for step, after in universe.steps.of(state)
    )


def met_again(universe, most):
    """Pairs of different states with one key, among the first that are reached."""
    draw = random.Random(7)  # noqa: S311 -- the same sample every time
    known = {key_of(universe.beginning, named=universe.world.named): universe.beginning}
    frontier = [universe.beginning]
    while frontier:
        following = []
        for state in frontier:
            for _, after in universe.steps.of(state):
                first = known.setdefault(key_of(after, named=universe.world.named), after)
                if first is after:
                    following.append(after)
                elif first != after and draw.random() < SAMPLE:
                    yield first, after
            if len(known) > most:
                return
        frontier = following


def compared(world, most):
    """How many pairs were compared, and were alike."""
    universe = Universe(world)
    count = 0
    for one, other in met_again(universe, most):
        count += 1
        assert successors(universe, one) == successors(universe, other)
    return count


@pytest.mark.parametrize("name", list(WORLDS))
def test_states_of_one_key_have_the_same_future(name):
    assert compared(WORLDS[name], 600) >= 10


@pytest.mark.parametrize("name", ["stock", "sealed", "shield-js"])
def test_two_people_are_one_story(name):
    assert compared(bare(WORLDS[name], people=2), 350) >= 10


@pytest.mark.parametrize("name", ["stock", "amplify", "shield-js"])
def test_whatever_goes_wrong_they_have_the_same_future(name):
    assert compared(replace(WORLDS[name], faults=frozenset(Fault), grace=30), 700) >= 10


def test_it_does_not_matter_in_which_tab_somebody_signs_in():
    world = bare(WORLDS["stock"])
    assert key_of(Walk(world).signed_in(tab=0).state) == key_of(Walk(world).signed_in(tab=1).state)


def test_it_does_not_matter_who_signs_in():
    world = bare(WORLDS["stock"], people=2)
    assert key_of(Walk(world).signed_in("alice").state) == key_of(Walk(world).signed_in("bob").state)


def test_two_people_in_a_row_are_not_one_person_twice():
    world = bare(WORLDS["sealed"], people=2)
    again = Walk(world).signed_in("alice").take("sign-out").rest().signed_in("alice")
    other = Walk(world).signed_in("alice").take("sign-out").rest().signed_in("bob")
    assert key_of(again.state) == key_of(other.state)  # whoever left is nowhere any more
    world = bare(WORLDS["stock"], people=2, adapter=Placement(".example.com"))
    both = Walk(world).signed_in("alice").opened(tab=1).take("sign-out", tab=0).rest()
    key = key_of(both.state)
    assert key != key_of(both.take("sign-in", tab=0, user="bob").state)


def test_the_second_sign_in_of_a_lone_person_is_as_the_first():
    world = bare(WORLDS["sealed"])
    first = Walk(world).signed_in()
    second = Walk(world).signed_in().take("sign-out").rest()
    out = key_of(second.state)
    assert out != key_of(Walk(world).opened().state)  # a tombstone is left
    third = Walk(world).signed_in().take("sign-out").rest().signed_in().take("sign-out").rest()
    assert key_of(third.state) == out
    assert key_of(second.signed_in().state) == key_of(first.state)


def test_an_hour_counts_once():
    walk = Walk(bare(WORLDS["sealed"])).signed_in()
    fresh = key_of(walk.state)
    expired = key_of(walk.take("hour").state)
    assert fresh != expired
    assert "hour" not in walk.kinds, "every token has ended already"


@pytest.mark.parametrize("name", ["sealed", "stock"])
def test_what_may_still_go_wrong_is_part_of_a_state(name):
    world = with_faults(WORLDS[name], Fault.REVOCATION, Fault.GRACE_END)
    state = Walk(world).signed_in().state
    spent = [state._replace(left=left) for left in (frozenset(), frozenset({Fault.GRACE_END}))]
    assert len({key_of(one) for one in (state, *spent)}) == 3


def test_neither_the_order_of_requests_nor_whose_tab_asked_in_the_background_is_part_of_a_state():
    walk = Walk(bare(WORLDS["sealed"])).signed_in().take("hour").take("open", tab=1).take("fetch", tab=0)
    first, second = walk.state.flights
    assert {first.kind, second.kind} == {"navigation", "fetch"}
    assert key_of(walk.state._replace(flights=(second, first))) == key_of(walk.state)
    flights = tuple(one._replace(tab=1) if one.kind == "fetch" else one for one in walk.state.flights)
    assert key_of(walk.state._replace(flights=flights)) == key_of(walk.state)


def test_a_key_is_the_same_in_every_process_and_fits_64_bits():
    key = key_of(Walk(bare(WORLDS["sealed"])).signed_in().state)
    again = key_of(Walk(replace(bare(WORLDS["sealed"]))).signed_in().state)
    assert key == again
    assert -(2**63) <= key < 2**63
