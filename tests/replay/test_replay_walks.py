"""Walks through explored worlds, each step also done in real Chromium: asked for by `make test-replay`.

HARDTACK_REPLAY_WALKS says how many. A walk that goes otherwise than the model says is a bug in the model, or in what it
models.
"""

from __future__ import annotations

import os
from functools import cache

import pytest

from hardtack.amplify.adapter import AdapterContext
from hardtack.explore.world import Context, Fault, Placement, Server, World
from support.replay.walks import Walks

pytestmark = [
    pytest.mark.browser,
    pytest.mark.pool,
    pytest.mark.skipif(os.environ.get("HARDTACK_REPLAY") != "1", reason="takes minutes: make test-replay"),
]

COUNT = int(os.environ.get("HARDTACK_REPLAY_WALKS", "200"))
ALL = frozenset(Fault)
MOVED = (Placement(), Placement())
BACKGROUND = (Context(AdapterContext.SERVER_ACTION, navigation=False),)
CONTEXTS = (
    Context(AdapterContext.RESPONSE),
    Context(AdapterContext.GET_SERVER_SIDE_PROPS, navigation=False),
    Context(AdapterContext.NEXT_RESPONSE, navigation=False, forced=True),
    Context(AdapterContext.SERVER_COMPONENT, navigation=False, forced=True),
)
WORLDS = {
    "stock": World(faults=ALL, after=MOVED, people=2),
    "stock, one domain": World(client=Placement(), contexts=(), faults=ALL - {Fault.DEPLOYMENT}),
    "stock, other contexts": World(contexts=CONTEXTS, faults=ALL - {Fault.DEPLOYMENT}, grace=60),
    "shield": World(server=Server.SHIELD, faults=ALL, after=MOVED),
    "shield with hardtack.js": World(server=Server.SHIELD, front="hardtack.js", faults=ALL, after=MOVED),
    "shield that refreshes": World(
        server=Server.SHIELD, front="hardtack.js", refreshes=True, faults=ALL - {Fault.PLANT}, after=MOVED
    ),
    "library, sealed": World(server=Server.LIBRARY, front="none", contexts=BACKGROUND, faults=ALL - {Fault.DEPLOYMENT}),
    "library, amplify": World(
        server=Server.LIBRARY, storage="amplify", front="none", contexts=BACKGROUND, faults=ALL, after=MOVED
    ),
}
SEEDS = [(name, number // len(WORLDS)) for number, name in zip(range(COUNT), list(WORLDS) * COUNT, strict=False)]


@cache
def walks(name: str) -> Walks:
    return Walks(WORLDS[name])


@pytest.mark.parametrize(("world", "seed"), SEEDS)
def test_a_walk_goes_in_the_browser_as_it_does_in_the_model(replay, world, seed):
    replay(walks(world).walk(seed)).check()
