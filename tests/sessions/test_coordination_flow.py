"""One refresh, step by step: who waits, who asks, who is handed what, and what a failing store may not do."""

from __future__ import annotations

import json

import pytest

from hardtack.sessions.coordination import (
    CallPool,
    Handed,
    Pause,
    PoolRefused,
    PoolTokens,
    PoolUnavailable,
    StoreFailed,
)
from hardtack.sessions.coordination.flow import _cipher
from hardtack.tokens import TokenSet
from support.desk import HOUR, Desk, Failing, tokens
from support.minting import NOW
from support.story import SECRET


def test_the_first_asks_the_pool_and_the_second_is_handed_its_answer():
    desk = Desk()
    first, second = desk.refresh("T"), desk.refresh("T")
    assert isinstance(first, PoolTokens)
    assert second == Handed(first.tokens, first.expires_at)
    assert desk.asked == ["T"]


def test_a_successor_that_was_never_seen_is_handed_out_and_then_gone_on_from():
    """The answer was lost; an hour later the access token in it has ended too."""
    desk = Desk()
    desk.refresh("T")
    assert isinstance(desk.refresh("T", now=NOW + HOUR - 60), Handed)
    later = desk.refresh("T", now=NOW + HOUR)
    assert desk.asked == ["T", "T'"]
    assert later.tokens.refresh_token == "T''"


def test_a_chain_of_lost_answers_never_grows_too_long_to_follow():
    """A page that polls and whose answers may carry no cookie: a refresh an hour, and none of them is ever shown."""
    desk = Desk()
    for hour in range(48):
        answer = desk.refresh("T", now=NOW + hour * HOUR)
        assert isinstance(answer, PoolTokens)
    assert len(desk.asked) == 48
    assert len(set(desk.asked)) == 48
    desk.acknowledge(answer.tokens.refresh_token, now=NOW + 48 * HOUR)
    assert isinstance(desk.refresh("T", now=NOW + 47 * HOUR + 60), Handed)


def test_a_chain_without_a_short_cut_is_left_after_a_few_steps():
    desk = Desk()
    for number in range(6):
        desk.run(desk.desk._ask(f"T{number}", None, session="", lease="", now=NOW))
        desk.answers[f"T{number}"] = tokens(NOW, f"T{number + 1}")
    for number in range(6):
        desk.run(desk.desk._ask(f"T{number}", None, session="", lease="", now=NOW))
    assert desk.refresh("T0", session="", now=NOW + 2 * HOUR) == PoolUnavailable("chain")


def test_without_rotation_each_hour_asks_anew():
    desk = Desk()
    for hour in range(3):
        desk.answers["T"] = tokens(NOW + hour * HOUR, "T")
        assert isinstance(desk.refresh("T", now=NOW + hour * HOUR), PoolTokens)
        assert isinstance(desk.refresh("T", now=NOW + hour * HOUR + 5), Handed)
    assert desk.asked == ["T", "T", "T"]


def test_a_pool_that_gives_no_refresh_token_back_is_handed_out_as_it_is():
    desk = Desk()
    desk.answers["T"] = tokens(NOW, None)
    desk.refresh("T")
    assert desk.refresh("T", now=NOW + 2 * HOUR).tokens.refresh_token is None


def test_a_refusal_is_remembered_and_an_outage_is_not():
    desk = Desk()
    desk.answers["T"] = PoolUnavailable("timeout")
    for _ in range(2):
        assert desk.refresh("T") == PoolUnavailable("timeout")
    desk.answers["T"] = PoolRefused("NotAuthorizedException")
    for _ in range(3):
        assert desk.refresh("T") == PoolRefused("NotAuthorizedException")
    assert len(desk.asked) == 3


def test_a_loser_waits_and_takes_the_winners_set():
    desk = Desk()
    winner = desk.desk.refresh("T", username="u", session_key="s", now=NOW)
    call = winner.send(winner.send(None).call())  # the claim is made; the pool is being asked
    assert isinstance(call, CallPool)
    loser = desk.desk.refresh("T", username="u", session_key="s", now=NOW)
    need = loser.send(loser.send(None).call())
    assert isinstance(need, Pause)
    settled = winner.send(tokens(NOW, "T'"))
    with pytest.raises(StopIteration) as won:
        winner.send(settled.call())
    again = loser.send(None)
    with pytest.raises(StopIteration) as lost:
        loser.send(again.call())
    assert lost.value.value.tokens == won.value.value.tokens
    assert isinstance(lost.value.value, Handed)


def test_a_loser_does_not_wait_for_ever():
    desk = Desk()
    winner = desk.desk.refresh("T", username="u", session_key="s", now=NOW)
    winner.send(winner.send(None).call())
    assert desk.refresh("T") == PoolUnavailable("busy")
    assert 10 <= desk.paused < 11


def test_who_breaks_off_gives_the_claim_back():
    """A worker that is stopped in the middle of the pool's answer keeps nobody waiting."""
    desk = Desk()
    stopped = desk.desk.refresh("T", username="u", session_key="s", now=NOW)
    stopped.send(stopped.send(None).call())
    stopped.close()
    assert isinstance(desk.refresh("T"), PoolTokens)
    assert desk.paused == 0


def test_after_the_sign_out_the_chain_is_forgotten_and_a_late_answer_falls():
    desk = Desk()
    desk.refresh("T")
    desk.sign_out()
    assert desk.refresh("T") == desk.refresh("T'") == PoolRefused("SessionEnded")
    late = Desk()
    late.between = late.sign_out
    assert late.refresh("T") == PoolRefused("SessionEnded")
    assert late.store.count() == 0


