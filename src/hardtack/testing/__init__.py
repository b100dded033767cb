"""For anyone's tests: a browser's cookies without a browser, and HTTP clients that treat cookies as a browser does.

    >>> from hardtack.testing import BrowserJar
    >>> browser = BrowserJar("firefox", clock=lambda: 1_700_000_000)
    >>> browser.store_response("https://app.example.com/", ["sid=1; Secure; HttpOnly", "sid=2; Domain=example.com"])
    >>> browser.cookie_header("https://app.example.com/")
    'sid=1; sid=2'

Nothing else of Hardtack is needed: this stands on the cookie layer alone. The transports load `httpx2` when they are
asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from hardtack.cookies import CookieScope, RequestContext, StoredCookie
from hardtack.testing.jar import BrowserJar, Engine, Snapshot

if TYPE_CHECKING:
    from hardtack.testing.transport import CONTEXT, AsyncBrowserTransport, BrowserTransport, as_browser

__all__ = [
    "CONTEXT",
    "AsyncBrowserTransport",
    "BrowserJar",
    "BrowserTransport",
    "CookieScope",
    "Engine",
    "RequestContext",
    "Snapshot",
    "StoredCookie",
    "as_browser",
]

_LATE = frozenset({"CONTEXT", "AsyncBrowserTransport", "BrowserTransport", "as_browser"})


def __getattr__(name: str) -> object:
    """Load what needs the HTTP library when somebody asks for it."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("hardtack.testing.transport"), name)
