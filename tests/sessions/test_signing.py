"""Sign-in and sign-out where something is missing: keys, the host, tokens, the pool."""

from __future__ import annotations

import pytest

from hardtack.cognito import CognitoRefused
from hardtack.cognito import Reason as PoolReason
from hardtack.sessions import OutcomeKind, Page, Reason, RequestKind, SessionCore, Sessions
from hardtack.tokens import TokenSet
from support.story import HOST, SUBS, Story

STORAGES = pytest.mark.parametrize("storage", ["amplify", "sealed"])


def sign_in(story: Story, tokens: TokenSet, *, host: str = HOST, **how):
    request = story.server.core.request(kind=RequestKind.NAVIGATION, host=host, cookies=b"", raw_path=b"/auth/sign-in")
    return story.server.run(story.server.sessions.sign_in(request, tokens, owner="alice", **how))


def sign_out(story: Story, host: str = HOST):
    header = (story.jar.cookie_header(story.url("/auth/sign-out")) or "").encode("latin-1")
    request = story.server.core.request(
        kind=RequestKind.NAVIGATION, host=host, cookies=header, raw_path=b"/auth/sign-out"
    )
    return story.server.run(story.server.sessions.sign_out(request))


# -- sign-in ----------------------------------------------------------------------------------------------------------


@STORAGES
def test_a_sign_in_whose_token_can_not_be_verified_now_writes_nothing(tell, storage):
    story = tell(storage=storage)
    story.pool.keys_failing = True
    plan = sign_in(story, story.pool.sign_in("alice"))
    assert (plan.outcome.kind, plan.outcome.reason) == (OutcomeKind.UNAVAILABLE, Reason.KEYS)
    assert plan.set_cookies == ()
    assert story.told("keys.unavailable")[0].reference == plan.reference


@STORAGES
def test_a_sign_in_under_a_host_that_the_policy_does_not_know_writes_nothing(tell, storage):
    story = tell(storage=storage)
    plan = sign_in(story, story.pool.sign_in("alice"), host="evil.test")
    assert (plan.outcome.kind, plan.outcome.reason) == (OutcomeKind.REFUSED, Reason.FOREIGN_HOST)
    assert plan.set_cookies == ()
    assert story.told("host.foreign")


@STORAGES
def test_an_id_token_that_is_not_good_is_nobodys_and_costs_no_sign_in(tell, storage):
    story = tell(storage=storage)
    tokens = story.pool.sign_in("alice")
    for identity in (None, "garbage", tokens.access_token):
        plan = sign_in(story, TokenSet(tokens.access_token, identity, tokens.refresh_token))
        assert plan.session.sub == SUBS["alice"]
        assert (plan.session.id_claims, plan.session.email) == (None, None)


def test_groups_and_e_mail_are_told_from_the_verified_tokens(tell):
    story = tell()
    mint = story.pool.mint
    access = mint.access_token(sub=SUBS["alice"], username="alice", groups=["crew", "bakers"])
    plan = sign_in(story, TokenSet(access, mint.id_token(sub=SUBS["alice"], email="a@b.c"), "refresh"))
    assert (plan.session.groups, plan.session.email) == (("crew", "bakers"), "a@b.c")
    odd = TokenSet(access, mint.id_token(sub=SUBS["alice"], extra={"email": ["a@b.c"]}), "refresh")
    assert sign_in(story, odd).session.email is None


def test_what_the_front_end_wants_kept_goes_out_with_the_set(tell):
    story = tell()
    plan = sign_in(story, story.pool.sign_in("alice"), extras={"signInDetails": '{"loginId":"a@b.c"}'})
    assert "signInDetails" in {line.name.rpartition(".")[2] for line in plan.set_cookies}


@STORAGES
def test_every_sign_in_binds_anew(tell, storage):
    """No fixation: whatever binding the jar held, the fresh one names the fresh session."""
    story = tell(storage=storage)
    for user in ("alice", "bob", "alice"):
        tokens = story.sign_in(user)
        binding = story.server.core.engine.marks.read(story._request("/").cookies).binding
        assert (binding.sub, binding.session_key) == (SUBS[user], story.pool.origin(tokens))


