"""Whether a CloudFront distribution may run the shield: what `aws cloudfront get-distribution-config` says of it.

Rule: a cache in front of sessions serves one person's to another, so a behaviour that runs the function must not cache,
beyond doubt. A minimum TTL above 0 caches in spite of `no-store`; a policy that can't be seen from here counts as one
that caches. And a cookie that is not forwarded is one that the shield takes for absent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from hardtack.cookies import PolicyProblem
from hardtack.web.remedy.site import RemedyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.cookies import CookiePolicy

__all__ = ["CACHING_DISABLED", "check_distribution"]

CACHING_DISABLED: Final = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""CloudFront's managed cache policy Managed-CachingDisabled."""

_ALL_VIEWER: Final = "216adef6-5c7f-47e4-b989-5492eafa07d3"
_ALL_VIEWER_AND_CLOUDFRONT: Final = "33f36d7e-f396-46d9-90e0-52428a34d9dc"
_ALL_VIEWER_EXCEPT_HOST: Final = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
_WITH_COOKIES: Final = {_ALL_VIEWER, _ALL_VIEWER_AND_CLOUDFRONT, _ALL_VIEWER_EXCEPT_HOST}
_TRIGGERS: Final = ("origin-request", "origin-response")
_DEFAULT: Final = "the default behaviour"

Members = Mapping[str, Any]
_NOTHING: Final[dict[str, Any]] = {}


def check_distribution(text: str, policy: CookiePolicy) -> tuple[PolicyProblem, ...]:
    """Judge every behaviour that runs a function at the origin.

    Args:
        text: JSON of `get-distribution-config` or `get-distribution`, or the DistributionConfig alone.
        policy: whose hosts the shield must tell apart.

    Returns:
        What refuses it; none if the shield may run there.

    Raises:
        RemedyError: it is not such a JSON.
    """
    config = _config(text)
    behaviours = [(_DEFAULT, _members(config.get("DefaultCacheBehavior")))]
    behaviours += [
        (f"the behaviour {str(each.get('PathPattern', '?'))[:80]}", each)
        for each in map(_members, _items(config.get("CacheBehaviors")))
    ]
    running = [(name, each, _triggers(each)) for name, each in behaviours]
    if not any(triggers for _, _, triggers in running):
        return (
            _problem(
                "no-function",
                "the distribution",
                "No behaviour has a function at origin request or origin response.",
                "Associate the package's function with both, for the behaviours that serve pages.",
            ),
        )
    return tuple(
        found
        for name, behaviour, triggers in running
        if triggers
        for found in _refused(name, behaviour, triggers, policy)
    )


def _refused(name: str, behaviour: Members, triggers: set[str], policy: CookiePolicy) -> Iterator[PolicyProblem]:
    for missing in (each for each in _TRIGGERS if each not in triggers):
        yield _problem(
            "trigger",
            name,
            f"It has no function at {missing.replace('-', ' ')}.",
            "Associate the function with origin request and origin response: one without the other heals nothing.",
        )
    forwarded = behaviour.get("ForwardedValues")
    if isinstance(forwarded, Mapping):
        yield from _old_settings(name, behaviour, cast("Members", forwarded), policy)
        return
    if behaviour.get("CachePolicyId") != CACHING_DISABLED:
        yield _problem(
            "caching",
            name,
            "Its cache policy is not CachingDisabled, so one person's session may be served to another.",
            f"Take the managed policy CachingDisabled ({CACHING_DISABLED}).",
        )
    asked = behaviour.get("OriginRequestPolicyId")
    if asked not in _WITH_COOKIES:
        yield _problem(
            "cookies",
            name,
            "Its origin request policy is none of which it is known that all cookies are forwarded.",
            f"Take the managed policy AllViewer ({_ALL_VIEWER}).",
        )
    elif asked == _ALL_VIEWER_EXCEPT_HOST and len(policy.hosts) > 1:
        yield _host(name)


def _old_settings(name: str, behaviour: Members, forwarded: Members, policy: CookiePolicy) -> Iterator[PolicyProblem]:
    """The settings from before there were cache policies, which are still in use."""
    ttls = {key: behaviour.get(key, absent) for key, absent in (("MinTTL", 0), ("DefaultTTL", 86_400), ("MaxTTL", 1))}
    if above := [key for key, seconds in ttls.items() if seconds != 0]:
        despite = " A MinTTL above 0 caches in spite of no-store." if "MinTTL" in above else ""
        yield _problem(
            "caching",
            name,
            f"{', '.join(above)} is not 0, so one person's session may be served to another.{despite}",
            f"Write 0 for all three, or take the managed policy CachingDisabled ({CACHING_DISABLED}).",
        )
    if _members(forwarded.get("Cookies")).get("Forward") != "all":
        yield _problem(
            "cookies",
            name,
            "It does not forward all cookies, so the shield would take those that are missing for absent.",
            'Forward all: "Cookies": {"Forward": "all"}.',
        )
    headers = {str(each).lower() for each in _items(forwarded.get("Headers"))}
    if len(policy.hosts) > 1 and not headers & {"host", "*"}:
        yield _host(name)


def _host(name: str) -> PolicyProblem:
    return _problem(
        "host",
        name,
        "It does not forward the viewer's Host, and the policy has several hosts that the shield must tell apart.",
        f"Take the managed policy AllViewer ({_ALL_VIEWER}).",
    )


def _config(text: str) -> Members:
    try:
        found = _members(json.loads(text))
    except (ValueError, RecursionError):
        found = _NOTHING
    for outer in ("Distribution", "DistributionConfig"):
        found = _members(found[outer]) if outer in found else found
    if "DefaultCacheBehavior" not in found:
        raise RemedyError(
            [
                _problem(
                    "distribution",
                    "the file",
                    "It is no configuration of a CloudFront distribution.",
                    "Write it with: aws cloudfront get-distribution-config --id ID.",
                )
            ]
        )
    return found


def _triggers(behaviour: Members) -> set[str]:
    associated = _items(behaviour.get("LambdaFunctionAssociations"))
    return {str(_members(each).get("EventType")) for each in associated} & set(_TRIGGERS)


def _items(value: object) -> list[Any]:
    items = _members(value).get("Items")
    return cast("list[Any]", items) if isinstance(items, list) else []


def _members(value: object) -> Members:
    return cast("Members", value) if isinstance(value, Mapping) else _NOTHING


def _problem(code: str, where: str, sentence: str, hint: str) -> PolicyProblem:
    return PolicyProblem(f"remedy.{code}", where, sentence, hint)
