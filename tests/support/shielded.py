"""An unmodified site behind a shield, in lockstep: a browser with Amplify's script, a Next server, a user pool.

    site = ShieldedSite(client={"domain": ".example.test"}, shielded=True)
    site.sign_in("alice")                    # as aws-amplify does it in the browser
    site.load("/", server="refresh")         # a navigation during which the Next server refreshes, host-only
    site.script_sign_out()

The jar is `BrowserJar`, the server is the demo's model of the Next adapter, the script is modelled below to the letter
of what aws-amplify 6.22 does, faults included. With `shielded=False` the same story runs without the shield, so that a
test shows both. The real packages in a real browser run in tests/next.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hardtack.amplify import AmplifyNames, client_value, js_cookie_read
from hardtack.cognito import CognitoError, UserPool
from hardtack.cookies import BrowserJar, CookieHeader, CookiePolicy
from hardtack.demo.stock.adapter import ServerAdapter
from hardtack.tokens import TokenSet
from hardtack.web.proxy.guard import Passage, Visit
from hardtack.web.shield import Shield, ShieldDeployment, ShieldSettings
from support.minting import CLIENT_ID, POOL, read_claims
from support.story import HOST, SECRET, StoryPool, _AsyncCognito, _Keys

if TYPE_CHECKING:
    from hardtack.sessions import Event
    from hardtack.web.answers import Answer

SUFFIXES = ("accessToken", "idToken", "refreshToken", "signInDetails", "clockDrift")
INTERRUPTED = "UnexpectedSignInInterruptionException"
ALREADY = "UserAlreadyAuthenticatedException"


@dataclass
class Loaded:
    """One response as the browser saw it."""

    status: int
    headers: list[tuple[bytes, bytes]]
    site_saw: bytes | None
    path: str
    body: bytes = b""

    @property
    def set_cookies(self) -> list[str]:
        return [value.decode("latin-1") for name, value in self.headers if name == b"set-cookie"]

    def header(self, name: bytes) -> str | None:
        return next((value.decode("latin-1") for key, value in self.headers if key == name), None)


@dataclass
class ShieldedSite:
    """See the module's docstring."""

    client: dict[str, Any] = field(default_factory=lambda: {"domain": ".example.test", "path": "/"})
    policy: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    shielded: bool = True
    engine: str = "chromium"
    nonce: str = "a"  # first sweeps begin with the likeliest scopes; another nonce might begin anywhere

    def __post_init__(self) -> None:
        self.pool = StoryPool()
        self.events: list[Event] = []
        self.jar = BrowserJar(self.engine, clock=lambda: self.pool.now)
        self.names = AmplifyNames(CLIENT_ID)
        self.loop = asyncio.new_event_loop()
        scope = {"domain": self.client.get("domain"), "path": self.client.get("path", "/")}
        self.cookie_policy = CookiePolicy(
            **({"origins": (f"https://{HOST}",), "http_only": False, "owns_domain": True} | scope | self.policy)
        )
        self.shield = self.start_shield()
        self.adapter = ServerAdapter(
            client_id=CLIENT_ID, judge=self._server_judge, refresh=self._server_refresh, clock=lambda: self.pool.now
        )
        self.site_lines: list[str] = []  # Set-Cookie lines of the site's own in every answer
        self.site_headers: list[tuple[bytes, bytes]] = [(b"content-type", b"text/html")]
        self.server_scope = ""  # attributes that the server's lines carry in place of none

    def start_shield(self, **settings: Any) -> Shield:
        """Another instance of the shield, as a deployment would start it."""
        deployment = ShieldDeployment(
            ShieldSettings(
                **(
                    {
                        "pool": UserPool(POOL, CLIENT_ID),
                        "policy": self.cookie_policy,
                        "secrets": (SECRET,),
                        "sign_in": "/login",
                        "hooks": (self.events.append,),
                        "judge_seconds": 5.0,
                    }
                    | self.settings
                    | settings
                )
            ),
            wall=lambda: self.pool.now,
            cognito=_AsyncCognito(self.pool),  # type: ignore[arg-type]
        )
        deployment.hardtack.core.key_transport = _Keys(self.pool)  # type: ignore[assignment]
        deployment.hardtack.core._nonce = lambda: self.nonce
        return Shield(deployment)

    def close(self) -> None:
        self.loop.close()

    def wait(self, seconds: float) -> None:
        self.pool.now += seconds

    def told(self, name: str) -> list[Event]:
        return [event for event in self.events if event.name == name]

    def url(self, path: str = "/") -> str:
        return f"https://{HOST}{path}"

    # -- what the network does --------------------------------------------------------------------------------------

    def visit(self, path: str = "/", *, kind: str = "navigation", script: bool = False, **how: Any) -> Visit:
        """A request as the browser sends it."""
        raw_path, _, query = path.partition("?")
        cookie = how.get("cookie", self.jar.cookie_header(self.url(path)))
        headers = [(b"host", HOST.encode()), *_kind_headers(kind, script=script), *how.get("headers", ())]
        if cookie:
            headers.append((b"cookie", cookie.encode("latin-1")))
        return Visit(
            method=how.get("method", "GET"),
            scheme="https",
            host=HOST,
            raw_path=raw_path.encode(),
            query=query.encode(),
            headers=headers,
            address="192.0.2.1",
            websocket=kind == "websocket",
            oversize=how.get("oversize", False),
        )

    def pass_on(self, visit: Visit) -> Passage:
        """The first half: what the shield makes of a request."""
        return (
            self.loop.run_until_complete(self.shield.to_site(visit))
            if self.shielded
            else Passage(headers=visit.headers)
        )

    def load(self, path: str = "/", *, server: str = "", follow: bool = True, **how: Any) -> Loaded:
        """A request and its answer, redirects followed; `server`: "", "session" or "refresh"."""
        visit = self.visit(path, **how)
        passage = self.pass_on(visit)
        if passage.reply is not None:
            loaded = self._answered(self.loop.run_until_complete(passage.reply(how.get("body", b""))), path)
        elif passage.answer is not None:
            loaded = self._answered(passage.answer, path)
        else:
            headers = self._site(path, passage.headers, server)
            if self.shielded:
                headers = self.shield.to_browser(passage, 200, headers)
            loaded = Loaded(200, headers, _cookie_of(passage.headers), path)
        self._store(loaded)
        target = loaded.header(b"location")
        if follow and target and loaded.status == 303:
            again = {name: value for name, value in how.items() if name not in ("method", "cookie")}
            return self.load(target, **again)
        return loaded

    def _answered(self, answer: Answer, path: str) -> Loaded:
        return Loaded(answer.status, answer.headers, None, path, answer.body)

    def _store(self, loaded: Loaded) -> None:
        if loaded.header(b"clear-site-data"):
            self.jar.clear_site_data(self.url(loaded.path))
            return
        self.jar.store_response(self.url(loaded.path.partition("?")[0]), loaded.set_cookies)

    def _site(self, path: str, headers: list[tuple[bytes, bytes]], server: str) -> list[tuple[bytes, bytes]]:
        lines = list(self.site_lines)
        if server:
            cookies = self.adapter.cookies(CookieHeader.parse(_cookie_of(headers) or b""))
            self.server_session = self.loop.run_until_complete(
                self.adapter.fetch_auth_session(cookies, force_refresh=server == "refresh")
            )
            lines += [line + self.server_scope for line in cookies.set_cookie_lines]
        return [*self.site_headers, *((b"set-cookie", line.encode("latin-1")) for line in lines)]

    async def _server_judge(self, token: str, use: Any) -> Any:
        return self.pool.mint.verifier().judge(token, now=self.pool.now, use=use)

    async def _server_refresh(self, token: str) -> TokenSet | str:
        try:
            return self.pool.refresh(token)
        except CognitoError as error:
            return error.exception_name or "UnknownError"

    # -- what aws-amplify does in the browser -----------------------------------------------------------------------

    def read_first(self, name: str, path: str = "/") -> str | None:
        """js-cookie: of twins the first."""
        for piece in self.jar.document_cookie(self.url(path)).split("; "):
            found, _, value = piece.partition("=")
            if found == name:
                return js_cookie_read(value)
        return None

    def owner(self, path: str = "/") -> str:
        read = self.read_first(self.names.last_auth_user, path)
        return "username" if read is None else read

    def key(self, suffix: str, path: str = "/") -> str:
        return self.names.wire_name(self.owner(path), suffix)

    def write(self, name: str, value: str, path: str = "/") -> None:
        self.jar.set_document_cookie(self.url(path), f"{name}={client_value(value)}{self._scope}; Max-Age=31536000")

    def remove(self, name: str, path: str = "/") -> None:
        self.jar.set_document_cookie(self.url(path), f"{name}={self._scope}; Expires=Thu, 01 Jan 1970 00:00:00 GMT")

    @property
    def _scope(self) -> str:
        domain = self.client.get("domain")
        return (
            f"; Path={self.client.get('path', '/')}"
            + (f"; Domain={domain}" if domain else "")
            + "; Secure; SameSite=Lax"
        )

    def store_tokens(self, user: str, tokens: TokenSet, path: str = "/") -> None:
        self.write(self.names.last_auth_user, user, path)
        values = {
            "accessToken": tokens.access_token,
            "idToken": tokens.id_token or "",
            "refreshToken": tokens.refresh_token or "",
            "signInDetails": json.dumps({"loginId": user, "authFlowType": "USER_SRP_AUTH"}, separators=(",", ":")),
            "clockDrift": "0",
        }
        for suffix, value in values.items():
            self.write(self.key(suffix, path), value, path)

    def clear_tokens(self, path: str = "/") -> None:
        keys = [self.key(suffix, path) for suffix in SUFFIXES]
        for name in (*keys, self.names.last_auth_user):
            self.remove(name, path)

    def fetch_session(self, path: str = "/") -> str:
        """fetchAuthSession: the signed-in user's name, "" for nobody, or the exception's name (and tokens cleared)."""
        access = self.read_first(self.key("accessToken", path), path)
        if not access:
            return ""
        try:
            claims = read_claims(access)
        except (ValueError, IndexError):  # what can't be decoded is no session, and stays
            return ""
        if self.pool.now + 5 <= claims["exp"]:
            return str(claims["username"])
        refresh = self.read_first(self.key("refreshToken", path), path)
        try:
            fresh = self.pool.refresh(refresh or "")
        except CognitoError as error:
            if error.exception_name:
                self.clear_tokens(path)
            return error.exception_name or "NetworkError"
        self.store_tokens(self.owner(path), fresh, path)
        return str(claims["username"])

    def sign_in(self, user: str = "alice", path: str = "/") -> str:
        """signIn with the right password: "" if it worked, else the exception's name."""
        before = self.fetch_session(path)
        if before and not before.endswith("Exception"):
            return ALREADY
        tokens = self.pool.sign_in(user)
        self.store_tokens(user, tokens, path)
        after = self.fetch_session(path)
        return "" if after and not after.endswith("Exception") else INTERRUPTED

    def script_sign_out(self, path: str = "/") -> None:
        """signOut: revoke the refresh token that is read, delete the own scope."""
        refresh = self.read_first(self.key("refreshToken", path), path)
        if refresh:
            self.pool.revoke_token(refresh)
        self.clear_tokens(path)

    # -- looking ----------------------------------------------------------------------------------------------------

    def scopes(self) -> dict[str, int]:
        """How many auth cookies lie in which scope."""
        found: dict[str, int] = {}
        for cookie in self.jar:
            if cookie.name.startswith("CognitoIdentityServiceProvider."):
                found[str(cookie.scope)] = found.get(str(cookie.scope), 0) + 1
        return found

    def server_sees(self) -> str:
        """Whom the Next server sees, through the shield."""
        loaded = self.load("/who", kind="fetch", server="session")
        cookies = self.adapter.cookies(CookieHeader.parse(loaded.site_saw or b""))
        return (
            (cookies.get(f"CognitoIdentityServiceProvider.{CLIENT_ID}.LastAuthUser") or "")
            if self.server_session.signed_in
            else ""
        )


def _cookie_of(headers: list[tuple[bytes, bytes]]) -> bytes | None:
    lines = [value for name, value in headers if name == b"cookie"]
    return b"; ".join(lines) if lines else None


def _kind_headers(kind: str, *, script: bool) -> list[tuple[bytes, bytes]]:
    site = (b"sec-fetch-site", b"same-origin")
    match kind:
        case "navigation":
            user = [] if script else [(b"sec-fetch-user", b"?1")]
            return [site, (b"sec-fetch-mode", b"navigate"), (b"sec-fetch-dest", b"document"), *user]
        case "rsc":
            return [site, (b"sec-fetch-mode", b"cors"), (b"rsc", b"1")]
        case "action":
            return [site, (b"sec-fetch-mode", b"cors"), (b"next-action", b"7f")]
        case "asset":
            return [site, (b"sec-fetch-mode", b"no-cors"), (b"sec-fetch-dest", b"script")]
        case "websocket":
            return [(b"sec-fetch-mode", b"websocket")]
        case _:
            return [site, (b"sec-fetch-mode", b"cors"), (b"sec-fetch-dest", b"empty")]


__all__ = ["ALREADY", "INTERRUPTED", "Loaded", "ShieldedSite"]
