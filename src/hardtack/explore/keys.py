"""The key of a state: equal for two states that differ in nothing but names.

Rule: sign-ins, token generations, people and tabs are numbered in the order in which they occur, so that it does not
matter how they are called; a token that is only told of, and that nobody has any more, is as good as any other. Moments
count by what the code can tell by them: sign-ins by their order, tokens by whether they live and by their order within
the sign-in, everything else by how long ago it is (just now, minutes, an hour or more), since each step of time is one
of these. A key has 64 bits: among a million states there is a chance of one in thirty million that two of them share
one.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from itertools import permutations
from typing import TYPE_CHECKING, Any, Final

from hardtack.explore.state import shape_of_part
from hardtack.explore.symbols import LIFETIME, PEOPLE, STRANGER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hardtack.explore.shapes import Name, Shape
    from hardtack.explore.state import State

__all__ = ["key_of"]

_GONE: Final = 253
_NAMELESS: Final = {STRANGER: 255}
_NAMED: Final = {**_NAMELESS, **{person: number for number, person in enumerate(PEOPLE)}}
_JUST_NOW: Final = 60  # seconds: a history's sign-ins take one each
_MINUTES: Final = 1_000  # seconds: less than any step of an hour
_MOST_KNOWN: Final = 50_000
_SOON: Final = 600  # seconds ahead: an acknowledged successor's end; everything later is far


def key_of(state: State, *, named: bool = False) -> int:
    """The key.

    Args:
        state: the state.
        named: whether it does matter what people are called, see `World.named`.
    """
    stills = [shape_of_part(tab).still for tab in state.tabs]
    first = tuple(sorted(range(len(stills)), key=stills.__getitem__))
    if len(set(stills)) == len(stills):
        return _key(state, first, named=named)
    orders = (order for order in permutations(first) if [stills[tab] for tab in order] == sorted(stills))
    return min(_key(state, order, named=named) for order in orders)


def _key(state: State, order: tuple[int, ...], *, named: bool) -> int:
    place = {tab: number for number, tab in enumerate(order)}
    hashed = hashlib.blake2b(digest_size=8)
    shapes: list[Shape] = [state.jar.shape, *(shape_of_part(state.tabs[tab]) for tab in order)]
    # Nothing goes by which request is older, and nobody waits for what script asks in the background.
    flights = [
        (shape_of_part(flight), 255 if flight.kind == "fetch" else place[flight.tab]) for flight in state.flights
    ]
    if len(flights) > 1:
        flights.sort(key=_by_look)
    for shape, of in flights:
        shapes.append(shape)
        hashed.update(bytes((of,)))
    records = [shape_of_part(row) for rows in state.store for row in rows]
    numbers = _Numbers(state, [*shapes, *records], _NAMED if named else _NAMELESS)
    for shape in shapes:
        hashed.update(shape.still)
        hashed.update(numbers.of(shape.names))
    for shape in sorted(records, key=lambda shape: (shape.still, numbers.known(shape.names))):
        hashed.update(shape.still)
        hashed.update(numbers.of(shape.names))
    rightful = numbers.sign_in(state.rightful)
    hashed.update(numbers.of_pool())
    faults = ",".join(sorted(state.left))
    hashed.update(f"{faults}|{state.release}|{state.clean}|{rightful}".encode())
    return int.from_bytes(hashed.digest(), "big", signed=True)


def _by_look(flight: tuple[Shape, int]) -> tuple[bytes, int]:
    return flight[0].still, flight[1]


class _Numbers:
    """Names as numbers, given out as they occur."""

    def __init__(self, state: State, shapes: Iterable[Shape], people: Mapping[str, int]) -> None:
        self._state = state
        self._people = dict(people)
        self._sign_ins: dict[str, int] = {"": 255}
        self._generations: dict[tuple[str, Any], int] = {}
        self._about = frozenset[tuple[str, Any]]().union(*[shape.sets for shape in shapes])
        times = frozenset(one.auth_time for one in state.pool.sign_ins).union(*[shape.auth_times for shape in shapes])
        # When somebody signed in counts by its order; how long ago only while a ladder stands, which asks what lasts.
        self._auth_times = _in_order(times, state.now if state.jar.has_short else 0)
        issued: frozenset[tuple[str, int]] = frozenset[tuple[str, int]]().union(*[shape.issued for shape in shapes])
        self._issued = _issued(issued, state.now)

    def of(self, names: tuple[Name, ...]) -> bytes:
        """The numbers of some names. Most of a search's own work is done here, hence the names at hand."""
        sign_ins, generations, people = self._sign_ins, self._generations, self._people
        issued, auth_times, about, now = self._issued, self._auth_times, self._about, self._state.now
        found = bytearray()
        add = found.append
        for kind, what, of in names:
            if kind == "s":
                add(sign_ins.setdefault(what, len(sign_ins)))  # pyright: ignore[reportArgumentType]
            elif kind in ("g", "r") or (kind == "h" and (of, what) in about):
                add(generations.setdefault((of, what), len(generations)))  # pyright: ignore[reportArgumentType]
            elif kind == "h":  # nobody can ever show what it is compared with
                add(_GONE)
            elif kind == "i":
                add(issued[of, what])  # pyright: ignore[reportArgumentType] -- a moment is a number
            elif kind == "d":
                add(_ahead(what, now))  # pyright: ignore[reportArgumentType] -- the same
            elif kind == "p":
                add(people.setdefault(what, len(people)))  # pyright: ignore[reportArgumentType]
            elif kind == "t":
                add(auth_times[what])  # pyright: ignore[reportArgumentType] -- the same
            else:
                add(_band(what, now))  # pyright: ignore[reportArgumentType] -- the same
        return bytes(found)

    def known(self, names: tuple[Name, ...]) -> list[int]:
        """The numbers that names have already. A store keeps records in the order of hashes, which says nothing."""
        none = 256
        return [
            self._sign_ins.get(str(what), none) if kind == "s" else self._generations.get((of, what), none)
            for kind, what, of in names
            if kind in "sgrh"
        ]

    def sign_in(self, name: str) -> int:
        return self._sign_ins.setdefault(name, len(self._sign_ins))

    def of_pool(self) -> bytes:
        found = bytearray((self._state.pool.granted,))
        known = {one.name: one for one in self._state.pool.sign_ins}
        for name, number in list(self._sign_ins.items()):
            one = known.get(name)
            if one is None:  # nobody can show the pool anything of it: see `Litter`
                continue
            current = self._generations.get((name, one.refresh), 254)
            person = self._people.setdefault(one.user, len(self._people))
            found += bytes((number, person, current, one.ended, one.left, self._auth_times[one.auth_time]))
            for generation, until in one.retired:
                at = self._generations.get((name, generation))
                if at is not None:
                    found += bytes((at, until > 0 and until >= self._state.now))
        return bytes(found)


