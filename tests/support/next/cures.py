"""What a front does about the failure: the stories of `stories` go on from the point where a browser is stuck.

Rule: the browser is made stuck without any help, then the front is put before the site under the same address, and
from there on everything goes through it. What is counted is what a person would count: pages until rest, whether the
first sign-in works, and what is left in the jar.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from support.next.stories import Failure, TooSlowError, acting_alone, leave_a_residue, signed_in_twice
from support.next.tabs import auth_scopes
from support.next.visit import EARLY, OK, Visitor, expired

if TYPE_CHECKING:
    from support.next.front import Door
    from support.next.stories import Doors, Row
    from support.next.tabs import Browser

MOST_NAVIGATIONS = 6
"""Page loads after which it is said that something stays."""

STORM = 6
"""Calls for the session, one after the other."""


@dataclass(slots=True)
class Cure:
    """What was seen with a front.

    Attributes:
        rest: where the sign-in page with guard and listener comes to rest; `loop` if nowhere.
        loads: documents until then.
        sign_in: what the first sign-in answers.
        client: whom script sees on the next page.
        server: whom the server sees then.
        refresh: what a refresh on the server through the front comes to.
        refreshed: cookies by scope after it.
        left: cookies by scope after signing out and one page load.
        pages_left: page loads after the sign-out until nothing was left; None if something stayed.
        again: what the next sign-in answers.
        twins: cookies by scope, before the front, of somebody who is signed in with living twins.
        healed: theirs after one page load through the front.
        pages_twins: page loads until one set alone was left in the client's scope; None if twins stayed.
        still: whom script sees then.
        living_left: cookies by scope after their sign-out and one page load.
        pages_living_left: page loads after that sign-out until nothing was left; None if something stayed.
        events: what the shield said, by name.
    """

    rest: str = ""
    loads: int = 0
    sign_in: str = ""
    client: str = ""
    server: str = ""
    refresh: str = ""
    refreshed: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    pages_left: int | None = None
    again: str = ""
    twins: dict[str, int] = field(default_factory=dict)
    healed: dict[str, int] = field(default_factory=dict)
    pages_twins: int | None = None
    still: str = ""
    living_left: dict[str, int] = field(default_factory=dict)
    pages_living_left: int | None = None
    events: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For the file."""
        return asdict(self)


async def stuck_then_front(browser: Browser, door: Door, row: Row, doors: Doors, seen: Cure) -> None:
    """A browser with a dead residue meets the front."""
    assert doors.shield is not None
    profile = await browser.profile()
    try:
        visitor = Visitor(await profile.tab(), profile, door)
        failure = Failure()
        await signed_in_twice(visitor, row, doors)
        await leave_a_residue(visitor, row, failure)
        if failure.residue:
            await expired(profile)
        watcher = await acting_alone(visitor)
        await door.lead_to(doors.shield)
        seen.rest, seen.loads = await watcher.rest_or_loop()
        await watcher.tab.close()
        await visitor.open()
        seen.sign_in = await visitor.sign_in()
        await visitor.open("/account" if row.path == "/" else "/login")
        seen.client = await visitor.call("session")
        seen.server = await visitor.call("look-action")
        seen.refresh = await visitor.call("action")
        seen.refreshed = await auth_scopes(profile)
        await visitor.sign_out()
        seen.left, seen.pages_left = await _until_empty(visitor)
        seen.again = await visitor.sign_in()
        if seen.again == OK:
            await visitor.sign_out()
    finally:
        await profile.close()


async def twins_then_front(browser: Browser, door: Door, row: Row, doors: Doors, seen: Cure) -> None:
    """Somebody who is signed in with two living sets meets the front."""
    assert doors.shield is not None
    await door.lead_to(doors.site)
    profile = await browser.profile()
    try:
        visitor = Visitor(await profile.tab(), profile, door)
        seen.twins = await signed_in_twice(visitor, row, doors)
        await door.lead_to(doors.shield)
        page = "/account" if row.path == "/" else "/login"
        await visitor.open(page)
        seen.healed = scopes = await auth_scopes(profile)
        for page_loads in range(1, MOST_NAVIGATIONS + 1):
            if len(scopes) == 1:
                seen.pages_twins = page_loads
                break
            await visitor.open(page)
            scopes = await auth_scopes(profile)
        seen.still = await visitor.call("session")
        await visitor.sign_out()
        seen.living_left, seen.pages_living_left = await _until_empty(visitor)
    finally:
        await profile.close()


async def storm(browser: Browser, door: Door, row: Row, doors: Doors, *, lifetime: int, settled: bool) -> int:
    """How many refreshes six calls for the session cost, once the first-listed access token has expired.

    Args:
        browser: the browser.
        door: the site's door.
        row: who writes where.
        doors: where the door leads.
        lifetime: of the tokens, in seconds.
        settled: whether pages are loaded first until the front has left one set.
    """
    await door.lead_to(doors.before if doors.before is not None else doors.site)
    profile = await browser.profile()
    try:
        visitor = Visitor(await profile.tab(), profile, door)
        await signed_in_twice(visitor, row, doors)
        await expired(profile)
        if doors.shield is not None:
            await door.lead_to(doors.shield)
        await visitor.open("/account")
        for _ in range(MOST_NAVIGATIONS if settled else 0):
            if len(await auth_scopes(profile)) > 1:
                await visitor.open("/account")
        before = visitor.tab.seen.count("GetTokensFromRefreshToken")
        begun = time.time()
        for _ in range(STORM):
            if await visitor.call("session") != "alice":
                return -1
        if time.time() - begun > lifetime - EARLY:
            raise TooSlowError
        return visitor.tab.seen.count("GetTokensFromRefreshToken") - before
    finally:
        await profile.close()


async def _until_empty(visitor: Visitor) -> tuple[dict[str, int], int | None]:
    """Load pages until no auth cookie is left; what was left after the first, and how many it took."""
    first: dict[str, int] | None = None
    for page_loads in range(1, MOST_NAVIGATIONS + 1):
        await visitor.open()
        scopes = await auth_scopes(visitor.profile)
        first = scopes if first is None else first
        if not scopes:
            return first, page_loads
    return first or {}, None
