"""What is asked again, when, and for how long: every operation of the table, driven by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cognito import (
    Challenge,
    CognitoMisconfigured,
    CognitoRefused,
    CognitoUnavailable,
    Limits,
    Reason,
    accounts,
    session_tokens,
    signing_in,
)
from hardtack.cognito.operations import OPERATIONS, Repeat
from hardtack.cognito.retry import pause_before
from hardtack.cognito.retry_after import parse_retry_after
from hardtack.cognito.steps import HttpResponse
from support.by_hand import BROKEN, CUT, POOL, SILENT, TOKENS, Shell, answer, error

MFA = Challenge("SOFTWARE_TOKEN_MFA", "session", "amy", {})

# For each operation: how to call it, and whether a second request is harmless once the first may have arrived.
CALLS = {
    "InitiateAuth USER_SRP_AUTH": (lambda c: signing_in.sign_in(c, "amy", "pw"), Repeat.REPEATABLE),
    "InitiateAuth USER_PASSWORD_AUTH": (
        lambda c: signing_in.sign_in(c, "amy", "pw", flow="USER_PASSWORD_AUTH"),
        Repeat.UNSENT,
    ),
    "InitiateAuth REFRESH_TOKEN_AUTH": (
        lambda c: signing_in.initiate_auth(c, "REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": "r"}),
        Repeat.REPEATABLE,
    ),
    "InitiateAuth": (lambda c: signing_in.initiate_auth(c, "CUSTOM_AUTH", {"USERNAME": "amy"}), Repeat.UNSENT),
    "RespondToAuthChallenge": (
        lambda c: signing_in.respond_to_auth_challenge(c, MFA, code="123456"),
        Repeat.NEVER,
    ),
    "GetTokensFromRefreshToken": (lambda c: session_tokens.refresh(c, "r"), Repeat.UNSENT),
    "GetUser": (lambda c: session_tokens.get_user(c, "a"), Repeat.REPEATABLE),
    "RevokeToken": (lambda c: session_tokens.revoke_token(c, "r"), Repeat.REPEATABLE),
    "GlobalSignOut": (lambda c: session_tokens.global_sign_out(c, "a"), Repeat.REPEATABLE),
    "SignUp": (lambda c: accounts.sign_up(c, "amy", "pw"), Repeat.NEVER),
    "ConfirmSignUp": (lambda c: accounts.confirm_sign_up(c, "amy", "123456"), Repeat.NEVER),
    "ConfirmForgotPassword": (lambda c: accounts.confirm_forgot_password(c, "amy", "123456", "pw"), Repeat.NEVER),
    "ResendConfirmationCode": (lambda c: accounts.resend_confirmation_code(c, "amy"), Repeat.UNSENT),
    "ForgotPassword": (lambda c: accounts.forgot_password(c, "amy"), Repeat.UNSENT),
}

each_call = pytest.mark.parametrize(("start", "repeat"), CALLS.values(), ids=CALLS)


def test_every_operation_of_the_table_is_walked_here():
    assert {f"{row.name} {row.flow}".strip() for row in OPERATIONS} == set(CALLS)


def requests_made(start, outcome):
    shell = Shell([outcome] * 5)
    with pytest.raises(CognitoUnavailable) as raised:
        shell.run(start(shell.caller()))
    assert not isinstance(raised.value, CognitoMisconfigured)
    assert len(shell.pauses) == len(shell.sent) - 1
    return len(shell.sent)


@each_call
def test_a_request_that_never_left_is_repeated_unless_a_person_waits_behind_it(start, repeat):
    assert requests_made(start, CUT) == (1 if repeat is Repeat.NEVER else 3)


@each_call
@pytest.mark.parametrize("outcome", [BROKEN, SILENT, error("InternalErrorException", 500), error("", 503)])
def test_a_request_that_may_have_arrived_is_repeated_only_where_twice_is_once(start, repeat, outcome):
    """A refresh under rotation among them: its lost answer may have been the last that the token was good for."""
    assert requests_made(start, outcome) == (3 if repeat is Repeat.REPEATABLE else 1)


@each_call
@pytest.mark.parametrize("outcome", [error("TooManyRequestsException"), error("", 429)])
def test_throttling_is_waited_for_only_where_twice_is_once(start, repeat, outcome):
    assert requests_made(start, outcome) == (3 if repeat is Repeat.REPEATABLE else 1)


@each_call
def test_a_refusal_is_final(start, repeat):
    shell = Shell([error("NotAuthorizedException")])
    with pytest.raises(CognitoRefused):
        shell.run(start(shell.caller()))
    assert len(shell.sent) == 1


@each_call
def test_a_wrong_setting_is_not_tried_twice(start, repeat):
    shell = Shell([error("ResourceNotFoundException")])
    with pytest.raises(CognitoMisconfigured):
        shell.run(start(shell.caller()))
    assert len(shell.sent) == 1


@each_call
def test_an_answer_of_nonsense_is_not_tried_twice(start, repeat):
    shell = Shell([HttpResponse(200, {"content-type": "text/html"}, b"<html>")])
    with pytest.raises(CognitoUnavailable) as raised:
        shell.run(start(shell.caller()))
    assert raised.value.reason is Reason.MALFORMED
    assert len(shell.sent) == 1


def test_the_second_attempt_may_succeed():
    shell = Shell([CUT, answer(AuthenticationResult=TOKENS)])
    assert shell.run(session_tokens.refresh(shell.caller(), "r")).access_token == "a.b.c"
    assert shell.payloads[0] == shell.payloads[1]


def test_the_answer_to_a_challenge_is_sent_once_even_if_the_first_call_was_repeated():
    verifier = answer(ChallengeName="SMS_MFA", Session="s", ChallengeParameters={})
    shell = Shell([CUT, SILENT, verifier])
    assert shell.run(signing_in.sign_in(shell.caller(), "amy", "pw")).name == "SMS_MFA"
    assert shell.targets == ["InitiateAuth"] * 3


def test_a_sign_in_has_one_budget_for_both_of_its_calls():
    challenge = {"USER_ID_FOR_SRP": "amy", "SALT": "a1", "SRP_B": "1f", "SECRET_BLOCK": "AAAA"}
    first = answer(ChallengeName="PASSWORD_VERIFIER", ChallengeParameters=challenge)
    shell = Shell([first, answer(AuthenticationResult=TOKENS)], seconds_a_request=4.0)
    shell.run(signing_in.sign_in(shell.caller(), "amy", "pw"))
    assert [request.within for request in shell.sent] == [10.0, 6.0]
    assert [request.read for request in shell.sent] == [5.0, 5.0]

    shell = Shell([first], seconds_a_request=10.0)
    with pytest.raises(CognitoUnavailable) as raised:
        shell.run(signing_in.sign_in(shell.caller(), "amy", "pw"))
    assert raised.value.reason is Reason.TIMEOUT
    assert shell.targets == ["InitiateAuth"]


def test_the_budget_ends_the_attempts_and_shortens_the_last():
    shell = Shell([SILENT] * 5, seconds_a_request=4.0, jitter=0.0)
    with pytest.raises(CognitoUnavailable):
        shell.run(session_tokens.get_user(shell.caller(limits=Limits(attempts=9)), "a"))
    assert [request.within for request in shell.sent] == [10.0, 6.0, 2.0]
    assert [(request.connect, request.read) for request in shell.sent] == [(2.0, 5.0), (2.0, 5.0), (2.0, 2.0)]


def test_no_pause_is_begun_that_would_outlast_the_budget():
    shell = Shell([SILENT] * 5, seconds_a_request=9.95)
    with pytest.raises(CognitoUnavailable):
        shell.run(session_tokens.get_user(shell.caller(), "a"))
    assert shell.pauses == []


def test_pauses_grow_from_nothing_to_a_bound_that_doubles():
    for jitter, pauses in ((0.0, [0.0] * 5), (1.0, [0.1, 0.2, 0.4, 0.8, 1.0]), (0.5, [0.05, 0.1, 0.2, 0.4, 0.5])):
        shell = Shell([CUT] * 6, jitter=jitter)
        with pytest.raises(CognitoUnavailable):
            shell.run(session_tokens.get_user(shell.caller(limits=Limits(attempts=6)), "a"))
        assert shell.pauses == pytest.approx(pauses)


def test_a_retry_after_that_fits_is_waited_for():
    shell = Shell([error("TooManyRequestsException", **{"retry-after": "3"}), answer(Username="amy")])
    assert shell.run(session_tokens.get_user(shell.caller(), "a")).username == "amy"
    assert shell.pauses == [3.0]


def test_a_retry_after_that_does_not_fit_is_passed_on_at_once():
    shell = Shell([error("TooManyRequestsException", **{"retry-after": "30"})])
    with pytest.raises(CognitoUnavailable) as raised:
        shell.run(session_tokens.get_user(shell.caller(), "a"))
    assert raised.value.retry_after == 30.0
    assert raised.value.reason is Reason.THROTTLED
    assert shell.pauses == []


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("9" * 5000, None),
        ("soon", None),
        ("soon GMT", None),
        ("Thu, 99 Foo 1970 00:01:40 GMT", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert parse_retry_after(value, now=10.0) == seconds


@settings(deadline=None)
@given(st.text() | st.text().map(lambda text: text + "GMT"))
def test_no_retry_after_whatever_raises(value):
    seconds = parse_retry_after(value, now=0.0)
    assert seconds is None or seconds >= 0


@settings(deadline=None)
@given(st.integers(1, 50), st.floats(0, 1))
def test_a_pause_never_passes_its_bound(attempt, jitter):
    assert 0 <= pause_before(attempt, limits=Limits(), jitter=jitter, retry_after=None) <= Limits().longest_pause


def test_one_attempt_means_one():
    shell = Shell([CUT])
    with pytest.raises(CognitoUnavailable):
        shell.run(session_tokens.get_user(shell.caller(POOL, Limits(attempts=1)), "a"))
    assert len(shell.sent) == 1
