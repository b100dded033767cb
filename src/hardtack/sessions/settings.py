"""A deployment's settings, and the check that refuses to start on what can't work.

Rule: every problem is listed at once, each with what to write; nobody should have to start a server five times to learn
of five mistakes. What works but deserves a thought is a remark, told once at start-up.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from hardtack.cognito import UserPool, UserPoolError
from hardtack.cookies import CookiePolicy, PolicyProblem
from hardtack.errors import Blame, HardtackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hardtack.cognito import RefreshOperation
    from hardtack.sessions.coordination import RefreshStore
    from hardtack.sessions.events import EventHook

__all__ = ["Settings", "StartupError", "check_settings", "remarks_on"]

_MIN_SECRET: Final = 32  # characters
_DAY: Final = 86_400
_AUTH_COOKIES: Final = 5_600  # bytes of Set-Cookie lines that a fresh set takes with Amplify's names, marks included
_NGINX_BUFFER: Final = 4_096  # bytes: proxy_buffer_size of a default nginx on most machines


class StartupError(HardtackError):
    """The deployment can't work as it is configured. Its text lists every problem.

    Attributes:
        problems: all of them, at least one.
    """

    code = "startup"
    blame = Blame.CONFIGURATION

    def __init__(self, problems: Sequence[PolicyProblem]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"Hardtack can't start like this:\n{lines}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a deployment decides.

    Attributes:
        pool: the user pool and the app client.
        policy: the one cookie policy.
        secrets: deployment secrets, newest first, at least 32 characters each; shared by all instances.
        storage: `sealed` for a Python app on its own, `amplify` to share sessions with an Amplify front end.
        store: where refreshes are coordinated: None for this process alone, a path for the processes of this host, or
            a back end of your own.
        auth_path: where the auth routes are mounted.
        ageing_seconds: access tokens with less left than this are refreshed before they end.
        refresh_token_seconds: the refresh tokens' lifetime in the pool; Cognito's default is 30 days.
        leeway: seconds that a token is taken for good after its `exp`.
        last_resort: whether the ladder may use `Clear-Site-Data`, which in Chromium also signs out sibling sites.
        front_end_signs_in: whether an Amplify front end signs people in by itself (storage `amplify` only).
        refresh_operation: `InitiateAuth` for pools that don't know GetTokensFromRefreshToken.
        hooks: called with every event.
    """

    pool: UserPool
    policy: CookiePolicy
    secrets: tuple[str, ...] = field(repr=False)
    storage: Literal["sealed", "amplify"] = "sealed"
    store: RefreshStore | str | Path | None = None
    auth_path: str = "/auth"
    ageing_seconds: float = 60.0
    refresh_token_seconds: float = 30.0 * _DAY
    leeway: int = 0
    last_resort: bool = True
    front_end_signs_in: bool = False
    refresh_operation: RefreshOperation = "GetTokensFromRefreshToken"
    hooks: tuple[EventHook, ...] = ()

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """Settings from environment variables; see docs/configuration.md for their names.

        Raises:
            StartupError: with every problem of the environment, the pool and the policy at once.
        """
        return _from_env(environ if environ is not None else os.environ, overrides)


def check_settings(settings: Settings) -> tuple[PolicyProblem, ...]:
    """What can't work in these settings; empty when all is well."""
    found: list[PolicyProblem] = []
    found += _secret_problems(settings.secrets)
    found += _storage_problems(settings.storage, "storage")
    if not settings.auth_path.startswith("/") or settings.auth_path.rstrip("/") != settings.auth_path:
        found.append(
            PolicyProblem(
                "startup.auth-path",
                "auth_path",
                "The auth routes need a path of their own that begins with a slash and does not end with one.",
                'Write for instance auth_path="/auth".',
            )
        )
    elif settings.storage == "amplify" and not _covers(settings.policy.path, settings.auth_path):
        found.append(
            PolicyProblem(
                "startup.auth-path-unseen",
                "auth_path",
                "The auth routes lie outside the policy's path, so a sign-out would never see the cookies.",
                'Write path="/" in the policy, or put auth_path below the policy\'s path.',
            )
        )
    if settings.front_end_signs_in and settings.storage != "amplify":
        found.append(
            PolicyProblem(
                "startup.front-end-sealed",
                "front_end_signs_in",
                "An Amplify front end can neither read nor write sealed cookies.",
                'Write storage="amplify", or front_end_signs_in=False.',
            )
        )
    if settings.front_end_signs_in and settings.policy.http_only:
        found.append(
            PolicyProblem(
                "startup.front-end-http-only",
                "policy.http_only",
                "HttpOnly hides the cookies from the Amplify front end, which would then write twins of its own.",
                "Write http_only=False in the policy, since the front end signs people in.",
            )
        )
    if settings.ageing_seconds < 0 or settings.refresh_token_seconds <= 0 or settings.leeway < 0:
        found.append(
            PolicyProblem(
                "startup.seconds",
                "ageing_seconds",
                "A number of seconds is negative, or the refresh tokens' lifetime is nought.",
                "Write ageing_seconds >= 0, leeway >= 0 and refresh_token_seconds > 0.",
            )
        )
    return tuple(found)


