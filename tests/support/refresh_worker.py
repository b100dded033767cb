"""One worker process of a site, for stories about several: `python refresh_worker.py`, driven over a connection.

The user pool lives in the test's process, since its keys do; this one asks it over the same kind of connection. Each
order on standard input is one line of JSON: {"header", "now", "threads"}. So many requests with that Cookie header are
then handled at once, by as many threads, and one line of JSON comes back: each plan's outcome and its refresh token.
"""

from __future__ import annotations

import json
import sys
import threading
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from hardtack.cognito import CognitoRefused, UserPool
from hardtack.cognito import Reason as PoolReason
from hardtack.cookies import CookiePolicy
from hardtack.sessions import RequestKind, SessionCore, Sessions, Settings
from hardtack.tokens import TokenSet
from support.minting import CLIENT_ID, POOL


class FarPool:
    """The pool of the test's process."""

    def __init__(self, address: str) -> None:
        self._address = address

    def refresh(self, refresh_token: str, *, username: str | None = None) -> TokenSet:
        with Client(self._address, "AF_UNIX") as pool:
            pool.send(refresh_token)
            answer = pool.recv()
        if answer is None:
            raise CognitoRefused("GetTokensFromRefreshToken", PoolReason.REUSED)
        return TokenSet(*answer)


class Keys:
    def __init__(self, jwks: dict[str, Any]) -> None:
        self._jwks = jwks

    def get(self, url: str) -> bytes:
        return json.dumps(self._jwks).encode()


def main() -> None:
    how = json.loads(sys.stdin.readline())
    clock = {"now": 0.0}
    settings = Settings(
        pool=UserPool(POOL, CLIENT_ID),
        policy=CookiePolicy(origins=(f"https://{how['host']}",)),
        secrets=(how["secret"],),
        storage=how["storage"],
        store=how["store"],
    )
    core = SessionCore(settings, wall=lambda: clock["now"])
    core.key_transport = Keys(how["jwks"])  # type: ignore[assignment]
    sessions = Sessions(core, FarPool(how["pool"]))  # type: ignore[arg-type]
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        clock["now"] = order["now"]
        print(json.dumps(crowd(sessions, how["host"], order["header"], order["threads"])), flush=True)


def crowd(sessions: Sessions, host: str, header: str, threads: int) -> list[list[str]]:
    answers: list[list[str]] = []
    start = threading.Barrier(threads)

    def ask() -> None:
        start.wait()
        request = sessions.core.request(kind=RequestKind.NAVIGATION, host=host, cookies=header.encode("latin-1"))
        plan = sessions.handle(request)
        answers.append([plan.outcome.kind, (plan.session and plan.session.tokens.refresh_token) or ""])

    running = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return answers


if __name__ == "__main__":
    main()
