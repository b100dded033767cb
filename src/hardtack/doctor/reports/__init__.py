"""Layer 7, reports: one diagnosis, told to a terminal, a program, a code host, an issue, a browser.

Rule: a report decides nothing. It escapes what came from evidence in the way of its format, and says the same as the
others.
"""

from __future__ import annotations

from hardtack.doctor.reports.formats import FORMATS, render

__all__ = ["FORMATS", "render"]
