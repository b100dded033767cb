"""Where a cookie lives. Two cookies of one name in two scopes are twins, and the whole project is about them.

A cookie's identity is its name and its scope: domain with the host-only flag, path, partition. Nothing else counts:
not Secure, not HttpOnly, not SameSite, not the scheme, not the port (RFC 6265bis section 5.7; partitions as Chromium
and Firefox keep them). So a deletion reaches exactly one scope, and says nothing when it misses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from hardtack.cookies.errors import CookieError
from hardtack.cookies.matching import is_canonical_host

__all__ = ["CookieScope"]

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # what no cookie line can carry; a tab some browsers let pass
_HOST_ONLY = "host-only"
_PARTITIONED = " partitioned"


@dataclass(frozen=True, slots=True)
class CookieScope:
    """One place in which a cookie can lie, seen from a host.

    Attributes:
        domain: the `Domain` it was set with: canonical, without a leading dot. None means host-only, which is another
            scope than a `Domain` of the same host.
        path: its path, starting with "/", compared byte for byte.
        partitioned: whether it lies in the partition of the top-level site (`Partitioned`).

    Raises:
        CookieError: a domain that isn't canonical, a path that doesn't start with "/" or has a control character.
    """

    domain: str | None = None
    path: str = "/"
    partitioned: bool = False

    def __post_init__(self) -> None:
        if self.domain is not None and not is_canonical_host(self.domain):
            raise CookieError(
                "The domain of a cookie scope is not a canonical host name.",
                hint='Write it in lower case, without a leading dot, a port or spaces, as in "example.com".',
            )
        if not self.path.startswith("/") or _CONTROL.search(self.path):
            raise CookieError(
                'The path of a cookie scope does not start with "/", or has a control character in it.',
                hint='Write the whole path, as in "/app", or "/" for all of the host.',
            )

    def __str__(self) -> str:
        """`host-only /`, `.example.com /app`, `host-only / partitioned`; a path with a space stands in quotes."""
        domain = _HOST_ONLY if self.domain is None else f".{self.domain}"
        path = f'"{self.path}"' if " " in self.path else self.path
        return f"{domain} {path}{_PARTITIONED if self.partitioned else ''}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` writes: the way to name a scope in a setting.

        Args:
            text: a domain or `host-only`, a path and perhaps `partitioned`. The domain's leading dot may be missing.

        Raises:
            CookieError: if it isn't of that form.
        """
        domain, space, rest = text.strip(" \t\r\n").partition(" ")
        path = rest.removesuffix(_PARTITIONED)
        partitioned = path != rest
        if rest.startswith('"'):
            path, _, after = rest[1:].rpartition('"')
            partitioned = after == _PARTITIONED
            space = space if after in {"", _PARTITIONED} else ""
        if not space:
            raise CookieError(
                "A cookie scope is not of the form domain, path, partition.",
                hint='Write it as "host-only /", ".example.com /app" or "host-only / partitioned".',
            )
        return cls(None if domain == _HOST_ONLY else domain.removeprefix(".").lower(), path, partitioned)
