"""States for another process, or for a file to go on from another day.

Rule: what a process remembers beside its states goes along: of each keyed hash and of each sealed set, what is in it.
"""

from __future__ import annotations

import pickle  # our own files, of our own making; see `unpack`
from typing import TYPE_CHECKING

from hardtack.explore.symbols import MADE, SEALED_SETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.explore.jars import Jars
    from hardtack.explore.state import State

__all__ = ["pack", "unpack"]


def pack(states: Mapping[int, State]) -> bytes:
    """States by key."""
    bare = {key: (state.jar.snapshot, state._replace(jar=None)) for key, state in states.items()}  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] -- put back by `unpack`
    return pickle.dumps((dict(MADE), dict(SEALED_SETS), bare), protocol=pickle.HIGHEST_PROTOCOL)


def unpack(packed: bytes, jars: Jars) -> dict[int, State]:
    """The states again, with their jars among these.

    What is read must have been written by `pack`: a pickle from elsewhere runs whatever is in it.
    """
    made, sealed, bare = pickle.loads(packed)  # noqa: S301 -- see above
    MADE.update(made)
    SEALED_SETS.update(sealed)
    return {key: state._replace(jar=jars.of(snapshot)) for key, (snapshot, state) in bare.items()}
