"""What kind of request this is, and what Hardtack may do about it.

Rule: only a navigation heals and climbs the ladder. A fetch, an RSC payload or a server action runs beside script that
may be writing cookies at this very moment, so a response's snapshot must not overwrite them; and none of them could
show an HTML page. A prefetch or an asset spends nothing: it only verifies.

Sources: W3C Fetch Metadata (`Sec-Fetch-*`), `Sec-Purpose` and the older `Purpose`, and Next.js's own request headers.
Where a browser sends no fetch metadata (Safari before 16.4), `Accept` tells a page from an asset.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["POWERS", "Powers", "RequestKind", "classify", "is_script_driven"]


class RequestKind(StrEnum):
    """The seven kinds that Hardtack tells apart."""

    NAVIGATION = "navigation"
    RSC = "rsc"
    ACTION = "action"
    FETCH = "fetch"
    PREFETCH = "prefetch"
    ASSET = "asset"
    WEBSOCKET = "websocket"


@dataclass(frozen=True, slots=True)
class Powers:
    """What a kind may do beyond verifying, which all may."""

    refresh: bool
    heal: bool


POWERS: Final[Mapping[RequestKind, Powers]] = {
    RequestKind.NAVIGATION: Powers(refresh=True, heal=True),
    RequestKind.RSC: Powers(refresh=True, heal=False),
    RequestKind.ACTION: Powers(refresh=True, heal=False),
    RequestKind.FETCH: Powers(refresh=True, heal=False),
    RequestKind.PREFETCH: Powers(refresh=False, heal=False),
    RequestKind.ASSET: Powers(refresh=False, heal=False),
    RequestKind.WEBSOCKET: Powers(refresh=True, heal=False),
}

_PREFETCH_HEADERS: Final = (b"next-router-prefetch", b"x-middleware-prefetch")
_ASSET_DESTINATIONS: Final = frozenset(
    {
        b"audio", b"audioworklet", b"font", b"image", b"manifest", b"object", b"paintworklet", b"script",
        b"serviceworker", b"sharedworker", b"style", b"track", b"video", b"worker", b"xslt",
    }
)  # fmt: skip
_ASSET_ACCEPTS: Final = (b"image/", b"text/css", b"font/", b"audio/", b"video/")


def classify(headers: Mapping[bytes, bytes]) -> RequestKind:  # noqa: PLR0911 -- one return for each kind
    """Tell the kind of an HTTP request (a WebSocket's is known from its scope).

    Args:
        headers: the request's headers by lower-case name.
    """
    purpose = headers.get(b"sec-purpose") or headers.get(b"purpose") or headers.get(b"x-moz") or b""
    if b"prefetch" in purpose.lower() or any(name in headers for name in _PREFETCH_HEADERS):
        return RequestKind.PREFETCH
    if b"next-action" in headers:
        return RequestKind.ACTION
    if headers.get(b"rsc") == b"1":
        return RequestKind.RSC
    mode = headers.get(b"sec-fetch-mode")
    if mode == b"navigate":
        return RequestKind.NAVIGATION
    destination = headers.get(b"sec-fetch-dest", b"")
    if destination in _ASSET_DESTINATIONS:
        return RequestKind.ASSET
    if mode is not None:
        return RequestKind.FETCH
    return _by_accept(headers.get(b"accept", b"").lower())


def _by_accept(accept: bytes) -> RequestKind:
    if b"text/html" in accept:
        return RequestKind.NAVIGATION
    if accept.startswith(_ASSET_ACCEPTS):
        return RequestKind.ASSET
    return RequestKind.FETCH


def is_script_driven(headers: Mapping[bytes, bytes]) -> bool:
    """Whether script or a meta refresh started this navigation, rather than a person.

    A person's click, typed address, bookmark or F5 carries `Sec-Fetch-User: ?1`; a restored tab or an address from
    another program comes with `Sec-Fetch-Site: none`; a redirect keeps the sign of what it began with. Without fetch
    metadata nobody can tell: a `Referer` is then taken as a sign of script, so that old browsers' loops end too.
    """
    site = headers.get(b"sec-fetch-site")
    if site is None:
        return b"referer" in headers
    return site != b"none" and headers.get(b"sec-fetch-user") != b"?1"
