"""The recorded failure, step by step, and the table of errors: as the package does it, in a browser's jar."""

from __future__ import annotations

import dataclasses

import pytest

from hardtack.explore.script import CookieOptions, Done, Go, Pool, failed, granted
from support.scripted import HOST_ONLY, PARENT, PREFIX, REFUSED, START, Browser, Tab, token

REFRESH = "GetTokensFromRefreshToken"
SET = ["LastAuthUser", "accessToken", "idToken", "refreshToken", "signInDetails", "clockDrift"]
STUCK = "UnexpectedSignInInterruptionException"


def suffixes(names):
    return [name.split()[0].rpartition(".")[2] for name in names]


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def twins(browser):
    """Signed in with a client that writes to the parent domain, refreshed by a server that writes host-only."""
    tab = Tab(browser, PARENT)
    assert tab.do("sign-in", "alice") == Done()
    browser.now += 30
    browser.server_refresh()
    return tab


def test_a_sign_in_leaves_six_cookies_in_its_scope_and_is_seen(browser):
    tab = Tab(browser, PARENT)
    assert tab.begin("sign-in", "alice") == Pool("SignIn", "alice")
    assert tab.answer() == Done()
    assert tab.told == ["Hub: signedIn"]
    assert suffixes(browser.names()) == SET
    assert {name.split()[1] for name in browser.names()} == {".example.test"}
    assert tab.do("look") == tab.do("load") == Done(user="alice")


def test_a_server_that_writes_elsewhere_makes_twelve_of_them(twins):
    assert suffixes(twins.browser.names()) == SET * 2


def test_sign_out_reaches_one_of_two_and_nobody_is_signed_out(twins):
    twins.begin("sign-out")
    assert twins.gate == Pool("RevokeToken", "refresh1")
    assert twins.answer() == Done()
    assert {name.split()[1] for name in twins.browser.names()} == {"host-only"}
    assert twins.do("look") == Done(user="alice")
    assert twins.do("sign-in", "alice") == Done("UserAlreadyAuthenticatedException")


@pytest.fixture
def stuck(twins):
    """Signed out of one scope of two, and the other one's access token has run out."""
    twins.do("sign-out")
    twins.browser.now += 4_000
    return twins


def test_what_is_left_is_refreshed_refused_and_left_again(stuck):
    assert stuck.begin("load") == Pool(REFRESH, "refresh1")
    assert stuck.answer() == Done()
    assert stuck.told == [f"Hub: tokenRefresh_failure {REFUSED}"]
    assert suffixes(stuck.browser.names()) == SET


@pytest.mark.parametrize("attempt", range(3))
def test_the_right_password_ends_in_an_interruption_however_often(stuck, attempt):
    for _ in range(attempt + 1):
        stuck.browser.pool.calls.clear()
        assert stuck.do("sign-in", "alice") == Done(STUCK)
        assert [operation for operation, _ in stuck.browser.pool.calls] == [REFRESH, "SignIn", REFRESH]
        assert stuck.browser.pool.refreshed() == ["refresh1", "refresh1"]
    assert stuck.told.count(f"Hub: tokenRefresh_failure {REFUSED}") == 2
    assert stuck.told[-1] == STUCK
    assert suffixes(stuck.browser.names()) == SET  # the fresh ones were cleared


def test_the_usual_listener_makes_an_endless_loop_of_it(stuck):
    stuck.settings = dataclasses.replace(stuck.settings, listener="sign-out")
    before = stuck.browser.names()
    for _ in range(5):
        stuck.browser.pool.calls.clear()
        assert stuck.reload() == Go("/login")
        assert stuck.browser.pool.calls == [(REFRESH, "refresh1"), ("RevokeToken", "refresh1")]
    assert stuck.browser.names() == before


def test_a_listener_that_reloads_makes_another(stuck):
    stuck.settings = dataclasses.replace(stuck.settings, listener="reload")
    for _ in range(3):
        assert stuck.reload() == Go("/account")


def test_another_person_is_stored_under_the_name_that_is_read_first(stuck):
    assert stuck.do("sign-in", "bob") == Done(STUCK)
    assert stuck.do("look") == Done("UserUnAuthenticatedException")
    bobs = [line for line in stuck.lines if "bob" in line]
    assert bobs
    assert not [line for line in bobs if line.startswith(f"{PREFIX}bob.")]


