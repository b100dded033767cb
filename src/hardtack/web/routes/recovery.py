"""What a stuck person can reach, always: the guidance page, and the landing of the last resort.

Rule: nothing here needs a session, a cookie or the pool. The last resort's redirect erases every cookie, the ladder's
own counter among them, so its landing writes the counter back from the sealed address: whoever is still stuck after it
is shown guidance and not sent round again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardtack.web.answers import browser_of, site_of
from hardtack.web.facade import add_cookies
from hardtack.web.pages import GuidancePage, Reason, SignInPage

if TYPE_CHECKING:
    from hardtack.web.routes.desk import Desk
    from hardtack.web.routes.visitor import Reply, Visitor

__all__ = ["Recovery"]


class Recovery:
    """Guidance, and the landing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def guide(self, visitor: Visitor) -> Reply:
        """GET /help."""
        page = GuidancePage(
            next=visitor.next,
            server_time=self._desk.core.clock.now(),
            site=site_of(visitor.scope),
            browser=browser_of(visitor.scope),
            support_code=visitor.reference,
        )
        visitor.tell("guidance.shown", reason="asked")
        return visitor.page(page)

    async def land(self, visitor: Visitor) -> Reply:
        """GET /landing."""
        core = self._desk.core
        ladder = core.engine.ladders.from_token(visitor.query.get("step", ""), now=core.clock.now())
        if ladder is not None:
            add_cookies(visitor.scope, core.engine.ladders.write(ladder))
        if visitor.session is not None:
            return visitor.to_next()
        return visitor.page(SignInPage(next=visitor.next, reason=Reason.REPAIRED if ladder else None))
