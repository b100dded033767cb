"""Twins: the fault that this project exists for, in every order and number."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hardtack.sessions import OutcomeKind, RequestKind
from support.story import START, Story

BROWSERS = pytest.mark.parametrize("engine", ["chromium", "firefox"])
HOST_ONLY = {"domain": None}
ON_HOST = {"domain": "app.example.test"}
ON_PARENT = {"domain": "example.test"}
ON_PATH = {"domain": None, "path": "/account"}
MATRIX = [(policy, other) for policy, other in itertools.permutations([None, "app.example.test", "example.test"], 2)]


@BROWSERS
@pytest.mark.parametrize(("ours", "theirs"), MATRIX)
def test_every_row_of_the_failure_matrix_is_healed_with_a_dead_twin(tell, engine, ours, theirs):
    """Client and server scope differ; the other writer's set was revoked; ours is alive."""
    story = tell(engine=engine, policy={"domain": ours})
    dead = story.pool.sign_in("alice")
    story.pool.revoke(dead)
    story.plant("alice", dead, domain=theirs)
    story.wait(3700)
    story.sign_in("alice")
    plan = story.visit("/")
    assert plan.session is not None
    story.settle()
    assert len(story.scopes()) == 1
    story.wait(3700)
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED
    story.sign_out()
    story.settle()
    assert story.auth_cookies() == []


@BROWSERS
@pytest.mark.parametrize(("ours", "theirs"), MATRIX)
def test_a_dead_session_alone_leads_to_a_sign_in_that_holds(tell, engine, ours, theirs):
    """The residue of a sign-out that cleared some: a fresh, correct sign-in must win over it."""
    story = tell(engine=engine, policy={"domain": ours})
    dead = story.pool.sign_in("alice")
    story.pool.revoke(dead)
    story.plant("alice", dead, domain=theirs)
    story.wait(3700)
    plan = story.visit("/account")
    assert plan.outcome.kind is OutcomeKind.REFUSED
    story.sign_in("alice")
    for path in ("/", "/account", "/"):
        assert story.visit(path).outcome.kind is OutcomeKind.ACTIVE


@BROWSERS
@pytest.mark.parametrize("theirs", [HOST_ONLY, ON_HOST, ON_PATH])
def test_a_twin_is_healed_within_one_page_load(tell, engine, theirs):
    story = tell(engine=engine, policy={"sweep_budget": 16_000})
    story.sign_in("alice")
    story.settle()
    dead = story.pool.sign_in("alice")
    story.pool.revoke(dead)
    story.plant("alice", dead, **theirs)
    assert story.visit("/account").session is not None
    assert story.scopes() == {".example.test /"}


@BROWSERS
def test_the_storm_ends_both_sets_alive_and_the_older_listed_first(tell, engine):
    """Once twins exist, every read of the browser refreshed; one navigation settles which set it is."""
    story = tell(engine=engine)
    story.sign_in("alice")
    story.settle()
    story.plant("alice", story.pool.sign_in("alice"), domain="app.example.test")
    story.settle()
    assert story.scopes() == {".example.test /"}
    story.wait(3700)
    story.visit("/")
    before = story.pool.refreshes
    for _ in range(6):
        story.visit("/")
    assert story.pool.refreshes == before


@BROWSERS
def test_of_one_person_unbound_the_newest_sign_in_wins(tell, engine):
    story = tell(engine=engine)
    story.plant("alice", story.pool.sign_in("alice"), domain="example.test")
    story.wait(60)
    newest = story.pool.sign_in("alice")
    story.plant("alice", newest)
    story.settle()
    assert story.visit("/").session.claims.session_key == story.pool.origin(newest)


@BROWSERS
def test_chromiums_crossed_order_never_mixes_two_sets(tell, engine):
    """A refresh without rotation moves the access token's cookie and not the refresh token's: the orders cross."""
    story = tell(engine=engine)
    first = story.pool.sign_in("alice")
    story.plant("alice", first, domain="example.test")
    story.wait(10)
    second = story.pool.sign_in("alice")
    story.plant("alice", second)
    story.wait(10)
    moved = story.pool.mint.refreshed(first, at=int(story.pool.now))
    story.plant("alice", moved, domain="example.test", suffixes=("accessToken", "idToken"))
    story.pool.revoke(first)
    story.settle()
    assert story.visit("/").session.claims.session_key == story.pool.origin(second)
    story.wait(3700)
    plan = story.visit("/")
    assert plan.outcome.kind is OutcomeKind.REFRESHED
    assert plan.session.claims.session_key == story.pool.origin(second)


