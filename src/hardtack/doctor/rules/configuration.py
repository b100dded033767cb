"""Group 4: how Amplify is configured in the browser's bundle, and whether the server is told the same.

Rule: order decides. A storage that is set before `configure` is replaced by it, and a second `configure` replaces the
storage again, in another way in each range of versions; so the rule says what this project's version does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import (
    CodeContext,
    ConfigureCall,
    PoolConfigured,
    ScopeConfigured,
    SessionRead,
    StorageCall,
    StorageKind,
)
from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import Side
from hardtack.doctor.rules.model import Hit, Severity, Snippet, Value, Word, rule
from hardtack.doctor.rules.reading import apps, bare, evidence_of, in_app, literal, version_of
from hardtack.doctor.versions import Range, parse_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["RULES"]

_BROWSER: Final = frozenset({Area.BROWSER_CONFIG})
_BOTH: Final = frozenset({Area.BROWSER_CONFIG, Area.SERVER_CONFIG})
_TO_LOCAL_STORAGE: Final = Range("6.18.0", "6.22.0")
_ALWAYS_RESETS: Final = Range("6.22.0", None)
_REPEATS: Final = frozenset({CodeContext.COMPONENT, CodeContext.EFFECT, CodeContext.HANDLER})


@rule("HT401", "configured-twice", Severity.ERROR, _BROWSER, cause=2)
def configured_twice(facts: Facts) -> Iterator[Hit]:
    """`Amplify.configure` runs again after the cookie storage was set, and silently replaces it."""
    for app in apps(facts):
        calls = sorted(in_app(facts, ConfigureCall, app), key=lambda call: call.order)
        storages = [call for call in in_app(facts, StorageCall, app) if call.kind is StorageKind.COOKIES]
        again = [call for call in calls[1:] if any(storage.order < call.order for storage in storages)]
        repeated = [call for call in calls if storages and call.context in _REPEATS]
        if again and any(storage.order > calls[0].order for storage in storages):
            yield _reset(facts, app, (calls[0], *again), again[-1])
        elif repeated and any(storage.context is CodeContext.MODULE for storage in storages):
            yield _reset(facts, app, repeated, repeated[0], say="repeated")
        elif len(calls) > 1:
            mixed = len({call.ssr is True for call in calls}) > 1
            severity = Severity.WARNING if mixed else Severity.NOTE
            say = "mixed" if mixed else "twice"
            yield Hit(evidence=evidence_of(*calls), values={"count": len(calls)}, say=say, severity=severity, key=app)


def _reset(facts: Facts, app: str, calls: Sequence[ConfigureCall], last: ConfigureCall, say: str = "message") -> Hit:
    """What the last call makes of the storage, by this project's version."""
    versions = [parse_version(one.version) for one in version_of(facts, "aws-amplify", app)]
    known = next((version for version in versions if version is not None), None)
    effect = "host_only"
    if known is not None and not last.ssr and (_TO_LOCAL_STORAGE.holds(known) or last.options):
        effect = "local_storage"
    keeps = known is not None and known < _TO_LOCAL_STORAGE.first and not last.ssr
    values: dict[str, Value] = {"count": len(calls), "effect": Word("kept" if keeps else effect)}
    return Hit(
        evidence=evidence_of(*calls),
        values=values,
        say=say,
        severity=Severity.NOTE if keeps else None,
        key=app,
    )


@rule("HT402", "storage-before-configure", Severity.ERROR, _BROWSER, cause=2)
def storage_before_configure(facts: Facts) -> Iterator[Hit]:
    """The cookie storage is set before `Amplify.configure`, which then puts its own in its place."""
    for app in apps(facts):
        calls = in_app(facts, ConfigureCall, app)
        storages = in_app(facts, StorageCall, app)
        first = min(calls, key=lambda call: call.order, default=None)
        early = [storage for storage in storages if first is not None and storage.order < first.order]
        if early and len(early) == len(storages):
            yield Hit(evidence=evidence_of(*early, first), key=app)


@rule("HT403", "storage-never-set", Severity.ERROR, _BOTH, cause=1)
def storage_never_set(facts: Facts) -> Iterator[Hit]:
    """The server writes with a Domain or a path of its own, and the browser was never told: it writes host-only."""
    for app in apps(facts):
        scopes = in_app(facts, ScopeConfigured, app)
        server = next((one for one in scopes if one.side is Side.SERVER and _is_special(one)), None)
        calls = in_app(facts, ConfigureCall, app)
        told = any(one.kind is StorageKind.COOKIES for one in in_app(facts, StorageCall, app))
        if server is not None and any(call.ssr for call in calls) and not told:
            domain = literal(server.domain)
            code = (
                "cognitoUserPoolsTokenProvider.setKeyValueStorage(\n"
                f"  new CookieStorage({{ domain: '{domain}', path: '/', secure: true, sameSite: 'lax' }}),\n);"
            )
            snippet = Snippet(code, "ts", calls[0].evidence.place.source)
            values: dict[str, Value] = {"domain": server.domain or "?"}
            yield Hit(evidence=evidence_of(server, calls[0]), values=values, snippets=(snippet,), key=app)


def _is_special(scope: ScopeConfigured) -> bool:
    return scope.profile == "amplify" and (bare(scope.domain) is not None or "domain" in scope.unresolved)


@rule("HT404", "ssr-missing", Severity.ERROR, _BROWSER)
def ssr_missing(facts: Facts) -> Iterator[Hit]:
    """The server reads the session, and the browser keeps it in localStorage, where no server sees it."""
    for app in apps(facts):
        calls = in_app(facts, ConfigureCall, app)
        cookies = any(one.kind is StorageKind.COOKIES for one in in_app(facts, StorageCall, app))
        if not calls or cookies or any(call.ssr is not False and call.ssr for call in calls):
            continue
        scopes = [one for one in in_app(facts, ScopeConfigured, app) if one.side is Side.SERVER]
        reads = [one for one in in_app(facts, SessionRead, app) if one.side is Side.SERVER]
        server = next(iter((*reads, *scopes)), None)
        if server is not None and getattr(server, "profile", "amplify") == "amplify":
            snippet = Snippet("Amplify.configure(config, { ssr: true });", "ts", calls[0].evidence.place.source)
            yield Hit(evidence=evidence_of(calls[0], server), snippets=(snippet,), key=app)


@rule("HT407", "pools-differ", Severity.ERROR, _BOTH)
def pools_differ(facts: Facts) -> Iterator[Hit]:
    """Browser and server are configured with another app client or user pool: they can't see each other's cookies."""
    for app in apps(facts):
        pools = in_app(facts, PoolConfigured, app)
        browser = next((pool for pool in pools if pool.side is Side.BROWSER), None)
        server = next((pool for pool in pools if pool.side is Side.SERVER), None)
        if browser is None or server is None:
            continue
        for one, other, what in (
            (browser.client_id, server.client_id, "userPoolClientId"),
            (browser.user_pool_id, server.user_pool_id, "userPoolId"),
        ):
            if one is not None and other is not None and one != other:
                values: dict[str, Value] = {"what": what, "browser": one, "server": other}
                yield Hit(evidence=evidence_of(browser, server), values=values, key=f"{app} {what}")


RULES = (configured_twice, storage_before_configure, storage_never_set, ssr_missing, pools_differ)
