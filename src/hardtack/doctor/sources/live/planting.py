"""Stale twins, made up: what a browser holds that was signed in by two writers, long ago.

Rule: nothing in them is anybody's. The tokens have Amplify's shape and ended an hour ago; no pool ever issued them, so
the worst that a site can do with them is what it does to its stuck users. They go into a fresh browser profile of the
doctor's own, and nowhere else.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from typing import TYPE_CHECKING, Any, Final

from hardtack.amplify import AmplifyNames, writes
from hardtack.cookies import CookieScope, Site
from hardtack.tokens import TokenSet

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["matrix", "twins_for"]

NOBODY: Final = "hardtack-doctor"
"""Whose session it is said to be, where no other name is known."""
MOST_BYTES: Final = 6_000
"""Of all planted cookies together: default nginx refuses a Cookie header a little above 8,000."""
_OVER: Final = 3_600  # seconds since the tokens ended
_LIFE: Final = 3_600  # seconds that they were good for


def matrix(host: str, path: str) -> list[CookieScope]:
    """The scopes in which writers of a host may have written: host-only, each Domain, and the page's own path.

    Args:
        host: canonical.
        path: of the page that is looked at.
    """
    domains = Site.of(host).domains
    scopes = [CookieScope(), *(CookieScope(domain) for domain in reversed(domains))]
    if path.rstrip("/"):
        scopes.append(CookieScope(path=path.rstrip("/")))
    return scopes


def twins_for(url: str, client_id: str, scopes: list[CookieScope], user: str | None) -> list[dict[str, Any]]:
    """The cookies to plant, as the DevTools protocol takes them.

    Args:
        url: of the page.
        client_id: the app client's.
        scopes: where; those that would make the header too large are left out.
        user: the name that the cookies are to carry; `NOBODY` if None.
    """
    planted: list[dict[str, Any]] = []
    size = 0
    for scope in scopes:
        cookies = list(_set(url, client_id, scope, user or NOBODY))
        size += sum(len(each["name"]) + len(each["value"]) + 3 for each in cookies)
        if planted and size > MOST_BYTES:
            break
        planted += cookies
    return planted


def _set(url: str, client_id: str, scope: CookieScope, user: str) -> Iterator[dict[str, Any]]:
    tokens = TokenSet(_token("access", client_id, user), _token("id", client_id, user), secrets.token_urlsafe(48))
    for name, value in writes(AmplifyNames(client_id), user, tokens).sets:
        cookie: dict[str, Any] = {
            "name": name,
            "value": value,
            "path": scope.path,
            "secure": url.startswith("https:"),
            "sameSite": "Lax",
            "expires": time.time() + 86_400,
        }
        yield {**cookie, "domain": f".{scope.domain}"} if scope.domain else {**cookie, "url": url}


def _token(use: str, client_id: str, user: str) -> str:
    """A JWT (RFC 7519) with a signature that is none."""
    ended = int(time.time()) - _OVER
    claims: dict[str, Any] = {
        "sub": secrets.token_hex(8),
        "token_use": use,
        "iat": ended - _LIFE,
        "auth_time": ended - _LIFE,
        "exp": ended,
        "jti": secrets.token_hex(8),
    }
    names = {"client_id": client_id, "username": user} if use == "access" else {"aud": client_id}
    parts = ({"alg": "RS256", "kid": secrets.token_hex(4)}, claims | names)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join((*encoded, secrets.token_urlsafe(32)))
