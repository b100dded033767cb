"""Healing: that it ends, that it begins again when it should, and what a response carries, line by line."""

from __future__ import annotations

import itertools
import random

import pytest

from hardtack.cookies import CookiePolicy, CookieScope
from hardtack.sessions import OutcomeKind, Page, Reason, RequestKind
from hardtack.tokens import TokenSet
from support.minting import NOW, read_claims
from support.story import HOST

SHARED = {"domain": None, "owns_domain": False}
"""A policy that may touch nothing on the parent domain."""


def unreachable(tell, *paths: str):
    """Twins of a signed-in session on a parent domain that is somebody else's."""
    story = tell(policy=SHARED)
    story.sign_in("alice")
    for path in paths or ("/",):
        story.plant("alice", story.pool.sign_in("alice"), domain="example.test", path=path)
    return story


def browse(story, pages, *, seconds: float, visits: int) -> None:
    for path in itertools.islice(itertools.cycle(pages), visits):
        story.visit(path)
        story.wait(seconds)


# -- a sweep ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.3, 30, 300, 3_000])
@pytest.mark.parametrize("pages", [("/",), ("/", "/account"), ("/", "/account", "/account/deep", "/elsewhere")])
def test_twins_out_of_reach_are_left_however_a_person_browses(tell, seconds, pages):
    """Each page may show other twins, and none of them ever goes away."""
    story = unreachable(tell, *pages)
    browse(story, pages, seconds=seconds, visits=60)
    assert story.told("twins.left")
    swept = len(story.told("twins.swept"))
    browse(story, pages, seconds=seconds, visits=40)
    assert len(story.told("twins.swept")) == swept <= 20
    assert story.visit("/").session is not None


def test_what_is_left_is_told_once_and_not_at_every_page(tell):
    story = unreachable(tell, "/", "/account")
    browse(story, ("/", "/account"), seconds=30, visits=60)
    assert len(story.told("twins.left")) <= 4


def test_twins_are_not_left_before_they_were_swept(tell):
    story = tell(policy={"sweep_budget": 1_000})
    story.sign_in("alice")
    story.settle()
    for path in ("/", "/account", "/account/deep"):
        story.plant("alice", story.pool.sign_in("alice"), path=path)
    story.settle("/account/deep", most=60)
    assert story.scopes() == {".example.test /"}
    assert not story.told("twins.left")


def test_a_refresh_token_that_only_one_page_shows_is_not_taken_for_the_sessions_own(tell):
    """The session's own is gone; else its pair would be written anew at every step between two pages."""
    story = tell()
    tokens = story.pool.sign_in("alice")
    dead = {"refreshToken": story.pool.mint.refresh_token()}
    story.plant("alice", None, path="/account", suffixes=("refreshToken",), values=dead)
    story.plant("alice", tokens, domain="example.test", suffixes=("LastAuthUser", "accessToken", "idToken"))
    browse(story, ("/", "/account"), seconds=1, visits=10)
    assert [story.visit(path).set_cookies for path in ("/", "/account", "/", "/account")] == [()] * 4


def test_a_session_that_shows_itself_again_after_its_sweep_is_put_in_its_place_and_is_no_loop(tell):
    """The front end had refreshed it just before it was revoked, and wrote it where it writes."""
    story = tell()
    tokens = story.sign_in("alice")
    story.settle()
    story.wait(3_700)
    refreshed = story.pool.refresh(tokens.refresh_token)
    story.pool.revoke(tokens)
    assert story.visit("/").outcome.reason is Reason.REVOKED
    story.plant("alice", refreshed)
    plan = story.visit("/", script=True)
    assert (plan.outcome.kind, plan.page) == (OutcomeKind.ACTIVE, None)
    assert story.scopes() == {".example.test /"}
    assert "__Host-hardtack-ladder" not in {cookie.name for cookie in story.jar}


