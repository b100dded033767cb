"""hardtack.js with the real aws-amplify, in a real Chromium, against a user pool: sign-in, twins, sign-out."""

from __future__ import annotations

import re

import httpx2
import pytest

from support.browser_side_site import HOST, PARENT
from support.pool import ask

pytestmark = [pytest.mark.browser, pytest.mark.pool]

PLACES = [
    "host-only",
    "the host's domain",
    "the parent's domain",
    "host-only on a path",
    "the parent's domain on a path",
]
BOTH = [({"domain": PARENT}, (f".{PARENT}", "/")), ({"domain": None}, (HOST, "/"))]
EXPIRES = re.compile(r"expires=[^;]+")


@pytest.mark.parametrize(("policy", "scope"), BOTH, ids=["parent", "host-only"])
def test_signing_in_refreshing_and_signing_out_stay_in_the_policys_scope(visit, policy, scope):
    visit = visit(**policy)
    page = visit.open()
    assert visit.sign_in(page) is True
    assert page.evaluate("app.who()") == "alice"
    assert visit.scopes() == {scope}
    assert len(visit.auth_cookies()) == 6
    session = page.evaluate("app.session()")
    state, sub, key, auth_time, *pair, claim = visit.mark().split(".")
    assert (state, sub, key, int(auth_time)) == ("in", session["sub"], session["origin_jti"], session["auth_time"])
    assert all(pair)
    assert claim == ""  # this server does not refresh, and is told of no sign-in
    before = visit.value("accessToken")
    assert page.evaluate("app.session(true)")["origin_jti"] == key
    assert visit.value("accessToken") != before
    assert visit.scopes() == {scope}
    page.evaluate("app.signOut()")
    assert visit.auth_cookies() == []
    assert visit.mark() == f"out.{auth_time}"
    assert page.evaluate("app.who()") == "UserUnAuthenticatedException"
    assert visit.sign_in(page) is True
    assert page.evaluate("app.who()") == "alice"
    assert page.evaluate("app.heard.filter(event => event === 'signedIn').length") == 2


def test_what_is_written_is_what_amplifys_own_storage_writes(visit):
    visit = visit()
    page = visit.open(**{"with": "stock"})
    lines = page.evaluate(
        """async () => {
          const storages = [app.stock, app.hardtack.createStorage(app.policy)];
          const keys = ["plain", "a@b.c", "(x) y%", "用户", "CognitoIdentityServiceProvider.other.u.accessToken"];
          const values = ["v", "{\\"loginId\\":\\"a,b\\"}", "50%;x", "é=/:<>?@[]", "eyJ.eyJ.c2ln"];
          const lines = [];
          for (const storage of storages) {
            const from = app.written.length;
            for (const [at, key] of keys.entries()) await storage.setItem(key, values[at]);
            lines.push(app.written.slice(from));
          }
          return lines;
        }"""
    )
    stock, ours = ([EXPIRES.sub("expires=", line) for line in each] for each in lines)
    assert len(stock) == 5
    assert ours == stock


def test_the_stock_storage_gets_stuck_on_a_dead_twin(visit):
    """The fault itself: or the tests below would pass for the wrong reason."""
    visit = visit()
    visit.plant("host-only", visit.dead_set())
    page = visit.open(**{"with": "stock"})
    assert visit.sign_in(page) == "UnexpectedSignInInterruptionException"
    assert visit.sign_in(page) == "UnexpectedSignInInterruptionException"


@pytest.mark.parametrize(
    ("place", "when"),
    [(place, when) for place in PLACES for when in ("before", "after") if (place, when) != (PLACES[2], "after")],
)
def test_a_dead_twin_in_any_scope_neither_stops_a_sign_in_nor_outlives_it(visit, place, when):
    visit = visit()
    if when == "before":
        visit.plant(place, visit.dead_set())
    page = visit.open()
    assert visit.sign_in(page) is True
    if when == "after":
        visit.plant(place, visit.dead_set())
    assert page.evaluate("app.who()") == "alice"
    signed_in = page.evaluate("app.session()")
    assert signed_in["origin_jti"] == visit.mark().split(".")[2]
    assert page.evaluate("app.session(true)")["origin_jti"] == signed_in["origin_jti"]
    # What was there before, Amplify itself asks about when somebody signs in.
    assert visit.refreshes() == [*(["NotAuthorizedException"] if when == "before" else []), "ok"]
    assert visit.scopes() == {(f".{PARENT}", "/")}
    page.evaluate("app.signOut()")
    assert visit.auth_cookies() == []


