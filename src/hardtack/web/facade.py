"""`Hardtack`: one object that an application makes and hands to the middleware, the routes and its own code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hardtack.sessions import AsyncSessions, SessionCore
from hardtack.web.visit import browser_request

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from hardtack.cognito import AsyncCognitoClient
    from hardtack.cookies import SetCookie
    from hardtack.sessions import Departure, Plan, Session, Settings
    from hardtack.tokens import TokenSet
    from hardtack.web.pages import Pages

__all__ = ["SCOPE_KEY", "Decided", "Hardtack", "MissingMiddlewareError", "add_cookies", "plan_of", "with_refreshed"]

SCOPE_KEY = "hardtack"
"""Where a request's `Decided` stands in its ASGI scope."""


class Decided:
    """A request's plan, where every part of an application finds the same one.

    Frameworks copy a scope on its way down (mounts, sub-applications, middleware that wraps), so what a route puts into
    its scope need not be in the middleware's. This object is in all of the copies; a new plan takes the old one's place
    in it.

    Attributes:
        plan: what goes out with the response, as of now.
        hardtack: whose plan it is.
    """

    __slots__ = ("hardtack", "plan")

    def __init__(self, plan: Plan, hardtack: Hardtack) -> None:
        self.plan = plan
        self.hardtack = hardtack


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

        Returns:
            The plan that has taken the request's place. Without a `session` in it nothing was written; its outcome's
            reason says why.

        Raises:
            MissingMiddlewareError: the middleware that would write it did not run.
        """
        decided = _decided(scope)
        request = browser_request(self.core, scope, counts=False)
        plan = await self.sessions.sign_in(request, tokens, owner=username, extras=extras)
        decided.plan = plan
        return plan

    async def sign_out(self, scope: MutableMapping[str, Any]) -> Departure:
        """Clear this browser's session with the response to this request; then see `AsyncSessions.revoke`.

        Raises:
            MissingMiddlewareError: the middleware that would clear it did not run.
        """
        decided = _decided(scope)
        served = decided.plan.session
        departure = await self.sessions.sign_out(browser_request(self.core, scope, counts=False))
        decided.plan = departure.plan
        return with_refreshed(departure, served)

    async def aclose(self) -> None:
        """Close the connections to the pool, for applications that come and go within a process (a lifespan's end)."""
        await self.sessions.aclose()

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
    return _decided(scope).plan


def add_cookies(scope: MutableMapping[str, Any], *lines: SetCookie) -> None:
    """Let more Set-Cookie lines leave with the response, after those of the plan.

    Raises:
        MissingMiddlewareError: the middleware did not run for it.
    """
    decided = _decided(scope)
    decided.plan = replace(decided.plan, set_cookies=(*decided.plan.set_cookies, *lines))


def with_refreshed(departure: Departure, served: Session | None) -> Departure:
    """The departure of a request whose session was refreshed on the way in.

    The fresh tokens were never sent to the browser, so the request does not show them; they must be ended all the same,
    and where the pool rotates refresh tokens they are the only ones that still can be.
    """
    token = served.tokens.refresh_token if served is not None else None
    if served is None or token is None or token in departure.revoke:
        return departure
    access_token = departure.access_token or served.tokens.access_token
    return replace(departure, revoke=(token, *departure.revoke), access_token=access_token)


def _decided(scope: MutableMapping[str, Any]) -> Decided:
    decided = scope.get(SCOPE_KEY)
    if not isinstance(decided, Decided):
        raise MissingMiddlewareError
    return decided
