"""The flow of one refresh, written once for sync and async.

Rule: what can go wrong between asking and answering is decided here and nowhere else. A claim that somebody else holds
is waited for and its result taken over. A successor that was never seen (its answer was lost) is handed out again, and
when its access token has ended too, the flow goes on from *its* refresh token and keeps the end of the chain under its
beginning, so that no chain grows long. An answer that comes after the sign-out is thrown away. A store that fails makes
a refresh unavailable; it signs nobody out, and a set that the pool has given all the same still reaches the browser.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hardtack.sessions.coordination.store import (
    Busy,
    Claim,
    Claimed,
    Ended,
    RefreshStore,
    RefusedBefore,
    Settled,
    StoreFailed,
)
from hardtack.tokens import TokenSet

if TYPE_CHECKING:
    from hardtack.sessions.sealing import Sealer

__all__ = [
    "CallPool",
    "Handed",
    "Need",
    "Pause",
    "PoolAnswer",
    "PoolRefused",
    "PoolTokens",
    "PoolUnavailable",
    "RefreshDesk",
    "StoreCall",
    "open_successor",
]

_LEASE: Final = 20.0  # seconds: longer than a pool call may take with its timeouts
_WAIT: Final = 10.0  # seconds that a loser waits before it says "unavailable"
_FIRST_PAUSE: Final = 0.01  # seconds; doubles up to the longest
_LONGEST_PAUSE: Final = 0.2
_MOST_HOPS: Final = 4  # successors of successors that are followed
_FRESH: Final = 10.0  # seconds that a successor's access token must still have to be worth handing out
_REFUSED_FOR: Final = 3_600.0  # seconds that a refusal is remembered
_SEEN_FOR: Final = 120.0  # seconds that an acknowledged successor still serves requests that were sent before it
_ENDED_FOR: Final = 86_400.0  # seconds that a signed-out session hands nothing to anyone
_NONCE: Final = 12

_logger = logging.getLogger("hardtack")


@dataclass(frozen=True, slots=True)
class PoolTokens:
    """The pool's answer: a fresh set. The refresh token is the new one, or the old one where none came back."""

    tokens: TokenSet = field(repr=False)
    expires_at: float


@dataclass(frozen=True, slots=True)
class Handed:
    """A set that another request got for the same refresh token."""

    tokens: TokenSet = field(repr=False)
    expires_at: float


@dataclass(frozen=True, slots=True)
class PoolRefused:
    """The pool's answer: this refresh token is over."""

    code: str


@dataclass(frozen=True, slots=True)
class PoolUnavailable:
    """No answer, or none that says anything about the token."""

    reason: str
    retry_after: float | None = None


PoolAnswer = PoolTokens | PoolRefused | PoolUnavailable


@dataclass(frozen=True, slots=True)
class CallPool:
    """Need: refresh at the pool. Answered by a `PoolAnswer`."""

    refresh_token: str = field(repr=False)
    username: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StoreCall:
    """Need: call this; it may block where the store says so."""

    call: Callable[[], Any]
    blocking: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """Need: wait so many seconds."""

    seconds: float


Need = CallPool | StoreCall | Pause
RefreshFlow = Generator[Need, Any, PoolTokens | Handed | PoolRefused | PoolUnavailable]


