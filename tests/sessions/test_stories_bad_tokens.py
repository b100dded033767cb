"""Garbage, empty, truncated, foreign and expired tokens in any of the cookies."""

from __future__ import annotations

import pytest

from hardtack.sessions import OutcomeKind, Reason, RequestKind
from support.minting import CLIENT_ID, Mint

KINDS = ["garbage", "empty", "truncated", "foreign-client", "foreign-pool", "id-as-access", "percent", "quoted", "huge"]


def spoil(story, how: str, token: str) -> str:
    foreign = Mint(client_id="another0client0of0the0pool")
    return {
        "garbage": "this is no token",
        "empty": "",
        "truncated": token[: len(token) // 2],
        "foreign-client": foreign.access_token(),
        "foreign-pool": Mint(pool="eu-west-1_Zzzzzzzzz", key=3).access_token(),
        "id-as-access": story.pool.mint.id_token(),
        "percent": "%E9%zz%",
        "quoted": f'"{token}',
        "huge": "e" * 3_500,
    }[how]


@pytest.mark.parametrize("how", KINDS)
def test_a_spoilt_access_token_alone_is_no_session_and_no_error(tell, how):
    story = tell()
    tokens = story.pool.sign_in("alice")
    value = spoil(story, how, tokens.access_token)
    story.plant("alice", tokens, domain="example.test", values={"accessToken": value})
    plan = story.visit("/account")
    assert plan.session is None
    assert plan.outcome.kind in (OutcomeKind.REFUSED, OutcomeKind.ANONYMOUS)
    assert story.pool.refreshes == 0
    story.settle()
    assert story.auth_cookies() == []


@pytest.mark.parametrize("how", KINDS)
@pytest.mark.parametrize("theirs", [{}, {"domain": "app.example.test"}])
def test_a_spoilt_twin_does_not_hurt_the_good_session(tell, how, theirs):
    """A malformed cookie is not a sign-out of a valid twin."""
    story = tell()
    tokens = story.sign_in("alice")
    story.settle()
    for suffix in ("accessToken", "idToken", "refreshToken"):
        story.plant(
            "alice", tokens, suffixes=(suffix,), values={suffix: spoil(story, how, tokens.access_token)}, **theirs
        )
    assert story.visit("/").session.claims.session_key == story.pool.origin(tokens)
    story.settle()
    assert story.scopes() == {".example.test /"}
    story.wait(3700)
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED


@pytest.mark.parametrize("how", KINDS)
@pytest.mark.parametrize("suffix", ["idToken", "clockDrift", "signInDetails", "LastAuthUser"])
def test_spoilt_company_of_a_good_access_token_costs_no_session(tell, how, suffix):
    story = tell()
    tokens = story.pool.sign_in("alice")
    story.plant("alice", tokens, domain="example.test", values={suffix: spoil(story, how, tokens.access_token)})
    assert story.visit("/").session.username == "alice"
    story.settle()
    assert story.visit("/").set_cookies == ()


def test_an_expired_set_whose_refresh_token_is_missing_ends_in_sign_in(tell):
    story = tell()
    story.plant(
        "alice", story.pool.sign_in("alice"), domain="example.test", suffixes=("accessToken", "idToken", "LastAuthUser")
    )
    story.wait(3700)
    plan = story.visit("/account")
    assert plan.outcome.kind is OutcomeKind.REFUSED
    assert story.pool.refreshes == 0
    story.settle()
    assert story.auth_cookies() == []


def test_an_access_token_gone_from_a_bound_browser_is_refreshed_from_what_is_left(tell):
    """Amplify would see nobody; the refresh token is vouched for by the pair."""
    story = tell()
    story.sign_in("alice")
    story.settle()
    kept = [cookie for cookie in story.jar if not cookie.name.endswith(("accessToken", "idToken"))]
    header = "; ".join(f"{cookie.name}={cookie.value}" for cookie in kept)
    plan = story.receive(story.ask("/", header=header))
    assert plan.outcome.kind is OutcomeKind.REFRESHED
    assert plan.session.username == "alice"


def test_a_last_auth_user_of_another_person_takes_nobody_else_in(tell):
    story = tell()
    tokens = story.sign_in("alice")
    story.settle()
    story.plant("bob", None, suffixes=("LastAuthUser",))
    plan = story.visit("/")
    assert plan.session.claims.session_key == story.pool.origin(tokens)
    story.settle()
    assert story.scopes() == {".example.test /"}


def test_a_last_auth_user_alone_is_nobody(tell):
    story = tell()
    story.plant("alice", None, suffixes=("LastAuthUser",))
    plan = story.visit("/", script=True)
    assert plan.outcome.kind is OutcomeKind.ANONYMOUS
    assert plan.page is None
    story.settle()
    assert story.auth_cookies() == []


def test_two_people_in_one_jar_without_a_binding_lead_to_sign_in(tell):
    story = tell()
    story.plant("alice", story.pool.sign_in("alice"), domain="example.test")
    story.plant("bob", story.pool.sign_in("bob"))
    plan = story.visit("/account")
    assert plan.outcome.reason is Reason.SEVERAL_PEOPLE
    assert plan.session is None
    assert story.told("session.rivals")


def test_a_leftover_of_somebody_whom_no_cookie_names_is_no_rival(tell):
    story = tell()
    story.plant("bob", story.pool.sign_in("bob"), domain="example.test", suffixes=("accessToken", "refreshToken"))
    story.plant("alice", story.pool.sign_in("alice"), domain="example.test")
    assert story.visit("/").session.username == "alice"


def test_tokens_stored_under_another_persons_name_still_say_whose_they_are(tell):
    """What a shadowed LastAuthUser makes of Amplify's sign-in: alice's tokens under bob's key names."""
    story = tell()
    tokens = story.pool.sign_in("alice")
    story.plant("bob", tokens, domain="example.test")
    plan = story.visit("/")
    assert plan.session.username == "alice"


def test_cookies_of_another_app_client_are_left_alone(tell):
    story = tell()
    name = "CognitoIdentityServiceProvider.another0client.alice.accessToken"
    story.jar.store_response(story.url(), [f"{name}=x; Path=/; Domain=example.test; Secure"])
    story.sign_in("alice")
    story.settle()
    story.sign_out()
    story.settle()
    assert name in {cookie.name for cookie in story.jar}
    assert CLIENT_ID not in name


@pytest.mark.parametrize("kind", list(RequestKind))
def test_every_kind_of_request_survives_a_jar_of_rubbish(tell, kind):
    story = tell()
    rubbish = "; ".join(
        f"CognitoIdentityServiceProvider.{CLIENT_ID}.{part}=%ff\x80;;="
        for part in ("%ff.accessToken", "LastAuthUser", ".", "a..b")
    )
    plan = story.ask("/%00/..", kind=kind, header=rubbish + "; __Host-hardtack-binding=x; __Host-hardtack-pair=é")
    assert plan.session is None


def test_sealed_sessions_whose_secret_was_lost_end_in_sign_in_and_are_told(tell):
    """A mass sign-out after a deployment must not be silent in the log."""
    story = tell(storage="sealed")
    story.sign_in("alice")
    story.settle()
    story.server = story.start_server(secrets=("another deployment secret that is long enough",))
    plan = story.visit("/account")
    assert (plan.outcome.kind, plan.outcome.reason) == (OutcomeKind.REFUSED, Reason.UNREADABLE)
    assert story.told("session.dead")
    story.settle()
    assert story.auth_cookies() == []
