"""Group 8: releases of aws-amplify and its Next adapter with known faults.

Rule: one row a fault, with the ranges in which it is there, taken from the libraries' own history. A row may look at
other facts to say how bad it is for this very project; it never guesses a version that no lockfile states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from hardtack.doctor.configured import (
    AuthRoutes,
    CodeContext,
    PackageVersion,
    RotationKnown,
    ScopeConfigured,
    SessionRead,
    StorageCall,
    StorageKind,
)
from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import Side
from hardtack.doctor.rules.model import Confidence, Hit, Rule, Severity, Snippet, Value, rule
from hardtack.doctor.rules.reading import apps, bare, distinct, evidence_of, in_app, version_of
from hardtack.doctor.versions import Range, parse_version

__all__ = ["FAULTS", "RULES", "Fault"]

AMPLIFY: Final = "aws-amplify"
ADAPTER: Final = "@aws-amplify/adapter-nextjs"
_VERSIONS: Final = frozenset({Area.VERSIONS})
_SINGLE: Final = (AMPLIFY, "@aws-amplify/auth", "@aws-amplify/core", "js-cookie")
"""Packages that keep the session in a module: two copies are two sessions."""

Weigh = Callable[[Facts, str], Severity | None]
"""How bad a fault is for one app of a project; None for not at all."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of certain releases.

    Attributes:
        id: of its rule.
        name: of its rule.
        amplify: the releases of aws-amplify that have it; None where it is the adapter's alone.
        adapter: those of the adapter; None where it is aws-amplify's alone.
        severity: how bad it is at most.
        weigh: how bad it is for one app, where that depends on the app.
    """

    id: str
    name: str
    amplify: Range | None
    adapter: Range | None
    severity: Severity
    weigh: Weigh | None = None

    @property
    def for_servers(self) -> bool:
        """Whether only an app with the adapter has it."""
        return self.adapter is not None


def _with_domain(facts: Facts, app: str) -> Severity | None:
    scopes = in_app(facts, ScopeConfigured, app)
    wide = any(one.side is Side.BROWSER and (bare(one.domain) or "domain" in one.unresolved) for one in scopes)
    return Severity.ERROR if wide else Severity.NOTE


def _with_storage(facts: Facts, app: str) -> Severity | None:
    custom = any(one.kind is StorageKind.COOKIES for one in in_app(facts, StorageCall, app))
    return Severity.WARNING if custom else Severity.NOTE


def _with_rotation(facts: Facts, app: str) -> Severity | None:
    return Severity.ERROR if any(one.enabled for one in in_app(facts, RotationKnown, app)) else None


def _with_routes(facts: Facts, app: str) -> Severity | None:
    return Severity.ERROR if in_app(facts, AuthRoutes, app) else None


def _with_pages(facts: Facts, app: str) -> Severity | None:
    pages = any(one.context is CodeContext.PAGES for one in in_app(facts, SessionRead, app))
    return Severity.ERROR if pages else None


FAULTS: Final = (
    Fault(
        "HT801",
        "server-cookies-without-path",
        Range("6.0.0", "6.4.2"),
        Range("1.0.0", "1.2.9"),
        Severity.ERROR,
    ),
    Fault("HT802", "wiped-when-offline", Range("6.0.0", "6.6.7"), None, Severity.ERROR),
    Fault("HT803", "wiped-on-server-errors", Range("6.6.7", "6.15.8"), None, Severity.WARNING),
    Fault(
        "HT804",
        "users-mixed-up",
        Range("6.0.13", "6.3.2"),
        Range("1.0.13", "1.1.8"),
        Severity.ERROR,
    ),
    Fault(
        "HT805",
        "server-without-domain",
        Range("6.0.0", "6.13.0"),
        Range("1.0.0", "1.5.0"),
        Severity.ERROR,
        _with_domain,
    ),
    Fault(
        "HT806",
        "expired-token-taken-for-none",
        Range("6.3.4", "6.3.7"),
        Range("1.2.1", "1.2.4"),
        Severity.WARNING,
    ),
    Fault("HT807", "configure-replaces-storage", Range("6.18.0", "6.22.0"), None, Severity.WARNING, _with_storage),
    Fault("HT808", "rotation-unknown", Range("6.0.0", "6.15.4"), None, Severity.ERROR, _with_rotation),
    Fault(
        "HT809", "names-not-encoded", Range("6.13.0", "6.17.0"), Range("1.5.0", "1.7.3"), Severity.ERROR, _with_routes
    ),
    Fault("HT810", "last-cookie-only", Range("6.0.0", "6.3.3"), Range("1.0.0", "1.2.0"), Severity.ERROR, _with_pages),
    Fault("HT811", "guests-apart", Range("6.0.0", "6.14.2"), Range("1.0.0", "1.6.0"), Severity.NOTE),
    Fault("HT812", "version-5", Range(None, "6.0.0"), None, Severity.NOTE),
)
"""The history, as far as it concerns sessions."""


def _judge(fault: Fault) -> Rule:
    def judge(facts: Facts) -> Iterator[Hit]:
        for app in apps(facts):
            adapters = version_of(facts, ADAPTER, app)
            if fault.for_servers and not adapters:
                continue
            for package, held in ((adapters, fault.adapter), (version_of(facts, AMPLIFY, app), fault.amplify)):
                found = next((one for one in package if _holds(held, one)), None)
                severity = fault.weigh(facts, app) if fault.weigh is not None else fault.severity
                if found is not None and held is not None and severity is not None:
                    yield _hit(found, held, severity, app)
                    break

    return rule(fault.id, fault.name, fault.severity, _VERSIONS)(judge)


def _holds(held: Range | None, package: PackageVersion) -> bool:
    version = parse_version(package.version)
    return held is not None and version is not None and held.holds(version)


def _hit(found: PackageVersion, held: Range, severity: Severity, app: str) -> Hit:
    fixed = held.end or ""
    values: dict[str, Value] = {"package": found.name, "version": found.version, "range": str(held), "fixed": fixed}
    return Hit(
        evidence=evidence_of(found),
        values=values,
        severity=severity,
        confidence=None if found.locked else Confidence.POSSIBLE,
        snippets=(Snippet(f"npm install {AMPLIFY}@^6.22.1 {ADAPTER}@^1.8.0", "sh"),),
        key=f"{app} {found.name}",
    )


@rule("HT813", "several-copies", Severity.WARNING, _VERSIONS, cause=2)
def several_copies(facts: Facts) -> Iterator[Hit]:
    """Two versions of one package that keeps the session in a module: two token providers, two storages."""
    for app in apps(facts):
        for name in _SINGLE:
            copies = [one for one in in_app(facts, PackageVersion, app) if one.name == name and one.locked]
            versions = distinct(one.version for one in copies)
            if len(versions) > 1:
                values: dict[str, Value] = {"package": name, "versions": versions}
                severity = Severity.NOTE if name == "js-cookie" else Severity.WARNING
                snippet = Snippet(f"npm ls {name}", "sh")
                yield Hit(
                    evidence=evidence_of(*copies),
                    values=values,
                    severity=severity,
                    snippets=(snippet,),
                    key=f"{app} {name}",
                )


@rule("HT814", "pages-sign-out-finds-nothing", Severity.WARNING, {Area.CODE})
def pages_sign_out(facts: Facts) -> Iterator[Hit]:
    """The adapter's sign-out under the Pages Router looks for names that nobody writes, in every release so far."""
    for routes in facts.of(AuthRoutes):
        if routes.pages_router:
            yield Hit(evidence=evidence_of(routes), key=routes.app)


RULES = (*map(_judge, FAULTS), several_copies, pages_sign_out)
