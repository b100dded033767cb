"""Script signs people in, and tells the server what it was given: kept under a claim of script's own, in its mark.

So a late answer of the server's can't take a sign-in by script away either. Nothing that script says is believed before
it is verified, and nothing that the request's own mark does not say too.
"""

from __future__ import annotations

from urllib.parse import quote

import pytest

from hardtack.sessions import OutcomeKind, RequestKind
from hardtack.tokens import TokenSet
from support.desk import Failing
from support.minting import CLIENT_ID, read_claims
from support.overtaken import shown_sets
from support.story import SUBS, TOKEN_SUFFIXES, Story

CLAIM = "0123456789abcdefghijklmnop-1a2b"
MARK = f"__Host-hardtack-js.{CLIENT_ID}"
FRONT_END = {"policy": {"http_only": False}, "settings": {"front_end_signs_in": True}}


def set_mark(story: Story, value: str) -> None:
    story.jar.set_document_cookie(story.url("/"), f"{MARK}={value}; Path=/; Secure; Max-Age=31536000")


def script_signs_in(story: Story, user: str = "alice", claim: str = CLAIM, *, later: int = 0) -> TokenSet:
    """As `hardtack.js` does: tokens and mark in one task. The server has not been told yet.

    With `later` the mark had a time before that is so many seconds later, and keeps it.
    """
    tokens = story.pool.sign_in(user)
    claims = read_claims(tokens.access_token)
    fields = ("in", claims["sub"], claims["origin_jti"], str(claims["auth_time"] + later), "access", "refresh", claim)
    story.plant(user, tokens, domain="example.test", suffixes=(*TOKEN_SUFFIXES, "LastAuthUser"))
    set_mark(story, ".".join(quote(field, safe="") for field in fields))
    return tokens


def arrive(story: Story, tokens: TokenSet, claim: str = CLAIM, *, host: str | None = None) -> bool:
    request = story._request("/auth/arrived")
    if host is not None:
        request = story.server.core.request(kind=RequestKind.FETCH, host=host, cookies=request.cookies)
    return story.server.run(story.server.sessions.arrive(request, tokens, claim=claim))


@pytest.fixture
def story(tell):
    made = tell(**FRONT_END)
    script_signs_in(made, claim="an0older0sign0in-1")
    made.settle()
    made.wait(3_700)
    return made


def late_refresh(story: Story):
    late = story.ask("/slow")
    assert late.outcome.kind is OutcomeKind.REFRESHED
    return late


def late_sweep(story: Story):
    for tokens in list(story.pool.sessions.values()):
        story.pool.revoke(tokens)
    late = story.ask("/slow")
    assert late.outcome.kind is OutcomeKind.REFUSED
    return late


@pytest.mark.parametrize("later", [0, 2])
@pytest.mark.parametrize("overtake", [late_refresh, late_sweep])
def test_a_late_answer_does_not_take_away_what_script_told_the_server_of(story, overtake, later):
    late = overtake(story)
    fresh = script_signs_in(story, later=later)
    assert arrive(story, fresh) is True
    story.receive(late, "/slow")
    assert story.pool.origin(fresh) not in shown_sets(story)
    for path in ("/", "/account"):
        plan = story.visit(path)
        assert plan.session.tokens == fresh
        assert plan.page is None
    story.settle()
    assert shown_sets(story) == [story.pool.origin(fresh)]


@pytest.mark.parametrize("overtake", [late_refresh, late_sweep])
def test_what_the_server_was_not_told_of_can_not_be_fetched_back(story, overtake):
    late = overtake(story)
    fresh = script_signs_in(story)
    story.receive(late, "/slow")
    plan = story.visit("/")
    assert plan.session is None or plan.session.tokens != fresh
    assert story.server.core.desk._store.count() <= 2  # what a refresh of the older gave, by its token and its claim


