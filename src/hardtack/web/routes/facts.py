"""What programs ask: who is signed in, and the pages' own files.

Rule: never a token, and nothing that is secret. Whether somebody is signed in is `private, no-store`; the files are the
same for everybody, so they may be cached, and carry no cookie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardtack.sessions import OutcomeKind
from hardtack.web.answers import HELD_APART, retry_after
from hardtack.web.pages import ErrorKind, ErrorPage
from hardtack.web.routes.visitor import Reply
from hardtack.web.visit import PRIVATE

if TYPE_CHECKING:
    from hardtack.web.routes.desk import Desk
    from hardtack.web.routes.visitor import Visitor

__all__ = ["Facts"]


class Facts:
    """The session as JSON, and static files."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def session(self, visitor: Visitor) -> Reply:
        """GET /session."""
        session, outcome = visitor.session, visitor.plan.outcome
        now = round(self._desk.core.clock.now(), 3)
        if session is not None:
            return visitor.json(
                {
                    "signed_in": True,
                    "sub": session.sub,
                    "username": session.username,
                    "email": session.email,
                    "groups": list(session.groups),
                    "expires_at": session.expires_at,
                    "server_time": now,
                }
            )
        nobody = {"signed_in": False, "reason": outcome.reason.value, "server_time": now}
        if outcome.kind is OutcomeKind.UNAVAILABLE:  # nobody knows: that is no "signed out"
            return visitor.json({**nobody, "signed_in": None}, retry_after(), PRIVATE, status=503)
        return visitor.json(nobody)

    async def static(self, visitor: Visitor) -> Reply:
        """GET /static/{name}."""
        file = self._desk.hardtack.pages.static_file(visitor.scope["path_params"]["name"])
        if file is None:
            return visitor.page(ErrorPage(kind=ErrorKind.NOT_FOUND))
        headers = [
            (b"content-type", file.content_type.encode("ascii")),
            (b"cache-control", file.cache_control.encode("ascii")),
            *HELD_APART,
        ]
        return Reply(200, headers, file.body)
