"""The search: the same whoever works, stopped in time, taken up again; and what it finds at stock sites."""

from __future__ import annotations

import signal
from dataclasses import replace

import pytest

from hardtack.explore import crew, memory
from hardtack.explore.errors import ExploreError
from hardtack.explore.expanding import serve
from hardtack.explore.exploring import explore, resume
from hardtack.explore.presets import PRESETS
from hardtack.explore.properties import PROPERTIES
from hardtack.explore.search import Limits, Search
from hardtack.explore.telling.verdict import Outcome
from hardtack.explore.world import Fault
from support.explorer_worlds import WORLDS, bare, with_faults

SMALL = replace(bare(WORLDS["stock"], tabs=1), contexts=PRESETS["amplify-middleware"].world.contexts)
"""A few hundred states in all, among which four properties are broken."""


def all_of(search: Search) -> tuple[object, ...]:
    """Everything that a search came to, the order included."""
    return (
        [*search.parents.items()],
        search.edges,
        [(name, *found) for name, found in search.found.items()],
        (search.depth, search.transitions, search.beyond),
    )


def lengths(found) -> dict[str, int]:
    return {one.id: one.steps for one in found.summary().properties if one.steps is not None}


@pytest.fixture(scope="module")
def alone():
    return explore(SMALL)


def test_a_search_that_ends_says_what_holds(alone):
    summary = alone.summary()
    assert summary.complete
    assert summary.states == len(alone.search.parents) > 100
    assert summary.transitions > summary.states
    assert [one.id for one in summary.properties] == list(PROPERTIES)
    assert summary.ids(Outcome.HOLDS)
    assert summary.ids(Outcome.VIOLATED)
    assert summary.peak_bytes > 10_000_000
    assert summary.seconds > 0
    assert alone.world == SMALL


def test_a_limit_that_is_stated_is_no_violation(alone):
    broken = lengths(alone)
    stated = replace(alone, limits=frozenset(broken)).summary()
    assert stated.ids(Outcome.VIOLATED) == ""
    assert stated.ids(Outcome.LIMIT) == ", ".join(sorted(broken))


@pytest.mark.parametrize("workers", [2, 3])
def test_who_works_decides_nothing(alone, workers):
    assert all_of(explore(SMALL, workers=workers).search) == all_of(alone.search)


def test_nor_does_it_who_hands_states_over(alone, monkeypatch):
    asked: list[str] = []
    ask = crew._Elsewhere.ask

    def heard(self, name, *arguments, **named):
        asked.append(name)
        ask(self, name, *arguments, **named)

    monkeypatch.setattr(crew._Elsewhere, "ask", heard)
    monkeypatch.setattr(crew, "_ENOUGH", 1)
    monkeypatch.setattr(crew, "_WORTH", 2)
    monkeypatch.setattr(crew, "_UNEVEN", 1)
    assert all_of(explore(SMALL, workers=2).search) == all_of(alone.search)
    assert asked.count("give") == asked.count("receive") > 3


@pytest.mark.parametrize("name", ["sealed", "shield-js"])
def test_who_works_decides_nothing_behind_hardtack_either(name):
    limits = Limits(states=700)
    assert all_of(explore(WORLDS[name], workers=2, limits=limits).search) == all_of(
        explore(WORLDS[name], limits=limits).search
    )


def test_a_search_that_stopped_goes_on_as_if_it_had_not(alone, tmp_path):
    kept = tmp_path / "search.kept"
    first = explore(SMALL, limits=Limits(states=40), keep=kept)
    assert first.search.stopped == "40 states were reached."
    assert 40 <= len(first.search.parents) < len(alone.search.parents)
    second = resume(kept, limits=Limits(depth=first.search.depth + 2))
    assert second.search.stopped == f"The depth of {first.search.depth + 2} steps was reached."
    assert second.search.seconds > first.search.seconds
    third = resume(kept)
    assert third.search.stopped == ""
    assert all_of(third.search) == all_of(alone.search)


