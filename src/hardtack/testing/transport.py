"""Transports that give an HTTP client a browser's cookies, for httpx2, and for classic httpx just as well.

Rule: a client's own cookie store has no say. The Cookie header of every request is the jar's, whatever the client put
there; every Set-Cookie line of every answer goes to the jar, in its order and with the answer's Date; `Clear-Site-Data`
is obeyed. A client asks its transport for each hop of a redirect, so each hop sets and carries cookies as in a browser.
Nothing here needs more of a request or an answer than both libraries have.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx2

from hardtack.cookies import RequestContext
from hardtack.cookies.dates import parse_cookie_date
from hardtack.testing.jar import BrowserJar

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


__all__ = ["CONTEXT", "AsyncBrowserTransport", "BrowserTransport", "as_browser"]

CONTEXT: Final = "hardtack.context"
"""The key of `extensions` under which a request brings its `RequestContext`; without one it is its own site's."""

_SCHEMES: Final = frozenset({"http", "https", "ws", "wss"})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_CLEARING: Final = frozenset({'"cookies"', '"*"'})
"""What `Clear-Site-Data` says where it means cookies; without its quotation marks it says nothing."""

_Client = TypeVar("_Client")


class BrowserTransport(httpx2.BaseTransport):
    """Passes requests on to another transport, with a browser's cookies.

    Args:
        transport: that sends them: `httpx2.HTTPTransport()`, `httpx2.WSGITransport(app)`, `httpx2.MockTransport(…)`.
        jar: where the cookies are kept; a new Chromium's if None.

    Attributes:
        jar: the same.
    """

    def __init__(self, transport: httpx2.BaseTransport, jar: BrowserJar | None = None) -> None:
        self.inner = transport
        self.jar = BrowserJar() if jar is None else jar

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request, and take in its answer."""
        _carry(self.jar, request)
        response = self.inner.handle_request(request)
        _learn(self.jar, request, response)
        return response

    def close(self) -> None:
        """Close the other transport."""
        self.inner.close()

    def __enter__(self) -> Self:
        """Enter the other transport."""
        self.inner.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Leave the other transport."""
        self.inner.__exit__(exc_type, exc_value, traceback)


class AsyncBrowserTransport(httpx2.AsyncBaseTransport):
    """The same for asynchronous clients.

    Args:
        transport: that sends the requests: `httpx2.AsyncHTTPTransport()`, `httpx2.ASGITransport(app)`.
        jar: where the cookies are kept; a new Chromium's if None.

    Attributes:
        jar: the same.
    """

    def __init__(self, transport: httpx2.AsyncBaseTransport, jar: BrowserJar | None = None) -> None:
        self.inner = transport
        self.jar = BrowserJar() if jar is None else jar

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request, and take in its answer."""
        _carry(self.jar, request)
        response = await self.inner.handle_async_request(request)
        _learn(self.jar, request, response)
        return response

    async def aclose(self) -> None:
        """Close the other transport."""
        await self.inner.aclose()

    async def __aenter__(self) -> Self:
        """Enter the other transport."""
        await self.inner.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Leave the other transport."""
        await self.inner.__aexit__(exc_type, exc_value, traceback)


def as_browser(client: _Client, jar: BrowserJar | None = None) -> _Client:
    """Put a jar behind a client that exists already, whatever made it: Starlette's `TestClient`, or your own.

    Its own cookies are forgotten, and it gathers no new ones: of twins, of bytes beyond ASCII and of much else its
    store makes something that no browser sends. Two clients with one jar are two tabs of a browser.

    Args:
        client: an `httpx2.Client` or `AsyncClient`, or one of classic httpx.
        jar: where the cookies are kept; a new Chromium's if None.

    Returns:
        The same client.
    """
    kept = BrowserJar() if jar is None else jar
    parts: Any = client  # the libraries have no public way to a transport that is in place, and call it the same
    wrapper: Any = AsyncBrowserTransport if hasattr(client, "__aenter__") else BrowserTransport

    def wrapped(transport: Any) -> Any:
        inner: Any = transport.inner if isinstance(transport, BrowserTransport | AsyncBrowserTransport) else transport
        return None if inner is None else wrapper(inner, kept)

    parts._transport = wrapped(parts._transport)  # noqa: SLF001  see above
    parts._mounts = {pattern: wrapped(mounted) for pattern, mounted in parts._mounts.items()}  # noqa: SLF001  see above
    parts.cookies.clear()
    parts.cookies.extract_cookies = _gather_none
    return client


def _gather_none(response: httpx2.Response) -> None:
    """What a client does with the cookies of an answer once a jar has them."""


def _carry(jar: BrowserJar, request: httpx2.Request) -> None:
    """Give a request the Cookie header that a browser would."""
    if request.url.scheme not in _SCHEMES:
        return
    header = jar.cookie_header(str(request.url), context=_context_of(request))
    lines = [(name, value) for name, value in request.headers.raw if name.lower() != b"cookie"]
    if header is not None:
        lines.append((b"Cookie", header.encode("latin-1")))
    request.headers = type(request.headers)(lines)  # as bytes: set as text they might be encoded otherwise


def _learn(jar: BrowserJar, request: httpx2.Request, response: httpx2.Response) -> None:
    """Take in what an answer says about cookies."""
    if request.url.scheme not in _SCHEMES:
        return
    url, context = str(request.url), _context_of(request)
    raw = response.headers.raw
    lines = [value for name, value in raw if name.lower() == b"set-cookie"]
    if lines:
        jar.store_response(url, lines, date=parse_cookie_date(response.headers.get("date", "")), context=context)
    said = response.headers.get("clear-site-data", "")
    if said and not _CLEARING.isdisjoint(part.strip() for part in said.split(",")):
        jar.clear_site_data(url, context=context)
    if response.status_code in _REDIRECTS:  # the library takes the extensions over into the request that follows
        request.extensions[CONTEXT] = (context or RequestContext.typed()).redirected(url)


def _context_of(request: httpx2.Request) -> RequestContext | None:
    context: RequestContext | None = request.extensions.get(CONTEXT)
    return context and replace(context, method=request.method)
