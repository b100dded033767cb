"""The pool refuses, is slow, is down, loses answers; the keys can't be had; the clock is wrong."""

from __future__ import annotations

import pytest

from hardtack.cognito import CognitoUnavailable
from hardtack.cognito import Reason as PoolReason
from hardtack.sessions import OutcomeKind, Reason, RequestKind

STORAGES = pytest.mark.parametrize("storage", ["amplify", "sealed"])
OUTAGES = [PoolReason.TIMEOUT, PoolReason.POOL_ERROR, PoolReason.THROTTLED, PoolReason.CONNECTION, PoolReason.MALFORMED]


@STORAGES
def test_a_refused_refresh_ends_the_session_and_shows_sign_in(tell, storage):
    story = tell(storage=storage)
    tokens = story.sign_in("alice")
    story.settle()
    story.pool.revoke(tokens)
    story.wait(3700)
    plan = story.visit("/account")
    assert (plan.outcome.kind, plan.outcome.reason) == (OutcomeKind.REFUSED, Reason.REVOKED)
    story.settle()
    assert story.auth_cookies() == []


@STORAGES
@pytest.mark.parametrize("reason", OUTAGES)
def test_an_outage_clears_nothing_and_the_session_comes_back(tell, storage, reason):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    before = story.auth_cookies()
    story.wait(3700)
    story.pool.down(reason)
    for _ in range(3):
        plan = story.visit("/account", script=True)
        assert (plan.outcome.kind, plan.outcome.reason) == (OutcomeKind.UNAVAILABLE, Reason.POOL)
        assert plan.set_cookies == ()
        assert plan.page is None
    assert story.auth_cookies() == before
    story.pool.up()
    story.wait(2)
    assert story.visit("/account").outcome.kind is OutcomeKind.REFRESHED


