"""Histories told: every kind of step has a sentence and an actor, and a history is found again by its keys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardtack.explore.exploring import explore
from hardtack.explore.keys import key_of
from hardtack.explore.narrating import Narrator, title_of
from hardtack.explore.presets import PRESETS
from hardtack.explore.properties import Finding
from hardtack.explore.search import Limits, Reached
from hardtack.explore.steps import Step
from hardtack.explore.telling.document import trace_document, trace_of
from hardtack.explore.telling.lanes import lanes_of
from hardtack.explore.world import Fault
from support.explorer_worlds import WORLDS, Walk, bare, with_faults

ACTORS = {"tab 1", "tab 2", "server", "pool", "operator", "sibling", "time", ""}


@pytest.fixture(scope="module")
def found():
    """The issue's own case, as far as the history against P2."""
    return explore(PRESETS["amplify-default-server"].world, limits=Limits(depth=9))


def test_what_was_found_is_told_from_the_beginning(found):
    traces = {trace.violation.id: trace for trace in found.traces()}
    assert set(traces) == {"P1", "P2", "P7"}
    assert {len(trace.moments) - 1 for trace in traces.values() if trace.probe_from is None} == {9}
    trace = traces["P2"]
    assert trace.title == "stock Amplify, client .example.com, server host-only"
    assert trace.moments[0].kind == "begin"
    assert trace.moments[0].settled
    assert trace.violation.detail == "script still sees alice, who has signed out"
    assert trace.moments[-1].client == "alice"
    assert trace.facts["client"] == ".example.com"


def test_it_is_the_same_history_that_a_walk_takes(found):
    """The key after each moment is the one that the search had found."""
    reached = next(one for one in found.reached if one.finding.id == "P2")
    trace = Narrator(found.world).tell(reached)
    walk = Walk(found.world)
    keys = [key_of(walk.state)]
    for moment in trace.moments[1:]:
        walk.take(moment.kind, **moment.arguments)
        keys.append(key_of(walk.state))
    assert tuple(keys) == reached.way


def test_a_probe_stands_behind_the_history_that_it_begins_at(found):
    trace = next(trace for trace in found.traces() if trace.violation.id == "P1")
    reached = next(one for one in found.reached if one.finding.id == "P1")
    assert trace.probe_from == len(reached.way)
    assert [moment.kind for moment in trace.moments[trace.probe_from :]] == ["open", "sign-out", "open"]
    assert "the page shows alice as signed in" in trace.moments[-1].notes
    assert trace.violation.detail == "after signing out, the page still shows alice as signed in"


def test_a_history_says_what_lies_in_the_jar(found):
    trace = next(trace for trace in found.traces() if trace.violation.id == "P2")
    jar = trace.moments[-1].jar
    assert {entry.scope for entry in jar} <= {".example.com /", "host-only /"}
    assert any(entry.meaning.startswith("alice, sign-in 1, access token") and entry.session == 1 for entry in jar)
    assert all(entry.label and entry.meaning for entry in jar)
    assert trace_of(trace_document(trace)) == trace


def test_a_history_that_is_none_is_not_told():
    """It would be a fault of the keys, and is said so rather than told wrongly."""
    world = PRESETS["amplify-default-server"].world
    reached = Reached(Finding("P2", "made up"), (key_of(Walk(world).state), 1))
    with pytest.raises(LookupError, match="the key of a state is not exact"):
        Narrator(world).tell(reached)


def test_the_stock_sites_circle_is_found_and_told():
    """Two tabs are not needed for it."""
    world = replace(PRESETS["amplify-default-server"].world, tabs=1)
    exploration = explore(world, limits=Limits(depth=14))
    trace = next(trace for trace in exploration.traces() if trace.violation.id == "P3")
    reached = next(one for one in exploration.reached if one.finding.id == "P3")
    assert trace.loop_from == len(reached.way) - 1
    assert len(trace.moments) == len(reached.way) + len(reached.circle)
    assert trace.moments[-1].jar == trace.moments[trace.loop_from].jar
    assert set(lanes_of(trace)) <= ACTORS | {"browser"}


def test_two_people_are_told_by_the_names_that_the_history_has():
    world = replace(bare(WORLDS["stock"]), people=2, tabs=1)
    exploration = explore(world, limits=Limits(depth=9))
    for trace in exploration.traces():
        names = {moment.arguments.get("user") for moment in trace.moments} - {None}
        told = {name for name in ("alice", "bob") if name in trace.violation.detail}
        assert told <= names


def test_a_walk_is_told_as_it_was_taken():
    world = WORLDS["sealed"]
    walk = Walk(world).signed_in().take("hour").opened().take("sign-out").rest()
    trace = Narrator(world).walk(walk.steps)
    assert [moment.kind for moment in trace.moments[1:]] == [step.kind for step in walk.steps]
    assert trace.violation is None
    told = Narrator(world).walk([Step("sign-out", (("tab", 0),)), *walk.steps[:1]])
    assert [moment.kind for moment in told.moments] == ["begin", "open"], "what a state does not allow is left out"


