"""Which of the sets shown is this browser's session, as a table of who is shown and what the marks say."""

from __future__ import annotations

import itertools

import pytest

from hardtack.sessions import Reason
from hardtack.sessions.choosing import ageing_at, choose, is_overtaken
from hardtack.sessions.judging import Judged, JudgedSet
from hardtack.sessions.marks import Binding, Marks, Pair, Tombstone
from hardtack.sessions.storage import Found, Shown
from hardtack.sessions.transitions import Finding
from hardtack.tokens import Expired, Good
from support.minting import NOW, Mint
from support.story import SUBS

MINT = Mint()
VERIFIER = MINT.verifier()


def one(user: str, session: str, at: int = NOW, *, owner: str = "", exp: int | None = None) -> JudgedSet:
    """A judged set: who, which sign-in, when."""
    token = MINT.access_token(sub=SUBS[user], username=user, origin_jti=session, auth_time=at, exp=exp or at + 3_600)
    judgement = VERIFIER.judge(token, now=NOW)
    assert isinstance(judgement, Good | Expired)
    return JudgedSet(Found(owner or user, token, "n"), judgement.claims, isinstance(judgement, Good))


def choice(
    *sets: JudgedSet, marks: Marks | None = None, named=(), unjudged=False, front_end=False, shown=None, now=NOW
):
    if shown is None:
        shown = Shown(accesses=tuple(each.found for each in sets), named=tuple(named), names=("n",) if sets else ())
    return choose(
        Judged(sets, unjudged),
        shown,
        marks or Marks(),
        now=now,
        ageing_seconds=60.0,
        front_end_signs_in=front_end,
    )


ALICE = one("alice", "a1")
ALICE_LATER = one("alice", "a2", NOW + 100)
ALICE_EARLIER = one("alice", "a0", NOW - 100)
BOB = one("bob", "b1", NOW + 500)
BOUND = Marks(binding=Binding(SUBS["alice"], "a1", NOW))
TOMB = Marks(tombstone=Tombstone(("a1",), NOW))


@pytest.mark.parametrize("sets", list(itertools.permutations([ALICE, ALICE_LATER, BOB])))
def test_while_a_binding_exists_no_other_set_wins_in_whatever_order(sets):
    found = choice(*sets, marks=BOUND, named=("bob",))
    assert (found.finding, found.chosen, found.adopts) == (Finding.FRESH, ALICE, False)
    assert found.left_aside == 2


def test_while_a_binding_exists_a_set_that_is_not_its_own_is_nobodys():
    for others in ([BOB], [ALICE_LATER], [ALICE_EARLIER], [BOB, ALICE_LATER]):
        found = choice(*others, marks=BOUND)
        assert (found.finding, found.reason, found.chosen) == (Finding.DEAD, Reason.NOT_OURS, None)
        assert found.left_aside == len(others)


def test_another_person_with_the_bound_sessions_key_is_not_the_bound_person():
    assert choice(one("bob", "a1"), marks=BOUND).finding is Finding.DEAD


def test_without_a_binding_the_newest_sign_in_of_one_person_wins_and_is_taken_over():
    found = choice(ALICE, ALICE_LATER, ALICE_EARLIER)
    assert (found.chosen, found.adopts, found.left_aside) == (ALICE_LATER, True, 2)


def test_of_two_sign_ins_in_one_second_the_later_issued_wins():
    older, newer = one("alice", "x1"), one("alice", "x2")
    token = MINT.access_token(sub=SUBS["alice"], origin_jti="x2", auth_time=NOW, iat=NOW + 9, exp=NOW + 3_600)
    newer = JudgedSet(Found("alice", token, "n"), VERIFIER.judge(token, now=NOW).claims, live=True)
    assert choice(newer, older).chosen is choice(older, newer).chosen is newer


def test_without_a_binding_two_people_are_rivals_and_nobody_is_chosen():
    found = choice(ALICE, BOB, named=("alice", "bob"))
    assert (found.finding, found.reason, found.chosen) == (Finding.RIVALS, Reason.SEVERAL_PEOPLE, None)


def test_somebody_whom_no_cookie_names_is_a_leftover_and_no_rival():
    assert choice(ALICE, BOB, named=("alice",)).chosen is ALICE
    assert choice(ALICE, BOB, named=("carol",)).finding is Finding.RIVALS


def test_whoever_the_cookies_name_it_is_the_token_that_says_who_it_is():
    found = choice(one("alice", "a1", owner="bob"), named=("bob",))
    assert found.chosen.claims.sub == SUBS["alice"]


def test_after_a_sign_out_nothing_is_taken_over():
    for sets in ([ALICE], [ALICE_LATER], [BOB]):
        found = choice(*sets, marks=TOMB)
        assert (found.finding, found.reason, found.chosen) == (Finding.ENDED, Reason.SIGNED_OUT, None)


# -- beside an Amplify front end that signs people in by itself -----------------------------------------------------


def test_the_same_persons_later_sign_in_takes_the_binding_over():
    found = choice(ALICE, ALICE_LATER, marks=BOUND, front_end=True)
    assert (found.chosen, found.adopts) == (ALICE_LATER, True)


