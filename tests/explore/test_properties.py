"""P1 to P7 on states made by hand: each predicate says yes where it should, and no where it should not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardtack.amplify import AmplifyNames
from hardtack.explore.probing import Probe
from hardtack.explore.properties import PROPERTIES, Finding, violation_of
from hardtack.explore.symbols import BEGINNING, CLIENT_ID, mint
from hardtack.explore.world import Placement
from support.explorer_worlds import WORLDS, Walk, bare, with_faults

NAMES = AmplifyNames(CLIENT_ID)
ONE_SCOPE = bare(WORLDS["stock"], adapter=Placement(".example.com"))
EVERY = ["stock", "sealed", "amplify", "shield", "shield-js", "shield-refreshes", "beside-amplify"]


def wrote(walk: Walk, **tokens: str) -> Walk:
    """Somebody writes cookies of alice's, host-only, under their suffixes."""
    lines = tuple(
        f"{NAMES.wire_name('alice', suffix)}={value}; Path=/; Secure; Max-Age=31536000"
        for suffix, value in tokens.items()
    )
    jar = walk.universe.jars.store(walk.state.jar, "https://app.example.com/", lines, walk.state.now)
    walk.state = walk.state._replace(jar=jar, clean=False)
    return walk


def details(walk: Walk) -> dict[str, str]:
    return {finding.id: finding.detail for finding in walk.universe.properties.broken_by(walk.state)}


def test_there_are_seven_and_each_means_something_for_a_person():
    assert list(PROPERTIES) == [f"P{number}" for number in range(1, 8)]
    for each in PROPERTIES.values():
        assert each.sentence
        assert each.meaning.endswith(".")
        violation = violation_of(Finding(each.id, "seen"))
        assert (violation.sentence, violation.detail) == (each.sentence, "seen")


@pytest.mark.parametrize("name", EVERY)
def test_in_the_beginning_nothing_is_broken(name):
    walk = Walk(bare(WORLDS[name]))
    assert walk.seen() == ("", "")
    assert details(walk) == {}


@pytest.mark.parametrize("name", EVERY)
def test_a_sign_in_breaks_nothing(name):
    walk = Walk(bare(WORLDS[name])).signed_in().opened()
    assert walk.seen() == ("alice", "alice")
    assert details(walk) == {}


@pytest.mark.parametrize("name", [name for name in EVERY if name != "stock"])
def test_an_hour_and_a_refresh_break_nothing_with_hardtack(name):
    walk = Walk(bare(WORLDS[name])).signed_in().take("hour")
    assert walk.seen() == ("alice", "alice")
    assert details(walk) == {}
    assert details(walk.opened()) == {}


def test_what_is_under_way_is_not_judged():
    walk = Walk(bare(WORLDS["stock"])).signed_in().take("hour").take("open")
    assert walk.state.flights
    assert details(walk) == {}


def test_twins_break_a_sign_in():
    """The failure that all this exists for: the server's refresh writes into its own scope."""
    walk = Walk(bare(WORLDS["stock"])).signed_in().take("hour").opened()
    assert details(walk) == {
        "P1": "after signing out, the page still shows alice as signed in",
        "P7": "after signing out, the page still shows alice as signed in",
    }


def test_a_session_that_is_seen_after_a_sign_out_is_p2():
    walk = Walk(bare(WORLDS["stock"])).signed_in().take("hour").opened().take("sign-out").rest()
    assert "P2" not in details(walk), "no page was loaded since"
    told = details(walk.opened())
    assert told["P2"] == "the server still sees alice, who has signed out"


def test_somebody_elses_session_is_p6():
    walk = Walk(replace(ONE_SCOPE, people=2)).signed_in("bob").opened()
    (granted,) = walk.state.pool.sign_ins
    pool = (*walk.state.pool.sign_ins, granted._replace(name="origin9", user="alice"))
    walk.state = walk.state._replace(pool=walk.state.pool._replace(sign_ins=pool), rightful="origin9")
    assert details(walk)["P6"] == "alice signed in, and the server sees bob"


def test_nobody_where_somebody_should_be_is_p4():
    walk = Walk(ONE_SCOPE).signed_in().opened()
    walk.state = walk.state._replace(jar=walk.universe.jars.empty)
    assert details(walk) == {"P4": "alice is signed out, though nobody ended that session"}
    ended = walk.state.pool.end_all("alice")
    walk.state = walk.state._replace(pool=ended)
    assert details(walk) == {}


