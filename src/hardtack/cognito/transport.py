"""What performs the steps of a flow: the one file of this layer that knows an HTTP library.

Rule: it turns a request into an answer or a `Lost`, and decides nothing but this: did the request surely not leave?
Only failures that come before a connection exists say so. A write that broke off, an answer that never came, a
connection that was closed in between may all stand for a deed that the pool has done. Redirects are not followed: they
would carry a password to wherever they point. Imported only when a client is made, so that importing Hardtack loads
no HTTP library.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import httpx2

from hardtack.cognito.errors import Reason
from hardtack.cognito.steps import Compute, HttpRequest, HttpResponse, Lost

if TYPE_CHECKING:
    from hardtack.cognito.steps import Step

__all__ = ["AwaitingTransport", "BlockingTransport"]

# No connection existed yet: name look-up, TCP, TLS, a proxy's CONNECT, or the wait for a free one.
_UNSENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)

_UNREADABLE = Lost(Reason.MALFORMED, unsent=False)
_TOO_LATE = Lost(Reason.TIMEOUT, unsent=False)


class BlockingTransport:
    """Steps in the calling thread, requests over an `httpx2.Client`.

    Args:
        http: the caller's own client, which stays theirs to close; None for one of our own.
    """

    def __init__(self, http: httpx2.Client | None = None) -> None:
        self._own = http is None
        self._http = httpx2.Client() if http is None else http

    def perform(self, step: Step) -> object:
        """Do what a flow asks for, and return what it is to be sent."""
        if isinstance(step, HttpRequest):
            return self._send(step)
        if isinstance(step, Compute):
            return step.function()
        return time.sleep(step.seconds)

    def _send(self, request: HttpRequest) -> HttpResponse | Lost:
        """Make the request. The time in all is looked at between two reads."""
        end = time.monotonic() + request.within
        try:
            response = self._http.send(_build(self._http, request), stream=True, follow_redirects=False)
            try:
                if _is_encoded(response):
                    return _UNREADABLE
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > request.max_body:
                        return _UNREADABLE
                    if time.monotonic() > end:
                        return _TOO_LATE
            finally:
                response.close()
        except httpx2.RequestError as error:
            return _lost(error)
        return _answer(response, body)

    def close(self) -> None:
        """Close the connections, if they are ours."""
        if self._own:
            self._http.close()


class AwaitingTransport:
    """Steps on the running asyncio loop, requests over an `httpx2.AsyncClient`, long arithmetic in a thread.

    Args:
        http: the caller's own client, which stays theirs to close; None for one of our own.
    """

    def __init__(self, http: httpx2.AsyncClient | None = None) -> None:
        self._own = http is None
        self._http = httpx2.AsyncClient() if http is None else http

    async def perform(self, step: Step) -> object:
        """Do what a flow asks for, and return what it is to be sent."""
        if isinstance(step, HttpRequest):
            return await self._send(step)
        if isinstance(step, Compute):
            return await asyncio.to_thread(step.function)
        return await asyncio.sleep(step.seconds)

    async def _send(self, request: HttpRequest) -> HttpResponse | Lost:
        """Make the request, within its time."""
        try:
            async with asyncio.timeout(request.within):
                response = await self._http.send(_build(self._http, request), stream=True, follow_redirects=False)
                try:
                    if _is_encoded(response):
                        return _UNREADABLE
                    body = bytearray()
                    async for chunk in response.aiter_bytes():
                        body += chunk
                        if len(body) > request.max_body:
                            return _UNREADABLE
                finally:
                    await response.aclose()
        except TimeoutError:
            return _TOO_LATE
        except httpx2.RequestError as error:
            return _lost(error)
        return _answer(response, body)

    async def aclose(self) -> None:
        """Close the connections, if they are ours."""
        if self._own:
            await self._http.aclose()


def _build(http: httpx2.Client | httpx2.AsyncClient, request: HttpRequest) -> httpx2.Request:
    timeout = httpx2.Timeout(connect=request.connect, pool=request.connect, read=request.read, write=request.read)
    return http.build_request("POST", request.url, headers=request.headers, content=request.body, timeout=timeout)


def _is_encoded(response: httpx2.Response) -> bool:
    """Compressed though we asked for plain: a few bytes could unfold without bound."""
    return response.headers.get("content-encoding", "identity").strip().lower() != "identity"


def _answer(response: httpx2.Response, body: bytearray) -> HttpResponse:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HttpResponse(status=response.status_code, headers=headers, body=bytes(body))


def _lost(error: httpx2.RequestError) -> Lost:
    if isinstance(error, httpx2.DecodingError):
        return _UNREADABLE
    reason = Reason.TIMEOUT if isinstance(error, httpx2.TimeoutException) else Reason.CONNECTION
    return Lost(reason, unsent=isinstance(error, _UNSENT))
