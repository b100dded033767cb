"""The parts of a running shield, made of its settings.

Rule: the same deployment stands behind the proxy, at the edge and in the tests; a shield that only observes tells what
it would have done, and never that it was.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hardtack.sessions import SessionCore, StartupError
from hardtack.sessions.events import Event
from hardtack.web.facade import Hardtack
from hardtack.web.shield.settings import shield_problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardtack.cognito import AsyncCognitoClient
    from hardtack.web.shield.settings import ShieldSettings

__all__ = ["ShieldDeployment"]


class ShieldDeployment:
    """The parts of a running shield.

    Args:
        settings: what was decided.
        wall: this server's clock, seconds since the epoch.
        cognito: a client of the user pool, for proxies and certificates of your own.
        core: in the place of one that is made of the settings: the explorer's has symbolic parts.

    Raises:
        StartupError: the settings can't work; every problem is listed at once.
    """

    def __init__(
        self,
        settings: ShieldSettings,
        *,
        wall: Callable[[], float] = time.time,
        cognito: AsyncCognitoClient | None = None,
        core: SessionCore | None = None,
    ) -> None:
        problems = shield_problems(settings)
        if problems:
            raise StartupError(problems)
        if core is None:
            core_of = _ObservingCore if settings.observe else SessionCore
            core = core_of(settings.session_settings(), wall=wall, options=settings.engine_options())
        self.settings = settings
        self.hardtack = Hardtack(core.settings, core=core, cognito=cognito)


class _ObservingCore(SessionCore):
    """Tells each event as an observation."""

    def tell(self, events: tuple[Event, ...]) -> None:
        """Deliver events."""
        super().tell(
            tuple(
                event
                if event.name.startswith("shield.")
                else Event("shield.observed", {"would": event.name, **event.fields}, event.reference)
                for event in events
            )
        )
