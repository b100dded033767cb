"""What is explored: a site, its browser, its pool, and what may go wrong.

Rule: a world is a value. Everything that decides which states can be reached stands in it, so that a verdict can print
it, a run can be resumed under the same one, and two of them can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from hardtack.amplify.adapter import AdapterContext
from hardtack.cookies import CookiePolicy, CookieScope, Site

if TYPE_CHECKING:
    from hardtack.cookies.jar import Engine

__all__ = ["Context", "Fault", "Placement", "Server", "World"]

BASE_PATH: Final = "/hardtack"  # of the shield's own addresses, and of the script's
SIGN_IN_PATH: Final = "/login"  # of the site's own sign-in page
AUTH_PATH: Final = "/auth"  # of the library's routes


class Server(StrEnum):
    """Who answers the browser."""

    STOCK = "stock"
    """A Next.js site with Amplify's adapter, as most are set up."""
    SHIELD = "shield"
    """The same behind Hardtack's shield."""
    LIBRARY = "library"
    """A Python application with Hardtack's middleware and routes."""


class Fault(StrEnum):
    """What may happen in a history, beside everyday use: each once, and an outage as often as it likes."""

    DEPLOYMENT = "deployment"
    """A release that changes the scope in which cookies are written."""
    OUTAGE = "outage"
    """The pool can't be reached, in any step that asks it."""
    REVOCATION = "revocation"
    """An administrator ends every sign-in of a person."""
    REFRESH_END = "refresh-end"
    """The refresh tokens' lifetime is over."""
    PLANT = "plant"
    """A sibling host plants a stranger's session in the parent domain."""
    LOSS = "loss"
    """A response is lost on its way: the server has done its work, the browser learns nothing."""
    REQUEST_LOSS = "request-loss"
    """A request fails before it reaches anybody."""
    CLOSING = "closing"
    """A tab is closed half-way through its writes."""
    GRACE_END = "grace-end"
    """Some minutes pass: rotated refresh tokens end, access tokens live on."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a writer puts its cookies.

    Attributes:
        domain: as the writer is told it, such as `.example.com`; None for host-only.
        path: the cookies' path; the adapter knows only "/".
    """

    domain: str | None = None
    path: str = "/"

    @property
    def scope(self) -> CookieScope:
        """The scope that browsers make of it."""
        return CookieScope(self.domain.removeprefix(".") if self.domain else None, self.path)

    def __str__(self) -> str:
        where = self.domain or "host-only"
        return where if self.path == "/" else f"{where} on {self.path}"


