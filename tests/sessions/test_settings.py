"""The start-up check: every problem at once, each with what to write; what works but deserves a thought is a remark."""

from __future__ import annotations

from typing import Any

import pytest

from hardtack.cognito import UserPool
from hardtack.cookies import CookiePolicy
from hardtack.errors import Blame
from hardtack.sessions import SessionCore, Settings, StartupError, check_settings, remarks_on
from support.minting import CLIENT_ID, POOL
from support.story import SECRET

ENVIRON = {
    "HARDTACK_ORIGINS": "https://app.example.test, https://www.example.test",
    "HARDTACK_COOKIE_DOMAIN": "example.test",
    "HARDTACK_USER_POOL_ID": POOL,
    "HARDTACK_CLIENT_ID": CLIENT_ID,
    "HARDTACK_SECRETS": f"{SECRET}, {SECRET} of last year",
    "HARDTACK_STORAGE": "amplify",
}


def some(**changes: Any) -> Settings:
    policy = CookiePolicy(**({"origins": ("https://app.example.test",)} | changes.pop("policy", {})))
    return Settings(**({"pool": UserPool(POOL, CLIENT_ID), "policy": policy, "secrets": (SECRET,)} | changes))


def codes(problems) -> list[str]:
    return [problem.code for problem in problems]


def test_good_settings_have_no_problem():
    assert check_settings(some()) == ()
    assert check_settings(some(storage="amplify", policy={"http_only": False}, front_end_signs_in=True)) == ()


PROBLEMS = {
    "no secret": ({"secrets": ()}, "startup.secret"),
    "a short secret": ({"secrets": (SECRET, "short")}, "startup.secret"),
    "an unknown storage": ({"storage": "cookies"}, "startup.storage"),
    "no auth path": ({"auth_path": ""}, "startup.auth-path"),
    "an auth path without a slash": ({"auth_path": "auth"}, "startup.auth-path"),
    "an auth path with a slash too many": ({"auth_path": "/auth/"}, "startup.auth-path"),
    "the whole site as auth path": ({"auth_path": "/"}, "startup.auth-path"),
    "an auth path that sees no cookie": (
        {"storage": "amplify", "policy": {"path": "/app"}, "auth_path": "/application"},
        "startup.auth-path-unseen",
    ),
    "a front end before sealed cookies": (
        {"front_end_signs_in": True, "policy": {"http_only": False}},
        "startup.front-end-sealed",
    ),
    "a front end before hidden cookies": (
        {"front_end_signs_in": True, "storage": "amplify"},
        "startup.front-end-http-only",
    ),
    "negative ageing": ({"ageing_seconds": -1}, "startup.seconds"),
    "no lifetime": ({"refresh_token_seconds": 0}, "startup.seconds"),
    "negative leeway": ({"leeway": -1}, "startup.seconds"),
}


