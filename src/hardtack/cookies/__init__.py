"""RFC 6265bis as code: what a browser sends, what it keeps, where a cookie lives, and how to delete it everywhere.

Pure: no clock, no socket, no framework, no knowledge of who signs in with what.
"""

from __future__ import annotations

from hardtack.cookies.errors import CookieError, CookieTooLarge
from hardtack.cookies.header import CookieHeader
from hardtack.cookies.jar import BrowserJar
from hardtack.cookies.line import SameSite
from hardtack.cookies.matching import canonical_host, default_path, domain_match, path_match
from hardtack.cookies.scope import CookieScope
from hardtack.cookies.set_cookie import SetCookie
from hardtack.cookies.site import Site, public_suffix_list_date
from hardtack.cookies.stored import StoredCookie

__all__ = [
    "BrowserJar",
    "CookieError",
    "CookieHeader",
    "CookieScope",
    "CookieTooLarge",
    "SameSite",
    "SetCookie",
    "Site",
    "StoredCookie",
    "canonical_host",
    "default_path",
    "domain_match",
    "path_match",
    "public_suffix_list_date",
]
