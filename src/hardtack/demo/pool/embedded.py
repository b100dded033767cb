"""The pool in this process: ministack behind the gateway, served by uvicorn from a thread of its own.

Rule: it binds 127.0.0.1 and nothing else, keeps its keys in a temporary folder that goes with it, says nothing on the
log below an error, and leaves environment, root logger and ministack as it found them.
"""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import socket
import struct
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from threading import Lock, Thread, get_ident
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, cast

from hardtack.demo.pool.clock import PoolTime
from hardtack.demo.pool.control import serve_control
from hardtack.demo.pool.emulator import Emulator
from hardtack.demo.pool.facts import PoolError, PoolIds, PoolSettings
from hardtack.demo.pool.gateway import Gateway
from hardtack.demo.pool.verbs import PoolVerbs

if TYPE_CHECKING:
    import uvicorn

    from hardtack.demo.pool.asgi import Answer, Scope

__all__ = ["EmbeddedPool"]

_START_LIMIT: Final = 20.0  # seconds; half a second is usual
_CODE: Final = re.compile(r"\b\d{6}\b")


class EmbeddedPool(PoolVerbs):
    """A user pool that lives while this object is started; also a context manager.

    One a process at a time, because ministack's state is module-global. The port is a free one unless given.
    """

    _running: ClassVar[EmbeddedPool | None] = None
    _guard: ClassVar[Lock] = Lock()

    def __init__(self, *, port: int = 0) -> None:
        self._port = port
        self.ids = PoolIds(url="")
        self._clock = PoolTime()
        self._verbs = Lock()
        self._emulator: Emulator
        self._gateway: Gateway
        self._server: uvicorn.Server
        self._thread: Thread
        self._loop: asyncio.AbstractEventLoop
        self._state_dir: Path

    def start(self) -> Self:
        """Serve, and return when the first call would be answered.

        Raises:
            PoolError: one is running in this process, the port is taken, or ministack is missing or in other use.
        """
        with EmbeddedPool._guard:
            if EmbeddedPool._running is not None:
                raise PoolError(
                    "An embedded pool is running in this process already, and its state is global.",
                    hint="Stop that one first, share it, or run `python -m hardtack.demo.pool`.",
                )
            EmbeddedPool._running = self
        try:
            self._start()
        except BaseException:
            EmbeddedPool._running = None
            raise
        return self

    def _start(self) -> None:
        listener = _listener(self._port)
        self.ids = PoolIds(url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        self._state_dir = Path(tempfile.mkdtemp(prefix="hardtack-pool-"))
        try:
            self._clock = PoolTime()
            self._emulator = Emulator(self._clock, self.ids)
            self._emulator.install(self._state_dir)
            self._gateway = Gateway(self._emulator, self.ids, self._clock, drop=self._drop, control=self._control)
            self._emulator.seed(self._gateway.settings)
            self._serve(listener)
        except BaseException:
            listener.close()
            shutil.rmtree(self._state_dir, ignore_errors=True)
            raise

    def _serve(self, listener: socket.socket) -> None:
        import uvicorn  # noqa: PLC0415 - an extra, and 50 ms; only who starts a pool pays for it

        class Config(uvicorn.Config):
            def configure_logging(self) -> None:
                """Leave the process's logging alone."""

        config = Config(
            cast("Any", self._gateway),
            http="h11",
            ws="none",
            lifespan="off",  # ministack's own would look for Docker, run init scripts and open ports
            date_header=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._run, args=(listener,), name="hardtack-pool", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _START_LIMIT
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise PoolError("The embedded pool's server did not start.", hint="Look at the log for its reason.")
            time.sleep(0.002)

    def _run(self, listener: socket.socket) -> None:
        ours = get_ident()

        def silent(record: logging.LogRecord) -> bool:
            return record.thread != ours or record.levelno >= logging.ERROR

        loggers = [logging.getLogger(name) for name in ("uvicorn.error", "uvicorn.access")]
        for each in loggers:
            each.addFilter(silent)
        try:
            asyncio.run(self._main(listener))
        finally:
            for each in loggers:
                each.removeFilter(silent)

    async def _main(self, listener: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        await self._emulator.warm_up()
        await self._server.serve(sockets=[listener])

    def stop(self) -> None:
        """Stop serving, forget everything, remove the folder; harmless when it isn't running."""
        if EmbeddedPool._running is not self:
            return
        self._loop.call_soon_threadsafe(self._hang_up)
        self._thread.join()
        self._emulator.uninstall()
        shutil.rmtree(self._state_dir, ignore_errors=True)
        EmbeddedPool._running = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _hang_up(self) -> None:
        """End the calls that a fault holds, so that nobody waits for them, and let the server finish."""
        self._gateway.closing.set()
        for connection in tuple(self._server.server_state.connections):
            _abort(connection)
        self._server.should_exit = True

    def _drop(self, scope: Scope) -> None:
        """Reset the connection that a request came by: RST, as a crashed peer or a strict firewall sends it."""
        for connection in tuple(self._server.server_state.connections):
            if getattr(connection, "client", None) == tuple(scope["client"]):
                _abort(connection)

    # The verbs

    async def _control(self, scope: Scope, body: bytes) -> Answer:
        return await serve_control(scope, body, ids=self.ids, do=self.do)

    def do(self, verb: str, **arguments: Any) -> Any:
        """Carry out a verb here; one at a time, whoever asks."""
        if EmbeddedPool._running is not self:
            raise PoolError("The embedded pool is not running.", hint="Call start(), or use it as a context manager.")
        carry_out = getattr(self, f"_verb_{verb}", None)
        if carry_out is None:
            raise PoolError("The pool has no such verb.", hint="The verbs stand in hardtack.demo.pool.verbs.")
        with self._verbs:
            return carry_out(**arguments)

    def _verb_calls(self) -> Any:
        return [asdict(each) for each in self._gateway.calls.all()]

    def _verb_clear_calls(self) -> None:
        self._gateway.calls.clear()

    def _verb_token_hash(self, token: str) -> str:
        return self._gateway.tokens.hash(token)

    def _verb_settings(self) -> Any:
        return asdict(self._gateway.settings)

    def _verb_configure(self, **changes: Any) -> Any:
        try:
            settings = replace(self._gateway.settings, **changes)
        except TypeError:
            raise PoolError("That is not a setting of the pool.", hint="See PoolSettings.") from None
        self._emulator.configure(settings)
        self._gateway.settings = settings
        return asdict(settings)

    def _verb_reset(self) -> None:
        self._gateway.faults.clear()
        self._gateway.tokens.clear()
        self._gateway.settings = PoolSettings()
        self._clock.offset = 0.0
        self._emulator.seed(self._gateway.settings)
        self._gateway.calls.clear()

    def _verb_add_user(self, username: str, password: str, email: str | None, *, temporary: bool) -> str:
        return self._emulator.add_user(username, password, email, temporary=temporary)

    def _verb_delete_user(self, username: str) -> None:
        self._emulator.admin("_admin_delete_user", Username=username)

    def _verb_disable_user(self, username: str) -> None:
        self._emulator.admin("_admin_disable_user", Username=username)

    def _verb_enable_user(self, username: str) -> None:
        self._emulator.admin("_admin_enable_user", Username=username)

    def _verb_require_password_reset(self, username: str) -> None:
        self._emulator.admin("_admin_reset_user_password", Username=username)

    def _verb_require_new_password(self, username: str, password: str) -> None:
        self._emulator.admin("_admin_set_user_password", Username=username, Password=password, Permanent=False)

    def _verb_enable_totp(self, username: str, secret: str) -> str:
        self._emulator.enable_totp(username, secret)
        return secret

    def _verb_totp_code(self, username: str) -> str:
        return self._emulator.totp_code(username)

    def _verb_code(self, username: str) -> str | None:
        codes = [code for text in self._emulator.mails_to(username) for code in _CODE.findall(text)]
        return codes[-1] if codes else None

    def _verb_issue(self, username: str, client_id: str | None, age: float) -> Any:
        with self._clock.aged(age):
            result = self._emulator.issue(username, client_id or self.ids.client_id)
        result["RefreshToken"] = self._gateway.wrap(result["RefreshToken"])
        return result

    def _verb_revoke(self, token: str) -> None:
        self._emulator.revoke_session(self._gateway.tokens.inner(token))

    def _verb_revoke_all(self, username: str) -> None:
        self._emulator.admin("_admin_user_global_sign_out", Username=username)
        self._emulator.forget_sign_out_times()

    def _verb_rotate_keys(self) -> None:
        self._gateway.tokens.rewrite(self._emulator.rotate_keys())

    def _verb_clock_offset(self) -> float:
        return self._clock.offset

    def _verb_set_clock_offset(self, seconds: float) -> None:
        self._clock.offset = float(seconds)

    def _verb_advance_clock(self, seconds: float) -> None:
        self._clock.offset += float(seconds)

    def _verb_fail(self, operation: str, kind: str, **details: Any) -> Any:
        return asdict(self._gateway.faults.add(operation, kind, **details))

    def _verb_remove_fault(self, number: int) -> None:
        self._gateway.faults.remove(number)

    def _verb_clear_faults(self, operation: str | None) -> None:
        self._gateway.faults.clear(operation)

    def _verb_faults(self) -> Any:
        return [asdict(each) for each in self._gateway.faults.active()]


def _abort(connection: Any) -> None:
    linger = struct.pack("ii", 1, 0)  # on, zero seconds: closing discards what is unsent and resets
    connection.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.transport.abort()


def _listener(port: int) -> socket.socket:
    # asyncio switches Nagle's algorithm off only where it sees the protocol; with it on, each answer takes 40 ms more
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise PoolError(f"Port {port} is taken.", hint="Give another one, or 0 for any that is free.") from error
    return listener