@STORAGES
def test_a_slow_server_clock_is_put_right_by_the_first_sign_in(tell, storage):
    story = tell(storage=storage)
    story.clock_error = -7_200
    story.sign_in("alice")
    assert story.server.core.clock.now() == pytest.approx(story.pool.now)
    assert story.visit("/").outcome.kind is OutcomeKind.ACTIVE


# -- sign-out ---------------------------------------------------------------------------------------------------------


@STORAGES
def test_a_sign_out_under_a_foreign_host_writes_nothing_and_still_ends_the_session_at_the_pool(tell, storage):
    story = tell(storage=storage)
    tokens = story.sign_in("alice")
    departure = sign_out(story, host="evil.test")
    assert departure.plan.set_cookies == ()
    assert not story.told("signed.out")
    assert departure.revoke == (tokens.refresh_token,)


@STORAGES
def test_signing_out_where_nobody_is_signed_in_is_no_error(tell, storage):
    story = tell(storage=storage)
    departure = sign_out(story)
    assert (departure.revoke, departure.session_keys, departure.access_token) == ((), (), None)
    assert departure.plan.outcome.reason is Reason.SIGNED_OUT


def test_the_written_pairs_refresh_token_is_revoked_first_and_planted_ones_cost_few_calls(tell):
    story = tell(policy={"domain": None})
    tokens = story.sign_in("alice")
    for number in range(12):
        values = {"refreshToken": f"planted {number}"}
        story.plant(f"u{number}", None, domain="example.test", suffixes=("refreshToken",), values=values)
        story.plant("alice", None, domain="example.test", path="/auth", suffixes=("refreshToken",), values=values)
    departure = sign_out(story)
    assert departure.revoke[0] == tokens.refresh_token
    assert len(departure.revoke) == 5


def test_the_bound_sessions_access_token_signs_out_everywhere(tell):
    story = tell()
    tokens = story.sign_in("alice")
    story.plant("bob", story.pool.sign_in("bob"), path="/auth")
    story.sign_out(everywhere=True)
    assert story.pool.everywhere == [tokens.access_token]


@STORAGES
def test_signing_out_everywhere_says_so_when_it_could_not(tell, storage):
    """No live access token is shown, and none can be had: GlobalSignOut would end nothing, silently."""
    story = tell(storage=storage)
    tokens = story.sign_in("alice")
    story.pool.revoke(tokens)
    story.wait(4_000)
    story.sign_out(everywhere=True)
    assert story.revoked_at_pool is False
    assert story.pool.everywhere == []
    assert story.auth_cookies() == []


def test_signing_out_everywhere_without_any_token_says_so_too(tell):
    story = tell()
    story.plant("alice", None, suffixes=("LastAuthUser",))
    story.sign_out(everywhere=True)
    assert story.revoked_at_pool is False


def test_a_token_that_the_pool_refuses_to_revoke_is_ended_already(tell):
    story = tell()
    story.sign_in("alice")
    refused = CognitoRefused("RevokeToken", PoolReason.REVOKED, exception_name="NotAuthorizedException")
    story.pool.failing = lambda: refused
    story.sign_out()
    assert story.revoked_at_pool is True


def test_a_departure_shows_no_token(tell):
    story = tell()
    tokens = story.sign_in("alice")
    departure = sign_out(story)
    shown = repr(departure)
    for secret in (tokens.access_token, tokens.refresh_token, story.pool.origin(tokens), "alice"):
        assert secret not in shown


# -- asking the pool --------------------------------------------------------------------------------------------------


@STORAGES
def test_a_fresh_token_that_can_not_be_verified_ends_nothing(tell, storage):
    """The pool signs with new keys, and their address is down: the answer is kept for when it is up again."""
    story = tell(storage=storage)
    story.pool.rotation = True
    tokens = story.sign_in("alice")
    story.settle()
    story.wait(3_700)
    story.pool.mint.rotate(5)
    story.pool.keys_failing = True
    plan = story.visit("/")
    assert (plan.outcome.kind, plan.set_cookies) == (OutcomeKind.UNAVAILABLE, ())
    story.pool.keys_failing = False
    story.wait(61)
    plan = story.visit("/")
    assert plan.session.claims.session_key == story.pool.origin(tokens)
    assert story.pool.refreshes == 1


