"""Expiry and rotation of refresh tokens, by the words of the API reference and the developer guide."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hardtack.demo.pool import PoolError, PoolSettings
from support.pool import ask, sign_in

pytestmark = pytest.mark.pool


def refresh(http, pool, token):
    return ask(http, "GetTokensFromRefreshToken", ClientId=pool.client_id, RefreshToken=token)


def successor(answer):
    return answer.json()["AuthenticationResult"]["RefreshToken"]


def test_a_refresh_token_expires_by_its_validity(pool, http):
    pool.configure(refresh_token_seconds=3_600)
    token = sign_in(http, pool)["RefreshToken"]
    pool.clock.advance(3_590)
    assert refresh(http, pool, token).status_code == 200
    pool.clock.advance(20)
    refused = refresh(http, pool, token)
    assert refused.status_code == 400
    assert refused.json() == {"__type": "NotAuthorizedException", "message": "Refresh Token has expired"}
    assert refused.headers["x-amzn-errortype"] == "NotAuthorizedException"


def test_the_validity_in_force_at_sign_in_counts(pool, http):
    token = sign_in(http, pool)["RefreshToken"]
    pool.configure(refresh_token_seconds=60)
    pool.clock.advance(3_600)
    assert refresh(http, pool, token).status_code == 200


def test_each_refresh_rotates(pool, http):
    pool.configure(rotation=True)
    token = sign_in(http, pool)["RefreshToken"]
    seen = {token}
    for _ in range(3):
        answer = refresh(http, pool, token)
        assert answer.status_code == 200
        token = successor(answer)
        assert token not in seen
        seen.add(token)


def test_a_rotated_token_is_dead_at_once_without_grace_and_the_session_goes_on(pool, http):
    pool.configure(rotation=True)
    old = sign_in(http, pool)["RefreshToken"]
    new = successor(refresh(http, pool, old))
    refused = refresh(http, pool, old)
    assert (refused.status_code, refused.json()["__type"]) == (400, "RefreshTokenReuseException")
    assert refresh(http, pool, new).status_code == 200


def test_reuse_can_be_made_to_end_the_session(pool, http):
    pool.configure(rotation=True, reuse_revokes_session=True)
    old = sign_in(http, pool)["RefreshToken"]
    new = successor(refresh(http, pool, old))
    assert refresh(http, pool, old).json()["__type"] == "RefreshTokenReuseException"
    assert refresh(http, pool, new).json()["message"] == "Refresh Token has been revoked"


def test_within_the_grace_the_old_token_serves_a_retry(pool, http):
    pool.configure(rotation=True, grace_seconds=30)
    old = sign_in(http, pool)["RefreshToken"]
    first = refresh(http, pool, old)
    pool.clock.advance(20)
    retry = refresh(http, pool, old)
    assert retry.status_code == 200
    assert refresh(http, pool, successor(first)).status_code == 200
    assert refresh(http, pool, successor(retry)).status_code == 200


def test_the_grace_runs_from_the_first_rotation(pool, http):
    pool.configure(rotation=True, grace_seconds=30)
    old = sign_in(http, pool)["RefreshToken"]
    refresh(http, pool, old)
    pool.clock.advance(20)
    refresh(http, pool, old)
    pool.clock.advance(15)
    assert refresh(http, pool, old).json()["__type"] == "RefreshTokenReuseException"


def test_a_successor_lives_as_long_as_the_first_would_have(pool, http):
    pool.configure(rotation=True, refresh_token_seconds=3_600)
    token = sign_in(http, pool)["RefreshToken"]
    pool.clock.advance(3_000)
    token = successor(refresh(http, pool, token))
    pool.clock.advance(700)
    assert refresh(http, pool, token).json()["message"] == "Refresh Token has expired"


def test_the_old_flow_is_refused_under_rotation(pool, http):
    token = sign_in(http, pool)["RefreshToken"]
    pool.configure(rotation=True)
    parameters = {"REFRESH_TOKEN": token}
    answer = ask(
        http, "InitiateAuth", AuthFlow="REFRESH_TOKEN_AUTH", ClientId=pool.client_id, AuthParameters=parameters
    )
    assert (answer.status_code, answer.json()["__type"]) == (400, "InvalidParameterException")
    assert refresh(http, pool, token).status_code == 200


@pytest.mark.parametrize("which", ["first", "last"])
def test_revoking_any_token_of_a_chain_ends_the_whole_chain(pool, http, which):
    pool.configure(rotation=True, grace_seconds=60)
    first = sign_in(http, pool)["RefreshToken"]
    last = successor(refresh(http, pool, first))
    ask(http, "RevokeToken", ClientId=pool.client_id, Token={"first": first, "last": last}[which])
    assert refresh(http, pool, first).status_code == 400
    assert refresh(http, pool, last).status_code == 400


def test_a_refused_refresh_does_not_count_as_a_rotation(pool, http):
    pool.configure(rotation=True)
    token = sign_in(http, pool)["RefreshToken"]
    pool.revoke(token)
    for _ in range(2):
        assert refresh(http, pool, token).json()["message"] == "Refresh Token has been revoked"


def test_of_racing_refreshes_one_wins(pool, http):
    pool.configure(rotation=True)
    token = sign_in(http, pool)["RefreshToken"]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: refresh(http, pool, token), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400, 400]


def test_settings_out_of_range_are_refused_with_what_to_write(pool):
    for change in ({"access_token_seconds": 0}, {"grace_seconds": 61}, {"grace_seconds": -1}):
        with pytest.raises(PoolError, match=next(iter(change))):
            pool.configure(**change)
    with pytest.raises(PoolError, match="not a setting"):
        pool.configure(colour="blue")
    assert pool.settings == PoolSettings()
