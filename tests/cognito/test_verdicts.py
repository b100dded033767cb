"""The table of refusals, walked from end to end against what the facts of Amplify and of Cognito's API say."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cognito.errors import Reason
from hardtack.cognito.operations import OPERATIONS, REFRESH, START_REFRESH, START_SRP, Family, initiate_auth_operation
from hardtack.cognito.verdicts import REFUSALS, Verdict, classify

# Amplify's rule for a refresh: these and no others clear the tokens.
ENDS_A_SESSION = {
    "NotAuthorizedException",
    "TokenRevokedException",
    "UserNotFoundException",
    "PasswordResetRequiredException",
    "UserNotConfirmedException",
    "RefreshTokenReuseException",
}
TOLD_TO_A_PERSON = {
    "CodeMismatchException",
    "ExpiredCodeException",
    "InvalidPasswordException",
    "InvalidParameterException",
    "PasswordHistoryPolicyViolationException",
    "AliasExistsException",
}
REFUSED = {
    Family.REFRESH: ENDS_A_SESSION,
    Family.TOKEN: ENDS_A_SESSION | {"UnauthorizedException"},
    Family.SIGN_IN: ENDS_A_SESSION | {"UserLambdaValidationException"},
    Family.CHALLENGE: ENDS_A_SESSION | TOLD_TO_A_PERSON | {"UserLambdaValidationException"},
    Family.ACCOUNT: ENDS_A_SESSION | TOLD_TO_A_PERSON | {"UserLambdaValidationException", "UsernameExistsException"},
}
THROTTLING = ("TooManyRequestsException", "LimitExceededException", "TooManyFailedAttemptsException", "Throttling")
POOL_FAILURES = (
    "InternalErrorException",
    "InternalFailure",
    "ServiceUnavailableException",
    "UnexpectedLambdaException",
)
SETTINGS = (
    "ResourceNotFoundException",
    "ForbiddenException",
    "InvalidLambdaResponseException",
    "InvalidUserPoolConfigurationException",
    "OperationNotEnabledException",
    "UnsupportedOperationException",
    "SomethingNobodyForesawException",
)
NAMES = sorted(
    set().union(*REFUSED.values()) | {*THROTTLING, *POOL_FAILURES, *SETTINGS, "CodeDeliveryFailureException", ""}
)
STATUSES = (200, 204, 301, 302, 400, 401, 403, 404, 405, 407, 408, 413, 429, 500, 502, 503, 504, 599)

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda row: f"{row.name} {row.flow}".strip())


@each_operation
def test_the_pool_refuses_by_these_names_and_no_others(operation):
    refused = {name for name in NAMES if classify(operation, 400, name).refused}
    assert refused == REFUSED[operation.family]
    assert set(REFUSALS[operation.family]) == REFUSED[operation.family]  # and no name hides that NAMES lacks


@each_operation
@pytest.mark.parametrize("status", [status for status in STATUSES if status != 400])
def test_no_other_status_refuses_whatever_name_it_carries(operation, status):
    """A proxy's 403 or a failing pool's 500 that repeats a refusal's name is no refusal."""
    assert not [name for name in NAMES if classify(operation, status, name).refused]


@each_operation
@pytest.mark.parametrize("name", THROTTLING)
@pytest.mark.parametrize("status", [400, 429, 503])
def test_throttling_is_told_as_such(operation, name, status):
    assert classify(operation, status, name) == Verdict(refused=False, reason=Reason.THROTTLED)


@each_operation
@pytest.mark.parametrize("name", POOL_FAILURES)
@pytest.mark.parametrize("status", [400, 500])
def test_a_failing_pool_is_unavailable(operation, name, status):
    assert classify(operation, status, name) == Verdict(refused=False, reason=Reason.POOL_ERROR)


@each_operation
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("status", [400, 403, 404])
def test_what_the_pool_does_not_do_is_a_setting(operation, name, status):
    assert classify(operation, status, name) == Verdict(refused=False, reason=Reason.MISCONFIGURED)


@each_operation
@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (200, Reason.MALFORMED),
        (204, Reason.MALFORMED),
        (302, Reason.MISCONFIGURED),
        (400, Reason.MALFORMED),
        (403, Reason.MISCONFIGURED),
        (404, Reason.MISCONFIGURED),
        (408, Reason.TIMEOUT),
        (429, Reason.THROTTLED),
        (500, Reason.POOL_ERROR),
        (502, Reason.POOL_ERROR),
        (504, Reason.POOL_ERROR),
    ],
)
def test_an_answer_without_a_name_is_judged_by_its_status(operation, status, reason):
    assert classify(operation, status, "") == Verdict(refused=False, reason=reason)


@each_operation
def test_a_quarrel_about_the_clients_secret_is_never_a_refusal(operation):
    for name in NAMES:
        assert not classify(operation, 400, name, blames_secret=True).refused
    assert classify(operation, 400, "NotAuthorizedException", blames_secret=True).reason is Reason.MISCONFIGURED


def test_amplify_reads_not_authorized_as_a_prefix_and_so_do_we():
    assert classify(REFRESH, 400, "NotAuthorizedExceptionV2") == Verdict(refused=True, reason=Reason.NOT_AUTHORIZED)
    assert not classify(REFRESH, 400, "NotAuthorized").refused


def test_a_code_that_could_not_be_sent_is_told_as_such():
    for operation in OPERATIONS:
        assert classify(operation, 400, "CodeDeliveryFailureException").reason is Reason.CODE_NOT_DELIVERED


def test_both_ways_of_refreshing_are_judged_alike():
    for name, status in itertools.product(NAMES, STATUSES):
        assert classify(REFRESH, status, name) == classify(START_REFRESH, status, name)
    assert initiate_auth_operation("REFRESH_TOKEN") is START_REFRESH
    assert initiate_auth_operation("REFRESH_TOKEN_AUTH") is START_REFRESH
    assert initiate_auth_operation("USER_SRP_AUTH") is START_SRP


@settings(deadline=None)
@given(st.sampled_from(OPERATIONS), st.integers(min_value=-1, max_value=1000), st.text(), st.booleans())
def test_whatever_comes_an_unknown_name_ends_no_session(operation, status, name, blames_secret):
    verdict = classify(operation, status, name, blames_secret=blames_secret)
    if verdict.refused:
        assert status == 400
        assert name in REFUSED[operation.family] or name.startswith("NotAuthorizedException")