def test_once_twins_have_expired_every_session_is_a_refresh(twins):
    """What is fresh moves behind what is stale, in Chromium; so the next one sees the stale one again."""
    twins.browser.now += 4_000
    for _ in range(4):
        twins.do("load")
    assert len(twins.browser.pool.refreshed()) == 4


def test_one_scope_for_both_writers_has_none_of_this(browser):
    tab = Tab(browser, dataclasses.replace(PARENT, listener="sign-out"))
    tab.do("sign-in", "alice")
    browser.server_refresh(domain="example.test")
    browser.now += 4_000
    assert tab.reload() == Done(user="alice")
    assert tab.do("sign-out") == Done()
    assert browser.names() == []
    assert tab.do("sign-in", "bob") == Done()
    assert tab.do("look") == Done(user="bob")


# -- The table of errors on refresh -----------------------------------------------------------------------------------

ERRORS = [
    # error, are the cookies cleared, what the caller of fetchAuthSession sees, attempts
    (REFUSED, True, "", 1),
    ("TokenRevokedException", True, "TokenRevokedException", 1),
    ("UserNotFoundException", True, "UserNotFoundException", 1),
    ("PasswordResetRequiredException", True, "PasswordResetRequiredException", 1),
    ("UserNotConfirmedException", True, "UserNotConfirmedException", 1),
    ("RefreshTokenReuseException", True, "RefreshTokenReuseException", 1),
    ("TooManyRequestsException", False, "TooManyRequestsException", 3),
    ("InternalErrorException", False, "InternalErrorException", 3),
    ("NetworkError", False, "NetworkError", 3),
    ("ResourceNotFoundException", False, "ResourceNotFoundException", 1),
    ("InvalidParameterException", False, "InvalidParameterException", 1),
    ("UserLambdaValidationException", False, "UserLambdaValidationException", 1),
    ("ForbiddenException", False, "ForbiddenException", 1),
]


def expired(browser, settings=HOST_ONLY):
    tab = Tab(browser, settings)
    tab.do("sign-in", "alice")
    browser.now += 4_000
    browser.pool.calls.clear()
    return tab


@pytest.mark.parametrize(("error", "clears", "thrown", "attempts"), ERRORS, ids=[row[0] for row in ERRORS])
def test_an_error_on_refresh(browser, error, clears, thrown, attempts):
    tab = expired(browser)
    tab.begin("load")
    for _ in range(attempts):
        assert tab.gate == Pool(REFRESH, "refresh1")
        tab.answer(failed(error))
    assert tab.gate == Done(thrown)
    assert tab.told[0] == f"Hub: tokenRefresh_failure {error}"
    assert suffixes(browser.names()) == ([] if clears else SET)


@pytest.mark.parametrize(
    ("release", "cleared"),
    [
        ("6.6.6", {"NetworkError", "InternalErrorException", REFUSED}),
        ("6.6.7", {"InternalErrorException", REFUSED}),
        ("6.15.7", {"InternalErrorException", REFUSED}),
        ("6.15.8", {REFUSED}),
    ],
)
def test_which_errors_clear_depends_on_the_release(release, cleared):
    found = set()
    for error in ("NetworkError", "InternalErrorException", REFUSED):
        browser = Browser()
        tab = expired(browser, dataclasses.replace(HOST_ONLY, release=release))
        tab.begin("load")
        while isinstance(tab.gate, Pool):
            tab.answer(failed(error))
        if not browser.names():
            found.add(error)
    assert found == cleared


def test_a_lost_refresh_token_is_an_error_at_every_call_and_stays_one(browser):
    tab = expired(browser)
    browser.respond(f"{PREFIX}alice.refreshToken=; Path=/; Max-Age=0")
    for _ in range(2):
        assert tab.do("load") == Done("TokenRefreshException")
        assert tab.told == ["Hub: tokenRefresh_failure TokenRefreshException", "TokenRefreshException"]
    assert len(browser.names()) == 5
    assert browser.pool.calls == []


