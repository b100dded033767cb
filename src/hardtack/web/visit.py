"""From an ASGI scope to what the engine wants to know, and back to header lines.

Rule: raw header lists, always. A framework's cookie dictionary has already lost the twins, and a framework's response
object would merge two Set-Cookie lines of one name into one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies import canonical_host
from hardtack.sessions import RequestKind, classify, is_script_driven

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from hardtack.cookies import SetCookie
    from hardtack.sessions import BrowserRequest, Plan, SessionCore

__all__ = [
    "PRIVATE",
    "RawHeaders",
    "Scope",
    "browser_request",
    "cookie_bytes",
    "headers_by_name",
    "is_for_everyone",
    "made_private",
    "seal_response",
]

Scope = "MutableMapping[str, Any]"
RawHeaders = list[tuple[bytes, bytes]]

PRIVATE: Final = (b"cache-control", b"private, no-store")
_SHARED: Final = (b"public", b"s-maxage", b"immutable")
_CACHING: Final = frozenset(
    {
        b"cache-control", b"cdn-cache-control", b"cloudflare-cdn-cache-control", b"surrogate-control",
        b"vercel-cdn-cache-control",
    }
)  # fmt: skip
_STATIC: Final = (b"text/css", b"text/javascript", b"application/javascript", b"image/", b"font/", b"video/", b"audio/")


def cookie_bytes(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Every Cookie line of a request as one (HTTP/2 sends several, RFC 9113 section 8.2.3)."""
    raw = b""
    for name, value in headers:
        if name == b"cookie":
            raw = raw + b"; " + value if raw else value
    return raw


def headers_by_name(headers: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers by lower-case name; of several lines the first."""
    named: dict[bytes, bytes] = {}
    for name, value in headers:
        named.setdefault(name.lower(), value)
    return named


def browser_request(core: SessionCore, scope: MutableMapping[str, Any], *, counts: bool = True) -> BrowserRequest:
    """The request that an ASGI scope describes.

    Args:
        core: makes the request, with its time and nonce.
        scope: an `http` or `websocket` scope.
        counts: whether it may climb the ladder; the auth routes' own pages never do.
    """
    headers = headers_by_name(scope["headers"])
    websocket = scope["type"] == "websocket"
    host = canonical_host(headers.get(b"host", b"").decode("latin-1")) or ""
    client = scope.get("client")
    return core.request(
        kind=RequestKind.WEBSOCKET if websocket else classify(headers),
        host=host,
        cookies=cookie_bytes(scope["headers"]),
        raw_path=scope.get("raw_path"),
        script_driven=counts and not websocket and is_script_driven(headers),
        address=str(client[0]) if client else "",
    )


def seal_response(headers: RawHeaders, plan: Plan) -> RawHeaders:
    """A response's headers with the plan's lines, which make it private.

    A static asset, and a response that the site meant for shared caches, carries no auth cookie: the plan is then left
    for a later response. Nothing is lost by that, since a refreshed set is kept until a request shows it.
    """
    if not plan.set_cookies or is_for_everyone(headers):
        return headers
    return made_private(headers, plan.set_cookies)


def made_private(headers: RawHeaders, lines: Sequence[SetCookie]) -> RawHeaders:
    """The headers with cookies that are one browser's alone: no cache may keep them, whatever they said before."""
    private = [(name, value) for name, value in headers if name.lower() not in _CACHING]
    return [*private, PRIVATE, *(line.to_header() for line in lines)]


def is_for_everyone(headers: RawHeaders) -> bool:
    """Whether this is a static asset, or was meant for shared caches."""
    for name, value in headers:
        lower = name.lower()
        if lower in _CACHING and any(word in value.lower() for word in _SHARED):
            return True
        if lower == b"content-type" and value.lower().startswith(_STATIC):
            return True
    return False
