"""Where a cookie that script wrote may lie. No recording says; what can be seen rules out one scope after another.

Rule: never guess. A cookie sent beside one of its name lies in another scope than that one; one that a server's line
replaced lay in that line's scope; one that a sibling host receives lies on a parent domain. Script's cookies share one
home, because one storage writes them all, so that what one of them shows is known of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hardtack.cookies import CookieScope, Site, domain_match, path_match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hardtack.cookies.stored import CookieUrl
    from hardtack.doctor.observed import Writer
    from hardtack.doctor.profiles import CookieRef

__all__ = ["Home", "Kept", "choices_for"]

_DEEPEST: Final = 6  # directories of a URL that are thought of as a cookie's path


@dataclass(slots=True, eq=False)
class Home:
    """The scope of cookies that were written together, as far as it is known.

    Attributes:
        choices: the scopes that are left; the likeliest first.
    """

    choices: list[CookieScope]

    @property
    def scope(self) -> CookieScope | None:
        """The scope, once only one is left."""
        return self.choices[0] if len(self.choices) == 1 else None

    @property
    def path(self) -> str | None:
        """The path, once all that are left have the same."""
        paths = {choice.path for choice in self.choices}
        return self.choices[0].path if len(paths) == 1 else None

    def narrow(self, fits: Callable[[CookieScope], bool]) -> bool:
        """Rule out what doesn't fit, unless nothing would be left: then something else was wrong.

        Returns:
            Whether anything was ruled out.
        """
        left = [choice for choice in self.choices if fits(choice)]
        if not left or len(left) == len(self.choices):
            return False
        self.choices = left
        return True


@dataclass(slots=True, eq=False)
class Kept:
    """A cookie that the browser is taken to hold.

    Attributes:
        name: on the wire.
        cookie: its reference.
        value: mark of its value.
        size: bytes of name and value.
        host: of the request or response that showed it.
        home: where it lies.
        place: the scope under which the model's jar has it; one of the home's choices.
        writer: who wrote the value.
        http_only: None if unknown.
        since: epoch seconds at which the value was written; None if unknown.
        unsure: a scope in which the server has written meanwhile, and which may be this one's own.
        born: its place among all by age; a write of the same value keeps it, as in the jar.
    """

    name: str = field(repr=False)
    cookie: CookieRef
    value: str
    size: int
    host: str
    home: Home
    place: CookieScope
    writer: Writer
    http_only: bool | None = None
    since: float | None = None
    unsure: CookieScope | None = None
    born: int = 0

    @property
    def identity(self) -> tuple[str, str, CookieScope]:
        """As the jar knows it."""
        return self.name, self.place.domain or self.host, self.place


def choices_for(where: CookieUrl, name: str) -> list[CookieScope]:
    """Every scope in which a page at this URL can write a cookie that this URL is sent; the likeliest first."""
    if name.lower().startswith("__host-"):
        return [CookieScope()]
    domains = (None, *Site.of(where.host).domains)
    return [CookieScope(domain, path) for path in _paths(where.path) for domain in domains]


def _paths(path: str) -> Iterable[str]:
    """The root, then each directory on the way, then the path itself: only such as a cookie's attribute can say."""
    parts = path.split("/")[1 : _DEEPEST + 1]
    found = ["/"]
    for count in range(1, len(parts) + 1):
        deeper = "/" + "/".join(parts[:count])
        if parts[count - 1] and deeper.isprintable() and ";" not in deeper and path_match(path, deeper):
            found.append(deeper)
    return found


def reaches(scope: CookieScope, where: CookieUrl, owner: str) -> bool:
    """Whether a cookie in this scope, written on the host `owner`, is sent to this URL."""
    on_host = where.host == owner if scope.domain is None else domain_match(where.host, scope.domain)
    return on_host and path_match(where.path, scope.path)
