"""Fetching the pool's keys: seldom, once for everybody, and never at the price of the keys that we have.

Rule: a stranger can invent a `kid` a million times a second, and the key set's address can be down. So an unknown `kid`
leads to at most one fetch a minute, whoever asks at the same time shares it, and a fetch that fails is *unavailable*:
it empties nothing and signs nobody out. What is fetched takes the place of the whole ring only if it is well-formed.

This is the one file of the layer that waits. It opens no connection itself: the transport comes in as a function, which
must bring its own timeout and should stop reading after `max_bytes`. `fetch` is for threads, `afetch` for asyncio; they
share one flight.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from hardtack.tokens.compact import Malformed, decode_object
from hardtack.tokens.keys import KeySetError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from hardtack.tokens.keys import KeyRing

__all__ = ["FetchFailed", "FetchProblem", "Fetched", "KeyFetch", "KeyFetcher", "TooSoon"]

UNKNOWN_KID_INTERVAL = 60.0  # seconds between two fetches for names that we don't know
MAX_AGE = 21_600.0  # seconds after which a periodic fetch is due: a withdrawn key is trusted six hours at most
MAX_BYTES = 65_536  # Cognito's key set has about 900
_FIRST_RETRY = 1.0  # seconds; doubled at each failure while we have no keys at all, up to the interval
_PATIENCE = 15.0  # seconds that one request waits for the fetch that another began


class FetchProblem(StrEnum):
    """Why a fetch gave no keys."""

    TRANSPORT = "transport"
    """The address could not be reached, or answered with an error."""
    TOO_LARGE = "too_large"
    """The answer passes the limit; it was not parsed."""
    MALFORMED = "malformed"
    """The answer is no key set (RFC 7517 section 5), or has no key that we can use."""
    SLOW = "slow"
    """Another request's fetch was still under way when our patience ended."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The ring holds what the pool publishes; judge the token again. `changed` says whether that is news."""

    changed: bool


@dataclass(frozen=True, slots=True)
class TooSoon:
    """The ring is fresh enough, so a `kid` that is not in it is not the pool's. Seconds until a fetch may follow."""

    retry_after: float


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """The keys are unavailable: nothing can be said of a token that needs them.

    Attributes:
        reason: what went wrong.
        retry_after: seconds until the next attempt may be made.
        detail: the transport's exception by its class name, never by its text.
    """

    reason: FetchProblem
    retry_after: float
    detail: str = ""


KeyFetch: TypeAlias = Fetched | TooSoon | FetchFailed


