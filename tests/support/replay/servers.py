"""Who answers the browser: the stock site, the same behind the shield, or an application with the middleware.

Rule: Hardtack is what is shipped; only its clock, its nonce and its way to the pool are the replay's. A deployment
makes everything anew but the refresh store, which outlives a restart where it matters.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import httpx2
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Mount, Route

from hardtack.cognito import AsyncCognitoClient, Limits, UserPool
from hardtack.sessions import AsyncSessions, SessionCore, Settings
from hardtack.sessions.coordination import Pause, SqliteStore
from hardtack.sessions.engine import EngineOptions
from hardtack.sessions.limits import Allowance, RateLimiter
from hardtack.web import Hardtack, HardtackMiddleware
from hardtack.web.browser_side import policy_document
from hardtack.web.dependencies import current_session, require_session
from hardtack.web.pages import Pages
from hardtack.web.proxy import ReverseProxy
from hardtack.web.routes import AuthRoutes
from hardtack.web.shield import ShieldDeployment, ShieldSettings
from hardtack.web.shield.app import ShieldApp
from support.replay.flights import AT_ONCE, CURRENT
from support.replay.places import AUTH_PATH, BASE_PATH, SIGN_IN_PATH
from support.replay.pool_side import LOST, TARGET, UNREACHED
from support.replay.wire import ask_app

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hardtack.sessions import Departure
    from hardtack.sessions.sealing import AesSealer
    from support.replay.flights import Flight
    from support.replay.node import NodeSite
    from support.replay.places import Site
    from support.replay.pool_side import Answered, PoolSide
    from support.replay.wire import Response

_SECRETS: Final = ("a secret of a replay, which needs thirty-two characters",)
_NONCE: Final = "a"  # a first sweep then begins with the likeliest scopes, as in the explored worlds
# Held answers may take their time; pauses need not.
_LIMITS: Final = Limits(connect=60, read=60, budget=600, first_pause=0.01, longest_pause=0.02)
_NO_LIMIT: Final = Allowance(burst=1_000_000, per_seconds=1.0)  # nobody here guesses tokens
_PAGES: Final = Pages("app.example.test")


class ToPool(httpx2.AsyncBaseTransport):
    """The servers' way to the pool: through the gate."""

    def __init__(self, call: Callable[[str, bytes], Awaitable[Answered]]) -> None:
        self._call = call

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        operation = request.headers["x-amz-target"].removeprefix(TARGET)
        answer = await self._call(operation, await request.aread())
        if answer is UNREACHED:
            raise httpx2.ConnectError("The pool can't be reached.", request=request)
        if answer is LOST:
            raise httpx2.ReadError("The pool's answer was lost.", request=request)
        return httpx2.Response(answer.status, headers=list(answer.headers), content=answer.body)


class _Sessions(AsyncSessions):
    """Who waits for somebody else's refresh looks again when the replay says so; what is over is ended at once."""

    looks: Callable[[], Awaitable[None]]

    async def revoke(self, departure: Departure, *, everywhere: bool = False) -> bool:
        mark = AT_ONCE.set(True)
        try:
            return await super().revoke(departure, everywhere=everywhere)
        finally:
            AT_ONCE.reset(mark)

    async def _answer(self, need: Any) -> object:
        if isinstance(need, Pause):
            return await self.looks()
        return await super()._answer(need)


