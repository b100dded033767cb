"""The policy as the browser's script is told it: `GET {base}/policy.json`.

Rule: the document is made for one host, and lists every scope that the policy may sweep there. Script adds the paths of
its own page below them; so each scope stands for all that lies under it. One that is owned to the letter alone (a
legacy scope wider than the policy) says `exact`; one under which the policy owns what is beside its own path, but
neither the scope itself nor what leads to that path (a base path above the policy's), says `below`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies import CookieScope, Site, canonical_host, sweep_scopes
from hardtack.sessions.front_end_mark import front_end_mark_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.cookies import CookiePolicy

__all__ = ["policy_document"]

_VERSION: Final = 1


def policy_document(
    policy: CookiePolicy, *, client_id: str, host: str, base: str, sign_in: str, refreshes: bool = False
) -> dict[str, Any]:
    """What `policy.json` answers.

    Args:
        policy: where the site's cookies live.
        client_id: the app client, part of every auth cookie's name.
        host: the request's `Host`; for one that isn't the policy's there is nothing to sweep.
        base: where the endpoints are mounted, such as "/hardtack".
        sign_in: the path of the site's own sign-in page, where a recovery leads.
        refreshes: whether the server refreshes for script, and is told of sign-ins.

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
        "refreshes": refreshes,
        "cookie": {
            "domain": _dotted(policy.domain),
            "path": policy.path,
            "secure": policy.secure,
            "sameSite": policy.same_site.lower(),
            "maxAge": policy.max_age,
            "partitioned": policy.partitioned,
            "httpOnly": policy.http_only,
        },
        "sweep": _sweep(policy, host),
        "mark": front_end_mark_name(policy, client_id),
    }


def _sweep(policy: CookiePolicy, host: str) -> list[dict[str, Any]]:
    """Every scope that the policy may sweep on this host, whatever the page's path."""
    own = replace(policy, legacy_scopes=())
    roots = [scope for scope in _own_path(policy, host) if own.may_sweep(scope)]
    listed = dict.fromkeys((*sweep_scopes(policy, host=host, raw_path=None), *roots))
    above = [base for base in dict.fromkeys(policy.base_paths) if not own.may_sweep(replace(policy.scope, path=base))]
    return [
        *(_told(scope, exact=not own.may_sweep(scope)) for scope in listed),
        *(_told(replace(root, path=base), below=True) for root in roots for base in above),
    ]


def _own_path(policy: CookiePolicy, host: str) -> Iterator[CookieScope]:
    """The policy's path in every domain of the host, on both sides of the partition; none for a host not ours."""
    if not policy.allows_host(host):
        return
    for domain in (None, *Site.of(canonical_host(host) or "").domains):
        for partitioned in (False, True):
            yield CookieScope(domain, policy.path, partitioned)


def _told(scope: CookieScope, **flags: bool) -> dict[str, Any]:
    told = {"domain": _dotted(scope.domain), "path": scope.path, "partitioned": scope.partitioned}
    return {**told, **{name: True for name, is_set in flags.items() if is_set}}


def _dotted(domain: str | None) -> str | None:
    return None if domain is None else f".{domain}"
