"""Rate limits: fair to each, bounded in memory, whoever asks and whatever the clock does."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.sessions import limits
from hardtack.sessions.limits import Allowance, RateLimiter
from support.minting import NOW

THREE = Allowance(burst=3, per_seconds=30.0)


def test_a_burst_is_allowed_and_then_told_how_long_to_wait():
    limiter = RateLimiter(THREE)
    assert [limiter.spend("192.0.2.1", now=NOW) for _ in range(4)] == [0.0, 0.0, 0.0, 30.0]
    assert limiter.spend("192.0.2.1", now=NOW + 20) == pytest.approx(10.0)


def test_one_more_is_allowed_after_the_time_that_was_told():
    limiter = RateLimiter(THREE)
    for _ in range(3):
        limiter.spend("192.0.2.1", now=NOW)
    assert limiter.spend("192.0.2.1", now=NOW + 30) == 0.0
    assert limiter.spend("192.0.2.1", now=NOW + 30) > 0


def test_a_refused_attempt_costs_nothing():
    """Who keeps trying is not locked out for longer than who waits."""
    limiter = RateLimiter(THREE)
    for second in range(30):
        limiter.spend("192.0.2.1", now=NOW + second)
    assert limiter.spend("192.0.2.1", now=NOW + 31) == 0.0


def test_a_long_rest_fills_the_bucket_and_no_more():
    limiter = RateLimiter(THREE)
    limiter.spend("192.0.2.1", now=NOW)
    assert [limiter.spend("192.0.2.1", now=NOW + 9_999) for _ in range(4)].count(0.0) == 3


def test_each_key_has_its_own_allowance():
    limiter = RateLimiter(THREE)
    for _ in range(9):
        limiter.spend("192.0.2.1", now=NOW)
    assert limiter.spend("192.0.2.2", now=NOW) == 0.0


def test_a_clock_set_back_neither_refills_nor_locks_anybody_out():
    limiter = RateLimiter(THREE)
    for _ in range(3):
        limiter.spend("192.0.2.1", now=NOW)
    assert limiter.spend("192.0.2.1", now=NOW - 3_600) == 30.0
    assert limiter.spend("192.0.2.1", now=NOW - 3_600 + 30) == 0.0


def test_strangers_without_number_take_a_fixed_room(monkeypatch):
    monkeypatch.setattr(limits, "_MOST_KEYS", 100)
    limiter = RateLimiter(THREE)
    for number in range(1_000):
        limiter.spend(f"2001:db8::{number:x}", now=NOW)
    assert len(limiter) == 100


def test_who_was_seen_last_is_remembered_longest(monkeypatch):
    monkeypatch.setattr(limits, "_MOST_KEYS", 10)
    limiter = RateLimiter(THREE)
    for _ in range(3):
        limiter.spend("the busy one", now=NOW)
    for number in range(50):
        limiter.spend(f"stranger {number}", now=NOW)
        assert limiter.spend("the busy one", now=NOW) > 0


def test_no_address_and_no_name_lies_in_memory():
    limiter = RateLimiter(THREE)
    limiter.spend("alice@example.com", now=NOW)
    assert all(isinstance(key, bytes) and b"alice" not in key for key in limiter._buckets)
    other = RateLimiter(THREE)
    other.spend("alice@example.com", now=NOW)
    assert set(limiter._buckets).isdisjoint(other._buckets)


@given(st.lists(st.tuples(st.text(max_size=3), st.floats(-1e9, 1e12)), max_size=40))
def test_whatever_comes_the_wait_is_finite_and_never_negative(attempts):
    limiter = RateLimiter(THREE)
    for key, now in attempts:
        assert 0.0 <= limiter.spend(key, now=now) <= 30.0


def test_threads_together_spend_no_more_than_is_allowed():
    limiter = RateLimiter(Allowance(burst=50, per_seconds=1e9))
    allowed: list[float] = []

    def spend() -> None:
        allowed.extend(wait for _ in range(100) if not (wait := limiter.spend("192.0.2.1", now=NOW)))

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(allowed) == 50
