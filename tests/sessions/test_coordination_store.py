"""The embedded back end, in memory and on a file: what a claim, a settlement and a sign-out mean to each other."""

from __future__ import annotations

import sqlite3
import stat
import threading
from dataclasses import replace
from itertools import pairwise

import pytest

from hardtack.sessions import SessionCore, StartupError
from hardtack.sessions.coordination import Busy, Claimed, Ended, RefusedBefore, Settled, SqliteStore
from hardtack.sessions.coordination import sqlite as sqlite_module
from support.minting import NOW
from support.story import Story

HOUR = 3_600.0


@pytest.fixture(params=["memory", "file"])
def store(request, tmp_path):
    made = SqliteStore(tmp_path / "refresh.sqlite3" if request.param == "file" else None)
    yield made
    made.close()


def claim(store, key="k", *, session="s", now=NOW, fresh_until=None):
    return store.claim(
        key, session=session, now=now, lease_seconds=20.0, fresh_until=now + 10 if fresh_until is None else fresh_until
    )


def settle(store, key="k", *, lease="", session="s", sealed=b"sealed", successor="k2", access=HOUR, now=NOW):
    return store.settle(
        key,
        lease,
        session=session,
        sealed=sealed,
        successor=successor,
        access_until=NOW + access,
        now=now,
        until=now + 30 * 86_400,
    )


def test_the_first_gets_the_claim_and_the_second_must_wait(store):
    assert isinstance(claim(store), Claimed)
    assert claim(store) == Busy()
    assert isinstance(claim(store, "another token"), Claimed)


def test_who_comes_second_is_handed_what_the_first_got(store):
    lease = claim(store).lease
    assert settle(store, lease=lease, sealed=b"\x00the successor\xff")
    assert claim(store) == Settled(b"\x00the successor\xff")
    assert claim(store, now=NOW + 29 * 86_400) == Settled(b"\x00the successor\xff")


def test_a_holder_that_died_is_replaced_when_its_lease_ends(store):
    first = claim(store).lease
    assert claim(store, now=NOW + 19) == Busy()
    second = claim(store, now=NOW + 20)
    assert isinstance(second, Claimed)
    assert second.lease != first


def test_an_answer_that_comes_after_its_lease_is_as_good_as_any(store):
    lease = claim(store).lease
    claim(store, now=NOW + 25)
    assert settle(store, lease=lease, now=NOW + 26)
    assert isinstance(claim(store, now=NOW + 27), Settled)


def test_a_claim_given_back_is_free_at_once(store):
    lease = claim(store).lease
    store.release("k", lease)
    assert isinstance(claim(store), Claimed)


def test_nobody_gives_back_or_refuses_with_a_lease_that_is_not_his(store):
    old = claim(store).lease
    new = claim(store, now=NOW + 25).lease
    store.release("k", old)
    store.refuse("k", old, code="NotAuthorizedException", until=NOW + HOUR)
    assert claim(store, now=NOW + 26) == Busy()
    store.refuse("k", new, code="NotAuthorizedException", until=NOW + HOUR)
    assert claim(store, now=NOW + 27) == RefusedBefore("NotAuthorizedException")


def test_a_refusal_is_remembered_for_its_time(store):
    lease = claim(store).lease
    store.refuse("k", lease, code="NotAuthorizedException", until=NOW + HOUR)
    assert claim(store, now=NOW + HOUR - 1) == RefusedBefore("NotAuthorizedException")
    assert isinstance(claim(store, now=NOW + HOUR), Claimed)


def test_a_late_refusal_does_not_undo_a_settlement(store):
    lease = claim(store).lease
    settle(store, lease=lease)
    store.refuse("k", lease, code="NotAuthorizedException", until=NOW + HOUR)
    store.release("k", lease)
    assert isinstance(claim(store), Settled)


def test_without_rotation_a_settlement_is_used_up_when_its_access_token_ends(store):
    settle(store, successor="k")
    assert isinstance(claim(store, now=NOW + HOUR - 11), Settled)
    assert isinstance(claim(store, now=NOW + HOUR - 10), Claimed)


def test_with_rotation_a_settlement_leads_on_long_after_its_access_token_ended(store):
    settle(store, successor="k2")
    assert isinstance(claim(store, now=NOW + 20 * HOUR), Settled)


def test_a_successor_that_was_shown_is_kept_for_a_little_while_only(store):
    settle(store)
    store.acknowledge("k2", until=NOW + 120)
    assert isinstance(claim(store, now=NOW + 119), Settled)
    assert isinstance(claim(store, now=NOW + 120), Claimed)