def test_a_malformed_answer_is_unknown_and_nobody_is_told(browser):
    tab = expired(browser)
    tab.begin("load")
    assert tab.answer("{}") == Done("Unknown")
    assert tab.told == ["Unknown"]
    assert len(browser.names()) == 6


@pytest.mark.parametrize("damage", ["alice.accessToken=", "alice.accessToken=a.b.c", "alice.signInDetails=%7Bbroken"])
def test_one_damaged_cookie_and_nobody_is_signed_in_though_all_stay(browser, damage):
    tab = Tab(browser, HOST_ONLY)
    tab.do("sign-in", "alice")
    browser.respond(f"{PREFIX}{damage}; Path=/; Secure")
    assert tab.do("look") == Done("UserUnAuthenticatedException")
    assert tab.do("load") == Done()
    assert len(browser.names()) == 6


@pytest.mark.parametrize(
    ("drift", "left", "refreshes"),
    [("0", 4, True), ("0", 8, False), ("120000", 60, True), ("-120000", -60, False), ("NaN", -9_000, False)],
)
def test_when_a_token_counts_as_expired(browser, drift, left, refreshes):
    tab = Tab(browser, HOST_ONLY)
    tab.do("sign-in", "alice")
    browser.respond(f"{PREFIX}alice.clockDrift={drift}; Path=/; Secure")
    browser.now = START + 3_600 - left
    tab.do("load")
    assert len(browser.pool.refreshed()) == refreshes


def test_the_drift_is_measured_in_milliseconds_when_the_tokens_come(browser):
    tab = Tab(browser, HOST_ONLY)
    tab.begin("sign-in", "alice")
    late = browser.pool.answer(tab.gate, browser.now)
    browser.now += 2
    tab.answer(late)
    assert [cookie.value for cookie in browser.jar if cookie.name.endswith("clockDrift")] == ["-2000"]


def test_a_rotated_refresh_token_takes_the_old_ones_place(browser):
    browser.pool.rotation = True
    tab = expired(browser)
    assert tab.do("load") == Done(user="alice")
    browser.now += 4_000
    assert tab.do("load") == Done(user="alice")
    assert browser.pool.refreshed() == ["refresh1", "refresh2"]


def test_releases_before_6_15_4_keep_the_old_one_and_are_refused(browser):
    browser.pool.rotation = True
    tab = expired(browser, dataclasses.replace(HOST_ONLY, release="6.15.3"))
    assert tab.begin("load") == Pool("InitiateAuth", "refresh1")
    assert tab.answer() == Done(user="alice")
    browser.now += 4_000
    assert tab.do("load") == Done()
    assert browser.pool.calls[-1] == ("InitiateAuth", "refresh1")
    assert browser.names() == []


# -- How a sign-in ends in an interruption ----------------------------------------------------------------------------


def test_without_https_secure_cookies_are_refused_and_the_sign_in_with_them():
    browser = Browser()
    tab = Tab(browser, HOST_ONLY, scheme="http")
    assert tab.do("sign-in", "alice") == Done(STUCK)
    assert browser.names() == []


@pytest.mark.parametrize(
    ("settings", "scope"),
    [
        (HOST_ONLY, "; Domain=example.test; Path=/"),
        (PARENT, "; Path=/"),
        (HOST_ONLY, "; Path=/account"),
    ],
    ids=["an older domain", "an older host", "an older path"],
)
def test_an_older_set_elsewhere_interrupts_every_sign_in(browser, settings, scope):
    """Refresh, sign in, refresh: both with the older token; the fresh cookies are deleted, the older ones stay."""
    old = browser.pool.grant("alice", "gone", START - 9_000, START - 9_000, fresh=False)
    values = dict(zip(("accessToken", "idToken", "refreshToken"), (*old[:2], "dead"), strict=True))
    browser.respond(f"{PREFIX}LastAuthUser=alice{scope}; Secure")
    browser.respond(*(f"{PREFIX}alice.{name}={value}{scope}; Secure" for name, value in values.items()))
    before = browser.names()
    tab = Tab(browser, settings)
    assert tab.do("sign-in", "alice") == Done(STUCK)
    assert browser.pool.refreshed() == ["dead", "dead"]
    assert browser.names() == before


