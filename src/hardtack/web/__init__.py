"""Layer 6: one thin file for each framework, the auth routes, the pages."""

from __future__ import annotations

from hardtack.web.asgi import HardtackMiddleware
from hardtack.web.facade import Hardtack, MissingMiddlewareError, plan_of

__all__ = ["Hardtack", "HardtackMiddleware", "MissingMiddlewareError", "plan_of"]
