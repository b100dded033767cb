"""Hardtack's own parts, made of symbols: the core that the library and the shield run on.

Rule: everything here is the code that runs. What is replaced is what the explorer may not have: keys, randomness and a
clock; and what it leaves out on purpose: the memory of plans (a remembered plan equals a fresh one) and the limits on
strangers (a world has none).
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final

from hardtack.cognito import UserPool
from hardtack.explore.servers.flows import Response, drive
from hardtack.explore.servers.foreseeing import Course, Foreseen, StoreAhead
from hardtack.explore.symbols import CLIENT_ID, MADE, POOL_ID, SEALED_SETS, SymbolicSealer, judge
from hardtack.sessions import SessionCore, Settings
from hardtack.sessions.coordination.flow import open_successor
from hardtack.sessions.limits import Allowance

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from hardtack.explore.servers.flows import Answers, Halt
    from hardtack.sessions import Event
    from hardtack.sessions.coordination.sqlite import Snapshot
    from hardtack.sessions.engine import EngineOptions

__all__ = ["EMPTY_STORE", "SECRETS", "Deployment"]

SECRETS: Final = ("symbols need no secret, and this is not one",)
EMPTY_STORE: Final[Snapshot] = ((), ())
_logger = logging.getLogger("hardtack")
_NONCE: Final = "a"  # a first sweep then begins with the likeliest scopes
_NO_LIMIT: Final = Allowance(burst=1_000_000, per_seconds=1.0)


class Deployment:
    """One core, with a store that is put back to what a state holds before every use.

    Attributes:
        core: the real core.
        told: the events since `begin`.
    """

    def __init__(self, settings: dict[str, Any], options: EngineOptions | None = None) -> None:
        self._now = 0
        self._store = StoreAhead()
        self._held: Snapshot | None = EMPTY_STORE
        self.told: list[Event] = []
        stated: dict[str, Any] = {
            "pool": UserPool(POOL_ID, CLIENT_ID),
            "secrets": SECRETS,
            "store": self._store,
            "hooks": (self.told.append,),
            **settings,
        }
        self.core = SessionCore(
            Settings(**stated),
            wall=lambda: float(self._now),
            options=options,
            nonce=lambda: _NONCE,
            sealer=SymbolicSealer(),
            judge=judge,
            random=bytes,
            lone=_NO_LIMIT,
        )

    def begin(self, store: Snapshot, now: int) -> SessionCore:
        """The core as a fresh process would have it, beside this store at this time."""
        self._renew(now)
        if store != self._held:
            self._store.restore(store)
            self._held = store
        return self.core

    def _renew(self, now: int) -> None:
        self._now = now
        self.core.clock.offset = 0.0
        self.core.memory.forget()
        self.told.clear()

    def run(
        self, make: Callable[[], Generator[Any, Any, Response]], answers: Answers
    ) -> tuple[Halt, Answers, Snapshot]:
        """Run a flow as far as it goes; where it stopped, what it was told, and the store then."""
        held: list[Snapshot] = []
        with _in_silence():
            halt, told = drive(self.core, make, answers, halted=lambda: held.append(self._store.snapshot()))
        self._held = held[0] if isinstance(halt, Response) else None
        for key, _, _, _, sealed, *_ in held[0][0]:
            _note(key, sealed)
        return self._told_of(halt) if isinstance(halt, Response) else halt, told, held[0]

    def foresee(
        self, make: Callable[[], Generator[Any, Any, Response]], answers: Answers, store: Snapshot, now: int
    ) -> Foreseen | None:
        """What a flow will do once it is told these answers, with what the store holds; None if that is open."""
        lives = self._course(make, answers, store, now, has_ended=False)
        if lives is None:
            return None
        for call in lives.calls:
            if call.name == "settle":
                _note(call.arguments[0], dict(call.named)["sealed"])
        if all("session" not in dict(call.named) for call in lives.calls):
            return Foreseen(lives)
        ended = self._course(make, answers, store, now, has_ended=True)
        return Foreseen(lives, ended) if ended is not None else None

    def _course(
        self,
        make: Callable[[], Generator[Any, Any, Response]],
        answers: Answers,
        store: Snapshot,
        now: int,
        *,
        has_ended: bool,
    ) -> Course | None:
        self._renew(now)
        self._store.look_ahead(store, has_ended=has_ended)
        with _in_silence():
            halt, _ = drive(self.core, make, answers)
        calls = self._store.look_back()
        return Course(calls, self._told_of(halt)) if calls is not None and isinstance(halt, Response) else None

    def do(self, foreseen: Foreseen, store: Snapshot) -> tuple[Response, Snapshot]:
        """Do what was foreseen; the response, and the store then."""
        response, self._held = self._store.do(store, foreseen)
        return response, self._held

    def _told_of(self, response: Response) -> Response:
        """The response with the events on the way to it."""
        return response._replace(notes=(*response.notes, *dict.fromkeys(event.name for event in self.told)))


@contextlib.contextmanager
def _in_silence() -> Generator[None]:
    """Nothing is logged: what happens in an explored world is no news of this one."""
    _logger.disabled = True
    try:
        yield
    finally:
        _logger.disabled = False


def _note(key: str, sealed: bytes | None) -> None:
    """Remember what a kept set holds: it is sealed under the token that it replaced, and keyed by that token's hash."""
    if sealed is None or sealed in SEALED_SETS:
        return
    kept = open_successor(MADE[key][1], sealed)
    if kept is not None:
        tokens = kept.tokens
        SEALED_SETS[sealed] = f"{tokens.access_token} {tokens.id_token} {tokens.refresh_token} {int(kept.expires_at)}"