@BROWSERS
@pytest.mark.parametrize("dead_first", [True, False])
def test_with_two_refresh_tokens_the_live_one_is_found_before_any_is_swept(tell, engine, dead_first):
    story = tell(engine=engine)
    live = story.pool.sign_in("alice")
    dead = story.pool.mint.refresh_token()
    if dead_first:
        story.plant("alice", live, suffixes=("refreshToken",), values={"refreshToken": dead})
        story.plant("alice", live, domain="example.test")
    else:
        story.plant("alice", live, domain="example.test")
        story.plant("alice", live, suffixes=("refreshToken",), values={"refreshToken": dead})
    story.settle()
    story.wait(3700)
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED


def test_while_the_pool_is_down_no_refresh_token_is_swept(tell):
    story = tell()
    live = story.pool.sign_in("alice")
    story.plant("alice", live, domain="example.test")
    story.plant("alice", live, suffixes=("refreshToken",), values={"refreshToken": story.pool.mint.refresh_token()})
    story.server.core.keys.replace(story.pool.mint.jwks())
    story.pool.down()
    for _ in range(4):
        assert story.visit("/").session is not None
        story.wait(2)
    assert [suffix for suffix, _ in story.auth_cookies()].count("refreshToken") == 2
    story.pool.up()
    story.settle()
    assert [suffix for suffix, _ in story.auth_cookies()].count("refreshToken") == 1
    story.wait(3700)
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED


def test_both_spellings_of_parentheses_are_one_name(tell):
    story = tell()
    story.sign_in("alice", owner="a(l)ice")
    story.settle()
    name = story.names.wire_name("a(l)ice", "accessToken")
    assert "%28" in name
    other = name.replace("%28", "(").replace("%29", ")")
    story.jar.store_response(story.url(), [f"{other}=garbage; Path=/; Domain=example.test; Secure"])
    assert story.visit("/").session is not None
    story.settle()
    assert other not in {cookie.name for cookie in story.jar}


def test_leftovers_of_version_5_and_of_another_user_are_swept(tell):
    story = tell()
    story.sign_in("alice")
    story.settle()
    story.plant("carol", story.pool.sign_in("bob"), domain="example.test")
    userdata = story.names.wire_name("alice", "userData")
    story.jar.store_response(story.url(), [f"{userdata}={{}}; Path=/; Domain=example.test; Secure"])
    story.settle()
    assert {cookie.name for cookie in story.jar if "carol" in cookie.name or "userData" in cookie.name} == set()
    assert story.visit("/").session.username == "alice"


def test_device_keys_survive_healing_and_signing_out(tell):
    story = tell()
    story.sign_in("alice")
    name = story.names.wire_name("alice", "deviceKey")
    story.jar.store_response(story.url(), [f"{name}=eu-west-1_x; Path=/; Domain=example.test; Secure"])
    story.settle()
    story.sign_out()
    story.settle()
    assert name in {cookie.name for cookie in story.jar}


def test_what_belongs_to_the_browser_is_kept_as_it_has_it(tell):
    story = tell()
    tokens = story.pool.sign_in("alice")
    details = '{"loginId":"a@b.c","authFlowType":"USER_SRP_AUTH"}'
    story.plant(
        "alice",
        tokens,
        values={"signInDetails": details, "clockDrift": "-7200000"},
        suffixes=("LastAuthUser", "accessToken", "idToken", "refreshToken", "signInDetails", "clockDrift"),
    )
    story.settle()
    from hardtack.amplify import js_cookie_read

    values = {cookie.name.rpartition(".")[2]: cookie.value for cookie in story.jar}
    assert js_cookie_read(values["signInDetails"]) == details
    assert values["clockDrift"] == "-7200000"


