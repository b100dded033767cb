"""When to ask again, and after how long.

Rule: whether a repetition is harmless stands in the operations' table; this file only reads it. The pauses have full
jitter (any length from nothing to a bound that doubles), so that a thousand clients which were cut off together do not
come back together. `Retry-After` is honoured as long as the wait fits the budget; if it does not, the caller is told at
once how long to wait and nobody sits in a request until then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardtack.cognito.errors import Reason
from hardtack.cognito.operations import Repeat

if TYPE_CHECKING:
    from hardtack.cognito.wire import Failure

__all__ = ["Limits", "may_repeat", "pause_before"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a call may take and how often it may be tried. All times in seconds.

    Attributes:
        connect: to get a connection, name look-up and TLS included as far as the system lets us.
        read: between two reads of the answer; also the longest wait for its first byte.
        budget: for one method of a client with all its calls, attempts and pauses. The awaiting client holds it to the
            letter. The blocking one looks at it between two pieces of a body, so it may take one `read` longer, and a
            server that drips out its headers byte by byte is held by `read` alone.
        attempts: requests at most for one call.
        first_pause: the bound of the first pause; each following bound is double.
        longest_pause: where the doubling stops.
        max_body: bytes of an answer; more is malformed. The largest honest one is a GetUser with every attribute full.
    """

    connect: float = 2.0
    read: float = 5.0
    budget: float = 10.0
    attempts: int = 3
    first_pause: float = 0.1
    longest_pause: float = 1.0
    max_body: int = 262_144


# What may pass by itself. A malformed answer or a wrong setting will be the same the next time.
_PASSING = frozenset({Reason.CONNECTION, Reason.TIMEOUT, Reason.THROTTLED, Reason.POOL_ERROR})


def may_repeat(repeat: Repeat, failure: Failure) -> bool:
    """Whether a call that failed so may be sent once more without harm."""
    if failure.verdict.refused or failure.verdict.reason not in _PASSING:
        return False
    return repeat is Repeat.REPEATABLE or (repeat is Repeat.UNSENT and failure.unsent)


def pause_before(attempt: int, *, limits: Limits, jitter: float, retry_after: float | None) -> float:
    """Seconds to wait before an attempt.

    Args:
        attempt: how many there have been.
        limits: bounds of the pause.
        jitter: from 0 to 1, drawn for this pause.
        retry_after: seconds that the pool asked for, or None.
    """
    bound = min(limits.longest_pause, limits.first_pause * 2 ** (attempt - 1))
    return max(jitter * bound, retry_after or 0.0)
