"""A real Chromium, a user pool, and a site between them whose browser side is the real package."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from hardtack.amplify import client_name
from hardtack.cookies import CookiePolicy
from hardtack.demo.stock import RegistryUnreachableError, StockPool
from support.browser import chromium
from support.browser_side_site import HOST, PARENT, BrowserSideSite, build_page, serving
from support.pool import embedded_pool, pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

    from hardtack.demo.pool import EmbeddedPool

__all__ = ["chromium", "embedded_pool", "pool"]

TIMEOUT = 30_000  # milliseconds: a busy machine may take its time, a stuck page must still end
SCOPES = {
    "host-only": (HOST, "/"),
    "the host's domain": (f".{HOST}", "/"),
    "the parent's domain": (f".{PARENT}", "/"),
    "host-only on a path": (HOST, "/login"),
    "the parent's domain on a path": (f".{PARENT}", "/login"),
    "on a path that nobody knows": (f".{PARENT}", "/shop"),
}
"""Every scope that a page at /login of `HOST` shows and one more, as Playwright names them: domain, path."""


@pytest.fixture(scope="session")
def page_bundle() -> Path:
    try:
        return build_page()
    except RegistryUnreachableError as error:
        pytest.skip(str(error))


@dataclass
class Visit:
    """One browser profile at the site; tabs are opened in it."""

    context: BrowserContext
    site: BrowserSideSite
    origin: str
    pool: EmbeddedPool
    navigations: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def client_id(self) -> str:
        return self.site.pool.client_id

    def open(self, path: str = "/login", **query: str) -> Page:
        """A new tab at a page, once its script has run."""
        page = self.context.new_page()
        page.set_default_timeout(TIMEOUT)
        page.on("framenavigated", lambda frame: self.navigations.append(frame.url.removeprefix(self.origin)))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(self.origin + path + "?" + "&".join(f"{name}={value}" for name, value in query.items()))
        page.wait_for_selector("body[data-ready]", state="attached")
        return page

    def sign_in(self, page: Page, username: str = "alice") -> Any:
        password = next(user.password for user in self.pool.users if user.username == username)
        return page.evaluate("([name, word]) => app.signIn(name, word)", [username, password])

    def refreshes(self) -> list[str]:
        """How each refresh at the pool ended."""
        return [call.outcome for call in self.pool.calls_of("GetTokensFromRefreshToken")]

    def jar(self) -> list[Any]:
        return self.context.cookies()

    def auth_cookies(self) -> list[Any]:
        return [cookie for cookie in self.jar() if cookie["name"].startswith("Cognito")]

    def scopes(self) -> set[tuple[str, str]]:
        return {(cookie["domain"], cookie["path"]) for cookie in self.auth_cookies()}

    def value(self, suffix: str) -> str:
        (found,) = [cookie["value"] for cookie in self.auth_cookies() if cookie["name"].endswith(f".{suffix}")]
        return str(found)

    def mark(self) -> str:
        (found,) = [each["value"] for each in self.jar() if each["name"] == f"__Host-hardtack-js.{self.client_id}"]
        return str(found)

    def plant(
        self, place: str, values: dict[str, str], *, owner: str = "alice", http_only: bool = False, last: bool = True
    ) -> None:
        """Put a set into a scope, as another writer would."""
        domain, path = SCOPES[place]
        prefix = f"CognitoIdentityServiceProvider.{self.client_id}."
        pairs = {f"{prefix}{client_name(owner)}.{suffix}": value for suffix, value in values.items()}
        if last:
            pairs = {f"{prefix}LastAuthUser": owner, **pairs}
        self.context.add_cookies(
            [
                {
                    "name": name,
                    "value": value,
                    "domain": domain,
                    "path": path,
                    "secure": True,
                    "httpOnly": http_only,
                    "sameSite": "Lax",
                }
                for name, value in pairs.items()
            ]
        )

    def dead_set(self, sub: str = "a11ce000-0000-4000-8000-000000000001", *, age: int = 7_200) -> dict[str, str]:
        """An expired set of an older sign-in, whose refresh token the pool refuses."""
        now = int(time.time())
        claims = {"sub": sub, "origin_jti": "dead", "auth_time": now - age, "iat": now - age, "exp": now - age + 3_600}
        return {
            "accessToken": token({**claims, "token_use": "access", "client_id": self.client_id}),
            "idToken": token({**claims, "token_use": "id", "aud": self.client_id}),
            "refreshToken": "dead",
            "clockDrift": "0",
        }


def token(claims: dict[str, Any]) -> str:
    """A token that no pool signed: script does not look."""
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "kid": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, b"signature"))


@pytest.fixture
def visit(pool: EmbeddedPool, page_bundle: Path, chromium: Any) -> Iterator[Callable[..., Visit]]:
    """Open the site in a fresh browser profile; keyword arguments are the policy's."""
    closing: list[Callable[[], object]] = []
    visits: list[Visit] = []

    def come(*, token_seconds: int = 600, init_script: str = "", **policy: Any) -> Visit:
        stated = {"domain": PARENT, "http_only": False, "base_paths": ("/", "/login"), **policy}
        sites: list[BrowserSideSite] = []

        def make_app(origin: str) -> object:
            stock_pool = StockPool(pool, token_seconds=token_seconds)
            sites.append(BrowserSideSite(CookiePolicy(origins=(origin,), **stated), stock_pool, page_bundle))
            return sites[0].app()

        server = serving(make_app)
        origin = server.__enter__()
        context = chromium.new_context()
        if init_script:
            context.add_init_script(init_script)
        closing.extend((context.close, lambda: server.__exit__(None, None, None)))
        opened = Visit(context, sites[0], origin, pool)
        visits.append(opened)
        return opened

    yield come
    for opened in visits:
        opened.site.released.set()
    for close in closing:
        close()
    assert [problem for opened in visits for problem in opened.problems] == []
