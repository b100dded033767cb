"""The model of Amplify's browser side does what the packages did: today's release and six before it."""

from __future__ import annotations

from collections import Counter

import pytest

from hardtack.explore.script import ScriptHost
from support.script_recordings import difference, recordings

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
