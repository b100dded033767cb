"""The everyday life of a session: sign in, visit, refresh, sign out."""

from __future__ import annotations

import pytest

from hardtack.sessions import OutcomeKind, Reason, RequestKind

STORAGES = pytest.mark.parametrize("storage", ["amplify", "sealed"])
BROWSERS = pytest.mark.parametrize("engine", ["chromium", "firefox"])


@STORAGES
@BROWSERS
def test_a_person_signs_in_and_the_next_page_knows_them(tell, storage, engine):
    story = tell(storage=storage, engine=engine)
    story.sign_in("alice")
    plan = story.visit("/account")
    assert plan.outcome.kind is OutcomeKind.ACTIVE
    assert plan.session.username == "alice"
    assert plan.session.email == "alice@example.com"


@STORAGES
def test_a_steady_session_writes_nothing(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    for path in ("/", "/account", "/a/b/c?d=e"):
        assert story.visit(path).set_cookies == ()


@STORAGES
def test_a_steady_session_is_remembered_by_its_header(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    first, second = story.visit("/"), story.visit("/other")
    assert second.session is first.session
    assert len(story.server.core.memory) > 0


@STORAGES
def test_an_expired_access_token_is_refreshed_on_a_navigation(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    story.wait(3700)
    plan = story.visit("/account")
    assert plan.outcome.kind is OutcomeKind.REFRESHED
    assert plan.session.sub == story.visit("/account").session.sub
    assert story.pool.refreshes == 1


@STORAGES
def test_an_ageing_access_token_is_refreshed_before_it_ends(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    story.wait(3600 - 30)
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED


@STORAGES
def test_tokens_that_live_for_seconds_are_not_refreshed_with_every_request(tell, storage):
    story = tell(storage=storage)
    story.pool.lifetime = 30
    story.sign_in("alice")
    story.settle()
    for _ in range(4):
        story.wait(5)
        assert story.visit("/").outcome.kind is OutcomeKind.ACTIVE
    assert story.pool.refreshes == 0


@STORAGES
@pytest.mark.parametrize("kind", [RequestKind.FETCH, RequestKind.RSC, RequestKind.ACTION, RequestKind.WEBSOCKET])
def test_a_request_of_script_refreshes_too_and_what_it_gets_is_kept(tell, storage, kind):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    story.wait(3700)
    assert story.visit("/api", kind=kind).outcome.kind is OutcomeKind.REFRESHED
    assert story.visit("/api", kind=kind).outcome.kind is OutcomeKind.ACTIVE
    assert story.pool.refreshes == 1


@STORAGES
@pytest.mark.parametrize("kind", [RequestKind.PREFETCH, RequestKind.ASSET])
def test_a_prefetch_or_an_asset_spends_no_refresh_token_and_signs_nobody_out(tell, storage, kind):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    story.wait(3700)
    plan = story.visit("/next", kind=kind, script=True)
    assert plan.outcome.kind is OutcomeKind.ANONYMOUS
    assert plan.outcome.reason is Reason.EXPIRED
    assert plan.set_cookies == ()
    assert plan.page is None
    assert story.pool.refreshes == 0
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED


@STORAGES
@BROWSERS
def test_signing_out_leaves_no_auth_cookie_and_ends_the_session_at_the_pool(tell, storage, engine):
    story = tell(storage=storage, engine=engine)
    tokens = story.sign_in("alice")
    story.settle()
    story.sign_out()
    assert story.auth_cookies() == []
    assert story.pool.revocations == [tokens.refresh_token]
    plan = story.visit("/account")
    assert plan.outcome.kind is OutcomeKind.ANONYMOUS


@STORAGES
def test_signing_out_everywhere_ends_every_session_of_the_person(tell, storage):
    story = tell(storage=storage)
    elsewhere = story.pool.sign_in("alice")
    story.sign_in("alice")
    story.sign_out(everywhere=True)
    assert story.revoked_at_pool
    assert story.pool.origin(elsewhere) in story.pool.revoked


@STORAGES
def test_signing_out_everywhere_with_an_expired_access_token_refreshes_it_first(tell, storage):
    story = tell(storage=storage)
    elsewhere = story.pool.sign_in("alice")
    story.sign_in("alice")
    story.wait(4000)
    story.sign_out(everywhere=True)
    assert story.revoked_at_pool
    assert story.pool.origin(elsewhere) in story.pool.revoked


@STORAGES
def test_two_people_take_turns_in_one_browser(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    story.sign_out()
    story.wait(5)
    story.sign_in("bob")
    assert story.visit("/").session.username == "bob"
    story.sign_in("alice")
    assert story.visit("/").session.username == "alice"
    story.settle()
    story.sign_out()
    assert story.auth_cookies() == []


@STORAGES
def test_a_request_without_cookies_is_anonymous_and_costs_no_call(tell, storage):
    story = tell(storage=storage)
    plan = story.visit("/")
    assert plan.outcome.kind is OutcomeKind.ANONYMOUS
    assert plan.outcome.reason is Reason.NO_COOKIES
    assert (story.pool.refreshes, story.pool.key_fetches) == (0, 0)


@STORAGES
def test_an_unknown_host_is_served_and_never_written_to(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    header = story.jar.cookie_header(story.url("/"))
    story.wait(3700)
    plan = story.ask("/", header=header, host="evil.test")
    assert plan.set_cookies == ()
    assert story.pool.refreshes == 0


def test_a_session_signed_in_before_hardtack_came_is_taken_over(tell):
    story = tell()
    story.plant("alice", story.pool.sign_in("alice"), domain="example.test")
    plan = story.visit("/")
    assert plan.session.username == "alice"
    assert story.told("session.adopted")
    story.settle()
    assert story.scopes() == {".example.test /"}


def test_a_lone_set_in_a_wrong_scope_is_migrated_once_and_then_left_in_peace(tell):
    story = tell()
    story.plant("alice", story.pool.sign_in("alice"))
    assert story.scopes() == {"host-only /"}
    assert story.visit("/").session.username == "alice"
    story.settle()
    assert story.scopes() == {".example.test /"}
    assert story.visit("/").set_cookies == ()
