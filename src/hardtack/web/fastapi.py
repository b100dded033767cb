"""The same verbs as `hardtack.web.dependencies`, as FastAPI dependencies.

    @app.get("/cart")
    async def cart(session: RequiredSession): ...

Reason for a file of its own: FastAPI runs a dependency that is a plain function in a thread, which costs more than the
whole of Hardtack. These are coroutines that never wait.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection  # noqa: TC002 -- FastAPI looks the annotation up at run time

from hardtack.sessions import Session
from hardtack.web import dependencies

__all__ = ["CurrentSession", "RequiredSession", "current_session", "require_session"]


async def current_session(connection: HTTPConnection) -> Session | None:
    """The session of a request or WebSocket, or None.

    Raises:
        MissingMiddlewareError: `HardtackMiddleware` did not run.
    """
    return dependencies.current_session(connection)


async def require_session(connection: HTTPConnection) -> Session:
    """The session of a request or WebSocket.

    Raises:
        SessionRequired: there is none; the middleware answers it.
        MissingMiddlewareError: `HardtackMiddleware` did not run.
    """
    return dependencies.require_session(connection)


CurrentSession = Annotated[Session | None, Depends(current_session)]
"""The session, or None: `session: CurrentSession`."""

RequiredSession = Annotated[Session, Depends(require_session)]
"""The session; without one the handler is not called: `session: RequiredSession`."""
