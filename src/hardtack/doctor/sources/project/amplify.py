"""How a project configures Amplify: in the browser, on the server, and in which order.

Rule: what is written is stated, with the defaults that Amplify itself puts in place of what isn't; an attribute that
can't be read off the code is named as unresolved. A default that nobody wrote down is inferred, and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hardtack.doctor.configured import (
    AuthRoutes,
    CodeContext,
    ConfigureCall,
    OriginConfigured,
    PoolConfigured,
    ScopeConfigured,
    StorageCall,
    StorageKind,
)
from hardtack.doctor.evidence import Basis
from hardtack.doctor.observed import Side
from hardtack.doctor.sources.project.quotes import shown
from hardtack.doctor.sources.project.reading import as_text, is_absent, is_unknown, place_of
from hardtack.doctor.sources.project.roles import Role
from hardtack.doctor.sources.project.scopes import browser_scope, server_scope
from hardtack.doctor.sources.project.syntax import arguments
from hardtack.doctor.sources.project.values import MISSING, Frame, MadeValue, ObjectValue, SymbolValue, Value, truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.doctor.evidence import Evidence
    from hardtack.doctor.observed import Fact
    from hardtack.doctor.sources.project.reach import Path
    from hardtack.doctor.sources.project.reading import Called, Reading

__all__ = ["APP_ORIGIN", "is_amplify", "origin_of", "read_amplify"]

APP_ORIGIN: Final = "AMPLIFY_APP_ORIGIN"
_CONFIGURES: Final = frozenset({"Amplify", "DefaultAmplify"})
_RANKS: Final = {
    CodeContext.MODULE: 0,
    CodeContext.COMPONENT: 1,
    CodeContext.EFFECT: 2,
    CodeContext.HANDLER: 3,
}
_POOL_PATHS: Final = (
    (("Auth", "Cognito", "userPoolId"), ("Auth", "Cognito", "userPoolClientId")),
    (("auth", "user_pool_id"), ("auth", "user_pool_client_id")),
    (("aws_user_pools_id",), ("aws_user_pools_web_client_id",)),
    (("Auth", "userPoolId"), ("Auth", "userPoolWebClientId")),
)
"""Where each generation of tools keeps the pool and the app client."""
_REDIRECTS: Final = (
    ("Auth", "Cognito", "loginWith", "oauth", "redirectSignIn"),
    ("auth", "oauth", "redirect_sign_in_uri"),
    ("oauth", "redirectSignIn"),
    ("Auth", "oauth", "redirectSignIn"),
)
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?/?")


@dataclass(frozen=True, slots=True, eq=False)
class _Wired:
    """A call that configures the browser's side, and the first way in which it is come to."""

    called: Called
    path: Path
    key: tuple[int, ...]


def is_amplify(symbol: SymbolValue) -> bool:
    """Whether something comes from one of Amplify's packages."""
    return symbol.package.partition("/")[0] in {"aws-amplify", "@aws-amplify"}


def read_amplify(reading: Reading) -> Iterator[Fact]:
    """State how an app configures Amplify."""
    calls = [one for one in reading.calls if is_amplify(one.symbol)]
    configures = [found for one in calls if _configures(one.symbol) for found in _wired(reading, one)]
    storages = [found for one in calls if one.symbol.named("setKeyValueStorage") for found in _wired(reading, one)]
    order = {id(one): place for place, one in enumerate(sorted([*configures, *storages], key=lambda each: each.key))}
    for one in configures:
        yield _configure_call(reading, one, order[id(one)])
    for one in storages:
        yield from _storage(reading, one, order[id(one)])
    for one in configures:
        yield from _configured(reading, one, alone=not storages)
    for called in calls:
        if called.symbol.named("createServerRunner"):
            yield from _server(reading, called)
        elif called.symbol.named("createAuthRouteHandlers"):
            yield _mounted(reading, called)
    yield from _app_origin(reading)


def _configures(symbol: SymbolValue) -> bool:
    return symbol.named("configure") and bool(_CONFIGURES & set(symbol.path))


def _wired(reading: Reading, called: Called) -> list[_Wired]:
    """The call if it is part of the browser's bundle, as it is first come to."""
    found: list[_Wired] = []
    for path in reading.reach.paths(called.module, called.node, server=False):
        if path.frames[0].server or path.context not in _RANKS:
            continue
        if not reading.roles.in_browser(path.outermost[0].name):
            continue
        place = reading.load_order.get(path.outermost[0].name, 0)
        key = (_RANKS[path.context], place, *(node.start_byte for _, node in path.sites))
        found.append(_Wired(called, path, key))
    return [min(found, key=lambda one: one.key)] if found else []


def _configure_call(reading: Reading, one: _Wired, order: int) -> ConfigureCall:
    given = arguments(one.called.node)
    ssr = MISSING
    for argument in given[:2]:
        said = reading.member(reading.value(argument, one.called.module, one.path.frame), "ssr")
        ssr = ssr if is_absent(said) or (is_unknown(said) and argument == given[0]) else said
    return ConfigureCall(
        evidence=one.called.module.source.evidence(one.called.node),
        app=reading.name,
        ssr=None if is_absent(ssr) else truth(ssr) is not False,  # what can't be read is not called missing
        options=len(given) > 1,
        context=one.path.context,
        order=order,
    )


