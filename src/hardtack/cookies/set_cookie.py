"""One Set-Cookie line: built, parsed, serialised. Nothing else in this project formats one.

Rule: what can be built is what browsers keep as it is written. Whatever they would refuse, cut or change in silence is
an error here (sections 4.1 and 5.4 to 5.7 of RFC 6265bis, and what Chromium and Firefox really do), and nothing that
could end the line or the attribute can come in: no control byte, no line break, no semicolon.
"""

from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Self

from hardtack.cookies.dates import EARLIEST, LATEST, format_cookie_date
from hardtack.cookies.dialects import CHROMIUM
from hardtack.cookies.errors import CookieError, CookieTooLarge
from hardtack.cookies.line import (
    MAX_ATTRIBUTE_BYTES,
    MAX_PAIR_BYTES,
    MAX_SECONDS,
    SAME_SITE,
    WHITESPACE,
    SameSite,
    read_line,
    wire_text,
)
from hardtack.cookies.matching import is_canonical_host
from hardtack.cookies.prefixes import prefix_of
from hardtack.cookies.scope import CookieScope

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SetCookie"]

_UNSAFE = re.compile(r"[^\x20-\x3a\x3c-\x7e\x80-\xff]")  # control bytes, ";", and what is not latin-1
_LONG_GONE = 86_400  # epoch seconds: PHP and others write 00:00:01 on that first day
_NOWHERE = "x"  # a nameless cookie is deleted by a value, since without one there would be no cookie to speak of


@dataclass(frozen=True, slots=True)
class SetCookie:
    """A cookie on its way to a browser.

    Its `repr` shows the attributes only: names hold user names, values hold tokens.

    Attributes:
        name: latin-1 text; empty for the nameless cookies that Chromium knows.
        value: latin-1 text, written as it is: whoever needs an encoding applies it before.
        domain: canonical (lower case, no leading dot); None for a host-only cookie.
        path: starts with "/"; None writes no Path, so that the browser takes the request's directory.
        expires: epoch seconds.
        max_age: seconds; beats `expires` in every browser.
        secure: the Secure flag.
        http_only: the HttpOnly flag.
        same_site: None leaves it unset, which Chromium reads as Lax and Firefox as None.
        partitioned: the Partitioned flag.

    Raises:
        CookieError: where a browser would refuse, cut or change it.
        CookieTooLarge: name and value together above 4096 bytes.
    """

    name: str = field(repr=False)
    value: str = field(repr=False)
    _: KW_ONLY
    domain: str | None = None
    path: str | None = "/"
    expires: int | None = None
    max_age: int | None = None
    secure: bool = False
    http_only: bool = False
    same_site: SameSite | None = None
    partitioned: bool = False

    def __post_init__(self) -> None:
        _check_pair(self.name, self.value)
        for is_wrong, message, hint in _ATTRIBUTE_RULES:
            if is_wrong(self):
                raise CookieError(message, hint=hint)
        _check_prefix(self)

    @classmethod
    def parse(cls, line: bytes | str) -> Self | None:
        """Read a Set-Cookie line as Chromium does (RFC 6265bis section 5.6, with the deviations in `dialects`).

        Never raises. Where Firefox differs, `BrowserJar` models it.

        Args:
            line: the header's value, without `Set-Cookie:`.

        Returns:
            The cookie, or None where the browser would ignore the line whatever the URL, or could never send the cookie
            (a tab in its path). A Path attribute that can't be used is None, the browser's default path.
        """
        received = read_line(wire_text(line), CHROMIUM)
        if received is None:
            return None
        try:
            return cls(
                received.name,
                received.value,
                domain=received.domain,
                path=received.path,
                expires=received.expires,
                max_age=received.max_age,
                secure=received.secure,
                http_only=received.http_only,
                same_site=received.same_site,
                partitioned=received.partitioned,
            )
        except CookieError:
            return None

    @classmethod
    def deletion(cls, name: str, scope: CookieScope) -> Self:
        """The line that deletes `name` in one scope and touches no other.

        It expires in 1970 and has no Max-Age, which in Firefox can leave a ghost that counts as a cookie. Secure and
        HttpOnly stand only where the name's prefix or the partition needs them: plain http may not say Secure.

        Args:
            name: the cookie's name.
            scope: where it lives.

        Raises:
            CookieError: for a name or a path that no line can carry, or a scope in which no such cookie can be.
        """
        prefix = prefix_of(name)
        return cls(
            name,
            "" if name else _NOWHERE,
            domain=scope.domain,
            path=scope.path,
            expires=0,
            secure=prefix is not None or scope.partitioned,
            http_only=prefix is not None and prefix.http_only,
            partitioned=scope.partitioned,
        )

    @property
    def scope(self) -> CookieScope:
        """Where a browser puts it; a missing path counts as "/"."""
        return CookieScope(self.domain, self.path or "/", self.partitioned)

    @property
    def is_deletion(self) -> bool:
        """Whether it removes a cookie: Max-Age at or below 0, or else Expires on 1 January 1970 or before."""
        if self.max_age is not None:
            return self.max_age <= 0
        return self.expires is not None and self.expires <= _LONG_GONE

    def to_text(self) -> str:
        """The header's value, attributes always in the same order."""
        parts = [f"{self.name}={self.value}"]
        if self.path is not None:
            parts.append(f"Path={self.path}")
        if self.domain is not None:
            parts.append(f"Domain={self.domain}")
        if self.expires is not None:
            parts.append(f"Expires={format_cookie_date(self.expires)}")
        if self.max_age is not None:
            parts.append(f"Max-Age={self.max_age}")
        if self.secure:
            parts.append("Secure")
        if self.http_only:
            parts.append("HttpOnly")
        if self.same_site is not None:
            parts.append(f"SameSite={self.same_site}")
        if self.partitioned:
            parts.append("Partitioned")
        return "; ".join(parts)

    def to_header(self) -> tuple[bytes, bytes]:
        """The raw header as ASGI sends it."""
        return b"set-cookie", self.to_text().encode("latin-1")


