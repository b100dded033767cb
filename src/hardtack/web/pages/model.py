"""What each page is told, one frozen dataclass a page, so that a type checker sees what a route forgot.

Rule: a page is told facts, never sentences. What is said, and in which language, is the catalogue's; a route picks a
`Reason` or a `FormError`. User names, codes' destinations and sealed states are kept out of every repr. Nothing here
judges `next`: routes make it open-redirect safe, and the templates link to it only where it is a path of this origin.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from hardtack.web.pages.browsers import Browser
from hardtack.web.pages.facts import AuthPath, ErrorKind, FormError, MfaKind, Reason, StuckReason

__all__ = [
    "ChooseMfaPage",
    "ConfirmSignUpPage",
    "ErrorPage",
    "ForgotPasswordPage",
    "GuidancePage",
    "MfaPage",
    "NewPasswordPage",
    "NoCookiesPage",
    "Page",
    "RateLimitedPage",
    "ResetPasswordPage",
    "SignInPage",
    "SignOutPage",
    "SignUpPage",
    "SignedOutPage",
    "UnavailablePage",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What every page is told.

    Attributes:
        next: where the person was going, carried through every form; empty for nowhere in particular.
    """

    template: ClassVar[str]
    path: ClassVar[AuthPath | None] = None
    """Where a GET shows this page in another language; None for wherever `next` leads, or where the page stands."""
    next: str = ""

    @property
    def status(self) -> int:
        """The HTTP status of a page that stands for itself; forms with an error are the route's to number."""
        return 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage(Page):
    """Sign in with a user name and a password."""

    template: ClassVar[str] = "hardtack/sign_in.html"
    path: ClassVar[AuthPath | None] = AuthPath.SIGN_IN
    username: str = field(default="", repr=False)
    reason: Reason | None = None
    error: FormError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaPage(Page):
    """Enter the code of a second factor.

    Attributes:
        kind: which factor.
        state: the sealed challenge, opaque, carried in a hidden field.
        destination: where the code went, masked as Cognito masks it (`+*******1234`); empty if unknown.
    """

    template: ClassVar[str] = "hardtack/mfa.html"
    kind: MfaKind
    state: str = field(repr=False)
    destination: str = field(default="", repr=False)
    reason: Reason | None = None
    error: FormError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseMfaPage(Page):
    """Choose among several second factors."""

    template: ClassVar[str] = "hardtack/choose_mfa.html"
    kinds: tuple[MfaKind, ...]
    state: str = field(repr=False)
    reason: Reason | None = None
    error: FormError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasswordPage(Page):
    """Replace a temporary password (NEW_PASSWORD_REQUIRED).

    Attributes:
        username: of the account, for the browser's password manager; not shown.
        required_attributes: names of user attributes that the pool asks for as well, such as `email`.
    """

    template: ClassVar[str] = "hardtack/new_password.html"
    state: str = field(repr=False)
    username: str = field(default="", repr=False)
    required_attributes: tuple[str, ...] = ()
    reason: Reason | None = None
    error: FormError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpPage(Page):
    """Create an account.

    Attributes:
        asks_email: whether an e-mail address is asked for beside the user name.
    """

    template: ClassVar[str] = "hardtack/sign_up.html"
    path: ClassVar[AuthPath | None] = AuthPath.SIGN_UP
    username: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    asks_email: bool = True
    reason: Reason | None = None
    error: FormError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmSignUpPage(Page):
    """Enter the code that confirms a new account, or have it sent again.

    Attributes:
        username: of the account; empty lets the person type it (they came by a link). Not shown beside a `state`.
        state: a sealed value that names the account instead; empty if there is none.
        destination: where the code went, masked; empty if unknown.
    """

    template: ClassVar[str] = "hardtack/confirm_sign_up.html"
    path: ClassVar[AuthPath | None] = AuthPath.CONFIRM_SIGN_UP
    username: str = field(default="", repr=False)
    state: str = field(default="", repr=False)
    destination: str = field(default="", repr=False)
    reason: Reason | None = None
    error: FormError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgotPasswordPage(Page):
    """Ask for a code that resets the password."""

    template: ClassVar[str] = "hardtack/forgot_password.html"
    path: ClassVar[AuthPath | None] = AuthPath.FORGOT_PASSWORD
    username: str = field(default="", repr=False)
    reason: Reason | None = None
    error: FormError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPasswordPage(Page):
    """Choose a new password with the code; the fields as in `ConfirmSignUpPage`."""

    template: ClassVar[str] = "hardtack/reset_password.html"
    path: ClassVar[AuthPath | None] = AuthPath.RESET_PASSWORD
    username: str = field(default="", repr=False)
    state: str = field(default="", repr=False)
    destination: str = field(default="", repr=False)
    reason: Reason | None = None
    error: FormError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOutPage(Page):
    """Ask before signing out: on this device, or everywhere."""

    template: ClassVar[str] = "hardtack/sign_out.html"
    path: ClassVar[AuthPath | None] = AuthPath.SIGN_OUT
    username: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutPage(Page):
    """Say that it is done.

    Attributes:
        everywhere: on all devices, not only on this one.
        complete: False if the cookies are gone but the provider couldn't be told.
    """

    template: ClassVar[str] = "hardtack/signed_out.html"
    path: ClassVar[AuthPath | None] = AuthPath.SIGN_IN
    everywhere: bool = False
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidancePage(Page):
    """Help a stuck person, in the browser that they are in.

    Attributes:
        server_time: epoch seconds, what the page's script compares the device's clock with.
        site: this site as browsers list it in their settings, best the registrable domain; empty if it isn't known.
        browser: from `detect_browser`.
        reason: what happened.
        support_code: such as `HT-7K3F-9QX2`, the same as in the log record; empty for none.
    """

    template: ClassVar[str] = "hardtack/guidance.html"
    path: ClassVar[AuthPath | None] = AuthPath.GUIDANCE
    server_time: float
    site: str
    browser: Browser = Browser.OTHER
    reason: StuckReason = StuckReason.HELP
    support_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCookiesPage(Page):
    """Say after a sign-in that the browser keeps no cookies; the fields as in `GuidancePage`."""

    template: ClassVar[str] = "hardtack/no_cookies.html"
    path: ClassVar[AuthPath | None] = AuthPath.GUIDANCE
    server_time: float
    site: str
    browser: Browser = Browser.OTHER
    support_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnavailablePage(Page):
    """The provider is out of reach and this route needs a session (503).

    Attributes:
        retry_after: seconds, the same as in the Retry-After header; None for no estimate.
    """

    template: ClassVar[str] = "hardtack/unavailable.html"
    retry_after: int | None = None
    support_code: str = ""

    @property
    def status(self) -> int:
        """Service Unavailable, RFC 9110 section 15.6.4."""
        return 503


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitedPage(Page):
    """Too many tries from here (429, RFC 6585 section 4); `retry_after` as in `UnavailablePage`."""

    template: ClassVar[str] = "hardtack/rate_limited.html"
    retry_after: int | None = None

    @property
    def status(self) -> int:
        """Too Many Requests."""
        return 429


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage(Page):
    """One sentence that says what is wrong, and one that says what to do."""

    template: ClassVar[str] = "hardtack/error.html"
    kind: ErrorKind = ErrorKind.INTERNAL
    support_code: str = ""

    @property
    def status(self) -> int:
        """The status of its kind."""
        return self.kind.status
