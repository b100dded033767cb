"""The JavaScript that is run, and the engine that runs it.

Rule: what a tab runs is written in JavaScript and runs as such: hardtack.js from the very sources that are built into
the shipped file, and Amplify as a model held to recordings of it. The sources are read and compiled once; each run
makes hardtack.js's modules anew, so that nothing of one is left in the next.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hardtack.explore.script.bundling import bundle
from hardtack.web import browser_side

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardtack.explore.script.model import ScriptSettings

__all__ = ["Engine", "hardtack_sources"]

_OWN: Final = Path(__file__).parent / "js"
_HARDTACK: Final = Path(browser_side.__file__).parent / "source"
_OUTSIDE: Final = ("browser", "engine", "releases")  # modules that stand outside the page
_GLOBALS: Final = (
    "document",
    "location",
    "navigator",
    "fetch",
    "setTimeout",
    "clearTimeout",
    "AbortController",
    "crypto",
    "sessionStorage",
    "localStorage",
    "isSecureContext",
    "Uint8Array",
    "TextDecoder",
    "globalThis",
    "Date",
    "Math",
)
"""What a page takes from its browser; all else is the language's own."""


def hardtack_sources() -> dict[str, str]:
    """The sources of hardtack.js, by name without `.js`."""
    return _read(_HARDTACK)


def _read(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.js"))}


@cache
def _program() -> str:
    """The one expression that is evaluated: a function of the callbacks, giving what the engine module exports."""
    own = _read(_OWN)
    outside = {name: own.pop(name) for name in _OUTSIDE}
    callbacks = ("readCookie", "writeCookie")
    return f"""
const openAmplify = {bundle(own, globals_=("document", "Date"))};
const openHardtack = {bundle(hardtack_sources(), globals_=_GLOBALS)};
const {{ engine }} = {bundle(outside, globals_=(*callbacks, "openAmplify", "openHardtack"))}(
  {{ {", ".join(callbacks)}, openAmplify, openHardtack }}
);
Object.assign(globalThis, engine);
"""


class Engine:
    """One JavaScript context. To be used by the thread that made it, since the engine measures that thread's stack.

    Args:
        read: gives what `document.cookie` shows now.
        write: does what `document.cookie = line` does.
    """

    def __init__(self, read: Callable[[], str], write: Callable[[str], None]) -> None:
        context: Any = import_module("quickjs").Context()  # without types, and of the extra `explore` alone
        context.add_callable("readCookie", read)
        context.add_callable("writeCookie", write)
        context.eval(_program())
        self._prepare = context.get("prepare")
        self._begin = context.get("begin")
        self._turn = context.get("turn")
        self._outcome = context.get("outcome")
        self._job = context.execute_pending_job
        self._context = context
        self._numbers: dict[ScriptSettings, int] = {}

    def run(self, settings: ScriptSettings, *arguments: str | float | bool) -> dict[str, Any]:
        """Begin a run, take it as far as it goes, and tell where it stands.

        Args:
            settings: the page's.
            *arguments: see `begin` in `js/engine.js`.
        """
        self._begin(self._number(settings), *arguments)
        job, turn = self._job, self._turn
        while True:
            while job():
                pass
            if not turn():
                break
        outcome: dict[str, Any] = json.loads(self._outcome())
        return outcome

    def _number(self, settings: ScriptSettings) -> int:
        number = self._numbers.get(settings)
        if number is None:
            number = self._numbers[settings] = len(self._numbers)
            self._prepare(number, json.dumps(_told(settings)))
        return number


def _told(settings: ScriptSettings) -> dict[str, Any]:
    cookie = settings.cookie
    storage = {"path": cookie.path, "expires": cookie.expires, "secure": cookie.secure}
    if cookie.domain:
        storage["domain"] = cookie.domain
    if cookie.same_site:
        storage["sameSite"] = cookie.same_site
    told = {**asdict(settings), "storage": storage, "policy": None}
    if settings.kind == "hardtack.js":
        told["policy"] = json.loads(settings.policy_json)
    return told
