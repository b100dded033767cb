"""Answers that arrive after something else has happened in the browser."""

from __future__ import annotations

import pytest

from hardtack.sessions import Reason, RequestKind

SHARED = {"front_end_signs_in": True}


def unbound(tell, **how):
    """A session from before Hardtack; the first page that shows it is under way."""
    story = tell(**how)
    story.plant("alice", story.pool.sign_in("alice"), domain="example.test")
    return story, story.ask("/slow")


def test_a_session_taken_over_by_an_answer_after_the_sign_out_stays_signed_out(tell):
    story, late = unbound(tell)
    story.sign_out()
    story.receive(late)
    plan = story.visit("/")
    assert (plan.session, plan.outcome.reason) == (None, Reason.SIGNED_OUT)
    story.settle()
    assert story.auth_cookies() == []


@pytest.mark.parametrize("settings", [{}, SHARED])
def test_a_session_taken_over_by_an_answer_after_another_persons_sign_in_is_left_aside(tell, settings):
    story, late = unbound(tell, policy={"http_only": False}, settings=settings)
    story.sign_out()
    story.sign_in("bob")
    story.receive(late)
    for path in ("/", "/account"):
        assert story.visit(path).session.username == "bob"


def test_a_front_ends_new_sign_in_taken_over_late_does_not_undo_the_sign_out(tell):
    story = tell(policy={"http_only": False}, settings=SHARED)
    story.sign_in("alice")
    story.settle()
    story.wait(600)
    story.plant("alice", story.pool.sign_in("alice"), domain="example.test")
    late = story.ask("/slow")
    assert story.told("session.adopted")
    story.sign_out()
    story.receive(late)
    assert story.visit("/").session is None


def test_a_front_ends_sign_in_after_the_sign_out_is_taken_over_and_stays(tell):
    story = tell(policy={"http_only": False}, settings=SHARED)
    story.sign_in("alice")
    story.sign_out()
    story.settle()
    story.wait(60)
    tokens = story.pool.sign_in("bob")
    story.plant("bob", tokens, domain="example.test")
    story.settle()
    story.plant("alice", story.pool.sign_in("alice"))
    assert story.visit("/").session.claims.session_key == story.pool.origin(tokens)


def test_a_second_tab_that_finds_the_session_dead_too_does_not_end_the_one_just_restored(tell):
    """Both tabs saw the refresh fail; one has signed in again before the other asks."""
    story = tell()
    dead = story.sign_in("alice")
    story.settle()
    story.pool.revoke(dead)
    story.wait(3_700)
    assert story.visit("/", script=True).session is None
    fresh = story.sign_in("alice")
    for kind in (RequestKind.NAVIGATION, RequestKind.FETCH, RequestKind.NAVIGATION):
        assert story.visit("/", kind=kind, script=True).session.claims.session_key == story.pool.origin(fresh)
