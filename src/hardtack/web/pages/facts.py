"""The closed lists that pages choose from: where forms lead, why a person is here, what was wrong.

Rule: each value is a key of the message files (tests walk them all), or a name that Cognito uses on the wire.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["AuthPath", "ErrorKind", "FormError", "MfaKind", "Reason", "StuckReason"]


class AuthPath(StrEnum):
    """Where forms and links lead, below the mount point (`/auth` unless said otherwise). Forms POST; links GET."""

    SIGN_IN = "/sign-in"
    """GET and POST: username, password, next."""
    MFA = "/mfa"
    """POST: code, state, next."""
    CHOOSE_MFA = "/mfa/choose"
    """POST: mfa (a `MfaKind`), state, next."""
    NEW_PASSWORD = "/new-password"  # noqa: S105 - a path, not a password
    """POST: password, state, next, and `attribute.NAME` for each required attribute."""
    SIGN_UP = "/sign-up"
    """GET and POST: username, email (where asked for), password, next."""
    CONFIRM_SIGN_UP = "/confirm-sign-up"
    """GET and POST: username, code, state, next."""
    RESEND_CODE = "/confirm-sign-up/resend"
    """POST: username, state, next."""
    FORGOT_PASSWORD = "/forgot-password"  # noqa: S105 - a path, not a password
    """GET and POST: username, next."""
    RESET_PASSWORD = "/reset-password"  # noqa: S105 - a path, not a password
    """GET and POST: username, code, password, state, next."""
    SIGN_OUT = "/sign-out"
    """GET and POST: scope (`device` or `everywhere`), next."""
    GUIDANCE = "/help"
    """GET: next."""
    RECOVER = "/recover"
    """POST, same origin: next, support."""
    STATIC = "/static"
    """GET: the files of `Pages.static_file`, one level below."""


class Reason(StrEnum):
    """Why a person is on this page, or what has just been done for them; shown above the form."""

    SESSION_ENDED = "session_ended"
    REPAIRED = "repaired"
    TWO_ACCOUNTS = "two_accounts"
    SIGN_IN_REQUIRED = "sign_in_required"
    SIGN_IN_EXPIRED = "sign_in_expired"
    SERVICE_UNAVAILABLE = "service_unavailable"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, not a password
    ACCOUNT_CONFIRMED = "account_confirmed"
    NOT_CONFIRMED = "not_confirmed"
    CODE_SENT = "code_sent"
    CODE_SENT_AGAIN = "code_sent_again"
    RESET_REQUIRED = "reset_required"

    @property
    def tone(self) -> str:
        """`good` for what has succeeded, `warning` for what hinders, else `info`: chooses the colour and the icon."""
        if self in {Reason.PASSWORD_CHANGED, Reason.ACCOUNT_CONFIRMED, Reason.CODE_SENT, Reason.CODE_SENT_AGAIN}:
            return "good"
        return "warning" if self is Reason.SERVICE_UNAVAILABLE else "info"


class FormError(StrEnum):
    """What was wrong with a form that was sent."""

    WRONG_CREDENTIALS = "wrong_credentials"
    MISSING_USERNAME = "missing_username"
    MISSING_EMAIL = "missing_email"
    MISSING_PASSWORD = "missing_password"  # noqa: S105 - an error, not a password
    MISSING_CODE = "missing_code"
    MISSING_CHOICE = "missing_choice"
    MISSING_ATTRIBUTE = "missing_attribute"
    INVALID_USERNAME = "invalid_username"
    INVALID_EMAIL = "invalid_email"
    USERNAME_TAKEN = "username_taken"
    WRONG_CODE = "wrong_code"
    EXPIRED_CODE = "expired_code"
    WEAK_PASSWORD = "weak_password"  # noqa: S105 - an error, not a password
    REUSED_PASSWORD = "reused_password"  # noqa: S105 - an error, not a password
    TOO_MANY_TRIES = "too_many_tries"
    CODE_NOT_SENT = "code_not_sent"
    SERVICE_UNAVAILABLE = "service_unavailable"
    UNEXPECTED = "unexpected"

    @property
    def field_name(self) -> str | None:
        """The field that it is about, so that the page can mark it and lead there; None where it is about no field."""
        return _FIELD_OF.get(self)


_FIELD_OF: dict[FormError, str] = {
    FormError.WRONG_CREDENTIALS: "password",
    FormError.MISSING_USERNAME: "username",
    FormError.MISSING_EMAIL: "email",
    FormError.MISSING_PASSWORD: "password",
    FormError.MISSING_CODE: "code",
    FormError.MISSING_CHOICE: "mfa",
    FormError.INVALID_USERNAME: "username",
    FormError.INVALID_EMAIL: "email",
    FormError.USERNAME_TAKEN: "username",
    FormError.WRONG_CODE: "code",
    FormError.EXPIRED_CODE: "code",
    FormError.WEAK_PASSWORD: "password",
    FormError.REUSED_PASSWORD: "password",
}


class MfaKind(StrEnum):
    """A second factor, by Cognito's challenge names (SELECT_MFA_TYPE answers with the same)."""

    TOTP = "SOFTWARE_TOKEN_MFA"
    SMS = "SMS_MFA"
    EMAIL = "EMAIL_OTP"


class StuckReason(StrEnum):
    """What happened to a person who is shown the guidance page."""

    LOOPING = "looping"
    STALE_COOKIES = "stale_cookies"
    SIGN_IN_LOST = "sign_in_lost"
    HELP = "help"
    """Nothing was found; the person came by themselves."""


class ErrorKind(StrEnum):
    """What a plain error page is about."""

    BAD_REQUEST = "bad_request"
    CROSS_SITE = "cross_site"
    EXPIRED = "expired"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    INTERNAL = "internal"
    TOO_MANY_COOKIES = "too_many_cookies"

    @property
    def status(self) -> int:
        """The HTTP status that goes with it (RFC 9110 section 15)."""
        return _STATUS_OF[self]


_STATUS_OF = {
    ErrorKind.BAD_REQUEST: 400,
    ErrorKind.CROSS_SITE: 403,
    ErrorKind.EXPIRED: 400,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.INTERNAL: 500,
    ErrorKind.TOO_MANY_COOKIES: 431,
}
