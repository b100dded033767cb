"""What a sign-in wrote, kept under a claim: who is handed it, what it leads to later, and what the pool never hears."""

from __future__ import annotations

import json

import pytest

from hardtack.sessions.coordination import (
    CallPool,
    Handed,
    PoolRefused,
    PoolTokens,
    PoolUnavailable,
    StoreFailed,
)
from hardtack.sessions.coordination.flow import _cipher
from support.desk import HOUR, Desk, Failing, tokens
from support.minting import NOW
from support.story import SECRET

CLAIM = "what the binding shows"
NO_ARRIVAL = PoolRefused("NoArrival")
DAY = 86_400


class Arrivals(Desk):
    """A desk that keeps what sign-ins wrote."""

    def keep(self, answer: PoolTokens | None = None, *, claim: str = CLAIM, session: str = "s", now: float = NOW):
        answer = answer or tokens(NOW, "T")
        return self.desk.keep_arrival(claim, answer, session_key=session, now=now).call()

    def recall(self, claim: str = CLAIM, *, session: str = "s", now: float = NOW):
        return self.run(self.desk.recall(claim, username="u", session_key=session, now=now), now)


@pytest.fixture
def desk():
    return Arrivals()


def test_what_was_kept_is_handed_out_as_often_as_it_is_asked_for(desk):
    assert desk.keep() is True
    kept = tokens(NOW, "T")
    for seconds in (0, 60, HOUR - 11):
        assert desk.recall(now=NOW + seconds) == Handed(kept.tokens, kept.expires_at)
    assert desk.asked == []


def test_each_sign_in_has_a_claim_of_its_own(desk):
    desk.keep(tokens(NOW, "T1"), claim="one", session="s1")
    desk.keep(tokens(NOW, "T2"), claim="other", session="s2")
    assert desk.recall("one", session="s1").tokens.refresh_token == "T1"
    assert desk.recall("other", session="s2").tokens.refresh_token == "T2"


def test_a_request_that_showed_the_set_does_not_shorten_its_keeping(desk):
    """It may have been sent before the answer that will take its place has arrived."""
    desk.keep()
    desk.acknowledge("T")
    assert isinstance(desk.recall(now=NOW + HOUR - 60), Handed)


def test_once_its_access_token_has_ended_it_is_gone_on_from_by_its_refresh_token_and_never_by_the_claim(desk):
    desk.keep()
    later = desk.recall(now=NOW + HOUR - 10)
    assert isinstance(later, PoolTokens)
    assert later.tokens.refresh_token == "T'"
    assert desk.recall(now=NOW + HOUR) == Handed(later.tokens, later.expires_at)
    assert desk.asked == ["T"]
    for day in range(1, 29):
        assert isinstance(desk.recall(now=NOW + day * DAY), PoolTokens)
    assert CLAIM not in desk.asked


def test_the_pool_is_told_whose_refresh_token_it_is(desk):
    desk.keep()
    flow = desk.desk.recall(CLAIM, username="alice", session_key="s", now=NOW + HOUR)
    need = next(flow)
    while not isinstance(need, CallPool):
        need = flow.send(need.call())
    assert (need.refresh_token, need.username) == ("T", "alice")
    flow.close()


def test_what_the_set_has_become_since_is_handed_out(desk):
    """Another request refreshed it, and its answer is not known to have arrived."""
    desk.keep()
    became = desk.refresh("T", now=NOW + HOUR)
    assert desk.recall(now=NOW + HOUR) == Handed(became.tokens, became.expires_at)


@pytest.mark.parametrize("answer", [PoolRefused("NotAuthorizedException"), PoolUnavailable("timeout")])
def test_what_the_pool_says_of_its_refresh_token_is_the_answer(desk, answer):
    desk.keep()
    desk.answers["T"] = answer
    for _ in range(2):
        assert desk.recall(now=NOW + HOUR) == answer
    assert desk.asked == ["T"] * (1 if isinstance(answer, PoolRefused) else 2)


# -- what is not there ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", ["garbage", "", "T", CLAIM + " ", "\N{SNOWMAN}", "\ud800", "x" * 100_000])
def test_a_claim_that_nobody_gave_finds_nothing_asks_nobody_and_leaves_nothing(desk, claim):
    desk.keep()
    for _ in range(3):
        assert desk.recall(claim, now=NOW + HOUR) == NO_ARRIVAL
    assert (desk.asked, desk.paused, desk.store.count()) == ([], 0.0, 1)


