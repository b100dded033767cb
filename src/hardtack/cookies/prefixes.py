"""Names that promise something: `__Secure-` and `__Host-` (RFC 6265bis section 5.4), `__Http-` and `__Host-Http-`.

A browser stores a cookie of such a name only if its attributes keep the promise, so a server that reads the name knows
who can have written it. Hardtack's own cookies are `__Host-` ones: such a cookie has one scope, hence never a twin.
Browsers compare the prefixes without regard to case, and so do we.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Prefix", "prefix_of"]


@dataclass(frozen=True, slots=True)
class Prefix:
    """What one prefix demands.

    Attributes:
        text: the prefix as it is written.
        http_only: whether HttpOnly is demanded, besides Secure which all of them demand.
        host_only: whether a `Domain` is forbidden and `Path=/` demanded.
    """

    text: str
    http_only: bool = False
    host_only: bool = False


_PREFIXES = (
    Prefix("__Host-Http-", http_only=True, host_only=True),  # before __Host-, which it starts with
    Prefix("__Host-", host_only=True),
    Prefix("__Http-", http_only=True),
    Prefix("__Secure-"),
)


def prefix_of(name: str, *, http: bool = True) -> Prefix | None:
    """The prefix that a cookie's name carries, if any.

    Args:
        name: the cookie's name.
        http: whether those that demand HttpOnly count; browsers have them, the standard has not.
    """
    if not name.startswith("__"):
        return None
    lowered = name.lower()
    return next(
        (prefix for prefix in _PREFIXES if lowered.startswith(prefix.text.lower()) and (http or not prefix.http_only)),
        None,
    )
