"""`next start` for one set-up of the site, in a process of its own.

Rule: what the server writes where is set once a process by Amplify's adapter, so a set-up is a process, as in life.
"""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from support.next.build import SITE, node

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator

    from hardtack.demo.pool import PoolVerbs

_LOCAL: Final = re.compile(rb"Local:\s+http://127\.0\.0\.1:(\d+)")
_READY: Final = b"Ready in"
_ENDING: Final = 10.0  # seconds that a server has to end by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """How the site is deployed: one line for each setting of its `.env`.

    Attributes:
        client_domain: the Domain that the browser's CookieStorage writes; None for host-only.
        client_path: its Path.
        server_domain: the Domain that the server's adapter writes; None for host-only, its default.
        hardtack: where hardtack.js is served; None for Amplify's own CookieStorage and listener.
        acts_alone: whether guard and listener act, as most sites have it; else nothing happens but what is pressed.
    """

    client_domain: str | None = None
    client_path: str = "/"
    server_domain: str | None = None
    hardtack: str | None = None
    acts_alone: bool = False

    def environment(self, pool: PoolVerbs, client_id: str) -> dict[str, str]:
        """The set-up as environment variables."""
        return {
            "POOL_ID": pool.user_pool_id,
            "POOL_CLIENT_ID": client_id,
            "POOL_ENDPOINT": pool.url,
            "CLIENT_COOKIE_DOMAIN": self.client_domain or "",
            "CLIENT_COOKIE_PATH": self.client_path,
            "SERVER_COOKIE_DOMAIN": self.server_domain or "",
            "HARDTACK_BASE": self.hardtack or "",
            "ACT_ALONE": "1" if self.acts_alone else "0",
            "NEXT_TELEMETRY_DISABLED": "1",
        }


@asynccontextmanager
async def served(set_up: SetUp, pool: PoolVerbs, client_id: str) -> AsyncIterator[int]:
    """Serve the built site; the port on which it listens."""
    process = await asyncio.create_subprocess_exec(
        node(),
        "node_modules/next/dist/bin/next",
        "start",
        "--hostname=127.0.0.1",
        "--port=0",
        cwd=SITE,
        env={**os.environ, **set_up.environment(pool, client_id)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    drain: asyncio.Task[None] | None = None
    try:
        port = await _port(process)
        drain = asyncio.create_task(_drain(process))
        yield port
    finally:
        await end(process)
        if drain:
            await drain


async def _port(process: Process) -> int:
    """Read until the server says that it is ready."""
    assert process.stdout is not None
    port = 0
    said: list[bytes] = []
    async for line in process.stdout:
        said.append(line)
        if found := _LOCAL.search(line):
            port = int(found[1])
        if _READY in line and port:
            return port
    message = f"The site did not start: {b''.join(said).decode(errors='replace')}"
    raise RuntimeError(message)


async def _drain(process: Process) -> None:
    """Read on, so that a server that has much to say is never held up; it may be about users, so nobody keeps it."""
    assert process.stdout is not None
    while await process.stdout.read(65_536):
        pass


async def end(process: Process) -> None:
    """Ask a process to end, insist after a while, and wait for it."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _ENDING)
        except TimeoutError:
            process.kill()
    await process.wait()