def _ahead(deadline: int, now: int) -> int:
    """How far ahead a deadline is; one that has passed has passed."""
    return 0 if deadline <= now else _band(deadline, now)


def _band(moment: int, now: int) -> int:
    """How far ahead a moment is, or how long ago."""
    ago = now - moment
    if ago < 0:
        return 250 if -ago > _SOON else 251
    return 0 if ago < _JUST_NOW else 1 if ago < _MINUTES else 2


@lru_cache(maxsize=_MOST_KNOWN)
def _in_order(moments: frozenset[int], now: int) -> dict[int, int]:
    """Of each moment its rank; with `now`, and how long ago it is."""
    return {
        moment: min(rank, 79) + (80 * _band(moment, now) if now else 0)
        for rank, moment in enumerate(sorted(moments, reverse=True))
    }


@lru_cache(maxsize=_MOST_KNOWN)
def _issued(moments: frozenset[tuple[str, int]], now: int) -> dict[tuple[str, int], int]:
    """Of each token's moment its rank within the sign-in, and whether the token lives."""
    ranks: dict[tuple[str, int], int] = {}
    counted: dict[str, int] = {}
    for sign_in, moment in sorted(moments, key=lambda one: -one[1]):
        rank = counted[sign_in] = counted.get(sign_in, -1) + 1
        ranks[sign_in, moment] = min(rank, 79) + (80 if now < moment + LIFETIME else 0)
    return ranks