class RefreshDesk:
    """Where every refresh is asked for.

    Args:
        store: the back end.
        sealer: names tokens by keyed hash.
        keep_seconds: how long an unseen successor is kept: the refresh token's lifetime.
        random: a source of random bytes.
    """

    def __init__(
        self,
        store: RefreshStore,
        sealer: Sealer,
        *,
        keep_seconds: float,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._keep_seconds = keep_seconds
        self._random = random

    def refresh(
        self,
        refresh_token: str,
        *,
        username: str | None,
        session_key: str,
        now: float,
        other_than: str = "",
        claim: str = "",
    ) -> RefreshFlow:
        """Refresh, or be handed what another request got.

        Args:
            refresh_token: the token.
            username: the user's name in the pool, where it is known.
            session_key: the sign-in; "" for a lone token.
            now: seconds since the epoch.
            other_than: an access token that won't do, however long it lives.
            claim: under which the newest set of the sign-in is kept, see `keep_arrival`; "" where none is.
        """
        session = self._session(session_key)
        token = refresh_token
        fresh_until = now + _FRESH
        for _ in range(_MOST_HOPS):
            key = self._key(token)
            found = yield from self._claim(key, session, now, fresh_until)
            if isinstance(found, Settled):
                handed = open_successor(token, found.sealed)
                if handed is None:  # another release sealed it: as good as none
                    return (yield from self._ask(token, username, session=session, lease="", now=now))
                is_spent = handed.expires_at <= now + _FRESH or handed.tokens.access_token == other_than
                if not is_spent or not handed.tokens.refresh_token:
                    return handed
                if handed.tokens.refresh_token == token:  # it does not rotate: what was got for it last is used up
                    fresh_until = handed.expires_at
                token = handed.tokens.refresh_token
            elif isinstance(found, Claimed):
                answer = yield from self._ask(token, username, session=session, lease=found.lease, now=now)
                if claim and isinstance(answer, PoolTokens):
                    yield self._settle(claim, answer, session=session, lease="", now=now, seen=False)
                if token != refresh_token and isinstance(answer, PoolTokens):
                    yield self._settle(refresh_token, answer, session=session, lease="", now=now)
                return answer
            else:
                return _unasked(found)
        return PoolUnavailable("chain")

    def keep_arrival(self, claim: str, answer: PoolTokens, *, session_key: str, now: float) -> StoreCall:
        """Keep the set that a sign-in writes, until the session is signed out or the refresh token's lifetime is over.

        A refresh that knows the claim puts the newer set in its place.

        Args:
            claim: what the browser's binding shows of it; the set is sealed under it.
            answer: the set.
            session_key: the sign-in.
            now: seconds since the epoch.
        """
        session = self._session(session_key)
        return self._settle(claim, answer, session=session, lease="", now=now, seen=False)

    def recall(self, claim: str, *, username: str | None, session_key: str, now: float) -> RefreshFlow:
        """The sign-in's newest set, refreshed where it has ended. The pool is never told a claim."""
        found = yield from self._claim(self._key(claim), self._session(session_key), now, now + _FRESH)
        if isinstance(found, Claimed):
            yield self._call(partial(self._store.release, self._key(claim), found.lease))
            return PoolRefused("NoArrival")
        if not isinstance(found, Settled):
            return _unasked(found)
        handed = open_successor(claim, found.sealed)
        if handed is None or not handed.tokens.refresh_token:
            return PoolRefused("NoArrival")
        if handed.expires_at > now + _FRESH:
            return handed
        token = handed.tokens.refresh_token
        return (yield from self.refresh(token, username=username, session_key=session_key, now=now, claim=claim))

    def acknowledge(self, refresh_token: str, *, now: float) -> StoreCall:
        """A request showed this refresh token: what it replaced need not be kept much longer."""
        successor = self._key(refresh_token)
        return self._call(lambda: self._store.acknowledge(successor, until=now + _SEEN_FOR))

    def end_session(self, session_key: str, *, now: float) -> StoreCall:
        """The session is signed out: forget its chain."""
        session = self._session(session_key)
        return self._call(lambda: self._store.end_session(session, until=now + _ENDED_FOR))

    def _claim(
        self, key: str, session: str, now: float, fresh_until: float
    ) -> Generator[Need, Any, Claim | StoreFailed]:
        pause, waited = _FIRST_PAUSE, 0.0
        ask = partial(self._store.claim, key, session=session, lease_seconds=_LEASE, fresh_until=fresh_until)
        while True:
            claim: Claim | StoreFailed = yield self._call(partial(ask, now=now + waited))
            if not isinstance(claim, Busy) or waited >= _WAIT:
                return claim
            yield Pause(pause)
            waited += pause
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _ask(self, token: str, username: str | None, *, session: str, lease: str, now: float) -> RefreshFlow:
        key = self._key(token)
        try:
            answer: PoolAnswer = yield CallPool(token, username)
        except BaseException:
            with contextlib.suppress(Exception):
                self._store.release(key, lease)  # whatever ended us, nobody should wait for the lease to run out
            raise
        match answer:
            case PoolTokens():
                kept = yield self._settle(token, answer, session=session, lease=lease, now=now)
                return PoolRefused("SessionEnded") if kept is False else answer
            case PoolRefused(code):
                yield self._call(lambda: self._store.refuse(key, lease, code=code, until=now + _REFUSED_FOR))
            case PoolUnavailable():
                yield self._call(lambda: self._store.release(key, lease))
        return answer

    def _settle(
        self, token: str, answer: PoolTokens, *, session: str, lease: str, now: float, seen: bool = True
    ) -> StoreCall:
        """Keep the answer under this token; with `seen`, not much longer than until a request shows its refresh token.

        Answered False when the session was signed out meanwhile.
        """
        return self._call(
            partial(
                self._store.settle,
                self._key(token),
                lease,
                session=session,
                sealed=_seal(token, answer, self._random(_NONCE)),
                successor=self._key(answer.tokens.refresh_token or "") if seen else "",
                access_until=answer.expires_at,
                now=now,
                until=now + self._keep_seconds,
            )
        )

    def _call(self, call: Callable[[], Any]) -> StoreCall:
        return StoreCall(partial(_guarded, call), self._store.blocking)

    def _key(self, token: str) -> str:
        return self._sealer.digest("refresh-key", token)

    def _session(self, session_key: str) -> str:
        return self._sealer.digest("session-key", session_key) if session_key else ""


def _unasked(claim: Busy | RefusedBefore | Ended | StoreFailed) -> PoolRefused | PoolUnavailable:
    """The answer where there is nothing to ask the pool and nothing to hand out."""
    match claim:
        case RefusedBefore(code):
            return PoolRefused(code)
        case Ended():
            return PoolRefused("SessionEnded")
        case Busy():
            return PoolUnavailable("busy")
        case StoreFailed():
            return PoolUnavailable("store")


def _cipher(old_token: str) -> AESGCM:
    return AESGCM(hashlib.blake2b(old_token.encode(), digest_size=32, person=b"hardtack-success").digest())


def _seal(old_token: str, answer: PoolTokens, nonce: bytes) -> bytes:
    tokens = answer.tokens
    fields = [tokens.access_token, tokens.id_token, tokens.refresh_token, answer.expires_at]
    return nonce + _cipher(old_token).encrypt(nonce, json.dumps(fields).encode(), None)


def open_successor(old_token: str, sealed: bytes) -> Handed | None:
    """What a store keeps under a refresh token, for whoever holds that token; None for anything else."""
    try:
        fields = json.loads(_cipher(old_token).decrypt(sealed[:_NONCE], sealed[_NONCE:], None))
    except (InvalidTag, ValueError):
        return None
    match fields:
        case [str(access), (str() | None) as id_token, (str() | None) as refresh, (int() | float()) as expires_at]:
            return Handed(TokenSet(access, id_token, refresh), expires_at)
        case _:
            return None


def _guarded(call: Callable[[], Any]) -> Any:
    """What the store says, or that it failed: a file that is locked or spoilt must not become a traceback."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 -- a back end of one's own may raise whatever it likes
        _logger.warning("The refresh store failed: %s", type(error).__name__)
        return StoreFailed()
