"""One request to an auth route, and what it can be answered with.

Rule: a route reads from a `Visitor` and answers with one of its methods. So every page, redirect and JSON document
leaves private, in the reader's language, and with `next` made safe, whichever route it comes from.
"""

from __future__ import annotations

import asyncio
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from hardtack.cookies import CookieHeader
from hardtack.sessions.events import Event
from hardtack.web.answers import HELD_APART, RETRY_AFTER, Answer, asked_language, retry_after
from hardtack.web.facade import plan_of
from hardtack.web.pages import Language, RateLimitedPage
from hardtack.web.routes.forms import parse_query
from hardtack.web.safety import safe_next
from hardtack.web.visit import PRIVATE, browser_request, cookie_bytes, headers_by_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from hardtack.sessions import Plan, Session
    from hardtack.web.pages import Page
    from hardtack.web.routes.desk import Desk
    from hardtack.web.routes.limits import Action

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

__all__ = ["FORM_ERROR", "Reply", "Visitor"]

FORM_ERROR: Final = 422
"""The status of a form that has to be filled in again, a wrong password's included: Unprocessable Content (RFC 9110
section 15.5.21). 401 would promise an authentication scheme that a browser could answer by itself."""


class Reply(Answer):
    """An answer of an auth route.

    Attributes:
        after: what is left to do when it has gone out. It runs to its end even if the browser hangs up.
    """

    after: Callable[[], asyncio.Task[Any]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, then do what is left to do."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.after is not None:
                await asyncio.shield(self.after())


class Visitor:
    """A person or a program at one of the auth routes.

    Attributes:
        desk: what the routes share.
        scope: the ASGI scope.
        form: the fields that were sent; empty unless something was.
        body: what script sent; empty unless something was.
    """

    def __init__(self, desk: Desk, scope: Scope, form: dict[str, str] | None = None) -> None:
        self.desk = desk
        self.scope = scope
        self.form = form or {}
        self.body = b""

    @cached_property
    def query(self) -> dict[str, str]:
        """The parameters of the address."""
        return parse_query(bytes(self.scope.get("query_string") or b""))

    @cached_property
    def next(self) -> str:
        """Where the person was going: a path of this origin, or "" for nowhere in particular."""
        return self.safe(self.form.get("next") or self.query.get("next"))

    @property
    def plan(self) -> Plan:
        """What the middleware decided, or what a sign-in or sign-out has put in its place."""
        return plan_of(self.scope)

    @property
    def session(self) -> Session | None:
        """Who is signed in."""
        return self.plan.session

    @cached_property
    def cookies(self) -> CookieHeader:
        """Every cookie of the request, twins kept."""
        return CookieHeader.parse(cookie_bytes(self.scope["headers"]))

    @cached_property
    def headers(self) -> dict[bytes, bytes]:
        """The request's headers; of several lines of one name the first."""
        return headers_by_name(self.scope["headers"])

    @cached_property
    def reference(self) -> str:
        """The support code of this request, the same in events and on pages."""
        plan = self.plan
        return plan.reference or self.desk.reference(browser_request(self.desk.core, self.scope, counts=False))

    @property
    def shows_auth_cookies(self) -> bool:
        """Whether the request carries cookies in which a session lies, or lay."""
        return bool(self.desk.core.engine.storage.read(self.cookies))

    def safe(self, target: str | None) -> str:
        """A target made safe; see `safe_next`."""
        host = self.headers.get(b"host", b"").decode("latin-1").lower()
        policy = self.desk.settings.policy
        origins = [origin for origin in policy.origins if origin.partition("://")[2] == host]
        return safe_next(target, auth_path=self.desk.settings.auth_path, origins=origins)

    def tell(self, name: str, **fields: str | float | bool | None) -> None:
        """Deliver an event of this request."""
        self.desk.core.tell((Event(name, fields, self.reference),))

    def page(self, page: Page, *headers: tuple[bytes, bytes], status: int | None = None) -> Reply:
        """Answer with a page."""
        answer = self.desk.answers.page(self.scope, page, status=status)
        return Reply(answer.status, [*answer.headers, *headers], answer.body)

    def unavailable(self, page: Page, *, seconds: float | None = None) -> Reply:
        """Answer with a form that is kept as it was while the pool is out of reach."""
        return self.page(page, retry_after(seconds or RETRY_AFTER), status=503)

    def to(self, target: str) -> Reply:
        """Send on, as GET (RFC 9110 section 15.4.4)."""
        return Reply(303, [(b"location", target.encode("ascii")), *HELD_APART, PRIVATE])

    def to_next(self) -> Reply:
        """Send on to where the person was going."""
        return self.to(self.next or self.desk.options.home)

    def to_route(self, path: str, **query: str) -> Reply:
        """Send on to another auth route. Empty parameters are left out; a language that was asked for goes along."""
        asked = Language.parse(asked_language(self.scope))
        wanted = {name: value for name, value in {**query, "lang": asked or ""}.items() if value}
        return self.to(f"{self.desk.settings.auth_path}{path}" + (f"?{urlencode(wanted)}" if wanted else ""))

    def json(self, value: object, *headers: tuple[bytes, bytes], status: int = 200) -> Reply:
        """Answer a program."""
        own = [(b"content-type", b"application/json"), *HELD_APART, *(headers or (PRIVATE,))]
        return Reply(status, own, json.dumps(value, separators=(",", ":")).encode())

    def limited(self, action: Action, username: str = "") -> Reply | None:
        """Count a try: None if it may go on, else the answer."""
        desk = self.desk
        address = desk.options.address(self.scope)
        wait = desk.gate.wait(action, address=address, username=username, now=desk.core.clock.now())
        if not wait:
            return None
        self.tell("request.limited", action=action)
        seconds = max(1, round(wait + 0.5))
        return self.page(RateLimitedPage(next=self.next, retry_after=seconds), retry_after(seconds))
