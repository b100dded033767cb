"""What whoever runs a shield decides, and the check that lists everything that is wrong with it at once.

Rule: the policy states the scope, HttpOnly and the lifetime *as the browser's Amplify has them*; the shield follows the
browser, never the other way round.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies import PolicyProblem
from hardtack.sessions import Settings, StartupError
from hardtack.sessions.engine import EngineOptions
from hardtack.web.safety import safe_next

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hardtack.cognito import UserPool
    from hardtack.cookies import CookiePolicy
    from hardtack.sessions.events import EventHook
    from hardtack.sessions.policy_file import PolicyFile

__all__ = ["ShieldSettings", "shield_problems"]

_TEXT: Final = ("a text", (str,))
_FLAG: Final = ("true or false", (bool,))
_NUMBER: Final = ("a number", (int, float))
_ENTRIES: Final[Mapping[str, tuple[str, tuple[type, ...]]]] = {
    "upstream": _TEXT,
    "base": _TEXT,
    "sign_in": _TEXT,
    "observe": _FLAG,
    "percent": _NUMBER,
    "kill_switch": _TEXT,
    "judge_seconds": _NUMBER,
    "upstream_header_bytes": _NUMBER,
    "last_resort": _FLAG,
    "refreshes": _FLAG,
    "store": _TEXT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldSettings:
    """What whoever runs a shield decides.

    Attributes:
        pool: the user pool and the app client of the site.
        policy: the scope, HttpOnly and lifetime as the browser's Amplify has them.
        secrets: deployment secrets, newest first, at least 32 characters each; shared by all instances.
        upstream: the site's own address, such as `http://127.0.0.1:3000`.
        base: the path below which the shield's own addresses lie.
        sign_in: the path of the site's own sign-in page.
        observe: report what would be done, and change nothing.
        percent: the share of the browsers that are shielded, 0 to 100.
        kill_switch: a file; while it exists, everything passes.
        judge_seconds: what can't be judged within this passes as it is.
        upstream_header_bytes: header bytes that the site takes; Node's default is 16 KB.
        last_resort: whether the ladder may use `Clear-Site-Data`, which in Chromium also signs out sibling sites.
        refreshes: refresh in the site's place, so that a refresh token is sent once, whoever asks; the site then sees
            none. For sites whose pages have `hardtack.js` or hold no tokens (`http_only`).
        store: the file of the refresh store, shared by all processes on a host; None for one in memory, which serves a
            single process.
        hooks: called with every event.
    """

    pool: UserPool
    policy: CookiePolicy
    secrets: tuple[str, ...] = field(repr=False)
    upstream: str = ""
    base: str = "/hardtack"
    sign_in: str = "/"
    observe: bool = False
    percent: float = 100.0
    kill_switch: Path | None = None
    judge_seconds: float = 0.2
    upstream_header_bytes: int = 16_000
    last_resort: bool = True
    refreshes: bool = False
    store: Path | None = None
    hooks: tuple[EventHook, ...] = ()

    @classmethod
    def from_policy_file(
        cls, file: PolicyFile, environ: Mapping[str, str] | None = None, **overrides: Any
    ) -> ShieldSettings:
        """Settings from a policy file's `[shield]` and the secrets in HARDTACK_SECRETS.

        Args:
            file: the policy file.
            environ: the process's environment if None.
            overrides: what the command line says instead; None for nothing.

        Raises:
            StartupError: with every problem at once.
        """
        environ = os.environ if environ is None else environ
        problems = _table_problems(file.shield)
        if problems:
            raise StartupError(problems)
        secrets = tuple(secret for part in environ.get("HARDTACK_SECRETS", "").split(",") if (secret := part.strip()))
        stated: dict[str, Any] = {**file.shield, "pool": file.pool, "policy": file.policy, "secrets": secrets}
        stated |= {name: value for name, value in overrides.items() if value is not None}
        for name in ("kill_switch", "store"):
            if stated.get(name) is not None:
                stated[name] = file.path.parent / stated[name]
        return cls(**stated)

    def session_settings(self) -> Settings:
        """The same as the sessions layer has it."""
        return Settings(
            pool=self.pool,
            policy=self.policy,
            secrets=self.secrets,
            storage="amplify",
            auth_path=self.base,
            last_resort=self.last_resort,
            front_end_signs_in=not self.policy.http_only,
            store=self.store,
            hooks=self.hooks,
        )

    def engine_options(self) -> EngineOptions:
        """What the engine may do before somebody else's site."""
        return EngineOptions(
            last_resort=self.last_resort,
            front_end_signs_in=True,
            shields=True,
            refreshes=self.refreshes,
            asks=not self.observe,
        )

    @property
    def serves_refreshes(self) -> bool:
        """Whether `hardtack.js` refreshes through the shield: not where script may not read what it would be given."""
        return self.refreshes and not self.observe and not self.policy.http_only


def _table_problems(table: Mapping[str, Any]) -> list[PolicyProblem]:
    found: list[PolicyProblem] = []
    for name, value in table.items():
        wanted = _ENTRIES.get(name)
        if wanted is None:
            near = difflib.get_close_matches(name, _ENTRIES, n=1)
            hint = f'Write "{near[0]}".' if near else f"There are: {', '.join(sorted(_ENTRIES))}."
            found.append(_problem("shield.entry", name, f"[shield] has no entry called {name[:40]!r}.", hint))
        elif not isinstance(value, wanted[1]) or (isinstance(value, bool) and wanted is not _FLAG):
            sentence = f"{name} in [shield] is to be {wanted[0]}."
            found.append(_problem("shield.entry-kind", name, sentence, "Write it as the documentation shows it."))
    return found


def shield_problems(settings: ShieldSettings) -> list[PolicyProblem]:
    """What can't work in these settings; empty when all is well."""
    found: list[PolicyProblem] = []
    if not 0 <= settings.percent <= 100:  # noqa: PLR2004 -- percent
        found.append(_problem("shield.percent", "percent", "A share is from 0 to 100 percent.", "Write percent = 100."))
    if not 0 < settings.judge_seconds <= 10:  # noqa: PLR2004 -- longer than anybody waits
        found.append(
            _problem(
                "shield.judge-seconds",
                "judge_seconds",
                "The time for a judgement is a number of seconds above 0 and at most 10.",
                "Write judge_seconds = 0.2.",
            )
        )
    if safe_next(settings.sign_in, auth_path=settings.base) != settings.sign_in or not settings.sign_in:
        found.append(
            _problem(
                "shield.sign-in",
                "sign_in",
                "sign_in is not a path of this site, or lies below the shield's own addresses.",
                'Write the path of the site\'s own sign-in page, as in sign_in = "/login".',
            )
        )
    if settings.upstream_header_bytes < 4_096:  # noqa: PLR2004 -- one session's cookies alone are larger
        found.append(
            _problem(
                "shield.header-bytes",
                "upstream_header_bytes",
                "A site that takes less than 4,096 bytes of headers can't take one session's cookies.",
                "Write upstream_header_bytes = 16000, which is a little less than Node's own limit.",
            )
        )
    return found


def _problem(code: str, attribute: str, sentence: str, hint: str) -> PolicyProblem:
    return PolicyProblem(code, attribute, sentence, hint)
