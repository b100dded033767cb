"""A plain reverse proxy, as an ASGI application, which asks a guard what may pass.

It streams both ways and touches nothing but what a proxy has to. Whoever decides about cookies (the shield) implements
`Guard` and never sees a socket.
"""

from __future__ import annotations

from hardtack.web.proxy.guard import Guard, Passage, PassThrough, Visit

__all__ = ["Guard", "PassThrough", "Passage", "Visit"]
