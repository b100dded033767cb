"""What a signed-in request costs: Hardtack beside fastapi-cognito and a plain PyJWT dependency, over the bare app.

Every application is the same FastAPI endpoint, called as ASGI without a socket, so that only the application's own work
is timed. All get the very same request, with the full Amplify Cookie header for Hardtack and the access token in the
Authorization header for the peers: FastAPI itself reads the cookies of every request, which is no cost of ours. The
applications take turns and the best of many rounds counts. Run as `python bench/middleware.py`.
"""

import asyncio
import http.server
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi_cognito import CognitoAuth, CognitoSettings
from pydantic_settings import BaseSettings

from hardtack.cognito import UserPool
from hardtack.cookies import CookieHeader, CookiePolicy
from hardtack.sessions import RequestKind, SessionCore, Sessions, Settings
from hardtack.web import Hardtack, HardtackMiddleware

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.minting import CLIENT_ID, POOL, Mint

ROUNDS = 15
CALLS = 400  # in one measurement
GOAL_MICROSECONDS = 10.0  # over the bare app
GOAL_SHARE = 1 / 20  # of the best peer's cost
HOST = "app.example.test"

Application = Any


class Row(NamedTuple):
    """One application."""

    name: str
    microseconds: float  # for a whole request
    over_bare: float  # microseconds more than the bare application
    share: float  # of the best peer's cost over bare


def _app() -> FastAPI:
    return FastAPI(openapi_url=None)


def bare() -> Application:
    """The endpoint alone."""
    app = _app()

    @app.get("/")
    async def index(request: Request) -> dict[str, str]:
        return {"hello": "world"}

    return app


def with_hardtack(core: SessionCore) -> Application:
    """The same endpoint behind the middleware, reading the session."""
    app = _app()
    hardtack = Hardtack(core.settings, core=core)

    @app.get("/")
    async def index(request: Request) -> dict[str, str]:
        assert hardtack.session(request.scope) is not None
        return {"hello": "world"}

    app.add_middleware(HardtackMiddleware, hardtack=hardtack)
    return app


def with_pyjwt(mint: Mint) -> Application:
    """The same endpoint with the dependency that most applications write themselves."""
    app = _app()
    keys = {key["kid"]: jwt.PyJWK(key) for key in mint.jwks()["keys"]}

    async def claims(request: Request) -> dict[str, Any]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise HTTPException(401)
        key = keys[jwt.get_unverified_header(token)["kid"]]
        verified: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], issuer=mint.issuer)
        if verified["client_id"] != CLIENT_ID or verified["token_use"] != "access":
            raise HTTPException(401)
        return verified

    @app.get("/")
    async def index(request: Request, who: Annotated[dict[str, Any], Depends(claims)]) -> dict[str, str]:
        assert who["sub"]
        return {"hello": "world"}

    return app


def with_fastapi_cognito(jwks_url: str) -> Application:
    """The same endpoint with fastapi-cognito's dependency."""
    app = _app()

    class CognitoConfiguration(BaseSettings):
        check_expiration: bool = True
        jwt_header_prefix: str = "Bearer"
        jwt_header_name: str = "Authorization"
        userpools: dict[str, dict[str, Any]] = {
            "eu": {
                "region": "eu-west-1",
                "userpool_id": POOL,
                "app_client_id": CLIENT_ID,
                "jwks_url": jwks_url,
            }
        }

    auth = CognitoAuth(settings=CognitoSettings.from_global_settings(CognitoConfiguration()))

    @app.get("/")
    async def index(request: Request, who: Annotated[Any, Depends(auth.auth_required)]) -> dict[str, str]:
        assert who.cognito_id
        return {"hello": "world"}

    return app


class _Keys(http.server.BaseHTTPRequestHandler):
    jwks: bytes = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.jwks)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


async def _call(app: Application, scope: dict[str, Any]) -> int:
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(dict(scope), receive, send)
    return status


def _scope(headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    common = [
        (b"host", HOST.encode()),
        (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36"),
        (b"accept", b"text/html,application/xhtml+xml"),
        (b"accept-language", b"en-GB,en;q=0.9"),
        (b"sec-fetch-mode", b"navigate"),
        (b"sec-fetch-site", b"none"),
        (b"sec-fetch-user", b"?1"),
    ]
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
        "path": "/", "raw_path": b"/", "query_string": b"", "root_path": "", "headers": [*common, *headers],
        "client": ("192.0.2.1", 4711), "server": (HOST, 443), "state": {},
    }  # fmt: skip


def signed_in_core(mint: Mint) -> tuple[SessionCore, bytes]:
    """A running deployment, and the Cookie header of a browser that has settled in it."""
    core = SessionCore(
        Settings(
            pool=UserPool(POOL, CLIENT_ID),
            policy=CookiePolicy(origins=(f"https://{HOST}",), domain="example.test"),
            secrets=("x" * 40,),
            storage="amplify",
        )
    )
    core.keys.replace(mint.jwks())
    sessions = Sessions(core)
    tokens = mint.session(auth_time=int(time.time()))
    request = core.request(kind=RequestKind.NAVIGATION, host=HOST, cookies=b"", raw_path=b"/")
    plan = sessions.sign_in(request, tokens, owner="5b2d4f1e-7c0a-4a3c-9a2b-0f0e2c9d1a11")
    header = "; ".join(f"{line.name}={line.value}" for line in plan.set_cookies if not line.is_deletion).encode()
    assert CookieHeader.parse(header)
    return core, header


def run() -> list[Row]:
    """Measure, all in turns."""
    mint = Mint()
    _Keys.jwks = json.dumps(mint.jwks()).encode()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bearer = f"Bearer {mint.access_token(auth_time=int(time.time()))}".encode()
    core, cookie = signed_in_core(mint)
    apps: dict[str, Application] = {
        "bare": bare(),
        "Hardtack": with_hardtack(core),
        "PyJWT": with_pyjwt(mint),
        "fastapi-cognito": with_fastapi_cognito(f"http://127.0.0.1:{server.server_port}/jwks.json"),
    }
    best = asyncio.run(_measure(apps, _scope([(b"cookie", cookie), (b"authorization", bearer)])))
    server.shutdown()
    over = {name: best[name] - best["bare"] for name in apps}
    best_peer = min(over["PyJWT"], over["fastapi-cognito"])
    return [Row(name, best[name], over[name], over[name] / best_peer) for name in apps]


async def _measure(apps: dict[str, Application], scope: dict[str, Any]) -> dict[str, float]:
    best = dict.fromkeys(apps, float("inf"))
    for name, app in apps.items():
        status = await _call(app, scope)
        assert status == 200, f"{name} answered {status}"
    for _ in range(ROUNDS):
        for name, app in apps.items():
            start = time.perf_counter()
            for _ in range(CALLS):
                await _call(app, scope)
            best[name] = min(best[name], (time.perf_counter() - start) / CALLS * 1e6)
    return best


def main(write: Callable[[str], Any] = print) -> None:
    """Print the table."""
    write(f"{'signed-in request':<20}{'µs':>9}{'over bare':>12}{'of best peer':>14}")
    rows = run()
    for row in rows:
        write(f"{row.name:<20}{row.microseconds:>9.2f}{row.over_bare:>12.2f}{row.share:>13.1%}")
    ours = next(row for row in rows if row.name == "Hardtack")
    write(
        f"\nHardtack costs {ours.over_bare:.1f} µs over the bare app (goal: under {GOAL_MICROSECONDS:.0f}), "
        f"{ours.share:.1%} of the best peer (goal: at most {GOAL_SHARE:.0%})."
    )


if __name__ == "__main__":
    main()
