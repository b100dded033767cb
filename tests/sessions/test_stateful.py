"""P1 to P7 on any history that a browser, two servers, a pool and strangers can make together.

A machine of Hypothesis: rules are what people, tabs, other writers and the network do; after each request the
invariants are looked at, and at the end the probes: does what must survive survive (P4), does every page come to rest
(P3), does one sign-in lead back to a stable session (P1, P7), and do all of Amplify's readers see it too (P5).

    HARDTACK_STATEFUL=1000 pytest tests/sessions/test_stateful.py      # more and random histories
    HARDTACK_SHRINK=1 ...                                              # the shortest failing one; takes minutes

What the design leaves out stands where it is left out, as `self.void`: the session's own cookies were overwritten or
deleted by somebody else. An answer that was under way while a person signed in anew is not left out.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from hardtack.amplify import READERS, believed
from hardtack.cognito import Reason as PoolReason
from hardtack.cookies import CookieHeader
from hardtack.sessions import OutcomeKind, Page, Plan, RequestKind
from hardtack.sessions.kinds import POWERS
from support.minting import CLIENT_ID
from support.story import HOST, SUBS, Story

if TYPE_CHECKING:
    from hardtack.tokens import TokenSet

HISTORIES = int(os.environ.get("HARDTACK_STATEFUL", "0"))
SHRINK = (Phase.shrink,) if os.environ.get("HARDTACK_SHRINK") else ()

POLICIES = {
    "one domain, all ours": {"domain": "example.test", "owns_domain": True},
    "one domain, shared": {"domain": "example.test", "owns_domain": False},
    "host-only, shared": {"domain": None, "owns_domain": False},
    "host-only, all ours": {"domain": None, "owns_domain": True},
}
SCOPES = {
    "host-only /": {"domain": None, "path": "/"},
    "host-only /account": {"domain": None, "path": "/account"},
    "host-only /account/deep": {"domain": None, "path": "/account/deep"},
    ".app.example.test /": {"domain": "app.example.test", "path": "/"},
    ".example.test /": {"domain": "example.test", "path": "/"},
    ".example.test /account": {"domain": "example.test", "path": "/account"},
}
SETS = {
    "all": ("LastAuthUser", "accessToken", "idToken", "refreshToken", "clockDrift"),
    "access": ("accessToken", "idToken"),
    "refresh": ("refreshToken",),
    "name": ("LastAuthUser",),
    "all but refresh": ("LastAuthUser", "accessToken", "idToken"),
}
PATHS = ("/", "/account", "/account/deep", "/elsewhere")
USERS = st.sampled_from(sorted(SUBS))
PATH = st.sampled_from(PATHS)
SERVER = st.integers(0, 1)
ANSWER = st.sampled_from(["arrives", "arrives", "is lost"])
KIND = st.sampled_from([*[RequestKind.NAVIGATION] * 4, *RequestKind])
LONGEST_FLIGHT = 60.0  # seconds after which an answer that has not arrived never will
STEPS = int(os.environ.get("HARDTACK_STEPS", "25"))


@dataclass
class Answer:
    """A response on its way."""

    plan: Plan
    path: str
    sent_at: float


class Browser(RuleBasedStateMachine):
    """One browser before two servers of one site."""

    @initialize(
        engine=st.sampled_from(["chromium", "firefox"]),
        storage=st.sampled_from(["amplify", "amplify", "sealed"]),
        policy=st.sampled_from(sorted(POLICIES)),
        rotation=st.booleans(),
        grace=st.sampled_from([0.0, 60.0]),
        past=st.sampled_from(["nobody", "signed in", "signed in", "from before Hardtack"]),
        scope=st.sampled_from([name for name in sorted(SCOPES) if name.endswith(" /")]),
        spare=st.lists(st.sampled_from(sorted(SCOPES)), max_size=2, unique=True),
    )
    def open(self, *, engine, storage, policy, rotation, grace, past, scope, spare) -> None:
        self.story = Story("sync", storage, engine, policy=POLICIES[policy])
        self.story.pool.rotation, self.story.pool.grace = rotation, grace
        store = self.story.server.core.desk._store
        self.servers = [self.story.server, self.story.start_server(store=store)]
        nonces = itertools.count()
        for server in self.servers:
            server.core._nonce = lambda: f"request {next(nonces)}"
        self.under_way: list[Answer] = []
        self.session: TokenSet | None = None
        self.void = False
        self.ended: set[str] = set()
        self.raised = False
        self.bound = True
        if past == "signed in":
            self.sign_in(user="alice", server=0)
        elif past == "from before Hardtack" and storage == "amplify":
            self.came_from_before(scope, spare)

    def came_from_before(self, scope: str, spare: list[str]) -> None:
        """A session that nobody told us of, and beside it refresh tokens of which nobody knows that they are dead."""
        self.session, self.owner, self.bound = self.story.pool.sign_in("alice"), "alice", False
        for server in self.servers:
            server.core.keys.replace(self.story.pool.mint.jwks())
        for other in spare:
            dead = {"refreshToken": self.story.pool.mint.refresh_token()}
            self.story.plant("alice", None, **SCOPES[other], suffixes=SETS["refresh"], values=dead)
        self.story.plant("alice", self.session, **SCOPES[scope])

    @property
    def up(self) -> bool:
        return not self.story.pool.keys_failing

    # -- what people do -----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.up)
    @rule(user=USERS, server=SERVER)
    def sign_in(self, *, user: str, server: int) -> None:
        self.story.server = self.servers[server]
        if not self.story.server.core.keys.filled:
            self.story.wait(61)  # the keys could not be had a moment ago
        self.session = self.story.sign_in(user)
        self.owner, self.void, self.raised, self.bound = user, False, False, True

    @rule(server=SERVER)
    def sign_out(self, server: int) -> None:
        self.story.server = self.servers[server]
        departure = self.story.sign_out()
        self.ended |= set(departure.session_keys)
        self.session = None
        self.raised = False

    @rule(path=PATH, kind=KIND, script=st.booleans(), server=SERVER, answer=ANSWER)
    def visit(self, *, path: str, kind: RequestKind, script: bool, server: int, answer: str) -> None:
        plan = self.ask(path, kind=kind, script=script, server=server)
        if answer == "arrives":
            self.receive(plan, path)

    @rule(path=PATH, kind=KIND, server=SERVER)
    def visit_slowly(self, *, path: str, kind: RequestKind, server: int) -> None:
        """The answer comes later, or never."""
        plan = self.ask(path, kind=kind, server=server)
        self.under_way.append(Answer(plan, path, self.story.pool.now))

    @precondition(lambda self: self.up)
    @rule(path=PATH, kind=KIND, server=SERVER, user=USERS, out=st.booleans(), visits=st.integers(0, 2))
    def meanwhile_another_tab(
        self, *, path: str, kind: RequestKind, server: int, user: str, out: bool, visits: int
    ) -> None:
        """A tab is loading while a person signs in or out in another one."""
        self.visit_slowly(path=path, kind=kind, server=server)
        if out:
            self.sign_out(server)
        else:
            self.sign_in(user=user, server=server)
        for _ in range(visits):
            self.receive(self.ask("/", server=server), "/")
        self.a_late_answer_arrives(len(self.under_way) - 1)

    @rule(path=PATH, kind=KIND, server=SERVER, answer=ANSWER, again=st.integers(0, 2))
    def an_hour_passes(self, *, path: str, kind: RequestKind, server: int, answer: str, again: int) -> None:
        """The access token ends, and some request is the first to find out."""
        self.wait(seconds=3_700)
        self.visit(path=path, kind=kind, script=False, server=server, answer=answer)
        for _ in range(again):
            self.visit(path="/", kind=RequestKind.FETCH, script=False, server=1 - server, answer=answer)

    @rule(seconds=st.sampled_from([1, 20, 59, 300, 3_560, 90_000]))
    def wait(self, *, seconds: int) -> None:
        self.story.wait(seconds)
        now = self.story.pool.now
        self.under_way = [answer for answer in self.under_way if now - answer.sent_at <= LONGEST_FLIGHT]

    # -- what the network does ----------------------------------------------------------------------------------------

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0, 5))
    def a_late_answer_arrives(self, which: int) -> None:
        answer = self.under_way.pop(which % len(self.under_way))
        self.receive(answer.plan, answer.path)

    @precondition(lambda self: self.up)
    @rule(reason=st.sampled_from([PoolReason.CONNECTION, PoolReason.THROTTLED, PoolReason.POOL_ERROR]))
    def the_pool_goes_down(self, *, reason: PoolReason) -> None:
        self.story.pool.down(reason)

    @precondition(lambda self: not self.up)
    @rule()
    def the_pool_comes_back(self) -> None:
        self.story.pool.up()

    @precondition(lambda self: self.up)
    @rule(path=PATH, kind=KIND, server=SERVER)
    def the_pools_answer_is_lost(self, *, path: str, kind: RequestKind, server: int) -> None:
        """The pool has done its work, and nobody hears of it; without rotation that costs nothing."""
        if self.story.pool.rotation and not self.story.pool.grace:
            self.void = True
        self.wait(seconds=3_700)
        self.story.pool.lose_answers = 1
        self.visit(path=path, kind=kind, script=False, server=server, answer="arrives")
        self.story.pool.lose_answers = 0
        self.story.wait(2)
        self.visit(path=path, kind=RequestKind.NAVIGATION, script=False, server=server, answer="arrives")

    @rule(server=SERVER)
    def a_server_restarts(self, server: int) -> None:
        store = self.story.server.core.desk._store
        nonce = self.story.server.core._nonce
        self.servers[server] = self.story.start_server(store=store)
        self.servers[server].core._nonce = nonce
        self.story.server = self.servers[0]

    @rule(rotation=st.booleans())
    def rotation_is_switched(self, *, rotation: bool) -> None:
        self.story.pool.rotation = rotation

    @precondition(lambda self: self.session is not None)
    @rule()
    def an_administrator_revokes(self) -> None:
        self.story.pool.revoke(self.session)
        self.session = None

    # -- what other writers do ----------------------------------------------------------------------------------------

    @precondition(lambda self: self.story.storage == "amplify")
    @rule(
        user=USERS,
        owner=USERS,
        scope=st.sampled_from(sorted(SCOPES)),
        of=st.sampled_from(sorted(SETS)),
        state=st.sampled_from(["live", "dead", "expired", "garbage", "ours of old"]),
    )
    def another_writer_plants_something(self, *, user: str, owner: str, scope: str, of: str, state: str) -> None:
        self.plant(user, owner, scope, of, state)

    @precondition(lambda self: self.story.storage == "amplify")
    @rule(user=USERS, scope=st.sampled_from(sorted(SCOPES)), state=st.sampled_from(["live", "live", "dead", "expired"]))
    def another_writer_plants_a_set(self, *, user: str, scope: str, state: str) -> None:
        self.plant(user, user, scope, "all", state)

    def plant(self, user: str, owner: str, scope: str, of: str, state: str) -> None:
        pool = self.story.pool
        values = dict.fromkeys(SETS[of], "%00garbage") if state == "garbage" else None
        if state == "ours of old" and self.session is not None:
            tokens, owner = self.session, self.owner
        elif state == "expired":
            tokens = pool.mint.session(sub=SUBS[user], username=user, auth_time=int(pool.now) - 9_000)
            pool.sessions[tokens.refresh_token] = tokens
        else:
            tokens = pool.sign_in(user)
        if state == "dead":
            pool.revoke(tokens)
        if not self.bound:
            self.void = True
        domain, path = SCOPES[scope]["domain"], SCOPES[scope]["path"]
        ours = self.story.cookie_policy.scope
        if (domain, path) == (ours.domain, ours.path) and {"accessToken", "refreshToken"} & set(SETS[of]):
            self.void = True
        self.story.plant(owner, tokens, domain=domain, path=path, suffixes=SETS[of], values=values)

    @precondition(
        lambda self: self.story.storage == "amplify" and self.session is not None and self.bound and not self.void
    )
    @rule()
    def the_front_end_refreshes(self) -> None:
        """In the policy's own scope, as a front end does that is configured to it; the pool does not rotate for it."""
        pool = self.story.pool
        cookie = self.own_cookie("refreshToken")
        if cookie is None or cookie not in pool.sessions or cookie in pool.retired or pool.failing() or pool.rotation:
            return
        fresh = pool.refresh(cookie)
        domain = self.story.cookie_policy.domain
        self.story.plant(self.owner, fresh, domain=domain, suffixes=("accessToken", "idToken", "refreshToken"))

    def own_cookie(self, suffix: str) -> str | None:
        name = self.story.names.wire_name(self.owner, suffix)
        scope = self.story.cookie_policy.scope
        return next((cookie.value for cookie in self.story.jar if (cookie.name, cookie.scope) == (name, scope)), None)

    # -- one request, and what must be true of it ---------------------------------------------------------------------

    def ask(
        self, path: str, *, kind: RequestKind = RequestKind.NAVIGATION, script: bool = False, server: int = 0
    ) -> Plan:
        story, before = self.story, self.story.pool.refreshes
        header = CookieHeader.parse((story.jar.cookie_header(story.url(path)) or "").encode("latin-1"))
        self.look_at_memory(header, path, kind, server)
        marks = story.server.core.engine.marks.read(header)
        plan = story.ask(path, kind=kind, script=script, server=self.servers[server])
        if plan.session is not None:
            if marks.binding is not None:
                assert plan.session.sub == marks.binding.sub, "P6"
                assert plan.session.claims.session_key == marks.binding.session_key, "P6"
            assert marks.tombstone is None, "P2"
            assert plan.session.claims.session_key not in self.ended or self.raised, "P2"
        assert plan.outcome.kind is not OutcomeKind.UNAVAILABLE or not plan.set_cookies, "an outage ends nothing"
        powers = POWERS[kind]
        if not powers.refresh:
            assert story.pool.refreshes == before
            assert not plan.set_cookies
        if not powers.heal:
            assert plan.page is None
            assert not any(line.is_deletion for line in plan.set_cookies) or story.storage == "sealed"
        swept = [line for line in plan.set_cookies if line.is_deletion]
        assert sum(len(value) + 14 for _, value in (line.to_header() for line in swept)) <= 3_600
        return plan

    def look_at_memory(self, header: CookieHeader, path: str, kind: RequestKind, server: int) -> None:
        """What is remembered must be what would be decided."""
        core = self.servers[server].core
        recalled = core.recall(header.raw, heals=POWERS[kind].heal)
        if recalled is None:
            return
        request = core.request(kind=kind, host=HOST, cookies=header, raw_path=path.encode())
        try:
            next(core.engine.decide(request))
        except StopIteration as decided:
            plan: Plan = decided.value
        else:
            raise AssertionError("a remembered plan asks for something")
        assert plan.set_cookies == ()
        assert plan.page is None
        assert (plan.session and plan.session.tokens) == (recalled.session and recalled.session.tokens)

    def receive(self, plan: Plan, path: str) -> None:
        self.bound = self.bound or bool(plan.session and plan.set_cookies)
        if plan.page is Page.LAST_RESORT:
            self.void = self.raised = True  # it has cleared every cookie, the tombstone too
        self.story.receive(plan, path)

    # -- probes -------------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        if not hasattr(self, "story"):
            return
        self.under_way.clear()
        self.story.pool.up()
        self.story.wait(61)
        self.what_lives_is_served()
        self.every_page_comes_to_rest()
        self.browsing_comes_to_rest()
        self.one_sign_in_leads_back()
        self.nothing_was_told_that_must_not_be()

    def what_lives_is_served(self) -> None:
        """P4: no race, retry, lost answer or outage has signed anybody out."""
        if self.session is None or self.void:
            return
        key = self.story.pool.origin(self.session)
        for path in PATHS:
            plan = self.ask(path)
            assert plan.session is not None, "P4"
            assert plan.session.claims.session_key == key, "P4"
            self.receive(plan, path)

    def every_page_comes_to_rest(self) -> None:
        """P3, for people and for script that reloads as fast as it can."""
        for path in PATHS:
            pages = []
            for _ in range(60):
                plan = self.ask(path, script=True)
                self.receive(plan, path)
                pages.append(plan.page)
                self.story.wait(0.2)
                if plan.page is Page.GUIDANCE or (not plan.set_cookies and plan.page is None):
                    break
            else:
                raise AssertionError(f"P3: {pages}")
            assert pages.count(Page.SIGN_IN) + pages.count(Page.LAST_RESORT) <= 3, "P3"

    def browsing_comes_to_rest(self) -> None:
        """From page to page, each of which may show other twins: in the end nothing is written any more."""
        quiet = 0
        for number in range(120):
            path = PATHS[number % len(PATHS)]
            plan = self.ask(path)
            self.receive(plan, path)
            self.story.wait(1)
            quiet = 0 if plan.set_cookies else quiet + 1
            if quiet == len(PATHS):
                return
        raise AssertionError("P3: browsing never came to rest")

    def one_sign_in_leads_back(self) -> None:
        """P1 and P7."""
        story = self.story
        fresh = story.sign_in("alice")
        key = story.pool.origin(fresh)
        for path in PATHS:
            plan = self.ask(path, script=True)
            assert plan.session is not None, "P1"
            assert plan.session.claims.session_key == key, "P1"
            assert plan.page is None, "P7"
            self.receive(plan, path)
        self.browsing_comes_to_rest()
        if story.storage == "amplify" and story.cookie_policy.owns_domain:
            self.every_reader_sees(key)
        for hour in range(2):
            story.wait(3_700)
            plan = self.ask(PATHS[hour + 1])
            assert plan.outcome.kind is OutcomeKind.REFRESHED, "P7"
            assert plan.session.claims.session_key == key, "P7"
            self.receive(plan, PATHS[hour + 1])

    def every_reader_sees(self, key: str) -> None:
        """P5: the browser's Amplify and each of the server's read the very session that the server serves."""
        for path in PATHS:
            header = self.story.jar.cookie_header(self.story.url(path)) or ""
            served = self.story.ask(path).session
            assert served.claims.session_key == key
            for reader in READERS:
                assert read_by(reader, header) == served.tokens.access_token, f"P5: {reader}"

    def nothing_was_told_that_must_not_be(self) -> None:
        told = repr(self.story.events)
        secrets: set[Any] = {"alice", "bob", *SUBS.values()}
        for tokens in self.story.pool.sessions.values():
            secrets |= {tokens.refresh_token[-30:], tokens.access_token[-30:]}
        assert not [secret for secret in secrets if secret in told]


def read_by(reader: Any, header: str) -> str | None:
    """The access token that a reader of Amplify's finds, by way of the LastAuthUser that it finds."""
    pairs = CookieHeader.parse(header.encode("latin-1")).pairs
    prefix = f"CognitoIdentityServiceProvider.{CLIENT_ID}"
    user = believed(pairs, f"{prefix}.LastAuthUser", reader)
    return believed(pairs, f"{prefix}.{user}.accessToken", reader)


Browser.TestCase.settings = settings(
    max_examples=HISTORIES or 250,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    derandomize=not HISTORIES,
    phases=(Phase.explicit, Phase.generate, *SHRINK),
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
TestAnyHistory = Browser.TestCase
