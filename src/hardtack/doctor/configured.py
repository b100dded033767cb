"""Facts that are written down: in source code, configuration files, lockfiles, environment files.

Rule: a value that can't be read off the page is *unresolved*, not guessed: a rule that compares two sides says nothing
where one of them is unresolved. A default that the library's documentation fixes is stated with the basis `inferred`.
Every fact names the app of a monorepo that it belongs to, so that two apps are never compared with each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hardtack.doctor.observed import Fact

if TYPE_CHECKING:
    from hardtack.doctor.observed import Side
    from hardtack.doctor.profiles import CookieRole

__all__ = [
    "AppFact",
    "AuthRoutes",
    "CodeContext",
    "ConfigureCall",
    "EnvState",
    "EnvironmentValue",
    "FailureListener",
    "MiddlewareFound",
    "OriginConfigured",
    "PackageVersion",
    "PolicyRemark",
    "PoolConfigured",
    "RotationKnown",
    "ScopeConfigured",
    "SessionRead",
    "SignOutHandler",
    "StorageCall",
    "StorageKind",
    "Suppression",
    "TokenLifetime",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppFact(Fact):
    """A fact about one app of the project.

    Attributes:
        app: its folder relative to the target; empty where the target is the app.
    """

    app: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeConfigured(AppFact):
    """The scope and the attributes with which one writer writes its auth cookies.

    Attributes:
        side: who writes.
        profile: a key of `PROFILES`.
        domain: as configured, a leading dot included; None for host-only.
        path: as configured.
        secure: the flag.
        http_only: the flag.
        same_site: `Strict`, `Lax` or `None`; None if unset.
        lifetime: seconds; None for a session cookie.
        unresolved: names of the attributes above that can't be read off the code (an unknown environment variable).
    """

    side: Side
    profile: str = "amplify"
    domain: str | None = None
    path: str = "/"
    secure: bool = True
    http_only: bool = False
    same_site: str | None = "Lax"
    lifetime: int | None = 31_536_000
    unresolved: frozenset[str] = frozenset()


class CodeContext(StrEnum):
    """Where in a Next application a piece of code runs, which decides whether it can write cookies."""

    MODULE = "module"
    """At the top of a module: once when it is loaded."""
    COMPONENT = "component"
    """In the body of a client component: at every render."""
    EFFECT = "effect"
    HANDLER = "handler"
    """In an event handler or any other function that runs when called."""
    SERVER_COMPONENT = "server_component"
    """A page, layout or component rendered on the server: reads cookies and can't write them."""
    SERVER_ACTION = "server_action"
    ROUTE_COOKIES = "route_cookies"
    """A route handler with `cookies`."""
    ROUTE_RESPONSE = "route_response"
    """A route handler with `{ request, response }`, where response is a web `Response`."""
    MIDDLEWARE = "middleware"
    PAGES = "pages"
    """`getServerSideProps` or an API route: `{ request: req, response: res }`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureCall(AppFact):
    """One reachable `Amplify.configure(…)` of the browser's bundle.

    Attributes:
        ssr: what its second argument says; None if it says nothing.
        options: whether there is a second argument.
        context: where it stands.
        order: place in the order of execution as far as imports tell, shared with `StorageCall.order`.
    """

    ssr: bool | None = None
    options: bool = False
    context: CodeContext = CodeContext.MODULE
    order: int = 0


class StorageKind(StrEnum):
    """What a token provider is given to store in."""

    COOKIES = "cookies"
    LOCAL = "local"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageCall(AppFact):
    """One `cognitoUserPoolsTokenProvider.setKeyValueStorage(…)`.

    Attributes:
        kind: what it is given.
        context: where it stands.
        order: place in the order of execution, shared with `ConfigureCall.order`.
    """

    kind: StorageKind = StorageKind.COOKIES
    context: CodeContext = CodeContext.MODULE
    order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRead(AppFact):
    """A call that may refresh: `fetchAuthSession`, `getCurrentUser`, `fetchUserAttributes`.

    Attributes:
        side: where it runs.
        context: in what.
        call: the function's name.
        force_refresh: whether it always refreshes; None if that can't be read off the code.
        each_request: whether it runs for every request or render, not only when somebody does something.
    """

    side: Side
    context: CodeContext
    call: str = "fetchAuthSession"
    force_refresh: bool | None = False
    each_request: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureListener(AppFact):
    """A `Hub.listen('auth', …)` that handles `tokenRefresh_failure`, or the Authenticator, which does by itself.

    Attributes:
        signs_out: whether it calls `signOut`.
        navigates: whether it loads or changes a page.
        looks_at_error: whether it looks at what failed before it acts.
        by: the function or component, such as `Hub.listen` or `Authenticator`.
    """

    signs_out: bool
    navigates: bool
    looks_at_error: bool = False
    by: str = "Hub.listen"


@dataclass(frozen=True, slots=True, kw_only=True)
class MiddlewareFound(AppFact):
    """Next's middleware (`middleware.ts` or `proxy.ts`), where it touches the session.

    `evidence` is the place of what is wrong if something is, else of the function.

    Attributes:
        returns_another: whether some path returns another response than the one given to the adapter, without its
            Set-Cookie lines.
        covers_assets: whether it runs also for `/_next/static`, images and files with an extension.
        matcher: the patterns as written; empty where there is none.
    """

    returns_another: bool = False
    covers_assets: bool = False
    matcher: tuple[str, ...] = ()


class EnvState(StrEnum):
    """What an environment file says of a variable."""

    SET = "set"
    EMPTY = "empty"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentValue(AppFact):
    """A variable that the auth configuration reads, or `AMPLIFY_APP_ORIGIN`.

    Attributes:
        name: of the variable.
        state: in the environment file that counts, or missing from all of them.
        used_for: the attribute that reads it: `domain`, `client_id`, `user_pool_id`, `origin`, `secure`, `path`.
        side: on which side it is read; None for both.
        value: mark of it where it is set.
        shown: the value itself where it may be shown (a domain, an origin, a client id); never a secret.
    """

    name: str
    state: EnvState
    used_for: str
    side: Side | None = None
    value: str | None = None
    shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolConfigured(AppFact):
    """Which user pool and app client one side talks to.

    Attributes:
        side: which.
        client_id: None if unresolved.
        user_pool_id: None if unresolved.
    """

    side: Side
    client_id: str | None = None
    user_pool_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginConfigured(AppFact):
    """An origin at which the app is said to be reached: a redirect URL, a setting, an environment variable.

    Attributes:
        host: canonical.
        secure: whether by https.
        port: as in the URL, or the scheme's own.
    """

    host: str
    secure: bool
    port: int = 443


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageVersion(AppFact):
    """One package as the lockfile resolves it, or as `package.json` asks for it where there is no lockfile.

    Attributes:
        name: of the package.
        version: `6.4.1`; a range as written where only `package.json` is there.
        locked: whether a lockfile says so.
    """

    name: str
    version: str
    locked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthRoutes(AppFact):
    """The adapter's `createAuthRouteHandlers` is mounted.

    Attributes:
        pages_router: whether under `pages/api`.
    """

    pages_router: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOutHandler(AppFact):
    """A sign-out of the app's own making.

    Attributes:
        needs_revocation: whether cookies are cleared only if revocation succeeded.
    """

    needs_revocation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationKnown(AppFact):
    """Whether the app client rotates refresh tokens, where a configuration in the project says so."""

    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLifetime(AppFact):
    """How long the pool lets a token live, where a configuration in the project says so.

    Attributes:
        role: which token.
        seconds: how long.
    """

    role: CookieRole
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRemark(AppFact):
    """A problem that Hardtack's own validator finds in a Python project or a `hardtack.toml`, in its own words.

    Attributes:
        code: such as `policy.domain.suffix`.
        sentence: what is wrong.
        hint: what to write.
        refuses: whether Hardtack would refuse to start; else it is worth a thought.
    """

    code: str
    sentence: str
    hint: str
    refuses: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression(AppFact):
    """A comment `hardtack: ignore HT301 -- reason`. It covers its own line and the next.

    Attributes:
        rules: the ids named.
        reason: what follows `--`; empty if nothing does, and then it suppresses nothing.
    """

    rules: tuple[str, ...]
    reason: str
