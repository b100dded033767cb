"""A real headless Chromium in front of the real demo, and what can be seen from outside of both.

In a conftest.py: `from support.browser import chromium, demo, visitor`. The browser is started anew for each file:
Playwright's synchronous API keeps an event loop running in the test's thread, and other files' tests run their own.
The jar is read from the browser itself, over the DevTools protocol, with domain and path.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import trustme
from playwright.sync_api import sync_playwright

from hardtack.demo.run import DemoOptions, RunningDemo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from hardtack.demo.pool import EmbeddedPool

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TIMEOUT = 15_000  # milliseconds: a busy machine may take its time, a stuck page must still end
TLS_PARENT = "hardtack.test"


def chromium_path() -> str:
    """Debian's Chromium; a test that needs it is skipped, with the way to get it, where there is none."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    return path


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for all tests of a file; another one of the same driver: `chromium.browser_type.launch(...)`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def demo(pool: EmbeddedPool) -> Iterator[RunningDemo]:
    """The demo on a port of its own, in its first state."""
    with RunningDemo(DemoOptions(port=0, stock=False), pool=pool) as running:
        yield running


@pytest.fixture
def visitor(chromium: Browser, demo: RunningDemo) -> Iterator[Callable[..., Visitor]]:
    """Open a fresh browser profile at the demo; keyword arguments are Playwright's for a context."""
    yield from visitors(chromium, demo)


def visitors(browser: Browser, demo: RunningDemo) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors and, at the end, sees to it that none of them met a script's error or a blocked resource."""
    opened: list[Visitor] = []

    def come(**options: Any) -> Visitor:
        context = browser.new_context(**{"locale": "en-GB", **options})
        someone = Visitor(context.new_page(), context, demo)
        opened.append(someone)
        return someone

    yield come
    for someone in opened:
        someone.context.close()
    assert [problem for someone in opened for problem in someone.problems] == []


@dataclass(frozen=True)
class InJar:
    """A cookie as the browser keeps it. `domain` has a leading dot unless the cookie is host-only."""

    name: str
    domain: str
    path: str
    value: str = field(repr=False)
    http_only: bool
    secure: bool

    @property
    def suffix(self) -> str:
        return self.name.rpartition(".")[2] if self.name.startswith("Cognito") else self.name


@dataclass
class Visitor:
    """One person in one browser profile."""

    page: Page
    context: BrowserContext
    demo: RunningDemo
    loads: list[tuple[int, str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(TIMEOUT)
        self.page.on("response", self._on_response)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._on_console)

    def _on_response(self, response: Any) -> None:
        if response.request.is_navigation_request() and response.frame == self.page.main_frame:
            self.loads.append((response.status, response.request.method, urlsplit(response.url).path))

    def _on_console(self, message: Any) -> None:
        # A status above 399 is often what a test is about; Clear-Site-Data is told as an error, too.
        expected = ("Failed to load resource", "Clear-Site-Data header")
        if message.type == "error" and not message.text.startswith(expected):
            self.problems.append(message.text)

    def open(self, path: str = "/") -> None:
        """Type an address."""
        self.page.goto(self.demo.url + path)

    def sign_in(self, username: str = "alice", *, path: str = "/") -> None:
        """Sign in on the page for it, and arrive."""
        self.open(f"/auth/sign-in?next={path}")
        self.fill_in(username)
        self.page.wait_for_url(self.demo.url + path)

    def fill_in(self, username: str = "alice") -> None:
        """Fill in the sign-in page that is shown, and send it."""
        password = next(user.password for user in self.demo.pool.users if user.username == username)
        self.page.fill("#username", username)
        self.page.fill("#password", password)
        self.page.click("main button[type=submit]")

    def plant(self, key: str) -> None:
        """Press the button that plants a fault; afterwards the page is shown on which it is to be seen."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.click(f"form[action^='/plant/{key}?'] button, form[action='/plant/{key}'] button")

    def plant_unseen(self, *keys: str) -> None:
        """Plant faults behind the page's back, so that no page load has healed them yet."""
        for key in keys:
            self.page.evaluate(
                "async key => { await fetch(`/plant/${key}`, {method: 'POST', redirect: 'manual'}) }", key
            )

    def who(self) -> str:
        """Whom the page says that the server sees."""
        return self.page.inner_text(".who-name")

    def events(self) -> list[str]:
        """The names of what happened, oldest first."""
        return [entry.name for entry in self.demo.site.timeline.after(0)]

    def jar(self) -> list[InJar]:
        """Every cookie of this profile, from the browser."""
        session = self.context.new_cdp_session(self.page)
        cookies = session.send("Network.getAllCookies")["cookies"]
        session.detach()
        return [
            InJar(each["name"], each["domain"], each["path"], each["value"], each["httpOnly"], each["secure"])
            for each in cookies
        ]

    def auth_cookies(self) -> list[InJar]:
        """Those that hold a session or a part of one, in whatever scope: Amplify's of any kind."""
        return [cookie for cookie in self.jar() if cookie.name.startswith(("Cognito", "amplify"))]

    def scopes(self) -> Counter[tuple[str, str]]:
        """How many auth cookies lie in each scope."""
        return Counter((cookie.domain, cookie.path) for cookie in self.auth_cookies())


def trusting_home(folder: Path, *hosts: str) -> tuple[Path, str, str]:
    """Make a home folder whose NSS store trusts a fresh test authority; it, and a certificate and its key.

    Args:
        folder: that becomes the home folder.
        *hosts: of the certificate; those of the demo if none are named.
    """
    certutil = shutil.which("certutil")
    if certutil is None:
        pytest.skip("certutil is not installed: apt-get install libnss3-tools")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    issued = authority.issue_cert(*(hosts or (TLS_PARENT, f"*.{TLS_PARENT}")))
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(certificate), append=True)
    issued.private_key_pem.write_to_path(str(key))
    store = folder / ".pki" / "nssdb"
    store.mkdir(parents=True)
    for words in (["-N", "--empty-password"], ["-A", "-n", "test", "-t", "C,,", "-i", str(folder / "authority.pem")]):
        subprocess.run([certutil, "-d", f"sql:{store}", *words], check=True, timeout=30)
    return folder, str(certificate), str(key)