def test_two_answers_to_who_is_signed_in_are_p5():
    walk = Walk(ONE_SCOPE).signed_in().opened()
    walk = wrote(walk, accessToken="garbage", idToken="garbage").opened()
    told = details(walk)
    assert told["P5"] == "script sees alice, the server sees nobody"


def test_a_look_changes_nothing():
    walk = Walk(bare(WORLDS["shield-js"])).signed_in().take("hour")
    before = walk.state
    assert walk.seen() == ("alice", "alice")
    assert walk.state == before
    client, server = walk.universe.properties.looking.at(walk.state)
    assert client.sign_in == server.sign_in == "origin1"


def test_without_script_both_are_the_servers():
    walk = Walk(bare(WORLDS["sealed"])).signed_in()
    client, server = walk.universe.properties.looking.at(walk.state)
    assert client == server


def test_a_page_load_that_never_rests_fails_a_probe():
    """The loop itself: script's dead token comes first, and each load signs out and leads to the sign-in page."""
    walk = Walk(bare(WORLDS["stock"])).signed_in().take("hour").opened().take("sign-out").rest()
    probes = [probe_of(walk, user="alice").signs_in(), probe_of(walk, user="alice").leads_back()]
    assert probes == [False, False]


def probe_of(walk: Walk, **who: str) -> Probe:
    universe = walk.universe
    return Probe(universe.moves, universe.steps, universe.properties.looking, walk.state, **who)


def test_a_probe_does_what_a_person_would():
    walk = Walk(bare(WORLDS["sealed"])).signed_in()
    probe = probe_of(walk)
    assert probe.signs_in()
    assert [step.kind for step, _ in probe.taken] == ["open", "sign-out", "open", "sign-in", "open"]
    back = probe_of(walk)
    assert back.leads_back()
    assert [step.kind for step, _ in back.taken] == [
        "open", "sign-out", "open", "open", "sign-in", "open", "open", "hour", "open", "open"
    ]  # fmt: skip
    assert probe.failure == back.failure == ""


def test_a_page_that_offers_no_sign_in_fails_it():
    walk = Walk(with_faults(WORLDS["sealed"])).signed_in().take("hour")
    walk.state = walk.state._replace(up=False)  # for good, as no state that a search meets
    probe = probe_of(walk)
    assert not probe.signs_in()
    assert probe.failure == "the page (unavailable) offers no sign-in"


def test_each_of_two_people_is_probed_for():
    """Bob's leftovers keep bob out, and not alice."""
    world = replace(bare(WORLDS["stock"]), people=2)
    walk = Walk(world).signed_in("bob").take("hour").opened()
    properties = walk.universe.properties
    failing = properties.probe(walk.state, "P1")
    assert failing.failure
    assert {step.kind for step, _ in failing.taken} >= {"open"}
    fine = Walk(replace(ONE_SCOPE, people=2)).signed_in("bob")
    probe = fine.universe.properties.probe(fine.state, "P1")
    assert probe.failure == ""
    assert dict(probe.taken[-2][0].arguments)["user"] == "bob"


def test_of_twins_script_is_seen_with_the_one_that_it_reads():
    """js-cookie takes the first; hardtack.js the one that its mark names."""
    stock, ours = Walk(bare(WORLDS["stock"])).signed_in(), Walk(bare(WORLDS["shield-js"])).signed_in()
    for walk, sign_in in ((stock, "origin9"), (ours, "origin1")):
        older = mint("alice", "origin9", 1, refresh=1, issued_at=BEGINNING + 9, auth_time=BEGINNING)
        name = AmplifyNames(CLIENT_ID).wire_name("alice", "accessToken")
        (mine,) = [cookie for cookie in walk.state.jar if cookie.name == name]
        first = f"{name}={older.access_token}; Path=/; Secure"
        scope = "; Domain=example.com" if mine.scope.domain else ""
        lines = (f"{name}=; Path=/; Max-Age=0{scope}", first + ("" if scope else "; Domain=example.com"))
        again = f"{name}={mine.value}; Path=/; Secure{scope}"
        jars = walk.universe.jars
        jar = jars.store(walk.state.jar, "https://app.example.com/", (*lines, again), walk.state.now)
        client, _ = walk.universe.properties.looking.at(walk.state._replace(jar=jar))
        assert (client.user, client.sign_in) == ("alice", sign_in)
