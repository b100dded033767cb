"""States in a file, or for another process: the same ones come out."""

from __future__ import annotations

import pytest

from hardtack.explore import symbols
from hardtack.explore.jars import Jars
from hardtack.explore.keys import key_of
from hardtack.explore.packing import pack, unpack
from hardtack.explore.universe import Universe
from support.explorer_worlds import WORLDS, Walk, bare


@pytest.mark.parametrize("name", ["stock", "sealed", "shield-js"])
def test_what_was_packed_comes_out(name):
    world = bare(WORLDS[name])
    walk = Walk(world).signed_in().take("hour").opened().take("sign-out", tab=0)
    states = {key_of(state): state for state in (walk.universe.beginning, walk.state)}
    found = unpack(pack(states), walk.universe.jars)
    assert found == states
    elsewhere = Universe(world)
    found = unpack(pack(states), elsewhere.jars)
    assert {key_of(state): key for key, state in found.items()} == {key: key for key in states}
    state = found[key_of(walk.state)]
    assert {step.kind for step, _ in elsewhere.steps.of(state)} == set(walk.kinds)


def test_what_hashes_stand_for_goes_along():
    walk = Walk(bare(WORLDS["sealed"])).signed_in().take("hour").take("open").take("answer-server")
    key = key_of(walk.state)
    packed = pack({key: walk.state})
    (row,) = walk.state.store[0]
    hashed, sealed = symbols.MADE.pop(row[0]), symbols.SEALED_SETS.pop(row[4])
    found = unpack(packed, Jars("chromium"))
    assert symbols.MADE[row[0]] == hashed
    assert symbols.SEALED_SETS[row[4]] == sealed
    assert found.keys() == {key}
