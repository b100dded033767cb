"""What of an answer a browser of this world can feel.

Rule: a deletion in a scope in which nobody here ever writes changes nothing, whenever it arrives. Sweeps are made of
such deletions for the most part, and which of them one carries depends on the page it was made for; once they are left
out, answers that do the same are the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from hardtack.cookies import CookieScope, SetCookie, Site
from hardtack.explore.servers.flows import Response
from hardtack.explore.world import AUTH_PATH, BASE_PATH, Server

if TYPE_CHECKING:
    from hardtack.explore.state import Flight
    from hardtack.explore.world import World

__all__ = ["ENTERS", "LEAVES", "Felt"]

LEAVES: Final = frozenset({f"{AUTH_PATH}/sign-out", f"{AUTH_PATH}/recover", f"{BASE_PATH}/recover"})
"""Where a person ends a session, of the site's own addresses."""
ENTERS: Final = f"{AUTH_PATH}/sign-in"
"""Where a password goes. The answer leads nowhere, or into the site with a session."""


class Felt:
    """Knows where the writers of a world write.

    Args:
        world: the world.
    """

    def __init__(self, world: World) -> None:
        self._world = world
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

    def answered(self, flight: Flight, response: Response) -> Flight:
        """A request that is answered, with what still matters: where it was sent, for whom, what the browser gets.

        Hardtack's own answers name the path of every cookie; without script it is nobody's concern which release made
        the page.
        """
        asked, navigates = flight.request, flight.kind == "navigation"
        sent = Response(lines=self.lines(response.lines), clears=response.clears, page="")
        if flight.kind == "ask":
            sent = sent._replace(body=response.body)
        elif response.location:
            sent = sent._replace(location=response.location)
        elif navigates:
            sent = sent._replace(page=response.page, shows=response.shows)
        marks = asked.method == "POST" and asked.path in (*LEAVES, ENTERS)
        if marks and asked.path == ENTERS:
            sent = sent._replace(sign_in=response.sign_in)
        request = asked._replace(
            method=asked.method if marks else "GET",
            path=asked.path if marks or self._world.server is not Server.LIBRARY else "/",
            by_script=asked.by_script and bool(response.location),
            release=asked.release if navigates and self._world.has_script else 0,
            cookies="",
            body="",
            context=-1,
            now=0,
        )
        return flight._replace(request=request, answers=(), response=sent)

    def _lines(self, lines: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the lines that can make a difference."""
        return tuple(line for line in lines if self._is_felt(line))

    def _is_felt(self, line: str) -> bool:
        cookie = SetCookie.parse(line)
        return cookie is None or cookie.path is None or not cookie.is_deletion or cookie.scope in self._scopes
