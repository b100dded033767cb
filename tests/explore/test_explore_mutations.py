"""The explorer finds what is broken: each of these breaks the library in one place, and a history against it turns up.

A search that finds nothing says little unless it would have found something. So every world here is first explored as
it is, as far as the broken one is, and nothing may be found in it.
"""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest

from hardtack.amplify.adapter import AdapterContext
from hardtack.cookies import CookieScope
from hardtack.explore.exploring import explore
from hardtack.explore.presets import PRESETS
from hardtack.explore.search import Limits, Search
from hardtack.explore.servers import flows
from hardtack.explore.world import Context, Fault, Placement, Server, World
from hardtack.sessions import sealed_storage
from hardtack.sessions.asking import Asker
from hardtack.sessions.coordination import PoolRefused, RefreshDesk, SqliteStore
from hardtack.sessions.coordination import flow as refreshing
from hardtack.sessions.coordination.store import Claimed
from hardtack.sessions.marks import MarkKeeper
from hardtack.sessions.transitions import Cookies, Finding

sweeping = importlib.import_module("hardtack.cookies.sweep")  # the package has a function of this name
SEALED = World(
    server=Server.LIBRARY,
    storage="sealed",
    front="none",
    policy=Placement(),
    contexts=(Context(AdapterContext.SERVER_ACTION, navigation=False),),
    faults=frozenset(),
)
AMPLIFY = replace(SEALED, storage="amplify", client=Placement())
OUTAGE = replace(SEALED, faults=frozenset({Fault.OUTAGE}), tabs=1)
LOSS = replace(SEALED, faults=frozenset({Fault.LOSS}), tabs=1)
PLANTED = replace(AMPLIFY, faults=frozenset({Fault.PLANT}), tabs=1)
SHIELDED = replace(
    PRESETS["shield"].world, tabs=1, flights=1, rotation=False, faults=frozenset({Fault.DEPLOYMENT})
)  # in which late answers are a limit, as the guarantees state it, and twins are none
MOST = 2_500  # states: every mutant is found within them


def a_failure_of_the_pool_ends_the_session(patch):
    patch.setattr(flows, "PoolUnavailable", PoolRefused)


def a_successor_is_forgotten(patch):
    patch.setattr(SqliteStore, "settle", lambda self, key, lease, **kept: self.release(key, lease) or True)


def nobody_waits_for_anybodys_refresh(patch):
    patch.setattr(SqliteStore, "claim", lambda self, key, **asked: Claimed("lease"))


def an_answer_that_was_seen_is_forgotten_at_once(patch):
    patch.setattr(refreshing, "_SEEN_FOR", -1.0)


def a_sign_out_leaves_no_tombstone(patch):
    patch.setattr(MarkKeeper, "write_tombstone", lambda self, tombstone, shown: ())


def tombstones_are_not_read(patch):
    read = MarkKeeper.read
    patch.setattr(MarkKeeper, "read", lambda self, cookies: replace(read(self, cookies), tombstone=None))


def sealed_names_say_nothing_of_the_sign_in(patch):
    patch.setattr(sealed_storage, "_tag_of", lambda token: "000000")


def a_sign_in_keeps_no_claim(patch):
    patch.setattr(RefreshDesk, "recall", lambda self, claim, **asked: _refused())


def _refused():
    return PoolRefused("NoArrival")
    yield  # a flow


def whoever_a_refresh_leads_to_is_believed(patch):
    from hardtack.sessions import asking

    patch.setattr(asking, "_expected", lambda choice, marks: ("", ""))
    patch.setattr(Asker, "candidates", lambda self, choice, shown, marks: [one.token for one in shown.refreshes][::-1])


def the_binding_counts_for_nothing(patch):
    read = MarkKeeper.read
    patch.setattr(MarkKeeper, "read", lambda self, cookies: replace(read(self, cookies), binding=None))


def one_scope_is_left_out_of_the_sweep(patch):
    scopes = sweeping.sweep_scopes
    parent = CookieScope("example.com")
    patch.setattr(sweeping, "sweep_scopes", lambda *a, **k: tuple(one for one in scopes(*a, **k) if one != parent))


def of_twins_the_first_is_taken(patch):
    patch.setattr(Asker, "candidates", lambda self, choice, shown, marks: [one.token for one in shown.refreshes][:1])
    first = lambda self, choice, shown, marks: (next((one.token for one in shown.refreshes), None), True)  # noqa: E731
    patch.setattr(Asker, "partner", first)


def an_ended_session_is_kept(patch):
    from hardtack.sessions import transitions
    from hardtack.sessions.transitions import Answer, Move

    table = dict(transitions.TRANSITIONS)
    move = table[Finding.EXPIRED, Answer.UNAVAILABLE]
    table[Finding.EXPIRED, Answer.UNAVAILABLE] = Move(move.outcome, Cookies.CLEAR)
    patch.setattr("hardtack.sessions.engine.TRANSITIONS", table)


MUTANTS = [
    (a_failure_of_the_pool_ends_the_session, OUTAGE, {"P4"}),
    (an_ended_session_is_kept, OUTAGE, {"P4"}),
    (a_successor_is_forgotten, AMPLIFY, {"P4"}),
    (nobody_waits_for_anybodys_refresh, AMPLIFY, {"P4"}),
    (an_answer_that_was_seen_is_forgotten_at_once, AMPLIFY, {"P4"}),
    (a_sign_out_leaves_no_tombstone, SEALED, {"P2"}),
    (tombstones_are_not_read, SEALED, {"P2"}),
    (sealed_names_say_nothing_of_the_sign_in, SEALED, {"P4"}),
    (a_sign_in_keeps_no_claim, AMPLIFY, {"P4"}),
    (whoever_a_refresh_leads_to_is_believed, PLANTED, {"P6", "P4"}),
    (of_twins_the_first_is_taken, PLANTED, {"P4"}),
    (one_scope_is_left_out_of_the_sweep, SHIELDED, {"P1", "P7"}),
    (the_binding_counts_for_nothing, PLANTED, {"P4", "P6", "P1", "P7"}),
]


@pytest.mark.parametrize(("mutate", "world", "breaks"), MUTANTS, ids=[mutant[0].__name__ for mutant in MUTANTS])
def test_the_explorer_finds_it(mutate, world, breaks, monkeypatch):
    mutate(monkeypatch)
    search = explore(world, limits=Limits(states=4 * MOST, first=True)).search
    assert search.found, f"{len(search.parents):,} states, and nothing found"
    assert set(search.found) & breaks, search.found


@pytest.mark.parametrize("world", [SEALED, AMPLIFY, OUTAGE, PLANTED], ids=["sealed", "amplify", "outage", "planted"])
def test_what_is_not_broken_is_not_found(world):
    search = Search(world).run(limits=Limits(states=MOST))
    assert search.reached() == ()


def test_without_the_mutant_no_twin_is_left_behind_a_shield():
    search = Search(SHIELDED).run(limits=Limits(states=MOST))
    assert search.stopped == ""
    assert set(search.found) == {"P2"}
