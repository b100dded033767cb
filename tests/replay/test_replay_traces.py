"""What the explorer finds in stock Amplify is what happens in real Chromium: asked for by `make test-replay`."""

from __future__ import annotations

import os
from functools import cache

import pytest

from hardtack.amplify.adapter import AdapterContext
from hardtack.explore.exploring import explore
from hardtack.explore.world import Context, World
from support.replay.explored import history_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.pool,
    pytest.mark.skipif(os.environ.get("HARDTACK_REPLAY") != "1", reason="takes minutes: make test-replay"),
]

FORCED = Context(AdapterContext.SERVER_ACTION, navigation=False, forced=True)
STOCK = World(tabs=1, rotation=False, contexts=(FORCED,), faults=frozenset())


@cache
def found():
    return {trace.violation.id: trace for trace in explore(STOCK).traces()}


@pytest.mark.parametrize("name", ["P1", "P2", "P3", "P5"])
def test_a_way_into_the_stuck_state_leads_there_in_the_browser_too(replay, name):
    replay(history_of(found()[name], STOCK)).check()


def test_a_circle_goes_round_in_the_browser_too(replay):
    trace = found()["P3"]
    assert trace.loop_from is not None
    history = history_of(trace, STOCK)
    round_ = history.steps[trace.loop_from :]
    assert round_
    seen = replay(type(history)(history.site, [*history.steps, *round_, *round_]))
    seen.check()
    before, once, twice = (seen.seen[trace.loop_from - 1 + len(round_) * n].jar for n in (0, 1, 2))
    assert before == once == twice
