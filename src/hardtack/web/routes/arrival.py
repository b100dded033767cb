"""The end of a sign-in: the session is written, and the next request shows whether the browser kept it.

Rule: a correct password is followed by a session that really arrived, or by a page that says why not. So a sign-in
answers with a redirect to `/welcome` that names the session by its keyed hash, and that landing looks: no cookie at all
means that this browser keeps none; other cookies mean that something keeps the fresh ones out. Neither is answered with
one more redirect, which would be the beginning of a loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.amplify import sign_in_details
from hardtack.cognito import CognitoError
from hardtack.sessions import OutcomeKind, Reason
from hardtack.sessions.marks import Marks
from hardtack.web.answers import RETRY_AFTER, browser_of, retry_after, site_of
from hardtack.web.pages import (
    AuthPath,
    ErrorKind,
    ErrorPage,
    GuidancePage,
    NoCookiesPage,
    SignInPage,
    StuckReason,
    UnavailablePage,
)
from hardtack.web.pages import FormError as Wrong
from hardtack.web.routes.desk import logger

if TYPE_CHECKING:
    from hardtack.cognito import AuthResult
    from hardtack.web.routes.desk import Desk
    from hardtack.web.routes.visitor import Reply, Visitor

__all__ = ["WELCOME", "Arrival"]

WELCOME: Final = "/welcome"
_TICKET: Final = "welcome"
_TICKET_SECONDS: Final = 300.0  # a slow phone, and the browser's question whether to save the password


class Arrival:
    """Writes sessions and sees them arrive."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def complete(self, visitor: Visitor, result: AuthResult, *, login: str) -> Reply:
        """Write the session that the pool has just granted.

        Args:
            visitor: the request that completed the sign-in.
            result: what the pool gave.
            login: the user name as it was typed, which Amplify's front end keeps with the session.
        """
        desk = self._desk
        extras = {"signInDetails": sign_in_details(login, desk.options.flow)}
        plan = await desk.hardtack.sign_in(visitor.scope, result.tokens, username=result.username, extras=extras)
        if plan.session is None:
            return self._not_written(visitor, result, plan.outcome.reason)
        named = desk.core.sealer.digest(_TICKET, plan.session.claims.session_key)
        ticket = desk.tickets.seal(_TICKET, [named], seconds=_TICKET_SECONDS)
        return visitor.to_route(WELCOME, t=ticket, next=visitor.next)

    def _not_written(self, visitor: Visitor, result: AuthResult, reason: Reason) -> Reply:
        """Say that a session was granted and can't be written, and end it at the pool: nobody holds it now."""
        page = SignInPage(next=visitor.next, error=Wrong.SERVICE_UNAVAILABLE)
        if reason is Reason.KEYS:
            reply = visitor.unavailable(page)
        else:
            reply = visitor.page(ErrorPage(kind=ErrorKind.INTERNAL, support_code=visitor.reference))
        refresh_token = result.tokens.refresh_token
        if refresh_token:
            reply.after = lambda: self._desk.start(self._forget(refresh_token))
        return reply

    async def _forget(self, refresh_token: str) -> None:
        try:
            await self._desk.cognito.revoke_token(refresh_token)
        except CognitoError as error:
            logger.info("%s", error)

    async def welcome(self, visitor: Visitor) -> Reply:
        """GET /welcome: see whether the session arrived."""
        desk, session = self._desk, visitor.session
        ticket = desk.tickets.open(_TICKET, visitor.query.get("t", ""))
        if ticket is None:  # an address out of the history, or a made-up one: it says nothing
            return visitor.to_next() if session else visitor.to_route(AuthPath.SIGN_IN, next=visitor.next)
        if session is not None and desk.core.sealer.matches(_TICKET, session.claims.session_key, str(ticket[0])):
            return visitor.to_next()
        if session is None and visitor.plan.outcome.kind is OutcomeKind.UNAVAILABLE:
            page = UnavailablePage(next=visitor.next, retry_after=RETRY_AFTER, support_code=visitor.reference)
            return visitor.page(page, retry_after(RETRY_AFTER))
        blocked = not visitor.shows_auth_cookies and desk.core.engine.marks.read(visitor.cookies) == Marks()
        visitor.tell("signin.unseen", cookies="none" if blocked else "others")
        return self._unseen(visitor, blocked=blocked)

    def _unseen(self, visitor: Visitor, *, blocked: bool) -> Reply:
        """Say what became of the sign-in, as far as can be told, and what to do in this browser."""
        now, site, browser = self._desk.core.clock.now(), site_of(visitor.scope), browser_of(visitor.scope)
        code = visitor.reference
        if blocked:
            return visitor.page(
                NoCookiesPage(next=visitor.next, server_time=now, site=site, browser=browser, support_code=code)
            )
        page = GuidancePage(
            next=visitor.next,
            server_time=now,
            site=site,
            browser=browser,
            reason=StuckReason.SIGN_IN_LOST,
            support_code=code,
        )
        return visitor.page(page)
