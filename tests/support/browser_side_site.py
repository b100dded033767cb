"""A small site with Amplify in the browser, with or without `hardtack.js`, and the endpoints that the script asks.

The endpoints do their work by `hardtack.web.browser_side`'s own functions; here they are only mounted. What the browser
side is tested with is the real `aws-amplify` package, bundled with the file that is shipped.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import uvicorn
from starlette.applications import Starlette
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from hardtack.amplify import read
from hardtack.cookies import CookieHeader
from hardtack.demo.stock import bundle as stock_bundle
from hardtack.tokens import Expired, Good
from hardtack.web.browser_side import chosen_document, policy_document, read_report, recover, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request

    from hardtack.cookies import CookiePolicy
    from hardtack.demo.stock import StockPool

__all__ = ["BASE", "HOST", "PARENT", "BrowserSideSite", "build_page", "serving"]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "tests" / "web" / "browser_side" / "page"
PARENT = "hardtack.localhost"
HOST = f"app.{PARENT}"
BASE = "/hardtack"


def build_page() -> Path:
    """The page's script with the real package in it, built where it is stale and kept beside other throw-away files."""
    kept = ROOT / "var" / "browser-side"
    sources = kept / "sources"
    sources.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(stock_bundle.BROWSER_SOURCES / name, sources / name)
    shutil.copy(PAGE / "main.js", sources / "main.js")
    (sources / "hardtack.js").write_bytes(script())
    with mock.patch.object(stock_bundle, "BROWSER_SOURCES", sources):
        return stock_bundle.build(kept)


@contextmanager
def serving(make_app: Callable[[str], object]) -> Iterator[str]:
    """Serve an application that is told its own origin, on a free port under `HOST`; yields that origin."""
    listener = uvicorn.Config("", host="127.0.0.1", port=0).bind_socket()
    origin = f"http://{HOST}:{listener.getsockname()[1]}"
    config = uvicorn.Config(make_app(origin), ws="none", lifespan="off", log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield origin
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@dataclass
class BrowserSideSite:
    """The site as an ASGI application, and what was asked of it.

    Attributes:
        policy: where its cookies live.
        pool: the user pool, with an app client of its own.
        bundle: what `build_page` made.
        asked: the endpoints that were asked, by name, in order.
        reports: what `checkEnvironment` reported.
        away: whether its endpoints answer 503.
        released: while it is not set, `recover` has judged its request and withholds its answer.
    """

    policy: CookiePolicy
    pool: StockPool
    bundle: Path
    asked: list[str] = field(default_factory=list)
    reports: list[Any] = field(default_factory=list)
    away: bool = False
    released: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.released.set()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/page.js", self.page_script),
                Route(f"{BASE}/hardtack.js", self.script),
                Route(f"{BASE}/policy.json", self.policy_json),
                Route(f"{BASE}/chosen.json", self.chosen_json),
                Route(f"{BASE}/recover", self.recover, methods=["POST"]),
                Route(f"{BASE}/report", self.report, methods=["POST"]),
                Route("/{rest:path}", self.page),
            ]
        )

    async def page(self, request: Request) -> Response:
        given = {
            "userPool": {
                "userPoolId": self.pool.user_pool_id,
                "userPoolClientId": self.pool.client_id,
                "userPoolEndpoint": self.pool.url,
            },
            "policy": self._document(request),
        }
        html = (PAGE / "page.html").read_text(encoding="utf-8").replace("{{site}}", json.dumps(given))
        csp = f"default-src 'none'; script-src 'self'; connect-src 'self' {self.pool.url}; img-src data:"
        return HTMLResponse(html, headers={"Content-Security-Policy": csp, "Cache-Control": "no-store"})

    async def page_script(self, _request: Request) -> Response:
        return FileResponse(self.bundle, media_type="text/javascript")

    async def script(self, _request: Request) -> Response:
        return Response(script(), media_type="text/javascript")

    async def policy_json(self, request: Request) -> Response:
        return self._answer("policy", self._document(request))

    async def chosen_json(self, request: Request) -> Response:
        """The newest set with a good signature; an engine knows more, but that is another test's business."""
        shown = read(_cookies(request).pairs, self.pool.client_id)
        accesses = [cookie.value for by in shown.users.values() for cookie in by.get("accessToken", ())]
        judged = [await self.pool.judge(token, "access") for token in accesses]
        good = [one.claims for one in judged if isinstance(one, Good | Expired)]
        newest = max(good, key=lambda claims: (claims.auth_time, claims.issued_at), default=None)
        chosen = chosen_document(newest.sub, newest.session_key) if newest else chosen_document()
        return self._answer("chosen", chosen)

    async def recover(self, request: Request) -> Response:
        done = recover(
            self.policy,
            client_id=self.pool.client_id,
            host=request.headers["host"],
            cookies=_cookies(request),
            cursor=request.query_params.get("cursor", ""),
            body=await request.body(),
        )
        response = self._answer("recover", done.document())
        if not self.away:
            response.raw_headers.extend(line.to_header() for line in done.lines)
        await asyncio.to_thread(self.released.wait)
        return response

    async def report(self, request: Request) -> Response:
        found = read_report(await request.body())
        self.reports.append(found)
        return self._answer("report", {})

    def _document(self, request: Request) -> dict[str, Any]:
        return policy_document(
            self.policy,
            client_id=self.pool.client_id,
            host=request.headers["host"],
            base=BASE,
            sign_in="/login",
        )

    def _answer(self, name: str, content: Any) -> Response:
        self.asked.append(name)
        return JSONResponse(content, status_code=503 if self.away else 200, headers={"Cache-Control": "no-store"})


def _cookies(request: Request) -> CookieHeader:
    return CookieHeader.parse([value for name, value in request.scope["headers"] if name == b"cookie"])
