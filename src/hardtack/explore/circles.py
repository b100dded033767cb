"""P3: whether what happens by itself can go on for ever.

Rule: a page load comes to rest unless the graph of what happens by itself has a circle. A state from which nothing
happens by itself can be in none, and neither can one that leads to such states alone; what is left after those are
taken away leads into one.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["circle_through", "endless"]


def endless(edges: Mapping[int, tuple[int, ...]]) -> frozenset[int]:
    """The states from which things may go on for ever by themselves.

    Args:
        edges: by state, those that follow it by themselves.
    """
    before: defaultdict[int, list[int]] = defaultdict(list)
    ways: dict[int, int] = {}
    for state, after in edges.items():
        ways[state] = len(after)
        for following in after:
            before[following].append(state)
            ways.setdefault(following, 0)
    ended = deque(state for state, count in ways.items() if count == 0)
    while ended:
        for state in before[ended.popleft()]:
            ways[state] -= 1
            if ways[state] == 0:
                ended.append(state)
    return frozenset(state for state, count in ways.items() if count > 0)


def circle_through(edges: Mapping[int, tuple[int, ...]], start: int) -> tuple[int, ...] | None:
    """The shortest circle through a state, from it and without it at the end; None if it lies on none."""
    came: dict[int, int] = {}
    frontier = deque([start])
    while frontier:
        state = frontier.popleft()
        for following in edges.get(state, ()):
            if following == start:
                way = [state]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return tuple(reversed(way))
            if following not in came:
                came[following] = state
                frontier.append(following)
    return None
