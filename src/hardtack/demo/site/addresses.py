"""Where the demo's sites stand: three hosts under one parent, on one port.

Reason: half of the fault is a matter of hosts. Names under `.localhost` reach this machine without any set-up, and
browsers treat them like real ones: Domain, Secure and `__Host-` cookies are kept over plain http (so measured).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["Addresses"]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """The hosts of one demo.

    Attributes:
        port: the port that the browser sees.
        scheme: `http`, or `https` in tests that bring a certificate.
        parent: the registrable domain that all hosts share.
    """

    port: int = 8000
    scheme: str = "http"
    parent: str = "hardtack.localhost"

    @property
    def app_host(self) -> str:
        """The site with Hardtack."""
        return f"app.{self.parent}"

    @property
    def stock_host(self) -> str:
        """The same site as a stock Amplify set-up makes it."""
        return f"stock.{self.parent}"

    @property
    def blocked_host(self) -> str:
        """The site with Hardtack, seen through something that eats all cookies."""
        return f"nocookies.{self.parent}"

    def origin(self, host: str) -> str:
        """Scheme, host and port, as a browser's `Origin` header has them."""
        return f"{self.scheme}://{self.authority(host)}"

    def authority(self, host: str) -> str:
        """Host and port, as a browser's `Host` header has them."""
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"
