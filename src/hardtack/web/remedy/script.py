"""The remedy for a page's own script: `clearAllAuthCookies`, whole, with this site's names and scopes."""

from __future__ import annotations

from hardtack.amplify import KEPT_SUFFIXES
from hardtack.web.remedy.site import RemedySite, as_json, deletion_tail
from hardtack.web.remedy.templates import fill

__all__ = ["clear_all_auth_cookies"]


def clear_all_auth_cookies(site: RemedySite) -> str:
    """The module's text."""
    policy = site.policy
    paths = [[each.domain, each.before, each.after] for each in site.dynamic_paths]
    return fill(
        "clear-all-auth-cookies.js",
        prefix=as_json(site.prefix),
        kept=as_json(KEPT_SUFFIXES),
        tails=as_json([deletion_tail(scope) for scope in site.scopes], indent=2),
        path_tails="[\n" + "".join(f"  {as_json(path)},\n" for path in paths) + "]",
        policy_path=as_json(policy.path),
        base_paths=as_json(policy.base_paths),
        owns_everything=as_json(policy.owns_domain),
    )
