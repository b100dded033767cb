"""The scope and attributes that one writer is given, with the defaults that Amplify puts in place of the rest.

Rule: the browser's `CookieStorage` and the server's `runtimeOptions.cookies` have different defaults and different
units; here they become one fact. An object that is not known to the end makes every attribute that it doesn't show
unresolved, since anything may stand there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import ScopeConfigured
from hardtack.doctor.evidence import Basis
from hardtack.doctor.observed import Side
from hardtack.doctor.sources.project.quotes import shown
from hardtack.doctor.sources.project.reading import as_text, is_absent, is_unknown, place_of
from hardtack.doctor.sources.project.values import MISSING, ObjectValue, Scalar, Unknown, Value, truth

if TYPE_CHECKING:
    from tree_sitter import Node

    from hardtack.doctor.sources.project.modules import Module
    from hardtack.doctor.sources.project.reading import Called, Reading

__all__ = ["browser_scope", "server_scope"]

DAY: Final = 86_400
YEAR: Final = 31_536_000
_SAME_SITES: Final = {"strict": "Strict", "lax": "Lax", "none": "None"}
_ATTRIBUTES: Final = ("domain", "path", "expires", "secure", "sameSite")


def browser_scope(reading: Reading, options: Value, module: Module, node: Node) -> ScopeConfigured:
    """What `new CookieStorage(options)` writes.

    Args:
        reading: the app.
        options: its argument; undefined for none.
        module: the file in which it stands.
        node: the expression, which is the evidence where no attribute is a better one.
    """
    said = {name: _attribute(reading, options, name) for name in _ATTRIBUTES}
    unresolved = _unresolved(said)
    for name in ("domain", "path", "secure"):
        reading.note(said[name], name, Side.BROWSER)
    same_site = _SAME_SITES.get((as_text(said["sameSite"]) or "").lower())
    secure = True if is_absent(said["secure"]) and "secure" not in _members(options) else bool(truth(said["secure"]))
    telling = "secure" if same_site == "None" and not secure else "domain"
    where = place_of(options, telling) or place_of(options, "path") or (module, node)
    return ScopeConfigured(
        evidence=where[0].source.evidence(where[1]),
        app=reading.name,
        side=Side.BROWSER,
        domain=shown(as_text(said["domain"]) or "") or None,
        path=shown(as_text(said["path"]) or "") or "/",
        secure=secure,
        same_site=same_site,
        lifetime=_days(said["expires"], given="expires" in _members(options)),
        unresolved=frozenset(unresolved),
    )


def server_scope(reading: Reading, options: Value, called: Called, *, only_http: bool | None) -> ScopeConfigured:
    """What the adapter writes.

    Args:
        reading: the app.
        options: the argument of `createServerRunner`.
        called: the call.
        only_http: whether `AMPLIFY_APP_ORIGIN` is set, which makes its cookies HttpOnly.
    """
    cookies = reading.member(options, "runtimeOptions", "cookies")
    runtime = reading.member(options, "runtimeOptions")
    nothing = is_absent(runtime) or (is_absent(cookies) and not is_unknown(cookies))
    said = {name: _attribute(reading, cookies, name) for name in ("domain", "sameSite", "maxAge", "expires")}
    reading.note(said["domain"], "domain", Side.SERVER)
    for value in (runtime, cookies):
        reading.note(value, "domain", Side.SERVER)
    unresolved = _unresolved(said)
    age = said["maxAge"].value if isinstance(said["maxAge"], Scalar) else None
    lifetime = int(age) if isinstance(age, float) and 0 < age < 100 * YEAR else YEAR
    if not is_absent(said["expires"]):
        unresolved.add("lifetime")
    named = _SAME_SITES.get((as_text(said["sameSite"]) or "").lower())
    where = place_of(cookies, "domain") or (called.module, called.node)
    return ScopeConfigured(
        evidence=where[0].source.evidence(where[1], Basis.INFERRED if nothing else Basis.CONFIGURED),
        app=reading.name,
        side=Side.SERVER,
        domain=shown(as_text(said["domain"]) or "") or None,
        http_only=bool(only_http),
        same_site=named or ("Strict" if only_http else "Lax"),
        lifetime=lifetime,
        unresolved=frozenset(unresolved),
    )


def _attribute(reading: Reading, options: Value, name: str) -> Value:
    return MISSING if is_absent(options) else reading.member(options, name)


def _members(options: Value) -> frozenset[str]:
    return frozenset(options.fields) if isinstance(options, ObjectValue) else frozenset()


def _unresolved(said: dict[str, Value]) -> set[str]:
    names = {"sameSite": "same_site", "expires": "lifetime", "maxAge": "lifetime"}
    return {names.get(name, name) for name, value in said.items() if not isinstance(value, Scalar)}


def _days(expires: Value, *, given: bool) -> int | None:
    """`expires` of a CookieStorage is a number of days; without it a year, and undefined is a session cookie."""
    if not given and not isinstance(expires, Unknown):
        return YEAR
    if isinstance(expires, Scalar) and isinstance(expires.value, float):
        return int(min(expires.value, 36_500.0) * DAY)
    return None if is_absent(expires) else YEAR
