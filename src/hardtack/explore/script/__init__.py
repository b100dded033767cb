"""What runs in the explored browser's tabs: Amplify in the browser, and hardtack.js itself."""

from __future__ import annotations

from hardtack.explore.script.host import ScriptHost, StrayedError
from hardtack.explore.script.model import (
    BEGIN,
    Ask,
    CookieOptions,
    Done,
    Gate,
    Go,
    Lock,
    Memory,
    Pool,
    Run,
    ScriptSettings,
    Segment,
    Step,
    Timer,
    Write,
    failed,
    granted,
    replied,
)

__all__ = [
    "BEGIN",
    "Ask",
    "CookieOptions",
    "Done",
    "Gate",
    "Go",
    "Lock",
    "Memory",
    "Pool",
    "Run",
    "ScriptHost",
    "ScriptSettings",
    "Segment",
    "Step",
    "StrayedError",
    "Timer",
    "Write",
    "failed",
    "granted",
    "replied",
]
