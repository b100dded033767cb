"""Sites that can't be examined: one sentence, what to do next, exit status 2, and never a traceback."""

from __future__ import annotations

import json
import socket
import sys
from argparse import Namespace

import pytest

from hardtack.cli import main
from hardtack.cookies import CookieScope
from hardtack.doctor.errors import SourceError
from hardtack.doctor.sources.live.finding import client_id_in, errors_in
from hardtack.doctor.sources.live.planting import MOST_BYTES, matrix, twins_for
from hardtack.doctor.sources.live.wishes import wishes_of


@pytest.fixture
def ask(capsys, monkeypatch):
    monkeypatch.setenv("HARDTACK_DOCTOR_PASSWORD", "Correct-horse-7")

    def run(url, *options):
        status = main(["doctor", url, "--json", "--timeout=120", *options])
        shown = capsys.readouterr()
        assert shown.err == ""
        return status, json.loads(shown.out)

    return run


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "options", "sentence"),
    [
        ("/fails", (), "answers 500"),
        ("/round", (), "redirects for ever"),
        ("/away", (), "leads to another host, elsewhere.localhost"),
        ("/plain", ("--sign-in", "--user=somebody"), "No sign-in form"),
        ("/plain", ("--plant",), "Which app client"),
        ("/plain", ("--sign-in", "--user=somebody", "--control=submit=a[[b"), "not a valid CSS selector"),
    ],
)
def test_a_site_that_can_not_be_examined_is_told_in_a_sentence(site, ask, path, options, sentence):
    status, told = ask(site.url + path, *options)
    assert status == 2
    assert sentence in told["error"]
    assert told["hint"]
    assert "somebody" not in json.dumps(told)


@pytest.mark.browser
def test_a_site_that_is_down_is_told_in_a_sentence(ask):
    with socket.socket() as held:  # bound, and nobody listens
        held.bind(("127.0.0.1", 0))
        status, told = ask(f"http://site.localhost:{held.getsockname()[1]}/")
    assert status == 2
    assert "can't be reached (ERR_CONNECTION_REFUSED)" in told["error"]


@pytest.mark.browser
def test_a_page_without_rest_is_a_finding(site, ask):
    status, report = ask(f"{site.url}/restless")
    assert status == 1
    assert "HT002" in {each["rule"] for each in report["findings"]}


@pytest.mark.browser
def test_no_more_requests_are_made_than_allowed(site, ask):
    status, report = ask(f"{site.url}/restless", "--max-requests=4")
    assert len(site.asked) <= 4
    assert status in {0, 1}
    assert "limit_reached" in json.dumps(report)


def test_without_playwright_it_is_said_what_to_install(ask, monkeypatch):
    monkeypatch.delitem(sys.modules, "hardtack.doctor.sources.live.examining", raising=False)
    monkeypatch.setitem(sys.modules, "playwright.async_api", None)
    status, told = ask("https://app.example.test/")
    assert status == 2
    assert told["error"] == "Looking at a live site needs the package playwright."
    assert "hardtack[live]" in told["hint"]


@pytest.mark.parametrize(
    ("url", "options", "sentence"),
    [
        ("https://", {}, "no address of a site"),
        ("https://exa mple/", {}, "no address of a site"),
        ("https://app.example.test:notaport/", {}, "no address of a site"),
        ("https://alice:secret@app.example.test/", {}, "carries a name or a password"),
        ("https://app.example.test/", {"browser": "firefox"}, "Only Chromium"),
        ("https://app.example.test/", {"control": ["window=a"]}, "WHAT=SELECTOR"),
    ],
)
def test_what_can_not_be_wished_for(url, options, sentence):
    with pytest.raises(SourceError, match=sentence) as told:
        wishes_of(url, Namespace(**options))
    assert "secret" not in str(told.value)


def test_wishes_keep_credentials_to_themselves(monkeypatch):
    monkeypatch.setenv("PASSWORD_OF_THE_TEST_USER", "Correct-horse-7")
    options = Namespace(
        sign_in=True, user="alice", password_env="PASSWORD_OF_THE_TEST_USER", host=["Login.example.test"]
    )
    wishes = wishes_of("https://app.example.test/a", options)
    assert (wishes.user, wishes.password) == ("alice", "Correct-horse-7")
    assert "alice" not in repr(wishes)
    assert "horse" not in repr(wishes)
    assert wishes.hosts == {"app.example.test", "login.example.test"}


def test_twins_are_planted_in_every_scope_and_stay_below_what_proxies_take():
    scopes = matrix("app.example.test", "/account/")
    assert scopes == [
        CookieScope(),
        CookieScope("example.test"),
        CookieScope("app.example.test"),
        CookieScope(path="/account"),
    ]
    twins = twins_for("https://app.example.test/account/", "a1b2c3", scopes, None)
    places = {(each.get("domain"), each["path"]) for each in twins}
    assert places == {(None, "/"), (".example.test", "/"), (".app.example.test", "/"), (None, "/account")}
    assert sum(len(each["name"]) + len(each["value"]) + 3 for each in twins) <= MOST_BYTES
    assert len({each["value"] for each in twins if each["name"].endswith(".refreshToken")}) == len(scopes)
    deep = twins_for("https://a.b.c.d.e.example.test/", "c" * 26, matrix("a.b.c.d.e.example.test", "/"), "u" * 60)
    assert sum(len(each["name"]) + len(each["value"]) + 3 for each in deep) <= MOST_BYTES


@pytest.mark.parametrize(
    "text",
    [
        '{"userPoolClientId":"2hardtackpublic0client0001"}',
        "userPoolClientId: '2hardtackpublic0client0001'",
        "{userPoolClientId:`2hardtackpublic0client0001`}",
        r'self.__next_f.push([1,"{\"userPoolClientId\":\"2hardtackpublic0client0001\"}"])',
        '<main data-pool="{&quot;userPoolWebClientId&quot;: &quot;2hardtackpublic0client0001&quot;}">',
        '"aws_user_pools_web_client_id": "2hardtackpublic0client0001"',
    ],
)
def test_the_app_client_is_found_however_a_page_writes_it_down(text):
    assert client_id_in(text) == "2hardtackpublic0client0001"


def test_what_is_computed_is_no_id_of_an_app_client():
    assert client_id_in("userPoolClientId: process.env.NEXT_PUBLIC_CLIENT_ID") is None


def test_errors_are_known_by_their_names_and_by_their_texts():
    assert errors_in(
        "UnexpectedSignInInterruptionException: Unable to get user session following successful sign-in."
    ) == ["UnexpectedSignInInterruptionException"]
    assert errors_in("There is already a signed in user.") == ["UserAlreadyAuthenticatedException"]
    assert errors_in("alice@example.test met SomeSecretException") == []
