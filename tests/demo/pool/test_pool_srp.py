"""Hardtack's own client against the pool: SRP sign-in, refresh under rotation, and how its faults arrive there."""

from __future__ import annotations

import pytest

from hardtack.cognito import CognitoClient, CognitoRefused, CognitoUnavailable, UserPool

pytestmark = pytest.mark.pool


@pytest.fixture
def client(pool):
    with CognitoClient(UserPool(pool.user_pool_id, pool.client_id, endpoint=pool.url)) as made:
        yield made


@pytest.fixture
def confidential(pool):
    described = UserPool(pool.user_pool_id, pool.secret_client_id, pool.client_secret, endpoint=pool.url)
    with CognitoClient(described) as made:
        yield made


def test_the_password_never_travels(pool, client):
    alice = pool.users[0]
    result = client.sign_in("alice", alice.password)
    assert result.username == "alice"
    assert [(call.operation, call.flow) for call in pool.calls] == [
        ("InitiateAuth", "USER_SRP_AUTH"),
        ("RespondToAuthChallenge", "PASSWORD_VERIFIER"),
    ]


def test_the_proof_of_a_wrong_password_is_refused(client):
    with pytest.raises(CognitoRefused):
        client.sign_in("alice", "Wrong-00000!")


def test_a_confidential_client_signs_in_and_refreshes(pool, confidential):
    result = confidential.sign_in("alice", pool.users[0].password)
    assert confidential.refresh(result.tokens.refresh_token).access_token


def test_rotation_reaches_the_caller(pool, client):
    pool.configure(rotation=True)
    first = client.sign_in("bob", pool.users[1].password).tokens.refresh_token
    second = client.refresh(first).refresh_token
    assert second not in {None, first}
    with pytest.raises(CognitoRefused):
        client.refresh(first)


@pytest.mark.parametrize("kind", ["throttled", "error", "reset"])
def test_a_pool_in_trouble_is_unavailable_and_nothing_is_refused(pool, client, kind):
    token = pool.issue("alice")["RefreshToken"]
    with pool.faults.failing("GetTokensFromRefreshToken", kind), pytest.raises(CognitoUnavailable):
        client.refresh(token)
    assert client.refresh(token).access_token
