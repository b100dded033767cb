"""Why a call to the user pool gave nothing, in words that a person, a log and a program can each use.

Rule: there are two kinds, and the difference decides whether somebody is signed out. *Refused*: the pool heard the
question and said no to this very token, password or code. *Unavailable*: everything else, from a cable that was cut to
a setting that is wrong; it says nothing about the session, so it must end none. Cognito's own message is not kept: it
can repeat what a person typed. What stays is the operation, the exception's name, the HTTP status and one `Reason`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from hardtack.errors import Blame, HardtackError

__all__ = ["CognitoError", "CognitoMisconfigured", "CognitoRefused", "CognitoUnavailable", "Reason", "UserPoolError"]


class Reason(StrEnum):
    """Why a call was refused, or why the pool counts as unavailable."""

    # refused: the pool said no to what it was given
    NOT_AUTHORIZED = "not_authorized"
    REVOKED = "revoked"
    REUSED = "reused"
    USER_NOT_FOUND = "user_not_found"
    USER_NOT_CONFIRMED = "user_not_confirmed"
    PASSWORD_RESET_REQUIRED = "password_reset_required"  # noqa: S105  the name of a state, no password
    CODE_MISMATCH = "code_mismatch"
    CODE_EXPIRED = "code_expired"
    PASSWORD_NOT_ACCEPTED = "password_not_accepted"  # noqa: S105  the name of a state, no password
    USERNAME_EXISTS = "username_exists"
    ALIAS_EXISTS = "alias_exists"
    INVALID_INPUT = "invalid_input"
    TRIGGER_REJECTED = "trigger_rejected"
    # unavailable: nothing is known about what was asked
    CONNECTION = "connection"
    TIMEOUT = "timeout"
    THROTTLED = "throttled"
    POOL_ERROR = "pool_error"
    CODE_NOT_DELIVERED = "code_not_delivered"
    MALFORMED = "malformed"
    MISCONFIGURED = "misconfigured"


# What each reason means and what to do next. These texts are for logs and for developers: with the exception's name in
# them they tell whether an account exists, so a page for strangers words its own.
_SENTENCES: dict[Reason, tuple[str, str]] = {
    Reason.NOT_AUTHORIZED: ("what was presented is not, or no longer, good", "Sign in again."),
    Reason.REVOKED: ("the token was revoked", "Sign in again."),
    Reason.REUSED: ("this refresh token was already exchanged for a newer one", "Sign in again."),
    Reason.USER_NOT_FOUND: ("what was presented is not, or no longer, good", "Sign in again."),
    Reason.USER_NOT_CONFIRMED: ("the sign-up was never confirmed", "Confirm it with the code that was sent."),
    Reason.PASSWORD_RESET_REQUIRED: ("a new password has to be set first", "Go through the forgotten password."),
    Reason.CODE_MISMATCH: ("the code is not the one that was sent", "Enter it again, or ask for a new one."),
    Reason.CODE_EXPIRED: ("the code is too old", "Ask for a new one."),
    Reason.PASSWORD_NOT_ACCEPTED: ("the password does not meet the pool's policy", "Choose another one."),
    Reason.USERNAME_EXISTS: ("that user name is taken", "Choose another one, or sign in."),
    Reason.ALIAS_EXISTS: ("that e-mail address or phone number belongs to another account", "Sign in with it."),
    Reason.INVALID_INPUT: ("one of the values can't be taken as it is", "Check what was entered."),
    Reason.TRIGGER_REJECTED: ("one of the pool's Lambda triggers said no", "Ask whoever runs the pool."),
    Reason.CONNECTION: ("no connection to it came about, or it broke", "Try again in a moment."),
    Reason.TIMEOUT: ("it did not answer in time", "Try again in a moment."),
    Reason.THROTTLED: ("it takes no more of these for now", "Wait a little, then try again."),
    Reason.POOL_ERROR: ("it failed on its side", "Try again in a moment."),
    Reason.CODE_NOT_DELIVERED: ("it could not send the code", "Try again later, or check its e-mail and SMS set-up."),
    Reason.MALFORMED: ("its answer makes no sense", "Check that nothing between here and the pool rewrites answers."),
    Reason.MISCONFIGURED: (
        "it does not take this kind of call",
        "Check the client id, the client secret, the region, and what the app client allows.",
    ),
}


class CognitoError(HardtackError):
    """A call to the user pool gave no result.

    Attributes:
        operation: Cognito's name of the operation, such as `InitiateAuth`.
        reason: why, as a value to branch on.
        exception_name: Cognito's name of the exception (letters and digits only), or "".
        status: the HTTP status, or None where no answer came.
    """

    code: ClassVar[str] = "cognito"
    blame: ClassVar[Blame] = Blame.PROVIDER
    verb: ClassVar[str] = "could not do"

    def __init__(self, operation: str, reason: Reason, *, exception_name: str = "", status: int | None = None) -> None:
        what, hint = _SENTENCES[reason]
        name = f" ({exception_name})" if exception_name else ""
        super().__init__(f"The user pool {self.verb} {operation}{name}: {what}.", hint=hint)
        self.operation = operation
        self.reason = reason
        self.exception_name = exception_name
        self.status = status


class CognitoRefused(CognitoError):  # noqa: N818  "refused" already says that something is wrong
    """The pool said no to this token, password or code; asking again with the same changes nothing."""

    code: ClassVar[str] = "cognito.refused"
    blame: ClassVar[Blame] = Blame.BROWSER
    verb: ClassVar[str] = "refused"


class CognitoUnavailable(CognitoError):  # noqa: N818  "unavailable" already says that something is wrong
    """The pool gave no usable answer. Nothing is known of the session, so nothing about it may change.

    Attributes:
        retry_after: seconds that the pool asked to wait, or None.
    """

    code: ClassVar[str] = "cognito.unavailable"
    blame: ClassVar[Blame] = Blame.PROVIDER
    verb: ClassVar[str] = "was not available for"

    def __init__(
        self,
        operation: str,
        reason: Reason,
        *,
        exception_name: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(operation, reason, exception_name=exception_name, status=status)
        self.retry_after = retry_after


class CognitoMisconfigured(CognitoUnavailable):
    """The pool understood and won't do this kind of call for this app client: a setting has to change.

    It is an unavailability, because the person's session has no part in it.
    """

    code: ClassVar[str] = "cognito.misconfigured"
    blame: ClassVar[Blame] = Blame.CONFIGURATION
    verb: ClassVar[str] = "is not set up for"


class UserPoolError(HardtackError):
    """A user pool was described in a way that can't work."""

    code: ClassVar[str] = "cognito.pool"
    blame: ClassVar[Blame] = Blame.CONFIGURATION
