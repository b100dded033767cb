"""The failure, step by step: each story is one profile's life and returns what was seen.

Rule: a story decides nothing. It records, by what the browser itself reports, and the tables in `tests/next` say what
should have been seen. Whether a token still lives is read from the token; a machine that was too slow to look while it
lived says so (`TooSlowError`), and the story is told again with tokens that live longer.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from support.next.server import SetUp
from support.next.tabs import auth_scopes
from support.next.visit import ALREADY, OK, Visitor, access_token_ends, expired

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from support.next.front import Door
    from support.next.tabs import Browser


class TooSlowError(Exception):
    """The tokens did not live long enough for what was to be seen while they live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the matrix: who writes where, and what goes on before the sign-out.

    Attributes:
        client: the browser's Domain; None for host-only.
        server: the server's Domain; None for host-only.
        path: the browser's Path.
        first: whose cookies the browser lists first.
        refresh: how the server refreshes: `action`, `route` or `response`; empty where it never does.
        looks: how the server looks once, later: the same ways, or `guard`, which is proxy.ts before a page.
        before: the browser's Domain in the release before; then the fault comes by the migration alone.
        migrates: whether there was such a release.
    """

    client: str | None
    server: str | None
    path: str = "/"
    first: str = "client"
    refresh: str = "action"
    looks: str = "action"
    before: str | None = None
    migrates: bool = False

    @property
    def name(self) -> str:
        """The row in one line: `client scope > server scope, by what`."""
        how = f"{_scope(self.before)} before" if self.migrates else f"{self.first} first"
        by = "" if self.migrates or (self.refresh, self.looks) == ("action", "action") else f", {self.looks}"
        return f"{_scope(self.client, self.path)} > {_scope(self.server)}, {how}{by}"

    @property
    def set_up(self) -> SetUp:
        """The deployment."""
        return SetUp(client_domain=self.client, client_path=self.path, server_domain=self.server)

    def set_up_with_script(self, base: str) -> SetUp:
        """The deployment with hardtack.js in the place of CookieStorage."""
        return replace(self.set_up, hardtack=base)

    @property
    def set_up_before(self) -> SetUp:
        """The release before it."""
        return SetUp(client_domain=self.before, server_domain=self.server)


def _scope(domain: str | None, path: str = "/") -> str:
    return (domain or "host-only") + (path if path != "/" else "")


@dataclass(slots=True)
class Failure:
    """What was seen without any help.

    Attributes:
        twins: cookies by scope while signed in.
        residue: cookies by scope after signing out.
        client_after: whom script sees right after signing out.
        server_after: whom the server sees then.
        again: what a sign-in answers then.
        sign_in: what sign-ins answer once the residue's access token has expired.
        other_user: what another user's sign-in answers then.
        rest: where a page with guard and listener comes to rest; `loop` if nowhere.
        loads: documents until then.
        refused: refused refreshes until then.
        after_server: cookies by scope after the server has looked once.
        sign_in_then: what a sign-in answers after that.
    """

    twins: dict[str, int] = field(default_factory=dict)
    residue: dict[str, int] = field(default_factory=dict)
    client_after: str = "nobody"
    server_after: str = "nobody"
    again: str = OK
    sign_in: list[str] = field(default_factory=list)
    other_user: str = ""
    rest: str = ""
    loads: int = 0
    refused: int = 0
    after_server: dict[str, int] = field(default_factory=dict)
    sign_in_then: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the file."""
        return asdict(self)


@dataclass(slots=True)
class Doors:
    """The ports of this machine that a door can be led to.

    Attributes:
        site: the site itself.
        before: the release before it; None where there was none.
        shield: the shield in front of it.
    """

    site: int
    before: int | None = None
    shield: int | None = None


async def signed_in_twice(visitor: Visitor, row: Row, doors: Doors) -> dict[str, int]:
    """Sign in, and let the server (or a release) write the second set; the cookies by scope."""
    if doors.before is not None:
        await visitor.door.lead_to(doors.before)
    await visitor.open()
    _expect(await visitor.sign_in(), OK)
    if doors.before is not None:
        await visitor.door.lead_to(doors.site)
        await visitor.open()
    if row.refresh:
        _expect(await visitor.call(row.refresh), "alice")
    if row.first == "server":
        _expect(await visitor.call("refresh"), "alice")
    return await auth_scopes(visitor.profile)


async def no_help(browser: Browser, door: Door, row: Row, doors: Doors) -> Failure:
    """The whole failure, as `Matrix` in the tests' tables has it."""
    profile = await browser.profile()
    try:
        visitor = Visitor(await profile.tab(), profile, door)
        seen = Failure()
        seen.twins = await signed_in_twice(visitor, row, doors)
        await leave_a_residue(visitor, row, seen)
        if seen.residue:
            await expired(profile)
        await _watch_for_a_loop(visitor, seen)
        await visitor.open()
        for _ in range(2):
            seen.sign_in.append(await visitor.sign_in())
            if seen.sign_in[-1] == OK:
                await visitor.sign_out()
        if seen.residue:
            seen.other_user = await visitor.sign_in("bob")
            if seen.other_user == OK:
                await visitor.sign_out()
            await server_looks(visitor, row)
            seen.after_server = await auth_scopes(profile)
            seen.sign_in_then = await visitor.sign_in()
        return seen
    finally:
        await profile.close()


async def server_looks(visitor: Visitor, row: Row) -> None:
    """The server asks for the session once, in the row's way."""
    if row.looks == "guard":
        await visitor.open("/members")
    else:
        await visitor.call(f"look-{row.looks}")


async def leave_a_residue(visitor: Visitor, row: Row, seen: Failure) -> None:
    """Sign out, and see what is left, and who is still seen, while the residue's access token lives."""
    profile = visitor.profile
    _expect(await visitor.sign_out(), "signed out")
    seen.residue = await auth_scopes(profile)
    if not seen.residue:
        seen.again = await visitor.sign_in()
        await visitor.sign_out()
        return
    ends = await access_token_ends(profile)
    seen.client_after = await visitor.call("session")
    seen.server_after = await visitor.call("look-action")
    seen.again = await visitor.sign_in()
    if time.time() >= ends:
        raise TooSlowError


async def _watch_for_a_loop(visitor: Visitor, seen: Failure) -> None:
    """A tab with guard and listener on, at the sign-in page."""
    watcher = await acting_alone(visitor)
    tab = watcher.tab
    before = tab.seen.count("GetTokensFromRefreshToken", 400)
    seen.rest, seen.loads = await watcher.rest_or_loop()
    seen.refused = tab.seen.count("GetTokensFromRefreshToken", 400) - before
    await tab.close()


async def acting_alone(visitor: Visitor) -> Visitor:
    """A further tab of the same profile whose guard and listener are on from the next page load on."""
    watcher = Visitor(await visitor.profile.tab(), visitor.profile, visitor.door)
    await watcher.open()
    await watcher.act_alone(on=True)
    return watcher


async def told(tell: Callable[[int], Awaitable[Any]], *, seconds: int = 12, longest: int = 200) -> Any:
    """Tell a story with tokens of so many seconds, and of twice as many as long as the machine is too slow."""
    while True:
        try:
            return await tell(seconds)
        except TooSlowError:
            seconds *= 2
            if seconds > longest:
                raise


def _expect(got: str, wanted: str) -> None:
    """A step that leads to what is to be seen, and says nothing by itself."""
    if got != wanted:
        message = f"The story needs {wanted!r} here and got {got!r}."
        raise AssertionError(message)


__all__ = ["ALREADY", "Doors", "Failure", "Row", "TooSlowError", "no_help", "signed_in_twice", "told"]
