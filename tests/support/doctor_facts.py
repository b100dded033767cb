"""Facts as short as a sentence, for stories about the doctor's rules."""

from __future__ import annotations

from typing import Any

from hardtack.cookies import CookieScope
from hardtack.doctor.evidence import Basis, Evidence, Place
from hardtack.doctor.facts import Area, Facts, Hint, Sight, SourceKind
from hardtack.doctor.lines import read_set_cookie
from hardtack.doctor.marks import Marker
from hardtack.doctor.observed import (
    After,
    CookieWritten,
    Fact,
    JarCookie,
    JarSeen,
    Navigation,
    PoolCall,
    Writer,
)
from hardtack.doctor.profiles import refer

HOST = "app.example.test"
MARKER = Marker(b"a key for tests that is not secret")
HOST_ONLY = CookieScope()
PARENT = CookieScope("example.test")
PREFIX = "CognitoIdentityServiceProvider.abc123"
EVERYWHERE = dict.fromkeys(Area, Sight.FULL)


def at(seconds: float = 0, *, entry: int | None = None, quote: str = "", basis: Basis = Basis.OBSERVED) -> Evidence:
    """Evidence in a recording, so many seconds after its beginning."""
    place = Place(
        "recording.har", entry=int(seconds) if entry is None else entry, url=f"https://{HOST}/", at=1e9 + seconds
    )
    return Evidence(place, quote, basis)


def line(
    number: int = 1, file: str = "src/app/amplify.ts", quote: str = "", basis: Basis = Basis.CONFIGURED
) -> Evidence:
    """Evidence in a source file."""
    return Evidence(Place(file, line=number, column=1), quote, basis)


def named(suffix: str, user: str = "alice", client: str = "abc123") -> str:
    """The name of one of Amplify's cookies."""
    middle = "" if suffix == "LastAuthUser" else f"{user}."
    return f"CognitoIdentityServiceProvider.{client}.{middle}{suffix}"


def cookie(
    name: str,
    value: str = "value",
    scope: CookieScope | None = HOST_ONLY,
    writer: Writer = Writer.UNKNOWN,
    **more: Any,
) -> JarCookie:
    """A cookie in a jar; a bare suffix stands for Amplify's name."""
    full = named(name) if name in {"accessToken", "idToken", "refreshToken", "LastAuthUser", "clockDrift"} else name
    return JarCookie(refer(full, MARKER), MARKER.mark(value), scope, writer, **{"size": 100, **more})


def jar(*cookies: JarCookie, seconds: float = 0, after: After = After.REQUEST, host: str = HOST) -> JarSeen:
    """A jar at a moment."""
    return JarSeen(evidence=at(seconds), host=host, cookies=cookies, after=after)


def written(
    text: str, seconds: float = 0, *, url: str = f"https://{HOST}/", writer: Writer = Writer.SERVER, order: int = 0
) -> CookieWritten:
    """A Set-Cookie line that a response carries."""
    fact = read_set_cookie(
        text, url, marker=MARKER, evidence=at(seconds), writer=writer, order=order, now=1e9 + seconds
    )
    assert fact is not None
    return fact


def call(operation: str, status: int = 200, seconds: float = 0, **more: Any) -> PoolCall:
    """A call to the pool; `sent`, `got` and `access` are tokens by name."""
    names = {"sent": "sent_refresh", "got": "got_refresh", "access": "got_access"}
    told = {names.get(key, key): MARKER.mark(value) if key in names else value for key, value in more.items()}
    return PoolCall(evidence=at(seconds), operation=operation, status=status, **told)


def refresh(sent: str, status: int = 200, seconds: float = 0, **more: Any) -> PoolCall:
    """A refresh."""
    error = {"error": "NotAuthorizedException"} if status == 400 else {}
    fresh = {"access": f"access of {seconds}", "access_lifetime": 3600} if status == 200 else {}
    return call("GetTokensFromRefreshToken", status, seconds, sent=sent, **{**error, **fresh, **more})


def sign_in(got: str, seconds: float = 0) -> PoolCall:
    """The call that ends a sign-in."""
    return call("RespondToAuthChallenge", 200, seconds, got=got, access=f"access of {got}", access_lifetime=3600)


def load(page: str = "/", seconds: float = 0, status: int = 200, **more: Any) -> Navigation:
    """A page is loaded."""
    return Navigation(evidence=at(seconds), host=HOST, page=page, status=status, **more)


def facts(
    *items: Fact,
    kind: SourceKind = SourceKind.HAR,
    sights: dict[Area, Sight] | None = None,
    hints: tuple[Hint, ...] = (),
    target: str = "recording.har",
) -> Facts:
    """What a source says; everything was seen unless it says less."""
    return Facts(kind, target, items, EVERYWHERE if sights is None else sights, hints)
