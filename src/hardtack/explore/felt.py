"""What of an answer a browser of this world can feel.

Rule: answers that do the same are the same, whatever was asked. Once a server has answered, nobody asks any more what
it was shown or told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.explore.servers.flows import Response
from hardtack.explore.servers.foreseeing import Foreseen
from hardtack.explore.world import AUTH_PATH, BASE_PATH, Server

if TYPE_CHECKING:
    from hardtack.explore.servers.flows import Request
    from hardtack.explore.state import Flight
    from hardtack.explore.world import World

__all__ = ["ENTERS", "LEAVES", "Felt"]

LEAVES: Final = frozenset({f"{AUTH_PATH}/sign-out", f"{AUTH_PATH}/recover", f"{BASE_PATH}/recover"})
"""Where a person ends a session, of the site's own addresses."""
ENTERS: Final = f"{AUTH_PATH}/sign-in"
"""Where a password goes. The answer leads nowhere, or into the site with a session."""


class Felt:
    """Knows what is asked of an answer in a world.

    Args:
        world: the world.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def answered(self, flight: Flight, response: Response) -> Flight:
        """A request that is answered, with what still matters: where it was sent, for whom, what the browser gets.

        Hardtack's own answers name the path of every cookie; without script it is nobody's concern which release made
        the page.
        """
        asked, navigates = flight.request, flight.kind == "navigation"
        marks = _marks(asked)
        request = asked._replace(
            method=asked.method if marks else "GET",
            path=asked.path if marks or flight.kind == "ask" or self._world.server is not Server.LIBRARY else "/",
            by_script=asked.by_script and bool(response.location),
            release=asked.release if navigates and self._world.has_script else 0,
            cookies="",
            body="",
            context=-1,
            now=0,
        )
        return flight._replace(request=request, answers=(), response=_felt(flight, response))

    @staticmethod
    def foreseen(flight: Flight, foreseen: Foreseen) -> Flight:
        """A request of which it is known what will be done about it: nobody asks any more what it showed."""
        courses = [
            course._replace(
                response=_felt(flight, course.response)._replace(
                    revoke=course.response.revoke, everywhere=course.response.everywhere, notes=course.response.notes
                )
            )
            for course in foreseen.courses
        ]
        request = flight.request._replace(cookies="", body="", context=-1, now=0)
        return flight._replace(
            request=request, answers=(), call=None, held=None, waits=False, foreseen=Foreseen(*courses)
        )


def _felt(flight: Flight, response: Response) -> Response:
    """What the browser gets of a response, as far as it asks."""
    asked = flight.request
    sent = Response(lines=response.lines, clears=response.clears, page="")
    if flight.kind == "ask":
        sent = sent._replace(body=response.body)
    elif response.location:
        sent = sent._replace(location=response.location)
    elif flight.kind == "navigation":
        sent = sent._replace(page=response.page, shows=response.shows)
    return sent._replace(sign_in=response.sign_in) if _marks(asked) and asked.path == ENTERS else sent


def _marks(asked: Request) -> bool:
    """Whether a person ends or begins a session with it."""
    return asked.method == "POST" and asked.path in (*LEAVES, ENTERS)
