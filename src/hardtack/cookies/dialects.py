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
        plus_in_max_age: whether `Max-Age=+100` is a number.
        last_lifetime_wins: whether a last Max-Age (or Expires) that can't be read cancels an earlier one that can.
        lone_dot_is_host_only: whether `Domain=.` counts as no Domain; otherwise the cookie is refused.
        host_prefix_needs_path: whether `__Host-` wants `Path=/` written; otherwise a default path of "/" will do.
        overwriting_renews: whether a new value makes a cookie young again, so that it is sent after its older twins.
    """

    tab_inside: bool = True
    nameless: Literal["value", "name"] = "value"
    nameless_may_hold_equals: bool = True
    plus_in_max_age: bool = False
    last_lifetime_wins: bool = False
    lone_dot_is_host_only: bool = True
    host_prefix_needs_path: bool = True
    overwriting_renews: bool = False


RFC6265BIS = Dialect()
CHROMIUM = Dialect(
    tab_inside=False,
    nameless_may_hold_equals=False,
    plus_in_max_age=True,
    last_lifetime_wins=True,
    lone_dot_is_host_only=False,
    overwriting_renews=True,
)
FIREFOX = Dialect(
    nameless="name",
    last_lifetime_wins=True,
    lone_dot_is_host_only=False,
    host_prefix_needs_path=False,
)
