"""What Hardtack takes: the time of its import, and the memory of its caches at their bounds.

An import is timed in fresh interpreters, the best of several, with bytecode cached as an installed package has it. The
caches are filled past their bounds with sets of realistic size and measured by tracemalloc. Run as
`python bench/footprint.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from hardtack.cognito import UserPool
from hardtack.cookies import CookieHeader, CookiePolicy
from hardtack.sessions import RequestKind, SessionCore, Sessions, Settings
from hardtack.sessions.memory import PlanMemory
from support.minting import CLIENT_ID, POOL, Mint

if TYPE_CHECKING:
    from collections.abc import Callable

GOAL_IMPORT = 100.0  # milliseconds
ROUNDS = 7


class Row(NamedTuple):
    """One figure."""

    what: str
    value: float
    unit: str


def import_milliseconds(module: str) -> float:
    """The best of several imports in fresh interpreters, over an interpreter that imports nothing."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    program = f"import time; t = time.perf_counter(); import {module}; print((time.perf_counter() - t) * 1e3)"
    command = [sys.executable, "-c", program]
    return min(
        float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
        for _ in range(ROUNDS)
    )


def plan_memory_megabytes(most_entries: int) -> tuple[float, int]:
    """Megabytes of a plan memory that was offered twice as many sessions as it keeps, and how many it kept."""
    mint = Mint()
    core = SessionCore(
        Settings(
            pool=UserPool(POOL, CLIENT_ID),
            policy=CookiePolicy(origins=("https://app.example.test",), domain="example.test"),
            secrets=("x" * 40,),
            storage="amplify",
        )
    )
    core.keys.replace(mint.jwks())
    sessions = Sessions(core)
    tokens = mint.session(auth_time=int(time.time()))
    request = core.request(kind=RequestKind.NAVIGATION, host="app.example.test", cookies=b"", raw_path=b"/")
    signed = sessions.sign_in(request, tokens, owner="5b2d4f1e-7c0a-4a3c-9a2b-0f0e2c9d1a11")
    header = "; ".join(f"{line.name}={line.value}" for line in signed.set_cookies if not line.is_deletion).encode()
    plan = sessions.handle(replace(request, cookies=CookieHeader.parse(header), nonce="again"))
    assert plan.steady_until is not None
    tracemalloc.start()
    memory = PlanMemory(most_entries=most_entries)
    for _ in range(most_entries * 2):
        other = os.urandom(len(header))  # another person's header is as long, and other all along
        memory.keep(other, plan, heals=True)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return taken / 1e6, len(memory)


def run() -> list[Row]:
    """Measure."""
    rows = [Row(f"import {module}", import_milliseconds(module), "ms") for module in ("hardtack", "hardtack.cookies")]
    rows.append(Row("import hardtack.web", import_milliseconds("hardtack.web"), "ms"))
    megabytes, kept = plan_memory_megabytes(4_096)
    rows.append(Row(f"plans by header, {kept} kept of {kept * 2} offered", megabytes, "MB"))
    verifier = Mint().verifier()
    mint = Mint()
    now = int(time.time())
    for number in range(600):
        verifier.judge(mint.access_token(auth_time=now, username=f"user{number}"), now=now)
    share = verifier.memory_estimate() / max(verifier.cached(), 1)
    rows.append(Row("verified tokens, 4096 at most", share * 4_096 / 1e6, "MB"))
    return rows


def main(write: Callable[[str], Any] = print) -> None:
    """Print the table."""
    for row in run():
        write(f"{row.what:<48}{row.value:>9.1f} {row.unit}")
    write(f"\nThe goal for `import hardtack` is under {GOAL_IMPORT:.0f} ms.")


if __name__ == "__main__":
    main()
