"""The two clients: the same flows, driven once by blocking and once by awaiting.

Rule: no operation is written twice. A client's method is one line that hands it a flow; parameters, types and
docstring are the flow's. A shell hands each step to its transport, which has what a flow lacks: a socket, a thread,
patience.
"""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from hardtack.cognito import accounts, session_tokens, signing_in
from hardtack.cognito.caller import Caller, Surroundings
from hardtack.cognito.retry import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    import httpx2

    from hardtack.cognito.caller import RefreshOperation
    from hardtack.cognito.pool import UserPool
    from hardtack.cognito.steps import Flow

__all__ = ["AsyncCognitoClient", "CognitoClient"]

P = ParamSpec("P")
T = TypeVar("T")


class _BlockingShell:
    """Drives flows in the calling thread; safe to share between threads.

    Args:
        pool: the user pool and app client.
        http: an `httpx2.Client` of yours, with your proxies and certificates; it stays yours to close.
        limits: timeouts, budget and attempts.
        refresh_operation: `InitiateAuth` for pools and emulators that have no GetTokensFromRefreshToken. Pools that
            rotate refresh tokens refuse it.
        surroundings: time and chance, for tests.
    """

    def __init__(
        self,
        pool: UserPool,
        *,
        http: httpx2.Client | None = None,
        limits: Limits | None = None,
        refresh_operation: RefreshOperation = "GetTokensFromRefreshToken",
        surroundings: Surroundings | None = None,
    ) -> None:
        from hardtack.cognito.transport import BlockingTransport  # noqa: PLC0415  loads the HTTP library only here

        self._transport = BlockingTransport(http)
        self._caller = Caller(pool, limits or Limits(), surroundings or Surroundings(), refresh_operation)

    @property
    def pool(self) -> UserPool:
        """The user pool and app client that this client calls."""
        return self._caller.pool

    def _run(self, flow: Flow[T]) -> T:
        outcome: object = None
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration as stop:
                return stop.value
            outcome = self._transport.perform(step)

    def close(self) -> None:
        """Close the client's own connections; an `http` that was passed stays open."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _AwaitingShell:
    """Drives flows on the running asyncio loop.

    Args:
        pool: the user pool and app client.
        http: an `httpx2.AsyncClient` of yours, with your proxies and certificates; it stays yours to close.
        limits: timeouts, budget and attempts.
        refresh_operation: `InitiateAuth` for pools and emulators that have no GetTokensFromRefreshToken. Pools that
            rotate refresh tokens refuse it.
        surroundings: time and chance, for tests.
    """

    def __init__(
        self,
        pool: UserPool,
        *,
        http: httpx2.AsyncClient | None = None,
        limits: Limits | None = None,
        refresh_operation: RefreshOperation = "GetTokensFromRefreshToken",
        surroundings: Surroundings | None = None,
    ) -> None:
        from hardtack.cognito.transport import AwaitingTransport  # noqa: PLC0415  loads the HTTP library only here

        self._transport = AwaitingTransport(http)
        self._caller = Caller(pool, limits or Limits(), surroundings or Surroundings(), refresh_operation)

    @property
    def pool(self) -> UserPool:
        """The user pool and app client that this client calls."""
        return self._caller.pool

    async def _run(self, flow: Flow[T]) -> T:
        outcome: object = None
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration as stop:
                return stop.value
            outcome = await self._transport.perform(step)

    async def aclose(self) -> None:
        """Close the client's own connections; an `http` that was passed stays open."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


def _blocking(flow: Callable[Concatenate[Caller, P], Flow[T]]) -> Callable[Concatenate[_BlockingShell, P], T]:
    """A method that runs a flow and returns its result."""

    @wraps(flow)
    def method(self: _BlockingShell, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._run(flow(self._caller, *args, **kwargs))  # pyright: ignore[reportPrivateUsage]  a method in all but place

    return _as_method(method, flow)


def _awaiting(
    flow: Callable[Concatenate[Caller, P], Flow[T]],
) -> Callable[Concatenate[_AwaitingShell, P], Coroutine[Any, Any, T]]:
    """A coroutine method that runs a flow and returns its result."""

    @wraps(flow)
    async def method(self: _AwaitingShell, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._run(flow(self._caller, *args, **kwargs))  # pyright: ignore[reportPrivateUsage]  a method in all but place

    return _as_method(method, flow)


F = TypeVar("F", bound="Callable[..., object]")


def _as_method(method: F, flow: Callable[..., object]) -> F:
    """Let `help` show a method: `self` for the flow's caller, and the result for the flow of it."""
    signature = inspect.signature(flow)
    first, *rest = signature.parameters.values()
    returns = str(signature.return_annotation).removeprefix("Flow[").removesuffix("]")
    receiver = first.replace(name="self", annotation=inspect.Parameter.empty)
    vars(method)["__signature__"] = signature.replace(parameters=[receiver, *rest], return_annotation=returns)
    return method


class CognitoClient(_BlockingShell):
    """The user pool's operations, blocking. Safe to share between threads."""

    sign_in = _blocking(signing_in.sign_in)
    initiate_auth = _blocking(signing_in.initiate_auth)
    respond_to_auth_challenge = _blocking(signing_in.respond_to_auth_challenge)
    refresh = _blocking(session_tokens.refresh)
    get_user = _blocking(session_tokens.get_user)
    revoke_token = _blocking(session_tokens.revoke_token)
    global_sign_out = _blocking(session_tokens.global_sign_out)
    sign_up = _blocking(accounts.sign_up)
    confirm_sign_up = _blocking(accounts.confirm_sign_up)
    resend_confirmation_code = _blocking(accounts.resend_confirmation_code)
    forgot_password = _blocking(accounts.forgot_password)
    confirm_forgot_password = _blocking(accounts.confirm_forgot_password)


class AsyncCognitoClient(_AwaitingShell):
    """The user pool's operations, awaitable, on asyncio. One client belongs to one event loop."""

    sign_in = _awaiting(signing_in.sign_in)
    initiate_auth = _awaiting(signing_in.initiate_auth)
    respond_to_auth_challenge = _awaiting(signing_in.respond_to_auth_challenge)
    refresh = _awaiting(session_tokens.refresh)
    get_user = _awaiting(session_tokens.get_user)
    revoke_token = _awaiting(session_tokens.revoke_token)
    global_sign_out = _awaiting(session_tokens.global_sign_out)
    sign_up = _awaiting(accounts.sign_up)
    confirm_sign_up = _awaiting(accounts.confirm_sign_up)
    resend_confirmation_code = _awaiting(accounts.resend_confirmation_code)
    forgot_password = _awaiting(accounts.forgot_password)
    confirm_forgot_password = _awaiting(accounts.confirm_forgot_password)
