"""Verification within bounds: how many signatures, which first, and what an unknown key costs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.sessions.judging import MOST_VERIFIED, FetchKeys, judge_shown, judge_tokens, partner_id, times_of
from hardtack.sessions.marks import Binding, Marks, Pair
from hardtack.sessions.storage import Found, Shown
from hardtack.tokens import KeyRing
from support.minting import NOW, SUB, Mint, b64

MINT = Mint()
FORGER = Mint(key=6)


class Judge:
    """The real verifier, counted; `answers` says what a request for keys is told."""

    def __init__(self, *, keys: bool = True, answer: bool | None = None, fills: bool = False) -> None:
        self.verifier = MINT.verifier(keys=MINT.ring() if keys else KeyRing())
        self.answer, self.fills = answer, fills
        self.judged: list[str] = []
        self.asked: list[str] = []

    def __call__(self, token, now, use):
        self.judged.append(token)
        return self.verifier.judge(token, now=now, use=use)

    def run(self, flow):
        answer = None
        while True:
            try:
                need = flow.send(answer)
            except StopIteration as stop:
                return stop.value
            assert isinstance(need, FetchKeys)
            self.asked.append(need.kid)
            if self.fills:
                self.verifier.keys.replace(MINT.jwks())
            answer = self.answer

    def shown(self, *tokens: str, marks: Marks | None = None, named=("alice",), owner="alice", now=NOW):
        shown = Shown(accesses=tuple(Found(owner, token, "n") for token in tokens), named=tuple(named), names=("n",))
        return self.run(judge_shown(self, shown, marks or Marks(), now))


def test_a_live_and_an_expired_token_are_sets_and_a_forged_one_is_none():
    judge = Judge()
    live, old = MINT.access_token(), MINT.access_token(auth_time=NOW - 9_000)
    judged = judge.shown(live, FORGER.forge({"kid": MINT.kid, "alg": "RS256"}, MINT.access_claims()), old, "garbage")
    assert [(one.found.token, one.live) for one in judged.sets] == [(live, True), (old, False)]
    assert judged.unjudged is False
    assert judge.asked == []


def test_several_tokens_of_one_sign_in_are_one_set_by_its_newest():
    tokens = [MINT.access_token(origin_jti="one", iat=NOW + minutes * 60) for minutes in (5, 20, 10)]
    judged = Judge().shown(*tokens)
    assert [one.found.token for one in judged.sets] == [tokens[1]]
    assert judged.sets[0].key == (SUB, "one")


def test_of_two_tokens_issued_at_once_the_one_that_ends_later_counts():
    tokens = [MINT.access_token(origin_jti="one", exp=NOW + seconds) for seconds in (600, 3_600, 60)]
    assert [one.found.token for one in Judge().shown(*tokens).sets] == [tokens[1]]


def test_the_same_token_twice_is_verified_once():
    judge = Judge()
    token = MINT.access_token()
    judge.shown(token, token, token)
    assert judge.judged == [token]


def test_no_more_signatures_than_allowed_are_checked_whoever_planted_however_many():
    judge = Judge()
    judge.shown(*(MINT.access_token() for _ in range(40)))
    assert len(judge.judged) == MOST_VERIFIED


def floods() -> list[str]:
    """Forged tokens with every claim that a stranger can know, newer than anything."""
    return [
        FORGER.forge({"kid": MINT.kid, "alg": "RS256"}, MINT.access_claims(auth_time=NOW + 5_000 + number))
        for number in range(60)
    ]


@pytest.mark.parametrize("place", [0, 30, 60])
def test_a_flood_can_not_push_the_bound_session_out(place):
    real = MINT.access_token(origin_jti="ours", auth_time=NOW)
    tokens = floods()
    tokens.insert(place, real)
    judged = Judge().shown(*tokens, marks=Marks(binding=Binding(SUB, "ours", NOW)))
    assert [one.found.token for one in judged.sets] == [real]


def test_without_a_binding_the_pair_still_knows_its_token():
    real = MINT.access_token(jti="written")
    judged = Judge().shown(*floods(), real, marks=Marks(pair=Pair(jti="written")))
    assert [one.found.token for one in judged.sets] == [real]


def test_owners_that_the_cookies_name_go_before_others():
    judge = Judge()
    tokens = floods()
    real = MINT.access_token(auth_time=NOW - 100)
    shown = Shown(
        accesses=(*(Found(f"u{at}", token, "n") for at, token in enumerate(tokens)), Found("alice", real, "n")),
        named=("alice",),
        names=("n",),
    )
    assert [one.found.token for one in judge.run(judge_shown(judge, shown, Marks(), NOW)).sets] == [real]


def test_keys_are_asked_for_once_a_request_however_many_names_are_unknown():
    judge = Judge(answer=None)
    judged = judge.shown(*(Mint(key=6 + number % 2).access_token() for number in range(8)))
    assert len(judge.asked) == 1
    assert (judged.sets, judged.unjudged) == ((), False)


def test_new_keys_make_the_token_good():
    judge = Judge(keys=False, answer=True, fills=True)
    tokens = [MINT.access_token(), MINT.access_token()]
    assert len(judge.shown(*tokens).sets) == 2
    assert judge.asked == [MINT.kid]


def test_keys_that_can_not_be_had_leave_it_open_what_a_token_is_worth():
    judged = Judge(keys=False, answer=False).shown(MINT.access_token())
    assert (judged.sets, judged.unjudged) == ((), True)


def test_a_planted_token_of_an_unknown_key_does_not_hide_a_good_one_while_keys_can_not_be_had():
    real = MINT.access_token()
    judged = Judge(answer=False).shown(FORGER.access_token(auth_time=NOW + 99), real)
    assert [one.found.token for one in judged.sets] == [real]


# -- what the pool just gave ----------------------------------------------------------------------------------------


def test_a_fresh_token_may_be_signed_with_a_key_that_is_newer_than_ours():
    judge = Judge(keys=False, answer=True, fills=True)
    claims = judge.run(judge_tokens(judge, MINT.access_token(username="alice"), NOW))
    assert claims.username == "alice"


@pytest.mark.parametrize("answer", [False, None])
def test_a_fresh_token_whose_key_can_not_be_had_is_not_believed(answer):
    judge = Judge(keys=False, answer=answer)
    assert judge.run(judge_tokens(judge, MINT.access_token(), NOW)) is None


def test_a_fresh_token_of_another_client_is_not_believed():
    judge = Judge()
    assert judge.run(judge_tokens(judge, Mint(client_id="another0client").access_token(), NOW)) is None
    assert judge.asked == []


# -- the ID token beside it -----------------------------------------------------------------------------------------


def chosen_of(judge: Judge, **claims):
    (chosen,) = judge.shown(MINT.access_token(**claims)).sets
    return chosen


def ids(*tokens: str, owner: str = "alice") -> Shown:
    return Shown(ids=tuple(Found(owner, token, "n") for token in tokens), names=("n",))


def test_the_newest_id_token_of_the_very_same_sign_in_is_the_partner():
    judge = Judge()
    chosen = chosen_of(judge, origin_jti="ours")
    mine = [MINT.id_token(origin_jti="ours", iat=NOW + minutes) for minutes in (1, 3, 2)]
    others = [
        MINT.id_token(origin_jti="theirs", iat=NOW + 50),
        MINT.id_token(origin_jti="ours", sub="somebody else", iat=NOW + 50),
        Mint(client_id="another0client").id_token(origin_jti="ours", iat=NOW + 50),
        FORGER.id_token(origin_jti="ours", iat=NOW + 50),
        MINT.access_token(origin_jti="ours", iat=NOW + 50),
        "garbage",
    ]
    assert partner_id(judge, ids(*others, *mine), chosen, NOW)[0] == mine[1]
    assert partner_id(judge, ids(*others), chosen, NOW) is None


def test_an_id_token_that_has_ended_still_says_who_it_is():
    judge = Judge()
    chosen = chosen_of(judge, origin_jti="ours")
    old = MINT.id_token(origin_jti="ours", exp=NOW - 1, iat=NOW - 10)
    assert partner_id(judge, ids(old), chosen, NOW)[0] == old


def test_an_id_token_under_another_name_is_somebody_elses():
    judge = Judge()
    chosen = chosen_of(judge, origin_jti="ours")
    assert partner_id(judge, ids(MINT.id_token(origin_jti="ours"), owner="bob"), chosen, NOW) is None


def test_a_flood_of_id_tokens_costs_few_signatures():
    judge = Judge()
    chosen = chosen_of(judge, origin_jti="ours")
    judge.judged.clear()
    partner_id(judge, ids(*(MINT.id_token(origin_jti="ours") for _ in range(40))), chosen, NOW)
    assert len(judge.judged) == MOST_VERIFIED


# -- unverified peeks -----------------------------------------------------------------------------------------------


def test_the_times_that_a_token_claims_are_read_and_nothing_is_made_up():
    assert times_of(MINT.access_token(iat=NOW, exp=NOW + 60)) == (NOW, NOW + 60)
    assert times_of(MINT.access_token(extra={"iat": True, "exp": "soon"})) == (0, 0)
    assert times_of(MINT.access_token(drop=("iat", "exp"))) == (0, 0)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: f"a.{b64(raw)}.c"))
def test_no_text_makes_a_peek_or_an_order_raise(token):
    assert times_of(token) == (0, 0)
    judge = Judge()
    judge.shown(token, token + "x", marks=Marks(binding=Binding(SUB, "ours", NOW), pair=Pair(jti="j")))


def test_claims_of_odd_types_only_cost_their_place_in_the_order():
    odd = [
        MINT.access_token(extra={"origin_jti": value, "jti": value, "iat": value})
        for value in (None, [], {}, 1.5, True)
    ]
    assert Judge().shown(*odd).sets == ()
