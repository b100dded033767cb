"""Sign-up and forgotten passwords, driven by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from hardtack.cognito import CodeDelivery, CognitoRefused, CognitoUnavailable, Reason
from hardtack.cognito.accounts import (
    confirm_forgot_password,
    confirm_sign_up,
    forgot_password,
    resend_confirmation_code,
    sign_up,
)
from support.by_hand import POOL, SECRET_POOL, Shell, answer, error

DELIVERY = {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
EACH = {
    "SignUp": lambda c, name: sign_up(c, name, "pw"),
    "ConfirmSignUp": lambda c, name: confirm_sign_up(c, name, "123456"),
    "ResendConfirmationCode": resend_confirmation_code,
    "ForgotPassword": forgot_password,
    "ConfirmForgotPassword": lambda c, name: confirm_forgot_password(c, name, "123456", "pw"),
}
each_operation = pytest.mark.parametrize(("name", "start"), EACH.items(), ids=EACH)
MADE = answer(UserSub="0a1b", UserConfirmed=False, CodeDeliveryDetails=DELIVERY)


@each_operation
def test_a_client_with_a_secret_sends_the_hash_of_the_name(name, start):
    shell = Shell([MADE, MADE])
    shell.run(start(shell.caller(SECRET_POOL), "amy"))
    shell.run(start(shell.caller(POOL), "amy"))
    with_secret, without = shell.payloads
    mac = hmac.new(b"the-secret-of-the-client", b"amyclient1", hashlib.sha256)
    assert with_secret.pop("SecretHash") == base64.b64encode(mac.digest()).decode()
    assert with_secret == without
    assert shell.targets == [name, name]


@each_operation
@pytest.mark.parametrize("username", ["", "\ud800", "a" * 2049])
def test_what_can_be_no_name_is_refused_before_it_is_sent(name, start, username):
    shell = Shell([])
    with pytest.raises(CognitoRefused) as raised:
        shell.run(start(shell.caller(SECRET_POOL), username))
    assert raised.value.reason is Reason.INVALID_INPUT
    assert raised.value.operation == name
    assert shell.sent == []


def test_a_sign_up_carries_its_attributes_and_says_where_the_code_went():
    shell = Shell([MADE])
    made = shell.run(sign_up(shell.caller(), "amy", "pw", attributes={"email": "amy@example.test"}))
    assert shell.payloads[0]["UserAttributes"] == [{"Name": "email", "Value": "amy@example.test"}]
    assert made.user_sub == "0a1b"
    assert not made.user_confirmed
    assert made.delivery == CodeDelivery("a***@e***", "EMAIL", "email")
    assert "0a1b" not in repr(made)
    assert "a***" not in repr(made)


def test_an_account_confirmed_by_a_trigger_needs_no_code():
    shell = Shell([answer(UserSub="0a1b", UserConfirmed=True)])
    made = shell.run(sign_up(shell.caller(), "amy", "pw"))
    assert made.user_confirmed
    assert made.delivery is None
    assert "UserAttributes" not in shell.payloads[0]


@pytest.mark.parametrize(
    "document", [{}, {"UserSub": "0a1b"}, {"UserConfirmed": True}, {"UserSub": 7, "UserConfirmed": 1}]
)
def test_an_account_without_an_id_is_malformed(document):
    shell = Shell([answer(**document)])
    with pytest.raises(CognitoUnavailable) as raised:
        shell.run(sign_up(shell.caller(), "amy", "pw"))
    assert raised.value.reason is Reason.MALFORMED


@pytest.mark.parametrize("start", [resend_confirmation_code, forgot_password])
@pytest.mark.parametrize(
    ("document", "delivery"),
    [
        ({"CodeDeliveryDetails": DELIVERY}, CodeDelivery("a***@e***", "EMAIL", "email")),
        ({"CodeDeliveryDetails": {"DeliveryMedium": "SMS"}}, CodeDelivery("", "SMS", "")),
        ({}, None),
        ({"CodeDeliveryDetails": []}, None),
    ],
)
def test_where_the_code_went_is_told_as_far_as_the_pool_says(start, document, delivery):
    shell = Shell([answer(**document)])
    assert shell.run(start(shell.caller(), "amy")) == delivery


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("UsernameExistsException", Reason.USERNAME_EXISTS),
        ("InvalidPasswordException", Reason.PASSWORD_NOT_ACCEPTED),
        ("InvalidParameterException", Reason.INVALID_INPUT),
        ("UserLambdaValidationException", Reason.TRIGGER_REJECTED),
    ],
)
def test_what_the_pool_objects_to_is_told(name, reason):
    shell = Shell([error(name)])
    with pytest.raises(CognitoRefused) as raised:
        shell.run(sign_up(shell.caller(), "amy", "pw"))
    assert raised.value.reason is reason


@pytest.mark.parametrize("name", ["LimitExceededException", "TooManyFailedAttemptsException"])
def test_too_many_codes_are_told_as_throttling(name):
    shell = Shell([error(name)])
    with pytest.raises(CognitoUnavailable) as raised:
        shell.run(confirm_forgot_password(shell.caller(), "amy", "123456", "pw"))
    assert raised.value.reason is Reason.THROTTLED
