"""A person signs in, and then an answer arrives that was on its way before: it must not take the sign-in away.

In the storage `sealed` the two have names of their own. In the storage `amplify` they can't have them: the older answer
replaces or deletes the fresh cookies, and the next request fetches the set back under the claim in the binding.
"""

from __future__ import annotations

import pytest

from hardtack.cookies import CookieHeader
from hardtack.sessions import OutcomeKind, Page, Reason, RequestKind
from hardtack.sessions.marks import Binding
from hardtack.tokens import TokenSet
from support.minting import CLIENT_ID, read_claims
from support.story import SUBS, Story

STORAGES = pytest.mark.parametrize("storage", ["sealed", "amplify"])
ENGINES = pytest.mark.parametrize("engine", ["chromium", "firefox"])
WRITING = [RequestKind.FETCH, RequestKind.RSC, RequestKind.ACTION]
SCRIPT_READS = {"http_only": False}


def late_refresh(story: Story, kind: RequestKind = RequestKind.NAVIGATION) -> TokenSet:
    """An hour after a sign-in a tab is opened, and its answer is slow; meanwhile the person signs in in another one."""
    story.sign_in("alice")
    story.settle()
    story.wait(3_700)
    late = story.ask("/slow", kind=kind)
    assert late.outcome.kind is OutcomeKind.REFRESHED
    fresh = story.sign_in("alice")
    story.receive(late, "/slow")
    return fresh


def late_sweep(story: Story) -> TokenSet:
    """The same, but the session of the first sign-in is over, and the slow answer deletes it."""
    dead = story.sign_in("alice")
    story.settle()
    story.pool.revoke(dead)
    story.wait(3_700)
    late = story.ask("/slow")
    assert (late.outcome.kind, late.outcome.reason) == (OutcomeKind.REFUSED, Reason.REVOKED)
    fresh = story.sign_in("alice")
    story.receive(late, "/slow")
    return fresh


OVERTAKEN = pytest.mark.parametrize("overtake", [late_refresh, late_sweep])


def shown_sets(story: Story) -> list[str]:
    """The sign-ins whose access tokens the browser shows."""
    request = story._request("/")
    shown = story.server.core.engine.storage.read(request.cookies)
    return [str(read_claims(found.token)["origin_jti"]) for found in shown.accesses]


def marks_of(story: Story):
    return story.server.core.engine.marks.read(story._request("/").cookies)


def bind(story: Story, binding: Binding) -> None:
    """Write another binding into the browser, sealed by this deployment."""
    lines = story.server.core.engine.marks.write_binding(binding, CookieHeader.parse(b""))
    story.jar.store_response(story.url("/"), [line.to_text() for line in lines])


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


# -- what a claim does not do -----------------------------------------------------------------------------------------


@OVERTAKEN
def test_after_the_sign_out_a_copied_binding_is_handed_nothing(tell, overtake):
    story = tell()
    fresh = overtake(story)
    copied = story.jar.cookie_header(story.url("/"))
    story.sign_out()
    asked = story.pool.refreshes
    for seconds in (0, 3_700, 90_000):
        story.wait(seconds)
        for server in (story.server, story.start_server(store=story.server.core.desk._store)):
            plan = story.ask("/", header=copied, server=server)
            assert plan.session is None
            assert fresh.access_token not in repr([line.value for line in plan.set_cookies])
    assert story.pool.refreshes == asked
    assert (story.visit("/").session, story.auth_cookies()) == (None, [])


@OVERTAKEN
def test_after_a_revocation_what_was_decided_stands_and_nobody_climbs_for_it(tell, overtake):
    """As if there had been no claim: the sweep of what is shown, once, and the sign-in page that goes with it."""
    story = tell()
    fresh = overtake(story)
    nothing_shown = not shown_sets(story)
    story.pool.revoke(fresh)
    story.wait(3_700)
    asked = story.pool.refreshes
    first = story.visit("/account", script=True)
    if nothing_shown:
        assert (first.outcome.kind, first.page, first.set_cookies) == (OutcomeKind.ANONYMOUS, None, ())
    else:
        assert (first.outcome.kind, first.outcome.reason) == (OutcomeKind.REFUSED, Reason.NOT_OURS)
        assert first.page is Page.SIGN_IN
    for _ in range(9):
        plan = story.visit("/account", script=True)
        assert (plan.outcome.kind, plan.page, plan.set_cookies) == (OutcomeKind.ANONYMOUS, None, ())
    assert story.pool.refreshes == asked + 1
    assert not story.told("loop.broken")


