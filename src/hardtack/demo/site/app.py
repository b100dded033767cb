"""The demo site: an application with Hardtack as anybody would write one, and beside it what breaks its sessions.

Rule: everything below the middleware is an ordinary site. The plants, the broken script's helper and the static files
lie outside of it: they are other people's code, and Hardtack learns of them as it does in real life, by what the next
request shows. Every page works without JavaScript (but the storm, which is a script's doing); with it, the timeline
moves by itself.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from hardtack.cognito import UserPool
from hardtack.cookies import CookieHeader, CookiePolicy
from hardtack.demo.pool import PoolError
from hardtack.demo.site.clock import DemoClock
from hardtack.demo.site.hosts import FORGETFUL, Forgetful, Hosts
from hardtack.demo.site.look import Arrived, look_at, written
from hardtack.demo.site.plants import ACCOUNT, LADDER, PLANTS, STORM, Garden
from hardtack.demo.site.timeline import Timeline
from hardtack.demo.site.words import Words, words
from hardtack.sessions import OutcomeKind, Page, SessionCore, Settings
from hardtack.sessions.ladder import Step
from hardtack.sessions.limits import Allowance
from hardtack.web.answers import SessionRequired
from hardtack.web.asgi import HardtackMiddleware
from hardtack.web.facade import Hardtack, plan_of
from hardtack.web.pages import GuidancePage, Language, NoCookiesPage, Pages, negotiate_language
from hardtack.web.routes import AuthRoutes, RouteLimits
from hardtack.web.safety import crosses_sites

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from hardtack.cookies import SetCookie
    from hardtack.demo.pool import PoolVerbs
    from hardtack.demo.site.addresses import Addresses
    from hardtack.sessions import Plan
    from hardtack.web.pages import Page as AuthPage

__all__ = ["DemoSite"]

_HERE: Final = Path(__file__).parent
_STATIC: Final = {"demo.css": "text/css", "demo.js": "text/javascript", "storm.js": "text/javascript"}
_SWEEP_BUDGET: Final = 32_000  # bytes: no proxy stands in front, and a visitor wants to see it heal at once
_REST: Final = 1.1  # seconds: a pool that did not answer is left alone for one, and the next page is to ask it
_TRIES: Final = Allowance(burst=1_000, per_seconds=1.0)  # only this machine's own visitor tries here


@dataclass(frozen=True, slots=True)
class _Load:
    """One page load, as the templates see it."""

    plan: Plan
    arrived: Arrived
    rung: int


class DemoSite:
    """Everything of the demo that answers requests.

    Args:
        pool: the running user pool.
        addresses: where the browser reaches the sites.
        stock: what serves the stock site's host; None without one.
    """

    def __init__(self, pool: PoolVerbs, addresses: Addresses, *, stock: ASGIApp | None = None) -> None:
        self.pool = pool
        self.addresses = addresses
        self.origin = addresses.origin(addresses.app_host)
        self.timeline = Timeline()
        self.clock = DemoClock(pool)
        self.settings = self._settings()
        self.hardtack = Hardtack(
            self.settings,
            core=SessionCore(self.settings, wall=self.clock.time),
            pages=_DemoPages("Hardtack", self.settings.auth_path),
        )
        self.garden = Garden(self.settings, pool, self.clock, addresses, self.hardtack.core.memory.forget)
        self._templates = Environment(
            loader=ChoiceLoader([FileSystemLoader(_HERE / "templates"), PackageLoader("hardtack.web.pages")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._has_stock = stock is not None
        self._version = secrets.token_hex(4)  # of the static files: a new one with every start
        self._headers = self._page_headers()
        self.app = self._compose(stock)

    def _settings(self) -> Settings:
        pool = self.pool
        return Settings(
            pool=UserPool(pool.user_pool_id, pool.client_id, endpoint=pool.url),
            policy=CookiePolicy(
                origins=(self.origin,),
                # Between a host-only twin and one on the parent domain, so that a visitor can plant both.
                domain=self.addresses.app_host,
                owns_domain=True,
                base_paths=(ACCOUNT,),
                sweep_budget=_SWEEP_BUDGET,
            ),
            secrets=(secrets.token_urlsafe(32),),
            storage="amplify",
            hooks=(self.timeline.hear,),
        )

    def _compose(self, stock: ASGIApp | None) -> ASGIApp:
        limits = RouteLimits(
            passwords=_TRIES,
            passwords_by_network=_TRIES,
            codes=_TRIES,
            codes_by_network=_TRIES,
            messages=_TRIES,
            messages_by_network=_TRIES,
        )
        site = Starlette(
            routes=[
                Mount(self.settings.auth_path, AuthRoutes(self.hardtack, limits=limits)),
                Route("/", self.home, methods=["GET"]),
                Route(ACCOUNT, self.account, methods=["GET"]),
                Route(STORM, self.storm, methods=["GET"]),
                Route("/mail", self.mail, methods=["GET"]),
            ],
            middleware=[Middleware(HardtackMiddleware, hardtack=self.hardtack)],
        )
        whole = Starlette(
            routes=[
                Route("/plant/{key}", self.plant, methods=["POST"]),
                Route("/storm/replant", self.replant, methods=["POST"]),
                Route("/now.json", self.now, methods=["GET"]),
                Route("/static/{name}", self.static, methods=["GET"]),
                Mount("/", site),
            ]
        )
        addresses = self.addresses
        apps: dict[str, ASGIApp] = {
            addresses.app_host: whole,
            addresses.blocked_host: Forgetful(
                whole, outside=addresses.origin(addresses.blocked_host), inside=self.origin
            ),
        }
        if stock is not None:
            apps[addresses.stock_host] = stock
        return Hosts(apps, self.origin)

    # --- Pages

    async def home(self, request: Request) -> Response:
        """The demo's one large page."""
        return self._dashboard(request)

    async def account(self, request: Request) -> Response:
        """The same page where a session is needed, and where the twin on a path is shown to the server."""
        if self.hardtack.session(request.scope) is None:
            raise SessionRequired
        return self._dashboard(request)

    async def storm(self, request: Request) -> Response:
        """A page with a script that ruins each session and reloads: the loop, up to where the ladder ends it."""
        return self._page(request, "demo/storm.html", rungs=tuple(Step))

    async def mail(self, request: Request) -> Response:
        """The codes that a real pool would send by mail."""
        name = request.query_params.get("to", "")[:128]
        code = None
        if name:
            try:
                code = self.pool.code(name)
            except PoolError:
                code = None
        return self._page(request, "demo/mail.html", name=name, code=code)

    def _dashboard(self, request: Request) -> Response:
        asked = request.query_params.get("done", "")
        return self._page(
            request, "demo/dashboard.html", done=PLANTS.get(asked), plants=PLANTS.values(), plants_by=PLANTS
        )

    def _page(self, request: Request, template: str, **facts: Any) -> Response:
        load = self._load(request)
        language = negotiate_language(request.headers.get("accept-language"), request.query_params.get("lang"))
        session = load.plan.session
        keep = {"lang": language.value} if Language.parse(request.query_params.get("lang")) else {}

        def url(path: str, **query: str) -> str:
            """An address of this origin that carries a chosen language on."""
            return path + (f"?{urlencode(query | keep)}" if query or keep else "")

        html = self._templates.get_template(template).render(
            **facts,
            t=words(language),
            language=language,
            languages=[other for other in Language if other is not language],
            path=request.url.path,
            url=url,
            lang=keep.get("lang"),
            addresses=self.addresses,
            forgetful=bool(request.scope.get(FORGETFUL)),
            stock_url=self._stock_url,
            blocked_url=self.addresses.origin(self.addresses.blocked_host) + "/",
            static=lambda name: f"/static/{name}?{self._version}",  # pyright: ignore[reportUnknownLambdaType] -- a template's
            auth=self.settings.auth_path,
            pages=self.hardtack.pages,
            load=load,
            session=session,
            minutes=self._minutes(session.expires_at) if session else 0,
            unavailable=load.plan.outcome.kind is OutcomeKind.UNAVAILABLE,
            written=written(load.plan.set_cookies),
            outage=self.garden.outage,
            clock_wrong=self.clock.wrong_by != 0,
            user=self.pool.users[0],
            entries=self._entries(words(language), 0)[::-1],
        )
        return HTMLResponse(html, headers=self._headers)

    @property
    def _stock_url(self) -> str:
        return self.addresses.origin(self.addresses.stock_host) + "/" if self._has_stock else ""

    def _load(self, request: Request) -> _Load:
        """What this page load is about; the timeline hears of it as well, before what it led to."""
        plan = plan_of(request.scope)
        arrived = look_at(_cookie_lines(request), self.settings.pool.client_id)
        self.timeline.add(
            "load", plan.reference, path=request.url.path, cookies=arrived.count, outcome=plan.outcome.kind.value
        )
        return _Load(plan, arrived, self._rung(plan, arrived))

    def _rung(self, plan: Plan, arrived: Arrived) -> int:
        """How far up the ladder this load of the storm page is; 0 where nobody climbs."""
        name = self.settings.policy.own_name(LADDER)
        if any(line.name == name and not line.is_deletion for line in plan.set_cookies):
            return Step.SIGN_IN
        if plan.session is not None and any(row.suffix == name for row in arrived.rows):
            return Step.LAST_RESORT
        return Step.HEAL if plan.page is Page.SIGN_IN else 0

    def _minutes(self, expires_at: float) -> int:
        return max(0, round((expires_at - self.hardtack.core.clock.now()) / 60))

    # --- What script asks for

    async def now(self, request: Request) -> Response:
        """The timeline's news, and what the browser sends by now. Hardtack doesn't see it: looking changes nothing."""
        asked = request.query_params.get("after", "0")
        after = int(asked) if asked.isdecimal() and len(asked) < 10 else 0  # noqa: PLR2004 -- digits of any entry's number
        language = negotiate_language(request.headers.get("accept-language"), request.query_params.get("lang"))
        say = words(language)
        arrived = look_at(_cookie_lines(request), self.settings.pool.client_id)
        return JSONResponse(
            {
                "entries": self._entries(say, after),
                "now": say(f"now.{arrived.state}", cookies=arrived.count, twins=arrived.twins),
                "twins": arrived.twins,
            },
            headers={"Cache-Control": "no-store"},
        )

    def _entries(self, say: Words, after: int) -> list[dict[str, Any]]:
        return [
            {
                "number": entry.number,
                "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(entry.at)),
                "tone": entry.tone,
                "name": entry.name,
                "text": say.of(entry),
                "reference": entry.reference,
            }
            for entry in self.timeline.after(after)
        ]

    # --- Other people's code

    async def plant(self, request: Request) -> Response:
        """Plant a fault, then lead to where it shows."""
        if crosses_sites(request.scope["headers"], (self.origin,)):
            return PlainTextResponse("Only this site's own pages may plant something.", status_code=403)
        plant = PLANTS.get(request.path_params["key"])
        if plant is None:
            return PlainTextResponse("There is no such plant.", status_code=404)
        self.timeline.add(f"plant.{plant.key}")
        lines = await asyncio.to_thread(self.garden.plant, plant.key, CookieHeader.parse(_cookie_lines(request)))
        if plant.key == "back":
            await asyncio.sleep(_REST)
        language = Language.parse(request.query_params.get("lang"))
        query = {"done": plant.key} | ({"lang": language.value} if language else {})
        return _with_lines(RedirectResponse(f"{plant.lands}?{urlencode(query)}", status_code=303), lines)

    async def replant(self, request: Request) -> Response:
        """What the storm page's script fetches at each turn: a server's answer that writes a dead set."""
        if crosses_sites(request.scope["headers"], (self.origin,)):
            return PlainTextResponse("Only this site's own pages may plant something.", status_code=403)
        lines = await asyncio.to_thread(self.garden.replant, CookieHeader.parse(_cookie_lines(request)))
        return _with_lines(Response(status_code=204), lines)

    async def static(self, request: Request) -> Response:
        """The style sheet and the two scripts."""
        name = request.path_params["name"]
        if name not in _STATIC:
            return PlainTextResponse("There is no such file.", status_code=404)
        headers = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
        return FileResponse(_HERE / "static" / name, media_type=_STATIC[name], headers=headers)

    def _page_headers(self) -> dict[str, str]:
        policy = [
            "default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self' data:", "connect-src 'self'",
            "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
        ]  # fmt: skip
        if self._has_stock:
            policy.append(f"frame-src {self.addresses.origin(self.addresses.stock_host)}")
        return {
            "Cache-Control": "private, no-store",
            "Content-Security-Policy": "; ".join(policy),
            "Referrer-Policy": "same-origin",
            "Vary": "Accept-Language, Cookie",
            "X-Content-Type-Options": "nosniff",
        }


class _DemoPages(Pages):
    """The auth pages, which compare the visitor's clock with the server's.

    Here they compare it with the machine's, since the demo's own runs ahead whenever a visitor lets time pass.
    """

    def render(self, page: AuthPage, *, language: Language, keep_language: bool = False) -> str:
        """Write a page as HTML."""
        if isinstance(page, GuidancePage | NoCookiesPage):
            page = replace(page, server_time=time.time())
        return super().render(page, language=language, keep_language=keep_language)


def _cookie_lines(request: Request) -> list[bytes]:
    return [value for name, value in request.scope["headers"] if name == b"cookie"]


def _with_lines(response: Response, lines: Iterable[SetCookie]) -> Response:
    response.headers["Cache-Control"] = "private, no-store"
    response.raw_headers.extend(line.to_header() for line in lines)
    return response
