"""What a project, a policy file or one of Amplify's own files says of the world to be explored.

Rule: the doctor reads a project and the explorer explores a world; neither knows the other, so the command line carries
what the one found to the other. What can't be read off the project is asked for, and never guessed; what was read, and
what was taken because nobody says otherwise, is told in a line each.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from hardtack.amplify import FILE_NAMES, load_amplify_config
from hardtack.amplify.adapter import AdapterContext, release_of
from hardtack.doctor.configured import (
    AppFact,
    CodeContext,
    ConfigureCall,
    OriginConfigured,
    PackageVersion,
    RotationKnown,
    ScopeConfigured,
    SessionRead,
)
from hardtack.doctor.examination import examine, kind_of
from hardtack.doctor.facts import SourceKind
from hardtack.doctor.observed import Side
from hardtack.explore.configuring import base_of_policy_file
from hardtack.explore.errors import ExploreError
from hardtack.explore.world import Context, Fault, Placement, World
from hardtack.sessions.policy_file import load_policy_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hardtack.doctor.facts import Facts
    from hardtack.explore.configuring import Wishes

__all__ = ["Target", "base_of_facts", "read_policy", "read_target"]

_Found = TypeVar("_Found", bound=AppFact)
_PROFILE: Final = "amplify"
_OUTAGE: Final = frozenset({Fault.OUTAGE})
_CONTEXTS: Final = {
    CodeContext.MIDDLEWARE: Context(AdapterContext.NEXT_RESPONSE),
    CodeContext.PAGES: Context(AdapterContext.GET_SERVER_SIDE_PROPS),
    CodeContext.SERVER_COMPONENT: Context(AdapterContext.SERVER_COMPONENT),
    CodeContext.SERVER_ACTION: Context(AdapterContext.SERVER_ACTION, navigation=False),
    CodeContext.ROUTE_COOKIES: Context(AdapterContext.SERVER_ACTION, navigation=False),
    CodeContext.ROUTE_RESPONSE: Context(AdapterContext.RESPONSE, navigation=False),
}
"""What the adapter is in each of Next's places. A route handler with `cookies` is to it as a server action is."""
_API_ROUTES: Final = "pages/api/"


@dataclass(frozen=True, slots=True)
class Target:
    """What was read.

    Attributes:
        world: what the world begins as; wishes come on top of it.
        notes: what was read, and what was taken for granted, a line each.
    """

    world: World
    notes: tuple[str, ...] = ()


def read_policy(path: Path) -> Target:
    """A policy file: the site behind the shield.

    Raises:
        PolicyFileError: see `load_policy_file`.
    """
    world = base_of_policy_file(load_policy_file(path))
    owns = "the whole domain" if world.owns_domain else "its own scope, what lies below it, and legacy_scopes"
    where = f"for {world.client}" if world.client.domain else str(world.client)
    return Target(
        world,
        (
            f"{path.name}: browser and policy write {where}; the policy may sweep {owns}.",
            f"The adapter is explored as {world.adapter}, its default: --server-domain says otherwise.",
        ),
    )


def read_target(path: Path, wishes: Wishes) -> Target:
    """A project's folder, one of Amplify's configuration files, or a policy file.

    Args:
        path: where it is.
        wishes: what need not be read, since somebody says it.

    Raises:
        HardtackError: there is nothing there to be read, or something that counts can't be read off it.
    """
    if path.suffix == ".toml" and path.name != "pyproject.toml":
        return read_policy(path)
    if path.name in FILE_NAMES or (path.suffix == ".json" and path.name != "package.json"):
        load_amplify_config(path)  # raises if it is another file
        return Target(
            _usual(),
            (
                f"{path.name} says nothing of cookies: explored as Amplify writes by itself, host-only on both sides.",
                "--client-domain and --server-domain say otherwise; the project's folder says it by itself.",
            ),
        )
    if not path.exists() or kind_of(str(path)) is not SourceKind.PROJECT:
        raise ExploreError(
            "There is no project here that the explorer could read.",
            hint="Name its folder, amplify_outputs.json or hardtack.toml; recordings and addresses are for the doctor.",
        )
    return base_of_facts(examine(str(path), Namespace(), kind=SourceKind.PROJECT), wishes)


def _usual() -> World:
    return World(client=Placement(), faults=_OUTAGE)


def base_of_facts(facts: Facts, wishes: Wishes) -> Target:
    """The world of a project.

    Args:
        facts: what the doctor read.
        wishes: what need not be read.

    Raises:
        ExploreError: something that counts isn't there, or can't be told.
    """
    app = _the_app(facts)
    said = _Said([fact for fact in facts.items if isinstance(fact, AppFact) and fact.app == app])
    client = said.client(wished=wishes.client_domain is not None)
    adapter = said.adapter(wished=wishes.server_domain is not None)
    world = World(
        client=client,
        adapter=adapter or Placement(),
        contexts=said.contexts() if adapter is not None else (),
        rotation=said.rotation(wished=wishes.rotation),
        release=said.release(wished=wishes.release),
        faults=_OUTAGE,
    )
    world = replace(world, hosts=said.hosts(world) or world.hosts)
    return Target(world, tuple(said.notes))


def _the_app(facts: Facts) -> str:
    """The one app that uses Amplify."""
    apps = sorted(
        {
            fact.app
            for fact in facts.items
            if isinstance(fact, ConfigureCall) or (isinstance(fact, ScopeConfigured) and fact.profile == _PROFILE)
        }
    )
    if not apps:
        raise ExploreError(
            "Nothing in this project configures Amplify, so there is no world to be read off it.",
            hint="Name the folder of the site itself, or say how it writes: --client-domain, --server-domain.",
        )
    if len(apps) > 1:
        raise ExploreError(f"There are {len(apps)} apps in this project.", hint="Name the folder of one of them.")
    return apps[0]


