"""The same story behind CloudFront's functions, and behind the real proxy: see `support.shielded`.

    site = EdgeSite()      # each request becomes an event; what one function gives is what the other is shown
    site = ProxySite()     # each request goes through `ReverseProxy` to a server on a socket

Events are of the recorded shape and go through JSON between the functions, as CloudFront hands them on. What seals and
draws lots has no chance in it here, so that two sites that do the same say the same.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from hardtack.cookies import CookieHeader
from hardtack.web.lambda_edge.edge import Edge
from hardtack.web.lambda_edge.events import MAX_HEADER_BYTES, header_bytes, raw_headers
from hardtack.web.proxy import ReverseProxy
from support.proxying import site as serving
from support.shielded import Loaded, ShieldedSite, _cookie_of

if TYPE_CHECKING:
    from hardtack.web.proxy.guard import Visit

OWN_LINES = {b"date", b"server", b"connection", b"content-length", b"transfer-encoding", b"keep-alive"}
"""What a server says of itself and of the connection, in whatever order."""
VIA = "2.0 2afae0d44e2540f472c0635ab62c232b.cloudfront.net (CloudFront)"
ORIGIN = {
    "custom": {
        "customHeaders": {},
        "domainName": "origin.example.net",
        "keepaliveTimeout": 5,
        "path": "",
        "port": 443,
        "protocol": "https",
        "readTimeout": 30,
        "sslProtocols": ["TLSv1.2"],
    }
}


def config_of(trigger: str) -> dict[str, str]:
    return {
        "distributionDomainName": "d111111abcdef8.cloudfront.net",
        "distributionId": "EDFDVBD6EXAMPLE",
        "eventType": trigger,
        "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
    }


def cloudfront_headers(headers: list[tuple[bytes, bytes]]) -> dict[str, list[dict[str, str]]]:
    """Headers as an event has them: by lower-case name, spelt as they came, each line of its own."""
    found: dict[str, list[dict[str, str]]] = {}
    for raw_name, value in headers:
        name = raw_name.decode("latin-1")
        found.setdefault(name.lower(), []).append({"key": name.title(), "value": value.decode("latin-1")})
    return found


def request_event(visit: Visit, *, body: bytes | None = None, extra: dict[str, str] | None = None) -> dict[str, Any]:
    """An origin request event for a visit; the lines that CloudFront itself adds are in it."""
    headers = cloudfront_headers(visit.headers)
    for key, value in {"X-Forwarded-For": visit.address, "Via": VIA, **(extra or {})}.items():
        headers[key.lower()] = [{"key": key, "value": value}]
    request: dict[str, Any] = {
        "clientIp": visit.address,
        "headers": headers,
        "method": visit.method,
        "origin": ORIGIN,
        "querystring": visit.query.decode(),
        "uri": visit.raw_path.decode(),
    }
    if body is not None:
        request["body"] = {"inputTruncated": False, "action": "read-only", "encoding": "base64", "data": body.decode()}
    return {"Records": [{"cf": {"config": config_of("origin-request"), "request": request}}]}


def response_event(request: dict[str, Any], headers: list[tuple[bytes, bytes]], *, status: int = 200) -> dict[str, Any]:
    """An origin response event: the request is the one that the first function gave."""
    response = {"status": str(status), "statusDescription": "OK", "headers": cloudfront_headers(headers)}
    response["headers"]["via"] = [{"key": "Via", "value": VIA}]
    return {"Records": [{"cf": {"config": config_of("origin-response"), "request": request, "response": response}}]}


def through_json(value: dict[str, Any]) -> dict[str, Any]:
    """What CloudFront hands on, and what it takes: JSON within its limits."""
    read = json.loads(json.dumps(value))
    assert header_bytes(raw_headers(read["headers"])) <= MAX_HEADER_BYTES
    return read


class _Certain:
    """Two sites that do the same say the same."""

    def make_certain(self: Any) -> None:
        self.shield.deployment.hardtack.core.sealer._random = bytes


class EdgeSite(ShieldedSite, _Certain):
    """A site behind the two functions."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.make_certain()
        self.edge = Edge(self.shield)
        self.edge._loop.close()
        self.edge._loop = self.loop
        self.answer: dict[str, Any] = {}

    def load(self, path: str = "/", *, server: str = "", follow: bool = True, **how: Any) -> Loaded:
        body = how.pop("body", None)
        given = self.edge.handle(request_event(self.visit(path, **how), body=body))
        given = through_json(given)
        if "status" in given:
            self.answer = given
            loaded = Loaded(int(given["status"]), raw_headers(given["headers"]), None, path)
        else:
            sent = raw_headers(given["headers"])
            event = response_event(given, self._site(path, sent, server))
            self.answer = through_json(self.edge.handle(event))
            loaded = Loaded(int(self.answer["status"]), raw_headers(self.answer["headers"]), _cookie_of(sent), path)
        self._store(loaded)
        target = loaded.header(b"location")
        if follow and target and loaded.status == 303:
            again = {name: value for name, value in how.items() if name not in ("method", "cookie")}
            return self.load(target, **again)
        return loaded


