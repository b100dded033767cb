"""A browser, a server and a user pool in lockstep, for stories about sessions.

    story = Story(shell="async", storage="amplify")
    story.sign_in("alice")
    story.wait(3700)                       # the access token ends
    plan = story.visit("/account")         # the browser's real jar, the real engine, the pool below
    assert plan.outcome.kind is OutcomeKind.REFRESHED

The jar is `BrowserJar` (which agrees with recordings of real browsers), the sessions are the real core driven by the
real shells. The pool mints truly signed tokens and can rotate, revoke, be slow, be down and lose answers on command;
that is why it stands in for the real one here. The suites in tests/web and tests/browser use a real pool.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from hardtack.amplify import AmplifyNames, client_value
from hardtack.cognito import CognitoRefused, CognitoUnavailable, UserPool
from hardtack.cognito import Reason as PoolReason
from hardtack.cookies import BrowserJar, CookiePolicy
from hardtack.sessions import AsyncSessions, Event, Page, Plan, RequestKind, SessionCore, Sessions, Settings
from hardtack.tokens import TokenSet
from support.minting import CLIENT_ID, POOL, Mint, read_claims

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hardtack.sessions import Departure

HOST = "app.example.test"
SECRET = "a deployment secret that is long enough to be one"
START = 1_700_000_000
SUBS = {"alice": "11111111-1111-4111-9111-111111111111", "bob": "22222222-2222-4222-9222-222222222222"}
TOKEN_SUFFIXES = ("accessToken", "idToken", "refreshToken")


class StoryPool:
    """A user pool that does what a story asks. It counts every call."""

    def __init__(self) -> None:
        self.mint = Mint()
        self.now = float(START)
        self.rotation = False
        self.grace = 0.0
        self.lifetime = 3600
        self.sessions: dict[str, TokenSet] = {}
        self.retired: dict[str, tuple[float, str]] = {}
        self.revoked: set[str] = set()
        self.revocations: list[str] = []
        self.everywhere: list[str] = []
        self.refreshes = 0
        self.key_fetches = 0
        self.failing: Callable[[], Exception | None] = lambda: None
        self.keys_failing = False
        self.lose_answers = 0
        self.during_refresh: Callable[[], None] = lambda: None

    def sign_in(self, user: str) -> TokenSet:
        tokens = self.mint.session(
            sub=SUBS[user], username=user, auth_time=int(self.now), exp=int(self.now) + self.lifetime
        )
        assert tokens.refresh_token
        self.sessions[tokens.refresh_token] = tokens
        return tokens

    def refresh(self, refresh_token: str) -> TokenSet:
        self.refreshes += 1
        failure = self.failing()
        if failure is not None:
            raise failure
        self.during_refresh()
        tokens = self._current(refresh_token)
        fresh = self.mint.refreshed(tokens, at=int(self.now), rotate=self.rotation, lifetime=self.lifetime)
        assert fresh.refresh_token
        if self.rotation:
            self.retired[refresh_token] = (self.now + self.grace, fresh.refresh_token)
        self.sessions[fresh.refresh_token] = fresh
        if self.lose_answers:
            self.lose_answers -= 1
            raise CognitoUnavailable("GetTokensFromRefreshToken", PoolReason.TIMEOUT)
        return fresh

    def _current(self, refresh_token: str) -> TokenSet:
        tokens = self.sessions.get(refresh_token)
        if tokens is None or self.origin(tokens) in self.revoked:
            raise CognitoRefused(
                "GetTokensFromRefreshToken", PoolReason.REVOKED, exception_name="NotAuthorizedException"
            )
        until, _ = self.retired.get(refresh_token, (float("inf"), ""))
        if self.now > until:
            name = "RefreshTokenReuseException"
            raise CognitoRefused("GetTokensFromRefreshToken", PoolReason.REUSED, exception_name=name)
        return tokens

    def revoke(self, tokens: TokenSet) -> None:
        """What an administrator does."""
        self.revoked.add(self.origin(tokens))

    def revoke_token(self, refresh_token: str) -> None:
        failure = self.failing()
        if failure is not None:
            raise failure
        self.revocations.append(refresh_token)
        if refresh_token in self.sessions:
            self.revoke(self.sessions[refresh_token])

    def global_sign_out(self, access_token: str) -> None:
        failure = self.failing()
        if failure is not None:
            raise failure
        self.everywhere.append(access_token)
        sub = read_claims(access_token)["sub"]
        for tokens in self.sessions.values():
            if read_claims(tokens.access_token)["sub"] == sub:
                self.revoke(tokens)

    def down(self, reason: PoolReason = PoolReason.CONNECTION) -> None:
        self.failing = lambda: CognitoUnavailable("GetTokensFromRefreshToken", reason)
        self.keys_failing = True

    def up(self) -> None:
        self.failing = lambda: None
        self.keys_failing = False

    @staticmethod
    def origin(tokens: TokenSet) -> str:
        return str(read_claims(tokens.access_token)["origin_jti"])


class _Cognito:
    def __init__(self, pool: StoryPool) -> None:
        self._pool = pool

    def refresh(self, refresh_token: str, *, username: str | None = None) -> TokenSet:
        return self._pool.refresh(refresh_token)

    def revoke_token(self, refresh_token: str) -> None:
        self._pool.revoke_token(refresh_token)

    def global_sign_out(self, access_token: str) -> None:
        self._pool.global_sign_out(access_token)


class _AsyncCognito:
    def __init__(self, pool: StoryPool) -> None:
        self._blocking = _Cognito(pool)

    async def refresh(self, refresh_token: str, *, username: str | None = None) -> TokenSet:
        await asyncio.sleep(0)
        return self._blocking.refresh(refresh_token)

    async def revoke_token(self, refresh_token: str) -> None:
        self._blocking.revoke_token(refresh_token)

    async def global_sign_out(self, access_token: str) -> None:
        self._blocking.global_sign_out(access_token)


class _Keys:
    def __init__(self, pool: StoryPool) -> None:
        self._pool = pool

    def get(self, url: str) -> bytes:
        import json

        self._pool.key_fetches += 1
        if self._pool.keys_failing:
            raise ConnectionError("the keys' address does not answer")
        return json.dumps(self._pool.mint.jwks()).encode()

    async def aget(self, url: str) -> bytes:
        return self.get(url)


@dataclass
class Server:
    """One instance of the application: a core and one of the shells."""

    core: SessionCore
    sessions: Sessions | AsyncSessions
    run: Callable[[Any], Any]


@dataclass
class Story:
    """See the module's docstring."""

    shell: Literal["sync", "async"] = "sync"
    storage: Literal["amplify", "sealed"] = "amplify"
    engine: Literal["chromium", "firefox"] = "chromium"
    policy: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pool = StoryPool()
        self.clock_error = 0.0
        self.events: list[Event] = []
        self.jar = BrowserJar(self.engine, clock=lambda: self.pool.now)
        self.names = AmplifyNames(CLIENT_ID)
        origins = (f"https://{HOST}",)
        self.cookie_policy = CookiePolicy(
            **({"origins": origins, "domain": "example.test", "owns_domain": True} | self.policy)
        )
        self.loop = asyncio.new_event_loop() if self.shell == "async" else None
        self.server = self.start_server()

    def close(self) -> None:
        if self.loop is not None:
            self.loop.close()

    def start_server(self, **settings: Any) -> Server:
        """Another instance of the application, as a deployment would start it."""
        core = SessionCore(
            Settings(
                **(
                    {
                        "pool": UserPool(POOL, CLIENT_ID),
                        "policy": self.cookie_policy,
                        "secrets": (SECRET,),
                        "storage": self.storage,
                        "hooks": (self.events.append,),
                    }
                    | self.settings
                    | settings
                )
            ),
            wall=lambda: self.pool.now + self.clock_error,
        )
        core.key_transport = _Keys(self.pool)  # type: ignore[assignment]
        if self.loop is None:
            return Server(core, Sessions(core, _Cognito(self.pool)), lambda value: value)  # type: ignore[arg-type]
        return Server(core, AsyncSessions(core, _AsyncCognito(self.pool)), self.loop.run_until_complete)  # type: ignore[arg-type]

    # -- time and telling -------------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        self.pool.now += seconds

    def told(self, name: str) -> list[Event]:
        return [event for event in self.events if event.name == name]

    # -- what a browser does ----------------------------------------------------------------------------------------

    def url(self, path: str = "/", host: str = HOST) -> str:
        return f"https://{host}{path}"

    def ask(
        self,
        path: str = "/",
        *,
        kind: RequestKind = RequestKind.NAVIGATION,
        script: bool = False,
        header: str | None = None,
        host: str = HOST,
        server: Server | None = None,
        address: str = "192.0.2.1",
    ) -> Plan:
        """Send a request; its answer has not reached the browser yet."""
        server = server or self.server
        shown = header if header is not None else self.jar.cookie_header(self.url(path, host)) or ""
        request = server.core.request(
            kind=kind,
            host=host,
            cookies=shown.encode("latin-1"),
            raw_path=path.partition("?")[0].encode(),
            script_driven=script,
            address=address,
        )
        plan: Plan = server.run(server.sessions.handle(request))
        return plan

    def receive(self, plan: Plan, path: str = "/", host: str = HOST) -> Plan:
        """The answer reaches the browser."""
        self.jar.store_response(self.url(path, host), [line.to_text() for line in plan.set_cookies])
        if plan.page is Page.LAST_RESORT:
            self.jar.clear_site_data(self.url(path, host))
            ladders = self.server.core.engine.ladders
            ladder = ladders.from_token(plan.ladder_token, now=self.pool.now)
            assert ladder is not None
            self.jar.store_response(self.url("/auth/landing"), [ladders.write(ladder).to_text()])
        return plan

    def visit(self, path: str = "/", **how: Any) -> Plan:
        """Ask and receive."""
        return self.receive(self.ask(path, **how), path, how.get("host", HOST))

    def sign_in(self, user: str = "alice", *, owner: str | None = None) -> TokenSet:
        """A person signs in through Hardtack's own routes."""
        tokens = self.pool.sign_in(user)
        plan = self.server.run(
            self.server.sessions.sign_in(self._request("/auth/sign-in"), tokens, owner=owner or user)
        )
        assert plan.session is not None, plan
        self.receive(plan, "/auth/sign-in")
        return tokens

    def sign_out(self, *, everywhere: bool = False) -> Departure:
        departure: Departure = self.server.run(self.server.sessions.sign_out(self._request("/auth/sign-out")))
        self.receive(departure.plan, "/auth/sign-out")
        self.revoked_at_pool = self.server.run(self.server.sessions.revoke(departure, everywhere=everywhere))
        return departure

    def _request(self, path: str) -> Any:
        return self.server.core.request(
            kind=RequestKind.NAVIGATION,
            host=HOST,
            cookies=(self.jar.cookie_header(self.url(path)) or "").encode("latin-1"),
            raw_path=path.encode(),
            address="192.0.2.1",
        )

    # -- what others write into the jar -----------------------------------------------------------------------------

    def plant(
        self,
        user: str,
        tokens: TokenSet | None = None,
        *,
        domain: str | None = None,
        path: str = "/",
        suffixes: Iterable[str] = (*TOKEN_SUFFIXES, "LastAuthUser", "clockDrift"),
        values: dict[str, str] | None = None,
        host: str = HOST,
    ) -> None:
        """Another writer sets Amplify's cookies in a scope of its own."""
        at = f"; Path={path}" + (f"; Domain={domain}" if domain else "") + "; Max-Age=31536000; Secure; SameSite=Lax"
        lines = []
        for suffix in suffixes:
            value = (values or {}).get(suffix)
            if value is None:
                value = self._value(user, tokens, suffix)
            name = self.names.last_auth_user if suffix == "LastAuthUser" else self.names.wire_name(user, suffix)
            lines.append(f"{name}={client_value(value)}{at}")
        self.jar.store_response(self.url(path, host), lines)

    @staticmethod
    def _value(user: str, tokens: TokenSet | None, suffix: str) -> str:
        fixed = {"LastAuthUser": user, "clockDrift": "-12", "signInDetails": '{"loginId":"x"}'}
        if suffix in fixed:
            return fixed[suffix]
        assert tokens is not None
        given = {"accessToken": tokens.access_token, "idToken": tokens.id_token, "refreshToken": tokens.refresh_token}
        return given[suffix] or ""

    def auth_cookies(self) -> list[tuple[str, str]]:
        """Every auth cookie of the jar, as (suffix, scope)."""
        ours = ("CognitoIdentityServiceProvider.", "__Host-hardtack-session")
        found = [cookie for cookie in self.jar if cookie.name.startswith(ours)]
        return sorted((cookie.name.rpartition(".")[2], f"{cookie.scope} @{cookie.host}") for cookie in found)

    def scopes(self) -> set[str]:
        """The scopes in which auth cookies live."""
        return {str(cookie.scope) for cookie in self.jar if cookie.name.startswith("CognitoIdentityServiceProvider.")}

    def settle(self, path: str = "/", most: int = 12) -> int:
        """Navigate until a response writes nothing. How many it took."""
        for count in range(1, most + 1):
            if not self.visit(path).set_cookies:
                return count
            self.wait(1)
        raise AssertionError(f"still writing after {most} navigations: {self.auth_cookies()}")
