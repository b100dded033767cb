"""The famous cases, each as a world: what people have set up, and what Hardtack makes of it.

Rule: a stock world holds just what its case needs, so that the shortest history says what is wrong and nothing else. A
world of Hardtack's own holds everything that its promise speaks of: two tabs, two of the server's contexts, rotation, a
release that moves the cookies, and outages.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from hardtack.amplify.adapter import AdapterContext
from hardtack.explore.errors import ExploreError
from hardtack.explore.world import Context, Fault, Placement, Server, World

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PRESETS", "Preset", "preset"]

_PARENT: Final = Placement(".example.com")
_HOST_ONLY: Final = Placement()
_NONE: Final[frozenset[Fault]] = frozenset()
_PROMISED: Final = frozenset({Fault.DEPLOYMENT, Fault.OUTAGE})
_PAGES: Final = Context(AdapterContext.NEXT_RESPONSE)
_OLD_PAGES: Final = Context(AdapterContext.GET_SERVER_SIDE_PROPS)
_BACKGROUND: Final = Context(AdapterContext.SERVER_ACTION, navigation=False)
_FORCED: Final = Context(AdapterContext.SERVER_ACTION, navigation=False, forced=True)
_LIBRARY: Final = World(
    server=Server.LIBRARY,
    storage="sealed",
    front="none",
    client=_HOST_ONLY,
    policy=_HOST_ONLY,
    after=(_PARENT, _PARENT),
    contexts=(_PAGES, _BACKGROUND),
    faults=_PROMISED,
)
_SHIELD: Final = World(
    server=Server.SHIELD,
    client=_PARENT,
    adapter=_HOST_ONLY,
    after=(_HOST_ONLY, _HOST_ONLY),
    contexts=(_PAGES, _FORCED),
    faults=_PROMISED,
    grants=3,
)
_WITH_SCRIPT: Final = replace(_SHIELD, front="hardtack.js")


class Preset(NamedTuple):
    """A famous case.

    Attributes:
        name: what it is called on the command line.
        sentence: what it is, for people.
        world: the world.
    """

    name: str
    sentence: str
    world: World


def preset(name: str) -> Preset:
    """The case of a name.

    Raises:
        ExploreError: there is none; its hint says what there is.
    """
    found = PRESETS.get(name)
    if found is not None:
        return found
    near = get_close_matches(name[:64], list(PRESETS), n=1)
    raise ExploreError(
        "There is no preset of this name.",
        hint=f"Perhaps {near[0]} is meant; --presets lists them all." if near else "--presets lists them all.",
    )


PRESETS: Final[Mapping[str, Preset]] = MappingProxyType(
    {
        each.name: each
        for each in (
            Preset(
                "amplify-default-server",
                "The browser's Amplify writes for .example.com, the server's adapter keeps its default: host-only.",
                World(client=_PARENT, adapter=_HOST_ONLY, contexts=(_FORCED,), rotation=False, faults=_NONE),
            ),
            Preset(
                "amplify-host-only-client",
                "The other way round: the browser's Amplify writes host-only, the server's adapter for .example.com.",
                World(client=_HOST_ONLY, adapter=_PARENT, contexts=(_FORCED,), rotation=False, faults=_NONE),
            ),
            Preset(
                "amplify-middleware",
                "The same two scopes, and nothing is forced: Next's middleware refreshes what has expired.",
                World(client=_PARENT, adapter=_HOST_ONLY, contexts=(_PAGES,), rotation=False, faults=_NONE),
            ),
            Preset(
                "amplify-one-domain",
                "One domain everywhere, and no server that refreshes: two tabs and rotating refresh tokens are left.",
                World(client=_PARENT, adapter=_PARENT, contexts=(), faults=_NONE),
            ),
            Preset(
                "amplify-one-domain-server",
                "One domain everywhere, and a server that refreshes: on page loads, and forced by a server action.",
                World(client=_PARENT, adapter=_PARENT, contexts=(_PAGES, _FORCED), faults=_NONE),
            ),
            Preset(
                "amplify-domain-migration",
                "A release moves the browser's cookies from host-only to .example.com; no server refreshes.",
                World(
                    client=_HOST_ONLY,
                    adapter=_HOST_ONLY,
                    after=(_PARENT, _PARENT),
                    contexts=(),
                    rotation=False,
                    faults=frozenset({Fault.DEPLOYMENT}),
                ),
            ),
            Preset(
                "amplify-old-release",
                "aws-amplify 6.3.3 in getServerSideProps: its adapter can't be told a domain, so two scopes are sure.",
                World(
                    client=_PARENT,
                    adapter=_HOST_ONLY,
                    contexts=(_OLD_PAGES,),
                    rotation=False,
                    faults=_NONE,
                    release="6.3.3",
                ),
            ),
            Preset(
                "library-sealed",
                "A Python application with Hardtack alone: one sealed cookie, in pages and in the background.",
                _LIBRARY,
            ),
            Preset(
                "library-amplify",
                "The same with Amplify's cookies; a release moves them from host-only to .example.com.",
                replace(_LIBRARY, storage="amplify"),
            ),
            Preset(
                "shield",
                "The shield before the site of amplify-default-server; a release takes the browser's domain away.",
                _SHIELD,
            ),
            Preset(
                "shield-with-hardtack-js",
                "The same site with hardtack.js in its pages as well.",
                _WITH_SCRIPT,
            ),
            Preset(
                "shield-that-refreshes",
                "The same, and the shield refreshes in the site's place, for script as well.",
                replace(_WITH_SCRIPT, refreshes=True),
            ),
        )
    }
)
"""By name, in the order in which they are listed."""
