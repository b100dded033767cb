"""Refreshing, asking and ending, driven by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cognito import CognitoMisconfigured, CognitoRefused, CognitoUnavailable, Reason
from hardtack.cognito.session_tokens import get_user, global_sign_out, refresh, revoke_token
from support.by_hand import SECRET_POOL, TOKENS, Shell, answer, error

FRESH = answer(AuthenticationResult=TOKENS)
ROTATED = answer(AuthenticationResult=TOKENS | {"RefreshToken": "newer"})


def test_without_rotation_the_old_refresh_token_is_kept():
    shell = Shell([FRESH])
    tokens = shell.run(refresh(shell.caller(), "old"))
    assert (tokens.access_token, tokens.id_token, tokens.refresh_token) == ("a.b.c", "d.e.f", "old")
    assert shell.targets == ["GetTokensFromRefreshToken"]
    assert shell.payloads == [{"ClientId": "client1", "RefreshToken": "old"}]


def test_with_rotation_the_new_one_takes_its_place():
    shell = Shell([ROTATED])
    assert shell.run(refresh(shell.caller(), "old")).refresh_token == "newer"


def test_a_client_with_a_secret_shows_the_secret_itself():
    shell = Shell([FRESH, answer()])
    caller = shell.caller(SECRET_POOL)
    shell.run(refresh(caller, "old", username="not needed", device_key="eu-west-1_0a1b-2c"))
    shell.run(revoke_token(caller, "old"))
    first, second = shell.payloads
    assert first["ClientSecret"] == second["ClientSecret"] == "the-secret-of-the-client"
    assert first["DeviceKey"] == "eu-west-1_0a1b-2c"
    assert "SecretHash" not in first | second


def test_the_older_operation_can_be_asked_for():
    shell = Shell([FRESH])
    caller = shell.caller(refresh_operation="InitiateAuth")
    tokens = shell.run(refresh(caller, "old", username="amy", device_key="eu-west-1_0a1b-2c"))
    assert tokens.refresh_token == "old"
    assert shell.targets == ["InitiateAuth"]
    assert shell.payloads[0]["AuthFlow"] == "REFRESH_TOKEN_AUTH"
    assert shell.payloads[0]["AuthParameters"] == {"REFRESH_TOKEN": "old", "DEVICE_KEY": "eu-west-1_0a1b-2c"}


def test_the_older_operation_hashes_the_users_name_under_the_secret():
    shell = Shell([FRESH])
    shell.run(refresh(shell.caller(SECRET_POOL, refresh_operation="InitiateAuth"), "old", username="amy"))
    mac = hmac.new(b"the-secret-of-the-client", b"amyclient1", hashlib.sha256)
    assert shell.payloads[0]["AuthParameters"]["SECRET_HASH"] == base64.b64encode(mac.digest()).decode()


@pytest.mark.parametrize("username", [None, ""])
def test_the_older_operation_without_the_name_is_our_fault_and_ends_no_session(username):
    shell = Shell([])
    with pytest.raises(CognitoMisconfigured):
        shell.run(refresh(shell.caller(SECRET_POOL, refresh_operation="InitiateAuth"), "old", username=username))
    assert shell.sent == []


@pytest.mark.parametrize("spoilt", ["", "no device key", "eu_", "eu-west-1_0A1B", "eu-west-1_" + "a" * 56, "\ud800"])
def test_a_spoilt_device_cookie_costs_no_session(spoilt):
    """Cognito would answer InvalidParameterException, which says nothing of the session and would never pass."""
    shell = Shell([FRESH])
    shell.run(refresh(shell.caller(), "old", device_key=spoilt))
    assert "DeviceKey" not in shell.payloads[0]


@pytest.mark.parametrize(
    "garbage",
    ["", " ", "a b", "a;b", 'a"b', "a,b", "a\r\nb", "a\x00b", "ü", "\ud800", "x" * 8193, "a\n", "%2e", "null\t"],
)
@pytest.mark.parametrize("start", [refresh, revoke_token, get_user, global_sign_out])
def test_what_can_be_no_token_is_refused_before_it_is_sent(start, garbage):
    shell = Shell([])
    with pytest.raises(CognitoRefused) as raised:
        shell.run(start(shell.caller(), garbage))
    assert raised.value.reason is Reason.NOT_AUTHORIZED
    assert shell.sent == []


@settings(deadline=None)
@given(st.text(st.sampled_from("abcXYZ019-_=."), min_size=1))
def test_what_can_be_a_token_is_sent_as_it_is(token):
    shell = Shell([FRESH])
    shell.run(refresh(shell.caller(), token))
    assert shell.payloads[0]["RefreshToken"] == token


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("NotAuthorizedException", Reason.NOT_AUTHORIZED),
        ("TokenRevokedException", Reason.REVOKED),
        ("RefreshTokenReuseException", Reason.REUSED),
        ("UserNotFoundException", Reason.USER_NOT_FOUND),
        ("PasswordResetRequiredException", Reason.PASSWORD_RESET_REQUIRED),
        ("UserNotConfirmedException", Reason.USER_NOT_CONFIRMED),
    ],
)
def test_these_end_the_session(name, reason):
    shell = Shell([error(name)])
    with pytest.raises(CognitoRefused) as raised:
        shell.run(refresh(shell.caller(), "old"))
    assert (raised.value.operation, raised.value.reason, raised.value.exception_name, raised.value.status) == (
        "GetTokensFromRefreshToken",
        reason,
        name,
        400,
    )


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"AuthenticationResult": None},
        {"AuthenticationResult": {}},
        {"AuthenticationResult": {"AccessToken": ""}},
        {"AuthenticationResult": {"AccessToken": 7}},
        {"AuthenticationResult": {"AccessToken": "a b"}},
        {"AuthenticationResult": {"AccessToken": "a.b.c", "IdToken": "d;e"}},
        {"AuthenticationResult": {"AccessToken": "a.b.c", "RefreshToken": "line\r\nbreak"}},
        {"AuthenticationResult": {"AccessToken": "a.b.c", "RefreshToken": ["r"]}},
        {"ChallengeName": "SMS_MFA", "Session": "s"},
    ],
)
def test_a_success_without_tokens_ends_no_session(result):
    shell = Shell([answer(**result)])
    with pytest.raises(CognitoUnavailable) as raised:
        shell.run(refresh(shell.caller(), "old"))
    assert raised.value.reason is Reason.MALFORMED


def test_a_client_without_id_tokens_is_served():
    shell = Shell([answer(AuthenticationResult={"AccessToken": "a.b.c"})])
    assert shell.run(refresh(shell.caller(), "old")).id_token is None


def test_the_user_is_read_field_by_field():
    document = {
        "Username": "amy",
        "UserAttributes": [{"Name": "email", "Value": "amy@example.test"}, {"Name": "sub"}, {"Value": "x"}, None, 7],
        "UserMFASettingList": ["SOFTWARE_TOKEN_MFA", 7],
        "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
    }
    shell = Shell([answer(**document)])
    user = shell.run(get_user(shell.caller(), "a"))
    assert user.username == "amy"
    assert user.attributes == {"email": "amy@example.test", "sub": ""}
    assert user.mfa_methods == ("SOFTWARE_TOKEN_MFA",)
    assert user.preferred_mfa == "SOFTWARE_TOKEN_MFA"
    assert "amy" not in repr(user)


@pytest.mark.parametrize("document", [{}, {"Username": ""}, {"Username": 7}])
def test_a_user_without_a_name_is_malformed(document):
    shell = Shell([answer(**document)])
    with pytest.raises(CognitoUnavailable):
        shell.run(get_user(shell.caller(), "a"))
