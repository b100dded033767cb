"""Layer 6: one thin file for each framework, the auth routes, the pages.

What needs Starlette or Jinja2 (the extra `web`) is loaded when it is first asked for, so that the bare middleware works
without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hardtack.web.asgi import HardtackMiddleware
from hardtack.web.facade import Hardtack, MissingMiddlewareError, plan_of

if TYPE_CHECKING:
    from hardtack.web.dependencies import current_session, require_session
    from hardtack.web.routes import AuthRoutes

__all__ = [
    "AuthRoutes",
    "Hardtack",
    "HardtackMiddleware",
    "MissingMiddlewareError",
    "current_session",
    "plan_of",
    "require_session",
]


def __getattr__(name: str) -> Any:
    """Load what needs the extra `web` (PEP 562)."""
    if name == "AuthRoutes":
        from hardtack.web.routes import AuthRoutes  # noqa: PLC0415 -- see the module's docstring

        return AuthRoutes
    if name in ("current_session", "require_session"):
        from hardtack.web import dependencies  # noqa: PLC0415 -- see the module's docstring

        return getattr(dependencies, name)
    raise AttributeError(f"module 'hardtack.web' has no attribute {name!r}")
