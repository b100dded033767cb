"""The pool's clock moves its tokens and its judgement, and nobody else's."""

from __future__ import annotations

import base64
import json
import time
from email.utils import parsedate_to_datetime

import pytest

from support.pool import ask, sign_in

pytestmark = pytest.mark.pool


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=="))


@pytest.mark.parametrize("offset", [-7_200, 0, 7_200])
def test_tokens_are_stamped_by_the_pools_clock(pool, http, offset):
    pool.clock.offset = offset
    result = sign_in(http, pool)
    for name in ("AccessToken", "IdToken"):
        stamped = claims(result[name])
        assert stamped["iat"] == stamped["auth_time"] == pytest.approx(time.time() + offset, abs=2)
        assert stamped["exp"] == stamped["iat"] + 3_600


def test_access_tokens_live_as_many_seconds_as_asked_for(pool, http):
    pool.configure(access_token_seconds=16, id_token_seconds=20)
    result = sign_in(http, pool)
    assert result["ExpiresIn"] == 16
    assert claims(result["AccessToken"])["exp"] - claims(result["AccessToken"])["iat"] == 16
    assert claims(result["IdToken"])["exp"] - claims(result["IdToken"])["iat"] == 20


def test_expiry_is_judged_by_the_pools_clock(pool, http):
    token = sign_in(http, pool)["AccessToken"]
    pool.clock.advance(3_590)
    assert ask(http, "GetUser", AccessToken=token).status_code == 200
    pool.clock.advance(20)
    assert ask(http, "GetUser", AccessToken=token).json()["message"] == "Access Token has expired"
    pool.clock.advance(-60)
    assert ask(http, "GetUser", AccessToken=token).status_code == 200


def test_the_date_header_follows(pool, http):
    pool.clock.offset = -5 * 3_600
    date = parsedate_to_datetime(ask(http, "GetUser").headers["date"]).timestamp()
    assert date == pytest.approx(time.time() - 5 * 3_600, abs=2)


def test_a_session_begun_after_the_clock_went_back_is_not_taken_for_a_signed_out_one(pool, http):
    pool.clock.offset = 86_400
    old = sign_in(http, pool)
    ask(http, "GlobalSignOut", AccessToken=old["AccessToken"])
    pool.clock.offset = 0
    new = sign_in(http, pool)["RefreshToken"]
    answers = [
        ask(http, "GetTokensFromRefreshToken", ClientId=pool.client_id, RefreshToken=token).status_code
        for token in (old["RefreshToken"], new)
    ]
    assert answers == [400, 200]


def test_moving_the_clock_back_revives_no_rotated_token(pool, http):
    pool.configure(rotation=True)
    token = sign_in(http, pool)["RefreshToken"]
    data = {"ClientId": pool.client_id, "RefreshToken": token}
    assert ask(http, "GetTokensFromRefreshToken", **data).status_code == 200
    pool.clock.offset = -3_600
    assert ask(http, "GetTokensFromRefreshToken", **data).json()["__type"] == "RefreshTokenReuseException"


def test_the_machines_clock_is_left_alone(pool):
    before = time.time()
    pool.clock.advance(10**6)
    assert time.time() - before < 60
    assert pool.clock.time() == pytest.approx(time.time() + 10**6, abs=2)


def test_a_reset_sets_it_right(pool):
    pool.clock.advance(1_000)
    pool.reset()
    assert pool.clock.offset == 0
