"""What a jar holds, and the URLs it is asked about, both as cookies see them.

Rule: where a cookie belongs is decided here and from these two alone. A URL is host, path and whether it is trusted;
the scheme matters for the site that it is of, the port and the query for nothing. What the pages around a request have
to do with it stands in `hardtack.cookies.context`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Self, TypeAlias

from hardtack.cookies.errors import CookieError
from hardtack.cookies.matching import canonical_host, domain_match, is_ip, path_match
from hardtack.cookies.site import Site

if TYPE_CHECKING:
    from hardtack.cookies.line import SameSite
    from hardtack.cookies.scope import CookieScope

__all__ = ["CookieUrl", "Identity", "StoredCookie", "site_of"]

Identity: TypeAlias = "tuple[str, str, CookieScope]"
"""Name, host and scope: what a later cookie of the same partition must equal to take an earlier one's place."""

_REMEMBERED = 1024  # hosts: the same few are asked for again and again

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
        scheme: `https` or `http`; those of WebSockets count as these.
    """

    host: str
    path: str
    trusted: bool
    scheme: str

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
        return cls(host, found[3] or "/", secure or _is_this_machine(host), "https" if secure else "http")

    @property
    def site(self) -> str:
        """The registrable domain, or the host where there is none."""
        return site_of(self.host)

    @property
    def schemeful_site(self) -> str:
        """The site with its scheme, as a partition is named: `https://example.com`."""
        return f"{self.scheme}://{site_of(self.host)}"


@lru_cache(maxsize=_REMEMBERED)
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
        partition: the top-level site with its scheme that it is kept for, if it lies in a partition; ` embedded` after
            it for frames of that very site inside of one of another.
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
    partition: str | None = None

    def __hash__(self) -> int:
        """Of the few parts that tell nearly all cookies apart: jars are hashed by the million in a search."""
        return hash((self.name, self.value, self.host))

    @property
    def identity(self) -> Identity:
        """Under which it is kept within its partition: what a later cookie must equal to take its place."""
        return self.name, self.host, self.scope

    @property
    def site(self) -> str:
        """The registrable domain that it counts for, or its host where there is none."""
        return site_of(self.host)

    @property
    def size(self) -> int:
        """Bytes of name and value."""
        return len(self.name) + len(self.value)

    def belongs_to(self, url: CookieUrl) -> bool:
        """Whether it is one for this URL (RFC 6265bis section 5.8.3), expiry and SameSite aside."""
        scope = self.scope
        if url.host != self.host and (scope.domain is None or not domain_match(url.host, self.host)):
            return False
        return (url.trusted or not self.secure) and (scope.path == "/" or path_match(url.path, scope.path))
