"""The stock site on a port of its own, the pool behind it, and a real Chromium in front of it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from hardtack.demo.stock import RegistryUnreachableError, StockPool, StockSettings, build, stock_app
from support.browser import chromium
from support.pool import embedded_pool, pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, Page

    from hardtack.demo.pool import EmbeddedPool

__all__ = ["chromium", "embedded_pool", "pool"]


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The real browser side, built once and kept beside the repository's other throw-away files."""
    try:
        return build(Path(__file__).parents[3] / "var" / "stock")
    except RegistryUnreachableError as error:
        pytest.skip(str(error))


@contextmanager
def serving(make_app: Callable[[str], object]) -> Iterator[str]:
    """Serve an application that is told its own origin; yields that origin."""
    listener = uvicorn.Config("", host="127.0.0.1", port=0).bind_socket()
    origin = f"http://stock.hardtack.localhost:{listener.getsockname()[1]}"
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


@dataclass(frozen=True)
class Tab:
    """One tab of a fresh browser at the stock site, and what can be seen from outside of it."""

    page: Page
    context: BrowserContext
    origin: str
    pool: EmbeddedPool
    navigations: list[str]
    responses: list[int]
    console: list[str]

    def open(self, path: str) -> None:
        self.page.goto(self.origin + path)
        self.settle()

    def settle(self) -> None:
        self.page.wait_for_selector("body[data-ready]")

    def sign_in(self) -> None:
        self.open("/login")
        self.page.click("#sign-in button")
        self.page.wait_for_url("**/account")
        self.settle()

    def press(self, action: str) -> str:
        """Press a button of the account page; what the page says to it."""
        self.page.click(f"[data-action={action}]")
        self.page.wait_for_selector("#note:not([hidden])")
        return self.page.inner_text("#note")

    def scopes(self) -> dict[str, int]:
        """How many cookies the browser holds in each scope, as its own jar tells: domain with or without a dot."""
        counts: dict[str, int] = {}
        for cookie in self.context.cookies():
            counts[cookie["domain"]] = counts.get(cookie["domain"], 0) + 1
        return counts


@pytest.fixture
def tab(pool, bundle, chromium) -> Iterator[Callable[..., Tab]]:
    """Open the site in a fresh browser; tokens live for as many seconds as the test asks for."""
    closing = []

    def open_tab(token_seconds: int = 120, locale: str = "en-GB") -> Tab:
        site = serving(lambda origin: _app(origin, pool, token_seconds, bundle))
        origin = site.__enter__()
        context = chromium.new_context(locale=locale)
        closing.extend((context.close, lambda: site.__exit__(None, None, None)))
        page = context.new_page()
        page.set_default_timeout(15_000)
        opened = Tab(page, context, origin, pool, [], [], [])
        page.on("framenavigated", lambda frame: opened.navigations.append(frame.url))
        page.on("response", lambda response: opened.responses.append(response.status))
        page.on("console", lambda message: opened.console.append(message.text))
        page.on("pageerror", lambda error: opened.console.append(f"uncaught: {error}"))
        return opened

    yield open_tab
    for close in closing:
        close()


def _app(origin, pool, token_seconds, bundle):
    alice = pool.users[0]
    settings = StockSettings(origin=origin, username=alice.username, password=alice.password)
    return stock_app(settings, StockPool(pool, token_seconds=token_seconds), bundle=bundle)
