"""Debian's Chromium as the stories' browser: Playwright opens it, the DevTools protocol looks into it.

Rule: a page is asked by `Runtime.evaluate` without a user gesture; Playwright's own `evaluate` counts as one.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from playwright.async_api import Error, async_playwright

from support.browser import ARGUMENTS, chromium_path
from support.next.front import PARENT
from support.next.tabs import TARGET, GoneError, InJar, Seen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, BrowserContext, CDPSession, Page, Response

_ANSWER: Final = 5.0  # seconds
_ENDING: Final = 30.0  # seconds
_LEFT: Final = ("navigated", "context", "destroyed", "collected", "closed")


class ChromiumTab:
    """One tab."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self._page = page
        self._session = session
        self.seen = Seen()
        page.on("response", self._on_response)
        page.on("pageerror", lambda error: self.seen.problems.append(error.message))

    def _on_response(self, response: Response) -> None:
        request = response.request
        if request.is_navigation_request() and response.frame == self._page.main_frame:
            self.seen.loads.append((response.status, urlsplit(response.url).path))
        operation = request.headers.get("x-amz-target")
        if operation and request.method == "POST":
            self.seen.calls.append((operation.removeprefix(TARGET), response.status))

    async def goto(self, url: str) -> None:
        """Type an address."""
        try:
            await self._page.goto(url, wait_until="commit")
        except Error as error:
            if "interrupted" not in error.message and "ERR_ABORTED" not in error.message:
                raise

    async def evaluate(self, expression: str) -> Any:
        """Ask the page, without a gesture."""
        question = {"expression": expression, "returnByValue": True, "userGesture": False}
        try:
            answer = await asyncio.wait_for(self._session.send("Runtime.evaluate", question), _ANSWER)
        except TimeoutError as error:  # asked between two documents, and neither feels meant
            raise GoneError from error
        except Error as error:
            if any(word in error.message for word in _LEFT):
                raise GoneError from error
            raise
        if "exceptionDetails" in answer:
            raise GoneError(answer["exceptionDetails"].get("text"))
        return answer["result"].get("value")

    async def close(self) -> None:
        """Close the tab."""
        await self._page.close()


class ChromiumProfile:
    """One browser context."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context

    async def tab(self) -> ChromiumTab:
        """Open a tab."""
        page = await self.context.new_page()
        return ChromiumTab(page, await self.context.new_cdp_session(page))

    async def jar(self) -> list[InJar]:
        """Every cookie, over the DevTools protocol of the first tab."""
        session = await self.context.new_cdp_session(self.context.pages[0])
        cookies = (await session.send("Network.getAllCookies"))["cookies"]
        await session.detach()
        return [InJar(each["name"], each["domain"], each["path"], each["value"]) for each in cookies]

    async def close(self) -> None:
        """Forget the context."""
        await self.context.close()


class Chromium:
    """The running browser."""

    name = "chromium"

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    async def profile(self, **options: Any) -> ChromiumProfile:
        """Make a context; keyword arguments are Playwright's."""
        return ChromiumProfile(await self._browser.new_context(**{"locale": "en-GB", **options}))


@asynccontextmanager
async def chromium(home: Path) -> AsyncIterator[Chromium]:
    """Run Chromium with the NSS store of a home folder, and every host of the site on this machine."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(),
            args=[*ARGUMENTS, f"--host-resolver-rules=MAP *.{PARENT} 127.0.0.1"],
            env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        )
        try:
            yield Chromium(browser)
        finally:
            with suppress(TimeoutError):  # then it ends with its driver
                await asyncio.wait_for(browser.close(), _ENDING)
