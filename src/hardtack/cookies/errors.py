"""What goes wrong when somebody builds a cookie that no browser would keep as written.

Rule: reading never raises (a browser may send anything), building does (only a program writes a cookie, and it should
hear of its mistake before a browser swallows it in silence). The texts name attributes, lengths and rules, never a
cookie's name or value: Amplify puts user names into names and tokens into values.
"""

from __future__ import annotations

from typing import ClassVar

from hardtack.errors import Blame, HardtackError

__all__ = ["CookieError", "CookieTooLarge"]


class CookieError(HardtackError):
    """A cookie, a scope or a host that browsers would refuse, change or misread."""

    code: ClassVar[str] = "cookie"
    blame: ClassVar[Blame] = Blame.BUG


class CookieTooLarge(CookieError):  # noqa: N818  "too large" already says that something is wrong
    """Name and value together pass what browsers keep (RFC 6265bis section 5.6, step 6).

    Attributes:
        size: bytes of name and value together.
        limit: bytes that a browser accepts.
    """

    code: ClassVar[str] = "cookie.size"
    blame: ClassVar[Blame] = Blame.CONFIGURATION

    def __init__(self, *, size: int, limit: int) -> None:
        super().__init__(
            f"A cookie's name and value have {size} bytes together, and browsers drop one above {limit}.",
            hint="Put less into it (fewer groups or claims in a token), or spread it over several cookies.",
        )
        self.size = size
        self.limit = limit
