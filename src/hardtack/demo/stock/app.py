"""The stock site: a site with Amplify as most are set up, to stand beside the Hardtack one and get stuck.

What is real: the browser side is the npm package `aws-amplify` itself (see `bundle`), with the lines around it that a
site has (`browser/amplify.js`), against the demo's user pool. What is a model: the server side, `adapter`, does in
Python what Amplify's Next.js adapter does. The client writes its cookies with `Domain=.hardtack.localhost`, as sites do
that share a session between hosts; the adapter writes the same names host-only, its default. Nothing else is wrong.

The application is to be reached under a host of its own (`StockSettings.origin`), since that is half of the fault.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from hardtack.amplify import app_router_wire
from hardtack.cookies import CookieError, CookieHeader, CookieScope, SetCookie
from hardtack.demo.pool import PoolError
from hardtack.demo.stock.adapter import ServerAdapter
from hardtack.demo.stock.bundle import BROWSER_SOURCES
from hardtack.demo.stock.texts import texts
from hardtack.web.pages.language import negotiate_language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.requests import Request

    from hardtack.demo.stock.pool import StockPool

__all__ = ["StockSettings", "amplify_version", "stock_app"]

_HERE: Final = Path(__file__).parent
_SHORT: Final = 18  # characters up to which a value is shown whole, here as in browser/jar.js
_OWN: Final = ("same-origin", "none")  # what Sec-Fetch-Site says where a request comes from our own page or from nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class StockSettings:
    """Where the stock site stands and who signs in there.

    Attributes:
        origin: scheme, host and port under which the browser reaches it.
        cookie_domain: the Domain that the browser side writes, the parent of the host.
        hardtack_url: the site beside it, where the same fault heals.
        username: the demo's user, filled in on the sign-in page.
        password: theirs.
    """

    origin: str = "http://stock.hardtack.localhost:8000"
    cookie_domain: str = ".hardtack.localhost"
    hardtack_url: str = "http://app.hardtack.localhost:8000/"
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def amplify_version() -> str:
    """The version of `aws-amplify` that the bundle is made from."""
    manifest = json.loads((BROWSER_SOURCES / "package.json").read_text(encoding="utf-8"))
    return str(manifest["dependencies"]["aws-amplify"])


def stock_app(
    settings: StockSettings, pool: StockPool, *, bundle: Path, clock: Callable[[], float] = time.time
) -> Starlette:
    """Make the stock site.

    Args:
        settings: where it stands.
        pool: the user pool, with an app client of its own.
        bundle: what `bundle.build` made.
        clock: epoch seconds on this server.
    """
    site = _Site(settings, pool, bundle, clock)
    pages = [Route(f"/{name}", site.page, methods=["GET"]) for name in ("login", "account", "stopped")]
    return Starlette(
        routes=[
            Route("/", site.home, methods=["GET"]),
            *pages,
            Route("/static/stock.js", site.script, methods=["GET"]),
            Route("/static/stock.css", site.style, methods=["GET"]),
            Route("/api/jar", site.jar, methods=["GET"]),
            Route("/api/refresh", site.refresh, methods=["POST"]),
            Route("/api/revoke", site.revoke, methods=["POST"]),
            Route("/api/clean", site.clean, methods=["POST"]),
        ]
    )


class _Site:
    """The endpoints."""

    def __init__(self, settings: StockSettings, pool: StockPool, bundle: Path, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._pool = pool
        self._bundle = bundle
        self._bundle_version = hashlib.blake2b(bundle.read_bytes(), digest_size=8).hexdigest()
        self._adapter = ServerAdapter(client_id=pool.client_id, judge=pool.judge, refresh=pool.refresh, clock=clock)
        self._scopes = (CookieScope(), CookieScope(domain=settings.cookie_domain.lstrip(".")))
        self._templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True)
        ours = " ".join({settings.origin, settings.hardtack_url.rstrip("/")})
        self._headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": "; ".join(
                (
                    "default-src 'none'",
                    "script-src 'self'",
                    "style-src 'self'",
                    "img-src data:",
                    f"connect-src 'self' {pool.url}",
                    "form-action 'self'",
                    "base-uri 'none'",
                    f"frame-ancestors {ours}",
                )
            ),
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }

    # --- Pages

    async def home(self, _request: Request) -> Response:
        """The guard of the account page decides who goes where."""
        return RedirectResponse("/account", status_code=303, headers=self._headers)

    async def page(self, request: Request) -> Response:
        """One of the three pages; who is signed in is the browser's business."""
        page = request.url.path.strip("/")
        language = negotiate_language(request.headers.get("accept-language"), request.query_params.get("lang"))
        words = texts(language)
        settings, pool = self._settings, self._pool
        html = self._templates.get_template("page.html").render(
            page=page,
            lang=language.value,
            t=words.page,
            hardtack_url=settings.hardtack_url,
            username=settings.username,
            password=settings.password,
            by_itself=request.query_params.get("by") == "itself",
            amplify_version=amplify_version(),
            bundle_version=self._bundle_version,
            site={
                "page": page,
                "cookieDomain": settings.cookie_domain,
                "userPool": {
                    "userPoolId": pool.user_pool_id,
                    "userPoolClientId": pool.client_id,
                    "userPoolEndpoint": pool.url,
                },
                "texts": words.script,
            },
        )
        return HTMLResponse(html, headers={**self._headers, "Vary": "Accept-Language"})

    async def script(self, _request: Request) -> Response:
        """The bundle; its URL changes with its content."""
        headers = {"Cache-Control": "max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return FileResponse(self._bundle, media_type="text/javascript", headers=headers)

    async def style(self, _request: Request) -> Response:
        """The style sheet."""
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return FileResponse(_HERE / "static" / "stock.css", media_type="text/css", headers=headers)

    # --- What the page calls

    async def jar(self, request: Request) -> Response:
        """Which copy of each of our cookies this server reads, shortened: the jar view marks it."""
        wire = app_router_wire(_header(request).pairs)
        reads = {name: _shorten(value) for name, value in wire.items() if self._pool.client_id in name}
        return self._json({"reads": reads})

    async def refresh(self, request: Request) -> Response:
        """The server action: `fetchAuthSession` with `forceRefresh`. With a Domain client, this makes the twins."""
        if not _is_own(request):
            return self._foreign()
        session = await self._adapter.fetch_auth_session(self._adapter.cookies(_header(request)), force_refresh=True)
        kept = [cookie for line in session.set_cookie_lines if (cookie := SetCookie.parse(line))]
        written = sum(not cookie.is_deletion for cookie in kept)
        return self._json({"written": written, "refused": session.refused}, session.set_cookie_lines)

    async def revoke(self, request: Request) -> Response:
        """Revoke every refresh token of the demo's user, as an administrator or another device would."""
        if not _is_own(request):
            return self._foreign()
        try:
            await self._pool.end_sessions(self._settings.username)
        except PoolError as error:
            return PlainTextResponse(error.message, status_code=502, headers=self._headers)
        return self._json({})

    async def clean(self, request: Request) -> Response:
        """Begin anew: delete what this site wrote, in both of its scopes. Amplify has nothing like it."""
        if not _is_own(request):
            return self._foreign()
        lines: list[str] = []
        for name in _header(request).names:
            if self._pool.client_id in name:
                with suppress(CookieError):  # a name that no browser would have kept
                    lines += [SetCookie.deletion(name, scope).to_text() for scope in self._scopes]
        return self._json({}, lines)

    def _json(self, content: dict[str, Any], lines: Iterable[str] = ()) -> Response:
        response = JSONResponse(content, headers=self._headers)
        response.raw_headers.extend((b"set-cookie", line.encode("latin-1")) for line in lines)
        return response

    def _foreign(self) -> Response:
        return PlainTextResponse("Only this site's own pages may ask for that.", status_code=403, headers=self._headers)


def _header(request: Request) -> CookieHeader:
    return CookieHeader.parse(value for name, value in request.scope["headers"] if name == b"cookie")


def _is_own(request: Request) -> bool:
    """Whether our own page, or no page at all, sends this: another site's page must not end or replace sessions."""
    return request.headers.get("sec-fetch-site", "none") in _OWN


def _shorten(value: str) -> str:
    """The same as `shorten` in browser/jar.js."""
    return value if len(value) <= _SHORT else f"{value[:4]}…{value[-6:]}"
