"""A part of the search's frontier: it takes the steps of the states that it holds, and keeps those that are new.

Rule: states hardly ever travel. A worker keeps the states that it came upon first and tells no more of them than their
keys; who is new and whose it is, the search decides. So each worker's shared parts, and what it remembers of scripts
and servers, serve all that descends from its own states.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, NamedTuple

from hardtack.explore.keys import key_of
from hardtack.explore.litter import generations
from hardtack.explore.memory import resident_bytes
from hardtack.explore.packing import pack, unpack
from hardtack.explore.universe import Universe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hardtack.explore.properties import Finding
    from hardtack.explore.state import State
    from hardtack.explore.world import World

__all__ = ["Adopted", "Expanded", "Expander"]


class Expanded(NamedTuple):
    """What came of a state.

    Attributes:
        key: the state's.
        after: the keys of the states after it, each once.
        by_itself: those of them that come by themselves.
        in_outage: those that come by themselves while the pool is out of reach; None where they are the same.
        transitions: how many steps it allows.
        beyond: how many of them led out of the bounds.
    """

    key: int
    after: tuple[int, ...]
    by_itself: tuple[int, ...]
    in_outage: tuple[int, ...] | None
    transitions: int
    beyond: int


class Adopted(NamedTuple):
    """What a worker says of its new states: which of them break what, and how much memory it uses."""

    broken: list[tuple[int, tuple[Finding, ...]]]
    bytes: int


class Expander:
    """One worker's part.

    Args:
        world: the world.
    """

    def __init__(self, world: World) -> None:
        self._universe = Universe(world)
        self._world = world
        self._named = world.named
        self._held: dict[int, State] = {}
        self._met: dict[int, State] = {}

    def begin(self) -> tuple[int, tuple[Finding, ...]]:
        """Hold the beginning; its key, and what it breaks."""
        state = self._universe.beginning
        key = key_of(state, named=self._named)
        self._held[key] = state
        return key, self._universe.properties.broken_by(state)

    def expand(self, keys: Sequence[int]) -> list[Expanded]:
        """Take every step of these states; they are let go of."""
        return [self._expand(key, self._held.pop(key)) for key in keys]

    def _expand(self, key: int, state: State) -> Expanded:
        after: set[int] = set()
        by_itself: set[int] = set()
        in_vain: set[int] = set()
        fails = False
        transitions = beyond = 0
        for step, following in self._universe.steps.of(state):
            transitions += 1
            if self._is_beyond(following):
                beyond += 1
                continue
            reached = key_of(following, named=self._named)
            after.add(reached)
            if step.by_itself:
                fails = fails or step.in_vain
                if not step.in_vain:
                    by_itself.add(reached)
                if step.in_vain or not step.asks:
                    in_vain.add(reached)
            self._met.setdefault(reached, following)
        outage = tuple(sorted(in_vain)) if fails else None
        return Expanded(key, tuple(after), tuple(sorted(by_itself)), outage, transitions, beyond)

    def _is_beyond(self, state: State) -> bool:
        """Whether more token sets are about, or were granted, than the world allows."""
        world = self._world
        if world.grants and state.pool.granted > world.grants:
            return True
        return max(generations(state).values(), default=0) > world.generations

    def adopt(self, keys: Iterable[int], *, judge: bool = True) -> Adopted:
        """Hold these of the states that were met, and forget the others."""
        broken: list[tuple[int, tuple[Finding, ...]]] = []
        properties = self._universe.properties
        for key in keys:
            state = self._held[key] = self._met[key]
            found = properties.broken_by(state) if judge else ()
            if found:
                broken.append((key, found))
        self._met.clear()
        return Adopted(broken, resident_bytes())

    def give(self, keys: Iterable[int]) -> bytes:
        """These of the states that were met, for another worker."""
        return pack({key: self._met[key] for key in keys})

    def receive(self, packed: bytes) -> None:
        """Have met what another worker gives."""
        self._met |= unpack(packed, self._universe.jars)

    def packed(self) -> bytes:
        """Every state that is held, for another process."""
        return pack(self._held)

    def take(self, packed: bytes, keys: Iterable[int]) -> None:
        """Hold these, as far as they are among what another process packed."""
        held = unpack(packed, self._universe.jars)
        self._held |= {key: held[key] for key in keys if key in held}


def serve(world: World, connection: Any) -> None:
    """Be a worker: answer calls by (name, arguments) until one says `stop`, or until nobody calls any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the searching process's to hear
    expander: Expander | None = None
    while True:
        try:
            name, arguments, named = connection.recv()
        except EOFError:
            return
        if name == "stop":
            return
        try:
            expander = expander or Expander(world)
            answer = getattr(expander, name)(*arguments, **named)
        except Exception as trouble:  # noqa: BLE001 -- raised where it can be heard
            answer = trouble
        connection.send(answer)
