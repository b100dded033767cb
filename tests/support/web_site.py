"""A site with Hardtack on it, and browsers that visit it through the wire: raw header lists in and out."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute

from hardtack.cognito import AsyncCognitoClient, Limits, UserPool
from hardtack.cookies import BrowserJar, CookiePolicy, SetCookie
from hardtack.sessions import SessionCore, Settings
from hardtack.web import Hardtack, HardtackMiddleware
from hardtack.web.dependencies import current_session, require_session
from hardtack.web.pages import Pages
from hardtack.web.routes import AuthRoutes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardtack.sessions import Event

ORIGIN = "https://app.example.com"
PASSWORDS = {"alice": "Biscuit-1620!", "bob": "Rations-1841!"}
QUICK = Limits(connect=2, read=5, budget=8, attempts=2, first_pause=0.01, longest_pause=0.02)

# Made once: compiling the templates and reading the system's authorities take longer than most of the tests do.
_PAGES = Pages("app.example.com")
_TLS = ssl.create_default_context()


@dataclass
class Site:
    """An application with Hardtack, on an event loop of its own; `shift` moves its clock."""

    pool: Any
    storage: str = "sealed"
    routes: dict[str, Any] = field(default_factory=dict)
    pages: Pages = _PAGES
    policy: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    make_app: Any = None
    shift: float = 0.0

    def __post_init__(self) -> None:
        self.runner = asyncio.Runner()
        self.events: list[Event] = []
        user_pool = UserPool(self.pool.user_pool_id, self.pool.client_id, endpoint=self.pool.url)
        settings = Settings(
            pool=user_pool,
            policy=CookiePolicy(origins=(ORIGIN,), **self.policy),
            secrets=("x" * 40,),
            storage=self.storage,
            hooks=(self.events.append,),
            **self.settings,
        )
        self.core = SessionCore(settings, wall=lambda: time.time() + self.shift)
        self.http = httpx2.AsyncClient(verify=_TLS)
        self.core.key_transport._async_client = httpx2.AsyncClient(verify=_TLS)
        self.cognito = AsyncCognitoClient(user_pool, http=self.http, limits=QUICK)
        self.hardtack = Hardtack(settings, core=self.core, cognito=self.cognito, pages=self.pages)
        self.auth = AuthRoutes(self.hardtack, **self.routes)
        self.app = (self.make_app or starlette_app)(self)

    def advance(self, seconds: float) -> None:
        """Let time pass, for the pool and for the site."""
        self.shift += seconds
        self.pool.clock.advance(seconds)

    def told(self, name: str) -> list[Event]:
        return [event for event in self.events if event.name == name]

    def browser(self, **settings: Any) -> Browser:
        return Browser(self, **settings)

    def websocket(self, path: str, cookie: str = "", origin: str | None = ORIGIN) -> list[dict[str, Any]]:
        """What a WebSocket is sent that connects and listens, opened by a page of this origin."""
        headers = [(b"host", b"app.example.com"), (b"cookie", cookie.encode("latin-1"))]
        headers += [(b"origin", origin.encode())] if origin is not None else []
        scope = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
            "client": ("203.0.113.7", 40000),
            "scheme": "wss",
            "root_path": "",
            "subprotocols": [],
        }
        sent: list[dict[str, Any]] = []

        arriving = iter([{"type": "websocket.connect"}])

        async def receive():
            return next(arriving)  # whoever waits for more would wait for ever

        async def send(message):
            sent.append(message)

        self.runner.run(self.app(scope, receive, send))
        return sent

    def settle(self) -> None:
        """Let whatever outlives its response come to its end."""

        async def rest() -> None:
            while others := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.wait(others)

        self.runner.run(rest())

    def close(self) -> None:
        self.settle()
        self.runner.run(self.hardtack.aclose())
        self.runner.run(self.http.aclose())
        self.runner.close()


def starlette_app(site: Site) -> Any:
    """Public and private pages, a page for shared caches, a WebSocket; the auth routes behind a real mount."""

    async def public(request):
        session = current_session(request)
        return PlainTextResponse(f"hello {session.username if session else 'stranger'}")

    async def private(request):
        return PlainTextResponse(f"private {require_session(request).username}")

    async def shared(request):
        return JSONResponse({}, headers={"cache-control": "public, max-age=60"})

    async def socket(websocket):
        session = require_session(websocket)
        await websocket.accept()
        await websocket.send_text(session.username)
        await websocket.close()

    app = Starlette(
        routes=[
            Route("/", public),
            Route("/private", private, methods=["GET", "POST"]),
            Route("/deep/er/page", private),
            Route("/shared", shared),
            WebSocketRoute("/socket", socket),
            Mount(site.hardtack.auth_path, site.auth),
        ]
    )
    app.add_middleware(HardtackMiddleware, hardtack=site.hardtack)
    return app


@dataclass(frozen=True)
class Seen:
    """One response."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    text: str

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def __getitem__(self, name: str) -> str:
        values = self.all(name)
        assert len(values) == 1, f"{name}: {values}"
        return values[0]

    @property
    def location(self) -> str:
        return self["location"]

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def set_cookies(self) -> list[SetCookie]:
        return [line for text in self.all("set-cookie") if (line := SetCookie.parse(text)) is not None]

    @property
    def written(self) -> set[str]:
        """Names that it sets, deletions left out."""
        return {line.name for line in self.set_cookies if not line.is_deletion}

    def form(self, action: str | None = None) -> dict[str, str]:
        """The hidden fields of a form, by its action's path."""
        reader = _Forms()
        reader.feed(self.text)
        forms = [fields for where, fields in reader.forms if action is None or where.partition("?")[0] == action]
        assert forms, f"no form {action} among {[where for where, _ in reader.forms]}"
        return dict(forms[0])


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        if tag == "form":
            self.forms.append((facts.get("action") or "", {}))
        elif tag == "input" and facts.get("type") == "hidden" and self.forms:
            self.forms[-1][1][facts["name"]] = facts.get("value") or ""


