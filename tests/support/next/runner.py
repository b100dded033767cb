"""Runs the stories of many rows at once, in one browser, and keeps what was seen.

Rule: rows share a browser and a pool and nothing else: each has its own deployment, its own door and its own profile.
How many run at once is `HARDTACK_NEXT_ROWS`; it changes how long it takes, never what is seen.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hardtack.demo.stock.pool import StockPool
from support.next.build import WORK, build
from support.next.chromium import chromium
from support.next.cures import Cure, storm, stuck_then_front, twins_then_front
from support.next.front import Front
from support.next.identity import certified, trust
from support.next.server import served
from support.next.shields import BASE, policy_text, shielded
from support.next.stories import Doors, no_help, told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from hardtack.demo.pool import PoolVerbs
    from support.next.stories import Row
    from support.next.tabs import Browser

AT_ONCE: Final = int(os.environ.get("HARDTACK_NEXT_ROWS", "4"))
NONE: Final = "none"
SHIELD: Final = "shield"
SCRIPT: Final = "shield+js"
FRONTS: Final = (NONE, SHIELD, SCRIPT)
_SPAN: Final = 600.0  # seconds after which a row hangs; the slowest takes a tenth of that


class Place:
    """Everything that rows share."""

    def __init__(self, browser: Browser, front: Front, pool: PoolVerbs, folder: Path) -> None:
        self.browser = browser
        self.front = front
        self.pool = pool
        self.folder = folder
        self._clients: dict[int, str] = {}
        self._numbers = iter(range(1_000_000))

    def client_id(self, seconds: int) -> str:
        """An app client whose tokens live so long."""
        if seconds not in self._clients:
            self._clients[seconds] = StockPool(self.pool, token_seconds=seconds).client_id
        return self._clients[seconds]

    async def fails(self, row: Row) -> Any:
        """A row without help."""

        async def tell(seconds: int) -> Any:
            async with self.deployed(row, NONE, seconds) as (door, doors, _):
                return await no_help(self.browser, door, row, doors)

        return await told(tell)

    async def heals(self, row: Row, front: str) -> Any:
        """A row with a front."""

        async def tell(seconds: int) -> Any:
            seen = Cure()
            async with self.deployed(row, front, seconds) as (door, doors, events):
                await stuck_then_front(self.browser, door, row, doors, seen)
            async with self.deployed(row, front, seconds) as (door, doors, more):
                await twins_then_front(self.browser, door, row, doors, seen)
                seen.events = [*events(), *more()]
            return seen

        return await told(tell)

    async def storms(self, row: Row, front: str) -> Any:
        """Refreshes that six calls cost."""

        async def tell(seconds: int) -> Any:
            async with self.deployed(row, front, seconds) as (door, doors, _):
                return await storm(self.browser, door, row, doors, lifetime=seconds, settled=front == SHIELD)

        return await told(tell)

    def _written(self, policy: str) -> Path:
        """A policy as a file."""
        file = self.folder / f"hardtack-{next(self._numbers)}.toml"
        file.write_text(policy)
        return file

    @asynccontextmanager
    async def deployed(self, row: Row, front: str, seconds: int) -> AsyncIterator[tuple[Any, Doors, Any]]:
        """The row's deployments, their door, and what the shield says."""
        client_id = self.client_id(seconds)
        async with AsyncExitStack() as stack:

            async def serve(set_up: Any) -> int:
                return await stack.enter_async_context(served(set_up, self.pool, client_id))

            doors = Doors(site=await serve(row.set_up))
            if row.migrates:
                doors.before = await serve(row.set_up_before)
            door = await self.front.open(doors.site)
            events: Any = list
            if front != NONE:
                behind = await serve(row.set_up_with_script(BASE)) if front == SCRIPT else doors.site
                policy = policy_text(row, origin=door.url, upstream=behind, pool=self.pool, client_id=client_id)
                shield = await stack.enter_async_context(shielded(self._written(policy)))
                doors.shield = shield.port
                events = shield.names
            yield door, doors, events


@asynccontextmanager
async def place(browser_name: str, pool: PoolVerbs) -> AsyncIterator[Place]:
    """The built site, the test authority, the TLS front and a browser that trusts them."""
    build()
    with tempfile.TemporaryDirectory(prefix="hardtack-next-") as name:
        folder = Path(name)
        certificate, key = certified(folder)
        async with AsyncExitStack() as stack:
            front = await stack.enter_async_context(Front(certificate, key))
            if browser_name == "firefox":
                from support.firefox import firefox

                browser: Browser = await stack.enter_async_context(firefox(folder))
            else:
                trust(folder / "authority.pem", folder / ".pki" / "nssdb")
                browser = await stack.enter_async_context(chromium(folder))
            yield Place(browser, front, pool, folder)


def tell_all(
    browser_name: str, front: str, rows: Iterable[Row], pool: PoolVerbs, *, storms: bool = False
) -> dict[str, Any]:
    """Run all rows with a front; by the row's name what was seen, or the exception that ended it."""
    seen: dict[str, Any] = {}

    async def one(gate: asyncio.Semaphore, here: Place, row: Row) -> None:
        async with gate:
            begun = time.monotonic()
            try:
                async with asyncio.timeout(_SPAN):
                    if storms:
                        seen[row.name] = await here.storms(row, front)
                    elif front == NONE:
                        seen[row.name] = await here.fails(row)
                    else:
                        seen[row.name] = await here.heals(row, front)
            except Exception as error:  # noqa: BLE001 - the row's own test raises it
                seen[row.name] = error
            how = f"{type(seen[row.name]).__name__} after {time.monotonic() - begun:.0f} s"
            sys.stderr.write(f"{browser_name}, {front}: {row.name}: {how}\n")

    async def all_rows() -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        async with place(browser_name, pool) as here:
            await asyncio.gather(*(one(gate, here, row) for row in rows))

    asyncio.run(all_rows())
    _keep(browser_name, f"{front}{'-storm' if storms else ''}", seen)
    return seen


def _keep(browser_name: str, front: str, seen: dict[str, Any]) -> None:
    """Write what was seen under `var/next`."""
    WORK.mkdir(parents=True, exist_ok=True)
    shown = {name: each.as_json() if hasattr(each, "as_json") else repr(each) for name, each in sorted(seen.items())}
    path = WORK / f"matrix-{browser_name}-{front}.json"
    path.write_text(json.dumps(shown, indent=1) + "\n", encoding="utf-8")
