"""From wishes to a world: what somebody says of their site, checked, and completed by what is usual.

Rule: a wish is taken or refused, and never bent. Whatever browsers would refuse, whatever contradicts another wish and
whatever no world has is one sentence that names the option and says what to write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from hardtack.amplify.adapter import AdapterContext, release_of
from hardtack.cookies import CookiePolicy
from hardtack.explore.errors import ExploreError
from hardtack.explore.world import Context, Fault, Placement, Server, World

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardtack.cookies.jar import Engine
    from hardtack.sessions.policy_file import PolicyFile

__all__ = ["DEFAULT", "Front", "Storage", "Wishes", "base_of_policy_file", "context_of", "world_of"]

Storage = Literal["sealed", "amplify"]
Front = Literal["amplify", "hardtack.js", "none"]

DEFAULT: Final = "default"
"""In the place of a domain: what is written where none is given, host-only cookies."""
_MOST_PEOPLE: Final = 2  # see hardtack.explore.symbols.PEOPLE
_MOST_TABS: Final = 4  # with a fifth one no search comes to its end
_LEAST_GRANTS: Final = 2  # with a single one nothing is ever refreshed, and nobody signs in again
_MOST_GRANTS: Final = 9  # more than any shortest history that was found needs
_MOST_GRACE: Final = 60  # seconds: Cognito's own limit
_ROTATES: Final = (6, 15, 4)  # the first release whose refresh takes a rotated token over
_WITH_OPTIONS: Final = (6, 13, 0)  # the first release whose adapter can be told a domain
_ASSIGNED: Final = re.compile(r'\b(?:domain|path|origins)="(?P<value>[^"]*)"')  # as the policy's hints have it
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)
_BACKGROUND: Final = "background"
_FORCED: Final = "forced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What somebody asks of a world. None leaves what there is; a domain may be `default`.

    Attributes:
        server: who answers.
        storage: the library's.
        front: what runs in the pages.
        hosts: the hosts of the site, the one that people open first.
        client_domain: where Amplify in the browser writes.
        client_path: the same.
        server_domain: where Amplify's adapter on the server writes.
        policy_domain: where the shield or the library writes.
        refreshes: whether the shield refreshes in the site's place.
        after_client_domain: where the browser's side writes after a release; the policy goes with it.
        after_server_domain: where the adapter does then.
        contexts: the server's contexts, see `context_of`; none at all for a server that asks for no session.
        rotation: whether refresh tokens rotate.
        grace: seconds that a rotated refresh token is still good.
        people: who may sign in at this browser, 1 or 2.
        tabs: 1 to 4.
        grants: sets of tokens that the pool grants in one history, 2 to 9; 0 for any number.
        fault_set: `none`, `default` (an outage, and the release if there is one) or `all`.
        faults: names of faults that may happen as well.
        release: of aws-amplify.
        engine: the browser.
    """

    server: Server | None = None
    storage: Storage | None = None
    front: Front | None = None
    hosts: tuple[str, ...] = ()
    client_domain: str | None = None
    client_path: str | None = None
    server_domain: str | None = None
    policy_domain: str | None = None
    refreshes: bool | None = None
    after_client_domain: str | None = None
    after_server_domain: str | None = None
    contexts: tuple[str, ...] | None = None
    rotation: bool | None = None
    grace: int | None = None
    people: int | None = None
    tabs: int | None = None
    grants: int | None = None
    fault_set: str | None = None
    faults: tuple[str, ...] = ()
    release: str | None = None
    engine: Engine | None = None

    @property
    def any(self) -> bool:
        """Whether anything is wished."""
        return self != Wishes()


def world_of(wishes: Wishes, base: World | None = None) -> World:
    """The world that somebody wishes for.

    Args:
        wishes: what they say.
        base: what they begin with: a famous case, or what a project says. Without one, what is usual.

    Raises:
        ExploreError: it can't be; the sentence names the option.
    """
    world = _with_server(wishes, base)
    world = _with_places(wishes, world)
    world = _with_numbers(wishes, world)
    if wishes.contexts is not None:
        world = replace(world, contexts=tuple(map(context_of, wishes.contexts)))
    world = _with_release(wishes, world)
    world = replace(world, faults=_faults(wishes, world))
    _check_places(world)
    return world


def base_of_policy_file(file: PolicyFile) -> World:
    """The shield as a policy file describes it, before a stock site whose adapter was told no domain.

    Args:
        file: of it the hosts, the domain, the path, what may be swept, how much of it at once, and whether the shield
            refreshes.
    """
    policy = file.policy
    placement = Placement(f".{policy.domain}" if policy.domain else None, policy.path)
    return World(
        server=Server.SHIELD,
        hosts=tuple(dict.fromkeys(urlsplit(origin).hostname or "" for origin in policy.origins)),
        client=placement,
        policy=placement,
        legacy=policy.legacy_scopes,
        owns_domain=policy.owns_domain,
        budget=policy.sweep_budget,
        refreshes=file.shield.get("refreshes") is True,
        faults=frozenset({Fault.OUTAGE}),
    )


