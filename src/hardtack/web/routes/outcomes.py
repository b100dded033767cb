"""What the pool's errors become on a page.

Rule: whoever is not signed in learns nothing about whose accounts exist. A name that nobody has, a name that nobody
could have and a wrong password are one and the same error; so are a wrong code and a code for nobody. The exceptions
are what Cognito itself tells only to those who know the password (an account that is not confirmed, a password that
must be reset), and sign-up, where a taken name can't be hidden from who asks for it. In pools whose app client has
`PreventUserExistenceErrors` off, the time that an answer takes still tells; switch it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.cognito import Reason
from hardtack.web.pages import FormError
from hardtack.web.routes.desk import logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.cognito import CognitoError, CognitoRefused, CognitoUnavailable

__all__ = ["TOO_MANY", "is_pool_limit", "note", "wrong"]

_OF_ANY_FORM: Final[Mapping[Reason, FormError]] = {
    Reason.NOT_AUTHORIZED: FormError.WRONG_CREDENTIALS,
    Reason.USER_NOT_FOUND: FormError.WRONG_CREDENTIALS,
    Reason.CODE_MISMATCH: FormError.WRONG_CODE,
    Reason.CODE_EXPIRED: FormError.EXPIRED_CODE,
    Reason.PASSWORD_NOT_ACCEPTED: FormError.WEAK_PASSWORD,
    Reason.USERNAME_EXISTS: FormError.USERNAME_TAKEN,
    Reason.ALIAS_EXISTS: FormError.USERNAME_TAKEN,
}

TOO_MANY: Final = 60  # seconds: the pool doesn't say how long it counts; its shortest lockouts are of this order
_POOL_LIMITS: Final = frozenset({"LimitExceededException", "TooManyFailedAttemptsException"})
_HISTORY: Final = "PasswordHistoryPolicyViolationException"


def wrong(error: CognitoRefused, **meanings: FormError) -> FormError:
    """What a refusal means for a form.

    Args:
        error: the refusal.
        meanings: by the reason's value, what differs for this form.
    """
    if error.exception_name == _HISTORY:
        return FormError.REUSED_PASSWORD
    if error.reason.value in meanings:
        return meanings[error.reason.value]
    return _OF_ANY_FORM.get(error.reason, FormError.UNEXPECTED)


def is_pool_limit(error: CognitoError) -> bool:
    """Whether the pool has had enough of *this person's* tries, which is no outage."""
    return error.exception_name in _POOL_LIMITS


def note(error: CognitoUnavailable) -> None:
    """Write down that the pool could not do something; the sentence holds nothing that was typed."""
    logger.warning("%s %s", error, error.hint)
