"""The pages that a person sees, and the advice for those who are stuck: server-rendered, in English and Chinese.

    pages = Pages("Harbour", "/auth")
    language = negotiate_language(accept_language, query.get("lang"))
    html = pages.render(SignInPage(next="/cart", reason=Reason.SESSION_ENDED), language=language)

Send every page with `CONTENT_SECURITY_POLICY`, `Cache-Control: no-store` and `Vary: Accept-Language`, and serve
`pages.static_file(name)` below `auth_path/static/`. Which fields each form sends stands at `AuthPath`.
"""

from hardtack.web.pages.browsers import Browser, detect_browser
from hardtack.web.pages.facts import AuthPath, ErrorKind, FormError, MfaKind, Reason, StuckReason
from hardtack.web.pages.guidance import Guide, guidance_for, guidance_text
from hardtack.web.pages.language import Language, negotiate_language
from hardtack.web.pages.model import (
    ChooseMfaPage,
    ConfirmSignUpPage,
    ErrorPage,
    ForgotPasswordPage,
    GuidancePage,
    MfaPage,
    NewPasswordPage,
    NoCookiesPage,
    Page,
    RateLimitedPage,
    ResetPasswordPage,
    SignedOutPage,
    SignInPage,
    SignOutPage,
    SignUpPage,
    UnavailablePage,
)
from hardtack.web.pages.rendering import CONTENT_SECURITY_POLICY, PageError, Pages, PasswordRules, StaticFile

__all__ = [
    "CONTENT_SECURITY_POLICY",
    "AuthPath",
    "Browser",
    "ChooseMfaPage",
    "ConfirmSignUpPage",
    "ErrorKind",
    "ErrorPage",
    "ForgotPasswordPage",
    "FormError",
    "GuidancePage",
    "Guide",
    "Language",
    "MfaKind",
    "MfaPage",
    "NewPasswordPage",
    "NoCookiesPage",
    "Page",
    "PageError",
    "Pages",
    "PasswordRules",
    "RateLimitedPage",
    "Reason",
    "ResetPasswordPage",
    "SignInPage",
    "SignOutPage",
    "SignUpPage",
    "SignedOutPage",
    "StaticFile",
    "StuckReason",
    "UnavailablePage",
    "detect_browser",
    "guidance_for",
    "guidance_text",
    "negotiate_language",
]
