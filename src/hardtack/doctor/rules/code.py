"""Group 4: middleware and caches, between the one who writes a cookie and the browser that should keep it.

Rule: a cookie counts as written when the browser has it. Middleware that returns another response has written nothing;
a cache that keeps a response with cookies writes them to strangers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import MiddlewareFound
from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import CacheableWrite
from hardtack.doctor.rules.model import Hit, Severity, Snippet, Value, rule
from hardtack.doctor.rules.reading import evidence_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULES"]

_CODE: Final = frozenset({Area.CODE})
_CARRY: Final = """\
const redirect = NextResponse.redirect(new URL('/login', request.url));
for (const line of response.headers.getSetCookie()) redirect.headers.append('set-cookie', line);
return redirect;"""
_MATCHER: Final = """\
export const config = {
  matcher: ['/((?!_next/static|_next/image|.*\\\\.(?:css|js|map|png|jpg|jpeg|svg|gif|webp|ico|woff2?)$).*)'],
};"""
_NEVER_KEPT: Final = re.compile(r"\b(?:no-store|private)\b", re.IGNORECASE)
_KEPT: Final = re.compile(
    r"\bpublic\b|\bs-maxage\s*=\s*[1-9]|\bmax-age\s*=\s*[1-9]|\bimmutable\b|force-static|\brevalidate\b", re.IGNORECASE
)


@rule("HT411", "other-response-returned", Severity.ERROR, _CODE, cause=6)
def other_response_returned(facts: Facts) -> Iterator[Hit]:
    """Middleware gives the adapter one response and returns another: refreshed and cleared cookies are lost."""
    for middleware in facts.of(MiddlewareFound):
        if middleware.returns_another:
            place = middleware.evidence.place
            snippet = Snippet(_CARRY, "ts", place.source)
            yield Hit(evidence=evidence_of(middleware), snippets=(snippet,), key=place.source)


@rule("HT412", "matcher-covers-assets", Severity.WARNING, _CODE)
def matcher_covers_assets(facts: Facts) -> Iterator[Hit]:
    """Auth middleware runs for scripts, styles and images as well, and may refresh for each of them."""
    for middleware in facts.of(MiddlewareFound):
        if middleware.covers_assets:
            place = middleware.evidence.place
            values: dict[str, Value] = {"matcher": middleware.matcher or ("-",)}
            snippet = Snippet(_MATCHER, "ts", place.source)
            yield Hit(evidence=evidence_of(middleware), values=values, snippets=(snippet,), key=place.source)


@rule("HT413", "cookies-in-a-cache", Severity.WARNING, {Area.WRITES}, _CODE)
def cookies_in_a_cache(facts: Facts) -> Iterator[Hit]:
    """A response that sets auth cookies may be kept by a shared cache, and be served to somebody else."""
    for write in facts.of(CacheableWrite):
        if _NEVER_KEPT.search(write.directive) or not (write.from_cache or _KEPT.search(write.directive)):
            continue
        yield Hit(
            evidence=evidence_of(write),
            values={"directive": write.directive or "-"},
            say="served" if write.from_cache else "message",
            severity=Severity.ERROR if write.from_cache else Severity.WARNING,
            snippets=(Snippet("Cache-Control: private, no-store", "http"),),
            key=f"{write.evidence.place.source} {write.evidence.place.url or ''}",
        )


RULES = (other_response_returned, matcher_covers_assets, cookies_in_a_cache)