def test_a_sign_out_ends_no_other_session():
    desk = Desk()
    desk.refresh("T", session="one")
    desk.refresh("lone", session="")
    desk.sign_out("another")
    assert isinstance(desk.refresh("T", session="one"), Handed)
    assert isinstance(desk.refresh("lone", session=""), Handed)


def test_the_store_can_read_none_of_it():
    desk = Desk()
    desk.refresh("a refresh token")
    content = json.dumps([[str(cell) for cell in row] for row in desk.store._db.execute("SELECT * FROM refresh")])
    for secret in ("a refresh token", "access at", SECRET):
        assert secret not in content


@pytest.mark.parametrize("payload", [b"[]", b'["a", "b"]', b"[1, 2, 3, 4]", b'["a", null, null, "soon"]', b"{}", b"no"])
def test_a_record_of_another_release_is_as_good_as_none(payload):
    """Else its refresh token would be unavailable until the record ends, and that may be a month."""
    desk = Desk()
    desk.refresh("T")
    nonce = bytes(12)
    sealed = nonce + _cipher("T").encrypt(nonce, payload, None)
    desk.store._db.execute("UPDATE refresh SET sealed = ?", (sealed,))
    assert isinstance(desk.refresh("T"), PoolTokens)
    assert isinstance(desk.refresh("T"), Handed)


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(80)])
def test_a_record_that_was_tampered_with_is_as_good_as_none(sealed):
    desk = Desk()
    desk.refresh("T")
    desk.store._db.execute("UPDATE refresh SET sealed = ?", (sealed,))
    assert isinstance(desk.refresh("T"), PoolTokens)


# -- a store that fails ---------------------------------------------------------------------------------------------


def test_a_claim_that_fails_is_an_outage_and_asks_the_pool_nothing(caplog):
    desk = Desk(Failing("claim"))
    assert desk.refresh("T") == PoolUnavailable("store")
    assert desk.asked == []
    assert "The refresh store failed: DatabaseError" in caplog.text
    assert "/var/lib" not in caplog.text


def test_a_set_that_could_not_be_kept_still_reaches_the_browser():
    """With rotation it holds the only live refresh token."""
    desk = Desk(Failing("settle"))
    assert desk.refresh("T").tokens.refresh_token == "T'"


@pytest.mark.parametrize("answer", [PoolRefused("NotAuthorizedException"), PoolUnavailable("timeout")])
def test_an_answer_that_could_not_be_noted_is_still_the_answer(answer):
    desk = Desk(Failing("refuse", "release"))
    desk.answers["T"] = answer
    assert desk.refresh("T") == answer


def test_neither_an_acknowledgement_nor_a_sign_out_breaks_on_it():
    desk = Desk(Failing("acknowledge", "end_session"))
    desk.acknowledge("T")
    assert desk.sign_out() == StoreFailed()


def test_who_breaks_off_over_a_failing_store_breaks_off_quietly():
    desk = Desk(Failing("release"))
    stopped = desk.desk.refresh("T", username="u", session_key="s", now=NOW)
    stopped.send(stopped.send(None).call())
    stopped.close()


@pytest.mark.parametrize("storage", ["amplify", "sealed"])
def test_a_store_that_fails_in_a_running_site_signs_nobody_out(tell, storage):
    store = Failing()
    story = tell(storage=storage, settings={"store": store})
    story.sign_in("alice")
    story.settle()
    before = story.auth_cookies()
    store.failing = {"claim", "settle", "refuse", "release", "acknowledge", "end_session"}
    story.server.core.memory.forget()
    assert story.visit("/").session is not None
    story.wait(3_700)
    for _ in range(3):
        plan = story.visit("/account", script=True)
        assert plan.outcome.kind == "unavailable"
        assert (plan.page, plan.set_cookies) == (None, ())
    assert story.told("refresh.unavailable")[-1].fields == {"reason": "store"}
    assert story.auth_cookies() == before
    store.failing = set()
    assert story.visit("/").outcome.kind == "refreshed"
    store.failing = {"end_session"}
    story.sign_out()
    assert story.auth_cookies() == []


# -- another token than the one that is held ---------------------------------------------------------------------------


def test_whoever_wants_another_token_than_the_last_one_gets_it_though_that_one_lives():
    desk = Desk()
    desk.answers["r1"] = PoolTokens(TokenSet("first", None, "r1"), NOW + HOUR)
    assert desk.refresh("r1").tokens.access_token == "first"
    desk.answers["r1"] = PoolTokens(TokenSet("second", None, "r1"), NOW + HOUR + 1)
    assert desk.refresh("r1").tokens.access_token == "first"  # who wants any is handed what there is
    forced = desk.run(desk.desk.refresh("r1", username="u", session_key="s", now=NOW, other_than="first"))
    assert forced.tokens.access_token == "second"
    late = desk.run(desk.desk.refresh("r1", username="u", session_key="s", now=NOW, other_than="first"))
    assert late == Handed(forced.tokens, forced.expires_at)  # who held the first one as well is handed the second
    assert desk.asked == ["r1", "r1"]


def test_whoever_holds_the_successor_already_is_given_the_next_one():
    desk = Desk()
    first = desk.refresh("r1")
    held = first.tokens.access_token
    forced = desk.run(desk.desk.refresh("r1", username="u", session_key="s", now=NOW, other_than=held))
    assert desk.asked == ["r1", "r1'"]
    assert forced.tokens.refresh_token == "r1''"
