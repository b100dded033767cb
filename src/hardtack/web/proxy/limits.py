"""How large and how slow things may be, all in one place and all with names.

Rule: nothing in the proxy waits or grows without one of these. The defaults suit a Next.js site on the same host: Node
takes 16 KB of request headers and closes an idle connection after five seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

from hardtack.errors import Blame, HardtackError

__all__ = ["ProxyLimits", "ProxySettingError"]


class ProxySettingError(HardtackError):
    """The proxy can't work as it was set up: what is wrong, and what to write instead."""

    code: ClassVar[str] = "proxy.setting"
    blame: ClassVar[Blame] = Blame.CONFIGURATION


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyLimits:
    """The proxy's limits. Bytes are whole numbers above 0, seconds are numbers above 0.

    Attributes:
        request_header_bytes: request line and headers that are taken from a browser at all; more is 431. Browsers send
            up to 256 KB, and a request must come in for its cookies to be healed.
        upstream_header_bytes: request line and headers that the site takes (Node: 16 KB, gunicorn and Apache: about
            8 KB a line). A larger request is shown to the guard as `Visit.oversize`; what is still larger after that
            is answered with 431.
        response_header_bytes: status line and headers that are taken from the site; more is 502.
        websocket_message_bytes: one whole WebSocket message, either way; a larger one closes with 1009.
        connections: requests and WebSockets that are open to the site at a time; what comes on top waits for
            `connect_seconds`, and is then answered with 503.
        idle_connections: connections to the site that are kept for later requests.
        connect_seconds: for a connection to the site, TLS included; then 504.
        answer_seconds: for the site's status line, after it has been sent the whole request; also for the site to take
            a piece of a request's body. Then 504.
        silence_seconds: between two pieces of the site's response; then the browser's connection is cut. Long, for
            event streams that have nothing to say.
        upload_seconds: between two pieces of a request's body from the browser; then 408.
        stall_seconds: for a browser to take a piece of a response; then its connection is cut.
        keep_seconds: an idle connection to the site is used again for so long. Less than the site's own time, or a
            request is sent into a connection that is just being closed; a `Keep-Alive: timeout=` of the site shortens
            it to a second less than that.
        expect_seconds: how long a site may take to answer `Expect: 100-continue` before the body is sent all the same.
        close_seconds: for the site's part in closing a WebSocket.
    """

    request_header_bytes: int = 262_144
    upstream_header_bytes: int = 16_384
    response_header_bytes: int = 262_144
    websocket_message_bytes: int = 16_777_216
    connections: int = 4_096
    idle_connections: int = 128
    connect_seconds: float = 5.0
    answer_seconds: float = 60.0
    silence_seconds: float = 600.0
    upload_seconds: float = 60.0
    stall_seconds: float = 60.0
    keep_seconds: float = 4.0
    expect_seconds: float = 1.0
    close_seconds: float = 5.0

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            ProxySettingError: a limit is not above 0, or more is asked of a site than of a browser.
        """
        wrong = [field.name for field in fields(self) if not getattr(self, field.name) > 0]
        if wrong:
            raise ProxySettingError(f"A limit of the proxy is not above 0: {', '.join(wrong)}.")
        if self.upstream_header_bytes > self.request_header_bytes:
            raise ProxySettingError(
                "upstream_header_bytes is above request_header_bytes.",
                hint="The proxy must take at least what the site takes.",
            )
