"""How user agents differ: every deviation from RFC 6265bis that was measured, as one field of one table.

Rule: the code that reads and stores cookies asks the dialect and never the engine's name. A new browser, or a browser's
next version, is a new row here and a new recording in the tests. Measured with Chromium 156 and Firefox 153 ESR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["CHROMIUM", "FIREFOX", "RFC6265BIS", "Dialect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One user agent's reading of the standard. The defaults are the standard's own words.

    Attributes:
        tab_inside: whether a tab may stand inside a name or a value.
        nameless: what a line without "=" is: a cookie without a name, or a name without a value.
        nameless_may_hold_equals: whether a cookie without a name may have "=" in its value (and so, when it is sent
            back, look like a cookie that has one).
        bad_utf8: what becomes of bytes that aren't UTF-8: kept, kept but hidden from script, or replaced by U+FFFD.
        plus_in_max_age: whether `Max-Age=+100` is a number.
        last_lifetime_wins: whether a last Max-Age (or Expires) that can't be read cancels an earlier one that can.
        expires_by_date: whether Expires is corrected by the response's own Date, so that a server's wrong clock does
            not matter.
        lone_dot_is_host_only: whether `Domain=.` counts as no Domain; otherwise the cookie is refused.
        host_prefix_needs_path: whether `__Host-` wants `Path=/` written; otherwise a default path of "/" will do.
        secure_guard_across_partitions: whether a Secure cookie is guarded against plain http in other partitions.
        secure_guard_spares_host_only: whether a host-only Secure cookie is guarded only against cookies that its own
            host would be sent, not against those of other hosts.
        overwriting_renews: whether a new value makes a cookie young again, so that it is sent after its older twins.
        script_order: whether `document.cookie` keeps an order of its own, in which a write by script makes a cookie
            young again though the header's order stays.
        clears_whole_site: whether Clear-Site-Data empties the registrable domain, or only the responding host.
        partition_purged_to: cookies left in a site's partition after it overflows.
        partition_bytes: bytes of names and values that a site's partition holds; None for no limit.
    """

    tab_inside: bool = True
    nameless: Literal["value", "name"] = "value"
    nameless_may_hold_equals: bool = True
    bad_utf8: Literal["kept", "hidden", "replaced"] = "kept"
    plus_in_max_age: bool = False
    last_lifetime_wins: bool = False
    expires_by_date: bool = False
    lone_dot_is_host_only: bool = True
    host_prefix_needs_path: bool = True
    secure_guard_across_partitions: bool = True
    secure_guard_spares_host_only: bool = False
    overwriting_renews: bool = False
    script_order: bool = False
    clears_whole_site: bool = True
    partition_purged_to: int = 150
    partition_bytes: int | None = None


RFC6265BIS = Dialect()
CHROMIUM = Dialect(
    tab_inside=False,
    nameless_may_hold_equals=False,
    bad_utf8="hidden",
    plus_in_max_age=True,
    last_lifetime_wins=True,
    expires_by_date=True,
    lone_dot_is_host_only=False,
    secure_guard_across_partitions=False,
    overwriting_renews=True,
    partition_purged_to=180,
    partition_bytes=10_240,
)
FIREFOX = Dialect(
    nameless="name",
    bad_utf8="replaced",
    last_lifetime_wins=True,
    expires_by_date=True,
    lone_dot_is_host_only=False,
    host_prefix_needs_path=False,
    secure_guard_across_partitions=False,
    secure_guard_spares_host_only=True,
    script_order=True,
    clears_whole_site=False,
)
