"""From any jar a sweep ends, in a bounded number of responses, and harms nobody: request, sweep, store, again."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from hardtack.cookies import BrowserJar, CookieHeader, CookiePolicy, CookieScope, SetCookie, Site, StoredCookie
from hardtack.cookies.matching import path_match
from hardtack.cookies.stored import CookieUrl
from hardtack.cookies.sweep import Sweep, sweep, sweep_scopes

SWEPT = ("CognitoIdentityServiceProvider.client.alice.refreshToken", "accessToken", "idToken", "__Secure-x", "__Http-y")
BYSTANDERS = ("theme", "accessToken2", "__Host-hardtack")
HOSTS = ("app.example.com", "a.b.example.com", "example.com", "www.example.co.uk", "192.0.2.7", "intranet")
LOCAL = ("app.hardtack.localhost", "localhost", "127.0.0.1")
PATHS = ("/", "/app", "/app/", "/app/a%20b/c", "//a//b/", "/a/./../b", "/a;b/c", "/caf\xe9/x")
ENGINES = st.sampled_from(["chromium", "firefox", "rfc6265bis"])


@dataclass
class Visit:
    """One browser that opens one page of one site, again and again."""

    jar: BrowserJar
    url: str
    policy: CookiePolicy
    writes: tuple[str, ...]
    cursor: int
    budget: int

    @property
    def where(self) -> CookieUrl:
        return CookieUrl.parse(self.url)

    @property
    def raw_path(self) -> bytes:
        return self.where.path.encode("latin-1")

    def shown(self) -> list[str]:
        header = CookieHeader.parse(self.jar.cookie_header(self.url) or "")
        return [name for name in header.names if name in SWEPT]

    def sweep(self) -> Sweep:
        return sweep(
            self.shown(),
            policy=self.policy,
            host=self.where.host,
            raw_path=self.raw_path,
            writes=self.writes,
            cursor=self.cursor,
            budget=self.budget,
        )

    def respond(self) -> None:
        swept = self.sweep()
        sizes = list(map(wire_size, swept.lines))
        assert swept.bytes_used == sum(sizes)
        assert swept.bytes_used <= self.budget or len(sizes) == 1
        assert swept.cursor > self.cursor or not swept.total
        fresh = [self.policy.write(name, "fresh") for name in self.writes]
        self.jar.store_response(self.url, [line.to_text() for line in (*swept.lines, *fresh)])
        self.cursor = swept.cursor

    def twins(self) -> list[StoredCookie]:
        """What this page can see and the policy may sweep, and nobody has just written."""
        reachable = {"/"} if self.where.path in {"/a;b/c", "/caf\xe9/x"} else None
        return [
            cookie
            for cookie in self.jar
            if cookie.name in SWEPT
            and cookie.belongs_to(self.where)
            and self.policy.may_sweep(cookie.scope)
            and (reachable is None or cookie.scope.path in reachable)
            and not (cookie.name in self.writes and cookie.scope == self.policy.scope)
        ]


def visible_scopes(where: CookieUrl) -> list[CookieScope]:
    """By the standard's own words, not by the sweep's: every scope whose cookies a request for the URL carries."""
    paths = [where.path[:end] for end in range(1, len(where.path) + 1) if path_match(where.path, where.path[:end])]
    domains = (None, *Site.of(where.host).domains)
    return [CookieScope(domain, path, part) for domain in domains for path in paths for part in (False, True)]


@st.composite
def policies(draw: st.DrawFn, origin: str, host: str) -> CookiePolicy:
    domains = Site.of(host).domains
    legacy = st.builds(CookieScope, st.sampled_from([None, *domains]), st.sampled_from(["/", "/app", "/hidden"]))
    return CookiePolicy(
        origins=(origin,),
        domain=draw(st.sampled_from([None, *domains])),
        path=draw(st.sampled_from(["/", "/", "/app", "/app/"])),
        partitioned=draw(st.booleans()),
        owns_domain=draw(st.booleans()),
        legacy_scopes=tuple(draw(st.lists(legacy, max_size=2))),
        base_paths=tuple(draw(st.lists(st.sampled_from(["/app", "/old/site", "/"]), max_size=2))),
    )


@st.composite
def visits(draw: st.DrawFn) -> Visit:
    origin = draw(st.sampled_from([f"https://{host}" for host in HOSTS] + [f"http://{host}" for host in LOCAL]))
    url = origin + draw(st.sampled_from(PATHS))
    where = CookieUrl.parse(url)
    policy = draw(policies(origin, where.host))
    # To the standard, which knows no partitions, a partitioned policy's own scope is a scope that it sweeps.
    engines = st.sampled_from(["chromium", "firefox"]) if policy.partitioned else ENGINES
    jar = BrowserJar(draw(engines), clock=lambda: 1_700_000_000.0)
    places = st.tuples(st.sampled_from(SWEPT + BYSTANDERS), st.sampled_from(visible_scopes(where)), st.booleans())
    for name, scope, secure in draw(st.lists(places, min_size=3, max_size=30)):
        store(jar, url, name, scope, secure=secure)
    return Visit(
        jar,
        url,
        policy=policy,
        writes=tuple(draw(st.lists(st.sampled_from(SWEPT), unique=True))) if draw(st.booleans()) else (),
        cursor=draw(st.sampled_from([0, 0, 253, 254, 255, 256, 10**6 + 77])),
        budget=draw(st.sampled_from([0, 233, 500, 1000, 1500, 3500])),
    )


def store(jar: BrowserJar, url: str, name: str, scope: CookieScope, *, secure: bool) -> None:
    """Put a cookie where some other writer may have put it."""
    if name.startswith("__Host-"):
        scope = CookieScope()
    flags = "; Secure; HttpOnly" if secure or scope.partitioned or name.startswith("__") else ""
    domain = f"; Domain={scope.domain}" if scope.domain else ""
    partitioned = "; Partitioned" if scope.partitioned else ""
    path = f"; Path={scope.path}" if ";" not in scope.path else ""  # which only a default path can hold
    jar.store_response(url, [f"{name}=old{path}{domain}{flags}{partitioned}"])


def untouchable(visit: Visit) -> set[StoredCookie]:
    return {cookie for cookie in visit.jar if cookie.name not in SWEPT or not visit.policy.may_sweep(cookie.scope)}


def bound(visit: Visit) -> int:
    """Responses that a sweep takes at most: `ceil(names * scopes / lines a response)`, once round the cycle.

    A cursor within a row has that row to walk again. And a first response that writes names which the request didn't
    show has changed the names behind its cursor: the walk begins with the second.
    """
    scopes = sweep_scopes(visit.policy, host=visit.where.host, raw_path=visit.raw_path)
    names = {*visit.shown(), *visit.writes}
    longest = max((wire_size(SetCookie.deletion(name, scope)) for name in names for scope in scopes), default=1)
    unseen_before = len(names) > len(visit.shown())
    rows = len(scopes) + (unseen_before or visit.cursor % 256 > 0)
    return ceil(len(names) * rows / max(1, visit.budget // longest)) + unseen_before


def wire_size(line: SetCookie) -> int:
    return len(b"set-cookie: " + line.to_text().encode("latin-1") + b"\r\n")


@settings(max_examples=200, deadline=None)  # responses are counted here, not seconds
@given(visits())
def test_from_any_jar_the_twins_are_gone_after_a_bounded_number_of_responses(visit: Visit):
    spared, most, responses = untouchable(visit), bound(visit), 0
    while visit.twins():
        assert responses < most, "more responses than the formula allows"
        visit.respond()
        responses += 1
    event(f"responses: {responses if responses < 5 else '5 and more'}")

    assert untouchable(visit) == spared
    for name in visit.writes if responses else ():
        fresh = [cookie for cookie in visit.jar if cookie.name == name and cookie.scope == visit.policy.scope]
        assert [cookie.value for cookie in fresh] == ["fresh"]


SIX = [
    "CognitoIdentityServiceProvider.5s1nq8d6vqe7fm1g7f1a2b3c4d.LastAuthUser",
    *(
        f"CognitoIdentityServiceProvider.5s1nq8d6vqe7fm1g7f1a2b3c4d.f4a8b4d8-50a1-70cd-1f2e-1234567890ab.{suffix}"
        for suffix in ("accessToken", "idToken", "refreshToken", "signInDetails", "clockDrift")
    ),
]
ORIGIN = "https://app.example.test"
POLICIES = {
    "host-only": CookiePolicy(origins=(ORIGIN,), owns_domain=True),
    "its own domain": CookiePolicy(origins=(ORIGIN,), domain="app.example.test", owns_domain=True),
    "the parent domain": CookiePolicy(origins=(ORIGIN,), domain="example.test"),
}
RESIDUES = {  # with the responses that they take
    CookieScope(): 1,
    CookieScope("app.example.test"): 1,
    CookieScope("example.test"): 1,
    CookieScope(None, "/login"): 1,
    CookieScope("example.test", "/login"): 2,
}


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
@pytest.mark.parametrize(("residue", "expected"), RESIDUES.items(), ids=map(str, RESIDUES))
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
def test_what_a_stock_sign_out_left_behind_is_gone_with_the_next_sign_in(policy, residue, expected, engine):
    jar, url = BrowserJar(engine, clock=lambda: 1_700_000_000.0), f"{ORIGIN}/login"
    for name in SIX:
        jar.store_response(url, [SetCookie(name, "dead", domain=residue.domain, path=residue.path).to_text()])
    cursor, responses = 0, 0
    while residue != policy.scope and any(cookie.scope == residue for cookie in jar):
        swept = sweep(SIX, policy=policy, host="app.example.test", raw_path=b"/login", writes=SIX, cursor=cursor)
        fresh = [policy.write(name, "fresh") for name in SIX]
        jar.store_response(url, [line.to_text() for line in (*swept.lines, *fresh)])
        cursor, responses = swept.cursor, responses + 1
    assert responses == (0 if residue == policy.scope else expected)
    if responses:
        header = CookieHeader.parse(jar.cookie_header(url) or "")
        assert sorted(header.pairs) == sorted((name, "fresh") for name in SIX)
