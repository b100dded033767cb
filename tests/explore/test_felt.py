"""Which lines of an answer make a difference in a world: whatever is left out may change no jar that can be reached."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardtack.cookies import CookieScope, SetCookie
from hardtack.explore.felt import Felt
from hardtack.explore.jars import Jars
from hardtack.explore.world import Placement, World
from support.explorer_worlds import WORLDS, Walk

MOVED = World(client=Placement(".example.com"), adapter=Placement(), after=(Placement(path="/app"), Placement()))


def deletion(*scope: object) -> str:
    return SetCookie.deletion("a", CookieScope(*scope)).to_text()


@pytest.mark.parametrize("scope", [(), ("example.com",), (None, "/app")])
def test_a_deletion_where_somebody_writes_is_felt(scope):
    assert Felt(MOVED).lines((deletion(*scope),)) == (deletion(*scope),)


@pytest.mark.parametrize("scope", [("app.example.com",), (None, "/auth"), (None, "/", True), ("example.com", "/app")])
def test_a_deletion_where_nobody_ever_writes_is_not(scope):
    assert Felt(MOVED).lines((deletion(*scope),)) == ()


@pytest.mark.parametrize("line", ["a=b; Path=/auth", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "\x00"])
def test_what_is_written_or_names_no_path_is_felt_wherever_it_is(line):
    assert Felt(MOVED).lines((line,)) == (line,)


def test_before_the_release_its_scope_is_felt_too():
    still = replace(MOVED, after=None)
    assert Felt(still).lines((deletion(None, "/app"),)) == ()


@pytest.mark.parametrize("name", list(WORLDS))
def test_what_is_left_out_changes_no_jar_on_the_way(name):
    walk = Walk(WORLDS[name])
    answered: list[tuple[str, ...]] = []
    felt = Felt(WORLDS[name])

    def watched(lines: tuple[str, ...]) -> tuple[str, ...]:
        answered.append(lines)
        return felt.lines(lines)

    walk.universe.moves.felt.lines = watched  # type: ignore[method-assign]
    walk.signed_in().take("hour").opened().take("sign-out").rest().opened()
    jars = Jars("chromium")
    for lines in answered:
        for jar in (walk.state.jar, jars.empty):
            met = jars.of(jar.snapshot)
            whole = jars.store(met, "https://app.example.com/", lines, walk.state.now)
            assert whole is jars.store(met, "https://app.example.com/", felt.lines(lines), walk.state.now)
    swept = any(lines != felt.lines(lines) for lines in answered)
    assert swept == (name not in ("stock", "sealed"))
