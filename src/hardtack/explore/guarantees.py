"""What is guaranteed, row by row: the worlds that were explored for it, and the limits that are stated.

Rule: a guarantee is what a search came to, written down with its figures in `explored.json`. A history against one
is either a limit that stands here, with the sentence that people read, or a fault of ours.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from hardtack.explore.presets import PRESETS
from hardtack.explore.properties import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.explore.exploring import Exploration
    from hardtack.explore.world import World

__all__ = ["ROWS", "Row", "explored", "record_of"]

_TWO_REFRESHERS: Final = (
    "Pages and server refresh by themselves; of two that spend one rotating refresh token the second is refused, and"
    " Amplify then clears the cookies."
)
_LATE: Final = "An answer that was asked for before a sign-in or a sign-out arrives after it, and undoes it."
_TWINS: Final = "Script and server write into two scopes, and each of them reads the other one's leftovers."


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the guarantees.

    Attributes:
        preset: the world, by its preset's name.
        title: what people call it.
        limits: by property, the sentence of a stated limit.
        within: other bounds than the preset's, for a world that can be searched to its end.
    """

    preset: str
    title: str
    limits: Mapping[str, str] = field(default_factory=dict[str, str])
    within: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def key(self) -> str:
        """What its record is kept under."""
        return ",".join([self.preset, *(f"{name}={most}" for name, most in self.within.items())])

    @property
    def world(self) -> World:
        """The world."""
        return replace(PRESETS[self.preset].world, **self.within)


ROWS: Final = (
    Row("library-sealed", "a Python application alone (storage `sealed`)"),
    Row("library-amplify", "a Python application with Amplify's cookies (storage `amplify`)"),
    Row("library-amplify", "the same, three token generations in a history", within={"grants": 3}),
    Row(
        "shield",
        "shield alone",
        {
            "P1": "A twin that script alone sees is what script believes, until a page load has swept it.",
            "P2": "Amplify deletes in its own scope only; what arrives or lies beside it outlives its sign-out.",
            "P4": f"{_TWO_REFRESHERS} {_LATE}",
            "P5": f"{_LATE} Until the next page load the shield can't see what script sees.",
        },
    ),
    Row(
        "shield-with-hardtack-js",
        "shield with `hardtack.js`",
        {"P4": f"{_TWO_REFRESHERS} {_LATE}", "P5": _LATE},
    ),
    Row("shield-that-refreshes", "shield that refreshes, with `hardtack.js`"),
    Row("shield-that-refreshes", "the same, two token generations in a history", within={"grants": 2}),
    Row(
        "shield-that-refreshes",
        "the same, any number of token generations, one thing under way at a time",
        within={"grants": 0, "flights": 1},
    ),
    Row("shield-that-refreshes", "the same, any number of token generations, one tab", within={"grants": 0, "tabs": 1}),
    Row(
        "amplify-default-server",
        "Amplify as most have it, without help",
        dict.fromkeys(PROPERTIES.keys() - {"P6"}, _TWINS),
    ),
    Row(
        "amplify-one-domain",
        "Amplify with one domain and no server that refreshes",
        {
            "P2": "A refresh that was under way when somebody signed out writes its tokens afterwards.",
            "P4": "Of two tabs that refresh at once, with rotation one is refused, and clears the cookies of both.",
        },
    ),
)


def record_of(row: Row, found: Exploration) -> dict[str, Any]:
    """What is written down of an exploration."""
    search = found.search
    broken = {one.finding.id: len(one.way) - 1 for one in found.reached}
    return {
        "preset": row.key,
        "states": len(search.parents),
        "transitions": search.transitions,
        "depth": search.depth,
        "complete": not search.stopped,
        "broken": broken,
    }


def explored() -> dict[str, dict[str, Any]]:
    """What was written down, by the rows' keys."""
    text = files("hardtack.explore").joinpath("explored.json").read_text(encoding="utf-8")
    return {record["preset"]: record for record in json.loads(text)}
