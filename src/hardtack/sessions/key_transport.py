"""How the pool's keys are fetched: one GET, with a time-out, of at most the size that a key set can have."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import httpx2

__all__ = ["KeyTransport"]

_TIMEOUT: Final = 3.0  # seconds to connect and between two reads: a request is waiting
_BUDGET: Final = 6.0  # seconds for all of it: an answer that only drips must not hold a request for minutes
_MOST_BYTES: Final = 131_072


class KeyTransport:
    """GET over httpx2, blocking and awaitable; the clients are made when first needed."""

    def __init__(self) -> None:
        self._client: httpx2.Client | None = None
        self._async_client: httpx2.AsyncClient | None = None

    def get(self, url: str) -> bytes:
        """Fetch. Raises whatever the transport raises; the key fetcher makes a value of it."""
        import httpx2  # noqa: PLC0415 -- loads the HTTP library only when keys are first fetched

        if self._client is None:
            self._client = httpx2.Client(timeout=_TIMEOUT)
        with self._client.stream("GET", url) as response:
            response.raise_for_status()
            return _bounded(b"".join(_up_to(response.iter_bytes(), time.monotonic() + _BUDGET)))

    async def aget(self, url: str) -> bytes:
        """Fetch without blocking the loop."""
        import httpx2  # noqa: PLC0415 -- loads the HTTP library only when keys are first fetched

        if self._async_client is None:
            self._async_client = httpx2.AsyncClient(timeout=_TIMEOUT)
        body = b""
        async with asyncio.timeout(_BUDGET), self._async_client.stream("GET", url) as response:
            response.raise_for_status()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    break
        return _bounded(body)

    def close(self) -> None:
        """Close the blocking client's connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def aclose(self) -> None:
        """Close the awaitable client's connections, on the loop that used them."""
        if self._async_client is not None:
            await self._async_client.aclose()
            self._async_client = None


def _up_to(parts: Any, until: float) -> Any:
    size = 0
    for part in parts:
        if time.monotonic() > until:
            raise TimeoutError
        size += len(part)
        yield part
        if size > _MOST_BYTES:
            return


def _bounded(body: bytes) -> bytes:
    return body[: _MOST_BYTES + 1]
