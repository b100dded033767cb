"""The site's TLS front: a terminator in a process of its own, with one door for each deployment.

Rule: it stands where a load balancer stands and changes nothing (see `front.mjs`). A door can be led elsewhere while a
browser uses it, so that a release, or putting the shield in front, happens to an open browser under the same address.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from support.next.build import node
from support.next.server import end

if TYPE_CHECKING:
    from asyncio.subprocess import Process

HOST: Final = "app.example.test"
"""The host of every site; cookies know no port, so deployments on several ports are one site to them."""

PARENT: Final = "example.test"


class Front:
    """Doors on `https://app.example.test:<port>`; an async context manager."""

    def __init__(self, certificate: str, key: str) -> None:
        self._files = (certificate, key)
        self._process: Process
        self._reader: asyncio.Task[None]
        self._asked: dict[int, asyncio.Future[int]] = {}
        self._count = 0

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            node(),
            str(Path(__file__).with_name("front.mjs")),
            *self._files,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        await end(self._process)
        await self._reader

    async def open(self, port: int) -> Door:
        """A new door that leads to a port of this machine."""
        self._count += 1
        door = Door(self, self._count)
        await door.lead_to(port)
        return door

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            self._asked.pop(told["door"]).set_result(told["port"])
        for future in self._asked.values():
            future.set_exception(RuntimeError("The TLS front has ended."))

    async def lead(self, number: int, port: int) -> int:
        """Lead a door to a port; the port on which the door itself listens."""
        stdin = self._process.stdin
        assert stdin is not None
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        stdin.write(json.dumps({"door": number, "to": port}).encode() + b"\n")
        await stdin.drain()
        return await future


class Door:
    """One origin."""

    def __init__(self, front: Front, number: int) -> None:
        self._front = front
        self._number = number
        self.port = 0

    @property
    def url(self) -> str:
        """The origin, without a slash at its end."""
        return f"https://{HOST}:{self.port}"

    async def lead_to(self, port: int) -> None:
        """From now on requests are passed to this port of this machine."""
        self.port = await self._front.lead(self._number, port)
