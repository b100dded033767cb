"""Lines of code as a report may show them.

Rule: a line that is evidence may hold a secret beside it, as settings do. What is assigned to a name that sounds like
one becomes an ellipsis, in whatever language; the rest is made safe where every quotation is.
"""

from __future__ import annotations

import re
from typing import Final

from hardtack.doctor.quoting import quotable

__all__ = ["code_line", "shown"]

_LONGEST: Final = 2_000  # characters of a line that are looked at; a quotation is shorter
_LONGEST_VALUE: Final = 120
_SECRET: Final = re.compile(
    r"(?P<name>[\w.-]{0,60}(?:secret|password|passwd|pwd|token|api_?key|private_?key|credential)[\w-]{0,60}[\"'\]]?"
    r"\s{0,8}(?::\s{0,8}\w{1,20}\s{0,8})?[:=]\s{0,8}[\[({]?\s{0,8}[rbfu]?)(?P<quote>[\"'`])(?:(?!(?P=quote)).)*(?P=quote)?",
    re.IGNORECASE,
)


def code_line(line: str) -> str:
    """A line of code without its margin and without what is assigned to a secret's name."""
    return _SECRET.sub(lambda found: f"{found['name']}{found['quote']}…{found['quote']}", line[:_LONGEST].strip())


def shown(value: str) -> str:
    """A value out of code or a settings file, without anything that a terminal would obey."""
    return quotable(value, limit=_LONGEST_VALUE)
