"""What `hardtack.js` asks a Python app that shares its sessions with an Amplify front end.

Rule: the very work that the shield does for the same script, mounted below the auth path. What changes something is
held to the same origin by the endpoint that leads here; what script says is a stranger's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardtack.web.answers import HELD_APART
from hardtack.web.browser_side import (
    SCRIPT_TYPE,
    chosen_document,
    policy_document,
    read_report,
    recover,
    script,
    script_etag,
)
from hardtack.web.facade import add_cookies
from hardtack.web.pages import AuthPath
from hardtack.web.routes.visitor import Reply
from hardtack.web.visit import PRIVATE

if TYPE_CHECKING:
    from hardtack.web.routes.desk import Desk
    from hardtack.web.routes.visitor import Visitor

__all__ = ["ScriptSide"]

_BRIEFLY = (b"cache-control", b"public, max-age=300")


class ScriptSide:
    """The script, its policy, and what it asks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def script(self, visitor: Visitor) -> Reply:
        """GET /hardtack.js: kept by browsers, which ask whether it has changed."""
        tag = script_etag().encode("ascii")
        headers = [(b"content-type", SCRIPT_TYPE.encode("ascii")), (b"cache-control", b"no-cache"), (b"etag", tag)]
        if visitor.headers.get(b"if-none-match") == tag:
            return Reply(304, headers)
        return Reply(200, [*headers, *HELD_APART], script())

    async def policy(self, visitor: Visitor) -> Reply:
        """GET /policy.json: what every other writer of these cookies follows."""
        settings = self._desk.settings
        stated = policy_document(
            settings.policy,
            client_id=settings.pool.client_id,
            host=visitor.headers.get(b"host", b"").decode("latin-1"),
            base=settings.auth_path,
            sign_in=f"{settings.auth_path}{AuthPath.SIGN_IN}",
        )
        return visitor.json(stated, _BRIEFLY, (b"vary", b"Host"))

    async def chosen(self, visitor: Visitor) -> Reply:
        """GET /chosen.json: which of the sets shown counts, so that script that sees twins takes the same."""
        session = visitor.session
        if session is None:
            return visitor.json(chosen_document())
        return visitor.json(chosen_document(session.sub, session.claims.session_key))

    async def recover(self, visitor: Visitor) -> Reply:
        """POST /recover by script: sweep what script can't reach."""
        settings, core = self._desk.settings, self._desk.core
        recovery = recover(
            settings.policy,
            client_id=settings.pool.client_id,
            host=visitor.headers.get(b"host", b"").decode("latin-1"),
            cookies=visitor.cookies,
            cursor=visitor.query.get("cursor", ""),
            body=visitor.body,
        )
        add_cookies(visitor.scope, *recovery.lines, core.engine.ladders.put_away())
        return visitor.json(recovery.document())

    async def report(self, visitor: Visitor) -> Reply:
        """POST /report: what a browser's check of its environment found, as counts and codes."""
        report = read_report(visitor.body)
        if report is None:
            return visitor.json({"error": "not a report of hardtack.js"}, status=400)
        visitor.tell("environment.reported", **report.fields())
        return Reply(204, [PRIVATE])
