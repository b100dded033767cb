"""A hostile sibling subdomain, a stranger with a script, a thief with an old token."""

from __future__ import annotations

import secrets

import pytest

from hardtack.sessions import OutcomeKind, RequestKind
from support.minting import CLIENT_ID, Mint
from support.story import SUBS

SIBLING = "evil.example.test"
POLICIES = pytest.mark.parametrize("ours", [None, "example.test"])


@POLICIES
@pytest.mark.parametrize("path", ["/", "/account"])
def test_a_whole_set_planted_by_a_sibling_puts_nobody_into_another_account(tell, ours, path):
    story = tell(policy={"domain": ours})
    tokens = story.sign_in("alice")
    story.settle()
    story.plant("bob", story.pool.sign_in("bob"), domain="example.test", path=path, host=SIBLING)
    story.plant("alice", story.pool.sign_in("bob"), domain="example.test", path=path, host=SIBLING)
    for place in ("/", "/account"):
        plan = story.visit(place)
        if plan.session is not None:
            assert plan.session.sub == SUBS["alice"]
    if ours is None or path != "/":
        assert story.visit("/account").session.claims.session_key == story.pool.origin(tokens)


@POLICIES
def test_a_planted_refresh_token_puts_nobody_into_the_attackers_account(tell, ours):
    """Only a refresh token, ours swept away by eviction or overwritten: what comes back is somebody else's."""
    story = tell(policy={"domain": ours})
    story.sign_in("alice")
    story.settle()
    attackers = story.pool.sign_in("bob")
    story.plant("alice", attackers, domain="example.test", suffixes=("refreshToken",), host=SIBLING)
    story.wait(3700)
    plan = story.visit("/")
    if plan.session is not None:
        assert plan.session.sub == SUBS["alice"]
    else:
        assert story.told("refresh.discarded")


def test_a_planted_refresh_token_beside_ours_costs_nothing(tell):
    story = tell(policy={"domain": None})
    story.sign_in("alice")
    story.settle()
    story.plant("alice", story.pool.sign_in("bob"), domain="example.test", suffixes=("refreshToken",), host=SIBLING)
    story.wait(3700)
    plan = story.visit("/")
    assert plan.outcome.kind is OutcomeKind.REFRESHED
    assert plan.session.sub == SUBS["alice"]


