"""The shield as an ASGI application: the plain proxy, with the shield for its guard.

Rule: it can be served by itself or mounted in another application. What it needs of the world it asks for when it
starts (the pool's keys), and gives back when it ends. An application that mounts it calls `aclose` at its own end.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from hardtack.web.proxy import ProxyLimits, ReverseProxy
from hardtack.web.shield.guard import Shield

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from hardtack.web.shield.deployment import ShieldDeployment
    from hardtack.web.shield.recent import RecentEvents

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

__all__ = ["ShieldApp"]


class ShieldApp:
    """A reverse proxy that heals what passes through it.

    Args:
        deployment: the shield's parts; its settings name the site's own address.
        limits: how large and how slow things may be. What the site takes of request headers is the settings' to say.
        trusted: the peers whose `X-Forwarded-*` is believed: addresses, CIDR networks, `unix`, `*`.
        recent: shows the last events on this machine, where wanted.
        recent_port: the port for that; 0 for any free one.

    Attributes:
        recent_port: the same; once it listens, the real one.

    Raises:
        ProxySettingError: the site's address or a trusted peer is not what it should be.
    """

    def __init__(
        self,
        deployment: ShieldDeployment,
        *,
        limits: ProxyLimits | None = None,
        trusted: Iterable[str] = (),
        recent: RecentEvents | None = None,
        recent_port: int = 0,
    ) -> None:
        settings = deployment.settings
        self.shield = Shield(deployment)
        self._proxy = ReverseProxy(
            settings.upstream,
            self.shield,
            limits or ProxyLimits(upstream_header_bytes=settings.upstream_header_bytes),
            trusted,
        )
        self._recent = recent
        self.recent_port = recent_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        else:
            await self._proxy(scope, receive, send)

    async def aclose(self) -> None:
        """Close the connections to the site and to the pool; only where no lifespan does it."""
        self._proxy.close()
        await self.shield.aclose()

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin before the proxy and end after it."""
        warming = asyncio.ensure_future(self.shield.warm())
        if self._recent is not None:
            self.recent_port = await self._recent.listen(self.recent_port)
        try:
            await self._proxy(scope, receive, send)
        finally:
            warming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await warming
            if self._recent is not None:
                await self._recent.aclose()
            await self.shield.aclose()
