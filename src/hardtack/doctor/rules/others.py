"""Group 9: the same fault in other libraries, and what the doctor has to say about itself.

Rule: names and scopes are all that is judged here; what the other libraries do with their cookies is their business.
The fix names the very option of the library whose cookie it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import Suppression
from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import After, CookieWritten, JarCookie, JarSeen, Refusal
from hardtack.doctor.profiles import CookieRole, profile_named
from hardtack.doctor.rules.model import Hit, Severity, Snippet, Value, rule
from hardtack.doctor.rules.reading import distinct, evidence_of, organic, place_of, twins

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULES"]

_JAR: Final = frozenset({Area.JAR})
_CHUNK: Final = re.compile(r"(?P<stem>.+)\.(?P<number>\d{1,2})")
_PREFIX: Final = re.compile(r"__(?:Secure|Host)-")
_ONE_SCOPE: Final = {
    "authjs": Snippet(
        "cookies: {\n  sessionToken: {\n"
        "    name: '__Secure-authjs.session-token-v2', // a new name leaves the old twins behind\n"
        "    options: { httpOnly: true, sameSite: 'lax', path: '/', secure: true }, // one domain or none\n"
        "  },\n}"
    ),
    "supabase": Snippet(
        "// the same cookieOptions in createBrowserClient and in createServerClient\n"
        "{ cookieOptions: { domain: undefined, path: '/', sameSite: 'lax', secure: true } }"
    ),
    "clerk": Snippet("// one Clerk application and one domain a browser; satellite apps with isSatellite and domain"),
    "better-auth": Snippet(
        "advanced: { crossSubDomainCookies: { enabled: false } } // or enabled with one domain, everywhere"
    ),
    "django": Snippet(
        'SESSION_COOKIE_NAME = "sessionid_v2"  # a new name leaves the old twins behind\nSESSION_COOKIE_DOMAIN = None',
        "python",
        "settings.py",
    ),
    "starlette": Snippet(
        'app.add_middleware(SessionMiddleware, secret_key=..., session_cookie="session_v2", path="/", domain=None)',
        "python",
    ),
}
"""Lines that give each library's session cookie one scope, and a name that no old cookie has."""


@rule("HT901", "other-library-twins", Severity.ERROR, _JAR, cause=4)
def other_library_twins(facts: Facts) -> Iterator[Hit]:
    """The session cookie of another library lies in two scopes."""
    told: set[str] = set()
    for jar in organic(facts):
        if not isinstance(jar, JarSeen):
            continue
        sessions = [one for one in jar.cookies if one.cookie.role is CookieRole.SESSION]
        for group in twins(sessions).values():
            cookie = group[0].cookie
            profile = profile_named(cookie.profile)
            if profile is None or cookie.key in told:
                continue
            told.add(cookie.key)
            places = distinct(place_of(one.scope, jar.host) for one in group)
            known = "?" not in places
            values: dict[str, Value] = {"library": profile.title, "label": cookie.label, "places": places}
            snippet = _ONE_SCOPE.get(profile.key)
            say = "message" if known else "unplaced"
            yield Hit(
                evidence=evidence_of(jar),
                values={**values, "count": len(group)},
                say=f"{say}_already" if jar.after is After.START and known else say,
                snippets=() if snippet is None else (snippet,),
                key=cookie.label,
            )


@rule("HT902", "two-names-for-one-session", Severity.WARNING, _JAR)
def two_names(facts: Facts) -> Iterator[Hit]:
    """One library's session under two names: with and without a prefix, or of two major versions."""
    for jar in organic(facts):
        if not isinstance(jar, JarSeen):
            continue
        stems: dict[str, dict[str, str]] = {}
        for one in jar.cookies:
            if one.cookie.role is CookieRole.SESSION and one.cookie.profile in {"authjs", "better-auth", "django"}:
                stems.setdefault(_stem(one).lower(), {}).setdefault(_name(one), one.cookie.profile)
        for names in stems.values():
            if len(names) > 1:
                profile = profile_named(next(iter(names.values())))
                values: dict[str, Value] = {"names": tuple(names), "library": profile.title if profile else "?"}
                yield Hit(evidence=evidence_of(jar), values=values, key=" ".join(sorted(names)))
                return


def _name(one: JarCookie) -> str:
    """A session cookie's name without its chunk number."""
    found = _CHUNK.fullmatch(one.cookie.label)
    return found["stem"] if found else one.cookie.label


def _stem(one: JarCookie) -> str:
    """What two names of one session have in common."""
    return _PREFIX.sub("", _name(one)).replace("next-auth.", "authjs.")


@rule("HT903", "chunks-mixed", Severity.WARNING, _JAR)
def chunks_mixed(facts: Facts) -> Iterator[Hit]:
    """Chunks of a session with a gap, or beside the whole: remains of a longer session that nobody can put together."""
    for jar in organic(facts):
        if not isinstance(jar, JarSeen):
            continue
        numbers: dict[str, set[int]] = {}
        whole: set[str] = set()
        for one in jar.cookies:
            if one.cookie.role is not CookieRole.SESSION or one.cookie.profile == "amplify":
                continue
            found = _CHUNK.fullmatch(one.cookie.label)
            if found:
                numbers.setdefault(found["stem"], set()).add(int(found["number"]))
            else:
                whole.add(one.cookie.label)
        for stem, seen in numbers.items():
            gap = seen != set(range(len(seen)))
            if gap or stem in whole:
                values: dict[str, Value] = {"name": stem, "numbers": tuple(str(number) for number in sorted(seen))}
                yield Hit(evidence=evidence_of(jar), values=values, say="gap" if gap else "message", key=stem)
                return


@rule("HT904", "prefix-broken", Severity.ERROR, {Area.WRITES}, cause=2)
def prefix_broken(facts: Facts) -> Iterator[Hit]:
    """A `__Host-` or `__Secure-` cookie without what its name promises: browsers drop it."""
    told: set[str] = set()
    for line in organic(facts):
        if isinstance(line, CookieWritten) and line.refused is Refusal.PREFIX and line.cookie.label not in told:
            told.add(line.cookie.label)
            values: dict[str, Value] = {"label": line.cookie.label, "domain": line.domain or "-"}
            snippet = Snippet("Set-Cookie: __Host-…; Path=/; Secure; HttpOnly; SameSite=Lax", "http")
            yield Hit(evidence=evidence_of(line), values=values, snippets=(snippet,), key=line.cookie.label)


@rule("HT990", "suppression-without-reason", Severity.NOTE, {Area.CODE})
def suppression_without_reason(facts: Facts) -> Iterator[Hit]:
    """A comment asks to ignore a rule and doesn't say why, so it is not obeyed."""
    for comment in facts.of(Suppression):
        if not comment.reason.strip():
            values: dict[str, Value] = {"rules": comment.rules or ("?",)}
            place = comment.evidence.place
            yield Hit(evidence=evidence_of(comment), values=values, key=f"{place.source} {' '.join(comment.rules)}")


RULES = (other_library_twins, two_names, chunks_mixed, prefix_broken, suppression_without_reason)
