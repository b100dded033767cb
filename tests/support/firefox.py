"""Debian's own Firefox, driven by WebDriver BiDi over a WebSocket: no geckodriver, and no browser of Playwright's.

Rule: the same as for Chromium in `support.next.chromium`: everything is seen from outside, nothing counts as a person's
gesture (`script.evaluate` activates nobody unless told to), and each profile is a user context with a jar of its own.
The test authority lies in the profile's NSS store and the site's hosts are led to this machine by a preference, so the
origins are real TLS origins. The protocol: https://w3c.github.io/webdriver-bidi/.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import shutil
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest
import websockets

from support.next.front import HOST, PARENT
from support.next.identity import trust
from support.next.server import end
from support.next.tabs import TARGET, GoneError, InJar, Seen

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

_LISTENING: Final = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
_START: Final = 120.0  # seconds; a profile's first start on a busy machine
_ANSWER: Final = 90.0  # seconds; far above what any command takes
_TRIES: Final = 5  # of a navigation that ends before anything has come
_EVENTS: Final = ("network.responseCompleted", "log.entryAdded")
_LEFT: Final = ("no such frame", "no such node", "unknown error", "no such script", "javascript error")

_PREFERENCES: Final[dict[str, bool | int | str]] = {
    "network.dns.localDomains": f"{PARENT},{HOST}",
    "network.trr.mode": 5,
    "security.OCSP.enabled": 0,
    # Nothing that calls home, asks, or looks for updates:
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.prefetch-next": False,
    "services.settings.server": "data:,nowhere",
    "signon.autofillForms": False,
    "signon.rememberSignons": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
}


class BidiError(Exception):
    """Firefox refused a command."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class _Connection:
    """Commands and their answers, and events by the context that they are about."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.tabs: dict[str, FirefoxTab] = {}
        self.reader = asyncio.create_task(self._read())

    async def ask(self, method: str, **parameters: Any) -> Any:
        """Send a command; its result."""
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        return await asyncio.wait_for(future, _ANSWER)

    async def _read(self) -> None:
        async for text in self._socket:
            message = json.loads(text)
            if message["type"] == "event":
                tab = self.tabs.get(message["params"].get("context") or "")
                if tab is not None:
                    tab.on_event(message["method"], message["params"])
                continue
            future = self._waiting.pop(message["id"], None)
            if future is None or future.done():
                continue
            if message["type"] == "success":
                future.set_result(message["result"])
            else:
                future.set_exception(BidiError(message["error"], message["message"]))


class FirefoxTab:
    """One window of a user context: a tab in the background would have its timers slowed down."""

    def __init__(self, connection: _Connection, context: str) -> None:
        self._connection = connection
        self._context = context
        self.seen = Seen()
        connection.tabs[context] = self

    def on_event(self, method: str, event: dict[str, Any]) -> None:
        """Note what went over the wire."""
        if method == "log.entryAdded":
            if event.get("type") == "javascript" and event.get("level") == "error":
                self.seen.problems.append(str(event.get("text")))
            return
        request = event["request"]
        status = event["response"]["status"]
        if event.get("navigation"):
            self.seen.loads.append((status, urlsplit(request["url"]).path))
        operation = next((each["value"].get("value") for each in request["headers"] if _is_target(each)), None)
        if operation and request["method"] == "POST":
            self.seen.calls.append((operation.removeprefix(TARGET), status))

    async def goto(self, url: str) -> None:
        """Type an address; a page that leaves before it is complete has been loaded all the same."""
        for _ in range(_TRIES):
            loads = len(self.seen.loads)
            try:
                await self._connection.ask(
                    "browsingContext.navigate", context=self._context, url=url, wait="interactive"
                )
            except BidiError as error:
                if error.code not in _LEFT:
                    raise
                if len(self.seen.loads) == loads:
                    continue  # nothing came: the browser was still busy with opening the window
            return

    async def evaluate(self, expression: str) -> Any:
        """Ask the page, without a gesture."""
        try:
            answer = await self._connection.ask(
                "script.evaluate",
                expression=f"JSON.stringify(({expression.strip()})) ?? 'null'",
                target={"context": self._context},
                awaitPromise=False,
            )
        except BidiError as error:
            if error.code in _LEFT:
                raise GoneError(str(error)) from error
            raise
        if answer["type"] == "exception":
            raise GoneError(answer["exceptionDetails"].get("text"))
        return json.loads(answer["result"]["value"])

    async def close(self) -> None:
        """Close the window."""
        self._connection.tabs.pop(self._context, None)
        await self._connection.ask("browsingContext.close", context=self._context)


def _is_target(header: dict[str, Any]) -> bool:
    return header["name"].lower() == "x-amz-target"


class FirefoxProfile:
    """One user context."""

    def __init__(self, connection: _Connection, user_context: str) -> None:
        self._connection = connection
        self._user_context = user_context

    async def tab(self) -> FirefoxTab:
        """Open a window."""
        made = await self._connection.ask("browsingContext.create", type="window", userContext=self._user_context)
        return FirefoxTab(self._connection, made["context"])

    async def jar(self) -> list[InJar]:
        """Every cookie of the user context."""
        partition = {"type": "storageKey", "userContext": self._user_context}
        answer = await self._connection.ask("storage.getCookies", partition=partition)
        return [InJar(each["name"], each["domain"], each["path"], each["value"]["value"]) for each in answer["cookies"]]

    async def close(self) -> None:
        """Close its windows, and forget it."""
        await self._connection.ask("browser.removeUserContext", userContext=self._user_context)


class Firefox:
    """The running browser."""

    name = "firefox"

    def __init__(self, connection: _Connection, version: str) -> None:
        self._connection = connection
        self.version = version

    async def profile(self) -> FirefoxProfile:
        """Make a user context."""
        made = await self._connection.ask("browser.createUserContext")
        return FirefoxProfile(self._connection, made["userContext"])


def firefox_path() -> str:
    """Debian's Firefox; a test that needs it is skipped, with the way to get it, where there is none."""
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        pytest.skip("Firefox is not installed: apt-get install firefox-esr")
    return path


