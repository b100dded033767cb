"""The rig: a browser, a user pool, a server and everything between them, for as many histories as there are.

    async with rig(pool) as ready:
        seen = await ready.play(History(Site(), ({"kind": "open", "tab": 0}, ...)))

Rule: histories share processes and nothing else. Each begins with a fresh browser profile and a pool that was reset.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trustme
from playwright.async_api import async_playwright

from support.browser import ARGUMENTS, chromium_path
from support.next.identity import trust
from support.replay.gateway import RIG_HOST, Gateway, listening
from support.replay.node import NodeSite
from support.replay.packages import HERE, page_script
from support.replay.play import play
from support.replay.pool_side import PoolSide, ReplayClock
from support.replay.scene import Scene

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

    from hardtack.demo.pool import EmbeddedPool
    from support.replay.play import History, Replayed

PARENTS: Final = ("example.test", "example.com")
"""Every host below these is this machine's."""

_NO_RETRY: Final = (
    "--disable-auto-reload"  # the browser's own page for what could not be had loads it again after a second
)
_ENDING: Final = 30.0  # seconds
_BOOT: Final = (HERE / "boot.js").read_text()


class Rig:
    """Everything that histories share."""

    def __init__(self, browser: Browser, gateway: Gateway, pool: PoolSide, node: NodeSite, agent: str) -> None:
        self._browser = browser
        self._gateway = gateway
        self._pool = pool
        self._node = node
        self._agent = agent

    async def play(self, history: History) -> Replayed:
        """Replay one history."""
        async with self.scene(history) as scene:
            return await play(history, scene)

    @asynccontextmanager
    async def scene(self, history: History) -> AsyncIterator[Scene]:
        """A fresh profile, a fresh pool, and servers that are set up as the history says."""
        context = await self._browser.new_context(locale="en-GB", bypass_csp=True)
        await context.add_init_script(_BOOT)
        scene = Scene(history.site, context, self._pool, self._node, agent=self._agent)
        self._gateway.scene = scene
        try:
            await scene.begin()
            yield scene
        finally:
            await scene.end()
            self._gateway.scene = None


def _certified(folder: Path) -> tuple[str, str]:
    """A test authority that the browser trusts, and a certificate of it for every host; its files."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    hosts = [name for parent in PARENTS for name in (parent, f"*.{parent}")]
    issued = authority.issue_cert(*hosts, RIG_HOST, "cognito-idp.eu-west-1.amazonaws.com")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(certificate), append=True)
    issued.private_key_pem.write_to_path(str(key))
    trust(folder / "authority.pem", folder / ".pki" / "nssdb")
    return str(certificate), str(key)


@asynccontextmanager
async def rig(pool: EmbeddedPool) -> AsyncIterator[Rig]:
    """Start everything; it is ready when this is entered."""
    script = await asyncio.to_thread(page_script)
    clock = ReplayClock()
    gateway = Gateway(script)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hardtack-replay-")))
        certificate, key = _certified(folder)
        secure, plain = await stack.enter_async_context(listening(gateway, certificate=certificate, key=key))
        node = await stack.enter_async_context(NodeSite(f"http://127.0.0.1:{plain}/", pool.url))
        stack.enter_context(clock.held_to())
        side = PoolSide(pool, clock)
        stack.push_async_callback(side.aclose)
        browser = await stack.enter_async_context(_chromium(folder, secure))
        page = await browser.new_page()
        agent = await page.evaluate("navigator.userAgent")
        await page.close()
        yield Rig(browser, gateway, side, node, agent)


@asynccontextmanager
async def _chromium(home: Path, port: int) -> AsyncIterator[Browser]:
    """Chromium for which every host is this machine, and nothing else exists."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(),
            args=[*ARGUMENTS, _NO_RETRY, f"--host-resolver-rules=MAP *:443 127.0.0.1:{port}"],
            env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        )
        try:
            yield browser
        finally:
            with suppress(TimeoutError):  # then it ends with its driver
                await asyncio.wait_for(browser.close(), _ENDING)
