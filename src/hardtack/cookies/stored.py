"""What a jar holds, and the URLs it is asked about, both as cookies see them.

Rule: whether a request carries a cookie is decided here and from these two alone. A URL is host, path and whether it is
trusted; scheme and port say no more than that, and the query nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, TypeAlias

from hardtack.cookies.errors import CookieError
from hardtack.cookies.matching import canonical_host, domain_match, is_ip, path_match
from hardtack.cookies.site import Site

if TYPE_CHECKING:
    from hardtack.cookies.line import SameSite
    from hardtack.cookies.scope import CookieScope

__all__ = ["CookieUrl", "Identity", "StoredCookie", "site_of"]

Identity: TypeAlias = "tuple[str, str, CookieScope]"
"""Name, host and scope: what a later cookie must equal to take an earlier one's place."""

_URL = re.compile(
    r"(https?|wss?)://(?:[^/?#@]*@)?([^/?#]*)([^?#\x00-\x20\x7f]*)(?:[?#].*)?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class CookieUrl:
    """The parts of a URL that decide about cookies. The port is none of them.

    Attributes:
        host: canonical.
        path: as the request line shows it; nothing is decoded or resolved.
        trusted: whether Secure cookies may pass: https and wss, and the machine itself (`localhost`, names below it,
            loopback addresses), which browsers trust over plain http too.
    """

    host: str
    path: str
    trusted: bool

    @classmethod
    def parse(cls, url: str) -> Self:
        """Take an absolute URL apart.

        Raises:
            CookieError: if it isn't an http, https, ws or wss URL with a host.
        """
        found = _URL.fullmatch(url)
        host = canonical_host(found[2]) if found else None
        if found is None or host is None:
            raise CookieError(
                "This is not an absolute http or https URL.",
                hint='Write it whole, as in "https://app.example.com/path".',
            )
        secure = found[1].lower() in {"https", "wss"}
        return cls(host, found[3] or "/", secure or _is_this_machine(host))

    @property
    def site(self) -> str:
        """The registrable domain, or the host where there is none."""
        return site_of(self.host)


def site_of(host: str) -> str:
    """The registrable domain of a host, or the host itself where there is none."""
    return Site.of(host).registrable_domain or host


def _is_this_machine(host: str) -> bool:
    name = host.removesuffix(".")
    return name in {"localhost", "[::1]"} or name.endswith(".localhost") or (is_ip(host) and host.startswith("127."))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCookie:
    """A cookie as a browser keeps it.

    Attributes:
        name: latin-1 text; empty for a nameless one.
        value: latin-1 text.
        scope: where it lives, seen from `host`.
        host: the only host it is sent to if it is host-only; else its domain, the uppermost of them.
        secure: the Secure flag.
        http_only: the HttpOnly flag.
        same_site: as it was set; None if unset.
        expires: epoch seconds, at most 400 days away; None for a session cookie.
        created: epoch seconds; what an overwriting cookie inherits differs by engine.
    """

    name: str = field(repr=False)
    value: str = field(repr=False)
    scope: CookieScope
    host: str
    secure: bool
    http_only: bool
    same_site: SameSite | None
    expires: float | None
    created: float

    @property
    def identity(self) -> Identity:
        """Under which it is kept, and which a later cookie must equal to take its place."""
        return self.name, self.host, self.scope

    @property
    def size(self) -> int:
        """Bytes of name and value."""
        return len(self.name) + len(self.value)

    def belongs_to(self, url: CookieUrl) -> bool:
        """Whether a request for this URL carries it (RFC 6265bis section 5.8.3), expiry and SameSite aside."""
        host_only = self.scope.domain is None
        host_fits = url.host == self.host if host_only else domain_match(url.host, self.host)
        return host_fits and path_match(url.path, self.scope.path) and (url.trusted or not self.secure)
