"""Group 2: deletions. A deletion reaches exactly one scope, and says nothing when it misses.

Rule: a sweep deletes in scopes that may well be empty; that is no miss. A deletion counts as missed only if none of its
response's lines for that cookie met one, and the cookie lives on elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import (
    AuthRoutes,
    CodeContext,
    ScopeConfigured,
    SessionRead,
    SignOutHandler,
)
from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import After, CookieWritten, JarCookie, JarSeen, PoolCall, Side
from hardtack.doctor.profiles import CookieRole
from hardtack.doctor.rules.model import Hit, Severity, Snippet, Value, Verdict, rule
from hardtack.doctor.rules.reading import (
    apps,
    distinct,
    evidence_of,
    in_app,
    organic,
    place_of,
    responses,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["RULES"]

_JAR: Final = frozenset({Area.JAR})
_TOKENS: Final = frozenset({CookieRole.ACCESS_TOKEN, CookieRole.ID_TOKEN, CookieRole.REFRESH_TOKEN})
_LEAVING: Final = frozenset({"authjs", "supabase", "better-auth"})
"""Libraries whose sign-out deletes the session cookie; others keep one for visitors who are not signed in."""
CROWD_OF_PEOPLE: Final = 3
"""People in one browser from which on their cookies are a matter of size."""
CROWD_OF_CLIENTS: Final = 4


def _signs_out(facts: Facts) -> bool:
    return any(jar.after is After.SIGN_OUT for jar in facts.of(JarSeen))


@rule("HT201", "sign-out-leaves-cookies", Severity.ERROR, _JAR, verdict=Verdict.STUCK, when=_signs_out)
def sign_out_leaves_cookies(facts: Facts) -> Iterator[Hit]:
    """A sign-out came to its end, and tokens are still there."""
    for jar in organic(facts):
        if not isinstance(jar, JarSeen) or jar.after is not After.SIGN_OUT:
            continue
        left = [one for one in jar.cookies if _should_be_gone(one)]
        if left:
            values: dict[str, Value] = {
                "count": len(left),
                "labels": distinct(one.cookie.label for one in left),
                "places": distinct(place_of(one.scope, jar.host) for one in left),
            }
            say = "message" if "?" not in values["places"] else "unplaced"  # type: ignore[operator]  -- a tuple
            yield Hit(evidence=evidence_of(jar), values=values, say=say, key=jar.host)
            return


def _should_be_gone(one: JarCookie) -> bool:
    if one.cookie.profile == "amplify":
        return one.cookie.role in _TOKENS
    return one.cookie.profile in _LEAVING and one.cookie.role is CookieRole.SESSION


@rule("HT202", "deletion-misses", Severity.WARNING, {Area.JAR, Area.SCOPES, Area.WRITES}, {Area.SERVER_CONFIG})
def deletion_misses(facts: Facts) -> Iterator[Hit]:
    """A deletion that names a scope in which there is nothing, while the cookie lives in another."""
    yield from _missed(facts)
    for app in apps(facts):
        for scope in in_app(facts, ScopeConfigured, app):
            if scope.side is Side.SERVER and scope.profile == "amplify" and scope.domain is not None:
                values: dict[str, Value] = {"domain": scope.domain}
                yield Hit(
                    evidence=evidence_of(scope), values=values, say="adapter", severity=Severity.NOTE, key="adapter"
                )
                break


def _missed(facts: Facts) -> Iterator[Hit]:
    """One hit for all cookies that were missed in the same way."""
    jars: dict[str, JarSeen] = {}
    missed: dict[tuple[str, str], list[tuple[CookieWritten, JarSeen]]] = {}
    pending: list[CookieWritten] = []
    for fact in (*organic(facts), None):
        if isinstance(fact, CookieWritten):
            pending.append(fact)
            continue
        for lines in responses(pending):
            jar = jars.get(lines[0].host)
            if jar is None:
                continue
            for key in distinct(line.cookie.key for line in lines):
                mine = [line for line in lines if line.cookie.key == key]
                there = [one for one in jar.cookies if one.cookie.key == key]
                if _misses(mine, there):
                    aimed = place_of(mine[0].scope, mine[0].host)
                    places = ", ".join(distinct(place_of(one.scope, jar.host) for one in there))
                    missed.setdefault((aimed, places), []).append((mine[0], jar))
        pending = []
        if isinstance(fact, JarSeen):
            jars[fact.host] = fact
    for (aimed, places), found in missed.items():
        labels = distinct(line.cookie.label for line, _ in found)
        values: dict[str, Value] = {"labels": labels, "aimed": aimed, "places": places}
        yield Hit(evidence=evidence_of(*found[0]), values=values, key=aimed)


def _misses(lines: Sequence[CookieWritten], there: Sequence[JarCookie]) -> bool:
    """Whether a response's lines for one cookie delete it in a single scope, and it lies in others only."""
    aimed = {line.scope for line in lines}
    lies = {one.scope for one in there}
    if not lies or None in aimed | lies or not all(line.deletion for line in lines):
        return False
    # Several scopes at once are a sweep: what it doesn't reach now it reaches with the next response.
    return len(aimed) == 1 and not aimed & lies


