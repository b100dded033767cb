"""Forgetting what can't matter any more, so that states recur.

Rule: a sign-in of which no token is left in a cookie, a page, a request or a record can never be met again, and neither
can a record that no refresh token and no claim leads to. Both go after every step. What is left is what the code could
still come upon.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from hardtack.explore.pages import forgetting
from hardtack.explore.shapes import shape_of
from hardtack.explore.state import shape_of_part, shared
from hardtack.explore.symbols import CLIENT_ID, MADE, SEALED_SETS, SymbolicSealer
from hardtack.explore.world import Server
from hardtack.sessions.marks import BINDING

if TYPE_CHECKING:
    from hardtack.explore.jars import Jar, Jars
    from hardtack.explore.shapes import Shape
    from hardtack.explore.state import State
    from hardtack.explore.world import World
    from hardtack.sessions.coordination.sqlite import Snapshot

__all__ = ["Litter", "generations"]

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
        self._marked = world.server is not Server.STOCK
        self._tidied: dict[tuple[int, frozenset[str]], Jar] = {}

    def swept(self, state: State) -> State:
        """The state without what nothing leads to, made of shared parts."""
        state = forgetting(shared(state))
        shapes = [state.jar.shape, *map(shape_of_part, state.tabs), *map(shape_of_part, state.flights)]
        store = state.store
        if store[0] or store[1]:
            about = frozenset[tuple[str, int]]().union(*[shape.refreshes for shape in shapes])
            claims = frozenset[str]().union(*[shape.claims for shape in shapes])
            named = frozenset[str]().union(*[shape.sign_ins for shape in shapes])
            store = _kept(store, about, claims, named, state.now)
            shapes.append(shape_of_part(store))
        with_tokens = frozenset(sign_in for shape in shapes for sign_in, _ in shape.sets)
        if self._marked:
            jar = self._tidy(state.jar, with_tokens)
            if jar is not state.jar:
                state = shared(state._replace(jar=jar))
        pool = state.pool.keep({state.rightful, *with_tokens})
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


def _leads_to(key: Shape, reached: set[tuple[str, int]], claims: frozenset[str], named: frozenset[str]) -> bool:
    """Whether what a record is kept under is about: a refresh token, or the claim of a sign-in.

    A claim of script's stands in its mark; one of the server's names its sign-in.
    """
    if key.sets:
        return bool(reached & key.sets)
    return bool(claims & key.claims if key.claims else named & key.sign_ins)


@lru_cache(maxsize=_MOST_KNOWN)
def _kept(
    store: Snapshot,
    about: frozenset[tuple[str, int]],
    claims: frozenset[str],
    named: frozenset[str],
    now: int,
) -> Snapshot:
    """The records to which a refresh token that is about leads, or a claim; and which sessions have ended."""
    rows = [row for row in store[0] if row[8] > now]
    reached = set(about)
    kept: list[tuple[object, ...]] = []
    grows = True
    while grows:
        grows = False
        for row in rows:
            if row not in kept and _leads_to(shape_of(MADE[row[0]][1]), reached, claims, named):
                kept.append(row)
                reached |= shape_of(SEALED_SETS.get(row[4], "")).refreshes if row[4] else frozenset()
                grows = True
    names = {name for name, _ in reached}
    ended = tuple(row for row in store[1] if row[1] > now and MADE[row[0]][1] in names)
    left = tuple(row for row in rows if row in kept), ended
    return store if left == store else left