def test_only_a_last_auth_user_planted_by_a_sibling_changes_nothing(tell):
    story = tell(policy={"domain": None})
    story.sign_in("alice")
    story.settle()
    story.plant("bob", None, domain="example.test", suffixes=("LastAuthUser",), host=SIBLING)
    assert story.visit("/").session.sub == SUBS["alice"]
    story.settle()
    assert story.visit("/").session.sub == SUBS["alice"]


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_180_planted_cookies_end_in_a_sign_in_that_holds(tell, engine):
    """The flood evicts the real ones; what is left is rubbish of our names, and it must not lock anybody out."""
    story = tell(engine=engine)
    story.sign_in("alice")
    for number in range(180):
        user = f"u{number % 60}"
        suffix = ("accessToken", "refreshToken", "idToken")[number // 60]
        story.plant(user, None, domain="example.test", suffixes=(suffix,), values={suffix: "x" * 30}, host=SIBLING)
    plan = story.visit("/account", script=True)
    assert plan.outcome.kind in (OutcomeKind.REFUSED, OutcomeKind.ACTIVE)
    tokens = story.sign_in("alice")
    for _ in range(4):
        assert story.visit("/").session.claims.session_key == story.pool.origin(tokens)
    story.settle(most=60)
    assert story.visit("/").session.claims.session_key == story.pool.origin(tokens)


def test_a_flood_of_forged_tokens_costs_few_verifications_and_hides_nobody(tell):
    """Forged tokens with the right issuer, client and key name, later dates and longer paths."""
    story = tell(policy={"domain": None})
    tokens = story.sign_in("alice")
    story.settle()
    forger = Mint(key=7)
    real = story.pool.mint
    for number in range(60):
        forged = forger.forge(
            {"kid": real.kid, "alg": "RS256"},
            real.access_claims(sub=SUBS["alice"], username="alice", auth_time=int(story.pool.now) + 1000 + number),
        )
        story.plant(
            "alice",
            None,
            domain="example.test",
            path=f"/a/{number}"[:3],
            suffixes=("accessToken",),
            values={"accessToken": forged},
            host=SIBLING,
        )
        story.plant(
            f"u{number}",
            None,
            domain="example.test",
            suffixes=("accessToken",),
            values={"accessToken": forged},
            host=SIBLING,
        )
    judged = []
    judge = story.server.core.verifier.judge
    story.server.core.engine.judge = lambda token, now, use: judged.append(use) or judge(token, now=now, use=use)
    plan = story.visit("/a/")
    assert plan.session.claims.session_key == story.pool.origin(tokens)
    assert judged.count("access") <= 8


def test_a_stranger_with_random_refresh_tokens_and_unknown_keys_costs_no_call(tell):
    story = tell()
    story.sign_in("alice")
    story.settle()
    story.visit("/")
    before = (story.pool.refreshes, story.pool.key_fetches)
    name = f"CognitoIdentityServiceProvider.{CLIENT_ID}.alice"
    forger = Mint(key=9)
    for number in range(200):
        access = forger.access_token(username="alice", jti=f"{number}")
        header = f"{name}.accessToken={access}; {name}.refreshToken={secrets.token_urlsafe(40)}"
        plan = story.ask("/", header=header, address=f"198.51.100.{number % 250}", kind=RequestKind.FETCH)
        assert plan.session is None
    for number in range(200):
        header = f"{name}.refreshToken={secrets.token_urlsafe(40)}"
        assert story.ask("/", header=header, address=f"203.0.113.{number % 250}").session is None
    spent = (story.pool.refreshes - before[0], story.pool.key_fetches - before[1])
    print(f"400 hostile requests: {spent[0]} calls to the pool, {spent[1]} fetches of keys")
    assert spent[0] == 0
    assert spent[1] <= 1
    assert len(story.server.core.verifier.keys) == 1


def test_lone_refresh_tokens_of_a_bound_browser_are_limited_by_address(tell):
    story = tell()
    story.sign_in("alice")
    binding = next(cookie for cookie in story.jar if cookie.name == "__Host-hardtack-binding")
    name = f"CognitoIdentityServiceProvider.{CLIENT_ID}.alice"
    for _ in range(50):
        header = f"{binding.name}={binding.value}; {name}.refreshToken={secrets.token_urlsafe(40)}"
        assert story.ask("/", header=header, address="198.51.100.7").session is None
    assert story.pool.refreshes <= 4


def test_refused_refresh_tokens_are_remembered(tell):
    story = tell()
    tokens = story.sign_in("alice")
    story.settle()
    story.wait(3700)
    story.pool.revoke(tokens)
    header = story.jar.cookie_header(story.url("/"))
    for _ in range(20):
        assert story.ask("/api", header=header, kind=RequestKind.FETCH).session is None
    assert story.pool.refreshes == 1


def test_a_stolen_old_token_is_handed_nothing_after_the_sign_out(tell):
    story = tell()
    story.pool.rotation = True
    story.sign_in("alice")
    story.settle()
    stolen = story.jar.cookie_header(story.url("/"))
    story.wait(3700)
    story.visit("/")
    story.sign_out()
    assert story.ask("/", header=stolen, address="198.51.100.9").session is None


def test_the_store_holds_no_token_that_its_reader_did_not_have(tell, tmp_path):
    path = tmp_path / "refresh.sqlite3"
    story = tell(settings={"store": path})
    story.pool.rotation = True
    tokens = story.sign_in("alice")
    story.wait(3700)
    fresh = story.visit("/").session.tokens
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for token in (tokens.refresh_token, fresh.refresh_token, fresh.access_token, fresh.id_token):
        assert token.encode() not in content
        assert token.split(".")[-1][:24].encode() not in content


def test_no_event_and_no_log_line_carries_a_token_or_a_name(tell, caplog):
    caplog.set_level("INFO")
    story = tell()
    tokens = story.sign_in("alice", owner="alice@example.com")
    story.plant("bob@example.com", story.pool.sign_in("bob"), path="/a")
    story.wait(3700)
    story.visit("/a")
    story.pool.revoke(tokens)
    story.wait(3700)
    story.visit("/a", script=True)
    story.sign_out()
    told = caplog.text + repr(story.events)
    assert story.events
    for secret in (tokens.access_token[-40:], tokens.refresh_token[-20:], "alice", "bob", SUBS["alice"]):
        assert secret not in told


def test_an_unbound_flood_of_two_people_never_signs_anybody_in(tell):
    story = tell()
    story.plant("alice", story.pool.sign_in("alice"), domain="example.test", host=SIBLING)
    story.plant("bob", story.pool.sign_in("bob"), domain="example.test", path="/a", host=SIBLING)
    assert story.visit("/a").session is None
