"""How cookies leave a jar that nobody asked to leave: expiry, eviction, Clear-Site-Data."""

from __future__ import annotations

import pytest

from hardtack.cookies import BrowserJar
from hardtack.cookies.dates import format_cookie_date

APP, SITE, SIBLING = "https://app.example.test/", "https://example.test/", "https://sib.example.test/"
BOTH = pytest.mark.parametrize("engine", ["chromium", "firefox"])
ALL = pytest.mark.parametrize("engine", ["chromium", "firefox", "rfc6265bis"])
DAY = 86_400


class Clock:
    """Epoch seconds that stand still until they are moved."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


# Expiry


@ALL
def test_a_cookie_ends_with_its_max_age_and_a_session_cookie_does_not(engine, clock):
    jar = BrowserJar(engine, clock=clock)
    jar.store_response(APP, ["x=1; Max-Age=60", "y=1"])
    clock.now += 59.9
    assert jar.cookie_header(APP) == "x=1; y=1"
    clock.now += 0.1
    assert jar.cookie_header(APP) == "y=1"
    assert len(jar) == 1
    clock.now += 10_000 * DAY
    assert [cookie.name for cookie in jar] == ["y"]


@ALL
@pytest.mark.parametrize("line", ["x=1; Max-Age=99999999999999999999", "x=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nothing_lives_longer_than_400_days(engine, clock, line):
    jar = BrowserJar(engine, clock=clock)
    jar.store_response(APP, [line])
    assert [cookie.expires for cookie in jar] == [clock.now + 400 * DAY]


@ALL
def test_max_age_beats_expires_in_any_order(engine, clock):
    jar = BrowserJar(engine, clock=clock)
    jar.store_response(APP, ["x=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"])
    jar.store_response(APP, ["y=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60"])
    assert jar.cookie_header(APP) == "x=1; y=1"


def test_a_last_max_age_that_is_none_cancels_the_first_in_browsers(clock):
    for engine, lifetime in (("chromium", None), ("firefox", None), ("rfc6265bis", 500)):
        jar = BrowserJar(engine, clock=clock)
        jar.store_response(APP, ["x=1; Max-Age=500; Max-Age=x"])
        assert [cookie.expires and cookie.expires - clock.now for cookie in jar] == [lifetime]


def test_a_last_expires_that_is_none_cancels_the_first_in_browsers(clock):
    line = "x=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=bogus"
    for engine, count in (("chromium", 1), ("firefox", 1), ("rfc6265bis", 0)):
        jar = BrowserJar(engine, clock=clock)
        jar.store_response(APP, [line])
        assert len(jar) == count


def test_a_plus_sign_makes_a_max_age_in_chromium_alone(clock):
    for engine, expires in (("chromium", clock.now + 100), ("firefox", None), ("rfc6265bis", None)):
        jar = BrowserJar(engine, clock=clock)
        jar.store_response(APP, ["x=1; Max-Age=+100"])
        assert [cookie.expires for cookie in jar] == [expires]


@pytest.mark.parametrize("skew", [-2 * DAY, 0, 2 * DAY])
def test_browsers_correct_expires_by_the_servers_date(clock, skew):
    servers_now = int(clock.now) + skew
    line = f"x=1; Expires={format_cookie_date(servers_now + 600)}"
    for engine, expires in (
        ("chromium", clock.now + 600),
        ("firefox", clock.now + 600),
        ("rfc6265bis", servers_now + 600),
    ):
        jar = BrowserJar(engine, clock=clock)
        jar.store_response(APP, [line], date=servers_now)
        assert [cookie.expires for cookie in jar] == ([expires] if expires > clock.now else [])


def test_max_age_needs_no_correction(clock):
    jar = BrowserJar("chromium", clock=clock)
    jar.store_response(APP, ["x=1; Max-Age=600"], date=clock.now + 2 * DAY)
    assert [cookie.expires for cookie in jar] == [clock.now + 600]


@ALL
def test_an_expired_cookie_leaves_no_age_to_inherit(engine, clock):
    jar = BrowserJar(engine, clock=clock)
    jar.store_response(APP, ["x=1; Max-Age=60", "x=site; Domain=example.test"])
    clock.now += 61
    jar.store_response(APP, ["x=1"])
    assert jar.cookie_header(APP) == "x=site; x=1"


# Eviction


@ALL
def test_180_cookies_of_a_site_are_kept_and_one_more_purges_to_150(engine, clock):
    jar = BrowserJar(engine, clock=clock)
    jar.store_response(APP, [f"a{number}=1" for number in range(90)])
    jar.store_response(SIBLING, [f"b{number}=1; Domain=example.test" for number in range(90)])
    jar.store_response("https://elsewhere.test/", ["other=1"])
    assert len(jar) == 181
    jar.store_response(SITE, ["last=1"])
    assert len(jar) == 151
    assert jar.cookie_header(SITE).endswith("last=1")
    assert jar.cookie_header(APP).startswith("a31=1")


@BOTH
def test_a_flood_of_secure_cookies_evicts_the_auth_cookie(engine, clock):
    jar = BrowserJar(engine, clock=clock)
    jar.store_response(APP, ["auth=1; Secure; HttpOnly"])
    clock.now += 1
    jar.store_response(SIBLING, [f"flood{number}=1; Secure" for number in range(300)])
    assert jar.cookie_header(APP) is None


@BOTH
def test_insecure_cookies_go_first_however_young(engine, clock):
    jar = BrowserJar(engine, clock=clock)
    jar.store_response(APP, ["auth=1; Secure"])
    clock.now += 3600
    jar.store_response(SIBLING, [f"flood{number}=1" for number in range(300)])
    assert jar.cookie_header(APP) == "auth=1"


@BOTH
def test_a_cookie_in_use_outlives_those_that_are_not(engine, clock):
    jar = BrowserJar(engine, clock=clock)
    jar.store_response(APP, ["auth=1; Secure; Path=/auth"])
    jar.store_response(SIBLING, [f"old{number}=1; Secure" for number in range(179)])
    clock.now += 61
    assert jar.cookie_header(APP + "auth") == "auth=1"
    jar.store_response(SIBLING, ["new=1; Secure"])
    assert len(jar) == 150
    assert jar.cookie_header(APP + "auth") == "auth=1"


@BOTH
def test_a_use_within_the_last_minute_is_not_noted(engine, clock):
    jar = BrowserJar(engine, clock=clock)
    jar.store_response(APP, ["auth=1; Secure; Path=/auth"])
    clock.now += 1
    jar.store_response(SIBLING, [f"old{number}=1; Secure" for number in range(179)])
    clock.now += 1
    assert jar.cookie_header(APP + "auth") == "auth=1"
    jar.store_response(SIBLING, ["new=1; Secure"])
    assert jar.cookie_header(APP + "auth") is None


def test_a_partition_has_limits_of_its_own(clock):
    lines = [f"p{number}=1; Secure; Partitioned" for number in range(181)]
    for engine, left in (("chromium", 180), ("firefox", 150)):
        jar = BrowserJar(engine, clock=clock)
        jar.store_response(APP, [*lines, "x=1"])
        assert len(jar) == left + 1


def test_a_partition_holds_10_kilobytes_in_chromium(clock):
    lines = [f"p{number}={'v' * 3900}; Secure; Partitioned" for number in range(6)]
    for engine, left in (("chromium", ["p4", "p5"]), ("firefox", [f"p{number}" for number in range(6)])):
        jar = BrowserJar(engine, clock=clock)
        jar.store_response(APP, lines)
        assert [cookie.name for cookie in jar] == left


# Clear-Site-Data


def _full(engine: str, clock: Clock) -> BrowserJar:
    jar = BrowserJar(engine, clock=clock)
    jar.store_response(
        APP,
        [
            "host=1; HttpOnly",
            "app=1; Domain=app.example.test",
            "site=1; Domain=example.test",
            "__Host-own=1; Secure; Path=/",
            "part=1; Secure; Partitioned",
        ],
    )
    jar.store_response(SIBLING, ["sibling=1"])
    jar.store_response("https://other.test/", ["other=1"])
    return jar


@pytest.mark.parametrize("engine", ["chromium", "rfc6265bis"])
def test_clear_site_data_empties_the_whole_site(engine, clock):
    jar = _full(engine, clock)
    jar.clear_site_data(APP)
    assert [cookie.name for cookie in jar] == ["other"]


def test_firefox_clears_the_host_and_leaves_parents_partition_and_siblings(clock):
    jar = _full("firefox", clock)
    jar.clear_site_data(APP)
    assert [cookie.name for cookie in jar] == ["site", "part", "sibling", "other"]


@ALL
def test_over_plain_http_it_is_not_obeyed_but_on_this_machine_it_is(engine, clock):
    jar = _full(engine, clock)
    jar.store_response("http://app.hardtack.localhost:8000/", ["local=1"])
    jar.clear_site_data("http://app.example.test/")
    assert len(jar) == 8
    jar.clear_site_data("http://app.hardtack.localhost:8000/")
    assert len(jar) == 7


def test_set_cookie_lines_beside_it_are_lost_but_for_firefoxs_parents(clock):
    for engine, left in (("chromium", None), ("firefox", "site=2")):
        jar = BrowserJar(engine, clock=clock)
        jar.store_response(APP, ["x=2", "site=2; Domain=example.test"])
        jar.clear_site_data(APP)
        assert jar.cookie_header(APP) == left


@ALL
def test_a_host_without_a_registrable_domain_clears_itself(engine, clock):
    jar = BrowserJar(engine, clock=clock)
    jar.store_response("https://127.0.0.1/", ["x=1"])
    jar.store_response("https://127.0.0.2/", ["y=1"])
    jar.clear_site_data("https://127.0.0.1/")
    assert [cookie.name for cookie in jar] == ["y"]
