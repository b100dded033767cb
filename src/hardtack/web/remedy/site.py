"""What every remedy is made of: this site's names, its scopes, and the lines that delete.

Rule: what Python can work out is worked out here, by the same sweep and the same `SetCookie` that Hardtack itself uses;
a remedy's own code only puts a name in front of it. So a scope that the policy does not own is in none of them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, Final

from hardtack.amplify import AmplifyNames
from hardtack.cookies import CookieScope, PolicyProblem, SetCookie, sweep_scopes
from hardtack.errors import Blame, HardtackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hardtack.cookies import CookiePolicy
    from hardtack.sessions import PolicyFile

__all__ = ["DynamicPaths", "RemedyError", "RemedySite", "as_json", "deletion_tail"]

_PLAIN_PATH: Final = re.compile(r"/[A-Za-z0-9._~/-]*")  # what every server's configuration takes without quoting
_OPTIONS: Final = {"sign_out": "/sign-out", "clear_site_data": False}
_STAND_IN: Final = "name"  # of a cookie, in a line of which only the rest is wanted
_PATH_STAND_IN: Final = "/path"


class RemedyError(HardtackError):
    """A remedy can't be written, packed or checked like this. Its text lists every problem.

    Attributes:
        problems: all of them, at least one.
    """

    code: ClassVar[str] = "remedy"
    blame: ClassVar[Blame] = Blame.CONFIGURATION

    def __init__(self, problems: Iterable[PolicyProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(["This is in the remedy's way:", *(f"  - {one}" for one in self.problems)]))


@dataclass(frozen=True, slots=True)
class DynamicPaths:
    """How to delete on a path that only the running code knows.

    Attributes:
        domain: the Domain, or None for host-only.
        before: what stands between the name and the path.
        after: what stands behind the path.
    """

    domain: str | None
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RemedySite:
    """A policy file, as remedies see it.

    Attributes:
        policy: the policy.
        client_id: the app client.
        user_pool_id: the pool.
        endpoint: where the pool answers, if not at AWS.
        prefix: how every name of this client begins, before any escaping.
        last_auth_user: the one name without a user name in it.
        sign_in: the site's sign-in page.
        sign_out: the location that signs out, `sign_out` of the table `[remedy]`.
        clear_site_data: whether the sign-out may end with `Clear-Site-Data`.
        scopes: every scope that may be swept, likeliest first; partitioned ones only where the policy speaks of any.
    """

    policy: CookiePolicy
    client_id: str
    user_pool_id: str
    endpoint: str | None
    prefix: str
    last_auth_user: str
    sign_in: str
    sign_out: str
    clear_site_data: bool
    scopes: tuple[CookieScope, ...]

    @classmethod
    def of(cls, file: PolicyFile) -> RemedySite:
        """Read what concerns remedies out of a policy file.

        Raises:
            RemedyError: with every problem of the table `[remedy]`, and of `sign_in` in `[shield]`, at once.
        """
        policy, names = file.policy, AmplifyNames(file.pool.client_id)
        options: dict[str, Any] = {**_OPTIONS, **file.tables.get("remedy", {})}
        sign_in = file.shield.get("sign_in", "/")
        if problems := [*_problems(options), *_path_problems("shield.sign_in", sign_in)]:
            raise RemedyError(problems)
        return cls(
            policy=policy,
            client_id=file.pool.client_id,
            user_pool_id=file.pool.user_pool_id,
            endpoint=file.pool.endpoint,
            prefix=names.key_prefix,
            last_auth_user=names.last_auth_user,
            sign_in=sign_in,
            sign_out=options["sign_out"],
            clear_site_data=options["clear_site_data"],
            scopes=_scopes(policy),
        )

    @property
    def dynamic_paths(self) -> tuple[DynamicPaths, ...]:
        """For each domain that the policy owns: how to delete there on the paths of a page that is open."""
        legacy = self.policy.legacy_scopes
        owned = [scope.domain for scope in self.scopes if scope not in legacy]
        return tuple(_dynamic(domain) for domain in dict.fromkeys([self.policy.domain, *owned]))


def deletion_tail(scope: CookieScope) -> str:
    """What stands behind the name in the line that deletes in this scope, "=" included; script may write it as well."""
    return SetCookie.deletion(_STAND_IN, scope).to_text().removeprefix(_STAND_IN)


def as_json(value: object, *, indent: int | None = None) -> str:
    """A value as a literal of JavaScript, in ASCII, closing no script element that it is put into."""
    return json.dumps(value, indent=indent).replace("</", "<\\/")


def _dynamic(domain: str | None) -> DynamicPaths:
    before, _, after = deletion_tail(CookieScope(domain, _PATH_STAND_IN)).partition(_PATH_STAND_IN)
    return DynamicPaths(domain, before, after)


def _scopes(policy: CookiePolicy) -> tuple[CookieScope, ...]:
    """Of every host of the policy: a browser ignores the Domains that are not its page's."""
    path = policy.path.encode()
    every = dict.fromkeys(
        scope for host in sorted(policy.hosts) for scope in sweep_scopes(policy, host=host, raw_path=path)
    )
    partitions = policy.partitioned or any(scope.partitioned for scope in policy.legacy_scopes)
    own = [policy.scope] if policy.scope in every else []
    return tuple(dict.fromkeys([*own, *(scope for scope in every if partitions or not scope.partitioned)]))


def _problems(options: Mapping[str, Any]) -> list[PolicyProblem]:
    found: list[PolicyProblem] = []
    for key in options:
        if key not in _OPTIONS:
            near = get_close_matches(key, _OPTIONS, n=1)
            hint = f"Perhaps {near[0]} is meant." if near else f"Known are {', '.join(_OPTIONS)}."
            found.append(_problem("key", f"remedy.{key[:40]}", "Nothing in [remedy] is called like this.", hint))
    found += _path_problems("remedy.sign_out", options["sign_out"])
    if options["sign_out"] == "/":
        sentence = "The whole site would be the sign-out location."
        found.append(_problem("sign-out", "remedy.sign_out", sentence, 'Write for instance sign_out = "/sign-out".'))
    if not isinstance(options["clear_site_data"], bool):
        hint = "Write true or false, without quotes."
        found.append(_problem("flag", "remedy.clear_site_data", "It is neither true nor false.", hint))
    return found


def _path_problems(attribute: str, value: object) -> list[PolicyProblem]:
    if isinstance(value, str) and _PLAIN_PATH.fullmatch(value) and not value.startswith("//"):
        return []
    sentence = "It is not a plain path of this site: one slash first, then letters, digits, and any of . _ ~ / -."
    return [_problem("path", attribute, sentence, 'Write it as in "/sign-out".')]


def _problem(code: str, attribute: str, sentence: str, hint: str) -> PolicyProblem:
    return PolicyProblem(f"remedy.{code}", attribute, sentence, hint)