def test_an_earlier_sign_in_or_another_person_does_not():
    assert choice(ALICE, ALICE_EARLIER, BOB, marks=BOUND, front_end=True).chosen is ALICE
    assert choice(ALICE_EARLIER, marks=BOUND, front_end=True).finding is Finding.DEAD


def test_a_sign_in_that_is_younger_than_the_tombstone_is_taken_over():
    found = choice(ALICE, ALICE_LATER, marks=TOMB, front_end=True)
    assert (found.chosen, found.adopts) == (ALICE_LATER, True)
    assert choice(BOB, marks=TOMB, front_end=True).chosen is BOB
    for sets in ([ALICE], [ALICE_EARLIER]):
        assert choice(*sets, marks=TOMB, front_end=True).finding is Finding.ENDED


# -- where no set can be chosen -------------------------------------------------------------------------------------

TOKEN = Found("alice", "t", "n")
REFRESH = Shown(refreshes=(TOKEN,), names=("n",))
RUBBISH = Shown(accesses=(TOKEN,), names=("n",))


def test_no_auth_cookie_is_nothing_whatever_the_marks_say():
    for marks in (Marks(), BOUND, TOMB):
        found = choice(shown=Shown(), marks=marks)
        assert (found.finding, found.reason) == (Finding.NOTHING, Reason.NO_COOKIES)


def test_a_refresh_token_alone_counts_only_where_our_own_marks_vouch():
    assert choice(shown=REFRESH).finding is Finding.DEAD
    assert choice(shown=REFRESH, marks=BOUND).finding is Finding.LONE
    assert choice(shown=REFRESH, marks=Marks(pair=Pair())).finding is Finding.LONE
    assert choice(shown=REFRESH, marks=TOMB).finding is Finding.ENDED


def test_rubbish_is_dead_and_company_without_tokens_is_a_leftover():
    assert (choice(shown=RUBBISH).finding, choice(shown=RUBBISH).reason) == (Finding.DEAD, Reason.UNREADABLE)
    assert choice(shown=Shown(names=("n",))).finding is Finding.LEFTOVER


@pytest.mark.parametrize("marks", [Marks(), BOUND, TOMB])
def test_what_can_not_be_judged_now_ends_nothing(marks):
    assert choice(shown=RUBBISH, marks=marks, unjudged=True).finding is Finding.UNJUDGED
    assert choice(ALICE, unjudged=True).chosen is ALICE


# -- where an older answer has come late ------------------------------------------------------------------------------

CLAIMED = Binding(SUBS["alice"], "a1", NOW, "claim", "alice")
OF_OLDER = Pair(jti="j", session_key="a0")
DELETED = Pair(session_key="a0")


def overtaken(*sets: JudgedSet, binding=CLAIMED, pair=OF_OLDER, unjudged=False, front_end=False) -> bool:
    marks = Marks(binding=binding, pair=pair)
    return is_overtaken(Judged(sets, unjudged), marks, front_end_signs_in=front_end)


@pytest.mark.parametrize("front_end", [False, True])
def test_a_pair_of_another_sign_in_than_the_bound_one_tells_that_an_answer_came_late(front_end):
    for pair in (OF_OLDER, DELETED, Pair()):
        for sets in ([], [ALICE_EARLIER]):
            assert overtaken(*sets, pair=pair, front_end=front_end)
            assert not overtaken(*sets, pair=Pair(jti="j", session_key="a1"), front_end=front_end)
            assert not overtaken(*sets, pair=Pair(session_key="a1"), front_end=front_end)


def test_without_a_pair_a_binding_or_a_claim_there_is_nothing_to_tell_it_by():
    assert not overtaken(pair=None)
    assert not overtaken(binding=None)
    assert not overtaken(binding=Binding(SUBS["alice"], "a1", NOW))


def test_beside_a_set_that_may_be_another_persons_sign_in_at_the_front_end_nothing_was_late():
    assert overtaken(BOB)
    assert overtaken(unjudged=True)
    assert not overtaken(BOB, front_end=True)
    assert not overtaken(ALICE_EARLIER, BOB, front_end=True)
    assert not overtaken(unjudged=True, front_end=True)


# -- freshness ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "finding"),
    [(3_600, Finding.FRESH), (60, Finding.FRESH), (59, Finding.AGEING), (1, Finding.AGEING), (0, Finding.EXPIRED)],
)
def test_a_set_ages_a_minute_before_it_ends(left, finding):
    end = NOW + 3_600
    token = MINT.access_token(sub=SUBS["alice"], exp=end)
    judgement = VERIFIER.judge(token, now=end - left)
    chosen = JudgedSet(Found("alice", token, "n"), judgement.claims, isinstance(judgement, Good))
    assert choice(chosen, now=end - left).finding is finding


def test_a_token_that_lives_for_seconds_is_not_refreshed_with_every_request():
    claims = one("alice", "a9", exp=NOW + 15).claims
    assert ageing_at(claims, 60.0) == NOW + 12
    assert ageing_at(ALICE.claims, 60.0) == NOW + 3_540
