"""Every reason has a sentence, a hint and somebody whose turn it is."""

from __future__ import annotations

import pytest

import hardtack.cognito
from hardtack.cognito import CognitoError, CognitoMisconfigured, CognitoRefused, CognitoUnavailable, Reason
from hardtack.cognito.verdicts import REFUSALS
from hardtack.errors import Blame, HardtackError


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("kind", [CognitoRefused, CognitoUnavailable, CognitoMisconfigured])
def test_every_reason_makes_a_sentence_and_a_hint(kind, reason):
    error = kind("GetUser", reason, exception_name="SomeException", status=400)
    assert isinstance(error, CognitoError)
    assert isinstance(error, HardtackError)
    assert "GetUser (SomeException): " in error.message
    assert error.message.endswith(".")
    assert error.hint.endswith(".")
    assert str(kind("GetUser", reason)).count("(") == 0
    assert (error.operation, error.reason, error.exception_name, error.status) == (
        "GetUser",
        reason,
        "SomeException",
        400,
    )


def test_whose_turn_it_is():
    assert CognitoRefused.blame is Blame.BROWSER
    assert CognitoUnavailable.blame is Blame.PROVIDER
    assert CognitoMisconfigured.blame is Blame.CONFIGURATION


def test_a_wrong_setting_is_an_unavailability_so_that_it_ends_no_session():
    assert issubclass(CognitoMisconfigured, CognitoUnavailable)
    assert not issubclass(CognitoMisconfigured, CognitoRefused)


def test_each_kind_has_a_code_of_its_own():
    kinds = [CognitoError, CognitoRefused, CognitoUnavailable, CognitoMisconfigured, hardtack.cognito.UserPoolError]
    assert len({kind.code for kind in kinds}) == len(kinds)


def test_reasons_are_either_refusals_or_not():
    refusals = {reason for table in REFUSALS.values() for reason in table.values()}
    assert refusals.isdisjoint(
        {
            Reason.CONNECTION,
            Reason.TIMEOUT,
            Reason.THROTTLED,
            Reason.POOL_ERROR,
            Reason.CODE_NOT_DELIVERED,
            Reason.MALFORMED,
            Reason.MISCONFIGURED,
        }
    )


def test_the_public_names_are_sorted_and_there():
    names = hardtack.cognito.__all__
    assert names == sorted(names)
    assert all(hasattr(hardtack.cognito, name) for name in names)