class KeyFetcher:
    """Keeps a ring filled from one JWKS address. Thread-safe, and safe across event loops.

    Args:
        url: the pool's key set, `https://cognito-idp.REGION.amazonaws.com/POOL/.well-known/jwks.json`.
        ring: the keys to keep.
        interval: seconds between two fetches for unknown names, and the longest wait between attempts that fail.
        max_age: seconds after which `due` asks for a fetch although nothing is missing.
        max_bytes: a larger answer is refused.
        patience: seconds that one caller waits for a fetch that is under way.
    """

    def __init__(
        self,
        url: str,
        ring: KeyRing,
        *,
        interval: float = UNKNOWN_KID_INTERVAL,
        max_age: float = MAX_AGE,
        max_bytes: int = MAX_BYTES,
        patience: float = _PATIENCE,
    ) -> None:
        self.url = url
        self.ring = ring
        self.max_bytes = max_bytes
        self._interval = interval
        self._max_age = max_age
        self._patience = patience
        self._lock = threading.Lock()
        self._flight: Future[KeyFetch] | None = None
        self._task: asyncio.Task[None] | None = None
        self._attempted_at: float | None = None
        self._failures = 0
        self._failure: FetchFailed | None = None
        self._attempts = 0

    @property
    def attempts(self) -> int:
        """How often the transport was called."""
        return self._attempts

    def due(self, now: float) -> bool:
        """Whether the keys are missing or older than `max_age`, and an attempt may be made."""
        return self._wait(now, None) <= 0

    def fetch(self, get: Callable[[str], bytes], now: float, *, kid: str | None = None) -> KeyFetch:
        """Fetch the keys if it is time for that, in this thread; or wait for the fetch that is under way.

        Args:
            get: called with the address, gives the body of a 200 answer, raises for anything else.
            now: epoch seconds.
            kid: the name that is missing; None for the periodic fetch (`due`) and the first.
        """
        answer, ours = self._begin(now, kid)
        if not isinstance(answer, Future):
            return answer
        if ours:
            self._fly(get, answer)
        try:
            return answer.result(self._patience)
        except TimeoutError:
            return FetchFailed(FetchProblem.SLOW, _FIRST_RETRY)

    async def afetch(self, get: Callable[[str], Awaitable[bytes]], now: float, *, kid: str | None = None) -> KeyFetch:
        """Fetch the keys as `fetch` does, without blocking the event loop.

        The fetch runs in a task of its own, so that whoever began it can't end it for the others by hanging up.
        """
        import asyncio  # noqa: PLC0415 -- who is here has it loaded; a threaded app needn't pay 20 ms for it

        answer, ours = self._begin(now, kid)
        if not isinstance(answer, Future):
            return answer
        if ours:
            self._task = asyncio.get_running_loop().create_task(self._afly(get, answer))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), self._patience)
        except TimeoutError:
            return FetchFailed(FetchProblem.SLOW, _FIRST_RETRY)

    def _begin(self, now: float, kid: str | None) -> tuple[KeyFetch | Future[KeyFetch], bool]:
        """The answer that stands already, or the flight that will bring it; and whether it is the caller who flies."""
        with self._lock:
            if kid is not None and kid in self.ring:
                return Fetched(changed=False), False
            if self._flight is not None:
                return self._flight, False
            wait = self._wait(now, kid)
            if wait > 0:
                failure = self._failure
                return (TooSoon(wait) if failure is None else replace(failure, retry_after=wait)), False
            self._flight = Future()
            self._flight.set_running_or_notify_cancel()  # from now on no waiter's cancellation can end it
            self._attempted_at = now
            self._attempts += 1
            return self._flight, True

    def _wait(self, now: float, kid: str | None) -> float:
        """Seconds until an attempt may be made; a clock that was set back makes none wait."""
        if self._attempted_at is None or now < self._attempted_at:
            return 0.0
        if self._failures:
            return self._attempted_at + self._pause(self._failures) - now
        return self._attempted_at + (self._max_age if kid is None else self._interval) - now

    def _pause(self, failures: int) -> float:
        """Seconds between attempts after so many failures: short at first while there are no keys to go on with."""
        return self._interval if self.ring.filled else min(self._interval, _FIRST_RETRY * 2 ** (failures - 1))

    def _fly(self, get: Callable[[str], bytes], flight: Future[KeyFetch]) -> None:
        try:
            self._land(flight, self._receive(get(self.url)))
        except BaseException as problem:
            self._land(flight, self._failed(FetchProblem.TRANSPORT, type(problem).__name__))
            if not isinstance(problem, Exception):
                raise  # an interruption is the program's business; a transport's exception is an unavailable endpoint

    async def _afly(self, get: Callable[[str], Awaitable[bytes]], flight: Future[KeyFetch]) -> None:
        try:
            self._land(flight, self._receive(await get(self.url)))
        except BaseException as problem:
            self._land(flight, self._failed(FetchProblem.TRANSPORT, type(problem).__name__))
            if not isinstance(problem, Exception):
                raise

    def _receive(self, body: object) -> KeyFetch:
        if not isinstance(body, bytes):
            return self._failed(FetchProblem.TRANSPORT, type(body).__name__)
        if len(body) > self.max_bytes:
            return self._failed(FetchProblem.TOO_LARGE)
        before = self.ring.generation
        try:
            self.ring.replace(decode_object(body))
        except (Malformed, KeySetError):
            return self._failed(FetchProblem.MALFORMED)
        return Fetched(changed=self.ring.generation != before)

    def _failed(self, reason: FetchProblem, detail: str = "") -> FetchFailed:
        return FetchFailed(reason, self._pause(self._failures + 1), detail)

    def _land(self, flight: Future[KeyFetch], outcome: KeyFetch) -> None:
        with self._lock:
            self._flight = None
            if isinstance(outcome, FetchFailed):
                self._failure = outcome
                self._failures = min(self._failures + 1, 32)  # enough for any interval; 2**n must not grow for ever
            else:
                self._failure, self._failures = None, 0
        flight.set_result(outcome)