class Servers:
    """The servers of one history.

    Args:
        site: how they are set up.
        node: the site's own server.
        pool: where calls end.
        call: the gated way to the pool.
        looks: the gate before a further look at somebody else's refresh.
    """

    def __init__(
        self,
        site: Site,
        node: NodeSite,
        pool: PoolSide,
        call: Callable[[str, bytes], Awaitable[Answered]],
        looks: Callable[[], Awaitable[None]],
    ) -> None:
        self._site = site
        self._node = node
        self._pool = pool
        self._looks = looks
        self._user_pool = UserPool(pool.pool.user_pool_id, pool.pool.client_id, endpoint=pool.pool.url)
        self._http = httpx2.AsyncClient(transport=ToPool(call))
        self._keys = httpx2.AsyncClient(trust_env=False)
        self._store = SqliteStore(None)
        self._proxies: list[Any] = []
        self._app: Any
        self.sealer: Any = None

    async def deploy(self, release: int) -> None:
        """From now on this release answers."""
        if self._site.server == "library":
            self._app = self._library(release)
        else:
            config = {"Auth": {"Cognito": self._cognito()}}
            passed = self._site.page_context
            query = passed.query if passed else ""
            await self._node.deploy(config, self._site.adapter_at(release).domain, self.document(release), query)
            upstream = f"http://127.0.0.1:{self._node.port}"
            self._app = self._shield(release, upstream) if self._site.server == "shield" else ReverseProxy(upstream)
            self._proxies.append(self._app)
        if self._site.server == "shield":
            await self._app.shield.warm()

    async def answer(self, scope: dict[str, Any], body: bytes, flight: Flight) -> Response:
        """The answer to a request of the browser."""
        headers = [line for line in scope["headers"] if not line[0].startswith(b"x-rig-")]
        headers += [(b"x-rig-flight", str(flight.number).encode()), (b"x-rig-now", str(flight.now * 1000).encode())]
        mark = CURRENT.set(flight)
        try:
            return await ask_app(self._app, {**scope, "headers": headers}, body)
        finally:
            CURRENT.reset(mark)

    async def aclose(self) -> None:
        for proxy in self._proxies:
            if isinstance(proxy, ShieldApp):
                await proxy.aclose()
            else:
                proxy.close()
        await self._http.aclose()
        await self._keys.aclose()

    def document(self, release: int, *, user: str = "") -> dict[str, Any]:
        """What the page's script is told."""
        site, place = self._site, self._site.client_at(release)
        cookie = {"path": place.path, "secure": True, "sameSite": "lax", "expires": 365}
        if place.domain:
            cookie["domain"] = place.domain
        told = {"userPool": self._cognito(), "cookie": cookie, "habit": site.habit, "signIn": site.sign_in}
        told |= {"start": True, "user": user}
        if site.front == "hardtack.js":
            policy = policy_document(
                site.policy_at(release),
                client_id=self._user_pool.client_id,
                host=site.host,
                base=site.base,
                sign_in=site.sign_in,
                refreshes=site.refreshes,
            )
            told |= {"hardtack": site.base, "policy": policy}
        return told

    def _cognito(self) -> dict[str, str]:
        pool = self._user_pool
        return {"userPoolId": pool.user_pool_id, "userPoolClientId": pool.client_id}

    # -- Hardtack ---------------------------------------------------------------------------------------------------

    def _wall(self) -> float:
        flight = CURRENT.get()
        return float(flight.now) if flight is not None else self._pool.clock.time()

    def _fitted(self, hardtack: Hardtack) -> Hardtack:
        """Hardtack with the replay's way to the pool, and its store."""
        core = hardtack.core
        core._nonce = lambda: _NONCE
        _begin_alike(core.sealer)
        core._lone = RateLimiter(_NO_LIMIT)
        core.pool_rests = lambda: None  # type: ignore[method-assign] -- for a second, in which no time passes here
        core.key_transport._async_client = self._keys
        core.desk._store = self._store
        sessions = _Sessions(core, AsyncCognitoClient(self._user_pool, http=self._http, limits=_LIMITS))
        sessions.looks = self._looks
        hardtack.sessions = sessions
        self.sealer = core.sealer
        return hardtack

    def _shield(self, release: int, upstream: str) -> ShieldApp:
        settings = ShieldSettings(
            pool=self._user_pool,
            policy=self._site.policy_at(release),
            secrets=_SECRETS,
            upstream=upstream,
            base=BASE_PATH,
            sign_in=SIGN_IN_PATH,
            judge_seconds=10.0,
            refreshes=self._site.refreshes,
        )
        options = replace(settings.engine_options(), returns=None)  # as in the explored worlds
        core = SessionCore(settings.session_settings(), wall=self._wall, options=options)
        deployment = ShieldDeployment(settings, core=core)
        self._fitted(deployment.hardtack)
        return ShieldApp(deployment)

    def _library(self, release: int) -> Starlette:
        settings = Settings(
            pool=self._user_pool,
            policy=self._site.policy_at(release),
            secrets=_SECRETS,
            storage=self._site.storage,  # type: ignore[arg-type]
            store=self._store,
            auth_path=AUTH_PATH,
            front_end_signs_in=self._site.has_script and self._site.storage == "amplify",
        )
        options = EngineOptions(front_end_signs_in=settings.front_end_signs_in, returns=None)
        core = SessionCore(settings, wall=self._wall, options=options)
        hardtack = self._fitted(Hardtack(settings, core=core, pages=_PAGES))

        async def page(request: Any) -> HTMLResponse:
            session = require_session(request)
            return HTMLResponse(self._page(self.document(release, user=session.username)), headers=_PRIVATE)

        async def data(request: Any) -> JSONResponse:
            session = current_session(request)
            return JSONResponse({"username": session.username if session else None}, headers=_PRIVATE)

        routes = [
            Mount(AUTH_PATH, AuthRoutes(hardtack)),
            Route("/api/session", data, methods=["GET", "POST"]),
            Route("/{rest:path}", page),
        ]
        app = Starlette(routes=routes)
        app.add_middleware(HardtackMiddleware, hardtack=hardtack)
        return app

    def _page(self, told: dict[str, Any]) -> str:
        script = '<script type="module" src="/rig/page.js"></script>' if self._site.has_script else ""
        return _HTML.format(site=json.dumps(told).replace("<", "\\u003c"), script=script)


def _begin_alike(sealer: AesSealer) -> None:
    """Let sweeps begin where they do in the explored worlds: a keyed hash of the nonce decides, and keys differ."""
    keyed = sealer.digest

    def digest(purpose: str, text: str) -> str:
        if text == _NONCE:
            return hashlib.blake2b(f"{purpose}\0{text}".encode(), digest_size=12).hexdigest()
        return keyed(purpose, text)

    sealer.digest = digest  # type: ignore[method-assign]


_PRIVATE: Final = {"cache-control": "no-store"}
_HTML: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A site</title>
<link rel="icon" href="data:,">
<script type="application/json" id="site">{site}</script>{script}<body></body></html>"""