class Browser:
    """A browser with a jar: navigates with fetch metadata, keeps what it is told to keep, follows redirects."""

    def __init__(
        self,
        site: Site,
        *,
        engine: str = "chromium",
        keeps_cookies: bool = True,
        metadata: bool = True,
        address: str = "203.0.113.7",
        language: str = "en",
        agent: str = "",
    ) -> None:
        self.site = site
        self.jar = BrowserJar(engine, clock=lambda: time.time() + site.shift)
        self.keeps_cookies = keeps_cookies
        self.metadata = metadata
        self.language = language
        self.agent = agent
        self.history: list[Seen] = []
        self._transport = httpx2.ASGITransport(site.app, client=(address, 40000))

    def get(self, target: str, **settings: Any) -> Seen:
        """Navigate."""
        return self.go("GET", target, **settings)

    def post(self, target: str, fields: dict[str, str] | None = None, **settings: Any) -> Seen:
        """Send a form of this site's."""
        body = urlencode(fields or {}).encode()
        headers = {"content-type": "application/x-www-form-urlencoded", **settings.pop("headers", {})}
        return self.go("POST", target, body=body, headers=headers, **settings)

    def go(
        self,
        method: str,
        target: str,
        *,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        follow: int = 20,
        by_script: bool = False,
    ) -> Seen:
        """One navigation, redirects included."""
        url = urljoin(ORIGIN, target)
        seen = self.send(method, url, body=body, headers=headers, by_script=by_script)
        for _ in range(follow):
            if not seen.all("location"):
                return seen
            url = urljoin(url, seen.location)
            assert url.startswith(ORIGIN + "/"), f"sent away to {url}"
            seen = self.send("GET", url, by_script=by_script)
        assert not (follow and seen.all("location")), "redirects without end"
        return seen

    def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        by_script: bool = False,
        fetch: bool = False,
    ) -> Seen:
        """One request, and nothing after it."""
        url = urljoin(ORIGIN, url)
        lines = self._headers(method, by_script=by_script, fetch=fetch) | (headers or {})
        cookie = self.jar.cookie_header(url)
        raw = [(name.encode(), value.encode("latin-1")) for name, value in lines.items() if value is not None]
        if cookie:
            raw.append((b"cookie", cookie.encode("latin-1")))
        if body:
            raw.append((b"content-length", str(len(body)).encode()))
        seen = self.site.runner.run(self._exchange(method, url, raw, body))
        self.history.append(seen)
        if self.keeps_cookies:
            self.jar.store_response(url, seen.all("set-cookie"))
            if '"cookies"' in "".join(seen.all("clear-site-data")):
                self.jar.clear_site_data(url)
        return seen

    def fetch(self, target: str, **settings: Any) -> Seen:
        """What `fetch()` in a page of this site does."""
        return self.send(settings.pop("method", "GET"), target, fetch=True, **settings)

    def _headers(self, method: str, *, by_script: bool, fetch: bool) -> dict[str, str]:
        lines = {"host": "app.example.com", "accept-language": self.language}
        if self.agent:
            lines["user-agent"] = self.agent
        lines["accept"] = "*/*" if fetch else "text/html,application/xhtml+xml"
        if self.metadata:
            here = method == "POST" or by_script or fetch
            lines["sec-fetch-site"] = "same-origin" if here else "none"
            lines["sec-fetch-mode"] = "cors" if fetch else "navigate"
            lines["sec-fetch-dest"] = "empty" if fetch else "document"
            if not by_script and not fetch:
                lines["sec-fetch-user"] = "?1"
        elif method == "POST":
            lines["origin"] = ORIGIN
        return lines

    async def _exchange(self, method: str, url: str, raw: Iterable[tuple[bytes, bytes]], body: bytes) -> Seen:
        request = httpx2.Request(method, url, headers=list(raw), content=body)
        if not body:
            request.headers.pop("content-length", None)
        response = await self._transport.handle_async_request(request)
        content = await response.aread()
        lines = tuple((name.decode().lower(), value.decode("latin-1")) for name, value in response.headers.raw)
        return Seen(url, response.status_code, lines, content.decode())

    # What people do

    def sign_in(self, username: str = "alice", password: str | None = None, next_: str = "/private", **more) -> Seen:
        """Open the sign-in page and sign in, as a person would."""
        page = self.get(f"/auth/sign-in?{urlencode({'next': next_})}")
        fields = {**page.form("/auth/sign-in"), "username": username}
        fields["password"] = PASSWORDS.get(username, "") if password is None else password
        return self.post("/auth/sign-in", fields, **more)

    def names(self) -> set[str]:
        """The names in the jar."""
        return {cookie.name for cookie in self.jar}

    def session(self) -> dict[str, Any]:
        """What the session route tells the page."""
        return json.loads(self.fetch("/auth/session").text)

    def auth_cookies(self) -> list[Any]:
        """Every cookie in the jar in which a session lies or lay, whatever its scope."""
        return [
            cookie
            for cookie in self.jar
            if cookie.name.startswith(("CognitoIdentityServiceProvider.", "__Host-hardtack-session"))
        ]
