"""The model of Amplify's Next.js adapter does what the adapter does, faults included."""

from __future__ import annotations

import asyncio
import json
from typing import NamedTuple
from urllib.parse import quote

import pytest

from hardtack.cookies import BrowserJar, CookieHeader, SetCookie
from hardtack.demo.stock.adapter import ServerAdapter
from hardtack.tokens import TokenSet
from support.minting import CLIENT_ID, NOW, Mint

MINT = Mint()
BASE = f"CognitoIdentityServiceProvider.{CLIENT_ID}"
DETAILS = '{"loginId":"alice","authFlowType":"USER_SRP_AUTH"}'
SIX = ("LastAuthUser", "accessToken", "idToken", "refreshToken", "signInDetails", "clockDrift")


class Pool:
    """Verifies with the mint's keys; answers a refresh as told and remembers what it was sent."""

    def __init__(self, *, now=NOW, exception="", rotate=False, id_token=True):
        self.now, self.exception, self.rotate, self.id_token = now, exception, rotate, id_token
        self.sent = []
        self._verifier = MINT.verifier()

    async def judge(self, token, use):
        return self._verifier.judge(token, now=self.now, use=use)

    async def refresh(self, refresh_token):
        self.sent.append(refresh_token)
        if self.exception:
            return self.exception
        new = MINT.session(username="alice", auth_time=NOW, iat=int(self.now))
        return TokenSet(
            new.access_token,
            new.id_token if self.id_token else None,
            new.refresh_token if self.rotate else None,
        )


class ServerSession(NamedTuple):
    """The part of the answer that these stories ask about."""

    signed_in: bool = False
    refreshed: bool = False
    refused: str = ""


def stored(username="alice", *, exp=None, drift="0", details=DETAILS, **changed):
    """A set as the browser stores it: name and value as they stand on the wire, LastAuthUser first."""
    tokens = MINT.session(username="alice", exp=exp)
    values = {
        "accessToken": tokens.access_token,
        "idToken": tokens.id_token,
        "refreshToken": tokens.refresh_token,
        "clockDrift": drift,
        "signInDetails": quote(details),
        **changed,
    }
    pairs = [(f"{BASE}.{quote(username)}.{suffix}", value) for suffix, value in values.items() if value is not None]
    return [(f"{BASE}.LastAuthUser", quote(username)), *pairs]


def header(*pairs):
    return CookieHeader.parse("; ".join(f"{name}={value}" for name, value in pairs))


def run(pairs, pool, *, force=False, times=1):
    """`fetchAuthSession` in one request: the session, and the lines of the response by suffix."""
    adapter = adapter_of(pool)
    cookies = adapter.cookies(header(*pairs))

    async def request():
        return [await adapter.fetch_auth_session(cookies, force_refresh=force) for _ in range(times)][-1]

    answer = asyncio.run(request())
    kept = [line for text in answer.set_cookie_lines if (line := SetCookie.parse(text))]
    session = ServerSession(answer.signed_in, answer.refreshed, answer.refused)
    return session, {line.name.rsplit(".", 1)[1]: line for line in kept}


def adapter_of(pool):
    return ServerAdapter(client_id=CLIENT_ID, judge=pool.judge, refresh=pool.refresh, clock=lambda: pool.now)


def test_a_live_session_is_read_and_nothing_is_written():
    assert run(stored(), Pool()) == (ServerSession(signed_in=True), {})


def test_a_forced_refresh_writes_six_names_host_only():
    pool = Pool()
    session, lines = run(stored(), pool, force=True)
    assert session == ServerSession(signed_in=True, refreshed=True)
    assert set(lines) == set(SIX)
    for line in lines.values():
        assert (line.domain, line.path, line.max_age) == (None, "/", 31_536_000)
        assert (line.secure, line.http_only, line.same_site, line.partitioned) == (True, False, "Lax", False)
    assert lines["signInDetails"].value == quote(DETAILS)


def test_beside_a_domain_set_the_six_are_twins_in_a_browser():
    jar = BrowserJar(clock=lambda: NOW)
    url = "https://app.example.com/account"
    jar.store_response(url, [f"{name}={value}; Domain=.example.com; Path=/; Secure" for name, value in stored()])
    adapter = adapter_of(Pool())
    cookies = adapter.cookies(CookieHeader.parse(jar.cookie_header(url)))
    answer = asyncio.run(adapter.fetch_auth_session(cookies, force_refresh=True))
    jar.store_response(url, answer.set_cookie_lines)
    assert {len(values) for values in CookieHeader.parse(jar.cookie_header(url)).twins().values()} == {2}
    assert len(CookieHeader.parse(jar.cookie_header(url))) == 12


def test_of_twins_the_last_is_read():
    older, newer = stored(), stored()
    pool = Pool()
    run([*older, *newer], pool, force=True)
    assert pool.sent == [dict(newer)[f"{BASE}.alice.refreshToken"]]


def test_a_twin_that_does_not_decode_vanishes_and_the_one_before_it_is_read():
    pairs = stored()
    pool = Pool()
    run([*pairs, (f"{BASE}.alice.refreshToken", "100%")], pool, force=True)
    assert pool.sent == [dict(pairs)[f"{BASE}.alice.refreshToken"]]