def test_a_session_that_ends_in_full_view_is_not_asked_for_again(tell):
    """Its own sweep names the sign-in that was bound: nothing has come late."""
    story = tell()
    tokens = story.sign_in("alice")
    story.settle()
    story.pool.revoke(tokens)
    story.wait(3_700)
    assert story.visit("/").outcome.kind is OutcomeKind.REFUSED
    claims = story.server.core.desk._store._claims
    for _ in range(3):
        plan = story.visit("/")
        assert plan.outcome.kind is OutcomeKind.ANONYMOUS
        assert plan.steady_until is not None
    assert story.server.core.desk._store._claims == claims
    assert story.sign_in("alice")
    assert story.visit("/").outcome.kind is OutcomeKind.ACTIVE


FORGED = {
    "garbage": lambda _, claim: claim + "0",
    "the refresh token itself": lambda fresh, _: fresh.refresh_token,
    "a text that no store knows": lambda *_: "\N{SNOWMAN}" * 200,
}


@OVERTAKEN
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_claim_that_nobody_gave_finds_nothing_and_is_never_sent_to_the_pool(tell, overtake, forge):
    story = tell()
    fresh = overtake(story)
    binding = marks_of(story).binding
    bind(story, Binding(binding.sub, binding.session_key, binding.auth_time, forge(fresh, binding.claim), "alice"))
    story.wait(3_700)
    asked = story.pool.refreshes
    assert story.visit("/").session is None
    assert story.pool.refreshes == asked


@OVERTAKEN
def test_a_claim_on_somebody_elses_set_is_refused(tell, overtake):
    """Under another `sub`, and under another sign-in of the same person."""
    story = tell()
    other = story.pool.sign_in("bob")
    request = story._request("/auth/sign-in")
    story.server.run(story.server.sessions.sign_in(request, other, owner="bob"))
    foreign = story.server.core.engine.marks.claim(request.nonce, story.pool.origin(other))
    overtake(story)
    binding = marks_of(story).binding
    bind(story, Binding(binding.sub, binding.session_key, binding.auth_time, foreign, "bob"))
    assert story.ask("/").session is None
    bind(story, Binding(binding.sub, "another sign-in", binding.auth_time, binding.claim, "alice"))
    assert story.ask("/").session is None
    bind(story, Binding(SUBS["bob"], story.pool.origin(other), binding.auth_time, binding.claim, "bob"))
    assert story.ask("/").session is None
    bind(story, binding)
    assert story.ask("/").session.sub == SUBS["alice"]


@OVERTAKEN
def test_another_releases_binding_counts_as_absent(tell, overtake):
    """Without a claim. Whoever is shown is taken over, as if Hardtack were new to this browser."""
    story = tell()
    overtake(story)
    shown = shown_sets(story)
    binding = marks_of(story).binding
    purpose, fields = f"binding:{CLIENT_ID}", f'["b","{binding.sub}","{binding.session_key}",{binding.auth_time}]'
    sealed = story.server.core.sealer.seal(purpose, fields.encode())
    story.jar.store_response(story.url("/"), [f"__Host-hardtack-binding={sealed}; Path=/; Secure; HttpOnly"])
    assert marks_of(story).binding is None
    plan = story.visit("/")
    if shown:
        assert plan.session.claims.session_key == shown[0]
        assert story.told("session.adopted")
    else:
        assert (plan.outcome.kind, plan.set_cookies) == (OutcomeKind.ANONYMOUS, ())


# -- outages ----------------------------------------------------------------------------------------------------------


