from __future__ import annotations

import json
import re
from urllib.parse import unquote

import pytest

from hardtack.amplify import AmplifyNames
from hardtack.cognito import CognitoRefused, CognitoUnavailable
from hardtack.cognito import Reason as Why
from hardtack.sessions import StartupError


def test_a_right_password_leads_to_the_page_that_was_asked_for(browser):
    page = browser.get("/private?tab=2")
    assert page.path == "/auth/sign-in"
    assert "Please sign in to see this page." in page.text
    fields = {**page.form("/auth/sign-in"), "username": "alice", "password": "Biscuit-1620!"}
    arrived = browser.post("/auth/sign-in", fields)
    assert (arrived.url, arrived.text) == ("https://app.example.com/private?tab=2", "private alice")
    assert [seen.path for seen in browser.history[-3:]] == ["/auth/sign-in", "/auth/welcome", "/private"]
    assert browser.session()["signed_in"] is True


def test_the_password_flow_signs_in_too_and_sends_no_srp(site_of):
    site = site_of(routes={"flow": "USER_PASSWORD_AUTH"})
    assert site.browser().sign_in().text == "private alice"
    assert [call.flow for call in site.pool.calls_of("InitiateAuth")] == ["USER_PASSWORD_AUTH"]


def test_srp_never_sends_the_password(site, browser):
    browser.sign_in()
    assert [call.flow for call in site.pool.calls_of("InitiateAuth")] == ["USER_SRP_AUTH"]


def test_without_a_place_to_go_one_lands_at_home(site_of):
    browser = site_of(routes={"home": "/shared"}).browser()
    assert browser.sign_in(next_="").path == "/shared"


@pytest.mark.parametrize("next_", ["//evil.example", "https://evil.example/", "/\\evil.example", "/auth/sign-out"])
def test_a_sign_in_never_leads_away(browser, next_):
    assert browser.sign_in(next_=next_).path == "/"


def test_strangers_get_one_answer_whoever_they_claim_to_be(browser):
    """A wrong password, a name that nobody has and one that nobody can have."""
    seen = [browser.sign_in(name, "Wrong-1234!") for name in ("alice", "nobody", "no\x00body", "no body", "n" * 5_000)]
    assert {one.status for one in seen} == {422}
    pages = {re.sub(r'(?s)<input id="username".*?>', "", one.text) for one in seen}
    assert len(pages) == 1
    assert "password isn’t right" in pages.pop()
    assert not browser.auth_cookies()


def test_a_failed_sign_in_keeps_what_was_typed_but_not_the_password(browser):
    page = browser.sign_in("alice", "Wrong-1234!")
    assert 'value="alice"' in page.text
    assert "Wrong-1234!" not in page.text
    assert page.form("/auth/sign-in")["next"] == "/private"


@pytest.mark.parametrize(("username", "password", "words"), [("", "x", "Enter your username"), ("x", "", "a password")])
def test_an_empty_field_is_said_and_asks_no_pool(site, browser, username, password, words):
    page = browser.sign_in(username, password)
    assert page.status == 422
    assert words in page.text
    assert not site.pool.calls


def test_who_is_signed_in_is_sent_on_at_once(browser):
    browser.sign_in()
    assert browser.get("/auth/sign-in?next=/private").path == "/private"
    assert browser.get("/auth/sign-up?next=/private").path == "/private"


def test_a_second_person_takes_the_browser_over(site, browser):
    browser.sign_in("alice")
    fields = {"username": "bob", "password": "Rations-1841!", "next": "/private"}
    assert browser.post("/auth/sign-in", fields).text == "private bob"
    assert browser.session()["username"] == "bob"


