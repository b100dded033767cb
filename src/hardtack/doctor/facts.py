"""One set of facts: all that a source has to say, and how far it could see.

Rule: sources gather, rules judge. A source never says that something is wrong; a rule never opens a file. So each new
source (logs come later) has every rule at once, and each new rule works on every source that can state its facts.

What was not seen matters as much as what was: without it, "nothing found" would mean both "fine" and "couldn't look".
So a source says for each area how well it saw it, and a rule that needs more than was seen is not counted as passed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from hardtack.doctor.observed import Fact
from hardtack.doctor.quoting import quotable

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["Area", "Facts", "Hint", "Progress", "Sight", "Source", "SourceKind", "no_progress"]

F = TypeVar("F", bound=Fact)


class SourceKind(StrEnum):
    """What the facts were read from."""

    PROJECT = "project"
    HAR = "har"
    LIVE = "live"
    HEADER = "header"
    LOGS = "logs"


class Area(StrEnum):
    """What can be looked at."""

    JAR = "jar"
    """Cookies that a browser holds, twins included: `JarSeen`."""
    SCOPES = "scopes"
    """In which scope each of them lies."""
    WRITES = "writes"
    """Set-Cookie lines: `CookieWritten`, `CacheableWrite`."""
    POOL = "pool"
    """Calls to the user pool with their bodies: `PoolCall`."""
    PAGES = "pages"
    """Loads of pages: `Navigation`, `ErrorSeen`."""
    SIZES = "sizes"
    """`Sizes`, `CookieCrowd`."""
    CLOCK = "clock"
    """`ClockReading`."""
    BROWSER = "browser"
    """`BrowserSeen`, `CookiesBlocked`, `Embedded`."""
    EXPOSURE = "exposure"
    """`TokenExposed`."""
    PROBES = "probes"
    """`Probe`."""
    BROWSER_CONFIG = "browser_config"
    """The browser's side of a configuration: `ConfigureCall`, `StorageCall`, `ScopeConfigured`, `PoolConfigured`."""
    SERVER_CONFIG = "server_config"
    """The server's side of it."""
    CODE = "code"
    """`SessionRead`, `FailureListener`, `MiddlewareFound`, `AuthRoutes`, `SignOutHandler`."""
    ENVIRONMENT = "environment"
    """`EnvironmentValue`, `OriginConfigured`."""
    VERSIONS = "versions"
    """`PackageVersion`."""
    POLICY = "policy"
    """`PolicyRemark`."""


class Sight(StrEnum):
    """How well an area was seen."""

    FULL = "full"
    PARTIAL = "partial"
    """Enough to recognise a fault, not enough to call it absent."""


class Hint(StrEnum):
    """What a source has to tell about itself; each has its text in the messages."""

    COOKIES_STRIPPED = "cookies_stripped"
    """A sanitised recording: cookies and their headers were removed on export."""
    BODIES_MISSING = "bodies_missing"
    ENDS_EARLY = "ends_early"
    """A truncated recording; what could be read was judged."""
    NO_AUTH_SEEN = "no_auth_seen"
    """Nothing of any library that the doctor knows."""
    FOLDED_COOKIES = "folded_cookies"
    """An exporter that folds several Set-Cookie lines into one."""
    PARTLY_UNREADABLE = "partly_unreadable"
    """Some files could not be parsed and were passed over."""
    NO_LOCKFILE = "no_lockfile"
    LIMIT_REACHED = "limit_reached"
    """The examination stopped at its limit of requests."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one source says about one target.

    Attributes:
        kind: what it was read from.
        target: what it is called in a report; made safe.
        items: every fact; observed ones in the order of time.
        sights: how well each area was seen; an area that is missing was not seen at all.
        hints: what the reader has to know about the evidence.
        counts: how much was looked at, such as `{"requests": 214}` or `{"files": 612}`.
    """

    kind: SourceKind
    target: str
    items: tuple[Fact, ...] = ()
    sights: Mapping[Area, Sight] = field(default_factory=lambda: MappingProxyType({}))
    hints: tuple[Hint, ...] = ()
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    _kinds: dict[type[Fact], tuple[Fact, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict[type[Fact], tuple[Fact, ...]]
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", quotable(self.target))

    def of(self, kind: type[F]) -> tuple[F, ...]:
        """Every fact of this kind, in order. Seventy rules ask: what was asked once is kept."""
        found = self._kinds.get(kind)
        if found is None:
            found = self._kinds[kind] = tuple(fact for fact in self.items if isinstance(fact, kind))
        return cast("tuple[F, ...]", found)

    def saw(self, area: Area) -> bool:
        """Whether the area was seen at all."""
        return area in self.sights


Progress = Callable[[int, int | None], None]
"""Told how much is done and of how much (bytes, files or steps; None if unknown), as often as a source likes."""


def no_progress(_done: int, _total: int | None = None) -> None:
    """Tell nobody."""


class Source(Protocol):
    """Something that gathers facts: a module with this one function."""

    def gather(self, target: str, options: Namespace, progress: Progress) -> Facts:
        """Look at the target.

        Args:
            target: a path, a URL or a header's text.
            options: the command's; a source documents which it reads.
            progress: to be called now and then.

        Raises:
            SourceError: the target can't be read at all: exit status 2.
        """
        ...