def _check_pair(name: str, value: str) -> None:
    if _UNSAFE.search(name) or _UNSAFE.search(value):
        raise CookieError(
            'A cookie\'s name or value has a control character, a ";" or a character outside of latin-1.',
            hint="Encode it first, for instance percent-encoded.",
        )
    if name != name.strip(WHITESPACE) or value != value.strip(WHITESPACE):
        raise CookieError(
            "A cookie's name or value begins or ends with a space, which browsers cut off.",
            hint="Encode it first, for instance percent-encoded.",
        )
    if "=" in name:
        raise CookieError(
            'A cookie\'s name has a "=" in it, and browsers would end the name there.',
            hint='Encode the name, or move what follows the "=" into the value.',
        )
    if not name and (not value or "=" in value or prefix_of(value)):
        raise CookieError(
            "A cookie without a name has no value either, or one that would read as another cookie's name.",
            hint="Give the cookie a name.",
        )
    size = len(name) + len(value)
    if size > MAX_PAIR_BYTES:
        raise CookieTooLarge(size=size, limit=MAX_PAIR_BYTES)


def _check_prefix(cookie: SetCookie) -> None:
    prefix = prefix_of(cookie.name)
    if prefix is None:
        return
    if not cookie.secure or (prefix.http_only and not cookie.http_only):
        raise CookieError(
            f"A cookie named {prefix.text}… must be Secure{' and HttpOnly' if prefix.http_only else ''}.",
            hint="Browsers drop it otherwise: set the flag, or take another name.",
        )
    if prefix.host_only and (cookie.domain is not None or cookie.path != "/"):
        raise CookieError(
            f"A cookie named {prefix.text}… must have Path=/ and no Domain.",
            hint="Browsers drop it otherwise: leave the domain out, or take another name.",
        )


# What is wrong with an attribute, in a sentence, and what to do.
_ATTRIBUTE_RULES: tuple[tuple[Callable[[SetCookie], bool], str, str], ...] = (
    (
        lambda cookie: cookie.domain is not None and not is_canonical_host(cookie.domain),
        "A cookie's Domain is not a canonical host name.",
        'Write it in lower case, without a leading dot, a port or spaces, as in "example.com".',
    ),
    (
        lambda cookie: (
            cookie.path is not None and (not cookie.path.startswith("/") or _UNSAFE.search(cookie.path) is not None)
        ),
        'A cookie\'s Path does not start with "/", or has a control character, ";" or a character outside of latin-1.',
        "Write the path as it stands in the request line, percent-encoded.",
    ),
    (
        lambda cookie: (
            cookie.path is not None and (len(cookie.path) > MAX_ATTRIBUTE_BYTES or cookie.path.endswith(" "))
        ),
        f"A cookie's Path is longer than {MAX_ATTRIBUTE_BYTES} bytes or ends with a space.",
        "Browsers would take another path instead: shorten it.",
    ),
    (
        lambda cookie: cookie.expires is not None and not EARLIEST <= cookie.expires <= LATEST,
        "A cookie's Expires is not a date that a cookie can have.",
        "Give epoch seconds, not milliseconds; the years go from 1601 to 9999.",
    ),
    (
        lambda cookie: cookie.max_age is not None and abs(cookie.max_age) > MAX_SECONDS,
        "A cookie's Max-Age is beyond what 64 bits hold.",
        "Give seconds; browsers keep no cookie longer than 400 days anyway.",
    ),
    (
        lambda cookie: cookie.same_site is not None and cookie.same_site not in SAME_SITE.values(),
        "A cookie's SameSite is none of the three values that there are.",
        'Write "Strict", "Lax" or "None", with the capital, or leave it out.',
    ),
    (
        lambda cookie: cookie.same_site == "None" and not cookie.secure,
        "A cookie with SameSite=None must be Secure.",
        "Browsers drop it otherwise: set Secure, or say SameSite=Lax.",
    ),
    (
        lambda cookie: cookie.partitioned and not cookie.secure,
        "A Partitioned cookie must be Secure.",
        "Browsers drop it otherwise: set Secure.",
    ),
)
