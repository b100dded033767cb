"""The faults are the real thing: dead where they say dead, alive where they say alive, in the scope that they name."""

from __future__ import annotations

from types import SimpleNamespace

import httpx2
import pytest

from hardtack.cognito import UserPool
from hardtack.cookies import CookieHeader, CookiePolicy
from hardtack.demo.site import PLANTS, Addresses
from hardtack.demo.site.clock import DemoClock
from hardtack.demo.site.plants import BETWEEN, HOUR, Garden
from hardtack.sessions import Settings
from support.pool import ask

pytestmark = pytest.mark.pool

NOBODY = CookieHeader.parse(b"")


@pytest.fixture
def ground(pool):
    addresses = Addresses()
    policy = CookiePolicy(origins=(addresses.origin(addresses.app_host),), domain=addresses.app_host, owns_domain=True)
    settings = Settings(pool=UserPool(pool.user_pool_id, pool.client_id), policy=policy, secrets=("x" * 40,))
    forgotten = []
    clock = DemoClock(pool)
    garden = Garden(settings, pool, clock, addresses, lambda: forgotten.append(True))
    return SimpleNamespace(garden=garden, pool=pool, clock=clock, forgotten=forgotten)


def value(lines, suffix):
    return next(line.value for line in lines if line.name.endswith(suffix))


def refreshed(pool, token):
    with httpx2.Client(base_url=pool.url, trust_env=False) as http:
        return ask(http, "GetTokensFromRefreshToken", ClientId=pool.client_id, RefreshToken=token).status_code


@pytest.mark.parametrize(
    ("key", "scopes"),
    [
        ("host-only", ["host-only /"]),
        ("parent", [".hardtack.localhost /"]),
        ("path", ["host-only /account"]),
        ("every", ["host-only /", ".hardtack.localhost /", "host-only /account"]),
    ],
)
def test_a_twin_is_six_names_in_each_of_its_scopes_and_its_refresh_token_is_dead(ground, key, scopes):
    lines = ground.garden.plant(key, NOBODY)
    assert len(lines) == 6 * len(scopes)
    assert list(dict.fromkeys(str(line.scope) for line in lines)) == scopes
    assert value(lines, "LastAuthUser") == "alice"
    assert refreshed(ground.pool, value(lines, "refreshToken")) == 400


def test_a_foreign_session_is_anothers_and_alive(ground):
    lines = ground.garden.plant("foreign", NOBODY)
    assert value(lines, "LastAuthUser") == "bob"
    assert refreshed(ground.pool, value(lines, "refreshToken")) == 200


def test_the_twins_are_those_of_whoever_is_signed_in(ground):
    name = f"CognitoIdentityServiceProvider.{ground.pool.client_id}.LastAuthUser"
    bobs = CookieHeader.parse(f"{name}=bob".encode())
    assert value(ground.garden.plant("host-only", bobs), "LastAuthUser") == "bob"
    assert value(ground.garden.plant("foreign", bobs), "LastAuthUser") == "alice"


@pytest.mark.parametrize("told", ["nobody-of-that-name", "%F0%9F%92%A9", "x" * 4000, "%00%01"])
def test_a_name_that_the_pool_does_not_know_is_alice(ground, told):
    name = f"CognitoIdentityServiceProvider.{ground.pool.client_id}.LastAuthUser"
    lines = ground.garden.plant("garbage", CookieHeader.parse(f"{name}={told}".encode()))
    assert all(".alice." in line.name or line.name == name for line in lines)


def test_revoking_ends_every_session_of_the_person_and_lets_an_hour_pass(ground):
    token = ground.pool.issue("alice")["RefreshToken"]
    before = ground.clock.time()
    assert ground.garden.plant("revoked", NOBODY) == []
    assert refreshed(ground.pool, token) == 400
    assert ground.clock.time() - before >= HOUR


def test_the_pool_goes_away_and_comes_back(ground):
    ground.garden.plant("outage", NOBODY)
    assert ground.garden.outage
    with pytest.raises(httpx2.TransportError):
        refreshed(ground.pool, "x")
    ground.garden.plant("back", NOBODY)
    assert not ground.garden.outage
    assert refreshed(ground.pool, ground.pool.issue("alice")["RefreshToken"]) == 200


def test_only_this_servers_clock_goes_wrong_and_a_right_one_remembers_nothing(ground):
    ground.garden.plant("clock-ahead", NOBODY)
    assert ground.clock.time() - ground.pool.clock.time() == pytest.approx(18_000, abs=5)
    ground.garden.plant("clock-right", NOBODY)
    assert ground.clock.time() == pytest.approx(ground.pool.clock.time(), abs=5)
    assert ground.forgotten == [True]


def test_before_each_twin_so_much_time_passes_that_it_counts_as_the_first(ground):
    before = ground.pool.clock.offset
    ground.garden.plant("host-only", NOBODY)
    assert ground.pool.clock.offset - before == BETWEEN


def test_the_storm_lies_over_the_live_set_and_starts_on_the_lowest_rung(ground):
    lines = ground.garden.plant("storm", NOBODY)
    dead, ladder = lines[:-1], lines[-1]
    assert {str(line.scope) for line in dead} == {".app.hardtack.localhost /"}
    assert ladder.is_deletion
    assert ladder.name == "__Host-hardtack-ladder"


def test_a_key_that_is_no_plant_plants_nothing(ground):
    with pytest.raises(KeyError):
        ground.garden.plant("flowers", NOBODY)
    assert "flowers" not in PLANTS
