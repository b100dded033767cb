"""Who is signed in, for the handlers of a Starlette or FastAPI application.

Rule: a handler asks, and never reads a cookie. `require_session` raises what `HardtackMiddleware` answers: a person is
sent to sign in and comes back, a program gets 401 as JSON, and where the pool can't be reached both are told to try
again, for then nobody knows that they are signed out. In WebSocket handlers ask before accepting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardtack.web.answers import SessionRequired
from hardtack.web.facade import plan_of

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from hardtack.sessions import Session

__all__ = ["current_session", "require_session"]


def current_session(connection: HTTPConnection) -> Session | None:
    """The session of a request or WebSocket, or None.

    Raises:
        MissingMiddlewareError: `HardtackMiddleware` did not run.
    """
    return plan_of(connection.scope).session


def require_session(connection: HTTPConnection) -> Session:
    """The session of a request or WebSocket.

    Raises:
        SessionRequired: there is none; let it pass, the middleware answers it.
        MissingMiddlewareError: `HardtackMiddleware` did not run.
    """
    session = plan_of(connection.scope).session
    if session is None:
        raise SessionRequired
    return session