def context_of(text: str) -> Context:
    """A context of the server, as it is written.

    Args:
        text: the name of an `AdapterContext`; `:background` where script asks and not a page load, `:forced` where the
            tokens are refreshed in any case.

    Raises:
        ExploreError: it is none.
    """
    name, *words = text.split(":")
    known = [context.value for context in AdapterContext]
    if name not in known or not set(words) <= {_BACKGROUND, _FORCED}:
        raise ExploreError(
            "--context: there is no such context of the server.",
            hint=f"Write one of {', '.join(known)}, and after it :background or :forced or both.",
        )
    return Context(AdapterContext(name), navigation=_BACKGROUND not in words, forced=_FORCED in words)


def _usual(server: Server, storage: Storage) -> World:
    """What a site is where nothing is said of it: nobody was told a domain."""
    front: Front = "none" if server is Server.LIBRARY else "amplify"
    contexts = World().contexts
    if server is Server.LIBRARY:
        contexts = tuple(replace(context, forced=False) for context in contexts)
    return World(
        server=server,
        storage=storage,
        front=front,
        client=Placement(),
        policy=Placement() if server is Server.LIBRARY else None,
        contexts=contexts,
        faults=frozenset({Fault.OUTAGE}),
    )


def _with_server(wishes: Wishes, base: World | None) -> World:
    """Who answers, what the library stores in, what runs in the pages."""
    server = wishes.server or (base.server if base is not None else Server.STOCK)
    storage = wishes.storage or (base.storage if base is not None else "sealed")
    usual = _usual(server, storage)
    if base is None:
        world = usual
    elif base.server is server:
        world = replace(base, storage=storage)
    else:  # the same site, answered by somebody else
        policy = (base.policy or base.client) if server is Server.LIBRARY else None
        world = replace(base, server=server, storage=storage, front=usual.front, policy=policy)
    front = wishes.front or world.front
    if wishes.storage is not None and server is not Server.LIBRARY:
        raise ExploreError("--storage: only the library has a storage.", hint="Add --server library, or leave it out.")
    if server is Server.LIBRARY and storage == "sealed" and front != "none":
        raise ExploreError(
            "--front: the library's sealed storage shares nothing with Amplify in the pages.",
            hint="Add --storage amplify, or --front none.",
        )
    if server is Server.STOCK and front == "hardtack.js":
        raise ExploreError(
            "--front: hardtack.js needs something of Hardtack's at the server.",
            hint="Add --server shield, or --server library --storage amplify.",
        )
    if server is not Server.LIBRARY and front == "none":
        raise ExploreError(
            "--front: at a stock site, and behind the shield, it is Amplify in the pages that signs people in.",
            hint="Write --front amplify, or --server library.",
        )
    if wishes.refreshes and server is not Server.SHIELD:
        raise ExploreError("--refreshes: it is the shield that may refresh.", hint="Add --server shield.")
    refreshes = world.refreshes if wishes.refreshes is None else wishes.refreshes
    return replace(world, front=front, refreshes=refreshes and server is Server.SHIELD)


def _with_places(wishes: Wishes, world: World) -> World:
    """Where everybody writes, before and after the release."""
    library = world.server is Server.LIBRARY
    if wishes.policy_domain is not None and world.server is Server.STOCK:
        raise ExploreError(
            "--policy-domain: a stock site has no policy.", hint="Add --server shield or --server library."
        )
    if library and (wishes.server_domain is not None or wishes.after_server_domain is not None):
        raise ExploreError(
            "--server-domain: the library writes by its policy, and there is no adapter.", hint="Write --policy-domain."
        )
    if library and not world.has_script and wishes.client_domain is not None:
        raise ExploreError(
            "--client-domain: nothing in these pages writes cookies.",
            hint="Write --policy-domain, or add --front hardtack.js --storage amplify.",
        )
    client = _placed(world.client, wishes.client_domain)
    if wishes.client_path is not None:
        client = replace(client, path=wishes.client_path)
    policy = world.policy
    if wishes.policy_domain is not None:
        policy = _placed(policy or client, wishes.policy_domain)
        client = policy if library and not world.has_script else client
    adapter = _placed(world.adapter, wishes.server_domain)
    after = world.after
    if wishes.after_client_domain is not None or wishes.after_server_domain is not None:
        before = (client if after is None else after[0], adapter if after is None else after[1])
        after = (_placed(before[0], wishes.after_client_domain), _placed(before[1], wishes.after_server_domain))
        if after == (policy if library and policy else client, adapter):
            raise ExploreError(
                "--after-client-domain: a release that moves no cookies makes no difference.",
                hint="Name another domain than before, or leave it out.",
            )
    hosts = wishes.hosts or _hosts(world, (client, adapter, policy))
    return replace(world, hosts=hosts, client=client, adapter=adapter, policy=policy, after=after)


def _placed(before: Placement, domain: str | None) -> Placement:
    """The same place with another domain."""
    if domain is None:
        return before
    return replace(before, domain=None if domain == DEFAULT else domain)


