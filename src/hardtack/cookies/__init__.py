"""RFC 6265bis as code: what a browser sends, what it keeps, where a cookie lives, and how to delete it everywhere.

Pure: no clock, no socket, no framework, no knowledge of who signs in with what.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from hardtack.cookies.errors import CookieError, CookieTooLarge
from hardtack.cookies.header import CookieHeader
from hardtack.cookies.line import SameSite
from hardtack.cookies.matching import canonical_host, default_path, domain_match, path_match
from hardtack.cookies.policy import CookiePolicy
from hardtack.cookies.problems import PolicyError, PolicyProblem
from hardtack.cookies.scope import CookieScope
from hardtack.cookies.set_cookie import SetCookie
from hardtack.cookies.site import Site, public_suffix_list_date
from hardtack.cookies.sweep import Sweep, sweep, sweep_scopes

if TYPE_CHECKING:
    from hardtack.cookies.context import RequestContext
    from hardtack.cookies.jar import BrowserJar
    from hardtack.cookies.stored import StoredCookie

__all__ = [
    "BrowserJar",
    "CookieError",
    "CookieHeader",
    "CookiePolicy",
    "CookieScope",
    "CookieTooLarge",
    "PolicyError",
    "PolicyProblem",
    "RequestContext",
    "SameSite",
    "SetCookie",
    "Site",
    "StoredCookie",
    "Sweep",
    "canonical_host",
    "default_path",
    "domain_match",
    "path_match",
    "public_suffix_list_date",
    "sweep",
    "sweep_scopes",
]

_LATE = {
    "BrowserJar": "hardtack.cookies.jar",
    "RequestContext": "hardtack.cookies.context",
    "StoredCookie": "hardtack.cookies.stored",
}


def __getattr__(name: str) -> object:
    """Load the jar when somebody asks for it: a model of browsers has no part in serving requests."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)
