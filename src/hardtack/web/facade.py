"""`Hardtack`: one object that an application makes and hands to the middleware, the routes and its own code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hardtack.sessions import AsyncSessions, Plan, Session, SessionCore, Settings
from hardtack.web.visit import browser_request

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from hardtack.cognito import AsyncCognitoClient
    from hardtack.sessions import Departure
    from hardtack.tokens import TokenSet
    from hardtack.web.pages import Pages

__all__ = ["SCOPE_KEY", "Hardtack", "MissingMiddlewareError", "plan_of"]

SCOPE_KEY = "hardtack"
"""Where a request's plan stands in its ASGI scope."""


class Hardtack:
    """A deployment, ready for ASGI.

    Args:
        settings: what the deployment decides; see `Settings`.
        pages: the pages that people see; English and Chinese, under the first host's name, when not given.
        core: the parts, when an application wants to make them itself (tests move their clock).
        cognito: a client of the user pool, for proxies and certificates of your own.

    Raises:
        StartupError: the settings can't work; every problem is listed at once.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        pages: Pages | None = None,
        core: SessionCore | None = None,
        cognito: AsyncCognitoClient | None = None,
    ) -> None:
        self.settings = settings
        self.core = core or SessionCore(settings)
        self.sessions = AsyncSessions(self.core, cognito)
        self._pages = pages

    @property
    def auth_path(self) -> str:
        """Where the auth routes are mounted."""
        return self.settings.auth_path

    @property
    def pages(self) -> Pages:
        """The pages that people see."""
        if self._pages is None:
            from hardtack.web.pages import Pages  # noqa: PLC0415 -- Jinja2 is loaded when a page is first wanted

            self._pages = Pages(min(self.settings.policy.hosts), self.auth_path)
        return self._pages

    async def sign_in(
        self,
        scope: MutableMapping[str, Any],
        tokens: TokenSet,
        *,
        username: str,
        extras: dict[str, str] | None = None,
    ) -> Plan:
        """Write a session that the pool has just granted, with the response to this request.

        Args:
            scope: the request's ASGI scope.
            tokens: the fresh set.
            username: the name under which Amplify is to find it (`AuthResult.username`).
            extras: further values to be kept with it (Amplify's signInDetails).
        """
        request = browser_request(self.core, scope, counts=False)
        plan = await self.sessions.sign_in(request, tokens, owner=username, extras=extras)
        scope[SCOPE_KEY] = plan
        return plan

    async def sign_out(self, scope: MutableMapping[str, Any]) -> Departure:
        """Clear this browser's session with the response to this request; then see `AsyncSessions.revoke`."""
        departure = await self.sessions.sign_out(browser_request(self.core, scope, counts=False))
        scope[SCOPE_KEY] = departure.plan
        return departure

    def session(self, scope: MutableMapping[str, Any]) -> Session | None:
        """The session of a request, or None. Raises `MissingMiddlewareError` where the middleware did not run."""
        return plan_of(scope).session


class MissingMiddlewareError(RuntimeError):
    """A request reached code that asks for a session, and no `HardtackMiddleware` had seen it."""

    def __init__(self) -> None:
        super().__init__(
            "This request did not pass HardtackMiddleware. Write app.add_middleware(HardtackMiddleware, "
            "hardtack=hardtack) on the application that serves it."
        )


def plan_of(scope: MutableMapping[str, Any]) -> Plan:
    """The plan of a request.

    Raises:
        MissingMiddlewareError: the middleware did not run for it.
    """
    plan = scope.get(SCOPE_KEY)
    if not isinstance(plan, Plan):
        raise MissingMiddlewareError
    return plan
