"""The catalogue. Every rule stands in the module of its group; the order here is the order of reports.

Rule: a group's digit never changes. 0 what being stuck looks like, 1 scopes, 2 deletions, 3 refreshes, 4 configuration,
5 sizes, 6 security, 7 clock and browser, 8 versions, 9 other libraries and the doctor itself.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from hardtack.doctor.rules import (
    browser,
    code,
    configuration,
    deletion,
    environment,
    others,
    refresh,
    refresh_code,
    scope,
    scope_config,
    security,
    size,
    stuck,
    versions,
)

if TYPE_CHECKING:
    from hardtack.doctor.rules.model import Rule

__all__ = ["GROUPS", "RULES", "rule_by_id"]

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted(
        (
            one
            for module in (
                browser,
                code,
                configuration,
                deletion,
                environment,
                others,
                refresh,
                refresh_code,
                scope,
                scope_config,
                security,
                size,
                stuck,
                versions,
            )
            for one in module.RULES
        ),
        key=lambda one: one.id,
    )
)

GROUPS: Final = tuple(dict.fromkeys(one.group for one in RULES))
"""The digits that have rules, in order; the messages name them."""


@cache
def _by_id() -> dict[str, Rule]:
    return {one.id: one for one in RULES}


def rule_by_id(id_: str) -> Rule | None:
    """The rule of this id, in any letter case, or of this name."""
    wanted = id_.strip()
    return _by_id().get(wanted.upper()) or next((one for one in RULES if one.name == wanted.lower()), None)
