"""Group 1, as it is written down: the scopes that browser and server are told to use.

Rule: compare what browsers compare. A leading dot is no difference, host-only and the same host as Domain are one, and
an unresolved value is compared with nothing. The fix takes the side of the wider scope, since the narrower one can't
serve whoever needed the wider.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hardtack.cookies import CookieError, Site, domain_match
from hardtack.cookies.matching import canonical_host, is_canonical_host
from hardtack.doctor.configured import OriginConfigured, PoolConfigured, ScopeConfigured
from hardtack.doctor.evidence import Basis
from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import CookieWritten, Refusal, Side, SiteSeen
from hardtack.doctor.profiles import profile_named
from hardtack.doctor.rules.model import Confidence, Edit, Hit, Severity, Snippet, Value, rule
from hardtack.doctor.rules.reading import apps, bare, distinct, evidence_of, in_app, literal, organic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hardtack.doctor.observed import Fact

__all__ = ["RULES"]

_CONFIG: Final = frozenset({Area.BROWSER_CONFIG, Area.SERVER_CONFIG})
_DOMAIN_REFUSALS: Final = frozenset({Refusal.PUBLIC_SUFFIX, Refusal.OTHER_HOST, Refusal.BAD_DOMAIN})
_UNRESOLVABLE: Final = frozenset({"domain", "path"})


@rule("HT102", "scopes-configured-apart", Severity.ERROR, _CONFIG, cause=1)
def scopes_configured_apart(facts: Facts) -> Iterator[Hit]:
    """Browser and server are configured to write the same cookies into different scopes."""
    for app in apps(facts):
        scopes = in_app(facts, ScopeConfigured, app)
        for profile in distinct(scope.profile for scope in scopes):
            told = [
                one for one in scopes if one.evidence.basis is not Basis.INFERRED
            ]  # HT403 has the browser's default
            browser = [one for one in told if one.profile == profile and one.side is Side.BROWSER]
            server = [one for one in scopes if one.profile == profile and one.side is Side.SERVER]
            pair = next(((b, s) for b in browser for s in server if _differ(b, s)), None)
            if pair is not None:
                yield _apart(*pair, app)


def _differ(one: ScopeConfigured, other: ScopeConfigured) -> bool:
    if (one.unresolved | other.unresolved) & _UNRESOLVABLE:
        return False
    return (bare(one.domain), one.path or "/") != (bare(other.domain), other.path or "/")


def _apart(browser: ScopeConfigured, server: ScopeConfigured, app: str) -> Hit:
    profile = profile_named(browser.profile)
    values: dict[str, Value] = {
        "library": profile.title if profile else browser.profile,
        "browser": _shown(browser),
        "server": _shown(server),
    }
    chosen = server if browser.domain is None and server.domain is not None else browser
    return Hit(
        evidence=evidence_of(browser, server),
        values=values,
        say="default" if server.evidence.basis is Basis.INFERRED else "message",
        do="fix" if browser.profile == "amplify" else "fix_other",
        snippets=_one_policy(browser, server, chosen) if browser.profile == "amplify" else (),
        key=app or browser.profile,
    )


def _shown(scope: ScopeConfigured) -> str:
    domain = "host-only" if bare(scope.domain) is None else scope.domain
    return f"{domain} {scope.path or '/'}"


def _one_policy(browser: ScopeConfigured, server: ScopeConfigured, chosen: ScopeConfigured) -> tuple[Snippet, ...]:
    """The two lines that agree, for this very site."""
    domain = bare(chosen.domain)
    quoted = f"domain: '{literal(chosen.domain)}'" if domain else ""
    storage = ", ".join(filter(None, (quoted, "path: '/'", "secure: true", "sameSite: 'lax'")))
    runner = f"{{ config, runtimeOptions: {{ cookies: {{ {quoted} }} }} }}" if domain else "{ config }"
    return (
        Snippet(
            f"cognitoUserPoolsTokenProvider.setKeyValueStorage(new CookieStorage({{ {storage} }}));",
            "ts",
            browser.evidence.place.source,
        ),
        Snippet(f"createServerRunner({runner})", "ts", server.evidence.place.source),
    )


@rule("HT103", "domain-refused", Severity.ERROR, {Area.WRITES}, _CONFIG, cause=1)
def domain_refused(facts: Facts) -> Iterator[Hit]:
    """The Domain is one that browsers refuse, silently: a public suffix, another host, or no host name at all."""
    told: set[str] = set()
    for line in organic(facts):
        if isinstance(line, CookieWritten) and line.refused is not None and line.domain not in told:
            if line.refused not in _DOMAIN_REFUSALS:
                continue
            told.add(line.domain or "")
            values: dict[str, Value] = {"domain": line.domain or "", "hosts": (line.host,)}
            yield Hit(evidence=evidence_of(line), values=values, say=line.refused, key=line.domain or "")
    for app in apps(facts):
        hosts = _hosts(facts, app)
        for scope in in_app(facts, ScopeConfigured, app):
            if scope.domain and "domain" not in scope.unresolved:
                yield from _judge_domain(scope, hosts)


def _hosts(facts: Facts, app: str) -> tuple[str, ...]:
    configured = (origin.host for origin in in_app(facts, OriginConfigured, app))
    return distinct((*configured, *(site.host for site in facts.of(SiteSeen))))


def _judge_domain(scope: ScopeConfigured, hosts: Iterable[str]) -> Iterator[Hit]:
    written = scope.domain or ""
    domain = bare(written) or ""
    hit = Hit(evidence=evidence_of(scope), values={"domain": written, "hosts": tuple(hosts)}, key=written)
    if not is_canonical_host(domain):
        yield replace(hit, say=Refusal.BAD_DOMAIN, edits=_mended(scope, written))
        return
    if Site.of(domain).registrable_domain is None:
        yield replace(hit, say=Refusal.PUBLIC_SUFFIX)
        return
    outside = [host for host in hosts if not domain_match(host, domain)]
    if outside:
        public = [host for host in outside if not _is_local(host)]
        severity = Severity.ERROR if public else Severity.NOTE
        values: dict[str, Value] = {"domain": written, "hosts": tuple(public or outside)}
        yield replace(hit, say=Refusal.OTHER_HOST, values=values, severity=severity, confidence=Confidence.LIKELY)


def _mended(scope: ScopeConfigured, written: str) -> tuple[Edit, ...]:
    """`https://example.com/` can't ever have worked, and says what was meant."""
    without = written.strip().partition("://")[2] or written.strip()
    host = canonical_host(without.split("/", maxsplit=1)[0])
    place = scope.evidence.place
    if host is None or place.line is None:
        return ()
    try:
        if Site.of(host).registrable_domain is None:
            return ()
    except CookieError:
        return ()
    return (Edit(place.source, place.line, written, host),)


def _is_local(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or host.startswith(("127.", "[::1]"))


@rule("HT107", "client-id-shared", Severity.WARNING, _CONFIG, {Area.BROWSER}, confidence=Confidence.POSSIBLE)
def client_id_shared(facts: Facts) -> Iterator[Hit]:
    """Two applications share an app client and a parent domain, so they share LastAuthUser and every token."""
    yield from _shared_by_apps(facts)
    by_client: dict[str, dict[str, SiteSeen]] = {}
    for site in facts.of(SiteSeen):
        if site.client_id is not None and not _is_local(site.host):
            by_client.setdefault(site.client_id, {}).setdefault(site.host, site)
    for client, sites in by_client.items():
        related = {Site.of(host).registrable_domain for host in sites}
        if len(sites) > 1 and len(related) == 1:
            values: dict[str, Value] = {"client": client, "apps": tuple(sites)}
            yield Hit(evidence=evidence_of(*sites.values()), values=values, severity=Severity.NOTE, key=client)


def _shared_by_apps(facts: Facts) -> Iterator[Hit]:
    pools: dict[str, dict[str, Fact]] = {}
    for pool in facts.of(PoolConfigured):
        if pool.client_id is not None and pool.side is Side.BROWSER:
            pools.setdefault(pool.client_id, {}).setdefault(pool.app, pool)
    for client, by_app in pools.items():
        domains = {
            bare(scope.domain)
            for scope in facts.of(ScopeConfigured)
            if scope.app in by_app and scope.side is Side.BROWSER and "domain" not in scope.unresolved
        }
        if len(by_app) > 1 and domains - {None}:
            values: dict[str, Value] = {"client": client, "apps": tuple(app or "." for app in by_app)}
            yield Hit(evidence=evidence_of(*by_app.values()), values=values, key=client)


RULES = (scopes_configured_apart, domain_refused, client_id_shared)
