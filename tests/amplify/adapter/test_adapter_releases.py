"""Older releases, each with the fault that it is known for."""

from __future__ import annotations

from itertools import pairwise

import pytest

from hardtack.amplify.adapter import CURRENT, RELEASES, AdapterContext, release_of
from hardtack.cookies import BrowserJar, CookieHeader
from support.adapter_visits import ACTION, BASE, LIFETIME, NOW, SIX, A, B, D, Visit, granted, stored

YEAR = "Expires=Wed, 13 Nov 2024 22:13:20 GMT"
URL = "https://app.example.com/api/session"


def at(version, context, pairs=None, **how):
    return Visit(context, stored() if pairs is None else pairs, release=release_of(version), **how)


def test_a_version_means_the_newest_row_that_is_not_newer():
    assert release_of("6.22.1") is CURRENT
    assert release_of("6.99.0") is CURRENT
    assert release_of("6.5.1").version == "6.4.2"
    assert release_of("6.13.0-unstable.1").options
    with pytest.raises(ValueError, match="no release"):
        release_of("5.3.17")


def test_each_row_differs_from_the_one_before_it_in_something():
    labels = {"version", "adapter"}
    facts = [{name: getattr(release, name) for name in release.__slots__ if name not in labels} for release in RELEASES]
    repeated = [after for before, after in pairwise(facts) if before == after]
    assert repeated == [facts[-1]]  # the newest that was looked at, in which nothing changed


def test_the_first_release_wrote_neither_path_nor_secure():
    visit = at("6.0.1", B)
    visit.fetch(force=True, pool=granted(2))
    assert f"alice.accessToken=access-2;{YEAR};SameSite=lax" in {
        line.replace(";Expires", ";Expires") for line in visit.lines
    }
    visit = at("6.0.1", A)
    visit.fetch(force=True, pool=granted(2))
    assert f"alice.accessToken=access-2; Path=/; {YEAR}; SameSite=lax" in visit.lines


def test_the_first_release_sent_one_cookie_of_a_page_and_lost_the_rest():
    visit = at("6.3.2", D)
    visit.fetch(force=True, pool=granted(2))
    assert visit.lines == (f"alice.clockDrift={LIFETIME * 1000};{YEAR};SameSite=lax",)


def test_then_all_were_sent_and_multiplied_by_directory():
    jar = BrowserJar(clock=lambda: NOW)
    jar.store_response(URL, [f"{name}={value}; Path=/; Secure" for name, value in stored()])
    visit = at("6.3.3", D, CookieHeader.parse(jar.cookie_header(URL)))
    jar.store_response(URL, visit.fetch(force=True, pool=granted(2)).set_cookie_lines)
    seen = CookieHeader.parse(jar.cookie_header(URL))
    assert {name.rsplit(".", 1)[-1] for name in seen.twins()} == set(SIX)
    assert len(CookieHeader.parse(jar.cookie_header("https://app.example.com/"))) == len(SIX)


def test_since_6_4_2_the_directory_is_swept_by_luck():
    jar = BrowserJar(clock=lambda: NOW)
    jar.store_response(URL, [f"{name}={value}; Path=/api; Secure" for name, value in stored()])
    visit = at("6.4.2", B, CookieHeader.parse(jar.cookie_header(URL)))
    jar.store_response(URL, visit.fetch(force=True, pool=granted(2)).set_cookie_lines)
    assert not CookieHeader.parse(jar.cookie_header(URL)).twins()


def test_until_6_5_4_a_page_sent_a_line_for_each_write():
    counts = {}
    for version in ("6.5.3", "6.5.4"):
        visit = at(version, D)
        visit.fetch(force=True, pool=granted(2))
        visit.fetch(force=True, pool=granted(3))
        counts[version] = len(visit.lines)
    assert counts["6.5.3"] > counts["6.5.4"]


@pytest.mark.parametrize(
    ("version", "signed_in"), [("6.3.3", True), ("6.3.4", False), ("6.3.6", True), ("6.22.1", True)]
)
def test_for_two_releases_an_expired_token_was_a_missing_one(version, signed_in):
    visit = at(version, A, stored(generation=0))
    assert visit.fetch(pool=granted(2)).signed_in is signed_in