def test_garbage_in_front_shadows_a_session_that_stays(browser):
    browser.respond(*(f"{PREFIX}{name}; Domain=example.test; Path=/; Secure" for name in ("alice.accessToken=x",)))
    tab = Tab(browser, HOST_ONLY)
    assert tab.do("sign-in", "alice") == Done(STUCK)
    assert len(browser.names()) == 7


def test_only_a_name_in_front_and_a_session_lies_under_it(browser):
    browser.respond(f"{PREFIX}LastAuthUser=bob; Domain=example.test; Path=/; Secure")
    tab = Tab(browser, HOST_ONLY)
    assert tab.do("sign-in", "alice") == Done()
    assert tab.do("look") == Done(user="alice")
    assert "bob.accessToken host-only /" in browser.names()


def test_cookies_that_script_cannot_see_leave_it_the_name_username(browser):
    browser.respond(f"{PREFIX}LastAuthUser=alice; Path=/; Secure; HttpOnly")
    tab = Tab(browser, HOST_ONLY)
    assert tab.do("sign-in", "alice") == Done()
    assert "username.accessToken host-only /" in browser.names()


def test_before_6_0_17_an_interruption_had_no_name_of_its_own(stuck):
    stuck.settings = dataclasses.replace(stuck.settings, release="6.0.16")
    assert stuck.do("sign-in", "alice") == Done("UserUnAuthenticatedException")


# -- Signing out, and the rest ----------------------------------------------------------------------------------------


def test_without_an_origin_nothing_can_be_revoked(browser):
    tab = Tab(browser, HOST_ONLY)
    tab.begin("sign-in", "alice")
    tab.answer(granted(*browser.pool.grant("alice", "", START, START, fresh=True)))
    assert tab.begin("sign-out") == Done()
    assert tab.told == ["Hub: signedOut"]
    assert browser.names() == []


@pytest.mark.parametrize("error", [REFUSED, "InvalidParameterException"])
def test_a_sign_out_that_the_pool_refuses_clears_all_the_same(browser, error):
    tab = Tab(browser, HOST_ONLY)
    tab.do("sign-in", "alice")
    tab.begin("sign-out-everywhere")
    assert isinstance(tab.gate, Pool)
    assert tab.gate.operation == "GlobalSignOut"
    assert tab.answer(failed(error)) == Done()
    assert browser.names() == []


def test_the_next_step_of_a_sign_in_is_no_error(browser):
    tab = Tab(browser, HOST_ONLY)
    for error in ("PasswordResetRequiredException", "UserNotConfirmedException"):
        tab.begin("sign-in", "alice")
        assert tab.answer(failed(error)) == Done()
    tab.begin("sign-in", "alice")
    assert tab.answer(failed(REFUSED)) == Done(REFUSED)
    assert browser.names() == []


def test_the_name_that_the_pool_gives_is_the_one_in_the_keys(browser):
    tab = Tab(browser, HOST_ONLY)
    tab.begin("sign-in", "a.b@example.com")
    access, identity, refresh = browser.pool.grant("alice", "s", START, START, fresh=True)
    tab.answer(granted(access, identity, refresh, username="sub-1"))
    assert "sub-1.accessToken host-only /" in browser.names()
    details = next(cookie.value for cookie in browser.jar if cookie.name.endswith("signInDetails"))
    assert "a.b@example.com" in details


def test_a_site_may_leave_out_what_it_does_not_want():
    browser = Browser()
    tab = Tab(browser, dataclasses.replace(HOST_ONLY, cookie=CookieOptions(secure=False, same_site="", expires=1)))
    tab.do("sign-in", "alice")
    assert tab.lines[0] == f"{PREFIX}LastAuthUser=alice; path=/; expires=Wed, 15 Nov 2023 22:13:20 GMT"


def test_a_token_that_is_none_at_sign_in_is_unknown(browser):
    tab = Tab(browser, HOST_ONLY)
    tab.begin("sign-in", "alice")
    assert tab.answer(granted("not.a-token")) == Done("Unknown")
    tab.begin("sign-in", "alice")
    assert tab.answer("{}") == Done("InvalidTokens")
    assert tab.do("sign-in", "bob") == Done()
    assert token(sub="x").count(".") == 2
