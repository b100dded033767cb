"""Signing out: on this device, or everywhere.

Rule: clear first, revoke second. The deletions leave with the very answer to the form, whatever the pool says, whether
or not a single token could be read. A response can't carry every deletion that a jar may need, so the page that
follows comes back to itself while the browser still shows cookies of ours and the sweep still makes way: after it, none
is left in any scope that may be swept.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from hardtack.web.facade import add_cookies
from hardtack.web.pages import AuthPath, Reason, SignedOutPage, SignOutPage

if TYPE_CHECKING:
    from hardtack.sessions import Departure
    from hardtack.web.routes.desk import Desk
    from hardtack.web.routes.visitor import Reply, Visitor

__all__ = ["SIGNED_OUT", "SignOut"]

SIGNED_OUT: Final = "/signed-out"
EVERYWHERE: Final = "everywhere"
_PATIENCE: Final = 5.0  # seconds that a person waits for the pool to end the other sessions; it goes on without them
_MOST_HOPS: Final = 8  # redirects of the drain: browsers follow 20; at the least budget these carry some 60 deletions


class SignOut:
    """Sign-out, and the drain after it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, visitor: Visitor) -> Reply:
        """GET /sign-out: ask. A link must not sign out, for a prefetch or a hostile page follows links too."""
        session = visitor.session
        if session is None and not visitor.shows_auth_cookies:
            return visitor.to_route(SIGNED_OUT, next=visitor.next)
        return visitor.page(SignOutPage(next=visitor.next, username=session.username if session else ""))

    async def submit(self, visitor: Visitor) -> Reply:
        """POST /sign-out."""
        everywhere = visitor.form.get("scope") == EVERYWHERE and visitor.shows_auth_cookies
        departure = await self._desk.hardtack.sign_out(visitor.scope)
        if not everywhere:
            return self.leaving(visitor.to_route(SIGNED_OUT, next=visitor.next), departure)
        revoking = self._desk.start(self._desk.hardtack.sessions.revoke(departure, everywhere=True))
        done, _ = await asyncio.wait({revoking}, timeout=_PATIENCE)
        complete = bool(done) and revoking.exception() is None and revoking.result()
        return visitor.to_route(SIGNED_OUT, next=visitor.next, scope=EVERYWHERE, complete="" if complete else "no")

    def leaving(self, reply: Reply, departure: Departure) -> Reply:
        """A reply after which the pool is told."""
        if departure.revoke:
            reply.after = lambda: self._desk.start(self._desk.hardtack.sessions.revoke(departure))
        return reply

    async def drained(self, visitor: Visitor) -> Reply:
        """GET /signed-out: sweep on while there is something to sweep, then say that it is done."""
        if visitor.session is not None:  # signed in again meanwhile, or an address out of the history
            return visitor.to_next()
        query = visitor.query
        hops = int(query["hop"]) if query.get("hop", "") in _HOPS else 0
        sweeps = any(line.is_deletion for line in visitor.plan.set_cookies)
        if sweeps and visitor.shows_auth_cookies and hops < _MOST_HOPS:
            carried = {name: query[name] for name in ("scope", "complete", "then") if name in query}
            return visitor.to_route(SIGNED_OUT, next=visitor.next, hop=str(hops + 1), **carried)
        if query.get("then") == "sign-in":
            return visitor.to_route(AuthPath.SIGN_IN, next=visitor.next, reason=Reason.REPAIRED)
        everywhere = query.get("scope") == EVERYWHERE
        return visitor.page(
            SignedOutPage(next=visitor.next, everywhere=everywhere, complete=query.get("complete") != "no")
        )

    async def recover(self, visitor: Visitor) -> Reply:
        """POST /recover, "try again": clear everything of ours, put the ladder away, begin anew."""
        departure = await self._desk.hardtack.sign_out(visitor.scope)
        add_cookies(visitor.scope, self._desk.core.engine.ladders.put_away())
        return self.leaving(visitor.to_route(SIGNED_OUT, next=visitor.next, then="sign-in"), departure)


_HOPS: Final = frozenset(str(number) for number in range(_MOST_HOPS + 1))
