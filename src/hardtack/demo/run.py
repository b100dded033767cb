"""The whole demo in one process: the user pool, the site with Hardtack, the stock site beside it, one port.

Rule: it binds this machine only, leaves nothing behind but the stock site's bundle in the user's cache folder, and says
nothing that a visitor does not need. `RunningDemo` is what tests start as well.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import uvicorn

from hardtack.demo.pool import EmbeddedPool
from hardtack.demo.site.addresses import Addresses
from hardtack.demo.site.app import DemoSite
from hardtack.demo.site.waiting import StockPlace
from hardtack.errors import Blame, HardtackError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DemoError", "DemoOptions", "RunningDemo", "run"]

_START_LIMIT: Final = 20.0  # seconds; a tenth of one is usual
_MOST_HEADER_BYTES: Final = 262_144  # four sets of cookies pass uvicorn's default of 64 KB sooner than one thinks
_SHUTDOWN: Final = 1  # seconds that open requests have left


class DemoError(HardtackError):
    """The demo could not start."""

    code: ClassVar[str] = "demo"
    blame: ClassVar[Blame] = Blame.CONFIGURATION


def _cache() -> Path:
    """The user's cache folder, by the XDG base directory specification."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hardtack"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """How the demo is started.

    Attributes:
        port: on 127.0.0.1; 0 for any that is free.
        stock: whether the stock site is built and served beside it.
        scheme: `http`, or `https` together with `tls`.
        parent: the registrable domain of the demo's hosts.
        tls: certificate and key files for `https`.
        cache: where the stock site's bundle is kept.
        stock_token_seconds: lifetime of the stock site's tokens; half a minute if None.
    """

    port: int = 8000
    stock: bool = True
    scheme: str = "http"
    parent: str = "hardtack.localhost"
    tls: tuple[str, str] | None = None
    cache: Path = field(default_factory=_cache)
    stock_token_seconds: int | None = None


class RunningDemo:
    """The demo, served from a thread while this object is started; also a context manager.

    Args:
        options: how.
        pool: a running pool to be used; its own, on a free port, if None.
        failed: told in one sentence why there will be no stock site.
    """

    def __init__(
        self,
        options: DemoOptions | None = None,
        *,
        pool: EmbeddedPool | None = None,
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._options = options or DemoOptions()
        self._given = pool
        self._failed = failed
        self._closing = ExitStack()
        self.pool: EmbeddedPool
        self.addresses: Addresses
        self.site: DemoSite
        self.stock: StockPlace | None = None

    @property
    def url(self) -> str:
        """What to open."""
        return self.site.origin

    def start(self) -> Self:
        """Start everything; return when the first request would be answered.

        Raises:
            HardtackError: the port is taken, or the pool can't start.
        """
        with ExitStack() as undo:
            listener = undo.enter_context(_listener(self._options.port))
            self.addresses = Addresses(
                port=listener.getsockname()[1], scheme=self._options.scheme, parent=self._options.parent
            )
            self.pool = self._given or undo.enter_context(EmbeddedPool())
            if self._options.stock:
                self.stock = StockPlace(self._make_stock, self.addresses, failed=self._failed)
            self.site = DemoSite(self.pool, self.addresses, stock=self.stock)
            if self.stock is not None:
                self.stock.style_url = self.site.hardtack.pages.static_url("pages.css")
                self.stock.start()
            undo.callback(self._serve(listener))
            self._closing = undo.pop_all()
        return self

    def stop(self) -> None:
        """Stop everything."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def facts(self) -> dict[str, Any]:
        """What a program that started the demo wants to know."""
        user = self.pool.users[0]
        stock = self.addresses.origin(self.addresses.stock_host) if self.stock is not None else None
        return {
            "ready": True,
            "url": self.url,
            "stock_url": stock,
            "no_cookies_url": self.addresses.origin(self.addresses.blocked_host),
            "pool_url": self.pool.url,
            "username": user.username,
            "password": user.password,
        }

    def _make_stock(self) -> Any:
        from hardtack.demo.stock import (  # noqa: PLC0415 -- may be left out
            TOKEN_SECONDS,
            StockPool,
            StockSettings,
            build,
            stock_app,
        )

        bundle = build(self._options.cache / "stock")
        addresses, user = self.addresses, self.pool.users[0]
        settings = StockSettings(
            origin=addresses.origin(addresses.stock_host),
            cookie_domain=f".{addresses.parent}",
            hardtack_url=f"{self.url}/",
            username=user.username,
            password=user.password,
        )
        clock = self.pool.clock.time
        seconds = self._options.stock_token_seconds or TOKEN_SECONDS
        pool = StockPool(self.pool, token_seconds=seconds, clock=clock)
        return stock_app(settings, pool, bundle=bundle, clock=clock)

    def _serve(self, listener: socket.socket) -> Callable[[], None]:
        """Serve from a thread; answers with what ends that."""
        certificate, key = self._options.tls or (None, None)
        config = uvicorn.Config(
            self.site.app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            http="h11",
            h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
            timeout_graceful_shutdown=_SHUTDOWN,
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )
        server = uvicorn.Server(config)
        thread = Thread(target=asyncio.run, args=(self._main(server, listener),), name="hardtack-demo", daemon=True)
        thread.start()

        def stop() -> None:
            server.should_exit = True
            thread.join()

        deadline = time.monotonic() + _START_LIMIT
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                stop()
                raise DemoError("The demo's server did not start.", hint="Look at the log for its reason.")
            time.sleep(0.002)
        return stop

    async def _main(self, server: uvicorn.Server, listener: socket.socket) -> None:
        await server.serve(sockets=[listener])
        await self.site.hardtack.aclose()


def _listener(port: int) -> socket.socket:
    # asyncio switches Nagle's algorithm off only where it sees the protocol; with it on, each answer takes 40 ms more
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise DemoError(
            f"Port {port} is taken.", hint="Give another one, such as --port 8001, or 0 for any that is free."
        ) from error
    return listener


def run(options: DemoOptions | None = None, *, as_json: bool = False) -> int:
    """Serve the demo until Ctrl-C or SIGTERM.

    Args:
        options: how.
        as_json: print one line of JSON when it is ready, in place of sentences.

    Returns:
        0 when it was stopped, 2 when it could not start: the exit status of the command.
    """
    logging.getLogger("hardtack").addHandler(logging.NullHandler())  # the page's timeline tells what logs would
    stop = Event()

    def on_signal(_number: int, _frame: object) -> None:
        stop.set()

    before = {each: signal.signal(each, on_signal) for each in (signal.SIGINT, signal.SIGTERM)}

    def failed(reason: str) -> None:
        if stop.is_set():  # Ctrl-C reached npm as well
            return
        sys.stderr.write(f"The stock site is left out. {reason}\n")

    try:
        with RunningDemo(options, failed=failed) as demo:
            facts = demo.facts()
            sys.stdout.write((json.dumps(facts) if as_json else _welcome(facts)) + "\n")
            sys.stdout.flush()
            stop.wait()
    except HardtackError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    if not as_json:
        sys.stdout.write("\nStopped.\n")
    return 0


def _welcome(facts: dict[str, Any]) -> str:
    lines = [
        "",
        "  The Hardtack demo is running.",
        "",
        f"  Open        {facts['url']}",
        f"  Sign in as  {facts['username']} / {facts['password']}",
    ]
    if facts["stock_url"]:
        lines.append(f"  Beside it   {facts['stock_url']}  (the same site, stock Amplify: see the loop there)")
    return "\n".join([*lines, "", "  Ctrl-C stops it."])
