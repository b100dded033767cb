"""The one table that says what an error of the user pool means.

Rule: a refusal is only what the pool itself said, with status 400, in a name that stands in the operation's row.
Throttling, failures of the pool and whatever nobody foresaw are unavailability, so that no unknown error, no proxy's
page and no wrong setting ever ends a session. The exceptions to `NotAuthorizedException` are those about the *client's*
secret: Cognito uses that name for a wrong password and for a wrong secret alike, and the second is ours to mend.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from hardtack.cognito.errors import Reason
from hardtack.cognito.operations import Family

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.cognito.operations import Operation

__all__ = ["REFUSALS", "Verdict", "classify"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an error means.

    Attributes:
        refused: True if the pool said no to what it was given; False if nothing is known of that.
        reason: why.
    """

    refused: bool
    reason: Reason


_NOT_AUTHORIZED = "NotAuthorizedException"  # and every name that begins so, as Amplify reads it

_ANY_TOKEN: Mapping[str, Reason] = {
    _NOT_AUTHORIZED: Reason.NOT_AUTHORIZED,
    "TokenRevokedException": Reason.REVOKED,
    "RefreshTokenReuseException": Reason.REUSED,
    "UserNotFoundException": Reason.USER_NOT_FOUND,
    "UserNotConfirmedException": Reason.USER_NOT_CONFIRMED,
    "PasswordResetRequiredException": Reason.PASSWORD_RESET_REQUIRED,
}
# Somebody at a keyboard is waiting: what a trigger says no to is for them to hear. In a refresh nobody is, and a
# trigger that objects there says nothing of the token.
_ANY_PERSON: Mapping[str, Reason] = {**_ANY_TOKEN, "UserLambdaValidationException": Reason.TRIGGER_REJECTED}
_ANY_ENTRY: Mapping[str, Reason] = {
    **_ANY_PERSON,
    "AliasExistsException": Reason.ALIAS_EXISTS,
    "CodeMismatchException": Reason.CODE_MISMATCH,
    "ExpiredCodeException": Reason.CODE_EXPIRED,
    "InvalidParameterException": Reason.INVALID_INPUT,
    "InvalidPasswordException": Reason.PASSWORD_NOT_ACCEPTED,
    "PasswordHistoryPolicyViolationException": Reason.PASSWORD_NOT_ACCEPTED,
}

REFUSALS: Mapping[Family, Mapping[str, Reason]] = {
    Family.REFRESH: _ANY_TOKEN,
    Family.TOKEN: {**_ANY_TOKEN, "UnauthorizedException": Reason.NOT_AUTHORIZED},
    Family.SIGN_IN: _ANY_PERSON,
    Family.CHALLENGE: _ANY_ENTRY,
    Family.ACCOUNT: {**_ANY_ENTRY, "UsernameExistsException": Reason.USERNAME_EXISTS},
}

# Known by name under whatever status they come.
_TROUBLES: Mapping[str, Reason] = {
    **dict.fromkeys(
        (
            "LimitExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyFailedAttemptsException",
            "TooManyRequestsException",
        ),
        Reason.THROTTLED,
    ),
    **dict.fromkeys(
        (
            "InternalErrorException",
            "InternalFailure",
            "InternalServerError",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "UnexpectedLambdaException",
        ),
        Reason.POOL_ERROR,
    ),
    **dict.fromkeys(("RequestTimeout", "RequestTimeoutException"), Reason.TIMEOUT),
    "CodeDeliveryFailureException": Reason.CODE_NOT_DELIVERED,
}

_STATUSES: Mapping[int, Reason] = {
    HTTPStatus.REQUEST_TIMEOUT: Reason.TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS: Reason.THROTTLED,
}


def classify(operation: Operation, status: int, exception_name: str, *, blames_secret: bool = False) -> Verdict:
    """What an answer other than a success means for this operation.

    Args:
        operation: what was asked.
        status: the HTTP status.
        exception_name: Cognito's name of the exception, or "" if the answer had none.
        blames_secret: whether the message speaks of the app client's secret.

    Returns:
        the verdict; never raises, whatever the arguments.
    """
    if exception_name in _TROUBLES:
        return Verdict(refused=False, reason=_TROUBLES[exception_name])
    if status in _STATUSES:
        return Verdict(refused=False, reason=_STATUSES[status])
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Verdict(refused=False, reason=Reason.POOL_ERROR)
    if status < HTTPStatus.MULTIPLE_CHOICES or (status == HTTPStatus.BAD_REQUEST and not exception_name):
        return Verdict(refused=False, reason=Reason.MALFORMED)
    if status == HTTPStatus.BAD_REQUEST and not blames_secret:
        name = _NOT_AUTHORIZED if exception_name.startswith(_NOT_AUTHORIZED) else exception_name
        refusal = REFUSALS[operation.family].get(name)
        if refusal is not None:
            return Verdict(refused=True, reason=refusal)
    return Verdict(refused=False, reason=Reason.MISCONFIGURED)
