"""`POST {base}/report`: what `checkEnvironment` found in a browser, cut down to what may be remembered.

Rule: a report comes from anybody's browser, so it is read as hostile: only codes and kinds that we know ourselves
survive, and counts within a browser's own bounds. Nothing of its text reaches an event.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, cast

from hardtack.amplify import SWEPT_SUFFIXES
from hardtack.amplify.names import LAST_AUTH_USER

__all__ = ["PROBLEMS", "EnvironmentReport", "read_report"]

PROBLEMS: Final = frozenset(
    {
        "cookies.refused",
        "cookies.scope-refused",
        "cookies.twins",
        "domain.elsewhere",
        "http-only.hidden-from-script",
        "path.elsewhere",
        "secure.on-http",
    }
)
"""The codes that hardtack.js knows; docs/hardtack-js.md says what each means."""

_LONGEST: Final = 4_096  # bytes
_MOST: Final = 180  # cookies that a browser keeps for one site
_KINDS: Final = frozenset((*SWEPT_SUFFIXES, LAST_AUTH_USER))
_FINGERPRINT: Final = 8  # hex digits


@dataclass(frozen=True, slots=True)
class EnvironmentReport:
    """What a browser reports of itself.

    Attributes:
        problems: codes out of `PROBLEMS`, sorted.
        twins: how many twins of each kind of cookie it sees.
        locks: whether it has Web Locks.
        fingerprint: of the policy that its page was given; "" if that is no fingerprint.
    """

    problems: tuple[str, ...] = ()
    twins: tuple[tuple[str, int], ...] = ()
    locks: bool = False
    fingerprint: str = ""

    def fields(self) -> dict[str, str | int | bool]:
        """The fields of the event `environment.reported`."""
        return {
            "problems": ",".join(self.problems),
            "twins": sum(count for _, count in self.twins),
            "locks": self.locks,
            "fingerprint": self.fingerprint,
        }


def read_report(body: bytes) -> EnvironmentReport | None:
    """Read a report.

    Args:
        body: the request's body, as it came.

    Returns:
        What is known of it; None for a body above 4 KB or one that is no report at all.
    """
    if len(body) > _LONGEST:
        return None
    try:
        told: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    fields = cast("dict[str, object]", told)
    return EnvironmentReport(
        problems=tuple(sorted({each for each in _items(fields, "problems") if isinstance(each, str)} & PROBLEMS)),
        twins=tuple(sorted(dict(filter(None, map(_twin, _items(fields, "twins")))).items())),
        locks=fields.get("locks") is True,
        fingerprint=_fingerprint(fields.get("fingerprint")),
    )


def _items(fields: dict[str, object], name: str) -> list[object]:
    value = fields.get(name)
    return cast("list[object]", value)[:_MOST] if isinstance(value, list) else []


def _twin(entry: object) -> tuple[str, int] | None:
    if not isinstance(entry, dict):
        return None
    fields = cast("dict[str, object]", entry)
    suffix, count = fields.get("suffix"), fields.get("count")
    if not isinstance(suffix, str) or suffix not in _KINDS or type(count) is not int:
        return None
    return suffix, max(0, min(count, _MOST))


def _fingerprint(value: object) -> str:
    if not isinstance(value, str) or len(value) != _FINGERPRINT or value.strip("0123456789abcdef"):
        return ""
    return value