def test_others_may_go_on_with_it(alone, tmp_path):
    kept = tmp_path / "search.kept"
    explore(SMALL, workers=2, limits=Limits(states=60), keep=kept)
    assert all_of(resume(kept, workers=3).search) == all_of(alone.search)


def test_a_search_that_ended_keeps_nothing(tmp_path):
    kept = tmp_path / "search.kept"
    explore(with_faults(PRESETS["library-sealed"].world), limits=Limits(depth=1), keep=kept)
    assert kept.exists()
    found = resume(kept, limits=Limits(depth=2))
    assert found.search.depth == 2
    assert [path.name for path in tmp_path.iterdir()] == ["search.kept"]


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(depth=3), "The depth of 3 steps was reached."),
        (Limits(states=25), "25 states were reached."),
        (Limits(bytes=1_000_000), "The memory bound of 0.0 GB was met."),
        (Limits(seconds=0.000_1), "0 seconds have passed."),
        (Limits(first=True), "One violation was asked for."),
    ],
)
def test_a_limit_stops_it_and_is_named(limits, said):
    summary = explore(SMALL, limits=limits).summary()
    assert summary.stopped == said
    assert not summary.complete
    assert summary.states < 300


def test_the_memory_of_every_process_counts():
    one, many = (explore(SMALL, workers=workers, limits=Limits(depth=2)).summary() for workers in (1, 2))
    assert many.peak_bytes > one.peak_bytes


def test_somebody_may_watch():
    seen = []
    explore(SMALL, limits=Limits(depth=5), watch=seen.append)
    assert [one.depth for one in seen] == [1, 2, 3, 4, 5]
    assert all(one.states >= one.frontier > 0 for one in seen)
    assert all(one.bytes > 0 and one.states_per_second >= 0 for one in seen)


@pytest.mark.parametrize("workers", [1, 2])
def test_trouble_in_a_worker_is_heard_where_somebody_listens(workers):
    broken = replace(SMALL, release="no release")
    with pytest.raises(ValueError, match="no release of Amplify"):
        explore(broken, workers=workers)


class Called:
    """A connection on whose other end somebody calls these."""

    def __init__(self, *calls):
        self.calls = list(calls)
        self.answers = []

    def recv(self):
        if not self.calls:
            raise EOFError
        return self.calls.pop(0)

    def send(self, answer):
        self.answers.append(answer)


def test_a_worker_answers_until_it_is_told_to_stop_or_nobody_calls(monkeypatch):
    ignored = []
    monkeypatch.setattr("hardtack.explore.expanding.signal.signal", lambda *which: ignored.append(which))
    told = Called(("begin", (), {}), ("stop", (), {}), ("begin", (), {}))
    serve(SMALL, told)
    assert len(told.answers) == 1
    left = Called(("begin", (), {}), ("nonsense", (), {}))
    serve(SMALL, left)
    assert left.answers[0] == told.answers[0]
    assert isinstance(left.answers[1], AttributeError)
    assert ignored == [(signal.SIGINT, signal.SIG_IGN)] * 2


def test_how_much_memory_is_in_use_is_known_on_every_system(monkeypatch, tmp_path):
    assert memory.resident_bytes() > 10_000_000
    monkeypatch.setattr(memory, "_STATM", tmp_path / "missing")
    assert memory.resident_bytes() > 10_000_000


def test_what_no_search_kept_is_not_gone_on_with(tmp_path):
    strange = tmp_path / "strange"
    strange.write_bytes(b"something else\n")
    with pytest.raises(ExploreError, match="not written by this release"):
        resume(strange)
    with pytest.raises(ExploreError, match="can't be read: No such file"):
        resume(tmp_path / "missing")
    kept = tmp_path / "kept"
    explore(SMALL, limits=Limits(depth=1), keep=kept)
    kept.write_bytes(kept.read_bytes()[:-100])
    with pytest.raises(ExploreError, match="ends early"):
        resume(kept)


