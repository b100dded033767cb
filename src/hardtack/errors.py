"""The few errors that Hardtack raises.

Rule: an error exists only if somebody will catch it or a person must read it. What is expected (a refused refresh, a
dead token, a pool that is down) is a value with a reason, never an exception. Every error says in one sentence what is
wrong, in `hint` what to do next, and in `blame` whose turn it is. No token, password or user name is ever in its text.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

__all__ = ["Blame", "HardtackError"]


class Blame(StrEnum):
    """Who can mend it."""

    CONFIGURATION = "configuration"
    BROWSER = "browser"
    PROVIDER = "provider"
    BUG = "bug"


class HardtackError(Exception):
    """Base of all errors of this package.

    Attributes:
        code: a short, stable machine code such as `policy.domain`.
        blame: whose turn it is to act.
        hint: what to do next, one sentence; may be empty.
    """

    code: ClassVar[str] = "hardtack"
    blame: ClassVar[Blame] = Blame.BUG

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint
