"""`hardtack.js` and the Python that serves it: the browser's own part of one policy.

Rule: the script decides nothing about where cookies lie. It is handed the policy as a document made for the host that
asks, and what it may sweep is worked out here, by the very function that the server's own sweeps use. Each endpoint's
work is a function that knows no framework; who mounts them checks who asks.
"""

from __future__ import annotations

from hardtack.web.browser_side.document import policy_document
from hardtack.web.browser_side.recover import Recovery, recover
from hardtack.web.browser_side.refreshing import Arrival, read_arrival, refresh_document
from hardtack.web.browser_side.reports import EnvironmentReport, read_report
from hardtack.web.browser_side.script import SCRIPT_TYPE, chosen_document, script, script_etag, types

__all__ = [
    "SCRIPT_TYPE",
    "Arrival",
    "EnvironmentReport",
    "Recovery",
    "chosen_document",
    "policy_document",
    "read_arrival",
    "read_report",
    "recover",
    "refresh_document",
    "script",
    "script_etag",
    "types",
]