def _configured(reading: Reading, one: _Wired, *, alone: bool) -> Iterator[Fact]:
    """What a `configure` says besides: the pool, where people return to, and the cookies if nobody else says it."""
    module, node, frame = one.called.module, one.called.node, one.path.frame
    given = arguments(node)
    config = reading.value(given[0] if given else None, module, frame)
    yield _pool(reading, config, Side.BROWSER, module.source.evidence(node))
    yield from _origins(reading, config, module.source.evidence(node))
    if not alone:
        return
    old = reading.member(config, "Auth", "cookieStorage")
    if isinstance(old, ObjectValue):
        yield browser_scope(reading, old, module, node)
    elif _configure_call(reading, one, 0).ssr:
        evidence = module.source.evidence(node, Basis.INFERRED)
        yield ScopeConfigured(evidence=evidence, app=reading.name, side=Side.BROWSER)


def _storage(reading: Reading, one: _Wired, order: int) -> Iterator[Fact]:
    module, node, frame = one.called.module, one.called.node, one.path.frame
    given = arguments(node)
    value = reading.value(given[0] if given else None, module, frame)
    kind = StorageKind.OTHER
    if isinstance(value, MadeValue) and value.symbol.named("CookieStorage"):
        kind = StorageKind.COOKIES
    elif isinstance(value, SymbolValue) and value.named("defaultStorage", "sessionStorage", "localStorage"):
        kind = StorageKind.LOCAL
    yield StorageCall(
        evidence=module.source.evidence(node), app=reading.name, kind=kind, context=one.path.context, order=order
    )
    if kind is StorageKind.COOKIES and isinstance(value, MadeValue):
        options = arguments(value.node)
        said = reading.value(options[0], value.module, value.frame) if options else MISSING
        yield browser_scope(reading, said, value.module, value.node)


def _server(reading: Reading, called: Called) -> Iterator[Fact]:
    paths = reading.reach.paths(called.module, called.node, server=True)
    frame = paths[0].frame if paths else Frame(server=True)
    given = arguments(called.node)
    options = reading.value(given[0] if given else None, called.module, replace(frame, server=True))
    yield server_scope(reading, options, called, only_http=_switched_on(reading))
    config = reading.member(options, "config")
    yield _pool(reading, config, Side.SERVER, called.module.source.evidence(called.node))
    yield from _origins(reading, config, called.module.source.evidence(called.node))


def _pool(reading: Reading, config: Value, side: Side, evidence: Evidence) -> PoolConfigured:
    for pool_path, client_path in _POOL_PATHS:
        pool, client = reading.member(config, *pool_path), reading.member(config, *client_path)
        if is_absent(pool) and is_absent(client):
            continue
        if is_unknown(config) or (is_unknown(pool) and is_unknown(client) and not isinstance(config, ObjectValue)):
            break
        reading.note(pool, "user_pool_id", side)
        reading.note(client, "client_id", side)
        return PoolConfigured(
            evidence=evidence,
            app=reading.name,
            side=side,
            client_id=shown(as_text(client) or "") or None,
            user_pool_id=shown(as_text(pool) or "") or None,
        )
    return PoolConfigured(evidence=evidence, app=reading.name, side=side)


def _origins(reading: Reading, config: Value, evidence: Evidence) -> Iterator[OriginConfigured]:
    for path in _REDIRECTS:
        where = place_of(reading.member(config, *path[:-1]), path[-1])
        evidence = where[0].source.evidence(where[1]) if where is not None else evidence
        for one in reading.items(reading.member(config, *path)):
            for address in (as_text(one) or "").split(","):
                if (origin := origin_of(address.strip(), evidence, reading.name)) is not None:
                    yield origin


def origin_of(address: str, evidence: Evidence, app: str) -> OriginConfigured | None:
    """The origin of an address; None if it is no http address."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    secure = parts.scheme == "https"
    default = 443 if secure else 80
    return OriginConfigured(evidence=evidence, app=app, host=shown(parts.hostname), secure=secure, port=port or default)


def _switched_on(reading: Reading) -> bool | None:
    """Whether `AMPLIFY_APP_ORIGIN` makes the adapter's cookies HttpOnly; None if no file names it."""
    entry = reading.environment.entries.get(APP_ORIGIN)
    return None if entry is None else _is_origin(entry.raw)


def _is_origin(said: str) -> bool:
    return _ORIGIN.fullmatch(said) is not None and not (said.startswith("https:") and said.endswith("/"))


def _app_origin(reading: Reading) -> Iterator[Fact]:
    entry = reading.environment.entries.get(APP_ORIGIN)
    if entry is None or "@aws-amplify/adapter-nextjs" not in reading.app.depends or not _is_origin(entry.raw):
        return
    use = reading.environment.use(APP_ORIGIN, reading.environment.evidence(entry))
    reading.used.setdefault((APP_ORIGIN, "origin"), {}).setdefault(Side.SERVER, use)
    if (origin := origin_of(entry.raw, use.evidence, reading.name)) is not None:
        yield origin


def _mounted(reading: Reading, called: Called) -> AuthRoutes:
    """The adapter's auth routes."""
    pages = reading.role(called.module) in {Role.PAGES_API, Role.PAGES}
    evidence = called.module.source.evidence(called.node)
    return AuthRoutes(evidence=evidence, app=reading.name, pages_router=pages)
