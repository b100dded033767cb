"""What the Next adapter of each release does otherwise than the one before: one table, a row for each change.

Rule: a row names the two packages that were published together and says nothing but what changed with them; what a
release does is the sum of the rows up to its own. Nothing else in this package asks for a version. Read in the
packages as npm has them, and recorded by `scripts/record_adapter.py` with the release of nearly every row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["CURRENT", "RELEASES", "AmplifyRelease", "Operation", "release_of"]

Operation: TypeAlias = Literal["InitiateAuth", "GetTokensFromRefreshToken"]

_NUMBERS: Final = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class AmplifyRelease:
    """One release of `aws-amplify` and `@aws-amplify/adapter-nextjs`, as far as a request's cookies can tell.

    Attributes:
        version: of `aws-amplify`.
        adapter: of `@aws-amplify/adapter-nextjs`.
        missing_refresh_token: the error where an expired session has no refresh token.
        keeps_details: whether a refresh keeps `signInDetails`; otherwise it loses them.
        pages: what becomes of several lines where `res` is Node's: only the `last` one goes out, `all` do, or each name
            is set `once` and deleted once, whatever is written later.
        trusts: which tokens are read: `anything` that can be decoded, what verifies and is `unexpired`, or what was
            `signed` by the pool, be it expired.
        root_path: whether a write says `Path=/` and `Secure`, and deletes before it sets.
        oauth_metadata: whether `oauthMetadata` is cleared with the tokens.
        offline: what a network error during a refresh does: it is `unknown` (and harmless), all is `cleared`, or all is
            `kept`.
        tolerance: milliseconds before its end at which a token counts as expired.
        clears_first: whether storing tokens begins by deleting all; otherwise it deletes what it has no value for.
        options: whether there are `runtimeOptions.cookies`, the httpOnly mode, and Max-Age in place of Expires.
        operation: the pool's operation for a refresh; only `GetTokensFromRefreshToken` takes a rotated token over.
        definite_only: whether only an error that says that the session is over clears the cookies; otherwise any does.
    """

    version: str
    adapter: str
    missing_refresh_token: Literal["UserUnAuthenticatedException", "TokenRefreshException"] = (
        "UserUnAuthenticatedException"  # noqa: S105 -- the name of an error
    )
    keeps_details: bool = False
    pages: Literal["last", "all", "once"] = "last"
    trusts: Literal["anything", "unexpired", "signed"] = "anything"
    root_path: bool = False
    oauth_metadata: bool = False
    offline: Literal["unknown", "cleared", "kept"] = "unknown"
    tolerance: int = 0
    clears_first: bool = True
    options: bool = False
    operation: Operation = "InitiateAuth"
    definite_only: bool = False


_HISTORY: Final[tuple[tuple[str, str, Mapping[str, Any]], ...]] = (
    ("6.0.1", "1.0.1", {}),
    ("6.0.12", "1.0.12", {"missing_refresh_token": "TokenRefreshException"}),
    ("6.0.23", "1.0.23", {"keeps_details": True}),
    ("6.3.3", "1.2.0", {"pages": "all"}),
    ("6.3.4", "1.2.1", {"trusts": "unexpired"}),
    ("6.3.6", "1.2.4", {"trusts": "signed"}),
    ("6.4.2", "1.2.9", {"root_path": True}),
    ("6.5.2", "1.2.14", {"oauth_metadata": True}),
    ("6.5.3", "1.2.15", {"offline": "cleared"}),
    ("6.5.4", "1.2.16", {"pages": "once"}),
    ("6.6.7", "1.2.24", {"offline": "kept"}),
    ("6.12.0", "1.4.0", {"tolerance": 5_000}),
    ("6.12.2", "1.4.2", {"clears_first": False}),
    ("6.13.0", "1.5.0", {"options": True}),
    ("6.15.4", "1.6.7", {"operation": "GetTokensFromRefreshToken"}),
    ("6.15.8", "1.6.11", {"definite_only": True}),
    ("6.22.1", "1.8.0", {}),
)


def _releases(history: Iterable[tuple[str, str, Mapping[str, Any]]]) -> tuple[AmplifyRelease, ...]:
    """Add the rows up."""
    releases: list[AmplifyRelease] = []
    for version, adapter, changed in history:
        before = releases[-1] if releases else AmplifyRelease(version=version, adapter=adapter)
        releases.append(replace(before, version=version, adapter=adapter, **changed))
    return tuple(releases)


RELEASES: Final = _releases(_HISTORY)
"""Every release that differs from the one before it, oldest first, and the newest that was looked at."""
CURRENT: Final = RELEASES[-1]
"""The newest release that was looked at."""


def release_of(version: str) -> AmplifyRelease:
    """What an `aws-amplify` of this version does: the newest row that is not newer.

    Args:
        version: such as `6.5.1`; what follows the three numbers doesn't count.

    Raises:
        ValueError: the version is older than 6.0.1, which is another adapter.
    """
    wanted = _numbers(version)
    fitting = [release for release in RELEASES if _numbers(release.version) <= wanted]
    if not fitting:
        raise ValueError("There is no release of Amplify's Next adapter as old as that.")
    return fitting[-1]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in _NUMBERS.findall(version)[:3])
