"""Hardtack's own parts, made of symbols: the core that the library and the shield run on.

Rule: everything here is the code that runs. What is replaced is what the explorer may not have: keys, randomness and a
clock; and what it leaves out on purpose: the memory of plans (a remembered plan equals a fresh one) and the limits on
strangers (a world has none).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from hardtack.cognito import UserPool
from hardtack.explore.servers.flows import Response, drive
from hardtack.explore.symbols import CLIENT_ID, MADE, POOL_ID, SEALED_SETS, SymbolicSealer, judge
from hardtack.sessions import SessionCore, Settings
from hardtack.sessions.coordination import SqliteStore
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
        self._store = SqliteStore(None, lease=lambda: "lease")
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
        self._now = now
        self.core.clock.offset = 0.0
        self.core.memory.forget()
        self.told.clear()
        if store != self._held:
            self._store.restore(store)
            self._held = store
        return self.core

    def run(
        self, make: Callable[[], Generator[Any, Any, Response]], answers: Answers
    ) -> tuple[Halt, Answers, Snapshot]:
        """Run a flow as far as it goes; where it stopped, what it was told, and the store then."""
        held: list[Snapshot] = []
        _logger.disabled = True  # what happens in an explored world is no news of this one
        halt, told = drive(self.core, make, answers, halted=lambda: held.append(self._store.snapshot()))
        _logger.disabled = False
        self._held = held[0] if isinstance(halt, Response) else None
        for row in held[0][0]:
            _note(row)
        if isinstance(halt, Response):
            halt = halt._replace(notes=(*halt.notes, *dict.fromkeys(event.name for event in self.told)))
        return halt, told, held[0]


def _note(row: tuple[Any, ...]) -> None:
    """Remember what a kept set holds: it is sealed under the token that it replaced, and keyed by that token's hash."""
    key, sealed = row[0], row[4]
    if sealed is None or sealed in SEALED_SETS:
        return
    kept = open_successor(MADE[key][1], sealed)
    if kept is not None:
        tokens = kept.tokens
        SEALED_SETS[sealed] = f"{tokens.access_token} {tokens.id_token} {tokens.refresh_token} {int(kept.expires_at)}"
