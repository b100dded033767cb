"""Whether browsers would keep what a policy writes, judged against the policy's own origins.

Rule: every problem is found at once, so that nobody mends one per start. What a browser would refuse without a word is
a problem; what only some browser refuses, or what works but surprises, is a remark. Arguments come from settings files
and environment variables, so nothing about their types is taken for granted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, TypeGuard, cast

from hardtack.cookies.admission import MAX_LIFETIME
from hardtack.cookies.line import MAX_ATTRIBUTE_BYTES
from hardtack.cookies.matching import canonical_host, domain_match, is_ip
from hardtack.cookies.problems import PolicyProblem, problem, shown
from hardtack.cookies.scope import CookieScope
from hardtack.cookies.site import Site
from hardtack.cookies.stored import CookieUrl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["MIN_SWEEP_BUDGET", "Examination", "examine", "lifetime_problems"]

MIN_SWEEP_BUDGET: Final = 1_000
"""Bytes of deletion headers; an Amplify deletion takes some 190, so a response still has room for five."""

_SHOWN_HOSTS = 3  # named in a sentence; the rest is "and others"
_EXAMPLE_ORIGIN = '"https://app.example.com"'
_EXAMPLE_DOMAIN = '"example.com"'
_UNSET = frozenset({"", ".", "none", "null", "undefined"})  # what templates make of a variable that nobody set
_ORIGIN = re.compile(r"(https?)://(\[[^\]/?#]*\]|[^/?#@\[\]:]+)(?::([0-9]{1,5}))?([/?#].*)?", re.IGNORECASE | re.DOTALL)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_PORT = 65_535
_PASTED = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:[^/?#@]*@)?(?:\*?\.)?([^/?#:]*)(?::([0-9]{1,5}))?", re.IGNORECASE)
_PATH = re.compile(r"/[\x21\x22\x24-\x3a\x3c-\x3e\x40-\x7e]*")  # what a browser puts into a request line, without ";"
_SAME_SITES = {"strict": "Strict", "lax": "Lax", "none": "None"}


@dataclass(frozen=True, slots=True)
class Examination:
    """What came out of examining a policy's arguments.

    Attributes:
        problems: what browsers would refuse; with any, there is no policy.
        remarks: what is allowed and worth knowing.
        origins: as browsers write them in `Origin`: lower case, without a default port or a last slash, each once.
        hosts: the origins' canonical hosts.
        domain: canonical, without a leading dot; None for host-only cookies.
        domains: every Domain that at least one of the hosts may set.
    """

    problems: tuple[PolicyProblem, ...]
    remarks: tuple[PolicyProblem, ...]
    origins: tuple[str, ...]
    hosts: frozenset[str]
    domain: str | None
    domains: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Origin:
    scheme: Literal["http", "https"]
    host: str
    port: int | None

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}" + (f":{self.port}" if self.port is not None else "")

    @property
    def is_trusted_locally(self) -> bool:
        """Whether browsers trust plain http from it, and so keep Secure cookies: the machine itself."""
        return CookieUrl.parse(f"http://{self.host}").trusted


@dataclass(slots=True)
class _Findings:
    problems: list[PolicyProblem] = field(default_factory=list[PolicyProblem])

    def add(self, code: str, attribute: str, **facts: object) -> None:
        self.problems.append(problem(code, attribute, **facts))


def examine(arguments: Mapping[str, object]) -> Examination:
    """Judge all arguments of a policy together.

    Args:
        arguments: every argument of `CookiePolicy` by its name, defaults included, of whatever type they came.
    """
    found, remarks = _Findings(), _Findings()
    origins = _examine_origins(arguments["origins"], found)
    hosts = tuple(dict.fromkeys(origin.host for origin in origins))
    domains = frozenset(domain for host in hosts for domain in Site.of(host).domains)
    domain = _examine_domain(arguments["domain"], hosts, found)
    _examine_path("path", arguments["path"], found)
    _examine_flags(arguments, origins, found, remarks)
    _examine_same_site(arguments, found, remarks)
    found.problems += lifetime_problems(arguments["max_age"])
    _examine_base_paths(arguments["base_paths"], found)
    _examine_legacy_scopes(arguments["legacy_scopes"], hosts, domains, found)
    _examine_sweep_budget(arguments["sweep_budget"], found)
    return Examination(
        problems=tuple(found.problems),
        remarks=tuple(remarks.problems),
        origins=tuple(dict.fromkeys(map(str, origins))),
        hosts=frozenset(hosts),
        domain=domain,
        domains=domains,
    )


def lifetime_problems(max_age: object) -> tuple[PolicyProblem, ...]:
    """What is wrong with a lifetime in seconds: at most one thing."""
    if not _is_number(max_age):
        return (problem("policy.max_age.type", "max_age", got=shown(max_age)),)
    if max_age <= 0:
        return (problem("policy.max_age.positive", "max_age", got=max_age),)
    if max_age > MAX_LIFETIME:
        return (problem("policy.max_age.cap", "max_age", got=max_age, limit=MAX_LIFETIME),)
    return ()


def _examine_origins(value: object, found: _Findings) -> list[_Origin]:
    texts = _texts(value)
    if texts is None:
        found.add("policy.origins.type", "origins", got=shown(value))
        return []
    if not texts:
        found.add("policy.origins.none", "origins")
    origins = [_examine_origin(f"origins[{index}]", text, found) for index, text in enumerate(texts)]
    return [origin for origin in origins if origin is not None]


def _examine_origin(attribute: str, text: str, found: _Findings) -> _Origin | None:
    if text.strip().lower() in _UNSET:
        found.add("policy.origins.empty", attribute)
        return None
    parts = _ORIGIN.fullmatch(text)
    host = canonical_host(parts[2]) if parts else None
    port = int(parts[3]) if parts and parts[3] else None
    if parts is None or host is None or not _is_port(port):
        guess = _guess_authority(text)
        found.add("policy.origins.form", attribute, got=shown(text), fix=f'"{guess}"' if guess else _EXAMPLE_ORIGIN)
        return None
    scheme = cast('Literal["http", "https"]', parts[1].lower())
    origin = _Origin(scheme, host, None if port == _DEFAULT_PORTS[scheme] else port)
    if parts[4] not in {None, "/"}:
        found.add("policy.origins.path", attribute, got=shown(text), fix=f'"{origin}"')
    return origin


def _guess_authority(text: str) -> _Origin | None:
    """The origin that somebody meant who pasted a host, a port or a URL."""
    pasted = _PASTED.match(_unwrapped(text))
    host = canonical_host(pasted[1]) if pasted else None
    if pasted is None or host is None:
        return None
    port = int(pasted[2]) if pasted[2] else None
    local = _Origin("http", host, port if _is_port(port) else None)
    return local if local.is_trusted_locally else replace(local, scheme="https")


def _examine_domain(value: object, hosts: tuple[str, ...], found: _Findings) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and value.strip().lower() in _UNSET:
        found.add("policy.domain.empty", "domain", got=shown(value))
        return None
    domain = _read_domain(value, hosts)
    if domain is None:
        pasted = _PASTED.match(_unwrapped(value)) if isinstance(value, str) else None
        guess = canonical_host(pasted[1].strip(".")) if pasted else None
        found.add("policy.domain.form", "domain", got=shown(value), fix=f'"{guess}"' if guess else _EXAMPLE_DOMAIN)
    elif is_ip(domain):
        found.add("policy.domain.address", "domain", got=shown(value))
    elif Site.of(domain).registrable_domain is None:
        below = next((Site.of(host).registrable_domain for host in hosts if host.endswith("." + domain)), None)
        found.add("policy.domain.suffix", "domain", got=domain, fix=f'"{below or "example." + domain}"')
    elif strangers := [host for host in hosts if not domain_match(host, domain)]:
        found.add(
            "policy.domain.host", "domain", domain=domain, hosts=_listed(strangers), fix=_common_domain_hint(hosts)
        )
    return domain


def _read_domain(value: object, hosts: tuple[str, ...]) -> str | None:
    """A Domain as browsers read it: a bare host name, of which one leading dot is ignored."""
    domain = canonical_host(value.removeprefix(".")) if isinstance(value, str) else None
    if domain is None or (":" in str(value) and not is_ip(domain)):
        return None
    if domain.endswith(".") and not any(host.endswith(".") for host in hosts):
        return None
    return domain


def _common_domain_hint(hosts: tuple[str, ...]) -> str:
    first, *others = (Site.of(host).domains for host in hosts)
    common = next((domain for domain in first if all(domain in theirs for theirs in others)), None)
    if common is None:
        return "No Domain covers all origins: leave domain out, or give each site a policy of its own."
    return f'Write domain="{common}", which covers all origins, or leave domain out for cookies of each host alone.'


def _examine_path(attribute: str, value: object, found: _Findings) -> None:
    if not isinstance(value, str) or not value.startswith("/"):
        found.add("policy.path.start", attribute, got=shown(value))
    elif not _PATH.fullmatch(value):
        found.add("policy.path.characters", attribute, got=shown(value))
    elif len(value) > MAX_ATTRIBUTE_BYTES:
        found.add("policy.path.length", attribute, bytes=len(value), limit=MAX_ATTRIBUTE_BYTES)


def _examine_flags(
    arguments: Mapping[str, object], origins: list[_Origin], found: _Findings, remarks: _Findings
) -> None:
    for attribute in ("secure", "http_only", "partitioned", "owns_domain"):
        if not isinstance(arguments[attribute], bool):
            found.add("policy.flag.type", attribute, got=shown(arguments[attribute]))
    plain = [origin for origin in origins if origin.scheme == "http"]
    encrypted = [origin for origin in origins if origin.scheme == "https"]
    if arguments["secure"] is True:
        if dropped := [origin for origin in plain if not origin.is_trusted_locally]:
            found.add("policy.secure.plain_http", "secure", origins=_listed(dropped))
        if trusted := [origin for origin in plain if origin.is_trusted_locally]:
            remarks.add("policy.remark.safari", "secure", origins=_listed(trusted))
    elif arguments["secure"] is False:
        if encrypted:
            found.add("policy.secure.missing", "secure", origins=_listed(encrypted))
        if arguments["partitioned"] is True:
            found.add("policy.partitioned.secure", "partitioned")


def _examine_same_site(arguments: Mapping[str, object], found: _Findings, remarks: _Findings) -> None:
    value = arguments["same_site"]
    if value not in _SAME_SITES.values():
        fix = _SAME_SITES.get(str(value).lower(), "Lax")
        found.add("policy.same_site.value", "same_site", got=shown(value), fix=f'"{fix}"')
    elif value == "None" and arguments["secure"] is False:
        found.add("policy.same_site.secure", "same_site")
    elif value == "Strict":
        remarks.add("policy.remark.strict", "same_site")


def _examine_base_paths(value: object, found: _Findings) -> None:
    paths = _texts(value)
    if paths is None:
        found.add("policy.base_paths.type", "base_paths", got=shown(value))
        return
    for index, path in enumerate(paths):
        _examine_path(f"base_paths[{index}]", path, found)


def _examine_legacy_scopes(value: object, hosts: tuple[str, ...], domains: frozenset[str], found: _Findings) -> None:
    if not isinstance(value, list | tuple):
        found.add("policy.legacy_scopes.type", "legacy_scopes", got=shown(value), wanted="a tuple of cookie scopes")
        return
    for index, scope in enumerate(cast("Iterable[object]", value)):
        attribute = f"legacy_scopes[{index}]"
        if not isinstance(scope, CookieScope):
            found.add("policy.legacy_scopes.type", attribute, got=shown(scope), wanted="a cookie scope")
            continue
        if scope.domain is not None and hosts and scope.domain not in domains:
            found.add("policy.legacy_scopes.domain", attribute, domain=scope.domain)
        _examine_path(attribute, scope.path, found)


def _examine_sweep_budget(value: object, found: _Findings) -> None:
    if not _is_number(value):
        found.add("policy.sweep_budget.type", "sweep_budget", got=shown(value))
    elif value < MIN_SWEEP_BUDGET:
        found.add("policy.sweep_budget.small", "sweep_budget", got=value, limit=MIN_SWEEP_BUDGET)


def _is_port(port: int | None) -> bool:
    return port is None or 0 < port <= _MAX_PORT


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _texts(value: object) -> tuple[str, ...] | None:
    """The texts of a tuple or a list; None if it is something else, such as one text alone."""
    if not isinstance(value, list | tuple):
        return None
    texts = tuple(cast("Iterable[object]", value))
    return cast("tuple[str, ...]", texts) if all(isinstance(text, str) for text in texts) else None


def _unwrapped(text: str) -> str:
    """What somebody pasted, without the quotes and spaces around it."""
    return text.strip().strip("\"'").strip()


def _listed(names: Iterable[object]) -> str:
    texts = list(map(str, names))
    return " and ".join(texts[:_SHOWN_HOSTS]) + (" and others" if len(texts) > _SHOWN_HOSTS else "")