@OVERTAKEN
def test_while_the_pool_is_down_the_set_is_handed_out_and_once_it_has_ended_nothing_is_deleted(tell, overtake):
    story = tell()
    fresh = overtake(story)
    story.pool.down()
    assert story.ask("/").session.tokens == fresh
    story.wait(3_700)
    before = sorted((cookie.name, cookie.value) for cookie in story.jar)
    for _ in range(3):
        plan = story.visit("/account", script=True)
        assert (plan.outcome.kind, plan.outcome.reason) == (OutcomeKind.UNAVAILABLE, Reason.POOL)
        assert (plan.set_cookies, plan.page) == ((), None)
        story.wait(2)
    assert sorted((cookie.name, cookie.value) for cookie in story.jar) == before
    assert story.told("refresh.unavailable")
    story.pool.up()
    assert story.visit("/").session.claims.session_key == story.pool.origin(fresh)


def test_while_the_pools_keys_can_not_be_had_nothing_is_deleted(tell):
    """A new instance has none yet; nothing is shown that it could judge, but what is fetched back."""
    story = tell()
    fresh = late_sweep(story)
    story.pool.down()
    server = story.start_server(store=story.server.core.desk._store)
    before = story.jar.cookie_header(story.url("/"))
    for _ in range(2):
        plan = story.visit("/", server=server)
        assert (plan.outcome.kind, plan.set_cookies, plan.page) == (OutcomeKind.UNAVAILABLE, (), None)
    assert story.told("keys.unavailable")
    assert story.jar.cookie_header(story.url("/")) == before
    story.pool.up()
    story.wait(61)
    assert story.visit("/", server=server).session.tokens == fresh


class Failing:
    """A store whose named methods fail."""

    blocking = False

    def __init__(self, store) -> None:
        self._store = store
        self.failing: set[str] = set()

    def __getattr__(self, name: str):
        def call(*args, **kwargs):
            if name in self.failing:
                raise OSError("no space left")
            return getattr(self._store, name)(*args, **kwargs)

        return call


@OVERTAKEN
def test_a_store_that_fails_to_answer_deletes_nothing(tell, overtake):
    story = tell()
    store = story.server.core.desk._store = Failing(story.server.core.desk._store)
    fresh = overtake(story)
    before = story.jar.cookie_header(story.url("/"))
    store.failing = {"claim"}
    for kind in (RequestKind.NAVIGATION, RequestKind.FETCH):
        plan = story.visit("/", kind=kind, script=True)
        assert (plan.outcome.kind, plan.set_cookies, plan.page) == (OutcomeKind.UNAVAILABLE, (), None)
    assert story.told("refresh.unavailable")[-1].fields == {"reason": "store"}
    assert story.jar.cookie_header(story.url("/")) == before
    store.failing = set()
    assert story.visit("/").session.tokens == fresh


@OVERTAKEN
def test_a_store_that_kept_nothing_costs_no_sign_in_and_a_late_answer_what_it_did_before(tell, overtake):
    story = tell()
    store = story.server.core.desk._store = Failing(story.server.core.desk._store)
    store.failing = {"settle"}
    overtake(story)
    assert story.visit("/").session is None
    fresh = story.sign_in("alice")
    assert story.visit("/").session.tokens == fresh


def test_a_sign_in_without_a_refresh_token_keeps_nothing(tell):
    story = tell()
    tokens = story.pool.sign_in("alice")
    request = story._request("/auth/sign-in")
    bare = TokenSet(tokens.access_token, tokens.id_token)
    plan = story.receive(story.server.run(story.server.sessions.sign_in(request, bare, owner="alice")))
    assert plan.session is not None
    assert story.server.core.desk._store.count() == 0
    assert story.visit("/").session is not None


@STORAGES
def test_a_sign_in_that_was_not_written_keeps_nothing(tell, storage):
    story = tell(storage=storage)
    request = story.server.core.request(kind=RequestKind.NAVIGATION, host="evil.test", cookies=b"", raw_path=b"/")
    tokens = story.pool.sign_in("alice")
    assert story.server.run(story.server.sessions.sign_in(request, tokens, owner="alice")).session is None
    assert story.server.core.desk._store.count() == 0


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
