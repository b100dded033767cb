"""One call to the pool, from its fields to a document or an error, with whatever repetitions are harmless.

Rule: this is the only place that builds a request, counts attempts and watches the budget, so every operation has the
same manners. Clock, chance and settings are fields; nothing here reaches for them by itself.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Literal, TypeAlias

from hardtack.cognito.errors import CognitoMisconfigured, CognitoRefused, CognitoUnavailable, Reason
from hardtack.cognito.retry import Limits, may_repeat, pause_before
from hardtack.cognito.steps import HttpRequest, pause, send
from hardtack.cognito.wire import Failure, encode_body, headers_for, read_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardtack.cognito.errors import CognitoError
    from hardtack.cognito.operations import Operation
    from hardtack.cognito.pool import UserPool
    from hardtack.cognito.steps import Flow
    from hardtack.cognito.wire import Document

__all__ = ["Caller", "RefreshOperation", "Surroundings"]

RefreshOperation: TypeAlias = Literal["GetTokensFromRefreshToken", "InitiateAuth"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Time and chance, which tests replace.

    Attributes:
        now: epoch seconds: the timestamp of an SRP proof, and dates in Retry-After.
        monotonic: seconds of a clock that never jumps, for the budget.
        random_bytes: unguessable bytes, for SRP.
        jitter: evenly from 0 to 1, for pauses.
    """

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    random_bytes: Callable[[int], bytes] = secrets.token_bytes
    jitter: Callable[[], float] = secrets.SystemRandom().random


@dataclass(frozen=True, slots=True)
class Caller:
    """What every flow is given to make its calls with.

    Attributes:
        pool: whom to call.
        limits: how long and how often.
        surroundings: time and chance.
        refresh_operation: by which operation tokens are refreshed.
    """

    pool: UserPool
    limits: Limits = field(default_factory=Limits)
    surroundings: Surroundings = field(default_factory=Surroundings)
    refresh_operation: RefreshOperation = "GetTokensFromRefreshToken"

    def deadline(self) -> float:
        """The moment on the monotonic clock when a flow that begins now has used up its budget."""
        return self.surroundings.monotonic() + self.limits.budget

    def call(self, operation: Operation, payload: Document, *, until: float | None = None) -> Flow[Document]:
        """Call an operation.

        Args:
            operation: which.
            payload: its fields.
            until: the deadline of a flow that makes several calls; None for a budget of its own.

        Raises:
            CognitoRefused: the pool said no.
            CognitoUnavailable: no usable answer.
        """
        until = self.deadline() if until is None else until
        headers, body = headers_for(operation), encode_body(payload)
        for attempt in count(1):
            left = until - self.surroundings.monotonic()
            if left <= 0:
                raise CognitoUnavailable(operation.name, Reason.TIMEOUT)
            outcome = yield from send(
                HttpRequest(
                    url=self.pool.url,
                    headers=headers,
                    body=body,
                    connect=min(self.limits.connect, left),
                    read=min(self.limits.read, left),
                    within=left,
                    max_body=self.limits.max_body,
                )
            )
            answer = read_answer(operation, outcome, now=self.surroundings.now())
            if not isinstance(answer, Failure):
                return answer
            wait = self._wait_before_next(operation, answer, attempt=attempt, until=until)
            if wait is None:
                raise _error(operation, answer)
            yield from pause(wait)
        raise AssertionError  # pragma: no cover  the loop has no end of its own

    def _wait_before_next(self, operation: Operation, failure: Failure, *, attempt: int, until: float) -> float | None:
        """Seconds to wait before the next attempt, or None where there must be none."""
        if attempt >= self.limits.attempts or not may_repeat(operation.repeat, failure):
            return None
        wait = pause_before(
            attempt, limits=self.limits, jitter=self.surroundings.jitter(), retry_after=failure.retry_after
        )
        return wait if self.surroundings.monotonic() + wait < until else None


def _error(operation: Operation, failure: Failure) -> CognitoError:
    name, status, reason = failure.exception_name, failure.status, failure.verdict.reason
    if failure.verdict.refused:
        return CognitoRefused(operation.name, reason, exception_name=name, status=status)
    kind = CognitoMisconfigured if reason is Reason.MISCONFIGURED else CognitoUnavailable
    return kind(operation.name, reason, exception_name=name, status=status, retry_after=failure.retry_after)
