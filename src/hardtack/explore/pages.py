"""What the pages of hardtack.js may forget, so that states recur.

Rule: a page forgets what can't make a difference any more: what the server said of cookies that can't come back, that
the pool refused a sign-in of which no token is left, and, long after, that its tab has led to sign-in.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from hardtack.explore.shapes import shape_of
from hardtack.explore.state import NO_MEMORY, shape_of_part, shared

if TYPE_CHECKING:
    from hardtack.explore.state import State, Tab

__all__ = ["forgetting"]

_MOST_KNOWN: Final = 200_000
_NOBODY: Final[frozenset[str]] = frozenset()
_WINDOW: Final = 900  # seconds in which a second departure for the same sign-in is a loop: see recovery.js
_DEPARTURE: Final = re.compile(r'"(\d+)\.\d+\.\d+"')  # at, the sign-in's time, how many


def forgetting(state: State) -> State:
    """The state whose pages remember only what may still matter."""
    if all(tab.memory == NO_MEMORY for tab in state.tabs):
        return state
    bare = [_left(tab, _NOBODY, answered=False, departed=True) for tab in state.tabs]
    shapes = [
        state.jar.shape,
        *map(shape_of_part, bare),
        *map(shape_of_part, state.flights),
        shape_of_part(state.store),
    ]
    sets = frozenset[tuple[str, int]]().union(*[shape.sets for shape in shapes])
    with_tokens = frozenset(sign_in for sign_in, _ in sets)
    named = with_tokens | state.jar.shape.sign_ins
    signed_in = frozenset(one.auth_time for one in state.pool.sign_ins if one.name in with_tokens)
    times = signed_in | state.jar.shape.auth_times
    tabs: list[Tab] = []
    for tab in state.tabs:
        asked = shape_of(_page(tab).get("asked", ""))
        answered = asked.sets <= sets and asked.sign_ins <= named and asked.auth_times <= times
        tabs.append(_left(tab, with_tokens, answered=answered, departed=_departed(tab, state.now)))
    return shared(state._replace(tabs=tuple(tabs)))


@lru_cache(maxsize=_MOST_KNOWN)
def _left(tab: Tab, with_tokens: frozenset[str], *, answered: bool, departed: bool) -> Tab:
    """The tab with the server's answer if that may be asked of, and the refused sign-ins of which tokens are left."""
    page = dict(_page(tab))
    if not answered:
        page = {name: value for name, value in page.items() if name not in {"answer", "asked"}}
    dead = [one for one in page.pop("dead", []) if one.partition(" ")[2] in with_tokens]
    if dead:
        page["dead"] = dead
    text = json.dumps(page, sort_keys=True, separators=(",", ":")) if page else ""
    return tab._replace(memory=replace(tab.memory, page=text, tab=tab.memory.tab if departed else ""))


@lru_cache(maxsize=_MOST_KNOWN)
def _page(tab: Tab) -> dict[str, Any]:
    return json.loads(tab.memory.page or "{}")


def _departed(tab: Tab, now: int) -> bool:
    """Whether it is not long ago that the tab led to sign-in."""
    found = _DEPARTURE.search(tab.memory.tab)
    return found is not None and now - int(found[1]) < _WINDOW
