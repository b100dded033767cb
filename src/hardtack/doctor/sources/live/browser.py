"""A real Chromium with a fresh profile, and one tab of it.

Rule: everything is seen from outside, as a person sees it and the DevTools protocol tells it; nothing of the site's own
code is replaced. Two things are turned, so that nobody waits an hour: the clock of the page, and Amplify's clockDrift
cookie; both make a live token look expired to whoever reads them.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import time
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, cast

from playwright.async_api import Error, async_playwright
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from hardtack.doctor.errors import SourceError
from hardtack.doctor.quoting import quotable
from hardtack.doctor.sources.live.finding import errors_in
from hardtack.doctor.sources.live.recorder import Budget, Recorder

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from playwright.async_api import Browser, BrowserContext, ElementHandle, Page, Playwright

    from hardtack.doctor.sources.live.recorder import Session
    from hardtack.doctor.sources.live.wishes import Wishes

__all__ = ["AHEAD", "Rest", "Tab", "chromium", "limit_met", "tab_in"]

LOOP: Final = 12
"""Page loads that nobody asked for, after which a page is said to load for ever."""
AHEAD: Final = 2 * 3_600
"""Seconds by which clocks are turned: more than an access token lives by default."""
_QUIET: Final = 1.5  # seconds without a load, a call to the pool or anything new, after which a page has come to rest
_POLL: Final = 0.1
_CALM: Final = 4
"""How often in a row it must have been so: a page whose script was at work answers late, and then goes on."""
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
_ARGUMENTS: Final = ("--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update")
_CODE: Final = re.compile(r"net::(ERR_[A-Z_]+)")
_SERVER_FAILS: Final = 500
_CLOCK: Final = """(() => {
  const ahead = %d, Real = Date;
  globalThis.Date = class Date extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + ahead); }
    static now() { return Real.now() + ahead; }
  };
})();"""


class Rest(StrEnum):
    """How a page came to be looked at."""

    QUIET = "quiet"
    LOOPING = "looping"
    BUSY = "busy"
    """It was still at work when its time was up."""


@asynccontextmanager
async def chromium(wishes: Wishes) -> AsyncGenerator[Browser]:
    """Run the browser: the system's, else Playwright's own.

    Raises:
        SourceError: there is none, or it does not start.
    """
    async with async_playwright() as playwright:
        browser = await _launch(playwright, headed=wishes.headed)
        try:
            yield browser
        finally:
            with suppress(Error):
                await browser.close()


async def _launch(playwright: Playwright, *, headed: bool) -> Browser:
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    sandboxes = (
        (True, False) if hasattr(os, "geteuid") and os.geteuid() else (False,)
    )  # Chromium's refuses to run as root
    for sandbox in sandboxes:
        with suppress(Error):
            return await playwright.chromium.launch(
                executable_path=path, headless=not headed, args=list(_ARGUMENTS), chromium_sandbox=sandbox
            )
    raise SourceError(
        "Chromium could not be started.",
        hint='Install it with "playwright install chromium", or from your system\'s packages.',
    )


@asynccontextmanager
async def tab_in(browser: Browser, wishes: Wishes, budget: Budget) -> AsyncGenerator[Tab]:
    """A tab in a fresh profile of its own; both are gone afterwards."""
    context = await browser.new_context(service_workers="block", accept_downloads=False)
    try:
        page = await context.new_page()
        context.on("page", lambda other: asyncio.ensure_future(other.close()))
        session = cast("Session", await context.new_cdp_session(page))
        tab = Tab(page, context, session, Recorder(session, wishes.hosts, budget), wishes)
        await tab.recorder.start()
        yield tab
        await tab.recorder.stop()
    finally:
        with suppress(Error):
            await context.close()


class Tab:
    """One tab.

    Attributes:
        page: Playwright's.
        recorder: what it says over the network.
    """

    def __init__(
        self, page: Page, context: BrowserContext, session: Session, recorder: Recorder, wishes: Wishes
    ) -> None:
        self.page = page
        self.recorder = recorder
        self._context = context
        self._session = session
        self._wishes = wishes
        self._told: list[str] = []
        page.on("console", lambda message: self._hear(message.text))
        page.on("pageerror", lambda error: self._hear(str(error)))

    def _hear(self, text: str) -> None:
        self._told += errors_in(text[:10_000])

    async def open(self, url: str) -> Rest:
        """Go to an address as somebody who types it; it must answer.

        Raises:
            SourceError: it can't be reached, fails, or leads elsewhere.
        """
        self.recorder.stray = None
        self.recorder.touch()
        try:
            answer = await self.page.goto(url, wait_until="commit", timeout=self._wishes.patience * 1000)
        except PlaywrightTimeoutError:
            raise SourceError(
                "The site did not answer in time.", hint="Try again, or allow more with --timeout SECONDS."
            ) from None
        except Error as error:
            if not self._interrupted(error):
                raise self._unreachable(error) from None
            answer = None
        if answer is not None and answer.status >= _SERVER_FAILS:
            raise _no_page(answer.status)
        return await self.rest()

    def _interrupted(self, error: Error) -> bool:
        """Whether the page itself went elsewhere before its address had been loaded, as pages in a loop do."""
        return self.recorder.loads > 0 and ("interrupted" in error.message or "ERR_ABORTED" in error.message)

    def _unreachable(self, error: Error) -> SourceError:
        if self.recorder.stray is not None:
            host = quotable(self.recorder.stray)
            return SourceError(
                f"The site leads to another host, {host}, which was not named.",
                hint=f"If it is yours, name it too: --host {host}.",
            )
        if self.recorder.cut:
            return limit_met()
        found = _CODE.search(error.message)
        code = found[1] if found else "the browser gave no reason"
        if code == "ERR_HTTP_RESPONSE_CODE_FAILURE":  # an error without a page to it
            return _no_page(self.recorder.status)
        if code == "ERR_TOO_MANY_REDIRECTS":
            return SourceError(
                "The site redirects for ever, also a visitor without any cookies.",
                hint="Follow its redirects with curl -IL, or record them as a HAR file and give that to the doctor.",
            )
        if "CERT" in code or "SSL" in code:
            return SourceError(f"The site's certificate is not trusted ({code}).", hint="Trust its authority first.")
        return SourceError(f"The site can't be reached ({code}).", hint="Check the address, and that the site is up.")

    async def again(self, url: str | None = None, *, scripts: bool = True) -> Rest:
        """Go to an address once more, or to where the tab is."""
        self.recorder.touch()
        await self._session.send("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        with suppress(Error):
            await self.page.goto(url or self.url, wait_until="commit", timeout=self._wishes.patience * 1000)
        return await self.rest()

    async def press(self, control: ElementHandle) -> Rest:
        """Press something."""
        self.recorder.touch()
        try:
            await control.click(timeout=5_000, no_wait_after=True)
        except Error:
            with suppress(Error):  # covered by something, or gone
                await control.evaluate("(element) => element.click()")
        return await self.rest()

    @property
    def url(self) -> str:
        """Where the tab is, without query; the first address where that is none of the site's pages."""
        url = self.page.url.partition("#")[0].partition("?")[0]
        return url if url.startswith(("http:", "https:")) else self._wishes.url

    async def rest(self) -> Rest:
        """Wait until the page has nothing more to do, or loads for ever."""
        end, calm = time.monotonic() + self._wishes.patience, 0
        while time.monotonic() < end:
            if self.recorder.loads >= LOOP:
                return Rest.LOOPING
            ready = False
            with suppress(Error, TimeoutError):  # it is being replaced, or does not listen
                ready = (
                    await asyncio.wait_for(self.page.evaluate("document.readyState"), self._wishes.patience)
                    == "complete"
                )
            still = ready and not self.recorder.busy and time.monotonic() - self.recorder.moved > _QUIET
            calm = calm + 1 if still else 0
            if calm >= _CALM:
                return Rest.QUIET
            await asyncio.sleep(_POLL)
        return Rest.BUSY

    async def leave(self) -> None:
        """End whatever the page is doing."""
        with suppress(Error):
            await self.page.goto("about:blank", timeout=self._wishes.patience * 1000)

    async def turn_clock(self) -> None:
        """From the next load on, pages see a clock that runs ahead."""
        await self.page.add_init_script(_CLOCK % (AHEAD * 1000))

    async def errors(self) -> list[str]:
        """The names of the exceptions that the page or its console has shown since this was last asked."""
        with suppress(Error):
            self._hear(await self.page.evaluate("document.body?.innerText.slice(0, 20000) ?? ''"))
        told, self._told = list(dict.fromkeys(self._told)), []
        return told

    async def jar(self) -> list[dict[str, Any]]:
        """Every cookie of the profile, as the DevTools protocol tells it."""
        return list((await self._session.send("Network.getAllCookies"))["cookies"])

    async def put(self, cookies: list[dict[str, Any]]) -> None:
        """Write cookies into the profile."""
        await self._session.send("Network.setCookies", {"cookies": cookies})

    async def sources(self) -> str:
        """The text of the page and of its own scripts, to look for what is public in them."""
        try:
            return str(
                await self.page.evaluate(
                    """async () => {
                      const own = [...document.scripts].map((e) => e.src).filter((e) => e.startsWith(location.origin));
                      const read = (url) => fetch(url, { cache: "force-cache" }).then((e) => e.text(), () => "");
                      const texts = await Promise.all(own.slice(0, 30).map(read));
                      return [document.documentElement.outerHTML, ...texts].join("\\n");
                    }"""
                )
            )
        except Error:
            return ""


def limit_met() -> SourceError:
    """The error for an examination that ran out of requests before there was anything to tell."""
    return SourceError("The limit of requests was met too soon.", hint="Allow more with --max-requests.")


def _no_page(status: int) -> SourceError:
    return SourceError(
        f"The site answers {status}, so there is nothing to look at.",
        hint="Look at the server's log, or name an address that works.",
    )
