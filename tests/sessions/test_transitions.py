"""The table of transitions: complete, without a row that nothing can reach, and drawn as it is."""

from __future__ import annotations

import re

import pytest

from hardtack.sessions import TRANSITIONS, OutcomeKind, RequestKind
from hardtack.sessions.kinds import POWERS
from hardtack.sessions.outcomes import Page
from hardtack.sessions.transitions import ASKS, SHIELD_TRANSITIONS, Answer, Cookies, Finding, mermaid
from support.story import Story

MAY_BE_ASKED = {*ASKS, Finding.FRESH}


def test_every_finding_has_a_move_for_every_answer_that_it_can_get():
    expected = {(finding, Answer.NOT_ASKED) for finding in Finding}
    expected |= {(finding, answer) for finding in MAY_BE_ASKED for answer in Answer}
    assert set(TRANSITIONS) == expected


def test_an_unavailable_pool_or_key_set_ends_nothing():
    for (finding, answer), move in TRANSITIONS.items():
        if answer is Answer.UNAVAILABLE or finding is Finding.UNJUDGED:
            assert move.cookies in (Cookies.KEEP, Cookies.MEND)
            assert not move.climbs


def test_before_a_site_that_refreshes_by_itself_only_what_it_does_by_itself_differs():
    assert set(SHIELD_TRANSITIONS) == set(TRANSITIONS)
    differing = {row for row, move in SHIELD_TRANSITIONS.items() if move != TRANSITIONS[row]}
    assert {finding for finding, _ in differing} == {Finding.AGEING, Finding.EXPIRED}
    for row in differing:
        assert SHIELD_TRANSITIONS[row].cookies is Cookies.MEND
        assert SHIELD_TRANSITIONS[row].outcome is TRANSITIONS[row].outcome


def test_only_a_refused_session_climbs_and_only_a_served_one_is_kept():
    for move in TRANSITIONS.values():
        assert move.climbs == (move.outcome is OutcomeKind.REFUSED)
        if move.cookies in (Cookies.MEND, Cookies.WRITE):
            assert move.outcome in (OutcomeKind.ACTIVE, OutcomeKind.REFRESHED)
        if move.cookies is Cookies.CLEAR:
            assert move.outcome in (OutcomeKind.REFUSED, OutcomeKind.ANONYMOUS)


# -- every row, reached by a browser --------------------------------------------------------------------------------


def signed_in(story: Story) -> None:
    story.sign_in("alice")
    story.settle()


def expired(story: Story) -> None:
    signed_in(story)
    story.wait(3_700)


def ageing(story: Story) -> None:
    signed_in(story)
    story.wait(3_570)


def revoked(story: Story) -> None:
    for tokens in list(story.pool.sessions.values()):
        story.pool.revoke(tokens)


def two_refresh_tokens(story: Story) -> None:
    """Both look alike, and no pair says which is the live one."""
    live = story.pool.sign_in("alice")
    story.plant("alice", live, domain="example.test")
    story.plant("alice", live, suffixes=("refreshToken",), values={"refreshToken": story.pool.mint.refresh_token()})
    story.server.core.keys.replace(story.pool.mint.jwks())


def lone(story: Story) -> None:
    signed_in(story)
    for suffix in ("accessToken", "idToken"):
        name = story.names.wire_name("alice", suffix)
        line = f"{name}=; Domain=example.test; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
        story.jar.store_response(story.url(), [line])


def rivals(story: Story) -> None:
    story.plant("alice", story.pool.sign_in("alice"), domain="example.test")
    story.plant("bob", story.pool.sign_in("bob"))


def ended(story: Story) -> None:
    signed_in(story)
    late = story.pool.sessions[next(iter(story.pool.sessions))]
    story.sign_out()
    story.plant("alice", late, domain="example.test")


def unjudged(story: Story) -> None:
    story.plant("alice", story.pool.sign_in("alice"), domain="example.test")
    story.pool.keys_failing = True


def dead(story: Story) -> None:
    story.plant("alice", None, values=dict.fromkeys(("accessToken", "idToken", "refreshToken"), "garbage"))


def leftover(story: Story) -> None:
    story.plant("alice", None, suffixes=("LastAuthUser", "clockDrift"))


def nothing(story: Story) -> None:
    pass


def and_then(setting, fault):
    def both(story: Story) -> None:
        setting(story)
        fault(story)

    both.__name__ = f"{setting.__name__}, {fault.__name__}"
    return both


def down(story: Story) -> None:
    story.pool.down()


