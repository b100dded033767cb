"""Remedies: code that a site can paste or deploy, written from its policy file.

For sites that stay as they are: the same policy, names and scopes as the library and the shield, in the languages of
the places where cookies are written. What each can't do stands in its own comments.
"""

from __future__ import annotations

from hardtack.web.remedy.site import RemedyError
from hardtack.web.remedy.targets import TARGETS, RemedyFile, remedy
from hardtack.web.remedy.writing import Drift, Finding, Written, check, write

__all__ = [
    "TARGETS",
    "Drift",
    "Finding",
    "RemedyError",
    "RemedyFile",
    "Written",
    "check",
    "remedy",
    "write",
]
