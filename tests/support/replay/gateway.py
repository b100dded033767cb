"""The one server that the replayed browser talks to: the site, its siblings, the user pool and the rig itself.

Rule: it changes no cookie line and no order. It knows by the user agent which tab asks, notes what is under way, and
holds whatever can be overtaken until the replay lets it go: the pool has then handled a call already, and the site's
server a request.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from support.replay.flights import ASK, ASSET, FETCH, NAVIGATION
from support.replay.gates import Gate, Held, Verdict
from support.replay.jar import ARRIVED
from support.replay.pool_side import LOST, TARGET
from support.replay.wire import Exchange, apart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from support.replay.flights import Flight
    from support.replay.scene import Scene
    from support.replay.wire import Response

RIG_HOST: Final = "gate.rig.test"
AGENT: Final = " rig/"
_POOL: Final = ".amazonaws.com"
_OURS: Final = "/rig/"
_BLANK: Final = b"<!doctype html><title>Nothing</title><link rel=icon href=data:,>"
_PREFLIGHT: Final = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-max-age", b"7200"),
]
_HTML: Final = [(b"content-type", b"text/html"), (b"cache-control", b"no-store")]


class Gateway:
    """The ASGI application behind both of the rig's ports.

    Args:
        script: the page's bundled script.

    Attributes:
        scene: the history that is being replayed; None between two of them.
    """

    def __init__(self, script: Path) -> None:
        self._script = script.read_bytes()
        self.scene: Scene | None = None
        self.server: uvicorn.Server

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, receive, send, self.server)
        await exchange.read()
        try:
            if self.scene is None:
                await exchange.reply(503)
            elif exchange.host.startswith("127."):
                await self._server_call(exchange, self.scene)
            else:
                await self._browser(exchange, self.scene)
        finally:
            exchange.close()

    async def _browser(self, exchange: Exchange, scene: Scene) -> None:
        tab = scene.tab_of(_number(exchange))
        if exchange.host == RIG_HOST:
            await self._rig(exchange, scene, tab)
        elif exchange.host.endswith(_POOL):
            await self._pool(exchange, scene, tab)
        elif exchange.path.startswith(_OURS):
            await self._own(exchange, scene)
        elif exchange.path == "/favicon.ico":
            await exchange.reply(204)
        else:
            await self._site(exchange, scene, tab)

    # -- the rig's own ----------------------------------------------------------------------------------------------

    async def _rig(self, exchange: Exchange, scene: Scene, tab: Any) -> None:
        """A document that begins, or a page that stands still before a write."""
        now = scene.clock.now * 1000
        if exchange.path == "/boot":
            known = {"tab": tab.number, "document": tab.begins()} if tab else {}
            await exchange.reply_json({**known, "now": now})
            return
        held = Held(Gate.WRITE, tab.number if tab else 0)
        if await scene.gates.stop(held, exchange.gone) is Verdict.GO:
            await exchange.reply_json({"now": scene.clock.now * 1000})
        else:
            await exchange.lose()

    async def _own(self, exchange: Exchange, scene: Scene) -> None:
        """What lies on the site's hosts and is not the site's: the page's script, a blank page, the Cookie header."""
        match exchange.path.removeprefix(_OURS):
            case "page.js":
                cached = (b"cache-control", b"public, max-age=31536000, immutable")
                await exchange.reply(200, self._script, [(b"content-type", b"text/javascript"), cached])
            case "echo":
                await exchange.reply(
                    200, exchange.header(b"cookie").encode("latin-1"), [(b"cache-control", b"no-store")]
                )
            case "plant":
                lines = [(b"set-cookie", line.encode("latin-1")) for line in scene.planted]
                await exchange.reply(200, b"", [*_HTML, *lines])
            case _:
                await exchange.reply(200, _BLANK, _HTML)

    # -- the pool ---------------------------------------------------------------------------------------------------

    async def _pool(self, exchange: Exchange, scene: Scene, tab: Any) -> None:
        """A call of a page."""
        if exchange.scope["method"] == "OPTIONS":
            asked = exchange.header(b"access-control-request-headers").encode("latin-1")
            await exchange.reply(204, b"", [*_PREFLIGHT, (b"access-control-allow-headers", asked)])
            return
        operation = exchange.header(b"x-amz-target").removeprefix(TARGET)
        number = tab.number if tab else 0
        asked = str(scene.clock.now * 1000).encode()
        call = exchange.header(b"x-rig-call")
        goes_with_another = scene.attempts.is_further((number, call.partition(".")[0], operation, exchange.body))
        answer = await scene.ask_pool(scene.name_of(tab), operation, exchange.body, origin=b"https://page")
        if answer.races or not (answer.status or goes_with_another):
            held = Held(Gate.ANSWER, number, operation, call=call)
            if await scene.gates.stop(held, exchange.gone) is not Verdict.GO:
                answer = LOST
        if not answer.status:
            await exchange.lose()
        else:
            scene.attempts.succeed(number)
            kept = [
                (name, value + b", x-rig-now") if name == b"access-control-expose-headers" else (name, value)
                for name, value in answer.headers
            ]
            await exchange.reply(answer.status, answer.body, [*kept, (b"x-rig-now", asked)])

    async def _server_call(self, exchange: Exchange, scene: Scene) -> None:
        """A call of the site's Node server."""
        operation = exchange.header(b"x-amz-target").removeprefix(TARGET)
        flight = scene.flight_of(int(exchange.header(b"x-rig-flight") or 0))
        answer = await scene.server_asks(flight, operation, exchange.body)
        if answer.status:
            await exchange.reply(answer.status, answer.body, list(answer.headers))
        else:
            await exchange.lose()

    # -- the site ---------------------------------------------------------------------------------------------------

    async def _site(self, exchange: Exchange, scene: Scene, tab: Any) -> None:
        exchange.strip()
        flight = scene.takes_off(_kind(exchange, scene), tab, exchange.target, exchange.header(b"x-rig-call"))
        if scene.fails(tab, flight):
            await self._lose(exchange, scene, flight, tab)
            return
        scope = {**exchange.scope, "headers": _without_mark(exchange.scope["headers"])}
        try:
            response = await scene.servers.answer(scope, exchange.body, flight)
        finally:
            flight.works = False
            scene.pulse.beat()
        writes = response.all(b"set-cookie") or response.all(b"clear-site-data")
        verdict = Verdict.GO
        if writes and flight.kind != ASSET:
            held = Held(Gate.RESPONSE, flight.tab, flight.path, flight.number, flight.call)
            verdict = await scene.gates.stop(held, exchange.gone)
        if verdict is Verdict.LOSE:
            await self._lose(exchange, scene, flight, tab)
        elif verdict is Verdict.GO:
            await self._deliver(exchange, scene, flight, tab, response)
        else:
            flight.gone = True

    async def _deliver(self, exchange: Exchange, scene: Scene, flight: Flight, tab: Any, response: Response) -> None:
        headers = [
            (name, apart(value, flight.number) if name == b"location" else value) for name, value in response.headers
        ]
        if flight.kind == NAVIGATION and tab:
            tab.is_handed(flight.number, page=response.is_page, redirect=response.is_redirect)
        if flight.kind == FETCH and scene.is_unwatched(flight):
            line = f"{ARRIVED}={flight.number}; Path={_OURS}; Secure"
            headers = [*headers, (b"set-cookie", line.encode())]
        scene.lands(flight)
        await exchange.reply(response.status, response.body, headers)

    async def _lose(self, exchange: Exchange, scene: Scene, flight: Flight, tab: Any) -> None:
        if flight.kind == NAVIGATION and tab:
            tab.loses(flight.number)
        flight.works = False
        scene.lands(flight)
        await exchange.lose()