class ProxySite(ShieldedSite, _Certain):
    """A site on a socket, behind the proxy."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.make_certain()
        self.wanted = ""
        self.saw: bytes | None = None
        self._serving = serving(self._application, interface="asgi3")
        self.upstream = self._serving.__enter__()
        self.proxy = ReverseProxy(f"http://127.0.0.1:{self.upstream.port}", self.shield)

    def close(self) -> None:
        self.proxy.close()
        self.loop.run_until_complete(asyncio.sleep(0))  # the transports close themselves on the loop
        self._serving.__exit__(None, None, None)
        super().close()

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(name.lower(), value) for name, value in scope["headers"]]
        self.saw = _cookie_of(headers)
        lines = list(self.site_lines)
        if self.wanted:
            cookies = self.adapter.cookies(CookieHeader.parse(self.saw or b""))
            forced = self.wanted == "refresh"
            self.server_session = await self.adapter.fetch_auth_session(cookies, force_refresh=forced)
            lines += [line + self.server_scope for line in cookies.set_cookie_lines]
        answer = [*self.site_headers, *((b"set-cookie", line.encode("latin-1")) for line in lines)]
        await send({"type": "http.response.start", "status": 200, "headers": answer})
        await send({"type": "http.response.body", "body": b""})

    def load(self, path: str = "/", *, server: str = "", follow: bool = True, **how: Any) -> Loaded:
        body = how.pop("body", None)
        visit = self.visit(path, **how)
        self.wanted, self.saw = server, None
        status, headers, self.body = self.loop.run_until_complete(self._through(visit, body))
        loaded = Loaded(status, headers, self.saw, path)
        self._store(loaded)
        target = loaded.header(b"location")
        if follow and target and loaded.status == 303:
            again = {name: value for name, value in how.items() if name not in ("method", "cookie")}
            return self.load(target, **again)
        return loaded

    async def _through(self, visit: Visit, body: bytes | None) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        content = body or b""
        length = [(b"content-length", str(len(content)).encode())] if body is not None else []
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": visit.method,
            "scheme": "https",
            "path": visit.raw_path.decode(),
            "raw_path": visit.raw_path,
            "query_string": visit.query,
            "headers": [*visit.headers, *length],
            "client": (visit.address, 40_000),
            "server": ("app.example.test", 443),
        }
        incoming = [{"type": "http.request", "body": content, "more_body": False}]
        sent: list[dict[str, Any]] = []

        answered = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if not incoming:
                await answered.wait()  # a browser stays until it has its answer
                return {"type": "http.disconnect"}
            return incoming.pop(0)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                answered.set()

        await self.proxy(scope, receive, send)
        whole = b"".join(each.get("body", b"") for each in sent[1:])
        return sent[0]["status"], list(sent[0]["headers"]), whole


def told(loaded: Loaded) -> list[tuple[bytes, bytes]]:
    """What an answer says, but for what the server says of itself; lines of one name in their order."""
    own = {*OWN_LINES, b"via"}
    return sorted(((name, value) for name, value in loaded.headers if name not in own), key=lambda line: line[0])
