"""What `hardtack.js` asks a Python app that shares its sessions with an Amplify front end.

Rule: the very work that the shield does for the same script, mounted below the auth path. What changes something is
held to the same origin by the endpoint that leads here; what script says is a stranger's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hardtack.sessions import RequestKind
from hardtack.sessions.transitions import Answer
from hardtack.web.answers import HELD_APART
from hardtack.web.browser_side import (
    SCRIPT_TYPE,
    chosen_document,
    policy_document,
    read_arrival,
    read_report,
    recover,
    refresh_document,
    script,
    script_etag,
)
from hardtack.web.facade import add_cookies
from hardtack.web.pages import AuthPath
from hardtack.web.routes.visitor import Reply
from hardtack.web.visit import PRIVATE, browser_request

if TYPE_CHECKING:
    from hardtack.cookies import SetCookie
    from hardtack.sessions import Settings
    from hardtack.web.routes.desk import Desk
    from hardtack.web.routes.visitor import Visitor

__all__ = ["ScriptSide", "serves_refreshes"]

_BRIEFLY = (b"cache-control", b"public, max-age=300")


def serves_refreshes(settings: Settings) -> bool:
    """Whether `hardtack.js` refreshes through us: where it shares the cookies, and may read them."""
    return settings.storage == "amplify" and settings.front_end_signs_in and not settings.policy.http_only


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
            refreshes=serves_refreshes(settings),
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
        settings, engine = self._desk.settings, self._desk.core.engine
        recovery = recover(
            settings.policy,
            client_id=settings.pool.client_id,
            host=visitor.headers.get(b"host", b"").decode("latin-1"),
            cookies=visitor.cookies,
            cursor=visitor.query.get("cursor", ""),
            body=visitor.body,
        )
        pair: tuple[SetCookie, ...] = ()
        if recovery.lines:
            asked = browser_request(self._desk.core, visitor.scope, counts=False)
            pair = engine.mender.cleared(engine.marks_of(asked))
        add_cookies(visitor.scope, *recovery.lines, *pair, engine.ladders.put_away())
        return visitor.json(recovery.document())

    async def refresh(self, visitor: Visitor) -> Reply:
        """POST /refresh: another access token for the set that the request shows, got once for everybody who asks."""
        plan = visitor.plan  # the middleware may have refreshed already
        if plan.answer is not Answer.REFRESHED:
            asked = browser_request(self._desk.core, visitor.scope, counts=False)
            plan = await self._desk.hardtack.sessions.handle(replace(asked, kind=RequestKind.FETCH, forces=True))
        return visitor.json(refresh_document(plan))

    async def arrived(self, visitor: Visitor) -> Reply:
        """POST /arrived: a sign-in by script, whose set is kept for it. Whether it was believed is not said."""
        arrival = read_arrival(visitor.body)
        if arrival is None:
            return visitor.json({"error": "not a sign-in of hardtack.js"}, status=400)
        asked = browser_request(self._desk.core, visitor.scope, counts=False)
        await self._desk.hardtack.sessions.arrive(asked, arrival.tokens, claim=arrival.claim)
        return Reply(204, [PRIVATE])

    async def report(self, visitor: Visitor) -> Reply:
        """POST /report: what a browser's check of its environment found, as counts and codes."""
        report = read_report(visitor.body)
        if report is None:
            return visitor.json({"error": "not a report of hardtack.js"}, status=400)
        visitor.tell("environment.reported", **report.fields())
        return Reply(204, [PRIVATE])