@pytest.mark.parametrize("place", PLACES)
def test_another_persons_leftover_takes_nobodys_place(visit, place):
    visit = visit()
    visit.plant(place, visit.dead_set("b0b00000-0000-4000-8000-000000000002"), owner="bob")
    page = visit.open()
    assert visit.sign_in(page) is True
    assert page.evaluate("app.who()") == "alice"
    assert not [cookie for cookie in visit.auth_cookies() if ".bob." in cookie["name"]]
    assert page.evaluate("app.session(true)")["username"] == "alice"


def test_a_fresh_set_that_is_overwritten_is_lost_and_the_next_sign_in_works(visit):
    visit = visit()
    page = visit.open()
    assert visit.sign_in(page) is True
    visit.plant("the parent's domain", visit.dead_set())
    assert page.evaluate("app.who()") == "UserUnAuthenticatedException"
    assert visit.sign_in(page) is True
    assert page.evaluate("app.who()") == "alice"


def test_a_twin_in_a_scope_that_is_not_ours_stays_and_is_not_served(visit):
    visit = visit(domain=None)
    visit.plant("the parent's domain", visit.dead_set())
    page = visit.open()
    assert visit.sign_in(page) is True
    assert page.evaluate("app.who()") == "alice"
    assert page.evaluate("app.session(true)") is not None
    page.evaluate("app.signOut()")
    assert visit.scopes() == {(f".{PARENT}", "/")}
    assert page.evaluate("app.who()") == "UserUnAuthenticatedException"
    assert visit.sign_in(page) is True


def test_of_two_live_sessions_the_server_names_one_and_is_asked_once(visit):
    visit = visit()
    sets = [visit.pool.issue("alice", client_id=visit.client_id, age=age) for age in (600, 60)]
    for place, issued in zip(("the parent's domain", "host-only"), sets, strict=True):
        visit.plant(
            place,
            {
                "accessToken": issued["AccessToken"],
                "idToken": issued["IdToken"],
                "refreshToken": issued["RefreshToken"],
            },
        )
    page = visit.open()
    assert page.evaluate("app.who()") == "alice"
    page.evaluate("app.who()")
    assert visit.site.asked == ["chosen"]
    page.evaluate("app.session(true)")
    assert visit.scopes() == {(f".{PARENT}", "/")}
    assert visit.refreshes()[-1] == "ok"


def test_the_storm_is_gone_after_one_refresh(visit):
    """Both sets alive, the first-listed expired: without hardtack.js every call refreshes."""
    refreshes = {}
    for setup in ("stock", "hardtack"):
        stormy = visit()
        issued = stormy.pool.issue("alice", client_id=stormy.client_id, age=7_200)
        values = {
            "accessToken": issued["AccessToken"],
            "idToken": issued["IdToken"],
            "refreshToken": issued["RefreshToken"],
            "clockDrift": "0",
        }
        stormy.plant("the parent's domain", values)
        page = stormy.open(**{"with": setup})
        stormy.plant("host-only", values)
        stormy.pool.clear_calls()
        for _ in range(6):
            assert page.evaluate("app.session()") is not None
        refreshes[setup] = stormy.refreshes()
    assert refreshes == {"stock": ["ok"] * 6, "hardtack": ["ok"]}