# -- and begins again -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arm", [{"legacy_scopes": (CookieScope("example.test"),)}, {"owns_domain": True}])
def test_a_release_with_a_longer_arm_sweeps_what_was_left(tell, arm):
    story = unreachable(tell)
    story.settle()
    assert story.scopes() == {"host-only /", ".example.test /"}
    story.cookie_policy = CookiePolicy(origins=(f"https://{HOST}",), **arm)
    story.server = story.start_server()
    story.settle()
    assert story.scopes() == {"host-only /"}


def test_a_sign_in_tries_anew_and_ends_too(tell):
    story = unreachable(tell)
    story.settle()
    assert story.visit("/").set_cookies == ()
    before = len(story.told("twins.swept"))
    story.sign_in("alice")
    assert len(story.told("twins.swept")) == before + 1
    assert story.settle() <= 4


def test_what_was_left_during_one_sign_in_is_swept_during_the_next(tell):
    """An older answer may have written it, and lies within reach."""
    story = tell(policy={"sweep_budget": 32_000})
    story.sign_in("alice")
    story.settle()
    for _ in range(7):
        story.plant("alice", story.pool.sign_in("alice"))
        story.visit("/")
    assert story.told("twins.left")
    assert len(story.scopes()) == 2
    story.wait(5)
    story.sign_in("alice")
    story.settle()
    story.plant("alice", story.pool.sign_in("alice"))
    story.visit("/")
    assert len(story.scopes()) == 1


def test_six_different_twins_in_a_row_are_swept_and_the_same_ones_only_twice(tell):
    """No page in between shows that they are gone, so that only what they hold tells them apart."""
    story = tell(policy={"sweep_budget": 32_000})
    story.sign_in("alice")
    story.settle()
    for _ in range(6):
        story.plant("alice", story.pool.sign_in("alice"))
        story.visit("/")
        assert len(story.scopes()) == 1
    story.visit("/")
    again = story.pool.sign_in("alice")
    for swept in (True, True, False):
        story.plant("alice", again)
        story.visit("/")
        assert (len(story.scopes()) == 1) == swept


@pytest.mark.parametrize("seconds", [100, 3_000])
def test_a_twin_that_came_back_while_nobody_looked_is_swept_again(tell, seconds):
    """A front end wrote it anew, an hour later: no page in between had shown that it was gone."""
    story = tell()
    story.sign_in("alice")
    story.settle()
    for _ in range(3):
        story.plant("alice", story.pool.sign_in("alice"))
        assert story.visit("/").session is not None
        assert story.scopes() == {".example.test /"}
        story.wait(seconds)


def test_a_look_from_a_page_below_counts_and_one_from_beside_does_not(tell):
    story = tell()
    story.sign_in("alice")
    story.settle()
    story.plant("alice", story.pool.sign_in("alice"), path="/account")
    story.settle("/account/")
    keeper = story.server.core.engine.marks

    def clean() -> bool:
        request = story._request("/")
        return keeper.read(request.cookies).pair.cursor == 0

    story.plant("alice", story.pool.sign_in("alice"), path="/account")
    story.visit("/account")
    story.visit("/elsewhere")
    assert not clean()
    story.visit("/account/deep/er")
    assert clean()


def test_a_plan_is_not_remembered_while_another_page_would_note_that_the_twins_are_gone(tell):
    story = tell()
    story.sign_in("alice")
    story.settle()
    story.plant("alice", story.pool.sign_in("alice"), path="/account")
    story.visit("/account")
    assert story.visit("/elsewhere").set_cookies == ()
    assert story.visit("/elsewhere").steady_until is None
    assert story.visit("/account").set_cookies != ()
    assert story.visit("/elsewhere").set_cookies == ()
    assert story.visit("/elsewhere").steady_until is not None


def test_somebody_who_keeps_writing_is_left_in_peace_though_every_page_shows_it_otherwise(tell):
    story = tell()
    story.sign_in("alice")
    story.settle()
    for _ in range(8):
        story.plant("alice", story.pool.sign_in("alice"))
        story.visit("/")
        story.visit("/")
        story.wait(5)
    assert story.told("writer.foreign")
    assert story.visit("/").session is not None
    assert story.visit("/").set_cookies == ()


# -- a response, line by line -----------------------------------------------------------------------------------------


