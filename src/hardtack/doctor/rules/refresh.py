"""Group 3, as it was observed: who refreshes, how often, and what happens when the pool can't answer.

Rule: a refresh is premature while the token that the last one brought is still good for most of its life. One may be a
coincidence of two tabs; several are a fault, whatever their status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import CodeContext, RotationKnown, ScopeConfigured, SessionRead, TokenLifetime
from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import CookieWritten, JarSeen, PoolCall, Side, Writer
from hardtack.doctor.profiles import CookieRole
from hardtack.doctor.rules.model import Confidence, Hit, Severity, Value, rule
from hardtack.doctor.rules.reading import amplify_session, apps, evidence_of, in_app, organic, twins

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["RULES"]

PREMATURE: Final = 2
"""Premature refreshes that count as a fault."""
FRESH_SHARE: Final = 0.5
"""The share of an access token's life within which nobody needs another."""
USUAL_LIFETIME: Final = 3600
"""Seconds that Cognito's access tokens live unless configured otherwise."""
DAY: Final = 86_400
_WRITABLE: Final = frozenset(
    {
        CodeContext.SERVER_ACTION,
        CodeContext.ROUTE_COOKIES,
        CodeContext.ROUTE_RESPONSE,
        CodeContext.MIDDLEWARE,
        CodeContext.PAGES,
    }
)


@rule("HT302", "two-writers-refresh", Severity.NOTE, {Area.POOL, Area.WRITES}, {Area.CODE})
def two_writers_refresh(facts: Facts) -> Iterator[Hit]:
    """Browser and server both refresh, and nothing coordinates them; with rotation the loser is signed out."""
    browser = next((call for call in facts.of(PoolCall) if call.is_refresh and call.by is Side.BROWSER), None)
    received = {call.got_access for call in facts.of(PoolCall) if call.by is Side.BROWSER}
    server = next((line for line in facts.of(CookieWritten) if _server_refresh(line, received)), None)
    rotated = next((call for call in facts.of(PoolCall) if call.is_refresh and call.got_refresh is not None), None)
    if browser is not None and server is not None:
        severity = Severity.WARNING if rotated else Severity.NOTE
        say = "rotation" if rotated else "message"
        yield Hit(evidence=evidence_of(browser, server, rotated), say=say, severity=severity, key="observed")
    for app in apps(facts):
        reads = in_app(facts, SessionRead, app)
        writer = next((read for read in reads if read.side is Side.SERVER and read.context in _WRITABLE), None)
        script = next((read for read in reads if read.side is Side.BROWSER), None)
        if writer is None or script is None:
            continue
        rotation = next((known for known in in_app(facts, RotationKnown, app) if known.enabled), None)
        severity = Severity.WARNING if rotation else Severity.NOTE
        say = "rotation" if rotation else "message"
        yield Hit(evidence=evidence_of(script, writer, rotation), say=say, severity=severity, key=app or "code")


def _server_refresh(line: CookieWritten, received: Collection[str | None]) -> bool:
    """Whether a server wrote an access token that isn't one the browser's script received: that is only handed back."""
    token = line.cookie.role is CookieRole.ACCESS_TOKEN and line.cookie.profile == "amplify"
    return token and line.writer is Writer.SERVER and not line.deletion and line.value not in received


@rule("HT303", "refresh-storm", Severity.WARNING, {Area.POOL})
def refresh_storm(facts: Facts) -> Iterator[Hit]:
    """Tokens are refreshed although those that were just received are still good."""
    last: dict[str | None, PoolCall] = {}
    premature: list[PoolCall] = []
    twinned = False
    jar: JarSeen | None = None
    for fact in organic(facts):
        if isinstance(fact, JarSeen):
            jar = fact
        elif isinstance(fact, PoolCall) and fact.by is Side.BROWSER and fact.got_access is not None:
            before = last.get(fact.client_id)
            if fact.is_refresh and before is not None and _needless(before, fact):
                premature.append(fact)
                twinned = twinned or (jar is not None and bool(twins(amplify_session(jar.cookies))))
            last[fact.client_id] = fact
    if len(premature) >= PREMATURE:
        first, end = premature[0], premature[-1]
        seconds = max(1, round((end.evidence.place.at or 0) - (first.evidence.place.at or 0)))
        values: dict[str, Value] = {"count": len(premature), "seconds": seconds}
        yield Hit(evidence=evidence_of(first, end), values=values, say="twins" if twinned else "message")


