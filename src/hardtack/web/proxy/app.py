"""The proxy as an ASGI application.

Rule: a request is judged as it came, shown to the guard, and relayed; whatever goes wrong in between has one named
answer. A guard that fails is treated as if it were not there: no bug of ours takes a site down.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from hardtack.web.proxy import trouble
from hardtack.web.proxy.connection import SiteLostError, SiteMalformedError, SiteSlowError
from hardtack.web.proxy.exchange import Asked, Exchange, UploadStalledError
from hardtack.web.proxy.forwarded import Origin, TrustedProxies
from hardtack.web.proxy.guard import Guard, Passage, PassThrough, Visit
from hardtack.web.proxy.hygiene import CHECKED, body_length, has_token, head_bytes, passed_on, request_problem
from hardtack.web.proxy.limits import ProxyLimits
from hardtack.web.proxy.site import Site, SiteAddress, SiteBusyError, SiteDownError
from hardtack.web.proxy.tunnel import HANDSHAKE, Tunnel

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from hardtack.web.answers import Answer
    from hardtack.web.visit import RawHeaders

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

__all__ = ["ReverseProxy"]

_LOG: Final = logging.getLogger("hardtack.proxy")
_TROUBLES: Final[dict[type[Exception], tuple[int, str]]] = {
    SiteDownError: (502, trouble.DOWN),
    SiteLostError: (502, trouble.DOWN),
    SiteMalformedError: (502, trouble.MALFORMED),
    SiteBusyError: (503, trouble.BUSY),
    SiteSlowError: (504, trouble.SLOW),
    UploadStalledError: (408, trouble.STALLED),
}


class ReverseProxy:
    """Passes requests and WebSockets on to one site.

    Mounted in another application, the site is asked for the path that the browser asked for, the mount's prefix
    included: nothing in a page would lead there otherwise.

    Args:
        upstream: the site's origin, `http://127.0.0.1:3000`, `https://…` or `unix:/path`.
        guard: decides what passes; without one everything does.
        limits: how large and how slow things may be.
        trusted: the peers whose `X-Forwarded-*` is believed: addresses, CIDR networks, `unix`, `*`.
        strip_root_path: ask for the path without the prefix of the mount, and say the prefix in `X-Forwarded-Prefix`;
            for a site that reads that.
        tls: for an https upstream another context than the system's own.

    Raises:
        ProxySettingError: the upstream or a trusted peer is not what it should be.
    """

    def __init__(
        self,
        upstream: str,
        guard: Guard | None = None,
        limits: ProxyLimits | None = None,
        trusted: Iterable[str] = (),
        *,
        strip_root_path: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._address = SiteAddress.parse(upstream)
        self._guard: Guard = PassThrough() if guard is None else guard
        self._limits = ProxyLimits() if limits is None else limits
        self._trusted = TrustedProxies(trusted)
        self._strip = strip_root_path
        self._tls = tls
        self._site: Site | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] in ("http", "websocket"):
            await self._serve(scope, receive, send)

    def close(self) -> None:
        """Close the connections to the site; only where no lifespan does it."""
        if self._site is not None:
            self._site.close()
            self._site = None

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = str(scope.get("method", "GET"))
        headers: RawHeaders = list(scope["headers"])
        path = scope.get("raw_path") or quote(str(scope["path"])).encode("ascii")
        query = bytes(scope.get("query_string") or b"")
        if CHECKED not in scope:
            headers = [(name.lower(), value) for name, value in headers]
            problem = request_problem(method, path, query, headers, version=str(scope.get("http_version", "1.1")))
            if problem:
                await trouble.give(trouble.trouble(400, problem, headers), scope, receive, send)
                return
        visit, origin = self._visit(scope, method, path, query, headers)
        passage = await self._judged(visit)
        answer = await self._reply(passage, receive)
        if answer is not None:
            await trouble.give(answer, scope, receive, send)
            return
        asked = self._asked(scope, visit, origin, passage, headers)
        if head_bytes(method, asked.target, asked.headers) > self._limits.upstream_header_bytes:
            await trouble.give(trouble.trouble(431, trouble.TOO_LARGE, headers), scope, receive, send)
            return
        await self._relay(scope, receive, send, asked, passage)

    def _visit(self, scope: Scope, method: str, path: bytes, query: bytes, headers: RawHeaders) -> tuple[Visit, Origin]:
        """What the guard is told."""
        websocket = scope["type"] == "websocket"
        peer = scope.get("client")
        secure = scope.get("scheme") in ("https", "wss")
        lines = passed_on(headers)
        if websocket:
            lines = [line for line in lines if not line[0].startswith(HANDSHAKE)]
        origin = self._trusted.origin(str(peer[0]) if peer else "", "https" if secure else "http", lines)
        size = head_bytes(method, path, origin.headers) + len(query) + head_bytes("", b"", origin.told)
        visit = Visit(
            method=method,
            scheme=origin.scheme,
            host=origin.host.decode("latin-1"),
            raw_path=path,
            query=query,
            headers=origin.headers,
            address=origin.address,
            websocket=websocket,
            oversize=size > self._limits.upstream_header_bytes,
        )
        return visit, origin

    def _asked(self, scope: Scope, visit: Visit, origin: Origin, passage: Passage, headers: RawHeaders) -> Asked:
        """What the site is asked."""
        path, told = visit.raw_path, list(origin.told)
        prefix = quote(str(scope.get("root_path") or "").rstrip("/")).encode("ascii") if self._strip else b""
        if prefix and path.startswith(prefix):
            path = path[len(prefix) :]
            path = path if path.startswith(b"/") else b"/" + path
            told.append((b"x-forwarded-prefix", prefix))
        if not any(name == b"host" for name, _ in passage.headers):
            told.append((b"host", self._address.authority))
        length = body_length(headers)
        if length == 0 and not str(scope.get("http_version", "1.1")).startswith("1") and not visit.websocket:
            length = None if visit.method not in ("GET", "HEAD", "OPTIONS") else 0  # HTTP/2 needs to announce nothing
        return Asked(
            method=visit.method,
            target=path + (b"?" + visit.query if visit.query else b""),
            headers=[*passage.headers, *told],
            length=0 if visit.websocket else length,
            expects=has_token(headers, b"expect", b"100-continue"),
        )

    async def _relay(self, scope: Scope, receive: Receive, send: Send, asked: Asked, passage: Passage) -> None:
        if self._site is None:
            self._site = Site(self._address, self._limits, self._tls)

        def review(status: int, headers: RawHeaders) -> RawHeaders:
            return self._reviewed(passage, status, headers)

        if scope["type"] == "websocket":
            refuses = "websocket.http.response" in (scope.get("extensions") or {})
            offered = [str(each) for each in scope.get("subprotocols") or ()]
            relay: Exchange | Tunnel = Tunnel(
                site=self._site,
                limits=self._limits,
                asked=asked,
                subprotocols=offered,
                receive=receive,
                send=send,
                review=review,
                can_refuse=refuses,
            )
        else:
            relay = Exchange(
                site=self._site, limits=self._limits, asked=asked, receive=receive, send=send, review=review
            )
        try:
            await relay.run()
        except tuple(_TROUBLES) as problem:
            status, text = _TROUBLES[type(problem)]
            _LOG.warning("%d: %s", status, text)
            await trouble.give(trouble.trouble(status, text, asked.headers), scope, receive, send)

    async def _judged(self, visit: Visit) -> Passage:
        try:
            return await self._guard.to_site(visit)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 -- see the module's rule
            _LOG.error("the guard failed on a request: %s", type(error).__name__)  # its text may tell
            return Passage(headers=visit.headers)

    def _reviewed(self, passage: Passage, status: int, headers: RawHeaders) -> RawHeaders:
        try:
            return self._guard.to_browser(passage, status, headers)
        except Exception as error:  # noqa: BLE001 -- see the module's rule
            _LOG.error("the guard failed on a response: %s", type(error).__name__)  # its text may tell
            return headers

    async def _reply(self, passage: Passage, receive: Receive) -> Answer | None:
        """The guard's answer to a request with its body, read whole and bounded."""
        if passage.reply is None:
            return passage.answer
        body, more = b"", True
        while more and len(body) <= passage.reply_bytes:
            try:
                message = await asyncio.wait_for(receive(), self._limits.upload_seconds)
            except TimeoutError:
                return trouble.trouble(408, trouble.STALLED, passage.headers)
            more = message["type"] == "http.request" and bool(message.get("more_body"))
            body += message.get("body", b"")
        if len(body) > passage.reply_bytes:
            return trouble.trouble(413, trouble.BODY_TOO_LARGE, passage.headers)
        return await passage.reply(body)