@STORAGES
def test_while_the_access_token_lives_an_outage_is_not_even_noticed(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    story.wait(3600 - 30)
    story.pool.down()
    plan = story.visit("/")
    assert plan.outcome.kind is OutcomeKind.ACTIVE
    assert plan.session is not None


def test_a_crowd_does_not_queue_up_behind_a_pool_that_is_down(tell):
    story = tell()
    story.sign_in("alice")
    story.settle()
    story.wait(3700)
    story.pool.down()
    for _ in range(10):
        story.visit("/")
    assert story.pool.refreshes == 1


@STORAGES
def test_a_jwks_outage_is_not_a_sign_out(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    elsewhere = story.start_server()
    story.pool.keys_failing = True
    plan = story.visit("/account", server=elsewhere, script=True)
    assert (plan.outcome.kind, plan.outcome.reason) == (OutcomeKind.UNAVAILABLE, Reason.KEYS)
    assert plan.set_cookies == ()
    story.pool.keys_failing = False
    story.wait(61)
    assert story.visit("/account", server=elsewhere).outcome.kind is OutcomeKind.ACTIVE


@STORAGES
def test_rotated_signing_keys_are_fetched_and_the_session_goes_on(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    story.pool.mint.rotate(5)
    story.wait(3700)
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED


@STORAGES
def test_a_lost_answer_under_rotation_an_hour_ago_costs_no_session(tell, storage):
    """The browser never saw the successor; an hour later it comes back with what it has."""
    story = tell(storage=storage)
    story.pool.rotation = True
    story.sign_in("alice")
    story.settle()
    story.wait(3700)
    story.ask("/")  # the answer is lost on the way
    story.wait(3700)
    plan = story.visit("/")
    assert plan.outcome.kind is OutcomeKind.REFRESHED
    assert story.visit("/").outcome.kind is OutcomeKind.ACTIVE
    story.wait(3700)
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED


@STORAGES
def test_a_second_request_with_the_old_token_is_handed_the_successor(tell, storage):
    story = tell(storage=storage)
    story.pool.rotation = True
    story.sign_in("alice")
    story.settle()
    story.wait(3700)
    header = story.jar.cookie_header(story.url("/"))
    first = story.visit("/")
    second = story.ask("/api", header=header, kind=RequestKind.FETCH)
    assert second.outcome.kind is OutcomeKind.REFRESHED
    assert second.session.claims.jti == first.session.claims.jti
    assert story.pool.refreshes == 1
    assert story.told("session.handed")


@STORAGES
def test_an_older_answer_that_arrives_after_a_newer_one_costs_no_session(tell, storage):
    """Two refreshes of a session in flight; the later written is the older. The next page still has the session."""
    story = tell(storage=storage)
    story.pool.rotation = True
    story.sign_in("alice")
    story.settle()
    story.wait(3700)
    late = story.ask("/")
    story.receive(late)
    story.visit("/")
    story.wait(3700)
    story.visit("/")
    story.receive(late)  # a proxy's retry, a slow tab: the older set lands last
    story.wait(5)
    plan = story.visit("/")
    assert plan.session is not None
    assert story.visit("/").session is not None


@STORAGES
def test_a_refresh_answered_after_the_sign_out_raises_nobody(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    story.wait(3700)
    late = story.ask("/slow")
    story.sign_out()
    story.receive(late)
    for path in ("/", "/account"):
        plan = story.visit(path)
        assert plan.session is None
    story.settle()
    assert story.auth_cookies() == []


@STORAGES
def test_a_sign_out_during_the_refresh_lets_the_answer_fall(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    story.wait(3700)
    elsewhere = story.start_server(store=story.server.core.desk._store)
    header = story.jar.cookie_header(story.url("/"))

    def sign_out_meanwhile():
        story.pool.during_refresh = lambda: None
        session_key = story.server.core.engine.marks.read(
            elsewhere.core.request(kind=RequestKind.FETCH, host="x", cookies=header.encode()).cookies
        ).binding.session_key
        call = elsewhere.core.desk.end_session(session_key, now=story.pool.now)
        call.call()

    story.pool.during_refresh = sign_out_meanwhile
    plan = story.ask("/", header=header)
    assert plan.session is None


@STORAGES
@pytest.mark.parametrize("hours", [-5, -2, 2, 5])
def test_a_server_clock_that_is_hours_off_does_not_refresh_for_ever(tell, storage, hours):
    story = tell(storage=storage)
    story.clock_error = hours * 3600
    story.sign_in("alice")
    story.settle()
    for _ in range(5):
        story.wait(60)
        assert story.visit("/").session is not None
    assert story.pool.refreshes <= 1
    story.wait(3700)
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_server_clock_that_is_wrong_from_the_start_learns_the_pools_time(tell, hours):
    story = tell()
    story.plant("alice", story.pool.sign_in("alice"), domain="example.test")
    story.clock_error = hours * 3600
    story.visit("/")
    for _ in range(4):
        story.wait(20)
        assert story.visit("/").session is not None
    assert story.pool.refreshes <= 1
    assert story.told("clock.skewed")


@STORAGES
def test_a_browser_whose_clock_is_wrong_changes_nothing(tell, storage):
    """`clockDrift` is the browser's own; a server that applied it would let tokens live or die by hours."""
    story = tell(storage=storage)
    tokens = story.sign_in("alice")
    story.plant("alice", tokens, domain="example.test", suffixes=("clockDrift",), values={"clockDrift": "NaN"})
    story.settle()
    story.wait(3700)
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED


@STORAGES
def test_signing_out_with_a_dead_network_clears_all_the_same(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    story.pool.down()
    story.sign_out()
    assert story.revoked_at_pool is False
    assert story.auth_cookies() == []
    story.pool.up()
    assert story.visit("/").session is None


def test_signing_out_garbage_clears_all_the_same(tell):
    story = tell()
    story.plant("alice", None, values=dict.fromkeys(("accessToken", "idToken", "refreshToken"), "garbage"))
    story.sign_out()
    story.settle()
    assert story.auth_cookies() == []


def test_signing_out_revokes_every_distinct_refresh_token_shown(tell):
    story = tell()
    here = story.sign_in("alice")
    other = story.pool.sign_in("alice")
    story.plant("alice", other, domain="app.example.test")
    story.sign_out()
    assert set(story.pool.revocations) == {here.refresh_token, other.refresh_token}


def test_a_misconfigured_app_client_signs_nobody_out(tell):
    story = tell()
    story.sign_in("alice")
    story.settle()
    story.wait(3700)
    story.pool.failing = lambda: CognitoUnavailable("GetTokensFromRefreshToken", PoolReason.MISCONFIGURED)
    assert story.visit("/").outcome.kind is OutcomeKind.UNAVAILABLE


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_server_clock_that_is_put_right_again_serves_no_ended_token(tell, hours):
    """The plan of an unchanged header was remembered, and the pool's time learnt, by a clock that was wrong."""
    story = tell()
    story.sign_in("alice")
    story.settle()
    story.clock_error = hours * 3600
    story.visit("/")
    story.wait(3700)
    story.visit("/")
    story.clock_error = 0.0
    for _ in range(3):
        story.wait(1900)
        session = story.visit("/").session
        assert session is not None
        assert session.expires_at > story.pool.now