@rule("HT203", "sign-out-needs-revocation", Severity.WARNING, {Area.CODE}, {Area.POOL, Area.JAR})
def sign_out_needs_revocation(facts: Facts) -> Iterator[Hit]:
    """Cookies are cleared only if the pool answers the revocation; if it doesn't, nobody can sign out."""
    for handler in facts.of(SignOutHandler):
        if handler.needs_revocation:
            yield Hit(evidence=evidence_of(handler), say="handler", key="handler")
    for routes in facts.of(AuthRoutes):
        yield Hit(evidence=evidence_of(routes), say="adapter", severity=Severity.NOTE, key="adapter")
    failed: PoolCall | None = None
    for fact in organic(facts):
        if isinstance(fact, PoolCall) and fact.signs_out and not 0 < fact.status < 400:  # noqa: PLR2004  HTTP's
            failed = fact
        elif isinstance(fact, JarSeen) and fact.after is After.SIGN_OUT and failed is not None:
            if any(_should_be_gone(one) for one in fact.cookies):
                yield Hit(evidence=evidence_of(failed, fact), severity=Severity.ERROR, key="observed")
                return
            failed = None


@rule("HT204", "others-cookies-pile-up", Severity.NOTE, _JAR)
def others_cookies_pile_up(facts: Facts) -> Iterator[Hit]:
    """Cookies of people who signed in before, or of other app clients, are carried along for ever."""
    worst: tuple[int, int, JarSeen] | None = None
    for jar in organic(facts):
        if isinstance(jar, JarSeen):
            ours = [one.cookie for one in jar.cookies if one.cookie.profile == "amplify"]
            people = len({one.owner for one in ours if one.owner is not None})
            clients = len({one.client_id for one in ours if one.client_id is not None})
            if (people > 1 or clients > 1) and (worst is None or people + clients > worst[0] + worst[1]):
                worst = people, clients, jar
    if worst is not None:
        people, clients, jar = worst
        size = sum(one.size for one in jar.cookies if one.cookie.profile == "amplify")
        many = people >= CROWD_OF_PEOPLE or clients >= CROWD_OF_CLIENTS
        values: dict[str, Value] = {"people": people, "clients": clients, "bytes": size}
        severity = Severity.WARNING if many else Severity.NOTE
        yield Hit(evidence=evidence_of(jar), values=values, severity=severity, key=jar.host)


@rule("HT205", "set-then-deleted", Severity.ERROR, {Area.WRITES}, cause=6)
def set_then_deleted(facts: Facts) -> Iterator[Hit]:
    """One response sets a cookie and then deletes the same: it is dead on arrival."""
    for lines in responses(organic(facts)):
        for index, line in enumerate(lines):
            if line.deletion or line.refused is not None or line.scope is None or not line.cookie.role.is_session:
                continue
            after = [later for later in lines[index + 1 :] if _same_place(line, later)]
            if after and after[-1].deletion:
                values: dict[str, Value] = {"label": line.cookie.label, "place": place_of(line.scope, line.host)}
                yield Hit(evidence=evidence_of(line, after[-1]), values=values, key=line.cookie.label)
                return


def _same_place(line: CookieWritten, later: CookieWritten) -> bool:
    return later.cookie.key == line.cookie.key and later.scope == line.scope and later.refused is None


_ONE_LEVEL: Final = frozenset({CodeContext.ROUTE_RESPONSE, CodeContext.PAGES})


@rule("HT206", "deletion-without-path", Severity.WARNING, {Area.WRITES}, {Area.CODE})
def deletion_without_path(facts: Facts) -> Iterator[Hit]:
    """A deletion says no Path, so it means the directory of the URL and not the cookie on `/`."""
    for lines in responses(organic(facts)):
        for line in lines:
            alone = sum(other.cookie.key == line.cookie.key for other in lines) == 1
            if line.deletion and not line.path_given and alone and line.scope is not None and line.scope.path != "/":
                values: dict[str, Value] = {"label": line.cookie.label, "path": line.scope.path}
                snippet = Snippet("Set-Cookie: …; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "http")
                yield Hit(evidence=evidence_of(line), values=values, snippets=(snippet,), key=line.cookie.label)
                return
    for app in apps(facts):
        if reads := [read for read in in_app(facts, SessionRead, app) if read.context in _ONE_LEVEL]:
            evidence = evidence_of(*reads)
            yield Hit(evidence=evidence, say="adapter", do="fix_adapter", severity=Severity.NOTE, key=app)


RULES = (
    sign_out_leaves_cookies,
    deletion_misses,
    sign_out_needs_revocation,
    others_cookies_pile_up,
    set_then_deleted,
    deletion_without_path,
)
