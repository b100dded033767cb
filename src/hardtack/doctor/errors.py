"""What keeps the doctor from looking at all. What it finds is never an exception.

Rule: one clear sentence, and what to do next; whoever runs the doctor meets no traceback, whatever they point it at.
"""

from __future__ import annotations

from typing import ClassVar

from hardtack.errors import Blame, HardtackError

__all__ = ["DoctorError", "SourceError"]


class DoctorError(HardtackError):
    """The doctor was asked for something that it can't do: an unknown rule, a baseline that can't be read."""

    code: ClassVar[str] = "doctor"
    blame: ClassVar[Blame] = Blame.CONFIGURATION


class SourceError(DoctorError):
    """The evidence can't be read: no such file, not a HAR, a site that doesn't answer. Exit status 2."""

    code: ClassVar[str] = "doctor.source"
