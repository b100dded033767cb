"""Group 6: what others could read, or write.

Rule: what Amplify does by design is a note and no more: tokens in cookies that script can read are the price of a
client that refreshes by itself. A warning is for what this site could do otherwise today.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from hardtack.cookies import Site
from hardtack.doctor.configured import ScopeConfigured
from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import CookieWritten, Exposure, JarCookie, JarSeen, TokenExposed, Writer
from hardtack.doctor.profiles import CookieRole
from hardtack.doctor.rules.model import Hit, Severity, Snippet, Value, Word, rule
from hardtack.doctor.rules.reading import bare, distinct, evidence_of, organic

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULES"]

_JAR: Final = frozenset({Area.JAR})
_CONFIG: Final = frozenset({Area.BROWSER_CONFIG})
_TOKENS: Final = frozenset({CookieRole.ACCESS_TOKEN, CookieRole.ID_TOKEN, CookieRole.REFRESH_TOKEN, CookieRole.SESSION})


@rule("HT601", "tokens-readable-by-script", Severity.NOTE, _JAR, _CONFIG)
def tokens_readable_by_script(facts: Facts) -> Iterator[Hit]:
    """Any script on the page can read the tokens, a refresh token among them."""
    for jar in organic(facts):
        if isinstance(jar, JarSeen):
            open_ = [one for one in jar.cookies if one.cookie.role in _TOKENS and _readable(one)]
            if open_:
                labels = distinct(one.cookie.label for one in open_)
                yield Hit(evidence=evidence_of(jar), values={"labels": labels}, key=jar.host)
                return
    scope = next((one for one in facts.of(ScopeConfigured) if not one.http_only and one.profile == "amplify"), None)
    if scope is not None:
        yield Hit(evidence=evidence_of(scope), say="configured", key=scope.app)


def _readable(one: JarCookie) -> bool:
    return one.http_only is False or one.writer is Writer.SCRIPT


@rule("HT602", "wide-domain", Severity.NOTE, {Area.JAR, Area.SCOPES}, _CONFIG)
def wide_domain(facts: Facts) -> Iterator[Hit]:
    """Every host below the parent domain receives the tokens, and may set cookies of the same names."""
    for jar in organic(facts):
        if isinstance(jar, JarSeen):
            for one in jar.cookies:
                domain = one.scope.domain if one.scope is not None else None
                if domain is not None and one.cookie.role in _TOKENS and domain != jar.host:
                    values: dict[str, Value] = {"domain": domain}
                    yield Hit(evidence=evidence_of(jar), values=values, key=domain)
                    return
    for scope in facts.of(ScopeConfigured):
        domain = bare(scope.domain)
        if domain is not None and "domain" not in scope.unresolved:
            yield Hit(evidence=evidence_of(scope), values={"domain": domain}, key=domain)
            return


@rule("HT603", "cookies-from-a-sibling", Severity.WARNING, {Area.WRITES})
def cookies_from_a_sibling(facts: Facts) -> Iterator[Hit]:
    """Another host of the domain sets the auth cookies of this one: by design or not, it can put them in its place."""
    writers: dict[str, dict[str, CookieWritten]] = {}
    for line in organic(facts):
        if not isinstance(line, CookieWritten) or line.deletion or line.scope is None or line.scope.domain is None:
            continue
        if line.cookie.role in _TOKENS and line.refused is None:
            writers.setdefault(line.cookie.key, {}).setdefault(line.host, line)
    for hosts in writers.values():
        if len(hosts) > 1:
            first = next(iter(hosts.values()))
            site = Site.of(first.host).registrable_domain or first.host
            values: dict[str, Value] = {"hosts": tuple(hosts), "label": first.cookie.label, "domain": site}
            yield Hit(evidence=evidence_of(*hosts.values()), values=values, key=site)
            return


@rule("HT604", "token-in-a-url", Severity.WARNING, {Area.EXPOSURE})
def token_in_a_url(facts: Facts) -> Iterator[Hit]:
    """A token or a code stands in a URL, where logs, history and Referer keep it."""
    for exposed in facts.of(TokenExposed):
        if exposed.exposure is Exposure.URL:
            code = exposed.role is CookieRole.FLOW
            say, severity = ("code", Severity.NOTE) if code else ("message", Severity.WARNING)
            values: dict[str, Value] = {"count": exposed.count, "role": Word(exposed.role)}
            yield Hit(evidence=evidence_of(exposed), values=values, say=say, severity=severity, key=exposed.role)


@rule("HT605", "recording-holds-tokens", Severity.NOTE, {Area.EXPOSURE})
def recording_holds_tokens(facts: Facts) -> Iterator[Hit]:
    """The recording itself holds tokens or passwords: whoever is sent it can sign in."""
    found = [exposed for exposed in facts.of(TokenExposed) if exposed.exposure is Exposure.RECORDING]
    if found:
        values: dict[str, Value] = {"count": sum(one.count for one in found)}
        snippet = Snippet(f"hardtack sanitize {shlex.quote(facts.target)}", "sh")
        yield Hit(evidence=evidence_of(found[0]), values=values, snippets=(snippet,))


RULES = (
    tokens_readable_by_script,
    wide_domain,
    cookies_from_a_sibling,
    token_in_a_url,
    recording_holds_tokens,
)
