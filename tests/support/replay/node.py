"""The site's Node server, in a process of its own that serves one history after the other."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx2

from support.next.build import node
from support.next.server import end
from support.replay.packages import HERE, server_modules

if TYPE_CHECKING:
    from asyncio.subprocess import Process


class NodeSite:
    """`site.cjs`, running; an async context manager.

    Args:
        gate: where its calls to the pool go.
        keys: where the pool's public keys are.

    Attributes:
        port: where it listens.
    """

    def __init__(self, gate: str, keys: str) -> None:
        self._arguments = (gate, keys)
        self._process: Process
        self.port = 0

    async def __aenter__(self) -> Self:
        modules = await asyncio.to_thread(server_modules)
        self._process = await asyncio.create_subprocess_exec(
            node(),
            str(HERE / "site.cjs"),
            *self._arguments,
            env={**os.environ, "NODE_PATH": str(modules)},
            cwd=Path(modules).parent,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("The site's server did not start.")
        self.port = json.loads(line)["port"]
        self._http = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await end(self._process)

    async def deploy(self, config: dict[str, Any], domain: str | None, document: dict[str, Any], context: str) -> None:
        """From now on this is the release that answers.

        Args:
            config: the pool, as `Amplify.configure` takes it.
            domain: the Domain that the adapter writes; None for none.
            document: what the pages are told.
            context: names the context that page loads pass; empty for none.
        """
        body = {"config": config, "domain": domain, "document": document, "context": context}
        (await self._http.post("/rig/deploy", json=body)).raise_for_status()
