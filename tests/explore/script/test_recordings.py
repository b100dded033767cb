"""The model of Amplify's browser side does what the packages did: today's release and six before it."""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path

import pytest

from hardtack.demo.stock import RegistryUnreachableError
from hardtack.explore.script import ScriptHost
from support.script_recordings import difference, record, recordings

ROOT = Path(__file__).parents[3]
LIVE = 24  # situations that are recorded anew

RECORDED = recordings()
RELEASES = sorted({one["release"] for one in RECORDED})


@pytest.fixture(scope="module")
def host():
    return ScriptHost()


@pytest.mark.parametrize("release", RELEASES)
def test_the_same_cookies_calls_and_outcomes_in_every_situation(release, host):
    ours = [one for one in RECORDED if one["release"] == release]
    assert [found for one in ours if (found := difference(one, host))] == []


def test_what_was_recorded_shows_what_matters():
    """A fixture in which nothing happens would agree with anything."""
    gates = Counter(
        (gate[0], gate[1])
        for one in RECORDED
        for run in one["runs"]
        for gate in (each["gate"] for each in run["segments"])
    )
    for wanted, least in {
        ("Pool", "SignIn"): 100,
        ("Pool", "GetTokensFromRefreshToken"): 200,
        ("Pool", "InitiateAuth"): 50,
        ("Pool", "RevokeToken"): 50,
        ("Pool", "GlobalSignOut"): 50,
        ("Go", "/login"): 30,
        ("Done", "UnexpectedSignInInterruptionException"): 10,
        ("Done", "UserAlreadyAuthenticatedException"): 50,
        ("Done", "UserUnAuthenticatedException"): 30,
        ("Done", "TokenRefreshException"): 3,
        ("Done", "Unknown"): 3,
    }.items():
        assert gates[wanted] >= least, wanted
    writes = [line for one in RECORDED for run in one["runs"] for each in run["segments"] for line in each["writes"]]
    assert len(writes) > 5_000
    assert sum("%28" in line for line in writes) > 20  # names that have to be escaped
    assert len(RELEASES) == 7


def test_a_model_that_goes_another_way_is_noticed(host):
    changed = next(one for one in RECORDED if one["runs"][0]["segments"][-1]["writes"])
    for part, value in (("writes", []), ("gate", ["Go", "/"]), ("told", ["Hub: signedIn"] * 9)):
        last = changed["runs"][0]["segments"][-1]
        kept, last[part] = last[part], value
        assert f", {part}: " in difference(changed, host)
        last[part] = kept
    assert difference(changed, host) == ""


@pytest.fixture(scope="module")
def modules():
    """The real aws-amplify, as it builds and checks hardtack.js too."""
    spec = importlib.util.spec_from_file_location("build_hardtack_js", ROOT / "scripts" / "build_hardtack_js.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    try:
        return build.tools() / "node_modules"
    except RegistryUnreachableError as error:
        pytest.skip(str(error))


def test_the_package_of_today_still_does_what_was_recorded_of_it(modules):
    recorded = {one["seed"]: one for one in RECORDED if one["release"] == "6.22.1"}
    assert [one for one in record(modules, "6.22.1", 1, LIVE) if one != recorded[one["seed"]]] == []


def test_hardtack_js_does_on_the_model_what_it_does_on_the_package(modules, host):
    """The shipped file on the real package, and its sources on the model: races, recoveries and memory included."""
    played = record(modules, "6.22.1", 1, 2 * LIVE, with_hardtack=True)
    assert [found for one in played if (found := difference(one, host))] == []
    gates = Counter(each["gate"][0] for one in played for run in one["runs"] for each in run["segments"])
    assert all(gates[kind] >= 3 for kind in ("Pool", "Lock", "Ask", "Timer", "Go", "Done")), gates
