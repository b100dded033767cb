"""The remedy for CloudFront Functions: what can be done at the viewer's edge without network or keys."""

from __future__ import annotations

from typing import Final

from hardtack.amplify import KEPT_SUFFIXES
from hardtack.cookies import PolicyProblem, SetCookie
from hardtack.web.remedy.site import RemedyError, RemedySite, as_json, deletion_tail
from hardtack.web.remedy.templates import fill

__all__ = ["MAX_FUNCTION_BYTES", "viewer_response"]

MAX_FUNCTION_BYTES: Final = 10_240
"""What CloudFront takes for one function (its quotas: "Maximum function size")."""

_ROOM: Final = 300  # bytes for the block's first and last line


def viewer_response(site: RemedySite) -> str:
    """The function's text.

    Raises:
        RemedyError: the policy has so many scopes that the function would be larger than CloudFront takes.
    """
    policy = site.policy
    scopes = [deletion_tail(scope).removeprefix("=; ") for scope in site.scopes]
    text = fill(
        "cloudfront-function.js",
        prefix=as_json(site.prefix),
        kept=as_json(KEPT_SUFFIXES),
        sign_out=site.sign_out,
        sign_out_literal=as_json(site.sign_out),
        own=as_json(_attributes(policy.domain, policy.path)),
        scopes=as_json(scopes, indent=2),
        budget=str(policy.sweep_budget),
    )
    if len(text) > MAX_FUNCTION_BYTES - _ROOM:
        raise RemedyError(
            [
                PolicyProblem(
                    "remedy.size",
                    "policy.base_paths",
                    f"With {len(scopes)} scopes the function has {len(text):,} bytes, and CloudFront takes"
                    f" {MAX_FUNCTION_BYTES:,}.",
                    "Name fewer base_paths and legacy_scopes, or take the target lambda-edge.",
                )
            ]
        )
    return text


def _attributes(domain: str | None, path: str) -> str:
    return SetCookie("name", "", domain=domain, path=path).to_text().removeprefix("name=; ")
