"""A browser with tabs in which script runs, and a pool that answers it: what stories about scripts are told with."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field

from hardtack.cookies import BrowserJar, CookiePolicy
from hardtack.explore.script import (
    BEGIN,
    Ask,
    CookieOptions,
    Done,
    Gate,
    Go,
    Memory,
    Pool,
    Run,
    ScriptHost,
    ScriptSettings,
    Segment,
    Step,
    failed,
    granted,
    replied,
)
from hardtack.web.browser_side import policy_document

CLIENT = "1client2"
HOST = "app.example.test"
START = 1_700_000_000
PREFIX = f"CognitoIdentityServiceProvider.{CLIENT}."
REFUSED = "NotAuthorizedException"

HOST_ONLY = ScriptSettings("stock", CLIENT, listener="none")
PARENT = ScriptSettings("stock", CLIENT, CookieOptions(domain=".example.test"), listener="none")


def with_hardtack(**policy: object) -> ScriptSettings:
    """A site with hardtack.js; keyword arguments are the policy's."""
    stated = CookiePolicy(**{"origins": (f"https://{HOST}",), "domain": "example.test", "http_only": False, **policy})
    document = policy_document(stated, client_id=CLIENT, host=HOST, base="/hardtack", sign_in="/login")
    return ScriptSettings("hardtack.js", CLIENT, policy_json=json.dumps(document))


def token(**claims: object) -> str:
    """A token that nobody signed."""
    body = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).rstrip(b"=").decode()
    return f"e30.{body}.s"


@dataclass
class UserPool:
    """A pool that rotates, or does not."""

    rotation: bool = False
    life: int = 3_600
    live: dict[str, tuple[str, str, int]] = field(default_factory=dict)  # refresh token: user, session, auth_time
    calls: list[tuple[str, str]] = field(default_factory=list)
    made: int = 0

    def grant(self, user: str, session: str, auth_time: int, now: int, *, fresh: bool) -> tuple[str, str, str]:
        """Access, ID and refresh token."""
        self.made += 1
        claims = {"sub": f"sub-{user}", "auth_time": auth_time, "iat": now, "exp": now + self.life}
        if session:
            claims["origin_jti"] = session
        access = token(**claims, jti=f"a{self.made}", username=user, client_id=CLIENT, token_use="access")
        identity = token(**claims, jti=f"i{self.made}", **{"cognito:username": user, "aud": CLIENT, "token_use": "id"})
        refresh = f"refresh{self.made}" if fresh else ""
        if fresh:
            self.live[refresh] = (user, session, auth_time)
        return access, identity, refresh

    def answer(self, gate: Pool, now: int) -> str:
        """Do what is asked, and answer it."""
        self.calls.append((gate.operation, gate.argument))
        if gate.operation == "SignIn":
            return granted(*self.grant(gate.argument, f"session{self.made}", now, now, fresh=True))
        if gate.operation == "RevokeToken":
            self.live.pop(gate.argument, None)
            return BEGIN
        if gate.operation == "GlobalSignOut":
            self.live.clear()
            return BEGIN
        if gate.argument not in self.live:
            return failed(REFUSED)
        user, session, auth_time = self.live[gate.argument]
        if self.rotation:
            del self.live[gate.argument]
        return granted(*self.grant(user, session, auth_time, now, fresh=self.rotation))

    def refreshed(self) -> list[str]:
        """The refresh tokens that were sent."""
        return [argument for operation, argument in self.calls if operation == "GetTokensFromRefreshToken"]


