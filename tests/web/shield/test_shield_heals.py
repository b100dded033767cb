"""The failure of an unmodified site, without the shield and with it: the rows of the matrix, in lockstep."""

from __future__ import annotations

import pytest

from support.shielded import ALREADY, INTERRUPTED

# The browser's scope, what the server's lines carry, and where the residue lies.
ROWS = {
    "client .example.test, server host-only": (".example.test", "", "host-only /"),
    "client .example.test, server app.example.test": (
        ".example.test",
        "; Domain=app.example.test",
        ".app.example.test /",
    ),
    "client app.example.test, server host-only": ("app.example.test", "", "host-only /"),
    "client app.example.test, server .example.test": ("app.example.test", "; Domain=.example.test", ".example.test /"),
    "client host-only, server .example.test": (None, "; Domain=.example.test", ".example.test /"),
    "client host-only, server app.example.test": (None, "; Domain=app.example.test", ".app.example.test /"),
}


@pytest.fixture(params=ROWS.values(), ids=ROWS)
def row(request):
    return request.param


def twins(site):
    """Sign in, then let the server refresh as adapters do: two sets in two scopes."""
    assert site.sign_in("alice") == ""
    site.wait(10)
    site.load("/", server="refresh", kind="action")
    site.wait(10)


def test_without_the_shield_every_row_ends_as_recorded(tell, row):
    client, server, residue = row
    site = tell(client={"domain": client}, shielded=False)
    site.server_scope = server
    twins(site)
    assert len(site.scopes()) == 2
    site.script_sign_out()
    assert site.scopes() == {residue: 6}
    assert site.sign_in("alice") == ALREADY  # the zombie: signed out and still signed in
    site.wait(4_000)
    for _ in range(2):
        site.load("/login")
        assert site.sign_in("alice") == INTERRUPTED
        assert site.scopes() == {residue: 6}


def test_with_the_shield_the_server_writes_where_the_browser_does_and_nothing_is_left(tell, row):
    client, server, _ = row
    site = tell(client={"domain": client})
    site.server_scope = server
    twins(site)
    assert len(site.scopes()) == 1
    assert site.fetch_session() == "alice"
    assert site.server_sees() == "alice"
    site.script_sign_out()
    assert site.scopes() == {}
    assert site.sign_in("bob") == ""
    assert site.server_sees() == "bob"


def test_a_browser_that_was_stuck_before_the_shield_came_is_healed_by_one_page_load(tell, row):
    client, server, residue = row
    site = tell(client={"domain": client}, shielded=False)
    site.server_scope = server
    twins(site)
    site.script_sign_out()
    site.wait(4_000)
    assert site.sign_in("alice") == INTERRUPTED
    assert site.scopes() == {residue: 6}

    site.shielded = True
    site.load("/login")
    assert site.sign_in("alice") == ""
    assert len(site.scopes()) == 1
    site.load("/")
    assert site.server_sees() == "alice"
    site.script_sign_out()
    site.load("/login")
    assert site.scopes() == {}


def test_twins_of_a_living_session_are_healed_and_the_storm_ends(tell, row):
    client, server, _ = row
    site = tell(client={"domain": client}, shielded=False)
    site.server_scope = server
    twins(site)
    site.wait(3_600)
    site.fetch_session()
    before = site.pool.refreshes
    for _ in range(3):
        site.wait(1)
        assert site.fetch_session() == "alice"
    assert site.pool.refreshes > before  # once twins exist, every look is a refresh

    site.shielded = True
    site.load("/")
    site.load("/")
    settled = site.pool.refreshes
    for _ in range(3):
        site.wait(1)
        assert site.fetch_session() == "alice"
    assert site.pool.refreshes <= settled + 1
    assert len(site.scopes()) == 1


def test_another_person_signs_in_after_a_residue(tell):
    site = tell(shielded=False)
    twins(site)
    site.script_sign_out()
    site.wait(4_000)
    assert site.sign_in("bob") == INTERRUPTED
    site.shielded = True
    site.load("/login")
    assert site.sign_in("bob") == ""
    site.load("/")
    assert site.server_sees() == "bob"
    assert site.fetch_session() == "bob"


def test_a_release_that_changes_the_domain_is_migrated(tell):
    site = tell(client={"domain": "app.example.test"}, shielded=False)
    assert site.sign_in("alice") == ""
    site.client = {"domain": ".example.test"}  # the release
    site.wait(4_000)
    migrated = tell(client={"domain": ".example.test"})
    migrated.jar, migrated.pool = site.jar, site.pool
    migrated.shield = migrated.start_shield()
    migrated.load("/")
    assert migrated.scopes() == {".example.test /": 6}
    assert migrated.fetch_session() == "alice"
    migrated.script_sign_out()
    migrated.load("/login")
    assert migrated.scopes() == {}
    assert migrated.sign_in("alice") == ""


def test_with_rotation_the_live_refresh_token_is_found_before_any_is_swept(tell):
    site = tell(shielded=False)
    site.pool.rotation = True
    twins(site)
    site.shielded = True
    before = site.pool.refreshes
    site.load("/")
    assert 1 <= site.pool.refreshes - before <= 3
    assert len(site.scopes()) == 1
    site.wait(3_700)
    assert site.fetch_session() == "alice"
    assert site.server_sees() == "alice"


def test_while_the_pool_is_down_no_refresh_token_is_swept(tell):
    site = tell(shielded=False)
    site.pool.rotation = True
    twins(site)
    held = {cookie.value for cookie in site.jar if cookie.name.endswith(".refreshToken")}
    assert len(held) == 2
    site.shielded = True
    site.load("/who", kind="fetch")  # the keys are fetched
    site.pool.down()
    for _ in range(6):
        site.wait(1)
        site.load("/")
    assert {cookie.value for cookie in site.jar if cookie.name.endswith(".refreshToken")} == held
    site.pool.up()
    site.wait(60)
    site.load("/")
    site.load("/")
    assert len(site.scopes()) == 1
    site.wait(3_700)
    assert site.fetch_session() == "alice"


def test_a_quiet_browser_is_left_alone(tell):
    site = tell()
    site.sign_in("alice")
    site.load("/")
    site.load("/")  # sees that all is swept
    for kind in ("navigation", "fetch", "rsc", "asset", "action"):
        site.wait(1)
        assert site.load("/", kind=kind).set_cookies == []
    assert site.pool.refreshes == 0
