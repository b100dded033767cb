"""What the auth routes share: the deployment, what it decided about them, and the tasks that outlive a response."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hardtack.sessions.reference import reference_of
from hardtack.web.answers import Answers
from hardtack.web.routes.limits import Gate
from hardtack.web.routes.tickets import Tickets

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, MutableMapping

    from hardtack.cognito import AsyncCognitoClient, SignInFlow
    from hardtack.sessions import BrowserRequest, SessionCore, Settings
    from hardtack.web.facade import Hardtack
    from hardtack.web.routes.limits import RouteLimits

__all__ = ["Desk", "RouteOptions", "logger"]

logger = logging.getLogger("hardtack")


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteOptions:
    """What a deployment decides about its auth routes; see `AuthRoutes`."""

    flow: SignInFlow
    asks_email: bool
    home: str
    limits: RouteLimits
    address: Callable[[MutableMapping[str, Any]], str]


class Desk:
    """What every route needs at hand.

    Args:
        hardtack: the deployment.
        options: what it decided.
    """

    def __init__(self, hardtack: Hardtack, options: RouteOptions) -> None:
        self.hardtack = hardtack
        self.options = options
        self.answers = Answers(hardtack)
        self.tickets = Tickets(hardtack.core)
        self.gate = Gate(options.limits)
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def core(self) -> SessionCore:
        """The deployment's parts."""
        return self.hardtack.core

    @property
    def settings(self) -> Settings:
        """What the deployment decided."""
        return self.hardtack.settings

    @property
    def cognito(self) -> AsyncCognitoClient:
        """The user pool."""
        return self.hardtack.sessions.cognito

    def reference(self, request: BrowserRequest) -> str:
        """A support code for a request whose plan was remembered, and so has none."""
        return reference_of(request.nonce)

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something to its end, whatever becomes of the request that wanted it."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