def _hosts(world: World, places: Iterable[Placement | None]) -> tuple[str, ...]:
    """The hosts of the world; where a domain is named that covers none of them, one that it covers."""
    for place in places:
        domain = (place.domain or "").removeprefix(".") if place is not None else ""
        if domain and not any(host == domain or host.endswith(f".{domain}") for host in world.hosts):
            return (f"app.{domain}",)
    return world.hosts


def _with_numbers(wishes: Wishes, world: World) -> World:
    """How many, and how long."""
    people = _between("--people", wishes.people, world.people, least=1, most=_MOST_PEOPLE)
    tabs = _between("--tabs", wishes.tabs, world.tabs, least=1, most=_MOST_TABS)
    grants = 0  # any number
    if wishes.grants != grants:
        grants = _between("--grants", wishes.grants, world.grants, least=_LEAST_GRANTS, most=_MOST_GRANTS)
    grace = _between("--grace", wishes.grace, world.grace, least=0, most=_MOST_GRACE)
    rotation = world.rotation if wishes.rotation is None else wishes.rotation
    if wishes.grace and not rotation:
        raise ExploreError("--grace: what does not rotate has no grace period.", hint="Write --rotation, or leave it.")
    return replace(
        world,
        people=people,
        tabs=tabs,
        grants=grants,
        grace=grace,
        rotation=rotation,
        engine=wishes.engine or world.engine,
    )


def _between(option: str, wished: int | None, there: int, *, least: int, most: int) -> int:
    if wished is None:
        return there
    if not least <= wished <= most:
        raise ExploreError(f"{option}: {wished} is not from {least} to {most}.", hint=f"Write {option} {least}.")
    return wished


def _with_release(wishes: Wishes, world: World) -> World:
    """Amplify's release, and what it can't do."""
    release = wishes.release or world.release
    try:
        release_of(release)
    except ValueError:
        raise ExploreError(
            "--release: no release of Amplify since 6.0.1 has this number.", hint="Write it as in --release 6.22.1."
        ) from None
    numbers = tuple(int("".join(filter(str.isdigit, part)) or 0) for part in release.split(".")[:3])
    if numbers < _ROTATES and world.rotation:
        if wishes.rotation:
            raise ExploreError(
                "--rotation: Amplify before 6.15.4 can't follow a refresh token that rotates.",
                hint="Leave --rotation out, or write --release 6.15.4.",
            )
        world = replace(world, rotation=False, grace=0)
    if numbers < _WITH_OPTIONS and world.adapter.domain is not None:
        raise ExploreError(
            "--server-domain: Amplify's adapter can be told a domain since 6.13.0.",
            hint="Write --server-domain default, or --release 6.13.0.",
        )
    return replace(world, release=release)


def _faults(wishes: Wishes, world: World) -> frozenset[Fault]:
    """What may go wrong."""
    match wishes.fault_set:
        case None:
            found = world.faults
        case "none":
            found = frozenset[Fault]()
        case "default":
            found = frozenset({Fault.OUTAGE, Fault.DEPLOYMENT})
        case "all":
            found = frozenset(Fault)
        case _:
            raise ExploreError("--faults: there is no such set of faults.", hint="Write none, default or all.")
    known = {fault.value: fault for fault in Fault}
    for name in wishes.faults:
        if name not in known:
            raise ExploreError("--fault: there is no such fault.", hint=f"Write one of {', '.join(known)}.")
    found |= {known[name] for name in wishes.faults}
    if world.after is None:
        if Fault.DEPLOYMENT.value in wishes.faults:
            raise ExploreError(
                "--fault deployment: it is not said where the release writes its cookies.",
                hint="Add --after-client-domain or --after-server-domain.",
            )
        return found - {Fault.DEPLOYMENT}
    released = wishes.after_client_domain is not None or wishes.after_server_domain is not None
    return found | {Fault.DEPLOYMENT} if released else found


def _check_places(world: World) -> None:
    """Whether browsers would keep what is written there."""
    if not all(_HOST.fullmatch(host) for host in world.hosts):
        raise ExploreError(
            "--host: a host is written without a scheme, a port or a path.", hint="Write it as in app.example.com."
        )
    after = world.after or (world.client, world.adapter)
    places = (
        ("--client-domain", world.client),
        ("--server-domain", world.adapter),
        ("--policy-domain", world.policy or world.client),
        ("--after-client-domain", after[0]),
        ("--after-server-domain", after[1]),
    )
    for option, place in places:
        problems = CookiePolicy.check(
            origins=tuple(f"https://{host}" for host in world.hosts),
            domain=place.domain,
            path=place.path,
            http_only=False,
        )
        for problem in problems[:1]:
            at = {"origins": "--host", "path": "--client-path"}.get(problem.attribute.partition("[")[0], option)
            hint = _ASSIGNED.sub(rf"{at} \g<value>", problem.hint).replace("leave domain out", f"{at} default")
            raise ExploreError(f"{at}: {problem.sentence}", hint=hint)
