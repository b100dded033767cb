"""Histories that the explorer found against the library and the shield, kept as they were."""

from __future__ import annotations

import pytest

from hardtack.explore.narrating import Narrator
from hardtack.explore.presets import PRESETS
from hardtack.explore.steps import Step
from support.explorer_worlds import Walk


def step(kind, **arguments):
    return Step(kind, tuple(arguments.items()))


TWO_TABS = [
    step("open", tab=0),
    step("open", tab=1),
    step("sign-in", tab=0, user="alice"),
    step("arrive", flight=0),
]
"""Two tabs, in the first of which somebody has signed in."""

LATE_REFRESH = [
    *TWO_TABS,
    step("hour"),
    step("open", tab=0),
    step("answer-server", flight=0),
    step("sign-in", tab=1, user="alice"),
    step("arrive", flight=1),
    step("arrive", flight=0),
]
"""A refresh of the first sign-in is answered after the second sign-in."""

LATE_REFRESH_AFTER_A_RELEASE = [
    *TWO_TABS,
    step("hour"),
    step("fetch", tab=0, context=1),
    step("deploy"),
    step("answer-server", flight=0),
    step("sign-in", tab=1, user="alice"),
    step("arrive", flight=1),
    step("arrive", flight=0),
    step("open", tab=0),
    step("arrive", flight=0),
    step("hour"),
]
"""The same in the background, and a release between: the late answer's refresh token stood beside the newer set."""

LATE_LOOK_AFTER_A_RELEASE = [
    *TWO_TABS,
    step("sign-in", tab=1, user="alice"),
    step("deploy"),
    step("open", tab=0),
    step("arrive", flight=0),
    step("arrive", flight=1),
    step("open", tab=1),
    step("open", tab=1),
    step("arrive", flight=0),
]
"""The first sign-in's set comes late into the new scope, and after it a pair that told of the second one's."""

LATE_DELETIONS = [
    step("deploy"),
    step("open", tab=0),
    step("sign-in", tab=0, user="alice"),
    step("arrive", flight=0),
    step("sign-out", tab=0),
    step("arrive", flight=0),
    step("sign-in", tab=0, user="alice"),
    step("arrive", flight=0),
    step("hour"),
    step("sign-out-everywhere", tab=0),
    step("answer-server", flight=0),
    step("open", tab=1),
    step("arrive", flight=0),
    step("sign-in", tab=0, user="alice"),
    step("arrive", flight=1),
    step("arrive", flight=0),
    step("arrive", flight=0),
    step("hour"),
]
"""Deletions for a session that was over come after the next sign-in, and take all of its set but the access token."""

SIGN_IN_OF_A_PAGE_THAT_LEAVES = [
    step("open", tab=0),
    step("sign-in", tab=0, user="alice"),
    step("answer-tab", tab=0),
    step("hour"),
    step("sign-out", tab=0, pool="unreachable"),
    step("open", tab=1, pool="unreachable"),
    step("sign-in", tab=1, user="alice"),
    step("answer-tab", tab=0, pool="unreachable"),
    step("sign-in", tab=0, user="alice"),
    step("answer-server", flight=0),
    step("answer-tab", tab=0),
    step("open", tab=0),
    step("answer-tab", tab=1, gate="SignIn"),
    step("arrive", flight=0),
    step("arrive", flight=0),
]
"""The second tab's page is about to leave when its sign-in is done: the server is told of it all the same."""


SWEEP_AFTER_A_SIGN_IN = [
    step("open", tab=0),
    step("open", tab=1),
    step("sign-in", tab=0, user="alice"),
    step("sign-in", tab=1, user="alice"),
    step("answer-tab", tab=1),
    step("deploy"),
    step("answer-tab", tab=0),
    step("hour"),
    step("sign-out", tab=0),
    step("look", tab=1),
    step("answer-tab", tab=0),
    step("answer-server", flight=0),
    step("sign-in", tab=0, user="alice"),
    step("answer-tab", tab=0),
    step("arrive", flight=0),
]
"""The sweep that the second tab asked for comes late, into the scope in which a page of the last release signed in."""

PAGE_OF_THE_LAST_RELEASE = [
    step("open", tab=0),
    step("deploy"),
    step("sign-in", tab=0, user="alice"),
    step("answer-tab", tab=0),
    *(
        taken
        for leaves in (("sign-out-everywhere", {}), ("sign-out", {}))
        for taken in (
            step("hour"),
            step("fetch", tab=0, context=1),
            step(leaves[0], tab=0),
            step("answer-tab", tab=0),
            step("answer-server", flight=0),
            step("sign-in", tab=0, user="alice"),
            step("answer-tab", tab=0),
            step("arrive", flight=0),
        )
    ),
    step("hour"),
    step("fetch", tab=0, context=1),
    step("answer-server", flight=0),
    step("sign-out-everywhere", tab=0, pool="unreachable"),
    step("answer-tab", tab=0, pool="unreachable"),
    step("sign-in", tab=0, user="alice"),
    step("answer-tab", tab=0),
    step("arrive", flight=0),
    step("hour"),
    step("open", tab=0),
    step("answer-server", flight=0),
    step("arrive", flight=0),
]
"""A page writes where the last release said. The shield took that for a misconfiguration after three times, and
wrote nowhere what it had just got for the fourth session."""