def test_an_acknowledgement_never_lengthens_a_life_and_touches_no_other(store):
    settle(store)
    settle(store, "other", successor="other2")
    store.acknowledge("k2", until=NOW + 120)
    store.acknowledge("k2", until=NOW + 500)
    store.acknowledge("nobody", until=NOW)
    assert isinstance(claim(store, now=NOW + 120), Claimed)
    assert isinstance(claim(store, "other", now=NOW + 9_000), Settled)


def test_every_record_that_leads_to_a_shown_successor_ends(store):
    settle(store, "k", successor="k9")
    settle(store, "k8", successor="k9")
    store.acknowledge("k9", until=NOW + 120)
    assert isinstance(claim(store, "k", now=NOW + 120), Claimed)
    assert isinstance(claim(store, "k8", now=NOW + 120), Claimed)


def test_a_signed_out_session_hands_nothing_of_its_chain_to_anyone(store):
    settle(store, "k1", successor="k2")
    settle(store, "k2", successor="k3")
    settle(store, "else", session="another session")
    store.end_session("s", until=NOW + 86_400)
    for key in ("k1", "k2", "k3"):
        assert claim(store, key) == Ended()
    assert isinstance(claim(store, "else", session="another session"), Settled)
    assert isinstance(claim(store, "k1", now=NOW + 86_400), Claimed)


def test_an_answer_that_comes_after_the_sign_out_is_thrown_away(store):
    lease = claim(store).lease
    store.end_session("s", until=NOW + 86_400)
    assert settle(store, lease=lease) is False
    assert store.count() == 0


def test_a_lone_token_has_no_session_that_could_have_ended(store):
    store.end_session("s", until=NOW + 86_400)
    assert isinstance(claim(store, "lone", session=""), Claimed)
    assert settle(store, "lone", session="")


def test_what_has_ended_is_cleared_away(store):
    for number in range(600):
        lease = claim(store, f"k{number}", now=NOW + number).lease
        store.refuse(f"k{number}", lease, code="x", until=NOW + number + 5)
        store.end_session(f"s{number}", until=NOW + number + 5)
    assert store.count() < 300
    assert store._db.execute("SELECT count(*) FROM ended").fetchone()[0] < 300


def test_in_memory_the_number_of_records_is_bounded_and_no_claim_is_lost_to_it(monkeypatch):
    monkeypatch.setattr(sqlite_module, "_MOST_IN_MEMORY", 100)
    store = SqliteStore()
    held = claim(store, "held").lease
    for number in range(1_000):
        settle(store, f"k{number}", successor=f"n{number}", now=NOW + number)
        claim(store, f"k{number}", now=NOW + 1)
        assert store.count() <= 100 + sqlite_module._PURGE_EVERY
    assert claim(store, "held", now=NOW + 1) == Busy()
    store.release("held", held)


def test_the_file_is_its_owners_alone(tmp_path):
    path = tmp_path / "refresh.sqlite3"
    store = SqliteStore(path)
    settle(store)
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    store.close()


def test_a_file_outlives_its_process_and_memory_does_not(tmp_path):
    path = tmp_path / "refresh.sqlite3"
    first = SqliteStore(path)
    settle(first)
    first.close()
    second = SqliteStore(str(path))
    assert isinstance(claim(second), Settled)
    second.close()
    assert isinstance(claim(SqliteStore()), Claimed)
    assert (second.blocking, SqliteStore().blocking) == (True, False)


def test_after_a_fork_the_parents_connection_is_left_alone(tmp_path):
    store = SqliteStore(tmp_path / "refresh.sqlite3")
    inherited = store._db
    claim(store)
    sqlite_module._reopen_all()
    assert store._db is not inherited
    assert claim(store) == Busy()
    assert inherited.execute("SELECT count(*) FROM refresh").fetchone() == (1,)
    inherited.close()
    store.close()


def test_of_many_threads_one_gets_the_claim(store):
    won: list[Claimed] = []
    start = threading.Barrier(8)

    def race() -> None:
        start.wait()
        for number in range(40):
            answer = claim(store, f"k{number}")
            if isinstance(answer, Claimed):
                won.append(answer)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 40


# -- a snapshot -----------------------------------------------------------------------------------------------------