@dataclass(slots=True)
class _Said:
    """What one app says. Each question leaves a note."""

    facts: list[AppFact]
    notes: list[str] = field(default_factory=list[str])

    def client(self, *, wished: bool) -> Placement:
        """Where the browser's Amplify writes."""
        scopes = self._scopes(Side.BROWSER)
        if wished:
            return Placement(None, scopes[-1].path if scopes and "path" not in scopes[-1].unresolved else "/")
        if not scopes:
            raise ExploreError(
                "The browser's Amplify keeps its session in localStorage here, or somewhere that can't be told.",
                hint="No server sees that, and no cookie has a twin. If it is cookies: --client-domain.",
            )
        return self._placed(scopes[-1], "the browser writes", "--client-domain")

    def adapter(self, *, wished: bool) -> Placement | None:
        """Where the adapter writes; None if there is none."""
        scopes = self._scopes(Side.SERVER)
        if wished:
            return Placement()
        if not scopes:
            self.notes.append("No createServerRunner was found: no server refreshes.")
            return None
        if scopes[-1].http_only:
            self.notes.append(f"{_place(scopes[-1])}the adapter's HttpOnly mode is not modelled: explored without.")
        return self._placed(scopes[-1], "the server's adapter writes", "--server-domain")

    def contexts(self) -> tuple[Context, ...]:
        """Where on the server the session is asked for."""
        reads = [one for one in self._of(SessionRead) if one.side is Side.SERVER and one.context in _CONTEXTS]
        background: dict[AdapterContext, Context] = {}
        pages: dict[CodeContext, Context] = {}
        for one in reads:
            made = _CONTEXTS[one.context]
            api = _API_ROUTES in one.evidence.place.source
            if made.navigation and not api:
                known = pages.get(one.context)
                pages[one.context] = _forced(made, one, known)
            else:
                made = Context(made.adapter, navigation=False)
                background[made.adapter] = _forced(made, one, background.get(made.adapter))
        first = next((pages[where] for where in _CONTEXTS if where in pages), None)
        found = (*((first,) if first is not None else ()), *background.values())
        if len(pages) > 1:
            self.notes.append("Page loads ask for the session in several places: the first of them is explored.")
        told = ", ".join(map(_told, found)) or "nowhere: its adapter is never asked"
        self.notes.append(f"The server asks for the session: {told}.")
        return found

    def rotation(self, *, wished: bool | None) -> bool:
        """Whether refresh tokens rotate."""
        if wished is not None:
            return wished
        known = self._of(RotationKnown)
        if known:
            does = "rotate" if known[-1].enabled else "don't rotate"
            self.notes.append(f"{_place(known[-1])}refresh tokens {does}.")
            return known[-1].enabled
        self.notes.append("Nothing says whether refresh tokens rotate: explored as if they did; --no-rotation.")
        return True

    def release(self, *, wished: str | None) -> str:
        """Which release of aws-amplify."""
        usual = World().release
        if wished is not None:
            return wished
        for one in self._of(PackageVersion):
            if one.name != "aws-amplify":
                continue
            version = one.version.lstrip("^~>=v ")
            try:
                release_of(version)
            except ValueError:
                break
            self.notes.append(f"{_place(one)}aws-amplify {version}.")
            return version
        self.notes.append(f"No release of aws-amplify that is modelled can be told: explored as {usual}; --release.")
        return usual

    def hosts(self, world: World) -> tuple[str, ...]:
        """The hosts that the site is said to have, as far as its cookies can reach them."""
        domains = [
            domain.removeprefix(".") for domain in (world.client.domain, world.adapter.domain) if domain is not None
        ]
        hosts = dict.fromkeys(one.host for one in self._of(OriginConfigured) if one.secure and "." in one.host)
        return tuple(host for host in hosts if all(host == domain or host.endswith(f".{domain}") for domain in domains))

    def _placed(self, scope: ScopeConfigured, who: str, option: str) -> Placement:
        if scope.unresolved & {"domain", "path"}:
            what = "path" if "domain" not in scope.unresolved else "domain"
            raise ExploreError(
                f"{_place(scope)}for which {what} {who} can't be read off the code.",
                hint=f"Say it: {option} .example.com, or {option} default.",
            )
        placement = Placement(scope.domain, scope.path)
        self.notes.append(f"{_place(scope)}{who} {'' if scope.domain is None else 'for '}{placement}.")
        return placement

    def _scopes(self, side: Side) -> list[ScopeConfigured]:
        return [one for one in self._of(ScopeConfigured) if one.side is side and one.profile == _PROFILE]

    def _of(self, kind: type[_Found]) -> list[_Found]:
        return [one for one in self.facts if isinstance(one, kind)]


def _forced(context: Context, read: SessionRead, known: Context | None) -> Context:
    forced = read.force_refresh is True or (known is not None and known.forced)
    return Context(context.adapter, navigation=context.navigation, forced=forced)


def _told(context: Context) -> str:
    words: Iterable[str] = (
        context.adapter.value.replace("-", " "),
        "" if context.navigation else "in the background",
        "forced" if context.forced else "",
    )
    return " ".join(filter(None, words))


def _place(fact: AppFact) -> str:
    place = fact.evidence.place
    return f"{place.source}:{place.line}: " if place.line else f"{place.source}: "