def test_a_refresh_token_that_the_pair_alone_vouches_for_brings_its_own_session_back(tell):
    """The binding was lost, and so was the access token; what comes back must be the sign-in that was written."""
    story = tell()
    tokens = story.sign_in("alice")
    story.settle()
    kept = [cookie for cookie in story.jar if cookie.name.endswith(("refreshToken", "LastAuthUser", "pair"))]
    header = "; ".join(f"{cookie.name}={cookie.value}" for cookie in kept)
    plan = story.receive(story.ask("/", header=header))
    assert plan.session.claims.session_key == story.pool.origin(tokens)
    assert story.told("session.adopted")

    def another_sign_in(token):
        return story.pool.sign_in("alice")

    story.pool.refresh = another_sign_in
    story.server = story.start_server()
    assert story.ask("/", header=header).session is None
    assert story.told("refresh.discarded")


def test_a_lone_tokens_successor_is_written_under_the_name_that_the_token_had(tell):
    story = tell(policy={"domain": None})
    story.sign_in("alice", owner="alice@example.com")
    story.settle()
    kept = [cookie for cookie in story.jar if not cookie.name.endswith(("accessToken", "idToken"))]
    header = "; ".join(f"{cookie.name}={cookie.value}" for cookie in kept)
    planted = f"{story.names.last_auth_user}=mallory; {header}"
    lines = [line for line in story.ask("/", header=planted).set_cookies if not line.is_deletion]
    names = {line.name for line in lines if line.name.endswith("Token")}
    assert names == {
        story.names.wire_name("alice@example.com", suffix) for suffix in ("accessToken", "idToken", "refreshToken")
    }


@STORAGES
def test_a_pool_whose_answer_makes_no_sense_is_unavailable(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    story.wait(3_700)
    story.pool.refresh = lambda token: TokenSet("this is no token", None, token)
    assert story.visit("/").outcome.kind is OutcomeKind.UNAVAILABLE
    assert story.told("refresh.unavailable")[-1].fields == {"reason": "malformed"}


def test_a_user_name_for_the_secret_hash_is_the_verified_one(tell):
    """Cookies may lie under an alias or another person's name; Cognito wants the pool's own user name."""
    story = tell()
    asked = []
    cognito = story.server.sessions.cognito
    refresh = cognito.refresh

    def watched(token, *, username=None):
        asked.append(username)
        return refresh(token, username=username)

    cognito.refresh = watched
    story.sign_in("alice", owner="mallory@example.com")
    story.settle()
    story.wait(3_700)
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED
    assert asked == ["alice"]


# -- the shells -------------------------------------------------------------------------------------------------------


def test_without_a_pool_of_ones_own_the_settings_pool_is_asked():
    core = Story().server.core
    sessions = Sessions(SessionCore(core.settings))
    assert sessions.cognito is not None
    sessions.close()


def test_the_awaiting_shell_closes_what_it_opened():
    from hardtack.sessions import AsyncSessions

    story = Story("async")
    sessions = AsyncSessions(SessionCore(story.server.core.settings))
    story.loop.run_until_complete(sessions.aclose())
    story.close()


def test_a_guidance_page_that_is_shown_is_told_with_its_support_code(tell):
    story = tell()
    dead = story.pool.sign_in("alice")
    story.pool.revoke(dead)
    story.wait(3_700)
    while True:
        story.plant("alice", dead, domain="example.test")
        plan = story.visit("/", script=True)
        if plan.page is Page.GUIDANCE:
            break
    story.server.core.told_guidance(plan)
    (told,) = story.told("guidance.shown")
    assert (told.reference, told.fields) == (plan.reference, {"reason": "loop"})
