"""The same input makes the same steps, whatever the history: that is what lets a search hold running script as data."""

from __future__ import annotations

import dataclasses
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.explore.script import BEGIN, Ask, Done, Go, Memory, Pool, ScriptHost, failed, replied
from support.scripted import HOST_ONLY, PARENT, REFUSED, START, Browser, Tab, with_hardtack

SITES = [
    HOST_ONLY,
    dataclasses.replace(PARENT, listener="sign-out"),
    dataclasses.replace(PARENT, listener="reload"),
    dataclasses.replace(HOST_ONLY, release="6.6.6", listener="sign-out"),
    with_hardtack(),
    with_hardtack(domain=None, owns_domain=True),
]
NAMES = ["load", "refresh", "look", "sign-in", "sign-out", "sign-out-everywhere"]
WAYS = ["well", "well", "well", "refused", "down", "server", "later"]
MOST = 40  # answers to one run

# One host that has seen everything, and one that sees each history for the first time.
KNOWING = ScriptHost()

histories = st.tuples(
    st.sampled_from(SITES),
    st.booleans(),  # rotation
    st.booleans(),  # torn
    st.lists(
        st.tuples(
            st.integers(0, 1),  # tab
            st.sampled_from(NAMES),
            st.sampled_from(["alice", "bob"]),
            st.lists(st.sampled_from(WAYS), max_size=6),
        ),
        min_size=1,
        max_size=4,
    ),
)


def answer(tab, way):
    """What comes to the gate: as it should be, or not."""
    browser = tab.browser
    if way == "later":
        browser.now += 4_000
    if way == "server" and browser.pool.live:
        browser.server_refresh(user=next(iter(browser.pool.live.values()))[0])
    if isinstance(tab.gate, Pool) and way in ("refused", "down"):
        return failed(REFUSED if way == "refused" else "NetworkError")
    if isinstance(tab.gate, Ask) and way == "down":
        return failed("NetworkError")
    if isinstance(tab.gate, Ask) and way == "refused":
        return replied(status=503)
    return None


def play(history, host):
    """A history in two tabs of a browser; each run with its memory, its segments and its steps, and the jar at last."""
    site, rotation, torn, doings = history
    browser = Browser(host=host)
    browser.pool.rotation = rotation
    tabs = [Tab(browser, site, tear=torn), Tab(browser, site, "/login", tear=torn)]
    played = []
    for at, name, user, ways in doings:
        tab = tabs[at]
        tab.begin(name, user if name == "sign-in" else "")
        left = list(ways)
        for _ in range(MOST):
            if isinstance(tab.gate, Done | Go):
                break
            tab.answer(answer(tab, left.pop(0) if left else "well"))
        else:
            raise AssertionError(f"{name} never ends")
        played.append((tab.run, tab.before, tuple(tab.segments), tuple(tab.steps)))
        browser.now += 1
    return site, torn, played, list(browser.jar), [tab.lines for tab in tabs]


@settings(max_examples=60, deadline=None)
@given(histories)
def test_a_history_plays_alike_in_a_host_that_knows_it_and_in_one_that_does_not(history):
    knowing, fresh = play(history, KNOWING), play(history, ScriptHost())
    assert knowing == fresh == play(history, KNOWING)


@settings(max_examples=30, deadline=None)
@given(histories)
def test_every_segment_can_be_made_again_from_those_before_it(history):
    site, torn, played, _, _ = play(history, KNOWING)
    host = ScriptHost()
    for run, before, segments, steps in played:
        for at, (segment, step) in enumerate(zip(segments, steps, strict=True)):
            readings = iter(segment.readings)
            again = host.advance(
                site,
                before,
                run,
                segments[:at],
                answer=segment.answer,
                now=segment.now,
                read=lambda readings=readings: next(readings),
                write=len,
                tear=torn,
            )
            assert again == step
            assert next(readings, None) is None


@settings(max_examples=30, deadline=None)
@given(histories)
def test_what_is_remembered_stays_the_same_when_nothing_is_done_with_it(history):
    """Put back into a page that then finds what it knows, it comes out as it went in."""
    site, _, played, _, _ = play(history, KNOWING)
    _, _, _, steps = played[-1]
    if not isinstance(steps[-1].gate, Done):
        return
    memory = steps[-1].memory
    browser = Browser(host=KNOWING)
    tab = Tab(browser, site, memory=memory)
    assert tab.do("look") == Done("UserUnAuthenticatedException")  # an empty jar
    assert tab.memory == memory


@settings(max_examples=30, deadline=None)
@given(histories)
def test_memory_is_canonical_json_or_nothing(history):
    site, _, played, _, _ = play(history, KNOWING)
    for _, before, _, steps in played:
        for memory in (before, *(step.memory for step in steps)):
            for text in (memory.page, memory.tab):
                assert text == "" or _sorted(json.loads(text)) == text
            assert memory.page == "" or site.kind == "hardtack.js"


def _sorted(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_a_page_of_stock_amplify_remembers_nothing():
    tab = Tab(Browser(host=KNOWING), HOST_ONLY)
    tab.do("sign-in", "alice")
    assert tab.memory == Memory()
    assert tab.segments[0].answer == BEGIN
    assert tab.segments[0].now == START