@asynccontextmanager
async def firefox(
    folder: Path, *, preferences: Mapping[str, bool | int | str] = MappingProxyType({})
) -> AsyncIterator[Firefox]:
    """Run Firefox, with a fresh profile below a folder whose `authority.pem` it trusts.

    Args:
        folder: for the profile.
        preferences: besides or instead of those above.
    """
    profile = folder / "firefox"
    trust(folder / "authority.pem", profile)
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(value)});"
        for name, value in {**_PREFERENCES, **preferences}.items()
    ]
    _write(profile / "user.js", "\n".join(lines) + "\n")
    process = await asyncio.create_subprocess_exec(
        firefox_path(),
        *("--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0", "about:blank"),
        env={**os.environ, "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1", "MOZ_DISABLE_AUTO_SAFE_MODE": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    drain: asyncio.Task[None] | None = None
    try:
        address = await asyncio.wait_for(_address(process), _START)
        drain = asyncio.create_task(_drain(process))
        async with websockets.connect(f"{address}/session", max_size=None, proxy=None) as socket:
            connection = _Connection(socket)
            session = await connection.ask("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": False}})
            await connection.ask("session.subscribe", events=list(_EVENTS))
            yield Firefox(connection, session["capabilities"]["browserVersion"])
        await connection.reader
    finally:
        await end(process)
        if drain is not None:
            await drain


def _write(path: Path, text: str) -> None:
    path.write_text(text)


async def _address(process: Process) -> str:
    assert process.stderr is not None
    said: list[bytes] = []
    async for line in process.stderr:
        if found := _LISTENING.search(line):
            return found[1].decode()
        said.append(line)
    message = f"Firefox did not start: {b''.join(said).decode(errors='replace')}"
    raise RuntimeError(message)


async def _drain(process: Process) -> None:
    assert process.stderr is not None
    while await process.stderr.read(65_536):
        pass
