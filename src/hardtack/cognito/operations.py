"""One row for each operation: whose no counts, and when it may be sent a second time.

Rule for repeating: a request is sent again only where the second can do no harm.

- REPEATABLE: twice is once. The operation changes nothing, or ends in the same state however often it runs.
- UNSENT: only if the first surely never left this machine (no connection came about). Its answer matters, and a lost
  answer may stand for a deed that was done.
- NEVER: a person stands behind it and is told; they decide.

A refresh through `GetTokensFromRefreshToken` is UNSENT, and that is a choice. With rotation on, the pool invalidates
the refresh token as it answers, at once or after a grace period of at most 60 seconds. If the answer is lost and the
request repeated too late, the pool sees a used token, and may take it for a stolen one: the retry would turn a dropped
packet into a sign-out. So a refresh that may have arrived is reported as unavailable, the session stays as it is, and
the engine asks again with what it knows then. A throttled refresh isn't repeated either: it did reach the pool, and
hammering prolongs the shortage. `REFRESH_TOKEN_AUTH` is REPEATABLE, since pools refuse it as soon as rotation is on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

__all__ = ["OPERATIONS", "Family", "Operation", "Repeat", "initiate_auth_operation"]


class Family(Enum):
    """Which of Cognito's exceptions count as a no (the table in `verdicts`)."""

    REFRESH = auto()
    TOKEN = auto()
    SIGN_IN = auto()
    CHALLENGE = auto()
    ACCOUNT = auto()


class Repeat(Enum):
    """When a second request is harmless; the module's text says why."""

    NEVER = auto()
    UNSENT = auto()
    REPEATABLE = auto()


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of Cognito's user pool API.

    Attributes:
        name: what `X-Amz-Target` calls it.
        family: which exceptions are refusals.
        repeat: when it may be sent again.
        answers: whether it returns a document; those that don't may answer with an empty body.
        flow: the AuthFlow of an InitiateAuth, else "".
    """

    name: str
    family: Family
    repeat: Repeat
    answers: bool = True
    flow: str = ""


# It hands out a challenge and changes nothing.
START_SRP = Operation("InitiateAuth", Family.SIGN_IN, Repeat.REPEATABLE, flow="USER_SRP_AUTH")
# A good password starts a session or sends a code: a second attempt would do so twice.
START_PASSWORD = Operation("InitiateAuth", Family.SIGN_IN, Repeat.UNSENT, flow="USER_PASSWORD_AUTH")
START_REFRESH = Operation("InitiateAuth", Family.REFRESH, Repeat.REPEATABLE, flow="REFRESH_TOKEN_AUTH")
# Custom and choice-based flows: what their triggers do is not known.
START_OTHER = Operation("InitiateAuth", Family.SIGN_IN, Repeat.UNSENT)
# Each answer uses up its session.
RESPOND = Operation("RespondToAuthChallenge", Family.CHALLENGE, Repeat.NEVER)

REFRESH = Operation("GetTokensFromRefreshToken", Family.REFRESH, Repeat.UNSENT)
GET_USER = Operation("GetUser", Family.TOKEN, Repeat.REPEATABLE)
REVOKE_TOKEN = Operation("RevokeToken", Family.TOKEN, Repeat.REPEATABLE, answers=False)
# After a lost answer the repetition may be refused because the first one was done: the caller is then told "not signed
# out everywhere" though it was, never the other way round.
GLOBAL_SIGN_OUT = Operation("GlobalSignOut", Family.TOKEN, Repeat.REPEATABLE, answers=False)

# A repeated sign-up says "that name is taken", a repeated confirmation "already confirmed", a repeated new password
# "wrong code": each would tell somebody of a failure that was none.
SIGN_UP = Operation("SignUp", Family.ACCOUNT, Repeat.NEVER)
CONFIRM_SIGN_UP = Operation("ConfirmSignUp", Family.ACCOUNT, Repeat.NEVER, answers=False)
CONFIRM_FORGOT_PASSWORD = Operation("ConfirmForgotPassword", Family.ACCOUNT, Repeat.NEVER, answers=False)
# Each sends a message, and the newer code voids the older.
RESEND_CONFIRMATION_CODE = Operation("ResendConfirmationCode", Family.ACCOUNT, Repeat.UNSENT)
FORGOT_PASSWORD = Operation("ForgotPassword", Family.ACCOUNT, Repeat.UNSENT)

OPERATIONS = (
    START_SRP,
    START_PASSWORD,
    START_REFRESH,
    START_OTHER,
    RESPOND,
    REFRESH,
    GET_USER,
    REVOKE_TOKEN,
    GLOBAL_SIGN_OUT,
    SIGN_UP,
    CONFIRM_SIGN_UP,
    CONFIRM_FORGOT_PASSWORD,
    RESEND_CONFIRMATION_CODE,
    FORGOT_PASSWORD,
)


def initiate_auth_operation(auth_flow: str) -> Operation:
    """The row of an InitiateAuth with this AuthFlow."""
    known = {row.flow: row for row in (START_SRP, START_PASSWORD, START_REFRESH)}
    known["REFRESH_TOKEN"] = START_REFRESH  # the API's older name of the same flow
    return known.get(auth_flow, START_OTHER)
