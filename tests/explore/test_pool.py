"""The explored user pool answers as the real one does: rotation, grace, reuse, revocation."""

from __future__ import annotations

import pytest

from hardtack.explore.pool import NOT_AUTHORIZED, REUSED, Accepted, Granted, Pool, Refused, Unavailable
from hardtack.explore.symbols import BEGINNING, LIFETIME, read_token

NOW = BEGINNING


def refreshed(pool, token, *, now=NOW, rotation=True, grace=0):
    pool, answer = pool.refresh(token, now=now, rotation=rotation, grace=grace)
    return pool, answer


@pytest.fixture
def signed_in():
    return Pool().sign_in("alice", now=NOW)


def test_a_password_brings_three_tokens_of_one_sign_in(signed_in):
    pool, granted = signed_in
    tokens = [read_token(token) for token in granted]
    assert [token.use for token in tokens] == ["access", "id", "refresh"]
    assert {(token.user, token.session, token.generation) for token in tokens} == {("alice", "origin1", 1)}
    assert pool.named("origin1").user == "alice"
    assert pool.named("origin2") is None


def test_without_rotation_a_refresh_token_goes_on(signed_in):
    pool, granted = signed_in
    for generation in (2, 3):
        pool, answer = refreshed(pool, granted.refresh, rotation=False)
        assert isinstance(answer, Granted)
        assert answer.refresh is None
        assert read_token(answer.access).generation == generation
        assert read_token(answer.access).auth_time == NOW


def test_with_rotation_the_old_one_is_refused_as_reused_and_ends_nothing(signed_in):
    pool, granted = signed_in
    pool, first = refreshed(pool, granted.refresh)
    assert refreshed(pool, granted.refresh)[1] == Refused(REUSED)
    pool, second = refreshed(pool, first.refresh)
    assert read_token(second.refresh).generation == 3


def test_within_its_grace_an_old_one_makes_one_more_successor_and_both_are_good(signed_in):
    pool, granted = signed_in
    pool, first = refreshed(pool, granted.refresh, grace=30)
    pool, second = refreshed(pool, granted.refresh, now=NOW + 30, grace=30)
    assert {read_token(one.refresh).generation for one in (first, second)} == {2, 3}
    for token in (first.refresh, second.refresh):
        assert isinstance(refreshed(pool, token, now=NOW + 40, grace=30)[1], Granted)


def test_past_its_grace_it_is_reused(signed_in):
    pool, granted = signed_in
    pool, _ = refreshed(pool, granted.refresh, grace=30)
    assert refreshed(pool, granted.refresh, now=NOW + 31, grace=30)[1] == Refused(REUSED)


@pytest.mark.parametrize("token", ["", "garbage", "refresh-origin9-1-alice"])
def test_what_it_never_granted_is_refused(signed_in, token):
    assert refreshed(signed_in[0], token)[1] == Refused(NOT_AUTHORIZED)


def test_an_access_token_is_no_refresh_token(signed_in):
    pool, granted = signed_in
    assert refreshed(pool, granted.access)[1] == Refused(NOT_AUTHORIZED)
    assert pool.revoke_token(granted.access) == pool


def test_revocation_ends_one_sign_in(signed_in):
    pool, first = signed_in
    pool, second = pool.sign_in("alice", now=NOW + 1)
    pool = pool.revoke_token(first.refresh)
    assert refreshed(pool, first.refresh)[1] == Refused(NOT_AUTHORIZED)
    assert isinstance(refreshed(pool, second.refresh)[1], Granted)


def test_a_global_sign_out_ends_every_sign_in_of_a_person(signed_in):
    pool, first = signed_in
    pool, _ = pool.sign_in("alice", now=NOW + 1)
    pool, other = pool.sign_in("bob", now=NOW + 2)
    pool, answer = pool.global_sign_out(first.access, now=NOW + 3)
    assert answer == Accepted()
    assert [one.ended for one in pool.sign_ins] == [True, True, False]
    assert isinstance(refreshed(pool, other.refresh)[1], Granted)
    assert pool.global_sign_out(first.access, now=NOW + 3)[1] == Refused(NOT_AUTHORIZED)


def test_an_expired_access_token_signs_nobody_out(signed_in):
    pool, granted = signed_in
    assert pool.global_sign_out(granted.access, now=NOW + LIFETIME)[1] == Refused(NOT_AUTHORIZED)
    assert pool.global_sign_out(granted.refresh, now=NOW)[1] == Refused(NOT_AUTHORIZED)


def test_what_nothing_names_is_forgotten_and_its_number_is_not_used_again(signed_in):
    pool, _ = signed_in
    assert pool.keep({"origin1", "origin7"}) is pool
    pool = pool.keep(frozenset())
    assert pool.sign_ins == ()
    assert pool.sign_in("alice", now=NOW)[0].named("origin2") is not None


def test_somebody_who_left_is_marked_as_having_left(signed_in):
    assert signed_in[0].leave(["origin1"]).named("origin1").left
    assert not signed_in[0].leave(["origin2"]).named("origin1").left


def test_no_answer_is_not_taken_for_any_other():
    answers = [Unavailable(), Accepted(), Refused("nothing to be had"), Granted("a", "i", None)]
    assert len(set(answers)) == len(answers)
