"""Hardtack: Cognito sessions for the web that can't get stuck.

Everything public is reachable from here and loaded when it is first used, so that `import hardtack` costs next to
nothing: a command-line tool that only parses cookies should not load an HTTP client.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hardtack.cognito import UserPool
    from hardtack.cookies import CookieHeader, CookiePolicy, CookieScope, SetCookie, sweep
    from hardtack.errors import Blame, HardtackError
    from hardtack.sessions import Event, Plan, Session, SessionCore, Sessions, Settings, StartupError
    from hardtack.web import (
        AuthRoutes,
        Hardtack,
        HardtackMiddleware,
        current_session,
        require_session,
    )

__all__ = [
    "AuthRoutes",
    "Blame",
    "CookieHeader",
    "CookiePolicy",
    "CookieScope",
    "Event",
    "Hardtack",
    "HardtackError",
    "HardtackMiddleware",
    "Plan",
    "Session",
    "SessionCore",
    "Sessions",
    "SetCookie",
    "Settings",
    "StartupError",
    "UserPool",
    "__version__",
    "current_session",
    "require_session",
    "sweep",
]

__version__ = "0.1.0"

_HOMES = {
    "hardtack.cognito": ("UserPool",),
    "hardtack.cookies": ("CookieHeader", "CookiePolicy", "CookieScope", "SetCookie", "sweep"),
    "hardtack.errors": ("Blame", "HardtackError"),
    "hardtack.sessions": ("Event", "Plan", "Session", "SessionCore", "Sessions", "Settings", "StartupError"),
    "hardtack.web": ("AuthRoutes", "Hardtack", "HardtackMiddleware", "current_session", "require_session"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from where it lives (PEP 562)."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'hardtack' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