def test_the_first_releases_verified_nothing_and_an_unreadable_id_token_signed_out():
    forged = {"access-1": {"key": "forged"}}
    assert at("6.3.3", A, tokens=forged).fetch().signed_in
    assert not at("6.3.4", A, tokens=forged).fetch().signed_in
    assert not at("6.3.3", A, stored(idToken="garbage")).fetch().signed_in
    assert at("6.3.4", A, stored(idToken="garbage")).fetch().signed_in


@pytest.mark.parametrize(("version", "refreshes"), [("6.11.0", False), ("6.12.0", True)])
def test_the_five_seconds_before_the_end_are_new(version, refreshes):
    visit = at(version, A, now=NOW + LIFETIME - 64)
    assert visit.fetch(pool=granted(2)).refreshed is refreshes


@pytest.mark.parametrize(
    ("version", "thrown", "cleared"),
    [("6.5.2", "Unknown", False), ("6.5.3", "NetworkError", True), ("6.6.7", "NetworkError", False)],
)
def test_offline_was_unknown_then_a_sign_out_then_harmless(version, thrown, cleared):
    visit = at(version, A)
    assert visit.fetch(force=True).thrown == thrown
    assert bool(visit.lines) is cleared


@pytest.mark.parametrize(("version", "cleared"), [("6.15.7", True), ("6.15.8", False)])
@pytest.mark.parametrize("context", [A, B, ACTION, D])
def test_until_6_15_8_a_busy_pool_signed_people_out(version, cleared, context):
    visit = at(version, context)
    assert visit.fetch(force=True, pool="TooManyRequestsException").thrown == "TooManyRequestsException"
    assert bool(visit.lines) is cleared


@pytest.mark.parametrize(("version", "kept"), [("6.15.3", "RT0"), ("6.15.4", "RT1")])
def test_until_6_15_4_a_rotated_token_was_thrown_away(version, kept):
    visit = at(version, A)
    visit.fetch(force=True, pool=granted(2, "RT1"))
    assert visit.values["refreshToken"] == kept
    assert visit.operations == ["InitiateAuth" if kept == "RT0" else "GetTokensFromRefreshToken"]


@pytest.mark.parametrize(
    ("version", "error"), [("6.0.11", "UserUnAuthenticatedException"), ("6.0.12", "TokenRefreshException")]
)
def test_an_expired_session_without_a_refresh_token_was_cleared(version, error):
    visit = at(version, A, stored(refresh=None), now=NOW + LIFETIME + 1)
    assert visit.fetch().thrown == error
    assert set(visit.values) == set(SIX)


def test_the_first_releases_forgot_how_somebody_signed_in():
    visit = at("6.0.22", ACTION)
    visit.fetch(force=True, pool=granted(2))
    assert visit.values["signInDetails"] == ""
    assert at("6.0.23", ACTION).fetch(force=True, pool=granted(2)).refreshed


@pytest.mark.parametrize(("version", "gone"), [("6.12.1", True), ("6.12.2", False)])
def test_until_6_12_2_a_refresh_forgot_that_somebody_came_by_the_hosted_ui(version, gone):
    visit = at(version, A, [*stored(), (f"{BASE}.alice.oauthMetadata", "%7B%22oauthSignIn%22%3Atrue%7D")])
    visit.fetch(force=True, pool=granted(2))
    assert (visit.values.get("oauthMetadata") == "") is gone


def test_until_6_5_2_the_mark_of_the_hosted_ui_outlived_a_sign_out():
    visit = at("6.5.1", A)
    visit.fetch(force=True, pool="NotAuthorizedException")
    assert set(visit.values) == set(SIX)


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
@pytest.mark.parametrize("context", list(AdapterContext))
def test_every_release_serves_a_living_session_and_writes_nothing(release, context):
    visit = Visit(context, stored(), release=release)
    assert visit.fetch().signed_in
    assert visit.user().username == "alice"
    assert visit.lines == ()
