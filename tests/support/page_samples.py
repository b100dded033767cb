"""Every page in every variant that its context allows, for tests that must hold for all of them."""

from __future__ import annotations

from hardtack.web.pages import (
    Browser,
    ChooseMfaPage,
    ConfirmSignUpPage,
    ErrorKind,
    ErrorPage,
    ForgotPasswordPage,
    FormError,
    GuidancePage,
    MfaKind,
    MfaPage,
    NewPasswordPage,
    NoCookiesPage,
    Page,
    RateLimitedPage,
    Reason,
    ResetPasswordPage,
    SignedOutPage,
    SignInPage,
    SignOutPage,
    SignUpPage,
    StuckReason,
    UnavailablePage,
)

NOW = 1_795_000_000.25
NEXT = "/orders?page=2&sort=date#last"
ERRORS = (None, *FormError)
REASONS = (None, *Reason)
CODE = "HT-7K3F-9QX2"


def every_page() -> list[Page]:
    """List all pages: each with each reason, each error and each kind, with and without what is optional."""
    pages: list[Page] = []
    for error in ERRORS:
        pages += [
            SignInPage(next=NEXT, username="alice", error=error),
            MfaPage(kind=MfaKind.SMS, state="sealed", next=NEXT, error=error),
            ChooseMfaPage(kinds=tuple(MfaKind), state="sealed", error=error),
            NewPasswordPage(state="sealed", error=error),
            SignUpPage(next=NEXT, username="alice", email="alice@example.com", error=error),
            ConfirmSignUpPage(username="alice", error=error),
            ForgotPasswordPage(username="alice", error=error),
            ResetPasswordPage(username="alice", destination="a***@e***", error=error),
        ]
    for reason in REASONS:
        pages += [
            SignInPage(reason=reason),
            MfaPage(kind=MfaKind.EMAIL, state="sealed", reason=reason),
            ChooseMfaPage(kinds=(MfaKind.TOTP,), state="sealed", reason=reason),
            NewPasswordPage(state="sealed", reason=reason),
            SignUpPage(asks_email=False, reason=reason),
            ConfirmSignUpPage(state="sealed", destination="+*******1234", reason=reason),
            ForgotPasswordPage(reason=reason),
            ResetPasswordPage(state="sealed", next=NEXT, reason=reason),
        ]
    pages += [MfaPage(kind=kind, state="s", destination=where) for kind in MfaKind for where in ("", "a***@e***")]
    pages += [
        NewPasswordPage(
            state="s", username="alice", required_attributes=("email", "name", "birthdate", "custom:badge", "other")
        ),
        ConfirmSignUpPage(),
        SignOutPage(),
        SignOutPage(username="alice", next=NEXT),
        SignedOutPage(next=NEXT),
        SignedOutPage(everywhere=True),
        SignedOutPage(complete=False),
    ]
    pages += [
        GuidancePage(server_time=NOW, site="example.com", browser=browser, support_code=CODE, next=NEXT)
        for browser in Browser
    ]
    pages += [GuidancePage(server_time=NOW, site="example.com", reason=reason) for reason in StuckReason]
    pages += [
        NoCookiesPage(server_time=NOW, site="example.com", browser=browser, support_code=CODE, next=NEXT)
        for browser in Browser
    ]
    pages += [NoCookiesPage(server_time=NOW, site=""), GuidancePage(server_time=NOW, site="")]
    for seconds in (None, 0, 1, 90, 91, 3_600):
        pages += [UnavailablePage(retry_after=seconds, next=NEXT), RateLimitedPage(retry_after=seconds)]
    pages += [UnavailablePage(support_code=CODE)]
    pages += [ErrorPage(kind=kind, support_code=code) for kind in ErrorKind for code in ("", CODE)]
    return pages
