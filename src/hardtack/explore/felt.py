"""Which lines of a response a browser of this world can feel.

Rule: a deletion in a scope in which nobody here ever writes changes nothing, whenever it arrives. Sweeps are made of
such deletions for the most part, and which of them one carries depends on the page it was made for; once they are left
out, answers that do the same are the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hardtack.cookies import CookieScope, SetCookie, Site

if TYPE_CHECKING:
    from hardtack.explore.world import World

__all__ = ["Felt"]


class Felt:
    """Knows where the writers of a world write.

    Args:
        world: the world.
    """

    def __init__(self, world: World) -> None:
        releases = (0, 1) if world.after else (0,)
        placements = [place for each in releases for place in (world.client_at(each), world.adapter_at(each))]
        planted = [CookieScope(Site.of(host).registrable_domain) for host in world.hosts]
        self._scopes = frozenset(
            (
                CookieScope(),  # of Hardtack's own marks too
                *planted,
                *(place.scope for place in placements),
                *(world.policy_at(each).scope for each in releases),
            )
        )
        self.lines = lru_cache(maxsize=200_000)(self._lines)

    def _lines(self, lines: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the lines that can make a difference."""
        return tuple(line for line in lines if self._is_felt(line))

    def _is_felt(self, line: str) -> bool:
        cookie = SetCookie.parse(line)
        return cookie is None or cookie.path is None or not cookie.is_deletion or cookie.scope in self._scopes
