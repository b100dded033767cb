"""How rules read facts: twins, jars before and after, words for scopes.

Rule: what two rules need stands here, once. Nothing here judges.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from hardtack.cookies.matching import is_canonical_host
from hardtack.doctor.configured import AppFact, PackageVersion
from hardtack.doctor.observed import After, CookieWritten, Fact, JarCookie, JarSeen
from hardtack.doctor.quoting import quotable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hardtack.cookies import CookieScope
    from hardtack.doctor.evidence import Evidence
    from hardtack.doctor.facts import Facts

A = TypeVar("A", bound=AppFact)

__all__ = [
    "amplify_session",
    "apps",
    "bare",
    "distinct",
    "evidence_of",
    "in_app",
    "literal",
    "organic",
    "place_of",
    "responses",
    "twins",
    "version_of",
]


def organic(facts: Facts) -> tuple[Fact, ...]:
    """What happened by itself: everything until the doctor planted twins of its own."""
    planted = next((jar for jar in facts.of(JarSeen) if jar.after is After.PLANT), None)
    return facts.items if planted is None else facts.items[: facts.items.index(planted)]


def amplify_session(cookies: Iterable[JarCookie]) -> tuple[JarCookie, ...]:
    """Those of Amplify's cookies that make somebody signed in, or say who."""
    return tuple(one for one in cookies if one.cookie.profile == "amplify" and one.cookie.role.is_session)


def twins(cookies: Iterable[JarCookie]) -> dict[str, tuple[JarCookie, ...]]:
    """What lies there more than once, by key, each in the order in which it is sent."""
    by_key: dict[str, list[JarCookie]] = {}
    for one in cookies:
        by_key.setdefault(one.cookie.key, []).append(one)
    return {key: tuple(group) for key, group in by_key.items() if len(group) > 1}


def place_of(scope: CookieScope | None, host: str) -> str:
    """A scope in words that name the host: `host-only app.example.com /`, `.example.com /app`; `?` if unknown."""
    if scope is None:
        return "?"
    domain = f"host-only {host}" if scope.domain is None else f".{scope.domain}"
    return quotable(f"{domain} {scope.path}{' partitioned' if scope.partitioned else ''}")


def literal(domain: str | None) -> str:
    """A Domain as it may stand in lines that people copy: itself if it is a host name, an ellipsis if not."""
    return domain if domain is not None and is_canonical_host(bare(domain) or "") else "…"


def bare(domain: str | None) -> str | None:
    """A Domain as browsers compare it: lower case, without its leading dot; None for host-only, also where empty."""
    return domain.strip().lower().removeprefix(".") or None if domain is not None else None


def distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts without repetition, in order."""
    return tuple(dict.fromkeys(texts))


def evidence_of(*found: Fact | None) -> tuple[Evidence, ...]:
    """The evidence of facts, in order, each once."""
    return tuple(dict.fromkeys(one.evidence for one in found if one is not None))


def apps(facts: Facts) -> tuple[str, ...]:
    """The apps of a project, in order; one without a name for anything else."""
    return distinct(fact.app for fact in facts.of(AppFact)) or ("",)


def in_app(facts: Facts, kind: type[A], app: str) -> tuple[A, ...]:
    """The facts of a kind about one app."""
    return tuple(fact for fact in facts.of(kind) if fact.app == app)


def responses(items: Iterable[Fact]) -> Iterator[tuple[CookieWritten, ...]]:
    """The lines of each response together, in their order; script's writes each for itself."""
    written = [fact for fact in items if isinstance(fact, CookieWritten)]
    for _, lines in groupby(written, key=_response_of):
        yield tuple(sorted(lines, key=lambda one: one.order))


def _response_of(one: CookieWritten) -> tuple[str, int | None, str, str]:
    place = one.evidence.place
    return place.source, place.entry, one.host, one.writer


def version_of(facts: Facts, package: str, app: str) -> tuple[PackageVersion, ...]:
    """The versions of a package that one app resolves, or the whole workspace if the app has none of its own."""
    found = [fact for fact in facts.of(PackageVersion) if fact.name == package]
    own = tuple(fact for fact in found if fact.app == app)
    return own or tuple(fact for fact in found if not fact.app)
