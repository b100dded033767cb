"""Against a pool that checks passwords, proofs, codes, secrets and tokens: both clients, with and without a secret."""

from __future__ import annotations

import base64
import hmac
import itertools
import logging
import struct
import time

import pytest

from hardtack.cognito import AuthResult, Challenge, CognitoMisconfigured, CognitoRefused, Reason, UserPool
from support.ministack_server import SetUpError, claims

pytestmark = pytest.mark.pool

PASSWORD = "Sea-Biscuit-7"
NEW_PASSWORD = "Ship's-Bread-8"
_serial = itertools.count()


@pytest.fixture(scope="module")
def pool(ministack):
    return ministack.create_pool(AutoVerifiedAttributes=["email"], MfaConfiguration="OPTIONAL")


@pytest.fixture(params=["without a secret", "with a secret"])
def user_pool(request, ministack, pool):
    if request.param == "with a secret":
        return UserPool(pool.user_pool_id, pool.secret_client_id, pool.client_secret, endpoint=ministack.url)
    return UserPool(pool.user_pool_id, pool.client_id, endpoint=ministack.url)


@pytest.fixture
def client(clients, user_pool):
    return clients(user_pool)


@pytest.fixture
def amy(client, ministack):
    """A confirmed user, made by the client under test."""
    name = f"amy{next(_serial)}"
    client.sign_up(name, PASSWORD, attributes={"email": f"{name}@example.test"})
    client.confirm_sign_up(name, ministack.code_for(f"{name}@example.test"))
    return name