PREFETCH = RequestKind.PREFETCH
ROWS = {
    (Finding.NOTHING, Answer.NOT_ASKED): (nothing, RequestKind.NAVIGATION),
    (Finding.FRESH, Answer.NOT_ASKED): (signed_in, RequestKind.NAVIGATION),
    (Finding.FRESH, Answer.REFRESHED): (two_refresh_tokens, RequestKind.NAVIGATION),
    (Finding.FRESH, Answer.REFUSED): (and_then(two_refresh_tokens, revoked), RequestKind.NAVIGATION),
    (Finding.FRESH, Answer.UNAVAILABLE): (and_then(two_refresh_tokens, down), RequestKind.NAVIGATION),
    (Finding.AGEING, Answer.NOT_ASKED): (ageing, PREFETCH),
    (Finding.AGEING, Answer.REFRESHED): (ageing, RequestKind.FETCH),
    (Finding.AGEING, Answer.REFUSED): (and_then(ageing, revoked), RequestKind.NAVIGATION),
    (Finding.AGEING, Answer.UNAVAILABLE): (and_then(ageing, down), RequestKind.NAVIGATION),
    (Finding.EXPIRED, Answer.NOT_ASKED): (expired, PREFETCH),
    (Finding.EXPIRED, Answer.REFRESHED): (expired, RequestKind.NAVIGATION),
    (Finding.EXPIRED, Answer.REFUSED): (and_then(expired, revoked), RequestKind.NAVIGATION),
    (Finding.EXPIRED, Answer.UNAVAILABLE): (and_then(expired, down), RequestKind.NAVIGATION),
    (Finding.LEFTOVER, Answer.NOT_ASKED): (leftover, RequestKind.NAVIGATION),
    (Finding.LONE, Answer.NOT_ASKED): (lone, PREFETCH),
    (Finding.LONE, Answer.REFRESHED): (lone, RequestKind.NAVIGATION),
    (Finding.LONE, Answer.REFUSED): (and_then(lone, revoked), RequestKind.NAVIGATION),
    (Finding.LONE, Answer.UNAVAILABLE): (and_then(lone, down), RequestKind.NAVIGATION),
    (Finding.RIVALS, Answer.NOT_ASKED): (rivals, RequestKind.NAVIGATION),
    (Finding.DEAD, Answer.NOT_ASKED): (dead, RequestKind.NAVIGATION),
    (Finding.ENDED, Answer.NOT_ASKED): (ended, RequestKind.NAVIGATION),
    (Finding.UNJUDGED, Answer.NOT_ASKED): (unjudged, RequestKind.NAVIGATION),
}


def test_every_row_has_its_story():
    assert set(ROWS) == set(TRANSITIONS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}, {row[1]}")
def test_a_browser_reaches_the_row_and_gets_what_it_says(tell, monkeypatch, row):
    story = tell()
    setting, kind = ROWS[row]
    setting(story)
    looked_up = []

    class Watched(dict):
        def __getitem__(self, key):
            looked_up.append(key)
            return super().__getitem__(key)

    monkeypatch.setattr(story.server.core.engine, "_table", Watched(TRANSITIONS))
    story.server.core.memory.forget()
    plan = story.visit("/", kind=kind)
    move = TRANSITIONS[row]
    assert looked_up == [row]
    assert plan.outcome.kind is move.outcome
    assert (plan.session is not None) == (move.outcome in (OutcomeKind.ACTIVE, OutcomeKind.REFRESHED))
    if move.cookies is Cookies.KEEP:
        assert plan.set_cookies == ()
    if move.cookies is Cookies.CLEAR and POWERS[kind].heal:
        assert any(line.is_deletion for line in plan.set_cookies)
    if move.climbs and POWERS[kind].heal:
        assert plan.page is Page.SIGN_IN


# -- the picture ----------------------------------------------------------------------------------------------------


def test_the_diagram_shows_every_finding_every_outcome_and_every_move():
    lines = mermaid().splitlines()
    assert lines[0] == "flowchart LR"
    nodes = [line for line in lines[1:] if "--" not in line]
    arrows = [line for line in lines[1:] if "--" in line]
    declared = {re.match(r" {4}(\w+)[(\[]", line)[1] for line in nodes}
    assert {finding.name for finding in Finding} <= declared
    assert len(arrows) == len(TRANSITIONS)
    for arrow in arrows:
        parts = re.fullmatch(r' {4}(\w+) -- "([a-z:, ]+)" --> (\w+)', arrow)
        assert parts, arrow
        assert {parts[1], parts[3]} <= declared


def test_the_diagram_says_what_the_pool_said_and_whether_the_ladder_is_climbed():
    drawn = mermaid()
    assert '    EXPIRED -- "refused: clear, climb" --> out_refused\n' in drawn
    assert '    ENDED -- "clear" --> out_anonymous\n' in drawn
    assert "looping" not in drawn
