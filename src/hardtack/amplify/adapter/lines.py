"""How the adapter writes a `Set-Cookie` line: through Next's store of cookies, or by itself.

Rule: these are another party's lines, byte for byte, so they are written here and not by the cookies layer, which
writes only what a browser keeps as it stands. Through Next's store a value is escaped, the attributes come in Next's
order, `Path=/` is added where it is missing, and Max-Age becomes an Expires beside it. By itself the adapter writes the
value as it is, whatever is in it, in its own order and without a space; a deletion has neither Path nor Domain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from hardtack.cookies.dates import format_cookie_date

if TYPE_CHECKING:
    from hardtack.amplify.adapter.settings import AdapterSettings

__all__ = ["NEXT_DELETION", "PLAIN_DELETION", "next_attributes", "plain_attributes"]

NEXT_DELETION: Final = "=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
"""What follows the name where Next's store deletes."""
PLAIN_DELETION: Final = "=;Expires=Thu, 01 Jan 1970 00:00:00 GMT"
"""What follows the name where the adapter deletes by itself."""

_YEAR: Final = 31_536_000  # seconds: how long a cookie lives unless told otherwise
_KEPT: Final = 512  # attribute texts that are remembered: a search comes back to the same moments again and again


@dataclass(frozen=True, slots=True)
class _Options:
    """What the adapter passes on with a value. Attributes as in `AdapterSettings`."""

    path: str | None
    expires: int | None
    max_age: int | None
    domain: str | None
    secure: bool
    http_only: bool
    same_site: str


@lru_cache(maxsize=_KEPT)
def next_attributes(settings: AdapterSettings, now: float) -> str:
    """What follows the value where Next's store writes: order, spelling and all."""
    options = _options(settings, now)
    expires = options.expires
    if options.max_age:
        expires = _in(options.max_age, now)
    parts = ["", f"Path={options.path or '/'}"]
    if expires is not None:
        parts.append(f"Expires={format_cookie_date(expires)}")
    if options.max_age is not None:  # 0 too, beside an Expires: dead on arrival
        parts.append(f"Max-Age={options.max_age}")
    if options.domain:
        parts.append(f"Domain={options.domain}")
    if options.secure:
        parts.append("Secure")
    if options.http_only:
        parts.append("HttpOnly")
    parts.append(f"SameSite={options.same_site}")
    return "; ".join(parts)


@lru_cache(maxsize=_KEPT)
def plain_attributes(settings: AdapterSettings, now: float) -> str:
    """What follows the value where the adapter writes by itself."""
    options = _options(settings, now)
    parts: list[str] = []
    if options.domain:
        parts.append(f"Domain={options.domain}")
    if options.expires is not None:
        parts.append(f"Expires={format_cookie_date(options.expires)}")
    if options.http_only:
        parts.append("HttpOnly")
    parts.append(f"SameSite={options.same_site}")
    if options.secure:
        parts.append("Secure")
    if options.path:
        parts.append(f"Path={options.path}")
    if options.max_age:
        parts.append(f"Max-Age={options.max_age}")
    return ";" + ";".join(parts)


def _options(settings: AdapterSettings, now: float) -> _Options:
    """The defaults, the site's own options over them, and over those what the httpOnly mode enforces."""
    root = settings.release.root_path
    path = "/" if root else None
    if not settings.release.options:
        return _Options(path, _in(_YEAR, now), None, None, root, http_only=False, same_site="lax")
    http_only = settings.http_only
    expires, max_age = settings.expires, settings.max_age
    if expires is None and not max_age:
        max_age = _YEAR
    return _Options(
        path,
        expires,
        max_age,
        settings.domain,
        secure=not http_only or settings.app_origin.startswith("https:"),
        http_only=http_only,
        same_site=settings.same_site or ("strict" if http_only else "lax"),
    )


def _in(seconds: int, now: float) -> int:
    """Epoch seconds of that moment, as JavaScript's clock of whole milliseconds has it."""
    return (round(now * 1000) + seconds * 1000) // 1000
