"""What was seen of a row: all rows of a browser and a front are run together, when the first of them is asked for."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from support.next.expected import STORMS, VERDICTS
from support.next.runner import tell_all
from support.next.tables import SEEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardtack.demo.pool import PoolVerbs
    from support.next.expected import Verdict


def browsers() -> list[Any]:
    """The browsers to run, by HARDTACK_NEXT_BROWSERS; one that isn't installed is skipped, with the way to get it."""
    asked = os.environ.get("HARDTACK_NEXT_BROWSERS", "chromium,firefox").split(",")
    reasons = {
        "chromium": (shutil.which("chromium") is None, "apt-get install chromium"),
        "firefox": (shutil.which("firefox-esr") is None, "apt-get install firefox-esr"),
    }
    return [
        pytest.param(name, marks=pytest.mark.skipif(missing, reason=f"{name} is not installed: {how}"))
        for name, (missing, how) in reasons.items()
        if name in asked
    ]


def rows_of(verdicts: Sequence[Verdict]) -> list[str]:
    """The rows' names, for pytest."""
    return [verdict.row.name for verdict in verdicts]


def look(pool: PoolVerbs, browser: str, front: str, verdict: Verdict, *, storms: bool = False) -> Any:
    """What was seen of a row; its exception is raised here."""
    key = (browser, f"{front}-storm" if storms else front)
    if key not in SEEN:
        rows = [each.row for each in (STORMS if storms else VERDICTS)]
        found = tell_all(browser, front, rows, pool, storms=storms)
        SEEN[key] = {row.name: found[row.name] for row in rows}
    seen = SEEN[key][verdict.row.name]
    if isinstance(seen, Exception):
        raise seen
    return seen