@pytest.mark.parametrize(
    ("left", "drift", "refreshes"),
    [
        (4, "0", True),
        (8, "0", False),
        (60, "120000", True),
        (-60, "-120000", False),
        (-60, "-120000garbage", False),  # parseInt reads the digits at the start
        (-60, "garbage", False),  # not a number: never expires
        (-60, "", False),
        (4, None, True),
        (4, "9" * 400, True),
    ],
)
def test_expiry_is_what_the_drift_cookie_makes_of_this_clock(left, drift, refreshes):
    session, _ = run(stored(exp=NOW + left, drift=drift), Pool())
    assert session == ServerSession(signed_in=True, refreshed=refreshes)


def test_the_drift_is_written_anew_in_milliseconds():
    _, lines = run(stored(), Pool(now=NOW + 0.75), force=True)
    assert lines["clockDrift"].value == "-750"


@pytest.mark.parametrize(
    "exception",
    ["NotAuthorizedException", "UserNotFoundException", "RefreshTokenReuseException", "PasswordResetRequiredException"],
)
def test_a_definite_refusal_deletes_the_names_host_only(exception):
    session, lines = run(stored(exp=NOW), Pool(exception=exception))
    assert session == ServerSession(refused=exception)
    assert set(lines) == {*SIX, "oauthMetadata"}
    assert all(line.is_deletion and str(line.scope) == "host-only /" for line in lines.values())


@pytest.mark.parametrize(
    "exception", ["TooManyRequestsException", "InternalErrorException", "NetworkError", "ResourceNotFoundException"]
)
def test_anything_else_leaves_every_cookie(exception):
    assert run(stored(exp=NOW), Pool(exception=exception)) == (ServerSession(refused=exception), {})


def test_within_a_request_it_reads_what_it_wrote():
    pool = Pool()
    session, _ = run(stored(exp=NOW), pool, times=2)
    assert session == ServerSession(signed_in=True)
    assert len(pool.sent) == 1


def test_after_a_refusal_the_same_request_sees_nobody():
    pool = Pool(exception="NotAuthorizedException")
    session, _ = run(stored(exp=NOW), pool, times=2)
    assert session == ServerSession()
    assert len(pool.sent) == 1


def test_without_rotation_the_old_refresh_token_is_kept():
    pairs = stored()
    _, lines = run(pairs, Pool(), force=True)
    assert lines["refreshToken"].value == dict(pairs)[f"{BASE}.alice.refreshToken"]


def test_with_rotation_the_new_one_is_written():
    pairs = stored()
    _, lines = run(pairs, Pool(rotate=True), force=True)
    assert lines["refreshToken"].value != dict(pairs)[f"{BASE}.alice.refreshToken"]


def test_what_there_is_no_value_for_is_deleted():
    _, lines = run(stored(signInDetails=None), Pool(id_token=False), force=True)
    assert {suffix for suffix, line in lines.items() if line.is_deletion} == {"idToken", "signInDetails"}


@pytest.mark.parametrize(
    "changed",
    [
        {"accessToken": None},
        {"accessToken": ""},
        {"accessToken": "garbage"},
        {"accessToken": MINT.access_token(client_id="another0client")},
        {"accessToken": MINT.id_token()},
        {"accessToken": MINT.access_token()[:-8] + "AAAAAAAA"},
        {"signInDetails": "%7Bbroken"},
        {"signInDetails": "[" * 3000},
    ],
)
def test_one_unusable_cookie_means_nobody_and_nothing_is_cleared(changed):
    pool = Pool()
    assert run(stored(**changed), pool, force=True) == (ServerSession(), {})
    assert pool.sent == []


def test_an_expired_token_with_a_good_signature_counts():
    session, _ = run(stored(exp=NOW - 9_999), Pool())
    assert session.refreshed


def test_without_a_refresh_token_there_is_nothing_to_try():
    pool = Pool()
    assert run(stored(exp=NOW, refreshToken=None), pool)[0] == ServerSession(refused="TokenRefreshException")
    assert pool.sent == []


def test_without_last_auth_user_the_user_is_called_username():
    pairs = [pair for pair in stored("username") if not pair[0].endswith("LastAuthUser")]
    session, lines = run(pairs, Pool(), force=True)
    assert session.refreshed
    assert lines["LastAuthUser"].value == "username"


def test_an_empty_last_auth_user_is_a_user_without_a_name():
    session, lines = run(stored(""), Pool(), force=True)
    assert session.refreshed
    assert lines["accessToken"].name == f"{BASE}..accessToken"


@pytest.mark.parametrize(
    ("username", "in_names", "as_value"),
    [
        ("alice@example.com", "alice%40example.com", "alice%40example.com"),
        ("a+b@example.com", "a+b%40example.com", "a%2Bb%40example.com"),
        ("用户", "%E7%94%A8%E6%88%B7", "%E7%94%A8%E6%88%B7"),
    ],
)
def test_names_and_values_are_escaped_as_next_does(username, in_names, as_value):
    pairs = stored(username, details=json.dumps({"loginId": username}))
    named = [(name.replace(quote(username), in_names), value) for name, value in pairs]
    _, lines = run(named, Pool(), force=True)
    assert lines["accessToken"].name == f"{BASE}.{in_names}.accessToken"
    assert lines["LastAuthUser"].value == as_value


def test_parentheses_hide_the_browsers_cookies_from_the_server():
    assert run(stored("(paren)"), Pool(), force=True) == (ServerSession(), {})


def test_a_cookie_that_no_browser_keeps_is_sent_and_breaks_nothing():
    session, lines = run(stored("a" * 3_990), Pool(), force=True)
    assert session.refreshed
    assert set(lines) == {"LastAuthUser", "clockDrift"}


def test_a_pair_without_an_equals_sign_is_called_true():
    assert adapter_of(Pool()).cookies(CookieHeader.parse("flag; x=1")).get("flag") == "true"
