from __future__ import annotations

import pytest

from hardtack.cognito import CodeDelivery, CognitoRefused, CognitoUnavailable, SignUpResult
from hardtack.cognito import Reason as Why
from hardtack.web.pages import Pages

CAROL = {"username": "carol", "email": "carol@example.com", "password": "Hardtack-1!", "next": "/private"}


@pytest.fixture
def site(site_of):
    """Accounts are made at the pool; where sessions are kept makes no difference."""
    return site_of()


def answering(site, method, answer):
    """Let the pool answer so; gives what it was asked."""
    asked = []

    async def call(*arguments, **named):
        asked.append((arguments, named))
        if isinstance(answer, Exception):
            raise answer
        return answer

    setattr(site.cognito, method, call)
    return asked


def assert_alike(pages, fields):
    """The pages differ in the name that was typed, and in nothing else."""
    texts = {page.text.replace(f'value="{one["username"]}"', "") for page, one in zip(pages, fields, strict=True)}
    assert len(texts) == 1


def test_from_a_new_account_to_the_page_that_was_asked_for(site, browser):
    page = browser.get("/auth/sign-up?next=/private")
    page = browser.post("/auth/sign-up", {**page.form("/auth/sign-up"), **CAROL})
    assert "sent you a code" in page.text
    fields = page.form("/auth/confirm-sign-up")
    page = browser.post("/auth/confirm-sign-up", {**fields, "code": site.pool.code("carol")})
    assert "Your account is confirmed" in page.text
    fields = {**page.form("/auth/sign-in"), "username": "carol", "password": "Hardtack-1!"}
    assert browser.post("/auth/sign-in", fields).text == "private carol"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"username": ""}, "Enter your username"),
        ({"username": "car\tol"}, "can’t be used"),
        ({"username": "c" * 129}, "can’t be used"),
        ({"email": ""}, "Enter your email"),
        ({"email": "carol"}, "isn’t an email address"),
        ({"email": "carol@" + "x" * 250 + ".com"}, "isn’t an email address"),
        ({"password": ""}, "Enter a password"),
        ({"password": " Hardtack-1!"}, "doesn’t meet the rules"),
        ({"password": "Aa1!" * 65}, "doesn’t meet the rules"),
    ],
)
def test_what_can_be_no_account_is_said_and_asks_no_pool(site, browser, change, words):
    page = browser.post("/auth/sign-up", CAROL | change)
    assert page.status == 422
    assert words in page.text
    assert not site.pool.calls
    assert page.form("/auth/sign-up")["next"] == "/private"


def test_a_name_that_is_taken_is_told_as_cognito_tells_it(browser):
    page = browser.post("/auth/sign-up", CAROL | {"username": "alice"})
    assert page.status == 422
    assert "already an account" in page.text
    assert 'value="carol@example.com"' in page.text


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (CognitoRefused("SignUp", Why.PASSWORD_NOT_ACCEPTED), 422, "doesn’t meet the rules"),
        (CognitoRefused("SignUp", Why.INVALID_INPUT), 422, "can’t be used"),
        (CognitoRefused("SignUp", Why.TRIGGER_REJECTED), 422, "went wrong on our side"),
        (CognitoUnavailable("SignUp", Why.CONNECTION), 503, "can’t reach"),
        (CognitoUnavailable("SignUp", Why.CODE_NOT_DELIVERED), 422, "couldn’t send a code"),
    ],
)
def test_what_the_pool_says_of_a_new_account(site, browser, answer, status, words):
    answering(site, "sign_up", answer)
    page = browser.post("/auth/sign-up", CAROL)
    assert page.status == status
    assert words in page.text


def test_an_account_that_needs_no_confirmation_goes_on_to_sign_in(site, browser):
    answering(site, "sign_up", SignUpResult("sub", user_confirmed=True, delivery=None))
    page = browser.post("/auth/sign-up", CAROL)
    assert page.path == "/auth/sign-in"
    assert "Your account is confirmed" in page.text


@pytest.mark.parametrize(
    ("username", "attributes"),
    [
        ("carol@example.com", {"email": "carol@example.com"}),
        ("+4915112345678", {"phone_number": "+4915112345678"}),
        ("carol", {}),
    ],
)
def test_where_no_address_is_asked_for_the_name_may_be_one(site_of, username, attributes):
    site = site_of(routes={"asks_email": False})
    browser = site.browser()
    delivery = CodeDelivery("c***@e***", "EMAIL", "email")
    asked = answering(site, "sign_up", SignUpResult("sub", user_confirmed=False, delivery=delivery))
    assert 'name="email"' not in browser.get("/auth/sign-up").text
    page = browser.post("/auth/sign-up", {"username": username, "password": "Hardtack-1!"})
    assert asked[0][1] == {"attributes": attributes}
    assert "c***@e***" in page.text


