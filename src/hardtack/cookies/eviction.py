"""Who has to go where a site has too many cookies (RFC 6265bis section 5.7, "remove excess cookies").

Rule: insecure cookies go first, then those longest out of use. A site is a registrable domain, host-only and Domain
cookies together; a partition is counted for itself. All numbers were measured; the standard leaves them open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from hardtack.cookies.dialects import Dialect
    from hardtack.cookies.stored import StoredCookie

__all__ = ["ACCESS_GRANULARITY", "Kept", "crowd_of", "reduced", "surplus_of"]

MAX_COOKIES_PER_SITE: Final = 180
"""Cookies that a registrable domain may have; one more starts a purge."""
PURGED_TO: Final = 150
"""Cookies that a purge leaves."""
ACCESS_GRANULARITY: Final = 60.0
"""Seconds within which another use of a cookie is not noted."""


class Kept(NamedTuple):
    """A cookie in its place. Ages are counted rather than timed: two cookies of one response share their second.

    Attributes:
        cookie: what is kept.
        age: its place in the header's order; the oldest has the lowest.
        script_age: its place in the order of `document.cookie`, on the same scale.
        used: seconds of its last use; in a snapshot, before the moment of the snapshot (0 or less).
    """

    cookie: StoredCookie
    age: int
    script_age: int
    used: float


def crowd_of(kept: list[Kept], newest: StoredCookie) -> list[Kept]:
    """The cookies that a new one has to share its room with, itself among them."""
    if len(kept) <= MAX_COOKIES_PER_SITE and newest.partition is None:
        return []  # no crowd can be too large: nearly every call ends here
    site = newest.site
    return [one for one in kept if one.cookie.partition == newest.partition and one.cookie.site == site]


def surplus_of(crowd: list[Kept], dialect: Dialect) -> list[Kept]:
    """Those of a crowd that have to go.

    Args:
        crowd: all cookies of a site, or of its partition.
        dialect: whose limits.
    """
    if not crowd:
        return []
    partitioned = crowd[0].cookie.partition is not None
    limit = dialect.partition_bytes if partitioned else None
    if len(crowd) <= MAX_COOKIES_PER_SITE and limit is None:
        return []
    ranked = sorted(crowd, key=lambda one: (one.cookie.secure, one.used, one.age))
    count = 0
    if len(ranked) > MAX_COOKIES_PER_SITE:
        count = len(ranked) - (dialect.partition_purged_to if partitioned else PURGED_TO)
    if limit is not None:
        room = limit - sum(one.cookie.size for one in ranked[count:])
        while room < 0:
            room += ranked[count].cookie.size
            count += 1
    return ranked[:count]


def reduced(used: list[float]) -> list[float]:
    """Seconds since the last use as far as they can matter, for a snapshot.

    Args:
        used: seconds before now, 0 or less.
    """
    if not used or min(used) >= -ACCESS_GRANULARITY:
        return used
    order = sorted({seconds for seconds in used if seconds < -ACCESS_GRANULARITY}, reverse=True)
    places = {seconds: -ACCESS_GRANULARITY - place for place, seconds in enumerate(order, start=1)}
    return [places.get(seconds, seconds) for seconds in used]
