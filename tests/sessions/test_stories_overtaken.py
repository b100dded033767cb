"""A person signs in, and then an answer arrives that was on its way before: it must not take the sign-in away.

In the storage `sealed` the two have names of their own. In the storage `amplify` they can't have them: the older answer
replaces or deletes the fresh cookies, and the next request fetches the set back under the claim in the binding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hardtack.sessions import OutcomeKind, RequestKind
from support.overtaken import late_refresh, late_sweep, shown_sets

if TYPE_CHECKING:
    from support.story import Story

STORAGES = pytest.mark.parametrize("storage", ["sealed", "amplify"])
ENGINES = pytest.mark.parametrize("engine", ["chromium", "firefox"])
WRITING = [RequestKind.FETCH, RequestKind.RSC, RequestKind.ACTION]
SCRIPT_READS = {"http_only": False}
OVERTAKEN = pytest.mark.parametrize("overtake", [late_refresh, late_sweep])


# -- the two faults ---------------------------------------------------------------------------------------------------


@ENGINES
@STORAGES
@pytest.mark.parametrize("kind", [RequestKind.NAVIGATION, *WRITING])
def test_a_refresh_that_arrives_after_a_new_sign_in_does_not_take_its_place(tell, storage, engine, kind):
    story = tell(storage=storage, engine=engine)
    fresh = late_refresh(story, kind)
    asked = story.pool.refreshes
    for path in ("/", "/account", "/slow"):
        plan = story.visit(path)
        assert plan.session.claims.session_key == story.pool.origin(fresh)
        assert plan.page is None
    assert story.settle() == 1
    assert shown_sets(story) == [story.pool.origin(fresh)]
    assert story.pool.refreshes == asked


@ENGINES
@STORAGES
def test_a_dead_sessions_sweep_that_arrives_after_a_new_sign_in_does_not_delete_it(tell, storage, engine):
    story = tell(storage=storage, engine=engine)
    fresh = late_sweep(story)
    asked = story.pool.refreshes
    for path in ("/", "/account", "/slow"):
        assert story.visit(path).session.claims.session_key == story.pool.origin(fresh)
    assert story.settle() == 1
    assert shown_sets(story) == [story.pool.origin(fresh)]
    assert story.pool.refreshes == asked


def test_sealed_sets_of_two_sign_ins_lie_side_by_side_until_the_next_page(tell):
    story = tell(storage="sealed")
    fresh = late_refresh(story)
    assert len(shown_sets(story)) == 2
    story.visit("/")
    assert shown_sets(story) == [story.pool.origin(fresh)]
    assert story.server.core.desk._store.count() == 1  # the late refresh; a sealed set needs no copy of a sign-in's


@OVERTAKEN
def test_amplifys_cookies_are_gone_and_come_back_as_they_were(tell, overtake):
    story = tell()
    fresh = overtake(story)
    assert story.pool.origin(fresh) not in shown_sets(story)
    plan = story.visit("/")
    assert plan.outcome.kind is OutcomeKind.REFRESHED
    assert plan.session.tokens == fresh
    assert [event.name for event in plan.events if event.name == "session.handed"] == ["session.handed"]
    assert {suffix for suffix, _ in story.auth_cookies()} >= {"accessToken", "idToken", "refreshToken", "LastAuthUser"}
    again = story.visit("/")
    assert (again.outcome.kind, again.session.tokens) == (OutcomeKind.ACTIVE, fresh)


def test_an_answer_that_only_wrote_a_set_anew_is_known_by_its_pair_too(tell):
    """Somebody had spoilt LastAuthUser; the set itself, and all that the pair says of it, had not changed."""
    story = tell()
    first = story.sign_in("alice")
    story.settle()
    story.plant("alice", domain="example.test", suffixes=("LastAuthUser",), values={"LastAuthUser": "nobody"})
    late = story.ask("/slow")
    assert late.set_cookies
    fresh = story.sign_in("alice")
    story.receive(late, "/slow")
    assert shown_sets(story) == [story.pool.origin(first)]
    assert story.visit("/").session.claims.session_key == story.pool.origin(fresh)


@pytest.mark.parametrize("taken", ["idToken", "refreshToken"])
def test_late_deletions_that_took_part_of_a_set_have_taken_nothing(tell, taken):
    """A sweep is sent in parts, so one of them may spare the access token."""
    story = tell()
    fresh = late_refresh(story)
    for cookie in [cookie for cookie in story.jar if cookie.name.startswith("CognitoIdentityServiceProvider.")]:
        story.jar.store_response(story.url("/"), [f"{cookie.name}=; Domain=example.test; Path=/; Max-Age=0"])
    spared = tuple(suffix for suffix in ("LastAuthUser", "accessToken", "idToken", "refreshToken") if suffix != taken)
    story.plant("alice", fresh, domain="example.test", suffixes=spared)
    plan = story.visit("/")
    assert plan.session.tokens == fresh
    assert {suffix for suffix, _ in story.auth_cookies()} >= {"accessToken", "idToken", "refreshToken", "LastAuthUser"}


def test_no_pair_goes_out_without_its_set(tell):
    """Of several late answers one could take the set away, and the next one say that it is there."""
    story = tell()
    story.sign_in("alice")
    story.plant("alice", domain="example.test", suffixes=("LastAuthUser",), values={"LastAuthUser": "nobody"})
    plans = [story.visit(path) for path in ("/", "/", "/account", "/", "/")]
    written = [[line.name.rpartition(".")[2] for line in plan.set_cookies if not line.is_deletion] for plan in plans]
    assert any("__Host-hardtack-pair" in names for names in written)
    assert all("accessToken" in names for names in written if "__Host-hardtack-pair" in names)


def test_a_spent_refresh_token_that_comes_late_ends_nothing(tell):
    """Whoever holds the newest set hands it out; once that is over as well, so is the session."""
    story = tell()
    story.pool.rotation = True
    first = story.sign_in("alice")
    story.settle()
    story.wait(3_700)
    second = story.visit("/").session.tokens
    assert story.visit("/").session.tokens == second
    story.wait(3_700)  # what the first refresh token became is not kept so long
    story.plant("alice", first, domain="example.test")
    plan = story.visit("/")
    assert plan.session.claims.session_key == story.pool.origin(first)
    assert plan.session.tokens not in (first, second)
    assert story.visit("/").session.tokens == plan.session.tokens
    story.pool.revoke(plan.session.tokens)
    story.wait(3_700)
    assert story.visit("/").session is None


@OVERTAKEN
def test_a_second_sign_in_is_fetched_back_by_every_instance_that_shares_the_store(tell, overtake, tmp_path):
    story = tell(settings={"store": tmp_path / "refresh.sqlite3"})
    fresh = overtake(story)
    plan = story.visit("/", server=story.start_server())
    assert plan.session.claims.session_key == story.pool.origin(fresh)


# -- what each kind of request may do ---------------------------------------------------------------------------------


@OVERTAKEN
@pytest.mark.parametrize("kind", WRITING)
def test_what_may_not_heal_writes_the_set_and_deletes_nothing(tell, overtake, kind):
    story = tell()
    fresh = overtake(story)
    plan = story.ask("/api", kind=kind)
    assert (plan.outcome.kind, plan.page) == (OutcomeKind.REFRESHED, None)
    assert plan.set_cookies
    assert not [line for line in plan.set_cookies if line.is_deletion]
    story.receive(plan, "/api")
    assert story.visit("/api", kind=kind).session.tokens == fresh
    story.settle()
    assert shown_sets(story) == [story.pool.origin(fresh)]


@OVERTAKEN
@pytest.mark.parametrize("kind", [RequestKind.PREFETCH, RequestKind.ASSET])
def test_what_may_not_refresh_fetches_nothing_and_hides_nothing_from_who_may(tell, overtake, kind):
    story = tell()
    fresh = overtake(story)
    for _ in range(2):
        plan = story.visit("/logo.svg", kind=kind)
        assert (plan.session, plan.set_cookies, plan.page, plan.steady_until) == (None, (), None, None)
    assert story.visit("/api", kind=RequestKind.FETCH).session.tokens == fresh


@OVERTAKEN
def test_two_requests_at_once_are_both_handed_the_set(tell, overtake):
    story = tell()
    fresh = overtake(story)
    plans = [story.ask(path, kind=kind) for path, kind in (("/", RequestKind.NAVIGATION), ("/api", RequestKind.FETCH))]
    assert [plan.session.tokens for plan in plans] == [fresh, fresh]
    for plan in reversed(plans):
        story.receive(plan)
    assert story.visit("/").session.tokens == fresh


# -- later ------------------------------------------------------------------------------------------------------------


@OVERTAKEN
@pytest.mark.parametrize("rotation", [False, True])
def test_an_hour_later_the_set_is_refreshed_as_it_is_fetched_back(tell, overtake, rotation):
    story = tell()
    story.pool.rotation, story.pool.grace = rotation, 60.0
    fresh = overtake(story)
    story.wait(3_700)
    asked = story.pool.refreshes
    plan = story.visit("/")
    assert plan.session.claims.session_key == story.pool.origin(fresh)
    assert [event.name for event in plan.events if event.name.startswith("session.re")] == ["session.refreshed"]
    assert story.visit("/").session is not None
    assert story.pool.refreshes == asked + 1


@pytest.mark.parametrize("rotation", [False, True])
def test_a_set_that_was_refreshed_before_the_late_answer_came_is_handed_out_as_it_is_now(tell, rotation):
    story = tell()
    dead = story.sign_in("alice")
    story.settle()
    story.pool.revoke(dead)
    story.wait(3_700)
    late = story.ask("/slow")
    fresh = story.sign_in("alice")
    story.pool.rotation = rotation
    story.wait(3_700)
    refreshed = story.visit("/").session.tokens
    assert story.visit("/").session.tokens == refreshed
    story.receive(late, "/slow")
    plan = story.visit("/")
    assert plan.session.tokens == refreshed
    assert plan.session.claims.session_key == story.pool.origin(fresh)


# -- beside a front end that signs out, and in, by itself -------------------------------------------------------------


def front_end_signs_out(story: Story) -> None:
    """Amplify's `signOut`: script deletes its cookies in the policy's scope, and tells nobody."""
    for cookie in list(story.jar):
        if cookie.name.startswith("CognitoIdentityServiceProvider."):
            story.jar.set_document_cookie(story.url("/"), f"{cookie.name}=; Domain=example.test; Path=/; Max-Age=0")
    assert story.auth_cookies() == []


FRONT_ENDS = pytest.mark.parametrize("settings", [{}, {"front_end_signs_in": True}])


@FRONT_ENDS
def test_what_a_front_ends_own_sign_out_deleted_does_not_come_back(tell, settings):
    story = tell(policy=SCRIPT_READS, settings=settings)
    story.sign_in("alice")
    story.settle()
    front_end_signs_out(story)
    for kind in (RequestKind.FETCH, RequestKind.NAVIGATION):
        plan = story.visit("/", kind=kind)
        assert (plan.session, plan.set_cookies) == (None, ())
    assert story.auth_cookies() == []


@FRONT_ENDS
def test_who_signs_in_at_the_front_end_after_that_is_never_put_into_the_account_of_who_went(tell, settings):
    story = tell(policy=SCRIPT_READS, settings=settings)
    story.sign_in("alice")
    story.settle()
    front_end_signs_out(story)
    story.plant("bob", story.pool.sign_in("bob"), domain="example.test")
    for path in ("/", "/account", "/"):
        assert story.visit(path).session is None
        story.wait(1)
    assert story.auth_cookies() == []


def test_beside_another_persons_set_from_the_front_end_nothing_is_fetched_back(tell):
    """A late answer, a front end's sign-out and another person's sign-in there, and no page load in between."""
    story = tell(policy=SCRIPT_READS, settings={"front_end_signs_in": True})
    late_sweep(story)
    story.plant("bob", story.pool.sign_in("bob"), domain="example.test")
    for _ in range(3):
        assert story.visit("/").session is None


def test_where_only_hardtack_signs_people_in_another_persons_planted_set_hinders_nothing(tell):
    story = tell()
    fresh = late_sweep(story)
    story.plant("bob", story.pool.sign_in("bob"), domain="example.test")
    assert story.visit("/").session.tokens == fresh
    story.settle()
    assert shown_sets(story) == [story.pool.origin(fresh)]
