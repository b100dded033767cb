"""Layer 5, the heart: storages, the engine, the recovery ladder, refresh coordination, events.

A web framework needs little of it: `Settings` say what a deployment decides, a `SessionCore` is made of them, and
`AsyncSessions` or `Sessions` turn each `BrowserRequest` into a `Plan`.
"""

from __future__ import annotations

from hardtack.sessions.core import SessionCore
from hardtack.sessions.events import EVENTS, Event, EventHook
from hardtack.sessions.kinds import POWERS, RequestKind, classify, is_script_driven
from hardtack.sessions.outcomes import Outcome, OutcomeKind, Page, Plan, Reason, Session
from hardtack.sessions.policy_file import PolicyFile, PolicyFileError, load_policy_file, parse_policy_file
from hardtack.sessions.request import BrowserRequest
from hardtack.sessions.settings import Settings, StartupError, check_settings, remarks_on
from hardtack.sessions.shells import AsyncSessions, Sessions
from hardtack.sessions.signing import Departure
from hardtack.sessions.transitions import TRANSITIONS

__all__ = [
    "EVENTS",
    "POWERS",
    "TRANSITIONS",
    "AsyncSessions",
    "BrowserRequest",
    "Departure",
    "Event",
    "EventHook",
    "Outcome",
    "OutcomeKind",
    "Page",
    "Plan",
    "PolicyFile",
    "PolicyFileError",
    "Reason",
    "RequestKind",
    "Session",
    "SessionCore",
    "Sessions",
    "Settings",
    "StartupError",
    "check_settings",
    "classify",
    "is_script_driven",
    "load_policy_file",
    "parse_policy_file",
    "remarks_on",
]