def test_where_nobody_may_sign_up_there_is_no_such_page(site_of):
    browser = site_of(pages=Pages("app.example.com", offers_sign_up=False)).browser()
    assert "/auth/sign-up" not in browser.get("/auth/sign-in").text
    assert browser.get("/auth/sign-up").status == 404
    assert browser.post("/auth/sign-up", CAROL).status == 404


def test_a_code_is_sent_again_and_works(site, browser):
    page = browser.post("/auth/sign-up", CAROL)
    page = browser.post("/auth/confirm-sign-up/resend", page.form("/auth/confirm-sign-up/resend"))
    assert "sent a new code" in page.text
    assert len(site.pool.calls_of("ResendConfirmationCode")) == 1
    page = browser.post(
        "/auth/confirm-sign-up", {**page.form("/auth/confirm-sign-up"), "code": site.pool.code("carol")}
    )
    assert "Your account is confirmed" in page.text


def test_strangers_learn_nothing_from_a_code_sent_again(site, browser):
    browser.post("/auth/sign-up", CAROL)
    fields = [{"username": name} for name in ("carol", "alice", "nobody", "no body")]
    pages = [browser.post("/auth/confirm-sign-up/resend", one) for one in fields]
    for why in (Why.USER_NOT_FOUND, Why.INVALID_INPUT):
        answering(site, "resend_confirmation_code", CognitoRefused("ResendConfirmationCode", why))
        fields.append({"username": "bob"})
        pages.append(browser.post("/auth/confirm-sign-up/resend", fields[-1]))
    assert {page.status for page in pages} == {200}
    assert (
        len({page.text.replace(f'value="{one["username"]}"', "") for page, one in zip(pages, fields, strict=True)}) == 1
    )


def test_strangers_learn_nothing_from_a_wrong_code(site, browser):
    browser.post("/auth/sign-up", CAROL)
    fields = [{"username": name, "code": "000000"} for name in ("carol", "alice", "nobody", "no body")]
    pages = [browser.post("/auth/confirm-sign-up", one) for one in fields]
    assert {page.status for page in pages} == {422}
    assert (
        len({page.text.replace(f'value="{one["username"]}"', "") for page, one in zip(pages, fields, strict=True)}) == 1
    )


def test_asking_for_a_reset_lets_nobody_hear_about_an_account(site, browser):
    """The reset names its account in a sealed field; at the confirmation that field proves nothing."""
    browser.post("/auth/sign-up", CAROL)
    pages = []
    for name in ("carol", "alice", "nobody"):
        state = browser.post("/auth/forgot-password", {"username": name}).form("/auth/reset-password")["state"]
        fields = {"state": state, "username": name, "code": "000000"}
        pages.append((browser.post("/auth/confirm-sign-up", fields), fields))
        pages.append((browser.post("/auth/confirm-sign-up/resend", fields), fields))
    assert_alike(*zip(*pages[0::2], strict=True))
    assert_alike(*zip(*pages[1::2], strict=True))


def test_who_confirms_twice_has_confirmed(site, browser):
    page = browser.post("/auth/sign-up", CAROL)
    fields = {**page.form("/auth/confirm-sign-up"), "code": site.pool.code("carol")}
    browser.post("/auth/confirm-sign-up", fields)
    assert "Your account is confirmed" in browser.post("/auth/confirm-sign-up", fields).text


@pytest.mark.parametrize(("fields", "words"), [({}, "Enter your username"), ({"username": "carol"}, "Enter the code")])
def test_an_incomplete_confirmation_is_said(browser, fields, words):
    page = browser.post("/auth/confirm-sign-up", fields)
    assert page.status == 422
    assert words in page.text


def test_nobody_s_code_can_be_sent_again(browser):
    assert "Enter your username" in browser.post("/auth/confirm-sign-up/resend", {}).text


@pytest.mark.parametrize("doing", ["confirm_sign_up", "resend_confirmation_code"])
@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (CognitoUnavailable("X", Why.TIMEOUT, retry_after=9), 503, "can’t reach"),
        (CognitoUnavailable("X", Why.CODE_NOT_DELIVERED), 422, "couldn’t send a code"),
        (CognitoUnavailable("X", Why.THROTTLED, exception_name="LimitExceededException"), 429, "too many tries"),
    ],
)
def test_a_pool_that_cannot_confirm_keeps_the_form(site, doing, answer, status, words):
    answering(site, doing, answer)
    browser, route = site.browser(), "confirm-sign-up" if doing == "confirm_sign_up" else "confirm-sign-up/resend"
    page = browser.post(f"/auth/{route}", {"username": "carol", "code": "123456", "next": "/private"})
    assert page.status == status
    assert words in page.text
    assert 'value="carol"' in page.text
    assert page.form("/auth/confirm-sign-up")["next"] == "/private"


