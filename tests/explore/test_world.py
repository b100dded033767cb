"""What a world's policy sweeps: every scope in which somebody may write there, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardtack.cookies import CookieScope, sweep_scopes
from hardtack.explore.world import Placement, World
from support.explorer_worlds import WORLDS, Walk

MOVED = World(client=Placement(".example.com"), adapter=Placement(), after=(Placement(path="/app"), Placement()))


def swept(world: World, release: int, path: bytes = b"/app/x") -> set[CookieScope]:
    return set(sweep_scopes(world.policy_at(release), host="app.example.com", raw_path=path))


@pytest.mark.parametrize("release", [0, 1])
def test_every_scope_in_which_somebody_writes_is_swept_in_both_releases(release):
    assert swept(MOVED, release) == {CookieScope(), CookieScope("example.com"), CookieScope(None, "/app")}


def test_a_scope_that_nobody_has_any_more_or_yet_is_not():
    assert swept(replace(MOVED, after=None), 0) == {CookieScope(), CookieScope("example.com")}


def test_what_may_not_be_swept_is_left_alone_though_somebody_writes_there():
    theirs = replace(MOVED, owns_domain=False, policy=Placement(), after=None)
    assert swept(theirs, 0) == {CookieScope()}


@pytest.mark.parametrize("name", list(WORLDS))
def test_no_cookie_of_a_walk_lies_anywhere_else(name):
    walk = Walk(WORLDS[name])
    walk.signed_in().take("hour").opened().take("fetch").rest().opened()
    assert {cookie.scope for cookie in walk.state.jar} <= WORLDS[name].written_scopes
    assert len(list(walk.state.jar)) > 1
