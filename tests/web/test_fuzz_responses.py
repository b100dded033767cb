"""Hostile Cookie headers through the middleware to an application: no answer is a 5xx, none breaks a line."""

from __future__ import annotations

import asyncio
import json
import random
import re

import pytest

from hardtack.cognito import CognitoRefused, UserPool
from hardtack.cognito import Reason as PoolReason
from hardtack.cookies import CookiePolicy
from hardtack.sessions import SessionCore, Settings
from hardtack.web import Hardtack, HardtackMiddleware
from hardtack.web.answers import SessionRequired
from support.hostile_headers import PIECES, TOTAL
from support.minting import CLIENT_ID, POOL, Mint

SHARES = 4  # so that parallel workers can share the work
HOST = b"app.example.test"
_NAME = f"CognitoIdentityServiceProvider.{CLIENT_ID}".encode()
_UNSAFE = re.compile(rb"[\x00-\x1f\x7f]")
_OURS = [
    *(_NAME + b"." + part for part in (b"LastAuthUser=alice", b"alice.accessToken=", b"alice.refreshToken=r", b"a%zz")),
    *(
        b"__Host-hardtack-" + part
        for part in (b"binding=", b"pair=AAAA", b"ladder=x", b"session-a0=", b"session-b7=1.8.")
    ),
]
_MODES = [
    [(b"sec-fetch-mode", b"navigate"), (b"sec-fetch-site", b"same-origin")],
    [(b"sec-fetch-mode", b"cors")],
    [(b"accept", b"text/html")],
    [(b"next-action", b"1")],
    [(b"sec-purpose", b"prefetch")],
]


class _Keys:
    def __init__(self, mint: Mint) -> None:
        self._mint = mint

    async def aget(self, url):
        return json.dumps(self._mint.jwks()).encode()


class _NoPool:
    async def refresh(self, refresh_token, *, username=None):
        raise CognitoRefused("GetTokensFromRefreshToken", PoolReason.NOT_AUTHORIZED)


async def _app(scope, receive, send):
    if scope["path"] != "/":
        raise SessionRequired
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _middleware(mint: Mint, storage: str) -> HardtackMiddleware:
    policy = CookiePolicy(origins=(f"https://{HOST.decode()}",), domain="example.test", owns_domain=True)
    settings = Settings(pool=UserPool(POOL, CLIENT_ID), policy=policy, secrets=("x" * 40,), storage=storage)
    core = SessionCore(settings)
    core.keys.replace(mint.jwks())
    core.tell = lambda _events: None  # the log of a hundred thousand attacks is not what is tested
    core.key_transport = _Keys(mint)
    return HardtackMiddleware(_app, Hardtack(settings, core=core, cognito=_NoPool()))


@pytest.mark.parametrize("storage", ["amplify", "sealed"])
@pytest.mark.parametrize("seed", range(SHARES))
def test_no_header_is_answered_with_an_error_of_ours(seed, storage):
    source = random.Random(seed)  # noqa: S311  must repeat, need not be secret
    mint = Mint()
    middleware = _middleware(mint, storage)
    tokens = [mint.access_token(auth_time=1_000_000), Mint(key=4).access_token(), mint.id_token()]
    ours = [*_OURS, *(_NAME + b".alice.accessToken=" + token.encode() for token in tokens)]
    statuses: dict[int, int] = {}
    lines: list[bytes] = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            statuses[message["status"]] = statuses.get(message["status"], 0) + 1
            lines.extend(value for name, value in message["headers"] if name == b"set-cookie")

    async def attack():
        for _ in range(TOTAL // SHARES // 2):
            pieces = source.choices(PIECES, k=source.randrange(1, 10)) + source.choices(ours, k=source.randrange(0, 4))
            source.shuffle(pieces)
            raw = b"; ".join(pieces) if source.random() < 0.5 else b"".join(pieces)
            path = source.choice(["/", "/private", "/a;b/c", "/\x85"])
            await middleware(
                {
                    "type": "http", "method": "GET", "path": path, "raw_path": path.encode("latin-1"),
                    "query_string": raw[:20], "client": ("192.0.2.1", 1), "scheme": "https",
                    "headers": [(b"host", HOST), (b"cookie", raw), *source.choice(_MODES)],
                },
                receive,
                send,
            )  # fmt: skip

    asyncio.run(attack())
    print(f"{storage}, seed {seed}: {sum(statuses.values())} answers: {statuses}, {len(lines)} Set-Cookie lines")
    assert sum(statuses.values()) == TOTAL // SHARES // 2
    assert not [status for status in statuses if status >= 500]
    assert len(statuses) > 1
    assert not [line for line in lines if _UNSAFE.search(line)]
