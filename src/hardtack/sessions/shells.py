"""The two shells: the same flows, driven by threads that block and by an event loop that must not.

Rule: a shell carries needs to the world and answers back; it decides nothing. Each loop is a few lines, and both are
tested by one suite.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, TypeVar

from hardtack.cognito import AsyncCognitoClient, CognitoClient, CognitoError
from hardtack.sessions.asking import Recall, Refresh
from hardtack.sessions.coordination import CallPool, Pause, StoreCall
from hardtack.sessions.core import AnyNeed, Revoke, SessionCore, SignOutEverywhere
from hardtack.sessions.judging import FetchKeys

if TYPE_CHECKING:
    from collections.abc import Generator

    from hardtack.sessions.outcomes import Plan
    from hardtack.sessions.request import BrowserRequest
    from hardtack.sessions.signing import Departure
    from hardtack.tokens import TokenSet

__all__ = ["AsyncSessions", "Sessions"]

T = TypeVar("T")


class Sessions:
    """Sessions for code that blocks: Django, Flask, scripts. Safe to share between threads.

    Args:
        core: the deployment's parts.
        cognito: the user pool; made from the settings when not given.
    """

    def __init__(self, core: SessionCore, cognito: CognitoClient | None = None) -> None:
        self.core = core
        self.cognito = cognito or CognitoClient(core.settings.pool, refresh_operation=core.settings.refresh_operation)

    def handle(self, request: BrowserRequest) -> Plan:
        """Decide one request."""
        return self._run(self.core.handle(request))

    def sign_in(
        self, request: BrowserRequest, tokens: TokenSet, *, owner: str, extras: dict[str, str] | None = None
    ) -> Plan:
        """Write the session that the pool has just granted."""
        return self._run(self.core.sign_in(request, tokens, owner=owner, extras=extras))

    def arrive(self, request: BrowserRequest, tokens: TokenSet, *, claim: str) -> bool:
        """Keep what script says that its sign-in has given; False where it is not to be believed."""
        return self._run(self.core.arrive(request, tokens, claim=claim))

    def sign_out(self, request: BrowserRequest) -> Departure:
        """Clear this browser's session; then see `revoke`."""
        return self._run(self.core.sign_out(request))

    def revoke(self, departure: Departure, *, everywhere: bool = False) -> bool:
        """End at the pool what the sign-out cleared. False when the pool could not be told."""
        return self._run(self.core.revoke(departure, everywhere=everywhere))

    def close(self) -> None:
        """Close the connections to the pool."""
        self.cognito.close()
        self.core.key_transport.close()

    def _run(self, flow: Generator[Any, Any, T]) -> T:
        answer: object = None
        while True:
            try:
                need = flow.send(answer)
            except StopIteration as stop:
                return stop.value
            answer = self._answer(need)

    def _answer(self, need: AnyNeed) -> object:  # noqa: PLR0911 -- one return for each need
        core = self.core
        match need:
            case Refresh():
                return self._run(core.refresh(need))
            case Recall():
                return self._run(core.fetch_back(need))
            case CallPool(refresh_token, username):
                try:
                    return core.pool_rests() or core.refreshed(self.cognito.refresh(refresh_token, username=username))
                except CognitoError as error:
                    return core.not_refreshed(error)
            case StoreCall(call):
                return call()
            case Pause(seconds):
                return time.sleep(seconds)
            case FetchKeys(kid):
                return core.keys_fetched(core.fetcher.fetch(core.key_transport.get, core.clock.now(), kid=kid or None))
            case Revoke(token) | SignOutEverywhere(token):
                end = self.cognito.revoke_token if isinstance(need, Revoke) else self.cognito.global_sign_out
                try:
                    end(token)
                except CognitoError as error:
                    return core.not_ended(error)
                return True


class AsyncSessions:
    """Sessions for asyncio: ASGI, FastAPI, Starlette. One object belongs to one event loop.

    Args:
        core: the deployment's parts.
        cognito: the user pool; made from the settings when not given.
    """

    def __init__(self, core: SessionCore, cognito: AsyncCognitoClient | None = None) -> None:
        self.core = core
        self.cognito = cognito or AsyncCognitoClient(
            core.settings.pool, refresh_operation=core.settings.refresh_operation
        )
        self._refreshes: set[asyncio.Task[object]] = set()

    async def handle(self, request: BrowserRequest) -> Plan:
        """Decide one request."""
        return await self._run(self.core.handle(request))

    async def sign_in(
        self, request: BrowserRequest, tokens: TokenSet, *, owner: str, extras: dict[str, str] | None = None
    ) -> Plan:
        """Write the session that the pool has just granted."""
        return await self._run(self.core.sign_in(request, tokens, owner=owner, extras=extras))

    async def arrive(self, request: BrowserRequest, tokens: TokenSet, *, claim: str) -> bool:
        """Keep what script says that its sign-in has given; False where it is not to be believed."""
        return await self._run(self.core.arrive(request, tokens, claim=claim))

    async def sign_out(self, request: BrowserRequest) -> Departure:
        """Clear this browser's session; then see `revoke`."""
        return await self._run(self.core.sign_out(request))

    async def revoke(self, departure: Departure, *, everywhere: bool = False) -> bool:
        """End at the pool what the sign-out cleared. False when the pool could not be told."""
        return await self._run(self.core.revoke(departure, everywhere=everywhere))

    async def aclose(self) -> None:
        """Let refreshes that are under way end, then close the connections to the pool."""
        await asyncio.gather(*self._refreshes, return_exceptions=True)
        await self.cognito.aclose()
        await self.core.key_transport.aclose()

    async def _run(self, flow: Generator[Any, Any, T]) -> T:
        answer: object = None
        while True:
            try:
                need = flow.send(answer)
            except StopIteration as stop:
                return stop.value
            answer = await self._answer(need)

    async def _answer(self, need: AnyNeed) -> object:  # noqa: PLR0911 -- one return for each need
        core = self.core
        match need:
            case Refresh():
                return await self._to_its_end(self._run(core.refresh(need)))
            case Recall():
                return await self._to_its_end(self._run(core.fetch_back(need)))
            case CallPool(refresh_token, username):
                try:
                    rests = core.pool_rests()
                    return rests or core.refreshed(await self.cognito.refresh(refresh_token, username=username))
                except CognitoError as error:
                    return core.not_refreshed(error)
            case StoreCall(call, blocking):
                return await asyncio.to_thread(call) if blocking else call()
            case Pause(seconds):
                return await asyncio.sleep(seconds)
            case FetchKeys(kid):
                return core.keys_fetched(
                    await core.fetcher.afetch(core.key_transport.aget, core.clock.now(), kid=kid or None)
                )
            case Revoke(token) | SignOutEverywhere(token):
                end = self.cognito.revoke_token if isinstance(need, Revoke) else self.cognito.global_sign_out
                try:
                    await end(token)
                except CognitoError as error:
                    return core.not_ended(error)
                return True

    async def _to_its_end(self, refresh: Any) -> object:
        """Run a refresh to its end even if the browser gives up: its answer may hold the only live refresh token."""
        task = asyncio.ensure_future(refresh)
        self._refreshes.add(task)
        task.add_done_callback(self._refreshes.discard)
        return await asyncio.shield(task)