def totp(secret: str) -> str:
    """RFC 6238, with the standard's own defaults."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1")
    start = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def test_from_sign_up_to_sign_out(client, ministack):
    name = f"ben{next(_serial)}"
    made = client.sign_up(name, PASSWORD, attributes={"email": f"{name}@example.test"})
    assert not made.user_confirmed
    assert made.delivery.medium == "EMAIL"
    assert made.delivery.attribute == "email"

    with pytest.raises(CognitoRefused) as too_early:
        client.sign_in(name, PASSWORD)
    assert too_early.value.reason is Reason.USER_NOT_CONFIRMED

    sent = client.resend_confirmation_code(name)
    assert sent.medium == "EMAIL"
    with pytest.raises(CognitoRefused) as wrong:
        client.confirm_sign_up(name, "000000")
    assert wrong.value.reason is Reason.CODE_MISMATCH
    assert client.confirm_sign_up(name, ministack.code_for(f"{name}@example.test")) is None

    result = client.sign_in(name, PASSWORD)
    assert isinstance(result, AuthResult)
    assert result.username == name
    assert claims(result.tokens.access_token)["sub"] == made.user_sub
    assert claims(result.tokens.id_token)["cognito:username"] == name

    user = client.get_user(result.tokens.access_token)
    assert user.username == name
    assert user.attributes["email"] == f"{name}@example.test"

    assert client.revoke_token(result.tokens.refresh_token) is None
    with pytest.raises(CognitoRefused) as over:
        client.refresh(result.tokens.refresh_token)
    assert over.value.reason is Reason.NOT_AUTHORIZED


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_a_good_password_signs_in_and_a_bad_one_does_not(client, amy, flow):
    result = client.sign_in(amy, PASSWORD, flow=flow)
    assert result.username == amy
    assert result.expires_in == 3600
    assert result.tokens.refresh_token
    with pytest.raises(CognitoRefused) as refused:
        client.sign_in(amy, PASSWORD + "x", flow=flow)
    assert refused.value.reason is Reason.NOT_AUTHORIZED
    assert refused.value.exception_name == "NotAuthorizedException"
    assert refused.value.status == 400


def test_srp_works_time_after_time(client, amy):
    """Each exchange has other numbers, with and without a top bit set."""
    for _ in range(6):
        assert isinstance(client.sign_in(amy, PASSWORD), AuthResult)


def test_a_password_of_any_script_proves_itself(client, ministack, pool, amy):
    password = "Schiffs-Zwieback-7-船用饼干-🍪"
    ministack.call(
        "AdminSetUserPassword", UserPoolId=pool.user_pool_id, Username=amy, Password=password, Permanent=True
    )
    assert isinstance(client.sign_in(amy, password), AuthResult)


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_an_unknown_user_is_refused(client, flow):
    with pytest.raises(CognitoRefused) as refused:
        client.sign_in("nobody-of-that-name", PASSWORD, flow=flow)
    assert refused.value.reason is Reason.USER_NOT_FOUND


@pytest.mark.parametrize("operation", ["GetTokensFromRefreshToken", "InitiateAuth"])
def test_a_refresh_gives_new_tokens_and_keeps_the_refresh_token(clients, user_pool, client, amy, operation):
    old = client.sign_in(amy, PASSWORD).tokens
    refresher = clients(user_pool, refresh_operation=operation)
    new = refresher.refresh(old.refresh_token, username=amy)
    assert new.refresh_token == old.refresh_token
    assert claims(new.access_token)["jti"] != claims(old.access_token)["jti"]
    assert claims(new.access_token)["origin_jti"] == claims(old.access_token)["origin_jti"]
    assert claims(new.id_token)["token_use"] == "id"


def test_a_token_of_garbage_is_refused(client):
    """Well-formed garbage by the pool, the rest before it is sent."""
    for garbage in ("eyJh.eyJi.c2ln", "plausible-but-unknown", "", "with space", "ü", "x" * 9000, "a;b", "a\r\nb"):
        with pytest.raises(CognitoRefused) as refused:
            client.refresh(garbage)
        assert refused.value.reason is Reason.NOT_AUTHORIZED


def test_revoking_one_session_leaves_the_other(client, amy):
    here, there = client.sign_in(amy, PASSWORD).tokens, client.sign_in(amy, PASSWORD).tokens
    client.revoke_token(here.refresh_token)
    client.revoke_token(here.refresh_token)  # twice is once
    with pytest.raises(CognitoRefused):
        client.refresh(here.refresh_token)
    with pytest.raises(CognitoRefused):
        client.get_user(here.access_token)
    assert client.refresh(there.refresh_token).access_token


def test_a_global_sign_out_ends_every_session(client, amy):
    here, there = client.sign_in(amy, PASSWORD).tokens, client.sign_in(amy, PASSWORD).tokens
    assert client.global_sign_out(here.access_token) is None
    for tokens in (here, there):
        with pytest.raises(CognitoRefused):
            client.refresh(tokens.refresh_token)
    with pytest.raises(CognitoRefused):
        client.global_sign_out(here.access_token)


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_a_temporary_password_has_to_be_replaced(client, ministack, pool, flow):
    name = f"cat{next(_serial)}"
    ministack.call(
        "AdminCreateUser",
        UserPoolId=pool.user_pool_id,
        Username=name,
        TemporaryPassword=PASSWORD,
        MessageAction="SUPPRESS",
    )
    challenge = client.sign_in(name, PASSWORD, flow=flow)
    assert isinstance(challenge, Challenge)
    assert challenge.name == "NEW_PASSWORD_REQUIRED"
    assert challenge.username == name
    assert challenge.required_attributes == ()
    result = client.respond_to_auth_challenge(challenge, new_password=NEW_PASSWORD)
    assert result.username == name
    assert isinstance(client.sign_in(name, NEW_PASSWORD, flow=flow), AuthResult)


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_an_authenticator_app_is_asked_for_its_code(client, ministack, amy, flow):
    tokens = client.sign_in(amy, PASSWORD).tokens
    secret = ministack.call("AssociateSoftwareToken", AccessToken=tokens.access_token)["SecretCode"]
    ministack.call("VerifySoftwareToken", AccessToken=tokens.access_token, UserCode=totp(secret))
    assert client.get_user(tokens.access_token).preferred_mfa == "SOFTWARE_TOKEN_MFA"

    challenge = client.sign_in(amy, PASSWORD, flow=flow)
    assert challenge.name == "SOFTWARE_TOKEN_MFA"
    assert challenge.session
    with pytest.raises(CognitoRefused) as wrong:
        client.respond_to_auth_challenge(challenge, code="not it")
    assert wrong.value.reason is Reason.CODE_MISMATCH
    result = client.respond_to_auth_challenge(challenge, code=totp(secret))
    assert isinstance(result, AuthResult)
    assert result.username == amy


def test_a_forgotten_password_is_replaced(client, ministack, amy):
    sent = client.forgot_password(amy)
    assert sent.medium == "EMAIL"
    with pytest.raises(CognitoRefused) as wrong:
        client.confirm_forgot_password(amy, "000000", NEW_PASSWORD)
    assert wrong.value.reason is Reason.CODE_MISMATCH
    code = ministack.code_for(f"{amy}@example.test")
    with pytest.raises(CognitoRefused) as weak:
        client.confirm_forgot_password(amy, code, "short")
    assert weak.value.reason is Reason.PASSWORD_NOT_ACCEPTED
    assert client.confirm_forgot_password(amy, code, NEW_PASSWORD) is None
    assert isinstance(client.sign_in(amy, NEW_PASSWORD), AuthResult)
    with pytest.raises(CognitoRefused):
        client.sign_in(amy, PASSWORD)


def test_a_taken_name_and_a_weak_password_are_told_apart(client, amy):
    with pytest.raises(CognitoRefused) as taken:
        client.sign_up(amy, PASSWORD)
    assert taken.value.reason is Reason.USERNAME_EXISTS
    with pytest.raises(CognitoRefused) as weak:
        client.sign_up(amy + "2", "short")
    assert weak.value.reason is Reason.PASSWORD_NOT_ACCEPTED


def test_the_plain_operation_signs_in_too(client, amy):
    result = client.initiate_auth("USER_PASSWORD_AUTH", {"USERNAME": amy, "PASSWORD": PASSWORD})
    assert result.username == amy
    assert client.get_user(result.tokens.access_token).username == amy


def test_an_email_pool_gives_its_own_name_and_the_secret_follows_it(clients, ministack):
    """With e-mail sign-in the pool's name is a UUID: SRP returns it, and the challenge's secret hash is over it."""
    made = ministack.create_pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    address = "dot@example.test"
    client = clients(
        UserPool(made.user_pool_id, made.secret_client_id, made.client_secret, endpoint=ministack.url),
        refresh_operation="InitiateAuth",
    )
    sub = client.sign_up(address, PASSWORD).user_sub
    client.confirm_sign_up(address, ministack.code_for(address))
    result = client.sign_in(address, PASSWORD)
    assert result.username == sub
    assert client.sign_in(address, PASSWORD, flow="USER_PASSWORD_AUTH").username == address
    assert client.refresh(result.tokens.refresh_token, username=result.username).access_token


def test_a_wrong_client_secret_is_our_fault_and_ends_no_session(clients, ministack, pool, amy, client):
    tokens = client.sign_in(amy, PASSWORD).tokens
    wrong = clients(
        UserPool(pool.user_pool_id, client.pool.client_id, "not-the-secret-of-this-client", endpoint=ministack.url),
        refresh_operation="InitiateAuth",
    )
    with pytest.raises(CognitoMisconfigured):
        wrong.sign_in(amy, PASSWORD)
    if client.pool.client_secret:
        with pytest.raises(CognitoMisconfigured):
            wrong.refresh(tokens.refresh_token, username=amy)


def test_a_client_id_that_the_pool_does_not_know_ends_no_session(clients, ministack, pool):
    stranger = clients(UserPool(pool.user_pool_id, "NoSuchClient", endpoint=ministack.url))
    with pytest.raises(CognitoMisconfigured) as unknown:
        stranger.refresh("eyJh.eyJi.c2ln")
    assert unknown.value.exception_name == "ResourceNotFoundException"


def test_a_flow_that_the_client_does_not_allow_is_a_setting(clients, ministack, pool):
    made = ministack.call(
        "CreateUserPoolClient",
        UserPoolId=pool.user_pool_id,
        ClientName="srp only",
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"],
    )["UserPoolClient"]
    client = clients(UserPool(pool.user_pool_id, made["ClientId"], endpoint=ministack.url))
    with pytest.raises(CognitoMisconfigured):
        client.sign_in("anybody", PASSWORD, flow="USER_PASSWORD_AUTH")


def test_nothing_secret_reaches_a_log(client, ministack, amy, caplog):
    with caplog.at_level(logging.DEBUG):
        result = client.sign_in(amy, PASSWORD)
        client.sign_in(amy, PASSWORD, flow="USER_PASSWORD_AUTH")
        client.refresh(result.tokens.refresh_token)
        with pytest.raises(CognitoRefused):
            client.sign_in(amy, NEW_PASSWORD)
    assert caplog.records  # the HTTP library does log
    secrets = [amy, PASSWORD, NEW_PASSWORD, result.tokens.access_token, result.tokens.refresh_token]
    secrets += [client.pool.client_secret] if client.pool.client_secret else []
    assert not [secret for secret in secrets if secret in caplog.text]


def test_the_emulator_is_strict(ministack, pool, amy):
    """What the tests above prove rests on this: it refuses a made-up proof."""
    with pytest.raises(SetUpError, match="NotAuthorizedException"):
        ministack.call(
            "InitiateAuth",
            ClientId=pool.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": amy, "PASSWORD": "wrong"},
        )
