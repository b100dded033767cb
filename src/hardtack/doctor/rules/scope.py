"""Group 1, as it was observed: twins in a browser's jar, and who wrote each.

Rule: a cookie's identity is its name and its scope, so two writers with two scopes make two cookies, and every reader
picks one of them by a rule of its own. What script can't see (Domain, Path) a recording can't show either; where a
scope is unknown, the rule says less rather than guess.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import After, CookieWritten, JarCookie, JarSeen, SiteSeen, Writer
from hardtack.doctor.profiles import CookieRole
from hardtack.doctor.rules.model import Confidence, Hit, Severity, Snippet, Value, Word, rule
from hardtack.doctor.rules.reading import amplify_session, distinct, evidence_of, organic, place_of, twins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.doctor.observed import Fact

__all__ = ["RULES"]

_JAR: Final = frozenset({Area.JAR})
_WRITERS: Final = frozenset({Area.JAR, Area.WRITES})
_SCOPES: Final = frozenset({Area.JAR, Area.SCOPES})
Pair = tuple[JarCookie, JarCookie]


def _first_twins(facts: Facts) -> tuple[JarSeen, dict[str, tuple[JarCookie, ...]]] | None:
    """The first moment at which Amplify's cookies lay there twice."""
    for fact in organic(facts):
        if isinstance(fact, JarSeen) and (found := twins(amplify_session(fact.cookies))):
            return fact, found
    return None


def _pairs(facts: Facts) -> Iterator[tuple[JarSeen, Pair]]:
    """Every two cookies that are twins, moment by moment."""
    for fact in organic(facts):
        if isinstance(fact, JarSeen):
            for group in twins(amplify_session(fact.cookies)).values():
                yield from ((fact, pair) for pair in combinations(group, 2))


def _maker(facts: Facts, jar: JarSeen, pair: Pair) -> Fact | None:
    """The write that made the second of two: the last before this moment into either scope."""
    last: Fact | None = None
    keys = {one.cookie.key for one in pair}
    for fact in facts.items:
        if fact is jar:
            break
        if isinstance(fact, CookieWritten) and fact.cookie.key in keys and not fact.deletion and fact.refused is None:
            last = fact
    return last


@rule("HT101", "twins", Severity.ERROR, _JAR, cause=4)
def twins_observed(facts: Facts) -> Iterator[Hit]:
    """Cookies of one name lie in two scopes, and readers disagree about which one counts."""
    first = _first_twins(facts)
    if first is None:
        return
    jar, found = first
    labels = distinct(group[0].cookie.label for group in found.values())
    places = distinct(place_of(one.scope, jar.host) for group in found.values() for one in group)
    values: dict[str, Value] = {"count": len(found), "labels": labels, "host": jar.host, "places": places}
    known = tuple(place for place in places if place != "?")
    say = "message" if known == places else "partly" if known else "unplaced"
    if jar.after is After.START:
        say = "already" if known == places else "already_unplaced"
    values["places"] = known
    cleared = _cleared_since(facts, jar)
    hit = Hit(evidence=evidence_of(jar), values=values, say=say, key=jar.host)
    yield (
        hit
        if not cleared
        else Hit(evidence=evidence_of(jar, cleared), values=values, say="healed", key=jar.host, severity=Severity.NOTE)
    )


def _cleared_since(facts: Facts, jar: JarSeen) -> JarSeen | None:
    """The last moment, if there are no twins any more and a response swept them; a sign-out doesn't count."""
    after = facts.items[facts.items.index(jar) + 1 :]
    swept = any(isinstance(fact, CookieWritten) and fact.deletion and fact.writer is Writer.SERVER for fact in after)
    jars = [fact for fact in after if isinstance(fact, JarSeen) and fact.host == jar.host]
    if not swept or not jars or any(fact.after is After.SIGN_OUT for fact in jars):
        return None
    last = jars[-1]
    alive = amplify_session(last.cookies)
    return last if alive and not twins(alive) else None


def _mild_if_swept(facts: Facts, jar: JarSeen) -> Severity | None:
    """A note where the site itself has got rid of it since."""
    return Severity.NOTE if _cleared_since(facts, jar) else None


@rule("HT104", "scope-left-behind", Severity.ERROR, _WRITERS, confidence=Confidence.LIKELY, cause=2)
def scope_left_behind(facts: Facts) -> Iterator[Hit]:
    """One and the same writer has used two scopes: a release changed the scope and left the old cookies behind."""
    for jar, (one, other) in _pairs(facts):
        if one.writer is other.writer and one.writer is not Writer.UNKNOWN:
            places = distinct((place_of(one.scope, jar.host), place_of(other.scope, jar.host)))
            values: dict[str, Value] = {"writer": Word(one.writer), "places": places, "label": one.cookie.label}
            made = _maker(facts, jar, (one, other))
            say = "unplaced" if "?" in places else "message"
            yield Hit(
                evidence=evidence_of(made, jar),
                values=values,
                say=say,
                key=one.writer,
                snippets=_legacy(places),
                severity=_mild_if_swept(facts, jar),
            )
            return


def _legacy(places: tuple[str, ...]) -> tuple[Snippet, ...]:
    """What Hardtack has to be told of scopes that an earlier release used."""
    known = [place for place in places if place != "?"]
    if not known:
        return ()
    scopes = ", ".join(_as_table(place) for place in known)
    return (
        Snippet(
            f"[policy]\nlegacy_scopes = [{scopes}]  # keep the one that is not in use any more", "toml", "hardtack.toml"
        ),
    )


def _as_table(place: str) -> str:
    domain, _, path = place.removesuffix(" partitioned").rpartition(" ")
    return f'{{ path = "{path}" }}' if domain.startswith("host-only") else f'{{ domain = "{domain}", path = "{path}" }}'


@rule("HT105", "writers-apart", Severity.ERROR, _WRITERS, cause=1)
def writers_apart(facts: Facts) -> Iterator[Hit]:
    """The browser's script writes into one scope and the server into another."""
    for jar, pair in _pairs(facts):
        if {one.writer for one in pair} == {Writer.SCRIPT, Writer.SERVER}:
            script = next(one for one in pair if one.writer is Writer.SCRIPT)
            server = next(one for one in pair if one.writer is Writer.SERVER)
            if _moved_to(facts, jar, script, server):
                continue
            made = _maker(facts, jar, pair)
            yield _apart(place_of(script.scope, jar.host), place_of(server.scope, jar.host), made or jar, jar)
            return
    first: dict[str, dict[Writer, CookieWritten]] = {}
    for line in organic(facts):
        if not isinstance(line, CookieWritten) or line.scope is None or line.deletion or line.refused is not None:
            continue
        if line.cookie.profile != "amplify" or not line.cookie.role.is_session or line.writer is Writer.UNKNOWN:
            continue
        by_writer = first.setdefault(line.cookie.key, {})
        by_writer[line.writer] = line
        if len(by_writer) > 1:
            script, server = by_writer[Writer.SCRIPT], by_writer[Writer.SERVER]
            if script.scope != server.scope:
                places = place_of(script.scope, script.host), place_of(server.scope, server.host)
                yield _apart(*places, line, by_writer[Writer.SCRIPT if line is server else Writer.SERVER])
                return


def _moved_to(facts: Facts, jar: JarSeen, script: JarCookie, server: JarCookie) -> bool:
    """Whether script has come to write where the server does, and what differs is what it wrote before."""
    last: CookieWritten | None = None
    for fact in facts.items:
        if fact is jar:
            break
        if isinstance(fact, CookieWritten) and fact.writer is Writer.SCRIPT and fact.cookie.key == script.cookie.key:
            last = last if fact.deletion else fact
    return last is not None and last.scope is not None and last.scope == server.scope != script.scope


def _apart(script: str, server: str, *found: Fact) -> Hit:
    known = "?" not in {script, server}
    values: dict[str, Value] = {"script": script, "server": server}
    return Hit(
        evidence=evidence_of(*found),
        values=values,
        say="message" if known else "server_known" if server != "?" else "unplaced",
        do="fix" if known else "fix_unplaced",
        snippets=_one_scope(script, server) if known else (),
    )