@pytest.mark.parametrize(("changes", "code"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_can_not_work_is_named_with_what_to_write(changes, code):
    problems = check_settings(some(**changes))
    assert codes(problems) == [code]
    assert problems[0].sentence.endswith(".")
    assert problems[0].hint.endswith(".")


@pytest.mark.parametrize("auth_path", ["/app", "/app/auth", "/app/auth/deep"])
def test_an_auth_path_below_the_policys_path_sees_the_cookies(auth_path):
    assert check_settings(some(storage="amplify", policy={"path": "/app"}, auth_path=auth_path)) == ()


def test_nobody_has_to_start_a_server_five_times_to_learn_of_five_mistakes():
    wrong = some(secrets=("short",), auth_path="auth", front_end_signs_in=True, ageing_seconds=-1)
    expected = [
        "startup.secret",
        "startup.auth-path",
        "startup.front-end-sealed",
        "startup.front-end-http-only",
        "startup.seconds",
    ]
    assert codes(check_settings(wrong)) == expected
    with pytest.raises(StartupError) as caught:
        SessionCore(wrong)
    assert codes(caught.value.problems) == expected
    assert all(code in str(caught.value) for code in expected)
    assert (caught.value.code, caught.value.blame) == ("startup", Blame.CONFIGURATION)


def test_no_secret_is_ever_printed():
    assert SECRET not in repr(some())
    with pytest.raises(StartupError) as caught:
        SessionCore(some(secrets=(SECRET, "pssst")))
    assert "pssst" not in str(caught.value)


# -- the environment ------------------------------------------------------------------------------------------------


def test_settings_come_from_the_environment():
    settings = Settings.from_env(ENVIRON)
    assert settings.policy.hosts == {"app.example.test", "www.example.test"}
    assert settings.policy.domain == "example.test"
    assert (settings.pool.user_pool_id, settings.pool.client_id) == (POOL, CLIENT_ID)
    assert settings.secrets == (SECRET, f"{SECRET} of last year")
    assert (settings.storage, settings.store) == ("amplify", None)


def test_the_less_usual_variables_are_read_too():
    more = {"HARDTACK_CLIENT_SECRET": "s3cret", "HARDTACK_POOL_ENDPOINT": "http://localhost:4566"}
    settings = Settings.from_env(ENVIRON | more | {"HARDTACK_STORE": "/var/lib/app/hardtack.sqlite3"})
    assert settings.pool.client_secret == "s3cret"
    assert settings.pool.endpoint == "http://localhost:4566"
    assert settings.store == "/var/lib/app/hardtack.sqlite3"


def test_the_processs_own_environment_is_the_default(monkeypatch):
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_env(leeway=5).leeway == 5


def test_what_code_decides_is_not_asked_of_the_environment():
    settings = Settings.from_env({}, pool=UserPool(POOL, CLIENT_ID), policy=some().policy, secrets=(SECRET,))
    assert settings.storage == "sealed"
    bad = {"HARDTACK_STORAGE": "x", "HARDTACK_STORE": "", "HARDTACK_SECRETS": "x"}
    assert Settings.from_env(ENVIRON | bad, storage="amplify", store=None, secrets=(SECRET,)).store is None


def test_an_empty_environment_is_told_everything_at_once():
    with pytest.raises(StartupError) as caught:
        Settings.from_env({})
    assert codes(caught.value.problems) == [
        "policy.origins.empty",
        "cognito.pool",
        "cognito.pool",
        "startup.secret",
    ]
    assert [problem.attribute for problem in caught.value.problems[1:3]] == [
        "HARDTACK_USER_POOL_ID",
        "HARDTACK_CLIENT_ID",
    ]


EMPTY = {
    "HARDTACK_ORIGINS": "policy.origins.empty",
    "HARDTACK_COOKIE_DOMAIN": "policy.domain.empty",
    "HARDTACK_USER_POOL_ID": "cognito.pool",
    "HARDTACK_CLIENT_ID": "cognito.pool",
    "HARDTACK_CLIENT_SECRET": "cognito.pool",
    "HARDTACK_POOL_ENDPOINT": "cognito.pool",
    "HARDTACK_SECRETS": "startup.secret",
    "HARDTACK_STORAGE": "startup.storage",
    "HARDTACK_STORE": "startup.store-empty",
}


@pytest.mark.parametrize("value", ["", "  "])
@pytest.mark.parametrize(("variable", "code"), EMPTY.items())
def test_an_empty_variable_is_a_mistake_and_not_a_default(variable, code, value):
    with pytest.raises(StartupError) as caught:
        Settings.from_env(ENVIRON | {variable: value})
    assert codes(caught.value.problems) == [code]


def test_all_mistakes_of_the_environment_together():
    with pytest.raises(StartupError) as caught:
        Settings.from_env(dict.fromkeys(EMPTY, ""))
    assert sorted(codes(caught.value.problems)) == sorted(EMPTY.values())


def test_what_the_environment_and_code_make_together_is_checked_too():
    with pytest.raises(StartupError) as caught:
        Settings.from_env(ENVIRON, auth_path="auth", leeway=-1)
    assert codes(caught.value.problems) == ["startup.auth-path", "startup.seconds"]


# -- remarks --------------------------------------------------------------------------------------------------------


def test_the_proxys_buffer_is_named_in_whole_pages():
    remark = next(one for one in remarks_on(some(), {}) if one.code == "startup.proxy-buffer")
    assert "proxy_buffer_size 12k;" in remark.hint


def test_several_workers_need_a_store_that_they_share():
    assert "startup.workers" in codes(remarks_on(some(), {"WEB_CONCURRENCY": "4"}))
    assert "startup.workers" not in codes(remarks_on(some(store="x.sqlite3"), {"WEB_CONCURRENCY": "4"}))
    for one in ("1", "", "many"):
        assert "startup.workers" not in codes(remarks_on(some(), {"WEB_CONCURRENCY": one}))


def test_cookies_that_end_before_the_session_deserve_a_thought():
    assert "startup.lifetime" in codes(remarks_on(some(policy={"max_age": 3_600}), {}))
    assert "startup.lifetime" not in codes(remarks_on(some(), {}))


def test_sealed_cookies_on_several_hosts_are_sessions_apart():
    two = {"origins": ("https://app.example.test", "https://www.example.test"), "domain": "example.test"}
    assert "startup.hosts-apart" in codes(remarks_on(some(policy=two), {}))
    assert "startup.hosts-apart" not in codes(remarks_on(some(policy=two, storage="amplify"), {}))


def test_remarks_are_told_once_at_the_start(caplog):
    caplog.set_level("INFO", logger="hardtack")
    SessionCore(some(policy={"max_age": 3_600}))
    assert caplog.text.count("startup.lifetime") == 1


def test_the_processs_own_environment_tells_of_workers(monkeypatch):
    monkeypatch.setenv("WEB_CONCURRENCY", "2")
    assert "startup.workers" in codes(remarks_on(some()))
