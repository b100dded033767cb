"""The same question for other libraries: with which scope are their session cookies written, and by whom?

Rule: only options that name a cookie's attributes are read, with each library's own defaults for the rest. What the
library does with its cookie is its business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import OriginConfigured, RotationKnown, ScopeConfigured, TokenLifetime
from hardtack.doctor.evidence import Basis
from hardtack.doctor.observed import Side
from hardtack.doctor.profiles import CookieRole
from hardtack.doctor.sources.project.amplify import origin_of
from hardtack.doctor.sources.project.quotes import shown
from hardtack.doctor.sources.project.reading import as_text, is_absent, place_of
from hardtack.doctor.sources.project.syntax import arguments, callee, part, string_of, text, walk
from hardtack.doctor.sources.project.values import MISSING, Frame, ObjectValue, Scalar, Value, truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from hardtack.doctor.observed import Fact
    from hardtack.doctor.sources.project.modules import Module
    from hardtack.doctor.sources.project.reading import Called, Reading

__all__ = ["read_infrastructure", "read_others"]

_DAY: Final = 86_400
_SAME_SITES: Final = {"strict": "Strict", "lax": "Lax", "none": "None"}
_UNITS: Final = {"days": _DAY, "hours": 3600, "minutes": 60, "seconds": 1}


@dataclass(frozen=True, slots=True)
class _Library:
    """One function of a library, where the options of its cookie stand, and what it writes without them."""

    profile: str
    package: str
    function: str
    argument: int
    options: tuple[tuple[str, ...], ...]
    side: Side
    lifetime: int


_SESSION_OPTIONS: Final = (("cookies", "sessionToken", "options"),)
_LIBRARIES: Final = (
    _Library("authjs", "next-auth", "default", 0, _SESSION_OPTIONS, Side.SERVER, 30 * _DAY),
    _Library("authjs", "@auth/", "SvelteKitAuth", 0, _SESSION_OPTIONS, Side.SERVER, 30 * _DAY),
    _Library("authjs", "@auth/", "ExpressAuth", 0, _SESSION_OPTIONS, Side.SERVER, 30 * _DAY),
    _Library("supabase", "@supabase/ssr", "createBrowserClient", 2, (("cookieOptions",),), Side.BROWSER, 400 * _DAY),
    _Library("supabase", "@supabase/ssr", "createServerClient", 2, (("cookieOptions",),), Side.SERVER, 400 * _DAY),
    _Library(
        "better-auth",
        "better-auth",
        "betterAuth",
        0,
        (("advanced", "crossSubDomainCookies"), ("advanced", "defaultCookieAttributes")),
        Side.SERVER,
        7 * _DAY,
    ),
)
_GUARDED: Final = frozenset({"authjs", "better-auth"})
"""Libraries that write Secure and HttpOnly by themselves."""
_ORIGINS: Final = {"NEXTAUTH_URL": "next-auth", "AUTH_URL": "next-auth", "BETTER_AUTH_URL": "better-auth"}


def read_others(reading: Reading) -> Iterator[Fact]:
    """State the scopes that other libraries are given."""
    for called in reading.calls:
        for library in _LIBRARIES:
            package = called.symbol.package
            named = called.symbol.path[-1:] == (library.function,)
            same = package == library.package or package.startswith(library.package.rstrip("/") + "/")
            if same and named:
                yield _scope(reading, called, library)
    for name, package in _ORIGINS.items():
        entry = reading.environment.entries.get(name)
        if entry is not None and package in reading.app.depends:
            origin = origin_of(entry.raw, reading.environment.evidence(entry), reading.name)
            if isinstance(origin, OriginConfigured):
                yield origin


def _scope(reading: Reading, called: Called, library: _Library) -> ScopeConfigured:
    given = arguments(called.node)
    frame = Frame(server=library.side is Side.SERVER)
    paths = reading.reach.paths(called.module, called.node, server=frame.server)
    if paths and paths[0].frames[0].server is frame.server:
        frame = paths[0].frame
    whole = reading.value(given[library.argument], called.module, frame) if len(given) > library.argument else MISSING
    options = [reading.member(whole, *path) for path in library.options]
    said = {
        name: _first(reading, options, name) for name in ("domain", "path", "sameSite", "secure", "maxAge", "httpOnly")
    }
    written = [one for one in options if not is_absent(one)]
    reading.note(said["domain"], "domain", library.side)
    names = {"sameSite": "same_site", "maxAge": "lifetime", "httpOnly": "http_only"}
    place = next((found for one in written if (found := place_of(one, "domain")) is not None), None)
    where = place or (called.module, called.node)
    same_site = as_text(said["sameSite"])
    age = said["maxAge"].value if isinstance(said["maxAge"], Scalar) else None
    return ScopeConfigured(
        evidence=where[0].source.evidence(where[1], Basis.CONFIGURED if written else Basis.INFERRED),
        app=reading.name,
        side=library.side,
        profile=library.profile,
        domain=shown(as_text(said["domain"]) or "") or None,
        path=shown(as_text(said["path"]) or "") or "/",
        secure=library.profile in _GUARDED if is_absent(said["secure"]) else bool(truth(said["secure"])),
        http_only=library.profile in _GUARDED if is_absent(said["httpOnly"]) else bool(truth(said["httpOnly"])),
        same_site="Lax" if same_site is None else _SAME_SITES.get(same_site.lower()),
        lifetime=int(age) if isinstance(age, float) and age < 100 * 365 * _DAY else library.lifetime,
        unresolved=frozenset(names.get(name, name) for name, value in said.items() if not isinstance(value, Scalar)),
    )


def _first(reading: Reading, options: list[Value], name: str) -> Value:
    for one in options:
        value = MISSING if is_absent(one) else reading.member(one, name)
        if not is_absent(value):
            return value
    return MISSING


def read_infrastructure(reading: Reading) -> Iterator[Fact]:
    """State what the code that makes the pool says about refresh tokens: how long they live, whether they rotate."""
    for name in reading.project.concerned:
        module = reading.project.load(name)
        if module is None or b"refreshToken" not in module.source.data:
            continue
        for node in walk(module.root):
            key, value = _setting(node)
            if value is None:
                continue
            evidence = module.source.evidence(node)
            if key == "refreshTokenValidity" and (seconds := _seconds(reading, value, module)) is not None:
                role = CookieRole.REFRESH_TOKEN
                yield TokenLifetime(evidence=evidence, app=reading.name, role=role, seconds=seconds)
            elif key == "refreshTokenRotationGracePeriod":
                yield RotationKnown(evidence=evidence, app=reading.name, enabled=True)
            elif key == "refreshTokenRotation":
                said = reading.value(value, module, Frame(server=True))
                feature = reading.member(said, "feature") if isinstance(said, ObjectValue) else MISSING
                if as_text(feature) is not None:
                    enabled = as_text(feature) == "ENABLED"
                    yield RotationKnown(evidence=evidence, app=reading.name, enabled=enabled)


def _setting(node: Node) -> tuple[str, Node | None]:
    if node.type == "pair":
        key = part(node, "key")
        return string_of(key) or text(key), part(node, "value")
    if node.type == "assignment_expression":
        return text(part(part(node, "left"), "property")), part(node, "right")
    return "", None


def _seconds(reading: Reading, value: Node, module: Module) -> int | None:
    """`Duration.days(30)`, or a bare number, which is days."""
    unit = _DAY
    number: Node | None = value
    if value.type == "call_expression":
        unit = _UNITS.get(text(part(callee(value), "property")), 0)
        given = arguments(value)
        number = given[0] if given else None
    said = reading.value(number, module, Frame(server=True))
    amount = said.value if isinstance(said, Scalar) else None
    return int(amount * unit) if isinstance(amount, float) and unit and 0 < amount < 10**6 else None