@pytest.mark.parametrize("overtake", [late_refresh, late_sweep])
def test_after_scripts_own_sign_out_nothing_comes_back(story, overtake):
    late = overtake(story)
    fresh = script_signs_in(story)
    arrive(story, fresh)
    set_mark(story, f"out.{read_claims(fresh.access_token)['auth_time']}")
    story.receive(late, "/slow")
    for _ in range(3):
        assert story.visit("/").session is None


# -- what is not believed ---------------------------------------------------------------------------------------------


def kept(story: Story) -> int:
    return story.server.core.desk._store.count()


def test_a_claim_that_the_mark_does_not_name_is_not_kept(story):
    fresh = script_signs_in(story)
    before = kept(story)
    for claim in ("another0claim0of0some0length-1", CLAIM + "0", "", "js." + CLAIM):
        assert arrive(story, fresh, claim) is False
    assert kept(story) == before
    assert arrive(story, fresh) is True
    assert kept(story) == before + 1


def test_a_sign_in_that_the_mark_does_not_name_is_not_kept(story):
    """Another one of the same person, and one of another person: script can't put them into this browser's place."""
    script_signs_in(story)
    before = kept(story)
    for user in ("alice", "bob"):
        assert arrive(story, story.pool.sign_in(user)) is False
    assert kept(story) == before


def test_without_a_mark_nothing_is_kept(tell):
    story = tell(**FRONT_END)
    story.visit("/")
    assert arrive(story, story.pool.sign_in("alice")) is False
    assert kept(story) == 0


def test_where_no_front_end_signs_people_in_nothing_is_kept(tell):
    story = tell(policy=FRONT_END["policy"])
    assert arrive(story, script_signs_in(story)) is False
    assert kept(story) == 0


def test_a_token_that_is_not_good_any_more_or_never_was_is_not_kept(story):
    fresh = script_signs_in(story)
    before = kept(story)
    head, payload, signature = fresh.access_token.split(".")
    spoilt = f"{head}.{payload}.{signature[::-1]}"
    for access in ("garbage", "", spoilt, fresh.id_token, fresh.refresh_token):
        assert arrive(story, TokenSet(access, fresh.id_token, fresh.refresh_token)) is False
    story.wait(3_601)
    assert arrive(story, fresh) is False
    assert kept(story) == before


def test_under_a_host_that_the_policy_does_not_know_nothing_is_kept(story):
    fresh = script_signs_in(story)
    before = kept(story)
    assert arrive(story, fresh, host="evil.test") is False
    assert kept(story) == before


def test_one_sign_in_may_be_told_of_three_times_at_once_and_others_are_not_hindered(story):
    fresh = script_signs_in(story)
    assert [arrive(story, fresh) for _ in range(5)] == [True, True, True, False, False]
    assert arrive(story, script_signs_in(story)) is True


@pytest.mark.parametrize("identity", ["garbage", "another sign-in's", None])
def test_an_id_token_that_is_not_the_sign_ins_own_is_left_out(story, identity):
    late = late_sweep(story)
    other = story.pool.sign_in("alice").id_token
    fresh = script_signs_in(story)
    given = {"another sign-in's": other}.get(identity, identity)
    assert arrive(story, TokenSet(fresh.access_token, given, fresh.refresh_token)) is True
    story.receive(late, "/slow")
    assert story.visit("/").session.tokens == TokenSet(fresh.access_token, None, fresh.refresh_token)


def test_a_sign_in_that_is_over_for_the_server_is_not_kept(story):
    fresh = script_signs_in(story)
    story.server.run(story.server.sessions.sign_out(story._request("/auth/sign-out")))
    before = kept(story)
    assert arrive(story, fresh) is False
    assert kept(story) == before


def test_a_store_that_fails_is_told_of_and_costs_no_session(tell):
    store = Failing("settle")
    story = tell(policy=FRONT_END["policy"], settings=FRONT_END["settings"] | {"store": store})
    fresh = script_signs_in(story)
    story.settle()
    assert arrive(story, fresh) is False
    assert story.visit("/").session.sub == SUBS["alice"]
