"""The ASGI middleware: one lookup for an unchanged Cookie header, the engine for any other.

Rule: pure ASGI on raw header lists. It decides a request before the application sees it, puts the plan into the scope,
and writes the plan's lines when the response starts; a route that signs in or out simply puts another plan in its
place. Lifespan passes untouched. A route that asks for a session where there is none raises `SessionRequired`, and what
a person or a program is then told is decided here, once, for every framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hardtack.sessions import Outcome, OutcomeKind, Plan, Reason, RequestKind
from hardtack.web.answers import Answer, Answers, SessionRequired
from hardtack.web.facade import SCOPE_KEY, Decided, Hardtack
from hardtack.web.safety import opened_elsewhere
from hardtack.web.visit import browser_request, cookie_bytes, seal_response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["HardtackMiddleware"]

_NOBODY = Plan(Outcome(OutcomeKind.ANONYMOUS, Reason.FOREIGN_HOST))
_STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})


class HardtackMiddleware:
    """Gives every request its session, and every response what heals it.

    Args:
        app: the application.
        hardtack: the deployment.
    """

    def __init__(self, app: ASGIApp, hardtack: Hardtack) -> None:
        self._app = app
        self._hardtack = hardtack
        self._core = hardtack.core
        self._answers = Answers(hardtack)
        self._below = hardtack.auth_path + "/"
        self._origins = hardtack.settings.policy.origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket") or self._has_decided(scope):
            await self._app(scope, receive, send)
            return
        stranger = scope["type"] == "websocket" and opened_elsewhere(scope["headers"], self._origins)
        plan = _NOBODY if stranger else self._core.recall(cookie_bytes(scope["headers"]), heals=True)
        if plan is None:
            plan = await self._decide(scope)
            if isinstance(plan, Answer):
                await plan(scope, receive, send)
                return
        decided = scope[SCOPE_KEY] = Decided(plan, self._hardtack)
        started = False

        async def send_sealed(message: Message) -> None:
            nonlocal started
            if message["type"] in _STARTS:
                started = True
                latest = decided.plan
                if latest.set_cookies:
                    message["headers"] = seal_response(list(message.get("headers") or ()), latest)
            await send(message)

        try:
            await self._app(scope, receive, send_sealed)
        except SessionRequired:
            if started and scope["type"] == "http":
                raise  # half a response can't become another one
            answer = self._answers.required(scope, decided.plan)
            await answer.close(send) if started else await answer(scope, receive, send_sealed)

    async def _decide(self, scope: Scope) -> Plan | Answer:
        """The plan of a request that is not remembered, or what is answered instead of the application."""
        ours = str(scope["path"]).startswith(self._below)
        request = browser_request(self._core, scope, counts=not ours)
        plan = await self._hardtack.sessions.handle(request)
        if plan.page is None or ours or request.kind is not RequestKind.NAVIGATION:
            return plan
        return self._answers.imposed(scope, plan) or plan

    def _has_decided(self, scope: Scope) -> bool:
        """Whether this deployment's middleware stands further out as well: one plan is enough, two would disagree."""
        decided = scope.get(SCOPE_KEY)
        return isinstance(decided, Decided) and decided.hardtack is self._hardtack
