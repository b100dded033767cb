"""`hardtack shield` in front of a site: the command itself, in a process of its own, with a policy file on disk."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from support.next.server import end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hardtack.demo.pool import PoolVerbs
    from support.next.stories import Row

_SECRET: Final = "a-secret-of-thirty-two-characters-or-more-for-a-test"
BASE: Final = "/hardtack"
_TRIES: Final = 300
_PAUSE: Final = 0.1  # seconds


class Shielding:
    """A shield that runs.

    Attributes:
        port: where it listens on this machine.
        events: what it said about what it saw and did, oldest first.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.events: list[dict[str, Any]] = []

    def names(self) -> list[str]:
        """The events' names."""
        return [str(event.get("event")) for event in self.events]


def policy_text(row: Row, *, origin: str, upstream: int, pool: PoolVerbs, client_id: str) -> str:
    """A policy file whose scope is the client's, as whoever runs the site would write it.

    Where the server wrote more widely than the client, that scope is named as a legacy one: the shield sweeps nothing
    wider than its policy unless it is told that it may.
    """
    domain = f"domain = {json.dumps(row.client)}" if row.client else ""
    wider = {scope for scope in (row.server, row.before) if _is_wider(scope, row.client)}
    legacy = ", ".join(f'{{ domain = {json.dumps(scope)}, path = "/" }}' for scope in sorted(wider))
    return f"""
[pool]
user_pool_id = {json.dumps(pool.user_pool_id)}
client_id = {json.dumps(client_id)}
endpoint = {json.dumps(pool.url)}

[policy]
origins = [{json.dumps(origin)}]
{domain}
path = "/"
secure = true
http_only = false
same_site = "lax"
max_age = 31536000
base_paths = ["/", "/login"]
legacy_scopes = [{legacy}]

[shield]
upstream = "http://127.0.0.1:{upstream}"
base = "{BASE}"
sign_in = "/login"
judge_seconds = 10.0
"""


def _is_wider(scope: str | None, own: str | None) -> bool:
    """Whether a Domain reaches hosts that the policy's own doesn't."""
    return scope is not None and (own is None or len(scope.lstrip(".")) < len(own.lstrip(".")))


@asynccontextmanager
async def shielded(file: Path, port: int | None = None) -> AsyncIterator[Shielding]:
    """Run `hardtack shield` with a policy file, on this port or on any; it listens when this is entered."""
    shield = Shielding(port or free_port())
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "hardtack.cli", "shield", "--policy", str(file), "--port", str(shield.port)),
        *("--trusted", "127.0.0.1", "--json"),
        env={**os.environ, "HARDTACK_SECRETS": _SECRET, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    reader = asyncio.create_task(_read(process, shield))
    try:
        await _listening(process, shield)
        yield shield
    finally:
        await end(process)
        await reader


async def _read(process: asyncio.subprocess.Process, shield: Shielding) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        try:
            shield.events.append(json.loads(line))
        except ValueError:
            shield.events.append({"event": "said", "text": line.decode(errors="replace").rstrip()})


async def _listening(process: asyncio.subprocess.Process, shield: Shielding) -> None:
    for _ in range(_TRIES):
        if process.returncode is not None:
            break
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", shield.port)
        except OSError:
            await asyncio.sleep(_PAUSE)
        else:
            writer.close()
            await writer.wait_closed()
            return
    message = f"The shield does not listen: {shield.events}"
    raise RuntimeError(message)


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