def _needless(before: PoolCall, refresh: PoolCall) -> bool:
    start, now = before.evidence.place.at, refresh.evidence.place.at
    if start is None or now is None:
        return False
    return now - start < (before.access_lifetime or USUAL_LIFETIME) * FRESH_SHARE


def _fails(facts: Facts) -> bool:
    return any(call.is_refresh and call.unavailable for call in facts.of(PoolCall))


@rule("HT304", "wiped-by-an-outage", Severity.ERROR, {Area.POOL, Area.JAR}, when=_fails)
def wiped_by_an_outage(facts: Facts) -> Iterator[Hit]:
    """The pool could not answer a refresh, and the session's cookies were deleted all the same."""
    jar: JarSeen | None = None
    outage: PoolCall | None = None
    for fact in organic(facts):
        if isinstance(fact, PoolCall):
            if fact.is_refresh and fact.unavailable:
                outage = fact
            elif fact.refused or fact.signs_out or fact.got_access is not None:
                outage = None
        elif isinstance(fact, JarSeen):
            had = jar is not None and bool(amplify_session(jar.cookies))
            if outage is not None and had and not amplify_session(fact.cookies):
                values: dict[str, Value] = {"status": outage.status, "error": outage.error or str(outage.status)}
                yield Hit(evidence=evidence_of(outage, fact), values=values)
                return
            jar = fact


@rule("HT306", "cookie-lifetime", Severity.NOTE, {Area.BROWSER_CONFIG}, {Area.WRITES}, confidence=Confidence.LIKELY)
def cookie_lifetime(facts: Facts) -> Iterator[Hit]:
    """The cookie ends long before, or long after, the refresh token in it."""
    for app in apps(facts):
        refresh = next((one for one in in_app(facts, TokenLifetime, app) if one.role is CookieRole.REFRESH_TOKEN), None)
        for scope in in_app(facts, ScopeConfigured, app):
            if scope.profile != "amplify" or "lifetime" in scope.unresolved or scope.lifetime is None:
                continue
            values: dict[str, Value] = {"cookie": max(1, scope.lifetime // DAY)}
            if scope.lifetime < DAY:
                values = {"cookie": scope.lifetime}
                yield Hit(
                    evidence=evidence_of(scope), values=values, say="short", severity=Severity.WARNING, key="short"
                )
            elif refresh is not None and scope.lifetime + DAY < refresh.seconds:
                values["token"] = refresh.seconds // DAY
                yield Hit(evidence=evidence_of(scope, refresh), values=values, key="shorter")
            elif refresh is not None and scope.lifetime > 2 * refresh.seconds + DAY:
                values["token"] = max(1, refresh.seconds // DAY)
                yield Hit(evidence=evidence_of(scope, refresh), values=values, say="longer", key="longer")
    for line in facts.of(CookieWritten):
        token = line.cookie.role is CookieRole.REFRESH_TOKEN and not line.deletion
        if token and line.lifetime is not None and line.lifetime < DAY:
            short: dict[str, Value] = {"cookie": line.lifetime}
            yield Hit(evidence=evidence_of(line), values=short, say="short", severity=Severity.WARNING, key="observed")
            return


@rule("HT308", "rotation-reuse", Severity.ERROR, {Area.POOL}, cause=7)
def rotation_reuse(facts: Facts) -> Iterator[Hit]:
    """Refresh tokens rotate, and one that had already been exchanged was sent again and refused."""
    spent: dict[str, PoolCall] = {}
    for call in organic(facts):
        if not isinstance(call, PoolCall) or not call.is_refresh or call.sent_refresh is None:
            continue
        if call.got_refresh is not None:
            spent.setdefault(call.sent_refresh, call)
        elif call.error == "RefreshTokenReuseException" or (call.refused and call.sent_refresh in spent):
            yield Hit(evidence=evidence_of(spent.get(call.sent_refresh), call), values={"error": call.error or "400"})
            return


RULES = (
    two_writers_refresh,
    refresh_storm,
    wiped_by_an_outage,
    cookie_lifetime,
    rotation_reuse,
)
