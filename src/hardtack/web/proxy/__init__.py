"""A plain reverse proxy, as an ASGI application, which asks a guard what may pass.

It streams both ways and touches nothing but what a proxy has to. Whoever decides about cookies (the shield) implements
`Guard` and never sees a socket. What needs the extra `shield` is loaded when it is first asked for, so that a guard for
the edge can be made without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hardtack.web.proxy.guard import Guard, Passage, PassThrough, Visit
from hardtack.web.proxy.limits import ProxyLimits, ProxySettingError

if TYPE_CHECKING:
    from hardtack.web.proxy.app import ReverseProxy

__all__ = [
    "Guard",
    "PassThrough",
    "Passage",
    "ProxyLimits",
    "ProxySettingError",
    "ReverseProxy",
    "Visit",
]


def __getattr__(name: str) -> Any:
    """Load what needs the extra `shield` (PEP 562)."""
    if name == "ReverseProxy":
        from hardtack.web.proxy.app import ReverseProxy  # noqa: PLC0415 -- see the module's docstring

        return ReverseProxy
    raise AttributeError(f"module 'hardtack.web.proxy' has no attribute {name!r}")
