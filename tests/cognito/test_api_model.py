"""Against AWS's own description of the API (botocore's service model): requests, enumerations, exceptions."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.validate import ParamValidator

from hardtack.cognito import Challenge, Reason, accounts, session_tokens, signing_in
from hardtack.cognito.operations import OPERATIONS, Family
from hardtack.cognito.signing_in import _CODE_NAMES
from hardtack.cognito.verdicts import classify
from support.by_hand import POOL, SECRET_POOL, TOKENS, Shell, answer

# Exceptions that mean a wrong setting wherever they come; InvalidParameter only where no person typed the parameter.
SETTINGS = {
    "ForbiddenException",
    "InvalidEmailRoleAccessPolicyException",
    "InvalidLambdaResponseException",
    "InvalidSmsRoleAccessPolicyException",
    "InvalidSmsRoleTrustRelationshipException",
    "InvalidUserPoolConfigurationException",
    "MFAMethodNotFoundException",
    "OperationNotEnabledException",
    "ResourceNotFoundException",
    "SoftwareTokenMFANotFoundException",
    "UnsupportedOperationException",
    "UnsupportedTokenTypeException",
}
SETTINGS_BY_FAMILY = {
    Family.REFRESH: {"InvalidParameterException", "UserLambdaValidationException"},
    Family.TOKEN: {"InvalidParameterException"},
    Family.SIGN_IN: {"InvalidParameterException"},
}

VERIFIER = answer(
    ChallengeName="PASSWORD_VERIFIER",
    ChallengeParameters={
        "USER_ID_FOR_SRP": "amy-id",
        "USERNAME": "amy-id",
        "SALT": "a1",
        "SRP_B": "1f",
        "SECRET_BLOCK": "AAAA",
    },
)
SIGNED_IN = answer(AuthenticationResult=TOKENS | {"RefreshToken": "r"})
METADATA = {"client_metadata": {"tenant": "one"}}
NEW_PASSWORD = Challenge("NEW_PASSWORD_REQUIRED", "s" * 20, "amy-id", {})

FLOWS = {
    "SRP": (lambda c: signing_in.sign_in(c, "amy", "pw", **METADATA), [VERIFIER, SIGNED_IN]),
    "password": (lambda c: signing_in.sign_in(c, "amy", "pw", flow="USER_PASSWORD_AUTH", **METADATA), [SIGNED_IN]),
    "any InitiateAuth": (
        lambda c: signing_in.initiate_auth(c, "USER_AUTH", {"USERNAME": "amy"}, session="s" * 20, **METADATA),
        [SIGNED_IN],
    ),
    "new password": (
        lambda c: signing_in.respond_to_auth_challenge(
            c, NEW_PASSWORD, new_password="pw", user_attributes={"name": "Amy"}, **METADATA
        ),
        [SIGNED_IN],
    ),
    "refresh": (lambda c: session_tokens.refresh(c, "r", device_key="eu-west-1_0a1b-2c", **METADATA), [SIGNED_IN]),
    "get user": (lambda c: session_tokens.get_user(c, "a"), [answer(Username="amy")]),
    "revoke": (lambda c: session_tokens.revoke_token(c, "r"), [answer()]),
    "global sign-out": (lambda c: session_tokens.global_sign_out(c, "a"), [answer()]),
    "sign up": (
        lambda c: accounts.sign_up(c, "amy", "pw", attributes={"email": "amy@example.test"}, **METADATA),
        [answer(UserSub="s", UserConfirmed=True)],
    ),
    "confirm": (lambda c: accounts.confirm_sign_up(c, "amy", "123456", **METADATA), [answer()]),
    "resend": (lambda c: accounts.resend_confirmation_code(c, "amy", **METADATA), [answer()]),
    "forgot": (lambda c: accounts.forgot_password(c, "amy", **METADATA), [answer()]),
    "confirm forgot": (lambda c: accounts.confirm_forgot_password(c, "amy", "123456", "pw", **METADATA), [answer()]),
}


@pytest.fixture(scope="module")
def model():
    return botocore.session.get_session().get_service_model("cognito-idp")


@pytest.mark.parametrize("pool", [POOL, SECRET_POOL], ids=["without a secret", "with a secret"])
@pytest.mark.parametrize(("start", "script"), FLOWS.values(), ids=FLOWS)
def test_every_request_is_one_that_aws_describes(model, pool, start, script):
    shell = Shell(list(script))
    shell.run(start(shell.caller(pool)))
    for target, payload in zip(shell.targets, shell.payloads, strict=True):
        shape = model.operation_model(target).input_shape
        assert set(payload) <= set(shape.members)
        report = ParamValidator().validate(payload, shape)
        assert not report.has_errors(), report.generate_report()
        assert "AuthFlow" not in payload or payload["AuthFlow"] in model.shape_for("AuthFlowType").enum


def test_both_ways_of_refreshing_are_described(model):
    shell = Shell([SIGNED_IN])
    caller = shell.caller(SECRET_POOL, refresh_operation="InitiateAuth")
    shell.run(session_tokens.refresh(caller, "r", username="amy", device_key="eu-west-1_0a1b-2c"))
    report = ParamValidator().validate(shell.payloads[0], model.operation_model("InitiateAuth").input_shape)
    assert not report.has_errors(), report.generate_report()


def test_the_challenges_that_want_a_code_are_described(model):
    assert set(_CODE_NAMES) <= set(model.shape_for("ChallengeNameType").enum)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda row: f"{row.name} {row.flow}".strip())
def test_every_exception_that_aws_describes_was_thought_of(model, operation):
    settings = SETTINGS | SETTINGS_BY_FAMILY.get(operation.family, set())
    for error in model.operation_model(operation.name).error_shapes:
        verdict = classify(operation, 400, error.name)
        assert (verdict.reason is Reason.MISCONFIGURED) == (error.name in settings), error.name


def test_operations_without_a_result_are_those_that_aws_describes_so(model):
    for operation in OPERATIONS:
        members = set(model.operation_model(operation.name).output_shape.members)
        assert operation.answers == bool(members - {"Session"}), operation.name