@asynccontextmanager
async def listening(app: Gateway, *, certificate: str, key: str) -> AsyncIterator[tuple[int, int]]:
    """Serve on a TLS port for the browser and on a plain one for the site's server; the two ports."""
    tls = {"ssl_certfile": certificate, "ssl_keyfile": key}
    servers = [uvicorn.Server(_config(app, **more)) for more in (tls, {})]
    sockets = [_listener() for _ in servers]
    app.server = _Both(servers)  # type: ignore[assignment]
    tasks = [
        asyncio.create_task(server.serve(sockets=[listener])) for server, listener in zip(servers, sockets, strict=True)
    ]
    while not all(server.started for server in servers):  # noqa: ASYNC110 -- uvicorn has no event for it
        await asyncio.sleep(0.005)
    try:
        yield sockets[0].getsockname()[1], sockets[1].getsockname()[1]
    finally:
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks)


def _listener() -> socket.socket:
    # asyncio switches Nagle's algorithm off only where it sees the protocol; with it on, each answer takes 40 ms more
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    return listener


class _Both:
    """The connections of both servers, where one is looked for."""

    def __init__(self, servers: list[uvicorn.Server]) -> None:
        self._servers = servers

    @property
    def server_state(self) -> Any:
        return self

    @property
    def connections(self) -> list[Any]:
        return [each for server in self._servers for each in server.server_state.connections]


class _Quiet(uvicorn.Config):
    """A configuration that leaves the process's logging alone."""

    def configure_logging(self) -> None:
        pass


def _config(app: Gateway, **more: Any) -> uvicorn.Config:
    return _Quiet(
        app,
        host="127.0.0.1",
        port=0,
        http="h11",
        ws="none",
        lifespan="off",
        date_header=False,
        server_header=False,
        proxy_headers=False,
        access_log=False,
        timeout_keep_alive=600,
        timeout_graceful_shutdown=1,
        **more,
    )


def _number(exchange: Exchange) -> int:
    """Which tab asks."""
    digits = exchange.header(b"user-agent").rpartition(AGENT)[2]
    return int(digits) if digits.isdecimal() else 0


def _without_mark(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The request's headers as they would be without the rig."""
    found: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        if name == b"user-agent":
            found.append((name, value.partition(AGENT.encode())[0]))
        elif not name.startswith(b"x-rig-"):
            found.append((name, value))
    return found


def _kind(exchange: Exchange, scene: Scene) -> str:
    match exchange.header(b"sec-fetch-dest"):
        case "document":
            return NAVIGATION
        case "empty":
            return ASK if exchange.path.startswith(scene.site.base + "/") else FETCH
        case _:
            return ASSET