def test_the_front_end_finds_what_its_own_amplify_would_have_written(site_of):
    site = site_of(storage="amplify", policy={"http_only": False})
    browser = site.browser()
    browser.sign_in()
    shown = dict(pair.split("=", 1) for pair in browser.jar.document_cookie("https://app.example.com/").split("; "))
    names = AmplifyNames(site.pool.client_id)
    owner = unquote(shown[names.last_auth_user])
    details = json.loads(unquote(shown[names.wire_name(owner, "signInDetails")]))
    assert details == {"loginId": "alice", "authFlowType": "USER_SRP_AUTH"}
    assert shown[names.wire_name(owner, "accessToken")].count(".") == 2


def test_who_never_confirmed_is_asked_for_the_code(site, browser):
    fields = {"username": "carol", "email": "carol@example.com", "password": "Hardtack-1!"}
    browser.post("/auth/sign-up", fields)
    page = browser.sign_in("carol", "Hardtack-1!")
    assert "isn’t confirmed yet" in page.text
    fields = {**page.form("/auth/confirm-sign-up"), "code": site.pool.code("carol")}
    assert "Your account is confirmed" in browser.post("/auth/confirm-sign-up", fields).text


def test_who_must_reset_the_password_is_led_there(site, browser):
    site.pool.require_password_reset("alice")
    page = browser.sign_in()
    assert "need to choose a new password" in page.text
    fields = {**page.form("/auth/reset-password"), "code": site.pool.code("alice"), "password": "Sea-Biscuit-77!"}
    assert "has been changed" in browser.post("/auth/reset-password", fields).text
    assert browser.sign_in(password="Sea-Biscuit-77!").text == "private alice"


def test_an_unreachable_pool_keeps_the_form_and_says_when_to_come_back(site, browser):
    with site.pool.faults.failing("InitiateAuth", "reset"):
        page = browser.sign_in()
    assert page.status == 503
    assert int(page["retry-after"]) >= 1
    assert "Nothing was changed" in page.text
    assert 'value="alice"' in page.text
    assert page.form("/auth/sign-in")["next"] == "/private"
    assert browser.sign_in().text == "private alice"


def test_keys_that_cannot_be_had_sign_nobody_in_and_leave_no_session_behind(site, browser):
    with site.pool.faults.failing("JWKS", "error"):
        page = browser.sign_in()
    assert page.status == 503
    assert not browser.auth_cookies()
    site.settle()
    assert [call.outcome for call in site.pool.calls_of("RevokeToken")] == ["ok"]


def test_what_can_be_neither_written_nor_ended_is_noted(site, browser, caplog):
    caplog.set_level("INFO", logger="hardtack")
    with site.pool.faults.failing("JWKS", "error"), site.pool.faults.failing("RevokeToken", "reset"):
        assert browser.sign_in().status == 503
        site.settle()
    assert "RevokeToken" in caplog.text


def test_a_home_that_leads_away_is_refused_at_the_start(site_of):
    for home in ("//evil.example", "https://evil.example/", "", "/auth/sign-in", "/a b"):
        with pytest.raises(StartupError, match="no path of this origin"):
            site_of(routes={"home": home})


@pytest.mark.parametrize("kept", [True, False])
def test_a_session_that_no_cookie_can_hold_is_an_error_with_a_reference(site_of, kept):
    site = site_of(storage="amplify")
    tokens = site.pool.issue("alice")
    claims = "x" * 5_000

    async def sign_in(*_args, **_kwargs):
        from hardtack.cognito import AuthResult
        from hardtack.tokens import TokenSet

        return AuthResult(
            TokenSet(tokens["AccessToken"], claims, tokens["RefreshToken"] if kept else None), "alice", 3600
        )

    site.cognito.sign_in = sign_in
    page = site.browser().sign_in()
    assert page.status == 500
    assert re.search(r"HT-[0-9A-Z]{4}-[0-9A-Z]{4}", page.text)
    assert not page.written
    site.settle()
    assert len(site.pool.calls_of("RevokeToken")) == kept


