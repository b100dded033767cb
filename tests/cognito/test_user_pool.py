"""The description of a pool: what it derives, and what it refuses to start with."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cognito import UserPool, UserPoolError
from hardtack.errors import Blame


def test_everything_follows_from_the_id():
    pool = UserPool("eu-west-1_Ab12Cd34E", "1example23456789")
    assert pool.region == "eu-west-1"
    assert pool.name == "Ab12Cd34E"
    assert pool.issuer == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"
    assert pool.url == "https://cognito-idp.eu-west-1.amazonaws.com/"
    assert pool.jwks_url == pool.issuer + "/.well-known/jwks.json"


def test_china_has_a_domain_of_its_own():
    pool = UserPool("cn-north-1_Ab12Cd34E", "1example23456789")
    assert pool.issuer == "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Ab12Cd34E"


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4566", "http://127.0.0.1:4566/"])
def test_an_endpoint_moves_the_calls_and_the_keys_but_not_the_issuer(endpoint):
    pool = UserPool("us-east-1_Ab12Cd34E", "1example23456789", endpoint=endpoint)
    assert pool.url == "http://127.0.0.1:4566/"
    assert pool.jwks_url == "http://127.0.0.1:4566/us-east-1_Ab12Cd34E/.well-known/jwks.json"
    assert pool.issuer == "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab12Cd34E"


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://auth.example.com",
        "https://auth.example.com/prefix",
        "http://localhost:4566",
        "http://pool.hardtack.localhost:9000",
        "http://[::1]:4566",
        "http://ministack:4566",
    ],
)
def test_endpoints_that_work(endpoint):
    assert UserPool("us-east-1_Ab12Cd34E", "c", endpoint=endpoint).url == endpoint + "/"


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "auth.example.com",
        "ftp://auth.example.com",
        "https://",
        "https://auth.example.com:port",
        "https://[::1",
        "https://auth.example.com/?a=b",
        "https://auth.example.com/#a",
        "https://user:pw@auth.example.com",
        "https://user@auth.example.com",
        "https://auth.example.com/a b",
        "https://auth.example.com\r\nx: y",
        "https://büro.example",
        "http://auth.example.com",
        "http://10.0.0.7:4566",
        "http://0.0.0.0:4566",
        "http://134744072",
        "https://auth.example.com/\x7f",
        "http://localhost.example.com",
    ],
)
def test_endpoints_that_can_not_work_or_would_show_passwords(endpoint):
    with pytest.raises(UserPoolError, match="endpoint") as raised:
        UserPool("us-east-1_Ab12Cd34E", "c", endpoint=endpoint)
    assert raised.value.hint
    assert raised.value.blame is Blame.CONFIGURATION


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"user_pool_id": ""}, "user_pool_id"),
        ({"user_pool_id": "Ab12Cd34E"}, "user_pool_id"),
        ({"user_pool_id": "eu-west-1_Ab/12"}, "user_pool_id"),
        ({"user_pool_id": "eu-west-1_Ab12\n"}, "user_pool_id"),
        ({"user_pool_id": "eu-west-1_" + "a" * 46}, "user_pool_id"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": "${CLIENT_ID}"}, "client_id"),
        ({"client_id": "a b"}, "client_id"),
        ({"client_id": "ü"}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"client_secret": "  "}, "client_secret"),
    ],
)
def test_a_field_that_can_not_be_right_is_named(change, field):
    with pytest.raises(UserPoolError, match=field):
        UserPool(**{"user_pool_id": "eu-west-1_Ab12Cd34E", "client_id": "c"} | change)


def test_the_secret_does_not_show():
    pool = UserPool("eu-west-1_Ab12Cd34E", "c", "hidden-secret")
    assert "hidden" not in repr(pool)


@settings(deadline=None)
@given(st.text())
def test_no_endpoint_whatever_raises_anything_else(endpoint):
    try:
        pool = UserPool("us-east-1_Ab12Cd34E", "c", endpoint=endpoint)
    except UserPoolError:
        return
    assert pool.url.isascii()
    assert pool.url.isprintable()