def test_a_link_to_the_confirmation_asks_for_the_name_too(browser):
    page = browser.get("/auth/confirm-sign-up?next=/private")
    assert page.status == 200
    assert 'name="username"' in page.text


def test_a_forgotten_password_is_replaced(site, browser):
    page = browser.get("/auth/forgot-password?next=/private")
    page = browser.post("/auth/forgot-password", {**page.form("/auth/forgot-password"), "username": "alice"})
    fields = {**page.form("/auth/reset-password"), "code": site.pool.code("alice"), "password": "Sea-Biscuit-77!"}
    page = browser.post("/auth/reset-password", fields)
    assert "Your password has been changed" in page.text
    fields = {**page.form("/auth/sign-in"), "username": "alice", "password": "Sea-Biscuit-77!"}
    assert browser.post("/auth/sign-in", fields).text == "private alice"


def test_strangers_learn_nothing_from_a_forgotten_password(site, browser):
    """Whoever they name, and whatever the pool makes of it, short of an outage."""
    pages = [browser.post("/auth/forgot-password", {"username": name}) for name in ("alice", "nobody", "no body")]
    for answer in (
        CognitoRefused("ForgotPassword", Why.INVALID_INPUT),
        CognitoUnavailable("ForgotPassword", Why.THROTTLED, exception_name="LimitExceededException", status=400),
        CognitoUnavailable("ForgotPassword", Why.CODE_NOT_DELIVERED),
    ):
        answering(site, "forgot_password", answer)
        pages.append(browser.post("/auth/forgot-password", {"username": "bob"}))
    assert {page.status for page in pages} == {200}
    assert len({page.text.replace(page.form("/auth/reset-password")["state"], "") for page in pages}) == 1


def test_strangers_learn_nothing_from_a_reset(browser):
    """Nobody asked for a code: neither for one who exists nor for one who doesn't."""
    fields = [
        {"username": name, "code": "000000", "password": "Sea-Biscuit-77!"} for name in ("alice", "nobody", "no body")
    ]
    pages = [browser.post("/auth/reset-password", one) for one in fields]
    assert {page.status for page in pages} == {422}
    assert (
        len({page.text.replace(f'value="{one["username"]}"', "") for page, one in zip(pages, fields, strict=True)}) == 1
    )


def test_who_asked_for_a_code_is_told_when_it_is_too_old(site, browser):
    page = browser.post("/auth/forgot-password", {"username": "alice"})
    answering(site, "confirm_forgot_password", CognitoRefused("ConfirmForgotPassword", Why.CODE_EXPIRED))
    fields = {**page.form("/auth/reset-password"), "code": "123456", "password": "Sea-Biscuit-77!"}
    assert "code has expired" in browser.post("/auth/reset-password", fields).text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"username": ""}, "Enter your username"),
        ({"code": ""}, "Enter the code"),
        ({"password": ""}, "Enter a password"),
        ({"password": "x" * 257}, "doesn’t meet the rules"),
        ({"code": "not a code!"}, "code isn’t right"),
    ],
)
def test_what_can_be_no_reset_asks_no_pool(site, browser, change, words):
    fields = {"username": "alice", "code": "123456", "password": "Sea-Biscuit-77!"} | change
    page = browser.post("/auth/reset-password", fields)
    assert page.status == 422
    assert words in page.text
    assert not site.pool.calls


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (CognitoUnavailable("ConfirmForgotPassword", Why.POOL_ERROR), 503, "can’t reach"),
        (
            CognitoUnavailable("ConfirmForgotPassword", Why.THROTTLED, exception_name="LimitExceededException"),
            429,
            "too many tries",
        ),
        (CognitoRefused("ConfirmForgotPassword", Why.PASSWORD_NOT_ACCEPTED), 422, "doesn’t meet the rules"),
    ],
)
def test_what_the_pool_says_of_a_reset(site, browser, answer, status, words):
    answering(site, "confirm_forgot_password", answer)
    fields = {"username": "alice", "code": "123456", "password": "Sea-Biscuit-77!", "next": "/private"}
    page = browser.post("/auth/reset-password", fields)
    assert page.status == status
    assert words in page.text
    assert page.form("/auth/reset-password")["next"] == "/private"


def test_an_outage_is_told_to_who_forgot_a_password(site, browser):
    with site.pool.faults.failing("ForgotPassword", "reset"):
        page = browser.post("/auth/forgot-password", {"username": "alice"})
    assert page.status == 503
    assert 'value="alice"' in page.text


def test_an_empty_name_is_said_to_who_forgot_a_password(browser):
    assert "Enter your username" in browser.post("/auth/forgot-password", {"username": " "}).text


def test_a_link_to_the_reset_asks_for_the_name_too(browser):
    assert 'name="username"' in browser.get("/auth/reset-password").text
