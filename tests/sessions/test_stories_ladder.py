"""The recovery ladder: every loop ends, and nobody is put on it for pressing F5."""

from __future__ import annotations

import pytest

from hardtack.sessions import OutcomeKind, Page, Reason

BROWSERS = pytest.mark.parametrize("engine", ["chromium", "firefox"])


def dead_again(story) -> None:
    """A script of the front end keeps writing a dead set back."""
    story.plant("alice", story.dead, domain="example.test")


@pytest.fixture
def looping(tell):
    def make(**how):
        story = tell(**how)
        story.dead = story.pool.sign_in("alice")
        story.pool.revoke(story.dead)
        story.wait(3700)
        return story

    return make


@BROWSERS
def test_a_loop_ends_after_four_responses_and_the_landing(looping, engine):
    story = looping(engine=engine)
    pages = []
    for _ in range(8):
        dead_again(story)
        plan = story.visit("/account", script=True)
        pages.append(plan.page)
        story.wait(0.2)
        if plan.page is Page.GUIDANCE:
            break
    assert pages == [Page.SIGN_IN, Page.LAST_RESORT, Page.GUIDANCE]
    assert plan.outcome.kind is OutcomeKind.LOOPING
    assert plan.outcome.reason is Reason.LOOP
    assert plan.reference.startswith("HT-")
    assert story.told("loop.broken")[-1].reference == plan.reference


def test_the_last_resort_carries_no_set_cookie_since_it_would_swallow_it(looping):
    story = looping()
    for _ in range(2):
        dead_again(story)
        plan = story.visit("/account", script=True)
    assert plan.page is Page.LAST_RESORT
    assert plan.set_cookies == ()
    assert plan.ladder_token


def test_without_the_last_resort_guidance_comes_at_once(looping):
    story = looping(settings={"last_resort": False})
    pages = []
    for _ in range(2):
        dead_again(story)
        pages.append(story.visit("/account", script=True).page)
    assert pages == [Page.SIGN_IN, Page.GUIDANCE]


def test_a_person_who_presses_f5_climbs_nothing(looping):
    story = looping()
    for _ in range(6):
        dead_again(story)
        assert story.visit("/account", script=False).page is Page.SIGN_IN
    assert not story.told("loop.broken")


def test_two_recoveries_a_quarter_of_an_hour_apart_are_no_loop(looping):
    story = looping()
    for _ in range(3):
        dead_again(story)
        assert story.visit("/account", script=True).page is Page.SIGN_IN
        story.wait(1000)


def test_a_session_that_lasted_in_between_puts_the_ladder_away(looping):
    story = looping()
    dead_again(story)
    story.visit("/account", script=True)
    story.sign_in("alice")
    story.wait(90)
    story.visit("/")
    assert "__Host-hardtack-ladder" not in {cookie.name for cookie in story.jar}


def test_every_instance_sees_the_same_ladder(looping):
    story = looping()
    servers = [story.server, story.start_server(), story.start_server()]
    pages = []
    for server in servers:
        dead_again(story)
        pages.append(story.visit("/account", script=True, server=server).page)
    assert pages == [Page.SIGN_IN, Page.LAST_RESORT, Page.GUIDANCE]


def test_a_session_that_keeps_changing_under_script_is_stopped_without_being_lost(tell):
    """Two tabs of a front end refresh against each other: the page reloads for ever, though everything is alive."""
    story = tell()
    tokens = story.sign_in("alice")
    story.settle()
    pages = []
    for _ in range(6):
        story.wait(1)
        tokens = story.pool.mint.refreshed(tokens, at=int(story.pool.now))
        story.plant("alice", tokens, domain="example.test", suffixes=("accessToken", "idToken"))
        plan = story.visit("/", script=True)
        pages.append(plan.page)
        assert plan.session is not None
    assert pages[:4] == [None, None, None, Page.GUIDANCE]


def test_an_hourly_refresh_by_the_front_end_is_no_loop(tell):
    story = tell()
    tokens = story.sign_in("alice")
    story.settle()
    for _ in range(6):
        story.wait(3000)
        tokens = story.pool.mint.refreshed(tokens, at=int(story.pool.now))
        story.plant("alice", tokens, domain="example.test", suffixes=("accessToken", "idToken"))
        assert story.visit("/", script=True).page is None


def test_a_dead_cookie_that_nobody_can_sweep_disturbs_no_one_who_browses(looping):
    """It lies on a parent domain that is not ours. Script-driven navigations minutes apart go on as ever."""
    story = looping(policy={"domain": None, "owns_domain": False})
    dead_again(story)
    story.settle()
    for _ in range(10):
        story.wait(30)
        assert story.visit("/", script=True).page in (None, Page.SIGN_IN)
    assert not story.told("loop.broken")


def test_a_dead_cookie_that_nobody_can_sweep_still_ends_a_loop(looping):
    story = looping(policy={"domain": None, "owns_domain": False})
    dead_again(story)
    pages = []
    for _ in range(6):
        story.wait(0.2)
        dead_again(story)
        pages.append(story.visit("/", script=True).page)
        if pages[-1] is Page.GUIDANCE:
            break
    assert pages[-1] is Page.GUIDANCE
    assert len(pages) <= 4


def test_a_fetch_never_climbs_and_is_never_shown_a_page(looping):
    from hardtack.sessions import RequestKind

    story = looping()
    for _ in range(6):
        dead_again(story)
        plan = story.visit("/api", script=True, kind=RequestKind.FETCH)
        assert plan.page is None
        assert plan.set_cookies == ()


def test_an_old_or_forged_step_in_the_url_is_not_believed(looping):
    story = looping()
    for _ in range(2):
        dead_again(story)
        plan = story.visit("/account", script=True)
    ladders = story.server.core.engine.ladders
    assert ladders.from_token(plan.ladder_token, now=story.pool.now) is not None
    assert ladders.from_token(plan.ladder_token, now=story.pool.now + 400) is None
    assert ladders.from_token(plan.ladder_token[:-2] + "AA", now=story.pool.now) is None
    assert ladders.from_token("", now=story.pool.now) is None


def test_a_sign_in_that_took_its_time_is_no_session_that_lasted(looping):
    """A minute at the password prompt must not put the ladder away, or a script that kills sessions loops for ever."""
    story = looping()
    dead_again(story)
    assert story.visit("/account", script=True).page is Page.SIGN_IN
    story.wait(90)
    tokens = story.sign_in("alice")
    story.visit("/")
    story.pool.revoke(tokens)
    story.wait(5)
    assert "__Host-hardtack-ladder" in {cookie.name for cookie in story.jar}