def test_deletions_go_first_then_the_set_then_the_marks(tell):
    story = tell()
    story.plant("alice", story.pool.sign_in("alice"))
    story.plant("alice", story.pool.sign_in("alice"), domain="app.example.test")
    lines = story.ask("/").set_cookies
    kinds = ["deletion" if line.is_deletion else "mark" if "hardtack" in line.name else "set" for line in lines]
    assert kinds == sorted(kinds, key=["deletion", "set", "mark"].index)
    assert set(kinds) == {"deletion", "set", "mark"}


def test_no_response_deletes_what_it_writes(tell):
    story = tell()
    story.plant("alice", story.pool.sign_in("alice"))
    story.plant("bob", story.pool.sign_in("bob"), domain="app.example.test", suffixes=("accessToken",))
    for _ in range(6):
        lines = story.visit("/account").set_cookies
        written = {(line.name, line.scope) for line in lines if not line.is_deletion}
        assert written.isdisjoint((line.name, line.scope) for line in lines if line.is_deletion)


def test_a_request_of_script_writes_its_fresh_set_and_deletes_nothing(tell):
    story = tell()
    story.sign_in("alice")
    story.settle()
    story.plant("alice", story.pool.sign_in("alice"))
    story.wait(3_700)
    plan = story.ask("/api", kind=RequestKind.FETCH)
    assert plan.outcome.kind is OutcomeKind.REFRESHED
    assert not any(line.is_deletion for line in plan.set_cookies)
    assert plan.set_cookies[-1].name == "__Host-hardtack-pair"


def test_a_session_written_under_an_earlier_policy_is_migrated_and_told_so(tell):
    story = tell(policy={"domain": None})
    story.sign_in("alice")
    story.settle()
    story.cookie_policy = CookiePolicy(origins=(f"https://{HOST}",), domain="example.test", owns_domain=True)
    story.server = story.start_server()
    story.settle()
    assert story.scopes() == {".example.test /"}
    (moved,) = story.told("scope.migrated")
    assert moved.fields == {"from": story.told("signed.in")[0].fields["policy"], "to": story.cookie_policy.fingerprint}


@pytest.mark.parametrize(("storage", "groups"), [("amplify", 120), ("sealed", 1_600)])
def test_a_set_that_grew_too_large_for_a_cookie_ends_nothing(tell, storage, groups):
    """More groups than a cookie can hold: the session is served, and told, and what the browser has stays."""
    story = tell(storage=storage)
    tokens = story.sign_in("alice")
    story.settle()
    before = story.auth_cookies()
    rng = random.Random(1)  # noqa: S311 -- names of groups
    names = [f"{rng.randbytes(12).hex()}" for _ in range(groups)]
    refreshed = story.pool.mint.refreshed

    def grown(tokens, **how):
        fresh = refreshed(tokens, **how)
        claims = read_claims(fresh.access_token) | {"cognito:groups": names}
        return TokenSet(story.pool.mint.sign(claims), fresh.id_token, fresh.refresh_token)

    story.pool.mint.refreshed = grown
    story.server.core.verifier._max_token_bytes = 65_536
    story.wait(3_700)
    for _ in range(2):
        assert story.visit("/").session.claims.session_key == story.pool.origin(tokens)
    assert story.told("cookie.too-large")
    assert story.auth_cookies() == before
    assert story.pool.refreshes == 1
    story.wait(5)
    plan = story.server.run(story.server.sessions.sign_in(story._request("/"), grown(tokens, at=NOW), owner="alice"))
    assert (plan.outcome.kind, plan.outcome.reason, plan.set_cookies) == (OutcomeKind.REFUSED, Reason.TOO_LARGE, ())


def test_nobody_is_shown_a_page_for_cookies_that_are_swept_without_ado(tell):
    story = tell()
    story.plant("alice", None, suffixes=("LastAuthUser", "clockDrift"))
    assert story.visit("/", script=True).page is None
    story.plant("alice", None, values=dict.fromkeys(("accessToken", "idToken", "refreshToken"), "x"))
    assert story.visit("/", script=True).page is Page.SIGN_IN