def test_what_a_server_refreshed_into_its_own_scope_is_served_and_its_twin_goes(visit):
    """The adapter's fault: it writes the same names host-only. Newer tokens of the very same sign-in are believed."""
    visit = visit()
    visit.pool.configure(rotation=True)
    page = visit.open()
    assert visit.sign_in(page) is True
    visit.pool.clock.advance(5)  # or both might be of one second, and nothing tells the newer
    with httpx2.Client(base_url=visit.pool.url) as http:
        answer = ask(
            http, "GetTokensFromRefreshToken", ClientId=visit.client_id, RefreshToken=visit.value("refreshToken")
        ).json()["AuthenticationResult"]
    visit.plant(
        "host-only",
        {
            "accessToken": answer["AccessToken"],
            "idToken": answer["IdToken"],
            "refreshToken": answer["RefreshToken"],
            "clockDrift": "0",
        },
    )
    key = visit.mark().split(".")[2]
    visit.pool.clear_calls()
    assert page.evaluate("app.session()")["origin_jti"] == key
    assert page.evaluate("app.session(true)")["origin_jti"] == key
    assert visit.refreshes() == ["ok"]  # the rotated token, and not the spent one beside it
    assert visit.scopes() == {(f".{PARENT}", "/")}


def test_what_no_page_showed_at_sign_out_is_over_all_the_same(visit):
    visit = visit()
    issued = visit.pool.issue("alice", client_id=visit.client_id, age=900)
    values = {
        "accessToken": issued["AccessToken"],
        "idToken": issued["IdToken"],
        "refreshToken": issued["RefreshToken"],
    }
    page = visit.open("/account")
    assert visit.sign_in(page) is True
    visit.plant("on a path that nobody knows", values)
    page.evaluate("app.signOut()")
    assert visit.scopes() == {(f".{PARENT}", "/shop")}
    visit.pool.clear_calls()
    shop = visit.open("/shop")
    assert shop.evaluate("app.who()") == "UserUnAuthenticatedException"
    assert visit.sign_in(shop) is True
    assert visit.refreshes() == []
    assert visit.scopes() == {(f".{PARENT}", "/")}


def test_a_second_configure_does_not_bring_amplifys_own_storage_back(visit):
    visit = visit()
    page = visit.open()
    page.evaluate("app.configure()")
    assert visit.sign_in(page) is True
    assert visit.scopes() == {(f".{PARENT}", "/")}
    assert visit.mark().startswith("in.")


def test_without_a_server_nobody_waits_for_one(visit):
    visit = visit()
    visit.site.away = True
    visit.plant("host-only", visit.dead_set())
    visit.plant("the host's domain", visit.dead_set(age=9_000))
    page = visit.open()
    assert visit.sign_in(page) is True
    assert page.evaluate("app.who()") == "alice"


def test_the_environment_is_told_and_reported_without_a_name_or_a_value(visit):
    visit = visit()
    visit.plant("host-only", visit.dead_set(), owner="someone@example.com")
    visit.plant("the parent's domain", visit.dead_set(), owner="someone@example.com")
    page = visit.open()
    found = page.evaluate("app.hardtack.checkEnvironment(app.policy, {report: true})")
    assert (found["ok"], found["problems"], found["locks"]) == (False, ["cookies.twins"], True)
    assert {twin["suffix"]: twin["count"] for twin in found["twins"]} == {
        "LastAuthUser": 2,
        "accessToken": 2,
        "idToken": 2,
        "refreshToken": 2,
        "clockDrift": 2,
    }
    (report,) = visit.site.reports
    assert report.fingerprint == visit.site.policy.fingerprint
    assert dict(report.twins)["accessToken"] == 2
    page.evaluate("app.hardtack.clearAllAuthCookies(app.policy)")
    assert page.evaluate("app.hardtack.checkEnvironment(app.policy)")["ok"] is True
    assert visit.auth_cookies() == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("policy.cookie.domain = '.elsewhere.localhost'", "domain.elsewhere"),
        ("policy.cookie.domain = '.localhost'", "cookies.scope-refused"),
        ("policy.cookie.path = '/shop'", "path.elsewhere"),
        ("policy.cookie.httpOnly = true", "http-only.hidden-from-script"),
    ],
)
def test_a_policy_that_can_not_work_on_this_page_is_found_out(visit, change, problem):
    page = visit().open()
    check = "app.hardtack.checkEnvironment(policy)"
    program = f"() => {{ const policy = structuredClone(app.policy); {change}; return {check} }}"
    assert page.evaluate(program)["problems"] == [problem]


def test_the_policy_can_be_fetched(visit):
    page = visit().open()
    assert page.evaluate("app.hardtack.loadPolicy()") == page.evaluate("app.policy")
