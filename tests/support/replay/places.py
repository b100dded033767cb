"""The site of a history: who answers, where its writers put their cookies, what a release changes.

Rule: the same words as the explored worlds have, so that a world can be taken as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Self

from hardtack.cookies import CookiePolicy, CookieScope

BASE_PATH: Final = "/hardtack"
SIGN_IN_PATH: Final = "/login"
AUTH_PATH: Final = "/auth"
HOST: Final = "app.example.test"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a writer puts its cookies."""

    domain: str | None = None
    path: str = "/"

    @property
    def scope(self) -> CookieScope:
        return CookieScope(self.domain.removeprefix(".") if self.domain else None, self.path)


@dataclass(frozen=True, slots=True)
class Context:
    """A place in the site's server code that asks for the session: see `site.cjs`.

    Attributes:
        adapter: which.
        navigation: whether page loads pass it; otherwise script asks it in the background.
        forced: whether it refreshes in any case.
        path: where script asks it.
    """

    adapter: str
    navigation: bool = True
    forced: bool = False
    path: str = "/api/session"

    @property
    def query(self) -> str:
        return f"context={self.adapter}{'&force=1' if self.forced else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything that is decided before a history begins.

    Attributes:
        server: `stock`, `shield` or `library`.
        storage: of the library: `sealed` or `amplify`.
        front: `amplify`, `hardtack.js` or `none`.
        hosts: what people open, the first one first.
        client: where Amplify in the browser writes.
        adapter: where Amplify's adapter on the server writes.
        after: both, after a deployment.
        contexts: of the server's code.
        policy: where the shield or the library writes; the client's place unless said.
        refreshes: whether the shield refreshes in the site's place.
        habit: what the site does at `tokenRefresh_failure`: `sign-out`, `reload` or `none`.
        rotation: whether refresh tokens rotate.
        grace: seconds that a rotated one is good for.
        policies: those of an explored world, before and after its deployment: they sweep as its own do.
        flow: Amplify's way to sign in. With `USER_SRP_AUTH`, its default, the page works for seconds on one number;
            nothing that is written differs but the flow's name in `signInDetails`.
    """

    server: str = "stock"
    storage: str = "sealed"
    front: str = "amplify"
    hosts: tuple[str, ...] = (HOST,)
    client: Placement = Placement(".example.test")
    adapter: Placement = Placement()
    after: tuple[Placement, Placement] | None = None
    contexts: tuple[Context, ...] = field(
        default=(Context("next-response"), Context("server-action", navigation=False, forced=True))
    )
    policy: Placement | None = None
    refreshes: bool = False
    habit: str = "sign-out"
    rotation: bool = False
    grace: int = 0
    policies: tuple[CookiePolicy, ...] = ()
    flow: str = "USER_PASSWORD_AUTH"

    @classmethod
    def of_world(cls, world: Any, *, habit: str = "sign-out") -> Self:
        """The same as an explored world has it."""
        return cls(
            server=str(world.server),
            storage=world.storage,
            front=world.front,
            hosts=tuple(world.hosts),
            client=_placement(world.client),
            adapter=_placement(world.adapter),
            after=(_placement(world.after[0]), _placement(world.after[1])) if world.after else None,
            contexts=tuple(Context(str(each.adapter), each.navigation, each.forced) for each in world.contexts),
            policy=_placement(world.policy) if world.policy else None,
            refreshes=world.refreshes,
            habit=habit,
            rotation=world.rotation,
            grace=world.grace,
            policies=() if world.server == "stock" else tuple(map(world.policy_at, (0, 1) if world.after else (0,))),
        )

    @property
    def host(self) -> str:
        return self.hosts[0]

    @property
    def has_script(self) -> bool:
        return self.front != "none"

    @property
    def base(self) -> str:
        """Where Hardtack's own addresses lie."""
        return AUTH_PATH if self.server == "library" else BASE_PATH

    @property
    def sign_in(self) -> str:
        """Where people sign in."""
        return f"{AUTH_PATH}/sign-in" if self.server == "library" else SIGN_IN_PATH

    @property
    def page_context(self) -> Context | None:
        """What page loads pass."""
        return next((each for each in self.contexts if each.navigation), None)

    def client_at(self, release: int) -> Placement:
        return self.after[0] if release and self.after else self.client

    def adapter_at(self, release: int) -> Placement:
        return self.after[1] if release and self.after else self.adapter

    def policy_at(self, release: int) -> CookiePolicy:
        """After a deployment, the place before is named as a legacy one."""
        if self.policies:
            return self.policies[release]
        before = self.policy or self.client
        place = self.after[0] if release and self.after else before
        return CookiePolicy(
            origins=tuple(f"https://{host}" for host in self.hosts),
            domain=place.domain,
            path=place.path,
            http_only=not self.has_script,
            legacy_scopes=() if place.scope == before.scope else (before.scope,),
            owns_domain=True,
        )


def _placement(place: Any) -> Placement:
    return Placement(place.domain, place.path)