def test_the_bounds_say_what_the_world_is():
    told = " ".join(explore(WORLDS["amplify"], limits=Limits(depth=0)).summary().bounds)
    assert "each at most once: one deployment." in told
    assert "The pool may be out of reach in any step that asks it" in told
    assert "After the deployment: the client .example.com." in told
    assert "Refresh tokens rotate, and one that was used is refused from then on." in told
    told = " ".join(explore(replace(WORLDS["shield"], grace=30), limits=Limits(depth=0)).summary().bounds)
    assert "After the deployment: the client host-only, the server host-only." in told
    assert "good for 30 seconds more" in told
    told = " ".join(explore(SMALL, limits=Limits(depth=0)).summary().bounds)
    assert "Faults, each at most once: none." in told
    assert "Refresh tokens don't rotate." in told


def test_a_release_that_moves_nothing_is_no_fault_of_the_world():
    world = replace(WORLDS["shield"], after=None, faults=frozenset({Fault.DEPLOYMENT}))
    found = explore(world, limits=Limits(states=150))
    assert "Faults, each at most once: none." in found.summary().bounds


def test_steps_out_of_the_bounds_are_counted_and_not_taken():
    world = replace(bare(WORLDS["sealed"]), generations=1)
    found = explore(world, limits=Limits(depth=12, states=2_000))
    assert found.search.beyond > 0
    assert any("led beyond these bounds" in sentence for sentence in found.summary().bounds)


def test_what_the_pool_grants_in_one_history_may_be_bounded():
    world = replace(bare(WORLDS["sealed"]), tabs=1)
    without, most = explore(world).search, [explore(replace(world, grants=grants)) for grants in (2, 3, 4)]
    states = [len(one.search.parents) for one in most]
    assert states == sorted(set(states))  # each grant leads to states that count it, and none comes twice
    assert without.beyond == 0 < min(one.search.beyond for one in most)
    assert not any(one.search.stopped or one.search.found for one in most)
    told = " ".join(most[1].summary().bounds)
    assert "At most 3 token generations in one history, of all sign-ins together" in told


def test_stock_amplify_with_two_scopes_breaks_what_people_report():
    """The issue's own configuration: the browser with a domain, the server with its default."""
    found = explore(PRESETS["amplify-default-server"].world, limits=Limits(depth=13))
    shortest = {"P1": 6, "P2": 9, "P3": 11, "P4": 10, "P5": 12, "P7": 6}
    assert lengths(found) == shortest
    circle = next(one for one in found.reached if one.finding.id == "P3").circle
    assert len(circle) == 2
    bounded = [lengths(explore(replace(found.world, grants=grants), limits=Limits(depth=13))) for grants in (1, 2, 3)]
    assert bounded == [{}, {name: steps for name, steps in shortest.items() if name != "P5"}, shortest]


def test_one_domain_and_no_server_that_refreshes_leaves_two_faults():
    """To its end: tabs that race with a rotating refresh token, and a refresh that outlives a sign-out."""
    found = explore(PRESETS["amplify-one-domain"].world)
    summary = found.summary()
    assert summary.complete
    assert summary.ids(Outcome.VIOLATED) == "P2, P4"
    assert summary.ids(Outcome.HOLDS) == "P1, P3, P5, P6, P7"
    assert lengths(found) == {"P2": 9, "P4": 8}
    assert (summary.states, summary.transitions, summary.depth) == (3_437, 11_032, 30)


def test_without_rotation_a_late_refusal_still_signs_people_out():
    """A tab's refresh is refused, since somebody signed out; it clears the cookies of whoever signed in meanwhile."""
    found = explore(replace(PRESETS["amplify-one-domain"].world, rotation=False), limits=Limits(depth=10))
    assert lengths(found) == {"P2": 9, "P4": 10}