def test_two_who_ask_for_nothing_at_once_are_both_told_so(desk):
    first = desk.desk.recall(CLAIM, username="u", session_key="s", now=NOW)
    release = first.send(next(first).call())
    second = desk.desk.recall(CLAIM, username="u", session_key="s", now=NOW)
    pause = second.send(next(second).call())
    assert pause.seconds < 1
    with pytest.raises(StopIteration) as one:
        first.send(release.call())
    assert one.value.value == desk.run(second) == NO_ARRIVAL


def test_it_is_kept_as_long_as_its_refresh_token_lives(desk):
    desk.keep()
    assert desk.recall(now=NOW + 30 * DAY) == NO_ARRIVAL


def test_what_a_refresh_gave_takes_its_place_and_is_kept_as_long(desk):
    desk.keep()
    newer = desk.recall(now=NOW + 30 * DAY - 1)
    assert isinstance(newer, PoolTokens)
    assert desk.recall(now=NOW + 30 * DAY) == Handed(newer.tokens, newer.expires_at)
    assert isinstance(desk.recall(now=NOW + 60 * DAY - 2), PoolTokens)


def test_a_set_without_a_refresh_token_is_none(desk):
    desk.keep(tokens(NOW, None))
    assert desk.recall() == NO_ARRIVAL


@pytest.mark.parametrize("payload", [b"[]", b'["a", "b"]', b"[1, 2, 3, 4]", b'["a", null, null, "soon"]', b"{}", b"no"])
def test_a_record_of_another_release_is_as_good_as_none(desk, payload):
    desk.keep()
    nonce = bytes(12)
    desk.store._db.execute("UPDATE refresh SET sealed = ?", (nonce + _cipher(CLAIM).encrypt(nonce, payload, None),))
    assert desk.recall() == NO_ARRIVAL


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(80)])
def test_a_record_that_was_tampered_with_is_as_good_as_none(desk, sealed):
    desk.keep()
    desk.store._db.execute("UPDATE refresh SET sealed = ?", (sealed,))
    assert desk.recall() == NO_ARRIVAL
    assert desk.asked == []


# -- sign-out ---------------------------------------------------------------------------------------------------------


def test_after_the_sign_out_it_is_handed_to_nobody_whatever_sign_in_they_name(desk):
    desk.keep()
    desk.sign_out()
    assert desk.store.count() == 0
    assert desk.recall() == PoolRefused("SessionEnded")
    assert desk.recall(session="another") == desk.recall(session="") == NO_ARRIVAL
    assert desk.recall(now=NOW + 2 * DAY) == NO_ARRIVAL
    assert desk.asked == []


def test_a_sign_out_that_overtakes_the_sign_in_leaves_nothing_behind(desk):
    desk.sign_out()
    assert desk.keep() is False
    assert desk.store.count() == 0


def test_another_sign_ins_end_is_not_its_own(desk):
    desk.keep()
    desk.sign_out("another")
    assert isinstance(desk.recall(), Handed)


def test_the_store_can_read_none_of_it(desk):
    desk.keep(tokens(NOW, "a refresh token"))
    content = json.dumps([[str(cell) for cell in row] for row in desk.store._db.execute("SELECT * FROM refresh")])
    for secret in (CLAIM, "access at", "a refresh token", SECRET):
        assert secret not in content


# -- a store that fails -----------------------------------------------------------------------------------------------


def test_a_store_that_fails_to_answer_is_an_outage():
    desk = Arrivals(Failing("claim"))
    assert desk.recall() == PoolUnavailable("store")
    assert desk.asked == []


def test_a_set_that_could_not_be_kept_is_no_error():
    desk = Arrivals(Failing("settle"))
    assert desk.keep() == StoreFailed()
    assert desk.recall() == NO_ARRIVAL


def test_a_claim_that_could_not_be_given_back_is_still_no_arrival():
    desk = Arrivals(Failing("release"))
    assert desk.recall() == NO_ARRIVAL
    assert desk.recall(now=NOW + 21) == NO_ARRIVAL
