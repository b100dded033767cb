"""The policy as the browser's script is told it: `GET {base}/policy.json`.

Rule: the document is made for one host, and lists every scope that the policy may sweep there. Script adds the paths of
its own page below them; so each scope stands for all that lies under it, and one that is owned to the letter alone (a
legacy scope wider than the policy) says `exact`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies import CookieScope, sweep_scopes
from hardtack.sessions.front_end_mark import front_end_mark_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.cookies import CookiePolicy

__all__ = ["policy_document"]

_VERSION: Final = 1


def policy_document(policy: CookiePolicy, *, client_id: str, host: str, base: str, sign_in: str) -> dict[str, Any]:
    """What `policy.json` answers.

    Args:
        policy: where the site's cookies live.
        client_id: the app client, part of every auth cookie's name.
        host: the request's `Host`; for one that isn't the policy's there is nothing to sweep.
        base: where the endpoints are mounted, such as "/hardtack".
        sign_in: the path of the site's own sign-in page, where a recovery leads.

    Returns:
        A JSON object. Its `cookie` says what Amplify's CookieStorage would be told; domains have a leading dot, as
        Amplify's users write them, and are null for host-only.
    """
    return {
        "version": _VERSION,
        "fingerprint": policy.fingerprint,
        "clientId": client_id,
        "base": base,
        "signIn": sign_in,
        "cookie": {
            "domain": _dotted(policy.domain),
            "path": policy.path,
            "secure": policy.secure,
            "sameSite": policy.same_site.lower(),
            "maxAge": policy.max_age,
            "partitioned": policy.partitioned,
            "httpOnly": policy.http_only,
        },
        "sweep": [_scope(policy, scope) for scope in _scopes(policy, host)],
        "mark": front_end_mark_name(policy, client_id),
    }


def _scopes(policy: CookiePolicy, host: str) -> tuple[CookieScope, ...]:
    """Every scope that the policy may sweep on this host, whatever the page's path: the same for all of its domains."""
    listed = sweep_scopes(policy, host=host, raw_path=None)
    return tuple(dict.fromkeys((*listed, *_roots(policy, listed))))


def _roots(policy: CookiePolicy, listed: tuple[CookieScope, ...]) -> Iterator[CookieScope]:
    """The policy's own path in each of its domains: all below it is its own, even where "/" is not."""
    for scope in listed:
        root = replace(scope, path=policy.path)
        if policy.may_sweep(root):
            yield root


def _scope(policy: CookiePolicy, scope: CookieScope) -> dict[str, Any]:
    told: dict[str, Any] = {"domain": _dotted(scope.domain), "path": scope.path, "partitioned": scope.partitioned}
    if scope in policy.legacy_scopes and not policy.may_sweep(_below(scope)):
        told["exact"] = True
    return told


def _below(scope: CookieScope) -> CookieScope:
    """Any scope on a path below this one."""
    return replace(scope, path=scope.path.rstrip("/") + "/below")


def _dotted(domain: str | None) -> str | None:
    return None if domain is None else f".{domain}"
