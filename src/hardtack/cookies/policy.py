"""The one policy that every writer of a site follows: where its cookies live, what they carry, what may be swept.

Rule: two writers with two policies are how twins come into being, so there is one frozen object, judged against its own
origins when it is made, and readers, writers, sweeper and doctor all take it. It owns what it says it owns: a scope
wider than its own belongs to somebody else until `legacy_scopes` or `owns_domain` says otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies.matching import canonical_host, domain_match, path_match
from hardtack.cookies.prefixes import prefix_of
from hardtack.cookies.problems import PolicyError, PolicyProblem, problem
from hardtack.cookies.scope import CookieScope
from hardtack.cookies.set_cookie import SetCookie
from hardtack.cookies.validation import examine, lifetime_problems

if TYPE_CHECKING:
    from hardtack.cookies.line import SameSite

__all__ = ["CookiePolicy"]

_OWN_PREFIX: Final = "__Host-"
_OWN_SCOPE: Final = CookieScope()


@dataclass(frozen=True, slots=True, kw_only=True)
class CookiePolicy:
    """How a site writes its cookies.

    Attributes:
        origins: every origin that people open, such as `https://app.example.com` or `http://app.localhost:8000`.
        domain: the cookies' `Domain`, covering every host of `origins`; None for host-only cookies. A leading dot means
            nothing and is dropped.
        path: the cookies' `Path`.
        secure: the Secure flag; off only where every origin is plain http.
        http_only: the HttpOnly flag; off only where script must read the cookies, as Amplify's client does.
        same_site: the SameSite attribute.
        max_age: the cookies' lifetime in seconds, at most 400 days.
        partitioned: the Partitioned flag.
        base_paths: paths under which the site lives or lived. Cookies there are swept even unseen at sign-out.
        legacy_scopes: scopes in which earlier releases wrote; swept, however wide.
        owns_domain: whether the whole registrable domain is this site's, so that wider scopes are swept too.
        sweep_budget: bytes of deletion headers in one response, at least 1,000. The default leaves a default nginx,
            which answers 502 a little above 4 KB of headers, room for the rest.
        hosts: the origins' hosts, canonical.
        scope: where the policy's cookies live.
        fingerprint: 8 hex digits of what decides where and how cookies are written. A change of it is a migration.
        remarks: what is allowed, but worth knowing before it surprises.

    Raises:
        PolicyError: with every problem at once, where browsers would refuse what this policy writes.
    """

    origins: tuple[str, ...]
    domain: str | None = None
    path: str = "/"
    secure: bool = True
    http_only: bool = True
    same_site: SameSite = "Lax"
    max_age: int = 31_536_000
    partitioned: bool = False
    base_paths: tuple[str, ...] = ()
    legacy_scopes: tuple[CookieScope, ...] = ()
    owns_domain: bool = False
    sweep_budget: int = 3_500
    hosts: frozenset[str] = field(init=False, repr=False, compare=False)
    scope: CookieScope = field(init=False, repr=False, compare=False)
    fingerprint: str = field(init=False, repr=False, compare=False)
    remarks: tuple[PolicyProblem, ...] = field(init=False, repr=False, compare=False)
    _domains: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = examine({each.name: getattr(self, each.name) for each in fields(self) if each.init})
        if found.problems:
            raise PolicyError(found.problems)
        self._set("origins", found.origins)
        self._set("domain", found.domain)
        self._set("base_paths", tuple(self.base_paths))
        self._set("legacy_scopes", tuple(self.legacy_scopes))
        self._set("hosts", found.hosts)
        self._set("scope", CookieScope(self.domain, self.path, self.partitioned))
        self._set("fingerprint", self._print())
        self._set("remarks", found.remarks)
        self._set("_domains", frozenset(filter(self._owns, found.domains)))

    @classmethod
    def check(cls, **arguments: Any) -> tuple[PolicyProblem, ...]:
        """Judge arguments as making the policy would, without raising.

        Returns:
            Every problem; none if the policy can be made.
        """
        try:
            cls(**arguments)
        except PolicyError as error:
            return error.problems
        return ()

    def allows_host(self, host: str) -> bool:
        """Whether a request's `Host` is one of the policy's hosts. For any other, nothing is written."""
        return host in self.hosts or canonical_host(host) in self.hosts

    def write(self, name: str, value: str, *, max_age: int | None = None) -> SetCookie:
        """A cookie in the policy's scope, with its attributes.

        Args:
            name: latin-1, already encoded.
            value: latin-1, already encoded.
            max_age: seconds; the policy's own if None.

        Raises:
            CookieTooLarge: name and value above 4096 bytes together.
            CookieError: a name or a value that no browser keeps as it is.
            PolicyError: a lifetime that is not one, or a name whose prefix (`__Host-` and the like) forbids this scope.
        """
        lifetime = self.max_age if max_age is None else max_age
        if problems := (*lifetime_problems(lifetime), *self._prefix_problems(name)):
            raise PolicyError(problems)
        return SetCookie(
            name,
            value,
            domain=self.domain,
            path=self.path,
            max_age=lifetime,
            secure=self.secure,
            http_only=self.http_only,
            same_site=self.same_site,
            partitioned=self.partitioned,
        )

    def own_name(self, name: str) -> str:
        """The name of one of Hardtack's own cookies: with `__Host-`, so that it has no twin; bare on plain http."""
        return _OWN_PREFIX + name if self.secure else name

    def write_own(self, name: str, value: str, *, max_age: int) -> SetCookie:
        """One of Hardtack's own cookies: host-only, `Path=/`, HttpOnly, SameSite=Lax, whatever the policy says.

        Args:
            name: without a prefix; see `own_name`.
            value: latin-1, already encoded.
            max_age: seconds.

        Raises:
            CookieTooLarge: name and value above 4096 bytes together.
            CookieError: a name or a value that no browser keeps as it is.
            PolicyError: a lifetime that is not one.
        """
        if problems := lifetime_problems(max_age):
            raise PolicyError(problems)
        return SetCookie(
            self.own_name(name), value, max_age=max_age, secure=self.secure, http_only=True, same_site="Lax"
        )

    def delete_own(self, name: str) -> SetCookie:
        """The line that deletes one of Hardtack's own cookies.

        Args:
            name: without a prefix; see `own_name`.
        """
        return SetCookie.deletion(self.own_name(name), _OWN_SCOPE)

    def may_sweep(self, scope: CookieScope) -> bool:
        """Whether cookies of the policy's names may be deleted in `scope`.

        They may in `legacy_scopes`, and in scopes no wider than the policy's own: the same domain or one below it, the
        same path or one below it or below one of `base_paths`. With `owns_domain` also in wider ones, up to the
        registrable domain. A partition makes a scope neither wider nor narrower.
        """
        if scope in self.legacy_scopes:
            return True
        return (scope.domain is None or scope.domain in self._domains) and self._owns_path(scope.path)

    def _owns(self, domain: str) -> bool:
        return self.owns_domain or (self.domain is not None and domain_match(domain, self.domain))

    def _owns_path(self, path: str) -> bool:
        if self.owns_domain or path_match(path, self.path):
            return True
        wider = path_match(self.path, path)
        return not wider and any(path_match(path, base) for base in self.base_paths)

    def _prefix_problems(self, name: str) -> tuple[PolicyProblem, ...]:
        prefix = prefix_of(name)
        if prefix is None:
            return ()
        needs = [(self.secure, "Secure")]
        if prefix.http_only:
            needs.append((self.http_only, "HttpOnly"))
        if prefix.host_only:
            needs += [(self.domain is None, "host-only"), (self.path == "/", "of Path=/")]
        if all(given for given, _ in needs):
            return ()
        flags = [flag for given, flag in ((self.secure, "Secure"), (self.http_only, "HttpOnly")) if given]
        return (
            problem(
                "policy.name.prefix",
                "name",
                prefix=prefix.text,
                needs=" and ".join(word for _, word in needs),
                has=", ".join([str(self.scope), *flags]),
            ),
        )

    def _print(self) -> str:
        written = [self.domain, self.path, self.partitioned, self.secure, self.http_only, self.same_site]
        return blake2b(json.dumps(written).encode(), digest_size=4).hexdigest()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
