"""Forgetting what can't matter any more, so that states recur.

Rule: a sign-in of which no token is left in a cookie, a page, a request or a record can never be met again, and neither
can a record that no refresh token and no claim leads to. Both go after every step. What is left is what the code could
still come upon.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from hardtack.explore.jars import FOR_EVER
from hardtack.explore.pages import forgetting
from hardtack.explore.shapes import shape_of
from hardtack.explore.state import shape_of_part, shared
from hardtack.explore.symbols import CLIENT_ID, MADE, SEALED_SETS, SymbolicSealer
from hardtack.explore.world import Fault, Server
from hardtack.sessions.marks import BINDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardtack.explore.jars import Jar, Jars
    from hardtack.explore.shapes import Shape
    from hardtack.explore.state import State
    from hardtack.explore.world import World
    from hardtack.sessions.coordination.sqlite import Snapshot

__all__ = ["Litter", "generations"]

_LOSES: Final = frozenset({Fault.LOSS, Fault.REQUEST_LOSS})
_MOST_KNOWN: Final = 200_000


class Litter:
    """Forgets for one world.

    Args:
        world: whose marks may be tidied.
        jars: its jars.
    """

    def __init__(self, world: World, jars: Jars) -> None:
        self._jars = jars
        self._sealer = SymbolicSealer()
        self._tombstone = "__Host-" + BINDING
        self._purpose = f"binding:{CLIENT_ID}"
        self._counts = bool(world.grants)
        self._marked = world.server is not Server.STOCK
        self._tidied: dict[tuple[int, frozenset[str]], Jar] = {}

    def swept(self, state: State) -> State:
        """The state without what nothing leads to, made of shared parts."""
        state = _expected(forgetting(shared(state)))
        shapes = [state.jar.shape, *map(shape_of_part, state.tabs), *map(shape_of_part, state.flights)]
        store = state.store
        if store[0] or store[1]:
            store = _kept(store, _Leads.of(state, shapes), state.now)
            shapes.append(shape_of_part(store))
        with_tokens = frozenset(sign_in for shape in shapes for sign_in, _ in shape.sets)
        if self._marked:
            jar = self._tidy(state.jar, with_tokens)
            if jar is not state.jar:
                state = shared(state._replace(jar=jar))
        pool = state.pool.keep({state.rightful, *with_tokens})
        if not self._counts:
            pool = pool.uncounted
        if pool is state.pool and store is state.store:
            return state
        return state._replace(pool=pool, store=store)

    def _tidy(self, jar: Jar, with_tokens: frozenset[str]) -> Jar:
        """The jar whose tombstone names only sign-ins of which a token is left somewhere.

        The highest `auth_time` stays, which covers the others too; and nobody can show a token that is nowhere.
        """
        named = jar.shape.sign_ins & with_tokens
        known = self._tidied.get((jar.number, named))
        if known is None:
            known = self._tidied[jar.number, named] = self._tidied_jar(jar, named)
        return known

    def _tidied_jar(self, jar: Jar, named: frozenset[str]) -> Jar:
        for cookie in jar:
            opened = self._sealer.open(self._purpose, cookie.value) if cookie.name == self._tombstone else None
            if opened is None:
                continue
            state, auth_time, *ended = json.loads(opened)
            left = [key for key in ended if key in named]
            if state != "t" or left == ended:
                return jar
            plain = json.dumps([state, auth_time, *left], separators=(",", ":"))
            return self._jars.with_value(jar, cookie.name, self._sealer.seal(self._purpose, plain.encode()))
        return jar


def generations(state: State) -> dict[str, int]:
    """How many sets of each sign-in are about, in cookies, pages and requests."""
    shapes = [state.jar.shape, *map(shape_of_part, state.tabs), *map(shape_of_part, state.flights)]
    counted: dict[str, int] = {}
    for sign_in, _ in frozenset[tuple[str, int]]().union(*[shape.sets for shape in shapes]):
        counted[sign_in] = counted.get(sign_in, 0) + 1
    return counted


def _expected(state: State) -> State:
    """The state as clean while a navigation is under way that can't be lost: it will be before it is settled."""
    if state.clean or state.left & _LOSES or not any(tab.loading for tab in state.tabs):
        return state
    return state._replace(clean=True)


class _Leads(NamedTuple):
    """What a record can be met by.

    Attributes:
        refreshes: the refresh tokens that are about, as (sign-in, generation).
        claims: those of script's making.
        sign_ins: those that are named, by which the server's own claims go.
        foreseen: the keys of records and ended sessions that servers have reckoned with.
    """

    refreshes: frozenset[tuple[str, int]]
    claims: frozenset[str]
    sign_ins: frozenset[str]
    foreseen: frozenset[str]

    @classmethod
    def of(cls, state: State, shapes: Sequence[Shape]) -> _Leads:
        """Those of a state, whose parts have these shapes."""
        return cls(
            frozenset[tuple[str, int]]().union(*[shape.refreshes for shape in shapes]),
            frozenset[str]().union(*[shape.claims for shape in shapes]),
            frozenset[str]().union(*[shape.sign_ins for shape in shapes]),
            frozenset[str]().union(*[flight.foreseen.needs for flight in state.flights if flight.foreseen]),
        )

    def to(self, key: Shape, reached: set[tuple[str, int]]) -> bool:
        """Whether they lead to what is kept under this, the refresh tokens in records that were reached included."""
        if key.sets:
            return bool(reached & key.sets)
        return bool(self.claims & key.claims if key.claims else self.sign_ins & key.sign_ins)


@lru_cache(maxsize=_MOST_KNOWN)
def _kept(store: Snapshot, leads: _Leads, now: int) -> Snapshot:
    """The records that something leads to, and which of those sessions have ended.

    What has only been reckoned with is asked for before any time passes, so it does not matter how long it is kept.
    """
    rows = [row for row in store[0] if row[8] > now]
    reached = set(leads.refreshes)
    kept: set[str] = set()
    grows = True
    while grows:
        grows = False
        for row in rows:
            if row[0] not in kept and leads.to(shape_of(MADE[row[0]][1]), reached):
                kept.add(row[0])
                reached |= shape_of(SEALED_SETS.get(row[4], "")).refreshes if row[4] else frozenset()
                grows = True
    names = {name for name, _ in reached}
    ended = tuple(row for row in store[1] if row[1] > now and (row[0] in leads.foreseen or MADE[row[0]][1] in names))
    left = (
        tuple(row if row[0] in kept else (*row[:8], FOR_EVER) for row in rows if row[0] in kept | leads.foreseen),
        ended,
    )
    return store if left == store else left