@dataclass
class Browser:
    """A browser profile at the site."""

    pool: UserPool = field(default_factory=UserPool)
    now: int = START
    host: ScriptHost = field(default_factory=ScriptHost)
    asked: list[Ask] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.jar = BrowserJar(clock=lambda: self.now)

    def names(self) -> list[str]:
        """The auth cookies in the jar: their names after the client id, and their scopes."""
        return [
            f"{cookie.name.removeprefix(PREFIX)} {cookie.scope}"
            for cookie in self.jar
            if cookie.name.startswith(PREFIX)
        ]

    def respond(self, *lines: str) -> None:
        """A response of the site's server."""
        self.jar.store_response(f"https://{HOST}/", lines)

    def server_refresh(self, *, domain: str = "", user: str = "alice", path: str = "/") -> str:
        """The server's adapter refreshes, and writes in a scope of its own; returns the refresh token."""
        live = next(text for text, known in self.pool.live.items() if known[0] == user)
        _, session, auth_time = self.pool.live[live]
        access, identity, fresh = self.pool.grant(user, session, auth_time, self.now, fresh=self.pool.rotation)
        details = "%7B%22loginId%22%3A%22alice%22%2C%22authFlowType%22%3A%22USER_SRP_AUTH%22%7D"
        values = {
            "LastAuthUser": user,
            f"{user}.accessToken": access,
            f"{user}.idToken": identity,
            f"{user}.refreshToken": fresh or live,
            f"{user}.signInDetails": details,
            f"{user}.clockDrift": "0",
        }
        scope = f"; Path={path}; Secure; SameSite=lax" + (f"; Domain={domain}" if domain else "")
        self.respond(*(f"{PREFIX}{name}={value}{scope}" for name, value in values.items()))
        return fresh or live


@dataclass
class Tab:
    """One tab; runs are begun in it, and answered."""

    browser: Browser
    settings: ScriptSettings
    path: str = "/account"
    memory: Memory = field(default_factory=Memory)
    tear: bool = False
    scheme: str = "https"
    run: Run | None = None
    before: Memory = field(default_factory=Memory)
    segments: list[Segment] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)  # the pool's next ones, by operation, before its own

    @property
    def gate(self) -> Gate:
        return self.steps[-1].gate

    @property
    def told(self) -> list[str]:
        """What was noted in this run."""
        return [note for step in self.steps for note in step.told]

    def begin(self, name: str, user: str = "") -> Gate:
        """Begin a run; where it stands then."""
        self.run, self.before = Run(name, user, self.path), self.memory
        self.segments, self.steps = [], []
        return self.answer(BEGIN)

    def answer(self, answer: str | None = None, place: int = 0) -> Gate:
        """Answer a gate, the first unless told, by its own rules unless told; where the run stands then."""
        if answer is None:
            answer = self.natural(self.steps[-1].gates[place])
        url = f"{self.scheme}://{HOST}{self.path}"
        jar = self.browser.jar

        def write(line: str) -> None:
            self.lines.append(line)
            jar.set_document_cookie(url, line)

        step = self.browser.host.advance(
            self.settings,
            self.before,
            self.run,
            self.segments,
            answer=answer,
            now=self.browser.now,
            read=lambda: jar.document_cookie(url),
            write=write,
            place=place,
            tear=self.tear,
        )
        self.segments.append(Segment(answer, self.browser.now, step.readings, place))
        self.steps.append(step)
        if isinstance(step.gate, Done | Go):
            self.memory = step.memory
        if isinstance(step.gate, Go):
            self.path = step.gate.path
        return step.gate

    def natural(self, gate: Gate) -> str:
        """What the world answers when nothing is wrong."""
        if isinstance(gate, Pool):
            if self.answers.get(gate.operation):
                return self.answers[gate.operation].pop(0)
            return self.browser.pool.answer(gate, self.browser.now)
        if isinstance(gate, Ask):
            self.browser.asked.append(gate)
            if gate.path.endswith("/chosen.json"):
                return replied({"chosen": None})
            return replied({"swept": 0, "again": False, "cursor": "own"})
        return BEGIN

    def do(self, name: str, user: str = "") -> Gate:
        """A run from its beginning to its end, everything answered as it should be."""
        gate = self.begin(name, user)
        while not isinstance(gate, Done | Go):
            gate = self.answer()
        return gate

    def until(self, kind: type) -> Gate:
        """Go on until the run stands before a gate of this kind."""
        while not isinstance(self.gate, kind):
            assert not isinstance(self.gate, Done | Go), self.gate
            self.answer()
        return self.gate

    def reload(self) -> Gate:
        """Leave the page, come back, and let it load."""
        self.memory = Memory("", self.memory.tab)
        return self.do("load")