@pytest.mark.parametrize("name", ["TooManyFailedAttemptsException", "LimitExceededException"])
def test_when_the_pool_has_had_enough_of_somebody_it_is_no_outage(site, browser, name):
    with site.pool.faults.failing("InitiateAuth", "throttled", exception=name, status=400):
        page = browser.sign_in()
    assert page.status == 429
    assert int(page["retry-after"]) >= 1
    assert "too many tries" in page.text


def test_a_trigger_that_says_no_is_an_unexpected_error_without_its_words(site, browser):
    async def sign_in(*_args, **_kwargs):
        raise CognitoRefused("InitiateAuth", Why.TRIGGER_REJECTED, exception_name="UserLambdaValidationException")

    site.cognito.sign_in = sign_in
    page = browser.sign_in()
    assert page.status == 422
    assert "Lambda" not in page.text


def test_the_pool_s_own_wait_is_passed_on(site, browser):
    async def sign_in(*_args, **_kwargs):
        raise CognitoUnavailable("InitiateAuth", Why.THROTTLED, retry_after=17.2)

    site.cognito.sign_in = sign_in
    assert browser.sign_in()["retry-after"] == "18"


def test_what_nobody_foresaw_is_a_page_with_a_reference_and_a_log_line_without_secrets(site, browser, caplog):
    async def sign_in(username, password, **_kwargs):
        raise RuntimeError(f"{username}:{password}")

    site.cognito.sign_in = sign_in
    page = browser.sign_in()
    assert page.status == 500
    reference = re.search(r"HT-[0-9A-Z]{4}-[0-9A-Z]{4}", page.text)
    assert reference
    assert reference[0] in caplog.text
    assert "RuntimeError" in caplog.text
    assert "Biscuit-1620!" not in caplog.text + page.text


def test_a_pool_that_is_down_shows_on_the_sign_in_page_to_whom_it_would_know(site, browser):
    browser.sign_in()
    site.advance(3_700)
    with site.pool.faults.failing("GetTokensFromRefreshToken", "error"):
        page = browser.get("/auth/sign-in?next=/private")
        assert page.status == 200
        assert "Nothing is lost" in page.text
        required = browser.get("/private")
        assert required.status == 503
        assert int(required["retry-after"]) >= 1
    site.advance(60)
    assert browser.get("/private").text == "private alice"


def test_the_language_that_was_asked_for_goes_along(browser):
    page = browser.get("/auth/sign-in?lang=zh-Hans&next=/private")
    assert "登录" in page.text
    assert 'action="/auth/sign-in?lang=zh-Hans"' in page.text
    fields = {**page.form(), "username": "alice", "password": "wrong"}
    assert "登录" in browser.post("/auth/sign-in?lang=zh-Hans", fields).text
    arrived = browser.post("/auth/sign-in?lang=zh-Hans", fields | {"password": "Biscuit-1620!"})
    assert "lang=zh-Hans" in browser.history[-2].url
    assert arrived.text == "private alice"


def test_every_line_of_accept_language_counts(site):
    assert "登录" in site.browser(language="zh-CN,zh;q=0.9,en;q=0.5").get("/auth/sign-in").text
    assert "登录" not in site.browser(language="en-GB,en;q=0.9,zh;q=0.5").get("/auth/sign-in").text


@pytest.mark.parametrize(("reason", "words"), [("session_ended", "has ended"), ("<script>", None), ("", None)])
def test_only_our_own_reasons_are_shown(browser, reason, words):
    page = browser.get(f"/auth/sign-in?reason={reason}")
    assert "<script>" not in page.text.replace("<script src", "")
    assert (words in page.text) if words else ('class="notice' not in page.text)


def test_old_browsers_without_fetch_metadata_sign_in(site):
    browser = site.browser(metadata=False)
    assert browser.sign_in().text == "private alice"


def test_a_session_that_has_ended_says_so(site, browser):
    browser.sign_in()
    site.pool.revoke_all("alice")
    site.advance(3_700)
    page = browser.get("/private")
    assert page.path == "/auth/sign-in"
    assert "Your session has ended" in page.text
    assert not browser.auth_cookies()
