"""The pool's time, told by the pool's own tokens."""

from __future__ import annotations

import pytest

from hardtack.sessions.pool_clock import PoolClock
from support.minting import NOW


class Wall:
    """A server's clock; `off` is its error."""

    def __init__(self, off: float = 0.0) -> None:
        self.time = float(NOW)
        self.off = off

    def __call__(self) -> float:
        return self.time + self.off


def test_a_clock_that_is_right_is_left_alone():
    clock = PoolClock(Wall())
    assert clock.just_issued(NOW) is False
    assert clock.seen(NOW) is False
    assert clock.now() == NOW


@pytest.mark.parametrize("seconds", [-29, 29])
def test_less_than_half_a_minute_is_the_network(seconds):
    clock = PoolClock(Wall(seconds))
    assert clock.just_issued(NOW) is False
    assert clock.offset == 0.0


@pytest.mark.parametrize("hours", [-8, -1, 1, 8])
def test_a_token_that_was_just_issued_tells_the_time(hours):
    clock = PoolClock(Wall(hours * 3600))
    assert clock.just_issued(NOW) is True
    assert clock.now() == NOW
    assert clock.just_issued(NOW) is False


def test_a_clock_that_was_put_right_is_believed_again():
    wall = Wall(7_200)
    clock = PoolClock(wall)
    clock.just_issued(NOW)
    wall.off = 0.0
    assert clock.just_issued(NOW) is True
    assert (clock.offset, clock.now()) == (0.0, NOW)


def test_a_token_from_the_future_says_that_this_clock_is_slow():
    clock = PoolClock(Wall(-7_200))
    assert clock.seen(NOW) is True
    assert clock.now() == NOW
    assert clock.seen(NOW) is False


def test_an_old_token_says_nothing_about_a_clock_that_is_fast():
    """It may have been issued long ago; only a token that was just issued can put a fast clock right."""
    clock = PoolClock(Wall(7_200))
    assert clock.seen(NOW - 3_600) is False
    assert clock.offset == 0.0
