"""How a request comes about, and which cookies that opens to it: RFC 6265bis section 5.2, and partitions.

Rule: SameSite and partitions depend on the pages around a request, never on the cookies. So the pages are looked at
once, here, and what they mean for every cookie is a handful of facts. A request without a context is one that a page
makes to its own site, or an address that somebody typed: all cookies are open to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Self

from hardtack.cookies.stored import CookieUrl

if TYPE_CHECKING:
    from hardtack.cookies.dialects import Dialect

__all__ = ["Access", "RequestContext", "access_of"]

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods with which a link from another site may carry Lax cookies (RFC 9110 section 9.2.1)."""
EMBEDDED: Final = " embedded"
"""What marks the partition of a site within itself but through another's page: it is not the one of its own pages."""
_REMEMBERED: Final = 1024  # answers: a test or a search asks for the same few again and again


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """The pages around a request, and what kind it is.

    Attributes:
        pages: URLs of the page in the address bar, then of the frames below it down to the one that makes the request
            or that a frame is loaded into. For a navigation: of the page that starts it; none for a typed address.
        navigation: whether the answer becomes the page in the address bar.
        method: of HTTP, in capitals; after a redirect the one that is used then.
        redirects: URLs that have redirected this request so far, the first one first.
    """

    pages: tuple[str, ...] = ()
    navigation: bool = False
    method: str = "GET"
    redirects: tuple[str, ...] = ()

    @classmethod
    def link(cls, page: str, *, method: str = "GET") -> Self:
        """A top-level navigation that a page starts: a link, a form, `location = …`.

        Args:
            page: URL of the page.
            method: `POST` for a form that posts.
        """
        return cls(pages=(page,), navigation=True, method=method)

    @classmethod
    def typed(cls) -> Self:
        """An address that somebody typed, or a bookmark."""
        return cls(navigation=True)

    @classmethod
    def within(cls, *pages: str, method: str = "GET") -> Self:
        """A fetch, an image, a script, a WebSocket, or the loading of a frame; or script in that frame.

        Args:
            *pages: URLs of the page in the address bar and of the frames below it, the innermost last.
            method: of HTTP.
        """
        return cls(pages=pages, method=method)

    def redirected(self, url: str, *, method: str | None = None) -> Self:
        """The same request after one more redirect.

        Args:
            url: that answered with the redirect.
            method: with which it goes on; the same if None.
        """
        return type(self)(
            pages=self.pages,
            navigation=self.navigation,
            method=method or self.method,
            redirects=(*self.redirects, url),
        )


@dataclass(frozen=True, slots=True)
class Access:
    """What a context means for cookies.

    Attributes:
        same_site: whether SameSite stands in no cookie's way.
        safe_navigation: whether it is a cross-site navigation that may carry Lax cookies.
        unsafe_navigation: whether it is one with another method, which may carry fresh cookies of an unset SameSite.
        stores: whether the answer may set cookies with SameSite: those that its request would not have carried, too.
        partitioned: whether the answer's cookies go to the partition even where they don't ask for it.
        partition: the partition that is open to it: the top-level site.
        open_partitions: whose cookies are open to it: this one's, and None for those that lie in none.
    """

    same_site: bool
    safe_navigation: bool
    unsafe_navigation: bool
    stores: bool
    partitioned: bool
    partition: str
    open_partitions: tuple[str | None, ...]


@lru_cache(maxsize=_REMEMBERED)
def access_of(url: CookieUrl, context: RequestContext | None, dialect: Dialect) -> Access:
    """Look at the pages around a request.

    Args:
        url: of the request.
        context: how it comes about; None if from its own site.
        dialect: whose idea of a site.

    Raises:
        CookieError: if the context holds what isn't a URL.
    """
    if context is None:
        return Access(
            same_site=True,
            safe_navigation=False,
            unsafe_navigation=False,
            stores=True,
            partitioned=False,
            partition=url.schemeful_site,
            open_partitions=(None, url.schemeful_site),
        )
    pages = [CookieUrl.parse(page) for page in context.pages]
    before = [CookieUrl.parse(hop) for hop in context.redirects] if dialect.redirects_count else []
    around = pages[-1:] if context.navigation else pages
    among_friends = all(_same_site(url, page, dialect) for page in around)
    same_site = among_friends and all(_same_site(url, hop, dialect) for hop in before)
    safe = context.method in SAFE_METHODS
    crosses = context.navigation and not same_site
    third_party = not context.navigation and any(page.site != url.site for page in pages)
    partitioned = third_party and dialect.partitions_third_parties
    partition = url.schemeful_site if context.navigation or not pages else _partition(url, pages)
    return Access(
        same_site=same_site,
        safe_navigation=crosses and safe,
        unsafe_navigation=crosses and not safe,
        stores=among_friends or context.navigation,
        partitioned=partitioned,
        partition=partition,
        open_partitions=(partition,) if partitioned else (None, partition),
    )


def _same_site(one: CookieUrl, other: CookieUrl, dialect: Dialect) -> bool:
    return one.site == other.site and (one.scheme == other.scheme or not dialect.schemeful)


def _partition(url: CookieUrl, pages: list[CookieUrl]) -> str:
    top = pages[0].schemeful_site
    through_others = top == url.schemeful_site and any(page.schemeful_site != top for page in pages)
    return top + EMBEDDED if through_others else top
