"""What is kept of a sign-in under its binding's claim: nobody else gets it, and no outage turns it against anyone."""

from __future__ import annotations

import pytest

from hardtack.sessions import OutcomeKind, Page, Reason, RequestKind
from hardtack.sessions.marks import Binding
from hardtack.tokens import TokenSet
from support.desk import Failing
from support.minting import CLIENT_ID
from support.overtaken import bind, late_refresh, late_sweep, marks_of, shown_sets
from support.story import SUBS

STORAGES = pytest.mark.parametrize("storage", ["sealed", "amplify"])
OVERTAKEN = pytest.mark.parametrize("overtake", [late_refresh, late_sweep])


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
    for session_key in (story.pool.origin(other), binding.session_key):
        bind(story, Binding(SUBS["bob"], session_key, binding.auth_time, binding.claim, "bob"))
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


@OVERTAKEN
def test_a_store_that_fails_to_answer_deletes_nothing(tell, overtake):
    store = Failing()
    story = tell(settings={"store": store})
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
    store = Failing()
    story = tell(settings={"store": store})
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
