"""One port, several sites: a request goes where its `Host` says. And the site of the browser that keeps no cookies.

Rule: whoever comes by another name (127.0.0.1, localhost) is sent to the address that the demo is about; cookies of
that name would be none of its cookies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse

from hardtack.cookies import canonical_host

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["FORGETFUL", "Forgetful", "Hosts"]

FORGETFUL = "hardtack.demo.forgetful"
"""Set in the ASGI scope of requests whose cookies were eaten."""


class Hosts:
    """Sends each request to the application of its host.

    Args:
        apps: by host, without a port.
        home: the origin to which all other requests are redirected.
    """

    def __init__(self, apps: Mapping[str, App], home: str) -> None:
        self._apps = apps
        self._home = RedirectResponse(f"{home}/", status_code=307)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; lifespan is nobody's."""
        if scope["type"] not in ("http", "websocket"):
            return
        host = canonical_host(_header(scope, b"host")) or ""
        await self._apps.get(host, self._home)(scope, receive, send)


class Forgetful:
    """A browser that keeps no cookies, played by something in between that eats them both ways.

    Behind it the site can't tell the difference, so it shows what it would show to such a browser. The host that the
    browser used is rewritten to the site's own, since the policy knows no other.

    Args:
        app: the site.
        outside: the origin that the browser sees.
        inside: the origin that the site knows.
    """

    def __init__(self, app: App, *, outside: str, inside: str) -> None:
        self._app = app
        self._outside = outside.encode("ascii")
        self._inside = inside.encode("ascii")
        self._host = self._inside.partition(b"://")[2]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def forget(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message["headers"] if name.lower() != b"set-cookie"]
                message["headers"] = kept
            await send(message)

        headers = [self._rewritten(name, value) for name, value in scope["headers"] if name != b"cookie"]
        await self._app({**scope, "headers": headers, FORGETFUL: True}, receive, forget)

    def _rewritten(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        if name == b"host":
            return name, self._host
        if name in (b"origin", b"referer") and (value + b"/").startswith(self._outside + b"/"):
            return name, self._inside + value[len(self._outside) :]
        return name, value


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")