@dataclass(frozen=True, slots=True)
class Context:
    """A place in the site's server code that asks for the session.

    Attributes:
        adapter: how it reads and writes.
        navigation: whether page loads pass it; otherwise script asks it in the background.
        forced: whether it refreshes in any case, as a forced refresh in a server action does.
    """

    adapter: AdapterContext
    navigation: bool = True
    forced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _SweepingPolicy(CookiePolicy):
    """A policy that sweeps where somebody may have written, and nowhere else."""

    swept: frozenset[CookieScope] | None = field(default=None, init=False, compare=False)

    def may_sweep(self, scope: CookieScope) -> bool:
        """See `CookiePolicy.may_sweep`."""
        return (self.swept is None or scope in self.swept) and CookiePolicy.may_sweep(self, scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A world to explore.

    Attributes:
        server: who answers.
        storage: the library's storage.
        front: what runs in the pages: stock Amplify, Amplify with hardtack.js, or no script of ours or Amplify's.
        hosts: the hosts that people open, the first one first.
        client: where Amplify in the browser writes.
        adapter: where Amplify's adapter on the server writes.
        after: client, adapter and policy placement after the deployment.
        contexts: the server's contexts.
        policy: where the shield's or the library's policy writes; None where it follows the client.
        legacy: scopes in which earlier releases wrote, as that policy names them.
        owns_domain: whether that policy may sweep the whole registrable domain.
        budget: bytes of deletions that it lets one answer carry.
        refreshes: whether the shield refreshes in the site's place.
        engine: the browser.
        tabs: how many.
        people: how many may sign in at this browser, 1 or 2.
        rotation: whether refresh tokens rotate.
        grace: seconds that a rotated refresh token is still good.
        faults: what may happen, each once.
        release: of Amplify.
        generations: sets of one sign-in that may be about at once.
        sign_ins: sign-ins that may be about at once.
        grants: sets of tokens that the pool grants in one history; 0 for any number.
        flights: requests that may be under way at once.
        foresees: whether it is worked out ahead what servers will do, which decides nothing but how many states there
            are; see `hardtack.explore.servers.foreseeing`.
    """

    server: Server = Server.STOCK
    storage: Literal["sealed", "amplify"] = "sealed"
    front: Literal["amplify", "hardtack.js", "none"] = "amplify"
    hosts: tuple[str, ...] = ("app.example.com",)
    client: Placement = Placement(".example.com")
    adapter: Placement = Placement()
    after: tuple[Placement, Placement] | None = None
    contexts: tuple[Context, ...] = (
        Context(AdapterContext.NEXT_RESPONSE),
        Context(AdapterContext.SERVER_ACTION, navigation=False, forced=True),
    )
    policy: Placement | None = None
    legacy: tuple[CookieScope, ...] = ()
    owns_domain: bool = True
    budget: int = 3_500
    refreshes: bool = False
    engine: Engine = "chromium"
    tabs: int = 2
    people: int = 1
    rotation: bool = True
    grace: int = 0
    faults: frozenset[Fault] = frozenset({Fault.DEPLOYMENT, Fault.OUTAGE})
    release: str = "6.22.1"
    generations: int = 3
    sign_ins: int = 2
    grants: int = 0
    flights: int = 2
    foresees: bool = True
    _policies: dict[int, CookiePolicy] = field(
        default_factory=dict[int, CookiePolicy], init=False, repr=False, compare=False
    )

    @property
    def has_script(self) -> bool:
        """Whether Amplify runs in the pages."""
        return self.front != "none"

    def client_at(self, release: int) -> Placement:
        """Where Amplify in the browser writes, before (0) or after (1) the deployment."""
        return self.after[0] if release and self.after else self.client

    def adapter_at(self, release: int) -> Placement:
        """The same of the adapter."""
        return self.after[1] if release and self.after else self.adapter

    def policy_at(self, release: int) -> CookiePolicy:
        """The policy of the shield or the library. After the deployment it names the scope before as a legacy one."""
        known = self._policies.get(release)
        if known is not None:
            return known
        placement = self.policy or self.client_at(release)
        legacy = self.legacy
        if release and self.after:
            placement = self.after[0]
            legacy += tuple(scope for scope in ((self.policy or self.client).scope,) if scope != placement.scope)
        made = _SweepingPolicy(
            origins=tuple(f"https://{host}" for host in self.hosts),
            domain=placement.domain,
            path=placement.path,
            http_only=self.front == "none",
            legacy_scopes=legacy,
            owns_domain=self.owns_domain,
            sweep_budget=self.budget,
        )
        object.__setattr__(made, "swept", self.written_scopes)
        self._policies[release] = made
        return made

    @property
    def written_scopes(self) -> frozenset[CookieScope]:
        """Every scope in which somebody may write here. A deletion in another one changes nothing, and is not made."""
        releases = (0, 1) if self.after else (0,)
        placements = [place for each in releases for place in (self.client_at(each), self.adapter_at(each))]
        planted = (CookieScope(Site.of(host).registrable_domain) for host in self.hosts)
        policies = (place.scope for place in (self.policy, *(self.after or ())) if place is not None)
        return frozenset((CookieScope(), *planted, *(place.scope for place in placements), *policies))

    @property
    def named(self) -> bool:
        """Whether it matters what people are called: a sweep of Hardtack's goes by the names of cookies."""
        return self.people > 1 and self.server is not Server.STOCK