LATER_OF_TWO_SIGN_INS = [
    *SIGN_IN_OF_A_PAGE_THAT_LEAVES[:4],
    step("open", tab=1, pool="unreachable"),
    step("sign-out-everywhere", tab=0, pool="unreachable"),
    step("sign-in", tab=1, user="alice"),
    step("answer-tab", tab=0, pool="unreachable"),
    step("sign-in", tab=0, user="alice", pool="unreachable"),
    step("answer-server", flight=0),
    step("answer-tab", tab=0),
    step("answer-tab", tab=0),
    step("open", tab=0),
    step("answer-tab", tab=1, gate="SignIn"),
    step("arrive", flight=0),
    step("sign-out-everywhere", tab=1, pool="unreachable"),
    step("answer-tab", tab=1, pool="unreachable"),
    step("arrive", flight=0),
]
"""The earlier of two sign-ins was written last, and signed out; the later one came back with a page that was late."""


TWO_SIGN_INS_AFTER_A_SIGN_OUT = [
    step("open", tab=0),
    step("sign-in", tab=0, user="alice"),
    step("deploy"),
    step("open", tab=1),
    step("answer-tab", tab=0),
    step("hour"),
    step("sign-out", tab=0),
    step("sign-in", tab=1, user="alice"),
    step("answer-tab", tab=0),
    step("sign-in", tab=0, user="alice", pool="unreachable"),
    step("answer-server", flight=0),
    step("answer-tab", tab=0),
    step("answer-tab", tab=0),
]
"""The second tab's sign-in was granted before the first one's, and is not written yet; on its way is the sweep that the
second tab asked for, into the scope in which the first tab's page, of the last release, has just written."""

SET_GIVEN_BACK_LATE = [
    *TWO_SIGN_INS_AFTER_A_SIGN_OUT,
    step("arrive", flight=0),
    step("answer-tab", tab=1, gate="SignIn"),
    step("sign-out-everywhere", tab=0),
    step("answer-tab", tab=0),
    step("arrive", flight=0),
    step("open", tab=0),
]
"""The sweep took the later set, which the server was giving back; the earlier one, written meanwhile, had its mark, so
that the sign-out which followed said nothing of the later one."""

LATER_SET_MOVED_BY_A_LATE_PAGE = [
    *TWO_SIGN_INS_AFTER_A_SIGN_OUT,
    step("open", tab=0),
    step("answer-tab", tab=1, gate="SignIn"),
    step("arrive", flight=0),
    step("arrive", flight=0),
]
"""The earlier sign-in was written last, and a page that was asked for before takes it away again: the server had not
believed what it was told of it, since the mark's time is the later one's."""

SIGNED_OUT_BEFORE_AN_EARLIER_SIGN_IN = [
    *TWO_SIGN_INS_AFTER_A_SIGN_OUT,
    step("sign-out-everywhere", tab=0),
    step("arrive", flight=0),
    step("answer-tab", tab=0),
    step("answer-tab", tab=1, gate="SignIn"),
    step("arrive", flight=0),
    step("open", tab=0),
]
"""The same, signed out of before the earlier sign-in was written: its mark took the place of the sign-out's."""


@pytest.mark.parametrize(
    ("preset", "history"),
    [
        ("shield-that-refreshes", SIGN_IN_OF_A_PAGE_THAT_LEAVES),
        ("shield-that-refreshes", SWEEP_AFTER_A_SIGN_IN),
        ("shield-that-refreshes", PAGE_OF_THE_LAST_RELEASE),
        ("library-sealed", LATE_REFRESH),
        ("library-amplify", LATE_REFRESH),
        ("library-amplify", LATE_REFRESH_AFTER_A_RELEASE),
        ("library-amplify", LATE_LOOK_AFTER_A_RELEASE),
        ("library-amplify", LATE_DELETIONS),
    ],
)
def test_whoever_signed_in_last_is_still_signed_in(preset, history):
    trace = Narrator(PRESETS[preset].world).walk(history)
    assert [moment.kind for moment in trace.moments[1:]] == [taken.kind for taken in history]
    assert trace.moments[-1].server == "alice"


@pytest.mark.parametrize("history", [LATER_OF_TWO_SIGN_INS, SET_GIVEN_BACK_LATE])
def test_whoever_signed_out_is_signed_out_of_both_sign_ins(history):
    trace = Narrator(PRESETS["shield-that-refreshes"].world).walk(history)
    assert [moment.kind for moment in trace.moments[1:]] == [taken.kind for taken in history]
    assert (trace.moments[-1].server, trace.moments[-1].client) == ("", "")


@pytest.mark.parametrize(
    "history", [SET_GIVEN_BACK_LATE, LATER_SET_MOVED_BY_A_LATE_PAGE, SIGNED_OUT_BEFORE_AN_EARLIER_SIGN_IN]
)
def test_what_was_found_breaks_nothing_any_more(history):
    walk = Walk(PRESETS["shield-that-refreshes"].world)
    for taken in history:
        walk.take(taken.kind, **dict(taken.arguments))
    walk.rest().take("open", tab=0).rest()
    assert walk.state.settled
    assert walk.universe.properties.broken_by(walk.state) == ()
