from __future__ import annotations

import pytest

from hardtack.cognito import Challenge, CognitoRefused, CognitoUnavailable
from hardtack.cognito import Reason as Why


@pytest.fixture
def site(site_of):
    """Where the session is kept in the end makes no difference on the way to it."""
    return site_of()


def asking(site, name, *, answers=(), **parameters):
    """Let the pool ask this, whatever the password; then answer with each of `answers` in turn."""
    given = []
    turns = iter(answers)

    async def sign_in(username, _password, **_kwargs):
        return Challenge(name, "session", username, parameters)

    async def respond_to_auth_challenge(challenge, **answer):
        given.append((challenge, answer))
        turn = next(turns)
        if isinstance(turn, Exception):
            raise turn
        return turn

    site.cognito.sign_in = sign_in
    site.cognito.respond_to_auth_challenge = respond_to_auth_challenge
    return given


def test_a_code_of_the_authenticator_completes_the_sign_in(site, browser):
    site.pool.enable_totp("alice")
    page = browser.sign_in()
    assert "authenticator app" in page.text
    assert not browser.auth_cookies()
    arrived = browser.post("/auth/mfa", {**page.form("/auth/mfa"), "code": site.pool.totp_code("alice")})
    assert arrived.text == "private alice"


def test_a_wrong_code_may_be_tried_again(site, browser):
    site.pool.enable_totp("alice")
    page = browser.sign_in()
    right = site.pool.totp_code("alice")
    wrong = "000000" if right != "000000" else "000001"
    page = browser.post("/auth/mfa", {**page.form("/auth/mfa"), "code": wrong})
    assert page.status == 422
    assert "That code isn’t right" in page.text
    spaced = f"{right[:3]} {right[3:]}"
    arrived = browser.post("/auth/mfa", {**page.form("/auth/mfa"), "code": spaced})
    assert arrived.text == "private alice"


def test_full_width_digits_are_digits(site, browser):
    site.pool.enable_totp("alice")
    page = browser.sign_in()
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in site.pool.totp_code("alice"))
    assert browser.post("/auth/mfa", {**page.form("/auth/mfa"), "code": wide}).text == "private alice"


@pytest.mark.parametrize(("code", "words"), [("", "Enter the code"), ("12;3", "isn’t right"), ("1" * 300, "isn’t")])
def test_what_can_be_no_code_asks_no_pool(site, browser, code, words):
    site.pool.enable_totp("alice")
    page = browser.sign_in()
    site.pool.clear_calls()
    page = browser.post("/auth/mfa", {**page.form("/auth/mfa"), "code": code})
    assert page.status == 422
    assert words in page.text
    assert page.form("/auth/mfa")["next"] == "/private"
    assert not site.pool.calls


def test_a_sign_in_that_took_too_long_starts_over_and_says_so(site, browser):
    site.pool.enable_totp("alice")
    page = browser.sign_in()
    site.advance(181)
    page = browser.post("/auth/mfa", {**page.form("/auth/mfa"), "code": site.pool.totp_code("alice")})
    assert page.status == 422
    assert "took too long" in page.text
    assert page.form("/auth/sign-in")["next"] == "/private"


@pytest.mark.parametrize("route", ["/auth/mfa", "/auth/mfa/choose", "/auth/new-password"])
@pytest.mark.parametrize("state", ["", "garbage", "A" * 60_000, "\x00é"])
def test_a_made_up_state_starts_over(browser, route, state):
    page = browser.post(route, {"state": state, "code": "123456", "password": "x", "mfa": "SMS_MFA"})
    assert page.status == 422
    assert "took too long" in page.text


def test_a_state_opens_at_its_own_step_only(site, browser):
    site.pool.enable_totp("alice")
    state = browser.sign_in().form("/auth/mfa")["state"]
    assert "took too long" in browser.post("/auth/new-password", {"state": state, "password": "x"}).text
    assert "took too long" in browser.post("/auth/mfa/choose", {"state": state, "mfa": "SMS_MFA"}).text
    assert browser.post("/auth/confirm-sign-up", {"state": state, "code": "1"}).status == 422


def test_a_state_tells_nothing_and_is_no_cookie(site, browser):
    site.pool.enable_totp("alice")
    before = browser.names()
    page = browser.sign_in()
    assert browser.names() == before
    assert "alice" not in page.form("/auth/mfa")["state"]


def test_a_temporary_password_is_replaced(site, browser):
    site.pool.add_user("dora", "Temporary-1!", temporary=True)
    page = browser.sign_in("dora", "Temporary-1!")
    assert "Choose your own to continue" in page.text
    arrived = browser.post("/auth/new-password", {**page.form("/auth/new-password"), "password": "Permanent-1!"})
    assert arrived.text == "private dora"


