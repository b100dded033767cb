"""Group 4: environment variables, Secure, SameSite, HttpOnly, and what Hardtack's own validator says.

Rule: an empty variable is worse than a missing one: `domain: ''` is no error anywhere, it quietly means host-only. A
value is compared by mark; it is shown only where it is public by nature, as domains and client ids are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import (
    AuthRoutes,
    EnvironmentValue,
    EnvState,
    OriginConfigured,
    PolicyRemark,
    ScopeConfigured,
)
from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import CookieWritten, Refusal, Side
from hardtack.doctor.rules.model import Edit, Hit, Severity, Snippet, Value, rule
from hardtack.doctor.rules.reading import apps, distinct, evidence_of, in_app, organic

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULES"]

APP_ORIGIN: Final = "AMPLIFY_APP_ORIGIN"
_DECISIVE: Final = frozenset({"domain", "path", "client_id", "user_pool_id"})


@rule("HT405", "variable-empty", Severity.ERROR, {Area.ENVIRONMENT}, cause=2)
def variable_empty(facts: Facts) -> Iterator[Hit]:
    """A variable that the auth configuration reads is empty, or stands in no environment file."""
    for variable in facts.of(EnvironmentValue):
        if variable.name == APP_ORIGIN or variable.state is EnvState.SET:
            continue
        empty = variable.state is EnvState.EMPTY
        values: dict[str, Value] = {"name": variable.name, "used_for": variable.used_for}
        say = ("domain" if variable.used_for == "domain" else "message") if empty else "missing"
        severity = Severity.ERROR if empty and variable.used_for in _DECISIVE else Severity.NOTE
        yield Hit(
            evidence=evidence_of(variable),
            values=values,
            say=say,
            severity=Severity.WARNING if empty and variable.used_for not in _DECISIVE else severity,
            key=f"{variable.app} {variable.name}",
        )


@rule("HT406", "variables-differ", Severity.ERROR, {Area.ENVIRONMENT}, cause=1)
def variables_differ(facts: Facts) -> Iterator[Hit]:
    """Browser and server read the same setting from two variables, and the two say different things."""
    for app in apps(facts):
        variables = [one for one in in_app(facts, EnvironmentValue, app) if one.value is not None]
        for used_for in distinct(one.used_for for one in variables if one.used_for in _DECISIVE):
            sides = {one.side: one for one in variables if one.used_for == used_for}
            browser, server = sides.get(Side.BROWSER), sides.get(Side.SERVER)
            if browser is None or server is None or browser.value == server.value:
                continue
            values: dict[str, Value] = {
                "used_for": used_for,
                "browser": f"{browser.name}={browser.shown}".removesuffix("="),
                "server": f"{server.name}={server.shown}".removesuffix("="),
            }
            yield Hit(evidence=evidence_of(browser, server), values=values, key=f"{app} {used_for}")


@rule("HT408", "secure-over-http", Severity.ERROR, {Area.WRITES}, {Area.BROWSER_CONFIG, Area.ENVIRONMENT})
def secure_over_http(facts: Facts) -> Iterator[Hit]:
    """Secure cookies on a site that is reached over plain http: browsers drop them."""
    refused = next((one for one in organic(facts) if _refused(one, Refusal.NOT_SECURE)), None)
    if isinstance(refused, CookieWritten):
        yield Hit(evidence=evidence_of(refused), values={"origin": f"http://{refused.host}"}, key=refused.host)
    for app in apps(facts):
        scope = next((one for one in in_app(facts, ScopeConfigured, app) if one.secure and _knows(one, "secure")), None)
        for origin in in_app(facts, OriginConfigured, app):
            if origin.secure or scope is None:
                continue
            local = origin.host == "localhost" or origin.host.endswith(".localhost") or origin.host.startswith("127.")
            say, severity = ("safari", Severity.NOTE) if local else ("message", Severity.ERROR)
            values: dict[str, Value] = {"origin": f"http://{origin.host}"}
            yield Hit(evidence=evidence_of(origin, scope), values=values, say=say, severity=severity, key=origin.host)
            break


@rule("HT409", "same-site-none-insecure", Severity.ERROR, {Area.WRITES}, {Area.BROWSER_CONFIG})
def same_site_none_insecure(facts: Facts) -> Iterator[Hit]:
    """`SameSite=None` without Secure: browsers drop the cookie, and Amplify's CookieStorage refuses to start."""
    for scope in facts.of(ScopeConfigured):
        if scope.same_site == "None" and not scope.secure and not scope.unresolved & {"secure", "same_site"}:
            place = scope.evidence.place
            edits = () if place.line is None else (Edit(place.source, place.line, "secure: false", "secure: true"),)
            yield Hit(evidence=evidence_of(scope), snippets=(Snippet("secure: true"),), edits=edits, key=scope.app)
    refused = next((one for one in organic(facts) if _refused(one, Refusal.SAME_SITE_NONE)), None)
    if isinstance(refused, CookieWritten):
        snippet = Snippet("Set-Cookie: …; Secure; SameSite=None", "http")
        yield Hit(evidence=evidence_of(refused), snippets=(snippet,), key=refused.host)


@rule("HT410", "http-only-unasked", Severity.ERROR, {Area.ENVIRONMENT, Area.CODE})
def http_only_unasked(facts: Facts) -> Iterator[Hit]:
    """`AMPLIFY_APP_ORIGIN` is set, and that alone makes every cookie that the server writes HttpOnly and Strict."""
    for app in apps(facts):
        variable = next(
            (
                one
                for one in in_app(facts, EnvironmentValue, app)
                if one.name == APP_ORIGIN and one.state is EnvState.SET
            ),
            None,
        )
        script = next((one for one in in_app(facts, ScopeConfigured, app) if one.side is Side.BROWSER), None)
        if variable is None or script is None:
            continue
        routes = bool(in_app(facts, AuthRoutes, app))
        yield Hit(
            evidence=evidence_of(variable, script),
            say="routes" if routes else "message",
            severity=Severity.WARNING if routes else Severity.ERROR,
            key=app,
        )


@rule("HT414", "policy-problem", Severity.ERROR, {Area.POLICY})
def policy_problem(facts: Facts) -> Iterator[Hit]:
    """Hardtack's own validator refuses the policy of this project, or has a remark about it."""
    for remark in facts.of(PolicyRemark):
        values: dict[str, Value] = {"code": remark.code, "sentence": remark.sentence, "hint": remark.hint}
        severity = Severity.ERROR if remark.refuses else Severity.NOTE
        yield Hit(evidence=evidence_of(remark), values=values, severity=severity, key=f"{remark.app} {remark.code}")


def _refused(fact: object, refusal: Refusal) -> bool:
    return isinstance(fact, CookieWritten) and fact.refused is refusal


def _knows(scope: ScopeConfigured, attribute: str) -> bool:
    return attribute not in scope.unresolved


RULES = (
    variable_empty,
    variables_differ,
    secure_over_http,
    same_site_none_insecure,
    http_only_unasked,
    policy_problem,
)