def remarks_on(settings: Settings, environ: Mapping[str, str] | None = None) -> tuple[PolicyProblem, ...]:
    """What works and deserves a thought before going live."""
    found = list(settings.policy.remarks)
    needed = settings.policy.sweep_budget + _AUTH_COOKIES
    if needed > _NGINX_BUFFER:
        found.append(
            PolicyProblem(
                "startup.proxy-buffer",
                "policy.sweep_budget",
                f"A response that writes a session can carry about {needed} bytes of headers; a default nginx in front"
                " answers 502 a little above 4 KB.",
                f"Write proxy_buffer_size {-(-needed // 4096) * 4}k; and proxy_buffers 8 16k; in nginx's location"
                " block.",
            )
        )
    workers = (environ if environ is not None else os.environ).get("WEB_CONCURRENCY", "1")
    if settings.store is None and workers.isdecimal() and int(workers) > 1:
        found.append(
            PolicyProblem(
                "startup.workers",
                "store",
                f"{workers} worker processes each coordinate refreshes alone; with refresh-token rotation they race.",
                'Write store="/var/lib/yourapp/hardtack.sqlite3", a file that all of them can write.',
            )
        )
    if settings.policy.max_age < settings.refresh_token_seconds:
        found.append(
            PolicyProblem(
                "startup.lifetime",
                "policy.max_age",
                "The cookies end before the refresh tokens do, so people sign in more often than the pool asks.",
                "Write a max_age of at least refresh_token_seconds.",
            )
        )
    if settings.storage == "sealed" and len(settings.policy.hosts) > 1:
        found.append(
            PolicyProblem(
                "startup.hosts-apart",
                "storage",
                "Sealed cookies are host-only, so each of the policy's hosts has sessions of its own.",
                'Write storage="amplify" with a domain if the hosts are to share one session.',
            )
        )
    return tuple(found)


def _covers(path: str, below: str) -> bool:
    return path in ("/", below) or below.startswith(path.rstrip("/") + "/")


def _from_env(environ: Mapping[str, str], overrides: dict[str, Any]) -> Settings:
    """Read what the overrides don't give; what they give is not looked for in the environment."""
    policy: dict[str, Any] = {
        "origins": tuple(origin.strip() for origin in environ.get("HARDTACK_ORIGINS", "").split(",")),
    }
    if "HARDTACK_COOKIE_DOMAIN" in environ:
        policy["domain"] = environ["HARDTACK_COOKIE_DOMAIN"]
    secrets = tuple(secret for part in environ.get("HARDTACK_SECRETS", "").split(",") if (secret := part.strip()))
    problems: dict[str, Sequence[PolicyProblem]] = {
        "policy": CookiePolicy.check(**policy),
        "pool": _pool_problems(environ),
        "secrets": _secret_problems(secrets),
        "storage": _storage_problems(environ.get("HARDTACK_STORAGE", "sealed"), "HARDTACK_STORAGE"),
        "store": _store_problems(environ),
    }
    found = [problem for name, of_name in problems.items() if name not in overrides for problem in of_name]
    if found:
        raise StartupError(found)
    arguments: dict[str, Any] = {
        "secrets": secrets,
        "storage": environ.get("HARDTACK_STORAGE", "sealed"),
        "store": environ.get("HARDTACK_STORE"),
    }
    if "pool" not in overrides:
        arguments["pool"] = UserPool(*cast("list[Any]", [environ.get(variable) for variable in _POOL_VARIABLES]))
    if "policy" not in overrides:
        arguments["policy"] = CookiePolicy(**policy)
    settings = Settings(**(arguments | overrides))
    wrong = check_settings(settings)
    if wrong:
        raise StartupError(wrong)
    return settings


_POOL_VARIABLES: Final = (
    "HARDTACK_USER_POOL_ID",
    "HARDTACK_CLIENT_ID",
    "HARDTACK_CLIENT_SECRET",
    "HARDTACK_POOL_ENDPOINT",
)
_SOME_POOL: Final = ("eu-west-1_Example", "example", None, None)


def _pool_problems(environ: Mapping[str, str]) -> list[PolicyProblem]:
    """Each of the pool's variables is tried beside good ones, since a pool names only the first thing wrong with it."""
    found: list[PolicyProblem] = []
    for place, variable in enumerate(_POOL_VARIABLES):
        arguments: list[Any] = [*_SOME_POOL]
        arguments[place] = environ.get(variable, "" if arguments[place] else None)
        try:
            UserPool(*arguments)
        except UserPoolError as error:
            found.append(PolicyProblem(error.code, variable, error.message, error.hint))
    return found


def _secret_problems(secrets: Sequence[str]) -> list[PolicyProblem]:
    if secrets and all(len(secret) >= _MIN_SECRET for secret in secrets):
        return []
    return [
        PolicyProblem(
            "startup.secret",
            "secrets",
            "Every deployment secret needs at least 32 characters, or somebody can guess it and forge sessions.",
            "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'.",
        )
    ]


def _storage_problems(storage: str, attribute: str) -> list[PolicyProblem]:
    if storage in ("sealed", "amplify"):
        return []
    return [
        PolicyProblem(
            "startup.storage",
            attribute,
            f"There is no storage called {storage[:40]!r}.",
            'Write "sealed" or "amplify".',
        )
    ]


def _store_problems(environ: Mapping[str, str]) -> list[PolicyProblem]:
    if environ.get("HARDTACK_STORE", "unset").strip():
        return []
    return [
        PolicyProblem(
            "startup.store-empty",
            "HARDTACK_STORE",
            "The path is empty, so every worker process would coordinate refreshes alone.",
            "Write the path of a file that all of them can write, or leave the variable out.",
        )
    ]
