"""The mountable auth routes: everything that a person needs to sign in, stay signed in, and get unstuck.

app.add_middleware(HardtackMiddleware, hardtack=hardtack)
app.mount(hardtack.auth_path, AuthRoutes(hardtack))
"""

from __future__ import annotations

from hardtack.web.routes.auth_routes import AuthRoutes
from hardtack.web.routes.limits import RouteLimits

__all__ = ["AuthRoutes", "RouteLimits"]
