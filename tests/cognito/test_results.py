"""What answers become, and what of them never shows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cognito import AuthResult, Challenge, CognitoUnavailable, NewDevice
from hardtack.cognito.operations import RESPOND
from hardtack.cognito.results import read_auth, read_delivery, read_sign_up, read_user

TOKENS = {"AccessToken": "hidden.access", "IdToken": "hidden.id", "RefreshToken": "hidden-refresh", "ExpiresIn": 300}


def read(**document):
    return read_auth(RESPOND, document, username="hidden-name")


def test_a_new_device_is_passed_on():
    device = {"DeviceKey": "hidden-key", "DeviceGroupKey": "hidden-group"}
    result = read(AuthenticationResult=TOKENS | {"NewDeviceMetadata": device})
    assert result.new_device == NewDevice("hidden-key", "hidden-group")
    assert result.expires_in == 300


@pytest.mark.parametrize("device", [None, {}, {"DeviceKey": "k"}, {"DeviceGroupKey": "g"}, "text"])
def test_half_a_device_is_none(device):
    assert read(AuthenticationResult=TOKENS | {"NewDeviceMetadata": device}).new_device is None


@pytest.mark.parametrize("expires_in", [None, "300", -1, True, 3.5])
def test_a_lifetime_that_is_none_is_malformed(expires_in):
    with pytest.raises(CognitoUnavailable):
        read(AuthenticationResult=TOKENS | {"ExpiresIn": expires_in})


def test_nothing_of_a_person_shows_in_a_repr():
    device = {"DeviceKey": "hidden-key", "DeviceGroupKey": "hidden-group"}
    result = read(AuthenticationResult=TOKENS | {"NewDeviceMetadata": device})
    challenge = read(ChallengeName="EMAIL_OTP", Session="hidden", ChallengeParameters={"hidden": "hidden"})
    assert isinstance(result, AuthResult)
    assert isinstance(challenge, Challenge)
    assert "EMAIL_OTP" in repr(challenge)
    assert "hidden" not in repr(result) + repr(challenge) + str(result) + str(challenge)


@pytest.mark.parametrize(
    ("parameters", "available", "choices"),
    [
        ({"MFAS_CAN_CHOOSE": '["SMS_MFA","EMAIL_OTP"]'}, (), ("SMS_MFA", "EMAIL_OTP")),
        ({"MFAS_CAN_SETUP": '["SOFTWARE_TOKEN_MFA", 7]'}, (), ("SOFTWARE_TOKEN_MFA",)),
        ({"MFAS_CAN_CHOOSE": "not JSON"}, (), ()),
        ({"MFAS_CAN_CHOOSE": '"text"'}, (), ()),
        ({"MFAS_CAN_CHOOSE": "[" * 100_000}, (), ()),
        ({}, ("PASSWORD", "WEB_AUTHN"), ("PASSWORD", "WEB_AUTHN")),
        ({}, (), ()),
    ],
)
def test_what_may_be_chosen_is_read_from_wherever_the_challenge_has_it(parameters, available, choices):
    assert Challenge("SELECT_MFA_TYPE", "s", "amy", parameters, available).choices == choices


def test_attributes_that_a_new_password_needs_go_by_their_plain_names():
    parameters = {"requiredAttributes": '["userAttributes.given_name","userAttributes.custom:team"]'}
    assert Challenge("NEW_PASSWORD_REQUIRED", "s", "amy", parameters).required_attributes == (
        "given_name",
        "custom:team",
    )
    assert Challenge("NEW_PASSWORD_REQUIRED", "s", "amy", {}).required_attributes == ()


keys = st.sampled_from(
    [
        "AuthenticationResult",
        "AccessToken",
        "ExpiresIn",
        "NewDeviceMetadata",
        "ChallengeName",
        "ChallengeParameters",
        "AvailableChallenges",
        "Session",
        "UserSub",
        "UserConfirmed",
        "CodeDeliveryDetails",
        "Username",
        "UserAttributes",
        "UserMFASettingList",
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(keys, values, max_size=6))
def test_no_document_whatever_breaks_a_reader(document):
    for reader in (
        lambda: read_auth(RESPOND, document, username="amy", first=True),
        lambda: read_sign_up(RESPOND, document),
        lambda: read_user(RESPOND, document),
    ):
        try:
            reader()
        except CognitoUnavailable as unavailable:
            assert unavailable.reason == "malformed"  # noqa: PT017  either outcome is right, and this one is checked
    read_delivery(document)
