"""The way to the user pool: who calls what, what is issued, and what time it is there.

Rule: the pool is the embedded one, and it answers every call by itself; here the call is noted, its tokens get their
names, and its clock is the replay's. That clock stands still: it moves when a step says so, and with it the pool's, the
servers' and the pages' clocks, by the same seconds.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

import httpx2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.demo.pool import EmbeddedPool
    from support.replay.symbols import Names

TARGET: Final = "AWSCognitoIdentityProviderService."
_RACING: Final = frozenset({"GetTokensFromRefreshToken", "RevokeToken", "GlobalSignOut"})
"""The calls, beside those that grant a session, after which something is written or deleted."""

_ATTEMPTS: Final = 3
_DAY: Final = 86_400
_PASSWORD: Final = "Ship-biscuit-1801!"
STRANGER: Final = "mallory"


class ReplayClock:
    """Whole epoch seconds, the same for everybody.

    Attributes:
        now: what time it is.
    """

    def __init__(self) -> None:
        self.now = int(time.time())
        self._begun = self.now

    def begin(self) -> None:
        """A history begins: no time has passed in it."""
        self._begun = self.now = int(time.time())

    def advance(self, seconds: int) -> None:
        """Let time pass.

        Raises:
            ValueError: it would be more than a day, and js-cookie's deletions (a day before now) would keep cookies.
        """
        self.now += seconds
        if self.now - self._begun >= _DAY - 3_600:
            raise ValueError("No history lasts a day: browsers go by their own clock.")

    def time(self) -> float:
        """What `time.time` is to the servers and to the pool."""
        return float(self.now)

    @contextmanager
    def held_to(self) -> Iterator[None]:
        """The embedded pool goes by this clock."""
        with mock.patch("hardtack.demo.pool.clock.time", SimpleNamespace(time=self.time)):
            yield


@dataclass(frozen=True, slots=True)
class Called:
    """One call to the pool.

    Attributes:
        by: `tab 1`, or `server`.
        operation: Cognito's.
        outcome: `ok`, or the exception's name.
        issued: the symbol of the set that came of it; empty for none.
        sent: the symbol of the refresh token that was sent; empty for none.
    """

    by: str
    operation: str
    outcome: str
    issued: str = ""
    sent: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The pool's answer, as it goes back.

    Attributes:
        status: of HTTP; 0 where nothing comes back.
        races: whether it matters what else happens before it arrives. The first half of SRP changes nothing.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    races: bool = False


UNREACHED: Final = Answered(0, (), b"")
"""No connection: the pool has not seen the call."""
LOST: Final = Answered(0, (), b"")
"""The connection broke: the pool may have done its work."""


class Attempts:
    """Which calls of pages are further attempts at one that failed: Amplify's client makes three in all."""

    def __init__(self) -> None:
        self._failed: dict[int, tuple[tuple[Any, ...], int]] = {}

    def is_further(self, call: tuple[Any, ...]) -> bool:
        """Note an attempt at a call, which begins with its tab's number; whether one failed before it."""
        last, count = self._failed.get(call[0], ((), 0))
        further = last == call and count < _ATTEMPTS
        self._failed[call[0]] = call, count + 1 if further else 1
        return further

    def succeed(self, tab: int) -> None:
        """A tab's call was answered: whatever comes next is no attempt at it."""
        self._failed.pop(tab, None)


class PoolSide:
    """What is done to the pool, and what it does."""

    def __init__(self, pool: EmbeddedPool, clock: ReplayClock) -> None:
        self.pool = pool
        self.clock = clock
        self.http = httpx2.AsyncClient(base_url=pool.url, trust_env=False, timeout=60)
        self.calls: list[Called] = []
        self.names: Names

    def begin(self, names: Names, **settings: Any) -> None:
        """A fresh pool for a history."""
        self.clock.begin()
        self.pool.reset()
        self.pool.configure(**settings)
        self.pool.add_user(STRANGER, _PASSWORD)
        self.names = names
        self.calls.clear()

    async def aclose(self) -> None:
        await self.http.aclose()

    def password(self, user: str) -> str:
        return next((each.password for each in self.pool.users if each.username == user), _PASSWORD)

    async def ask(self, by: str, operation: str, body: bytes, *, origin: bytes | None = None) -> Answered:
        """Let the pool handle a call, name what it issues, and note it."""
        headers = {"x-amz-target": TARGET + operation, "content-type": "application/x-amz-json-1.1"}
        if origin is not None:
            headers["origin"] = origin.decode()
        data = json.loads(body)
        sent = self.names.token(data.get("RefreshToken") or data.get("Token") or "") or ""
        try:
            response = await self.http.post("/", content=body, headers=headers)
        except httpx2.TransportError:
            self.calls.append(Called(by, operation, "NoAnswer", sent=sent))
            return UNREACHED
        issued, outcome = "", "ok"
        if response.status_code == 200:
            result = (json.loads(response.content) if response.content else {}).get("AuthenticationResult")
            issued = self.names.learn(result) if result else ""
        else:
            outcome = response.json().get("__type", str(response.status_code))
        self.calls.append(Called(by, operation, outcome, issued, sent))
        kept = tuple((name.lower(), value) for name, value in response.headers.raw if name.lower() != b"date")
        races = bool(issued) or operation in _RACING
        return Answered(response.status_code, kept, response.content, races)

    def issue(self, user: str) -> dict[str, Any]:
        """A session of somebody's, for planting."""
        result = self.pool.issue(user)
        self.names.learn(result)
        return result

    def refresh_ends(self, user: str) -> None:
        """The lifetime of every refresh token of a user is over."""
        now = self.clock.time()
        for token in self.names.refresh_tokens.get(user, ()):
            known = self.pool._gateway.tokens._tokens.get(token)
            if known is not None:
                known.expires_at = now