def _one_scope(script: str, server: str) -> tuple[Snippet, ...]:
    """The lines that give both sides the script's scope, or the server's where only that one reaches further."""
    chosen = server if script.startswith("host-only") and not server.startswith("host-only") else script
    domain = chosen.split(" ", maxsplit=1)[0]
    if domain == "host-only":
        return (
            Snippet("new CookieStorage({ path: '/', secure: true, sameSite: 'lax' })"),
            Snippet("createServerRunner({ config })  // no runtimeOptions.cookies.domain"),
        )
    return (
        Snippet(f"new CookieStorage({{ domain: '{domain}', path: '/', secure: true, sameSite: 'lax' }})"),
        Snippet(f"createServerRunner({{ config, runtimeOptions: {{ cookies: {{ domain: '{domain}' }} }} }})"),
    )


@rule("HT106", "path-twin", Severity.ERROR, _SCOPES, cause=3)
def path_twin(facts: Facts) -> Iterator[Hit]:
    """Twins that differ by their path: one counts in one directory, the other elsewhere."""
    for jar, (one, other) in _pairs(facts):
        paths = (_path(one), _path(other))
        if paths[0] is not None and paths[1] is not None and paths[0] != paths[1]:
            made = _maker(facts, jar, (one, other))
            pathless = isinstance(made, CookieWritten) and not made.path_given
            values: dict[str, Value] = {"paths": (paths[0], paths[1]), "label": one.cookie.label, "host": jar.host}
            yield Hit(
                evidence=evidence_of(made, jar),
                values=values,
                say="pathless" if pathless else "message",
                severity=_mild_if_swept(facts, jar),
                key=" ".join(sorted((paths[0], paths[1]))),
            )
            return


def _path(one: JarCookie) -> str | None:
    return one.scope.path if one.scope is not None else one.path


@rule("HT108", "localhost-ports", Severity.NOTE, {Area.BROWSER}, {Area.ENVIRONMENT})
def localhost_ports(facts: Facts) -> Iterator[Hit]:
    """Applications on two ports of one development host share every cookie."""
    by_host: dict[str, dict[int, SiteSeen]] = {}
    for site in facts.of(SiteSeen):
        if site.host == "localhost" or site.host.endswith(".localhost") or site.host.startswith(("127.", "[::1]")):
            by_host.setdefault(site.host, {}).setdefault(site.port, site)
    for host, ports in by_host.items():
        if len(ports) > 1:
            values: dict[str, Value] = {"host": host, "ports": tuple(str(port) for port in sorted(ports))}
            yield Hit(evidence=evidence_of(*ports.values()), values=values, key=host)


@rule("HT109", "version-5-leftovers", Severity.NOTE, _JAR)
def version_5_leftovers(facts: Facts) -> Iterator[Hit]:
    """Cookies that only version 5 of Amplify wrote are still there."""
    for jar in organic(facts):
        if isinstance(jar, JarSeen):
            left = [one.cookie.label for one in jar.cookies if one.cookie.role is CookieRole.LEFTOVER]
            if left:
                yield Hit(evidence=evidence_of(jar), values={"labels": distinct(left)}, key=jar.host)
                return


@rule("HT110", "two-people", Severity.ERROR, _JAR, cause=5)
def two_people(facts: Facts) -> Iterator[Hit]:
    """Two LastAuthUser cookies name two people: whoever signs in is stored under somebody else's name."""
    for jar in organic(facts):
        if isinstance(jar, JarSeen):
            users = [one for one in jar.cookies if one.cookie.role is CookieRole.USER]
            for group in twins(users).values():
                if len({one.value for one in group}) > 1:
                    places = distinct(place_of(one.scope, jar.host) for one in group)
                    values: dict[str, Value] = {"host": jar.host, "places": places}
                    severity = _mild_if_swept(facts, jar)
                    yield Hit(evidence=evidence_of(jar), values=values, severity=severity, key=jar.host)
                    return


RULES = (
    twins_observed,
    scope_left_behind,
    writers_apart,
    path_twin,
    localhost_ports,
    version_5_leftovers,
    two_people,
)