@pytest.mark.parametrize("kind", [RequestKind.FETCH, RequestKind.RSC, RequestKind.ACTION, RequestKind.ASSET])
def test_only_a_navigation_heals(tell, kind):
    story = tell()
    story.sign_in("alice")
    story.settle()
    story.plant("alice", story.pool.sign_in("alice"))
    plan = story.visit("/x", kind=kind)
    assert plan.session is not None
    assert plan.set_cookies == ()


def test_a_sibling_app_that_keeps_writing_its_own_scope_is_left_in_peace(tell):
    story = tell()
    story.sign_in("alice")
    story.settle()
    for _ in range(5):
        story.plant("alice", story.pool.sign_in("alice"))
        story.wait(20)
        assert story.visit("/").session is not None
        story.settle()
    assert story.told("writer.foreign")
    story.plant("alice", story.pool.sign_in("alice"))
    assert story.visit("/").set_cookies == ()
    assert story.visit("/").session.claims.session_key != story.pool.origin(story.pool.sign_in("alice"))


def test_twins_in_a_scope_that_is_not_ours_are_served_around_and_then_left(tell):
    """A policy without owns_domain may not touch the parent domain: the session lives on in spite of it."""
    story = tell(policy={"domain": None, "owns_domain": False})
    story.sign_in("alice")
    story.plant("alice", story.pool.sign_in("alice"), domain="example.test")
    story.settle()
    assert story.told("twins.left")
    assert len(story.scopes()) == 2
    story.wait(3700)
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED
    story.settle()
    assert story.visit("/").set_cookies == ()


def test_legacy_scopes_of_an_earlier_release_are_swept(tell):
    from hardtack.cookies import CookieScope

    legacy = CookieScope("example.test")
    story = tell(policy={"domain": None, "owns_domain": False, "legacy_scopes": (legacy,)})
    story.plant("alice", story.pool.sign_in("alice"), domain="example.test")
    story.settle()
    assert story.scopes() == {"host-only /"}


@settings(
    max_examples=60,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    planted=st.lists(
        st.tuples(
            st.sampled_from(["alice", "bob"]),
            st.sampled_from([None, "app.example.test", "example.test"]),
            st.sampled_from(["/", "/account", "/account/deep"]),
            st.sampled_from(["live", "dead", "garbage", "expired"]),
            st.lists(
                st.sampled_from(["accessToken", "idToken", "refreshToken", "LastAuthUser", "clockDrift"]), min_size=1
            ),
        ),
        max_size=7,
    ),
    engine=st.sampled_from(["chromium", "firefox"]),
)
def test_from_any_jar_one_sign_in_leads_back_to_a_stable_session(planted, engine):
    """P7 and P3, for planted jars: sign in once, and every later page is served with that session, writing nothing."""
    story = Story(engine=engine)
    for user, domain, path, state, suffixes in planted:
        tokens = story.pool.sign_in(user)
        if state == "dead":
            story.pool.revoke(tokens)
        if state == "expired":
            story.wait(4000)
        values = dict.fromkeys(suffixes, "%00garbage") if state == "garbage" else None
        story.plant(user, tokens, domain=domain, path=path, suffixes=tuple(suffixes), values=values)
    story.wait(5)
    fresh = story.sign_in("alice")
    for path in ("/", "/account", "/account/deep", "/"):
        plan = story.visit(path, script=True)
        assert plan.session is not None
        assert plan.session.claims.session_key == story.pool.origin(fresh)
        assert plan.page is None
    for path in ("/", "/account", "/account/deep"):
        story.settle(path, most=40)
    story.wait(3700)
    assert story.visit("/account/deep").session.claims.session_key == story.pool.origin(fresh)
    assert story.pool.now > START


@BROWSERS
def test_twins_written_anew_right_after_a_sweep_are_swept_anew(tell, engine):
    """The other writer refreshes again before the next page load: the same names and counts, but not out of reach."""
    story = tell(engine=engine, policy={"domain": "app.example.test", "sweep_budget": 32_000})
    story.sign_in("alice")
    story.visit("/")
    for _ in range(2):
        dead = story.pool.sign_in("alice")
        story.pool.revoke(dead)
        story.plant("alice", dead, domain=None)
        plan = story.visit("/")
        assert plan.session is not None
        assert len(story.scopes()) == 1
        assert "twins.left" not in [event.name for event in plan.events]
