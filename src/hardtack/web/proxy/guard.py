"""What the proxy asks, and whom: the one seam between moving bytes and judging cookies.

Rule: the proxy knows nothing of cookies and a guard knows nothing of sockets. The proxy tells what a browser asked
(`Visit`), is told what to pass on (`Passage`), and shows the guard the site's answer before the browser gets it. So the
same guard stands behind a proxy, at the edge and in a test; and with `PassThrough` the proxy is only a proxy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hardtack.web.answers import Answer
    from hardtack.web.visit import RawHeaders

__all__ = ["Guard", "PassThrough", "Passage", "Visit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request or WebSocket handshake, as the browser sent it.

    Attributes:
        method: upper-case, as in the request line; of a WebSocket `GET`.
        scheme: `http` or `https`, as the browser used it: of a WebSocket too.
        host: what the browser's address bar shows, with the port if it is not the scheme's own; "" if it said none.
        raw_path: the path as it was sent, not decoded; always begins with "/", or is "*" (OPTIONS).
        query: what stood behind the "?", not decoded, or empty.
        headers: every line in order; names in lower case. What was hop-by-hop, or was said by someone who may not say
            it (`X-Forwarded-*` of an untrusted peer), is gone already.
        address: the browser's IP address as far as it can be known behind trusted proxies; "" if it can't.
        websocket: a handshake, not a request.
        oversize: the header lines are larger than the site takes (`ProxyLimits.upstream_header_bytes`). What the guard
            passes on must be smaller, or be answered by the guard, or it is refused with 431.
    """

    method: str
    scheme: str
    host: str
    raw_path: bytes
    query: bytes = b""
    headers: RawHeaders = field(repr=False)
    address: str = field(default="", repr=False)
    websocket: bool = False
    oversize: bool = False


@dataclass(frozen=True, kw_only=True)
class Passage:
    """What becomes of a visit. A guard may subclass it to carry what it learnt to `Guard.to_browser`.

    Attributes:
        headers: what goes to the site instead of `Visit.headers`. The proxy adds the `X-Forwarded-*` lines.
        answer: a whole response instead of asking the site, or None. `to_browser` is not called for it.
        reply: the same where it depends on the request's body, which it is then given.
        reply_bytes: of a body for `reply`; a larger one is answered with 413.
        state: whatever the guard wants to find again in `to_browser`; the proxy never looks at it.
    """

    headers: RawHeaders = field(repr=False)
    answer: Answer | None = None
    reply: Callable[[bytes], Awaitable[Answer]] | None = None
    reply_bytes: int = 16_384
    state: Any = field(default=None, repr=False)


class Guard(Protocol):
    """Decides what passes. Both methods must come to an end by themselves: the proxy sets them no time."""

    async def to_site(self, visit: Visit) -> Passage:
        """What the site is asked, or what is answered in its place."""
        ...

    def to_browser(self, passage: Passage, status: int, headers: RawHeaders) -> RawHeaders:
        """The header lines of the site's answer, as the browser shall get them.

        It is called once for a passage that reached the site: with status 101 for a WebSocket that the site accepted.
        It is not called when the site couldn't be reached; what the browser then gets sets no cookie.

        Args:
            passage: what `to_site` returned for this visit.
            status: the response's status code.
            headers: every line in order, names in lower case, without the hop-by-hop ones.
        """
        ...


class PassThrough:
    """Changes nothing."""

    async def to_site(self, visit: Visit) -> Passage:
        """All of it."""
        return Passage(headers=visit.headers)

    def to_browser(self, passage: Passage, status: int, headers: RawHeaders) -> RawHeaders:  # noqa: ARG002 -- the protocol's
        """All of it."""
        return headers
