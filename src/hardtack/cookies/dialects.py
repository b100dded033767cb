"""How user agents differ: every deviation from RFC 6265bis that was found, as one field of one table.

Rule: the code that reads and stores cookies asks the dialect and never the engine's name. A new browser, or a browser's
next version, is a new row here and a new recording in the tests. Each field says where it is from: the section of the
standard that the default follows (draft 22), and how the browsers' ways are known, of Chromium 156 and Firefox 153 ESR.
`docs/jar.md` shows this table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hardtack.cookies.line import SameSite

__all__ = ["CHROMIUM", "FIREFOX", "RFC6265BIS", "Dialect"]

_Known = Literal["recorded", "measured"]


def _from(section: str, known: _Known) -> dict[str, str]:
    """Where a field is from.

    Args:
        section: of the standard, that says what the default says or leaves it open.
        known: of the browsers' ways: `recorded` are those that many histories in `tests/fixtures/jar` hold the model
            to; `measured` those that were tried by hand.
    """
    return {"section": section, "known": known}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dialect:
    """One user agent's reading of the standard. The defaults are the standard's own words.

    Attributes:
        tab_inside: whether a tab may stand inside a name or a value.
        nameless: what a line without "=" is: a cookie without a name, or a name without a value.
        nameless_may_hold_equals: whether a cookie without a name may have "=" in its value (and so, when it is sent
            back, look like a cookie that has one).
        bad_utf8: what becomes of bytes that aren't UTF-8: kept; kept, and every cookie hidden from script as long as it
            would see them; or replaced by U+FFFD in the value.
        plus_in_max_age: whether `Max-Age=+100` is a number.
        last_lifetime_wins: whether a last Max-Age (or Expires) that can't be read cancels an earlier one that can.
        expires_by_date: whether Expires is corrected by the response's own Date, so that a server's wrong clock does
            not matter.
        lone_dot_is_host_only: whether `Domain=.` counts as no Domain; otherwise the cookie is refused.
        host_prefix_needs_path: whether `__Host-` wants `Path=/` written; otherwise a default path of "/" will do.
        http_prefixes: whether `__Http-` and `__Host-Http-` promise anything.
        overwriting_renews: whether a new value makes a cookie young again, so that it is sent after its older twins.
        script_order: whether `document.cookie` keeps an order of its own, in which a change by script makes a cookie
            young again though the header's order stays; for as long as some page of the site is open.
        secure_guard_across_partitions: whether a Secure cookie is guarded against plain http in other partitions.
        secure_guard_spares_host_only: whether a host-only Secure cookie is guarded only against cookies that its own
            host would be sent, not against those of other hosts.
        unset_same_site: what a cookie without SameSite counts as.
        lax_allows_unsafe: seconds for which a new cookie without SameSite is sent on cross-site POST navigations too.
        schemeful: whether http and https of one registrable domain are two sites.
        redirects_count: whether a redirect by another site makes a request cross-site.
        partitioned: whether there are partitions by top-level site; otherwise `Partitioned` says nothing.
        partitions_third_parties: whether every cookie of a third party is kept by top-level site, asked for or not.
        partition_purged_to: cookies left in a site's partition after it overflows.
        partition_bytes: bytes of names and values that a site's partition holds; None for no limit.
        clears_whole_site: whether Clear-Site-Data empties the registrable domain, or only the responding host.
        clears_partition: whether it empties the partition of the top-level site besides what lies in none; otherwise
            the one or the other, whichever the response could write to without asking for a partition.
    """

    tab_inside: bool = field(default=True, metadata=_from("5.6", "recorded"))
    nameless: Literal["value", "name"] = field(default="value", metadata=_from("5.6", "recorded"))
    nameless_may_hold_equals: bool = field(default=True, metadata=_from("5.7", "recorded"))
    bad_utf8: Literal["kept", "hidden", "replaced"] = field(default="kept", metadata=_from("5.6", "measured"))
    plus_in_max_age: bool = field(default=False, metadata=_from("5.6.2", "recorded"))
    last_lifetime_wins: bool = field(default=False, metadata=_from("5.6.1, 5.6.2", "recorded"))
    expires_by_date: bool = field(default=False, metadata=_from("5.6.1", "measured"))
    lone_dot_is_host_only: bool = field(default=True, metadata=_from("5.6.3", "recorded"))
    host_prefix_needs_path: bool = field(default=True, metadata=_from("5.4, 5.7", "recorded"))
    http_prefixes: bool = field(default=False, metadata=_from("5.4", "recorded"))
    overwriting_renews: bool = field(default=False, metadata=_from("5.7", "recorded"))
    script_order: bool = field(default=False, metadata=_from("5.8.2", "recorded"))
    secure_guard_across_partitions: bool = field(default=True, metadata=_from("5.7", "recorded"))
    secure_guard_spares_host_only: bool = field(default=False, metadata=_from("5.7", "recorded"))
    unset_same_site: SameSite = field(default="Lax", metadata=_from("5.6.7", "recorded"))
    lax_allows_unsafe: int | None = field(default=None, metadata=_from("5.6.7.2", "measured"))
    schemeful: bool = field(default=True, metadata=_from("5.2", "recorded"))
    redirects_count: bool = field(default=False, metadata=_from("5.2", "recorded"))
    partitioned: bool = field(default=False, metadata=_from("7.1", "recorded"))
    partitions_third_parties: bool = field(default=False, metadata=_from("7.1", "recorded"))
    partition_purged_to: int = field(default=150, metadata=_from("5.7", "measured"))
    partition_bytes: int | None = field(default=None, metadata=_from("5.7", "measured"))
    clears_whole_site: bool = field(default=True, metadata=_from("Clear Site Data 4.2", "recorded"))
    clears_partition: bool = field(default=False, metadata=_from("Clear Site Data 4.2", "recorded"))


RFC6265BIS = Dialect()
CHROMIUM = Dialect(
    tab_inside=False,
    nameless_may_hold_equals=False,
    bad_utf8="hidden",
    plus_in_max_age=True,
    last_lifetime_wins=True,
    expires_by_date=True,
    lone_dot_is_host_only=False,
    http_prefixes=True,
    overwriting_renews=True,
    secure_guard_across_partitions=False,
    lax_allows_unsafe=120,
    partitioned=True,
    partition_purged_to=180,
    partition_bytes=10_240,
    clears_partition=True,
)
FIREFOX = Dialect(
    nameless="name",
    bad_utf8="replaced",
    last_lifetime_wins=True,
    expires_by_date=True,
    lone_dot_is_host_only=False,
    host_prefix_needs_path=False,
    http_prefixes=True,
    script_order=True,
    secure_guard_across_partitions=False,
    secure_guard_spares_host_only=True,
    unset_same_site="None",
    schemeful=False,
    redirects_count=True,
    partitioned=True,
    partitions_third_parties=True,
    clears_whole_site=False,
)