def test_a_new_password_that_is_too_weak_is_said_beside_the_rules(site, browser):
    asking(site, "NEW_PASSWORD_REQUIRED", answers=[CognitoRefused("RespondToAuthChallenge", Why.PASSWORD_NOT_ACCEPTED)])
    page = browser.sign_in()
    weak = browser.post("/auth/new-password", {**page.form("/auth/new-password"), "password": "weak"})
    assert weak.status == 422
    assert "doesn’t meet the rules" in weak.text


def test_required_attributes_are_asked_for_and_passed_on(site, browser):
    given = asking(
        site,
        "NEW_PASSWORD_REQUIRED",
        requiredAttributes='["userAttributes.given_name"]',
        answers=[CognitoRefused("RespondToAuthChallenge", Why.PASSWORD_NOT_ACCEPTED)],
    )
    page = browser.sign_in()
    assert 'name="attribute.given_name"' in page.text
    fields = {**page.form("/auth/new-password"), "password": "Permanent-1!"}
    page = browser.post("/auth/new-password", fields)
    assert "Fill in every field" in page.text
    assert not given
    browser.post("/auth/new-password", fields | {"attribute.given_name": " Ada ", "attribute.email": "x@example.com"})
    assert given[0][1] == {"new_password": "Permanent-1!", "user_attributes": {"given_name": "Ada"}}


def test_an_empty_new_password_is_said(site, browser):
    asking(site, "NEW_PASSWORD_REQUIRED")
    page = browser.sign_in()
    assert "Enter a password" in browser.post("/auth/new-password", page.form("/auth/new-password")).text


def test_one_of_several_factors_is_chosen(site, browser):
    code = Challenge("EMAIL_OTP", "later", "alice", {"CODE_DELIVERY_DESTINATION": "a***@e***"})
    given = asking(site, "SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["EMAIL_OTP","SOFTWARE_TOKEN_MFA"]', answers=[code])
    page = browser.sign_in()
    assert 'value="EMAIL_OTP"' in page.text
    again = browser.post("/auth/mfa/choose", {**page.form("/auth/mfa/choose"), "mfa": "SMS_MFA"})
    assert (again.status, given) == (422, [])
    page = browser.post("/auth/mfa/choose", {**page.form("/auth/mfa/choose"), "mfa": "EMAIL_OTP"})
    assert given[0][1] == {"ANSWER": "EMAIL_OTP"}
    assert "a***@e***" in page.text
    assert page.form("/auth/mfa")["next"] == "/private"


@pytest.mark.parametrize("name", ["MFA_SETUP", "CUSTOM_CHALLENGE", "SELECT_MFA_TYPE"])
def test_a_question_that_we_have_no_page_for_is_an_error_with_a_reference(site, browser, caplog, name):
    asking(site, name)
    page = browser.sign_in()
    assert page.status == 500
    assert "HT-" in page.text
    assert name in caplog.text


def test_an_outage_between_two_steps_keeps_the_step(site, browser):
    site.pool.enable_totp("alice")
    page = browser.sign_in()
    with site.pool.faults.failing("RespondToAuthChallenge", "reset"):
        page = browser.post("/auth/mfa", {**page.form("/auth/mfa"), "code": site.pool.totp_code("alice")})
    assert page.status == 503
    assert int(page["retry-after"]) >= 1
    arrived = browser.post("/auth/mfa", {**page.form("/auth/mfa"), "code": site.pool.totp_code("alice")})
    assert arrived.text == "private alice"


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (CognitoRefused("RespondToAuthChallenge", Why.NOT_AUTHORIZED), 422, "took too long"),
        (CognitoRefused("RespondToAuthChallenge", Why.CODE_EXPIRED), 422, "code has expired"),
        (CognitoRefused("RespondToAuthChallenge", Why.INVALID_INPUT), 422, "code isn’t right"),
        (
            CognitoUnavailable(
                "RespondToAuthChallenge", Why.THROTTLED, exception_name="TooManyFailedAttemptsException", status=400
            ),
            429,
            "too many tries",
        ),
    ],
)
def test_what_the_pool_says_of_a_code(site, browser, answer, status, words):
    asking(site, "SMS_MFA", answers=[answer])
    page = browser.sign_in()
    seen = browser.post("/auth/mfa", {**page.form("/auth/mfa"), "code": "123456"})
    assert seen.status == status
    assert words in seen.text


def test_a_reused_password_is_told_apart(site, browser):
    refusal = CognitoRefused(
        "RespondToAuthChallenge",
        Why.PASSWORD_NOT_ACCEPTED,
        exception_name="PasswordHistoryPolicyViolationException",
    )
    asking(site, "NEW_PASSWORD_REQUIRED", answers=[refusal])
    page = browser.sign_in()
    seen = browser.post("/auth/new-password", {**page.form("/auth/new-password"), "password": "Old-one-1!"})
    assert "used that password before" in seen.text


@pytest.mark.parametrize("route", ["mfa", "mfa/choose", "new-password", "confirm-sign-up/resend"])
def test_who_reloads_a_step_begins_at_the_beginning(browser, route):
    assert browser.get(f"/auth/{route}?next=/private").url.endswith("/auth/sign-in?next=%2Fprivate")