SIGNED_IN = [("open", 0), ("sign-in", 0), ("answer-tab", 0)]
SCENES = [
    ("stock", Fault.CLOSING, [*SIGNED_IN[:2], ("close", 0)]),
    ("stock", Fault.LOSS, [*SIGNED_IN[:2], ("lose-answer", 0)]),
    ("amplify", Fault.LOSS, [*SIGNED_IN[:2], ("lose", None)]),
    ("amplify", Fault.LOSS, [*SIGNED_IN[:2], ("arrive", None), ("hour", None), ("open", 1), ("lose-answer", None)]),
    ("stock", Fault.DEPLOYMENT, [*SIGNED_IN, ("look", 0), ("fetch", 0), ("answer-server", None)]),
    ("shield", Fault.DEPLOYMENT, [("deploy", None)]),
    ("stock", Fault.PLANT, [("plant", None)]),
    ("stock", Fault.GRACE_END, [("minutes", None)]),
    ("stock", Fault.REVOCATION, [*SIGNED_IN[:2], ("revoke", None)]),
    ("stock", Fault.REFRESH_END, [*SIGNED_IN[:2], ("refresh-ends", None)]),
    ("stock", Fault.OUTAGE, [*SIGNED_IN, ("sign-out-everywhere", 0)]),
    ("sealed", Fault.OUTAGE, [("open", 1), ("sign-in", 1), ("arrive", None), ("sign-out", 1), ("arrive", None)]),
]


@pytest.mark.parametrize(("name", "fault", "kinds"), SCENES)
def test_each_kind_of_step_has_a_sentence_and_an_actor(name, fault, kinds):
    world = with_faults(WORLDS[name], fault)
    walk = Walk(world)
    for kind, tab in kinds:
        walk.take(kind, **({} if tab is None else {"tab": tab}))
    moments = Narrator(world).walk(walk.steps).moments
    assert [moment.kind for moment in moments] == ["begin", *(kind for kind, _ in kinds)]
    for moment in moments:
        assert moment.actor in ACTORS
        assert moment.target in ACTORS
        assert moment.sentence[0].isupper()
        assert moment.sentence.endswith(".")
        assert moment.sentence != f"{moment.kind}."
        assert "origin" not in moment.sentence
        assert (moment.actor == "") == (moment.kind == "begin")


def test_the_guidance_pages_button_has_a_sentence():
    world = bare(WORLDS["shield"])
    trace = Narrator(world).walk([Step("press", (("tab", 0),))])
    assert len(trace.moments) == 1, "no page of guidance is there"
    from hardtack.explore.narrating import _sentence

    told = _sentence(Step("press", (("tab", 1),)), Walk(world).state, world)
    assert told == "The person in tab 2 presses the button of the guidance page."


def test_an_answer_that_overtakes_another_says_so():
    world = bare(WORLDS["stock"])
    walk = Walk(world).signed_in().opened(tab=1).take("fetch", tab=0).take("answer-server")
    walk.take("fetch", tab=1).take("answer-server", flight=1).take("arrive", flight=1).take("arrive", flight=0)
    sentences = [moment.sentence for moment in Narrator(world).walk(walk.steps).moments]
    assert sentences[-2:] == [
        "The server's answer for tab 2 arrives, before that of an older request.",
        "The server's answer for tab 1 arrives.",
    ]


def test_of_two_answers_that_a_page_waits_for_either_may_come_first():
    """A sign-in goes on while what it met on its way, a session that had ended elsewhere, is signed out of."""
    world = bare(WORLDS["stock"], tabs=1)
    walk = (
        Walk(world).signed_in().take("fetch").take("answer-server").take("arrive").take("sign-out").take("answer-tab")
    )
    walk.take("hour").take("sign-in", user="alice").take("answer-tab")
    assert walk.kinds == ["answer-tab", "answer-tab"]
    for first, second in (("SignIn", "RevokeToken"), ("RevokeToken", "SignIn")):
        told = Narrator(world).walk([*walk.steps, Step("answer-tab", (("tab", 0), ("gate", first)))])
        assert told.moments[-1].sentence == f"The pool's answer to {first} reaches tab 1."
        after = Walk(world, state=walk.state).take("answer-tab", gate=first).state
        assert second in [getattr(wait.gate, "operation", "") for wait in after.tabs[0].running.waits]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("stock", "stock Amplify, client .example.com, server host-only"),
        ("shield", "the shield before stock Amplify, client .example.com, server host-only"),
        ("shield-js", "the shield before stock Amplify, with hardtack.js, client .example.com, server host-only"),
        ("sealed", "Hardtack's middleware, storage sealed, no script of Amplify's, policy host-only"),
        ("beside-amplify", "Hardtack's middleware, storage amplify, with hardtack.js, policy .example.com"),
    ],
)
def test_a_world_has_a_title(name, title):
    assert title_of(WORLDS[name]) == title


def test_a_shield_that_refreshes_says_so():
    assert title_of(WORLDS["shield-refreshes"]).startswith("the shield, which refreshes, before stock Amplify, with")


def test_a_world_without_a_server_that_refreshes_says_so():
    assert title_of(PRESETS["amplify-one-domain"].world).endswith("no server that refreshes")
