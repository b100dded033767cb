"""The server in front of the proxy: uvicorn, with what a server needs that strangers talk to.

Rule: it ends as it was told to: no new connections, WebSockets closed with 1001, what is under way finished within the
grace, and only what is left then cut off. How it reads what comes in stands in `protocol.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, cast

import uvicorn
from uvicorn.supervisors import Multiprocess

from hardtack.web.proxy.limits import ProxyLimits, ProxySettingError
from hardtack.web.proxy.protocol import BoundedConfig, BoundedProtocol, GoingAwayWebSocket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["ServerOptions", "make_server", "serve"]

_LOG: Final = logging.getLogger("hardtack.proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How the server listens, waits and ends.

    Attributes:
        host: the address to listen on.
        port: the port to listen on; 0 for any free one.
        unix_socket: a path to listen on instead of host and port.
        workers: processes; with more than one the application is given as a factory.
        grace_seconds: how long requests under way may take to finish once the server is told to end; whole seconds.
        head_seconds: for the whole head of a request to come in; then the connection is closed.
        keep_alive_seconds: an idle connection of a browser is kept for so long; whole seconds. Longer than a load
            balancer in front keeps its own (60 on AWS), or it sends a request into a connection that is being closed.
        backlog: connections that may wait to be accepted.
        certificate: path of a PEM file with the certificate chain, for https without a server in front; "" for none.
        key: path of a PEM file with its key, where it is not in the same file.
        access_log: write a line for each request. Addresses and paths may be personal data: off unless wanted.
        log_level: of the server's own log.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    unix_socket: str = ""
    workers: int = 1
    grace_seconds: int = 30
    head_seconds: float = 30.0
    keep_alive_seconds: int = 75
    backlog: int = 2_048
    certificate: str = ""
    key: str = ""
    access_log: bool = False
    log_level: str = "warning"

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            ProxySettingError: a number is not above 0.
        """
        numbers = [field.name for field in fields(self) if field.type in ("int", "float") and field.name != "port"]
        wrong = [name for name in numbers if not getattr(self, name) > 0]
        if wrong or not 0 <= self.port < 65_536:  # noqa: PLR2004 -- what a port is
            raise ProxySettingError(f"An option of the server is out of range: {', '.join(wrong) or 'port'}.")


def serve(
    app: Application | Callable[[], Application],
    options: ServerOptions | None = None,
    limits: ProxyLimits | None = None,
    *,
    factory: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM; then let requests under way finish, close WebSockets with 1001, and return.

    Args:
        app: the application; with `factory` what makes it, in each process anew.
        options: how to listen.
        limits: the same as the proxy's: `request_header_bytes` is held here first.
        factory: `app` is a function without arguments. With several workers it must be one, and picklable: a function
            of a module, or a `functools.partial` of one.

    Raises:
        ProxySettingError: several workers without a factory.
        SystemExit: it can't listen there; the server has said why.
    """
    options = ServerOptions() if options is None else options
    if options.workers > 1 and not factory:
        raise ProxySettingError(
            "Several workers need a factory.", hint="Each process makes its own application: pass factory=True."
        )
    _allow_many_files()
    server = make_server(app, options, limits, factory=factory)
    if options.workers == 1:
        server.run()
    else:
        config = server.config
        Multiprocess(config, [config.bind_socket()]).run()


def make_server(
    app: Application | Callable[[], Application],
    options: ServerOptions | None = None,
    limits: ProxyLimits | None = None,
    *,
    factory: bool = False,
) -> uvicorn.Server:
    """The server that `serve` runs, for whoever runs it in a loop of their own (`await server.serve()`)."""
    options = ServerOptions() if options is None else options
    config = BoundedConfig(
        cast("Any", _FromFactory(app) if factory else _Quiet(cast("Application", app))),
        factory=factory,
        host=options.host,
        port=options.port,
        uds=options.unix_socket or None,
        workers=options.workers,
        loop="asyncio",
        http=BoundedProtocol,
        ws=GoingAwayWebSocket,
        ws_max_size=(limits or ProxyLimits()).websocket_message_bytes,
        lifespan="auto",
        log_level=options.log_level,
        access_log=options.access_log,
        proxy_headers=False,  # the proxy itself judges whom to believe
        server_header=False,
        date_header=False,  # the site's own Date passes
        backlog=options.backlog,
        timeout_keep_alive=options.keep_alive_seconds,
        timeout_graceful_shutdown=options.grace_seconds,
        ssl_certfile=options.certificate or None,
        ssl_keyfile=options.key or None,
    )
    config.most_header_bytes = (limits or ProxyLimits()).request_header_bytes
    config.head_seconds = options.head_seconds
    return uvicorn.Server(config)


class _Quiet:
    """Ends requests that are cut off when the grace is over, without a traceback for each."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if scope["type"] == "lifespan":
                raise
            _LOG.warning("a request was cut off: the server ends")


class _FromFactory:
    """Makes the application in the process that serves it."""

    def __init__(self, make: Any) -> None:
        self._make = make

    def __call__(self) -> _Quiet:
        return _Quiet(self._make())


def _allow_many_files() -> None:
    """Raise the soft limit of open files to the hard one: each browser takes two."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 -- not on Windows

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
