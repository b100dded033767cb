"""The browsers that histories are recorded from: Debian's Chromium and Firefox, on a made-up web of this machine.

Debian's Chromium blocks third-party cookies by default and Chrome does not, so it is told to be like Chrome before its
first start. Both trust the test authority and nothing else; both forget their cookies between two histories.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import Error, sync_playwright

from support.browser import ARGUMENTS, chromium_path, trusting_home
from support.firefox import firefox
from support.jar_origin import Origin, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from support.firefox import Firefox, FirefoxProfile, FirefoxTab

HOSTS: Final = (
    "example.test",
    "app.example.test",
    "sib.example.test",
    "a.app.example.test",
    "other.test",
    "www.other.test",
)
"""The hosts of the made-up web: two sites."""
_LIKE_CHROME: Final = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}
_LEAVING: Final = ("interrupted", "ERR_ABORTED")  # what a page is told to do may overtake the wait for it


class Chromium:
    """One profile of a running Chromium.

    Attributes:
        name: as engines are named.
        version: of the browser.
    """

    name = "chromium"

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._page = context.pages[0]
        self._session = context.new_cdp_session(self._page)
        self.version = self._session.send("Browser.getVersion")["product"].partition("/")[2]

    def goto(self, url: str) -> None:
        """Type an address, and wait until its answer is there."""
        try:
            self._page.goto(url, wait_until="commit")
        except Error as error:
            if not any(word in error.message for word in _LEAVING):
                raise

    def reset(self) -> None:
        """Forget every cookie."""
        self._context.clear_cookies()

    def jar(self) -> list[dict[str, Any]]:
        """Every cookie, as the DevTools protocol tells it."""
        return self._session.send("Network.getAllCookies")["cookies"]


class FirefoxBrowser:
    """A running Firefox, a fresh user context for each history."""

    name = "firefox"

    def __init__(self, browser: Firefox, runner: asyncio.Runner) -> None:
        self._browser = browser
        self._runner = runner
        self._profile: FirefoxProfile | None = None
        self._tab: FirefoxTab
        self.version = browser.version
        self.reset()

    def goto(self, url: str) -> None:
        """Type an address, and wait until its answer is there."""
        self._runner.run(self._tab.goto(url))

    def reset(self) -> None:
        """Forget every cookie: by a user context that has never had one."""
        self._runner.run(self._begin())

    async def _begin(self) -> None:
        before = self._profile
        self._profile = await self._browser.profile()
        self._tab = await self._profile.tab()
        if before is not None:
            await before.close()


@contextmanager
def chromium(folder: Path, *arguments: str) -> Iterator[tuple[Chromium, Origin]]:
    """Run Chromium with a profile below a folder, and the made-up web.

    Args:
        folder: empty.
        *arguments: more of the command line.
    """
    home, certificate, key = trusting_home(folder, *HOSTS)
    preferences = folder / "profile" / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    preferences.write_text(json.dumps(_LIKE_CHROME))
    with running(certificate, key) as origin, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=chromium_path(),
            args=[*ARGUMENTS, "--host-resolver-rules=MAP *.test 127.0.0.1", *arguments],
            env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        )
        try:
            yield Chromium(context), origin
        finally:
            context.close()


@contextmanager
def mozilla(folder: Path) -> Iterator[tuple[FirefoxBrowser, Origin]]:
    """Run Firefox with a profile below a folder, and the made-up web."""
    _, certificate, key = trusting_home(folder, *HOSTS)
    preferences = {"network.dns.localDomains": ",".join(HOSTS), "dom.security.https_first": False}
    with running(certificate, key) as origin, asyncio.Runner() as runner:
        opened = firefox(folder, preferences=preferences)
        browser = runner.run(opened.__aenter__())
        try:
            yield FirefoxBrowser(browser, runner), origin
        finally:
            with suppress(ConnectionError):
                runner.run(opened.__aexit__(None, None, None))