def test_a_snapshot_is_the_same_for_the_same_records_in_whatever_order_they_came():
    one, other = SqliteStore(), SqliteStore()
    for each, keys in ((one, "abc"), (other, "cab")):
        for key in keys:
            settle(each, key, successor=f"{key}'", sealed=key.encode())
        for session in keys:
            each.end_session(f"ended {session}", until=NOW + HOUR)
    assert one.snapshot() == other.snapshot()
    assert hash(one.snapshot()) == hash(other.snapshot())
    assert [row[0] for row in one.snapshot()[0]] == ["a", "b", "c"]
    settle(other, "d")
    assert one.snapshot() != other.snapshot()
    assert SqliteStore().snapshot() == ((), ())


def test_a_restored_store_goes_on_as_if_it_had_been_there_all_along(store):
    lease = claim(store, "leased").lease
    refused = claim(store, "refused").lease
    store.refuse("refused", refused, code="NotAuthorizedException", until=NOW + HOUR)
    settle(store, "settled", sealed=b"\x00the successor\xff", successor="next")
    store.end_session("over", until=NOW + HOUR)
    taken = store.snapshot()
    settle(store, "later")
    store.end_session("s", until=NOW + HOUR)
    for restored in (store, SqliteStore()):
        restored.restore(taken)
        assert restored.snapshot() == taken
        assert claim(restored, "leased") == Busy()
        assert claim(restored, "refused") == RefusedBefore("NotAuthorizedException")
        assert claim(restored, "settled") == Settled(b"\x00the successor\xff")
        assert claim(restored, "new", session="over") == Ended()
        restored.acknowledge("next", until=NOW + 120)
        assert isinstance(claim(restored, "settled", now=NOW + 120), Claimed)
        restored.release("leased", lease)
        assert isinstance(claim(restored, "leased"), Claimed)
        assert isinstance(claim(restored, "later"), Claimed)
    assert taken != store.snapshot()


def test_a_restored_snapshot_takes_the_place_of_whatever_there_was(store):
    settle(store)
    store.end_session("over", until=NOW + HOUR)
    store.restore(((), ()))
    assert store.count() == 0
    assert isinstance(claim(store, session="over"), Claimed)


def test_a_snapshot_that_does_not_fit_changes_nothing(store):
    settle(store)
    before = store.snapshot()
    with pytest.raises(sqlite3.Error):
        store.restore(((("too", "few"),), ()))
    assert store.snapshot() == before


def test_a_lease_is_named_by_whoever_asked_for_it_to_be():
    """The explorer's are counted, so that states recur; without one they are random."""
    names = iter(["first", "second"])
    store = SqliteStore(lease=lambda: next(names))
    assert [claim(store, key) for key in "ab"] == [Claimed("first"), Claimed("second")]
    assert claim(SqliteStore()) != claim(SqliteStore())


# -- a file that is locked, spoilt or full --------------------------------------------------------------------------


def test_a_locked_file_is_an_error_after_the_time_that_was_given(tmp_path):
    path = tmp_path / "refresh.sqlite3"
    store = SqliteStore(path, busy_timeout=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        claim(store)
    other.execute("ROLLBACK")
    assert isinstance(claim(store), Claimed)
    other.close()
    store.close()


def test_a_full_disk_leaves_no_transaction_open(store):
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        settle(store, sealed=b"x" * 100_000)
    store._db.execute("PRAGMA max_page_count = 1000000")
    assert isinstance(claim(store), Claimed)


def test_a_failed_call_leaves_no_transaction_open(store):
    with pytest.raises(sqlite3.Error):
        store.claim(object(), session="s", now=NOW, lease_seconds=1.0, fresh_until=NOW)
    assert isinstance(claim(store), Claimed)


@pytest.mark.parametrize("how", ["no folder", "a folder", "spoilt"])
def test_a_store_that_can_not_be_opened_is_named_at_the_start(tmp_path, how):
    path = {"no folder": tmp_path / "missing" / "x.sqlite3", "a folder": tmp_path, "spoilt": tmp_path / "spoilt"}[how]
    if how == "spoilt":
        path.write_bytes(b"this is no database at all, however long one looks at it. " * 100)
    with pytest.raises(StartupError) as caught:
        SessionCore(_settings(store=path))
    assert [problem.code for problem in caught.value.problems] == ["startup.store"]
    assert str(tmp_path) not in str(caught.value)


def test_a_back_end_of_ones_own_is_taken_as_it_is():
    own = SqliteStore()
    assert SessionCore(_settings(store=own)).desk._store is own


def _settings(**changes):
    return replace(Story().server.core.settings, **changes)


def test_claims_in_turn_get_leases_that_nobody_can_guess(store):
    leases = [claim(store, f"k{number}").lease for number in range(20)]
    assert all(len(lease) == 16 for lease in leases)
    assert all(one != other for one, other in pairwise(sorted(leases)))
