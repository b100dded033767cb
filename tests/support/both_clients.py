"""One suite for both clients: the awaiting one behind a face that blocks."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import httpx2

from hardtack.cognito import AsyncCognitoClient, CognitoClient

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ("blocking", "awaiting")


class Waited:
    """The awaiting client on an event loop of its own; every method waits for its result."""

    def __init__(self, client: AsyncCognitoClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not inspect.iscoroutinefunction(found):
            return found

        def waited(*args: Any, **kwargs: Any) -> Any:
            return self._runner.run(found(*args, **kwargs))

        return waited

    def close(self) -> None:
        """As the blocking client's."""
        self._runner.run(self._client.aclose())


class Clients:
    """Makes clients of one kind and closes them all at the end."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._runner = asyncio.Runner() if kind == "awaiting" else None
        self._made: list[Any] = []

    def __call__(self, pool: Any, *, handler: Callable[..., httpx2.Response] | None = None, **settings: Any) -> Any:
        """A client for a pool; with a handler, over a transport that asks the handler."""
        transport = None if handler is None else httpx2.MockTransport(handler)
        if self._runner is None:
            http = transport and httpx2.Client(transport=transport)
            made: Any = CognitoClient(pool, http=http, **settings)
        else:
            http = transport and httpx2.AsyncClient(transport=transport)
            made = Waited(AsyncCognitoClient(pool, http=http, **settings), self._runner)
        self._made.append((made, http))
        return made

    def close(self) -> None:
        """Close what was made."""
        for made, http in self._made:
            made.close()
            if isinstance(http, httpx2.Client):
                http.close()
            elif http is not None:
                self._runner.run(http.aclose())
        if self._runner is not None:
            self._runner.close()
