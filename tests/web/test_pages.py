"""What holds for every page, in every variant and both languages: it is sound HTML that everybody can use."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from hardtack.web.pages import (
    AuthPath,
    ChooseMfaPage,
    ConfirmSignUpPage,
    ErrorKind,
    ErrorPage,
    FormError,
    Language,
    MfaKind,
    MfaPage,
    NewPasswordPage,
    NoCookiesPage,
    Page,
    Pages,
    PasswordRules,
    RateLimitedPage,
    Reason,
    ResetPasswordPage,
    SignedOutPage,
    SignInPage,
    SignOutPage,
    SignUpPage,
    UnavailablePage,
)
from hardtack.web.pages.catalogue import catalogue
from support.page_samples import NEXT, every_page
from support.strict_html import Element, read_html

EN = Language.ENGLISH
ZH = Language.CHINESE
PAGES = Pages("Harbour & Sons", "/account/auth", stylesheet_urls=["/theme.css"])
AUTOCOMPLETE = {
    "username": {"username"},
    "password": {"current-password", "new-password"},
    "code": {"one-time-code"},
    "email": {"email"},
}


def shown(page: Page, language: Language = EN, pages: Pages = PAGES) -> Element:
    return read_html(pages.render(page, language=language))


@pytest.fixture(scope="module", params=Language)
def samples(request) -> list[tuple[Page, Element]]:
    """Every page in one language, read strictly: a page that isn't well-formed fails here."""
    return [(page, shown(page, request.param)) for page in every_page()]


def test_a_page_has_its_landmarks_one_title_and_one_first_heading(samples):
    for page, html in samples:
        assert html.get("lang") in set(Language)
        for landmark in ("header", "main", "footer", "h1", "title"):
            assert len(html.find(landmark)) == 1, (page, landmark)
        title = html.one("title").text
        assert html.one("h1").text
        assert html.one("h1").text in title
        assert "Harbour & Sons" in title
        assert html.one("header").text == "Harbour & Sons"


def test_headings_descend_one_level_at_a_time(samples):
    for page, html in samples:
        levels = [int(element.tag[1]) for element in html.find("h1", "h2", "h3", "h4") if not element.hidden]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels)), (page, levels)
        assert all(element.text for element in html.find("h1", "h2", "h3"))


def test_every_field_has_a_label_a_purpose_and_what_describes_it(samples):
    for page, html in samples:
        labelled = {label.get("for") for label in html.find("label")}
        ids = {element.get("id") for element in html.walk()}
        assert labelled <= ids
        assert all(label.text for label in html.find("label"))
        for field in html.find("input"):
            if field.get("type") == "hidden" or field.hidden:
                continue
            assert field.get("id") in labelled, page
            if field.get("type") != "radio":
                assert field.get("autocomplete"), page
                assert field.get("autocomplete") in AUTOCOMPLETE.get(field.get("name"), {field.get("autocomplete")})
        for element in html.walk():
            for attribute in ("aria-describedby", "aria-labelledby", "aria-controls"):
                assert set((element.get(attribute) or "").split()) <= ids, (page, attribute)


def test_nothing_inline_that_the_policy_would_refuse(samples):
    for page, html in samples:
        assert not html.find("style", "iframe", "object", "embed", "base"), page
        for script in html.find("script"):
            assert script.get("src")
            assert not script.text
        for element in html.walk():
            assert "style" not in element.attributes, page
            assert not [name for name in element.attributes if name.startswith("on")], page


def test_every_address_is_of_this_site_and_every_form_posts_below_the_mount_point(samples):
    paths = {f"/account/auth{path}" for path in AuthPath}
    for page, html in samples:
        for element in html.walk():
            for attribute in ("href", "src", "action"):
                address = element.get(attribute)
                if address is not None:
                    assert re.match(r"/(?!/)|\?lang=|#", address), (page, address)
        for form in html.find("form"):
            assert form.get("method") == "post"
            assert form.get("action") in paths, page
        for link in html.one("main").find("a"):
            path = (link.get("href") or "").partition("?")[0]
            assert path in paths | {"/", "/orders", ""} or path.startswith("#"), (page, path)


def test_every_control_says_what_it_does(samples):
    for page, html in samples:
        for control in html.find("a", "button", "summary", "legend", "li", "th"):
            assert control.text, page
        for button in html.find("button"):
            assert button.get("type") in {"submit", "button"}
        for image in html.find("svg"):
            assert image.get("aria-hidden") == "true"
        assert len([element for element in html.walk() if "autofocus" in element.attributes]) <= 1
        assert not [element for element in html.walk() if element.get("target")]
        assert not [element for element in html.walk() if (element.get("tabindex") or "0") not in {"0", "-1"}]


def test_no_placeholder_and_no_python_reaches_a_person(samples):
    for page, html in samples:
        text = re.sub(r"a\*\*\*@e\*\*\*|\+\*+1234", "", html.text)  # masked by Cognito
        assert not re.search(r"[{}]|\bNone\b|\bTrue\b|\bFalse\b|Undefined|\*\*|&[a-z]+;", text), (page, text)


def test_no_two_languages_on_one_page(samples):
    for page, html in samples:
        main = html.one("main").text
        if html.get("lang") == EN:
            assert not re.search(r"[\u3000-\u9fff]", main), page
        else:
            left = re.sub(r"Harbour & Sons|example\.com|alice|custom:badge|[A-Z0-9a-z@*+.\-]+", "", main)
            assert not re.search(r"[A-Za-z]{2,}", left), page
            assert len(re.findall(r"[\u4e00-\u9fff]", main)) > 5


# Errors and reasons.


@pytest.mark.parametrize("error", FormError)
def test_an_error_is_announced_first_and_leads_to_the_field_it_is_about(error):
    pages = {
        "code": MfaPage(kind=MfaKind.TOTP, state="s", error=error),
        "mfa": ChooseMfaPage(kinds=tuple(MfaKind), state="s", error=error),
        "email": SignUpPage(error=error),
        "username": SignUpPage(error=error),
        "password": SignInPage(error=error),
        None: SignInPage(error=error),
    }
    html = shown(pages[error.field_name])
    summary = html.by_id("error")
    sentence = catalogue(EN).text(f"error.{error}", identifier="username")
    assert summary.get("role") == "alert"
    assert summary.get("tabindex") == "-1"
    assert sentence in summary.text
    assert html.one("title").text.startswith("Error: ")
    main = list(html.one("main").walk())
    assert main.index(summary) < main.index(html.one("h1"))
    assert not [element for element in html.walk() if "autofocus" in element.attributes]
    if error.field_name is None:
        assert not summary.find("a")
        assert not [element for element in html.walk() if element.get("aria-invalid")]
        return
    assert summary.one("a").get("href") == f"#{error.field_name}"
    field = html.by_id(error.field_name)
    assert f"{error.field_name}-error" in (field.get("aria-describedby") or "").split()
    assert html.by_id(f"{error.field_name}-error").text == sentence
    assert field.tag == "fieldset" or field.get("aria-invalid") == "true"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("reason", Reason)
def test_a_person_is_told_in_a_plain_sentence_why_they_are_here(reason, language):
    html = shown(SignInPage(reason=reason), language)
    sentence = catalogue(language).text(f"reason.{reason}")
    (notice,) = [element for element in html.walk() if element.has_class("notice")]
    assert notice.text == sentence
    assert notice.has_class(reason.tone)


def test_without_a_reason_there_is_no_notice_and_the_first_field_waits():
    html = shown(SignInPage())
    assert not [element for element in html.walk() if element.has_class("notice")]
    assert [element.get("id") for element in html.walk() if "autofocus" in element.attributes] == ["username"]


@pytest.mark.parametrize(("identifier", "label", "mode"), [
    ("username", "Username", None),
    ("email", "Email address", "email"),
    ("phone", "Phone number", "tel"),
    ("username_or_email", "Username or email address", "email"),
])  # fmt: skip
def test_the_field_is_called_what_the_pool_signs_people_in_with(identifier, label, mode):
    pages = Pages("Harbour", identifier=identifier)
    html = shown(SignInPage(error=FormError.WRONG_CREDENTIALS), pages=pages)
    (name,) = [element.text for element in html.find("label") if element.get("for") == "username"]
    assert name == label
    assert html.by_id("username").get("inputmode") == mode
    assert html.by_id("username").get("type") == "text"
    assert f"That {label.lower()} or password isn’t right." in html.by_id("error").text


# Each page.


def fields(html: Element, form: int = 0) -> dict[str | None, str | None]:
    return {
        element.get("name"): element.get("value")
        for element in html.find("form")[form].find("input")
        if element.get("name")
    }


def test_sign_in_shows_the_name_that_was_typed_and_never_a_password():
    html = shown(SignInPage(username="alice", next=NEXT, error=FormError.WRONG_CREDENTIALS))
    assert fields(html) == {"next": NEXT, "username": "alice", "password": None}
    assert html.by_id("password").get("type") == "password"
    assert html.by_id("password").get("autocomplete") == "current-password"


def test_sign_in_offers_an_account_only_where_people_may_create_one():
    assert "Create an account" in shown(SignInPage()).text
    assert "Create an account" not in shown(SignInPage(), pages=Pages("Harbour", offers_sign_up=False)).text


@pytest.mark.parametrize(
    ("kind", "destination", "sentence"),
    [
        (MfaKind.TOTP, "", "enter the 6-digit code that it shows for Harbour & Sons."),
        (
            MfaKind.TOTP,
            "+*1",
            "enter the 6-digit code that it shows for Harbour & Sons.",
        ),
        (MfaKind.SMS, "", "We sent a code by text message to your phone."),
        (MfaKind.SMS, "+*******1234", "We sent a code by text message to +*******1234."),
        (MfaKind.EMAIL, "", "We sent a code to your email address."),
        (MfaKind.EMAIL, "a***@e***", "We sent a code to a***@e***."),
    ],
)
def test_the_code_page_says_where_the_code_is(kind, destination, sentence):
    html = shown(MfaPage(kind=kind, state="sealed", destination=destination, next="/x"))
    assert sentence in html.one("main").text
    assert fields(html) == {"state": "sealed", "next": "/x", "code": None}
    assert html.by_id("code").get("autocomplete") == "one-time-code"
    assert html.by_id("code").get("inputmode") == "numeric"


def test_a_page_that_carries_a_sealed_state_offers_no_link_that_would_lose_it():
    for page in (
        MfaPage(kind=MfaKind.SMS, state="s"),
        ChooseMfaPage(kinds=tuple(MfaKind), state="s"),
        NewPasswordPage(state="s"),
    ):
        assert not shown(page).find("nav")
    assert shown(SignInPage()).find("nav")


def test_one_chooses_among_the_factors_that_the_account_has():
    html = shown(ChooseMfaPage(kinds=(MfaKind.TOTP, MfaKind.EMAIL), state="s"))
    radios = [element for element in html.find("input") if element.get("type") == "radio"]
    assert [radio.get("value") for radio in radios] == ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]
    assert ["checked" in radio.attributes for radio in radios] == [True, False]
    assert html.one("fieldset").one("legend").text


def test_a_new_password_comes_with_the_pools_rules():
    rules = PasswordRules(minimum_length=12, lowercase=True, uppercase=False, number=True, symbol=False)
    html = shown(NewPasswordPage(state="s"), pages=Pages("Harbour", password_rules=rules))
    listed = [element.text for element in html.by_id("password-rules").find("li")]
    assert listed == ["at least 12 characters", "a lowercase letter", "a number"]
    assert html.by_id("password").get("autocomplete") == "new-password"
    assert "password-rules" in html.by_id("password").get("aria-describedby")


def test_required_attributes_are_asked_for_by_name():
    page = NewPasswordPage(state="s", username="alice", required_attributes=("email", "given_name", "custom:badge"))
    html = shown(page)
    assert set(fields(html)) == {
        "state", "password", "attribute.email", "attribute.given_name", "attribute.custom:badge",
    }  # fmt: skip
    assert html.by_id("attribute.given_name").get("autocomplete") == "given-name"
    assert "Other details (custom:badge)" in html.text
    (account,) = [element for element in html.find("input") if element.get("autocomplete") == "username"]
    assert account.get("value") == "alice"
    assert account.hidden
    assert account.get("name") is None


def test_sign_up_asks_for_an_address_only_where_told():
    assert set(fields(shown(SignUpPage()))) == {"username", "email", "password"}
    assert set(fields(shown(SignUpPage(asks_email=False)))) == {"username", "password"}


def test_a_confirmation_code_can_be_sent_again_once_we_know_for_whom():
    html = shown(ConfirmSignUpPage(username="alice", next="/x"))
    again = html.find("form")[1]
    assert again.get("action") == "/account/auth/confirm-sign-up/resend"
    assert fields(html, 1) == {"username": "alice", "next": "/x"}
    assert set(fields(html)) == {"username", "code", "next"}

    sealed = shown(ConfirmSignUpPage(username="alice", state="sealed"))
    assert fields(sealed) == {"state": "sealed", "code": None}
    assert fields(sealed, 1) == {"state": "sealed"}
    assert "alice" not in sealed.text

    assert len(shown(ConfirmSignUpPage()).find("form")) == 1


def test_choosing_a_password_says_nothing_of_whether_the_account_exists():
    html = shown(ResetPasswordPage(username="alice"))
    assert "If there’s an account with that name" in html.one("main").text
    assert set(fields(html)) == {"username", "code", "password"}
    assert fields(shown(ResetPasswordPage(state="sealed"))) == {"state": "sealed", "code": None, "password": None}


def test_one_signs_out_here_or_everywhere():
    html = shown(SignOutPage(username="alice", next="/cart"))
    assert [(button.get("name"), button.get("value")) for button in html.find("button")] == [
        ("scope", "device"),
        ("scope", "everywhere"),
    ]
    assert "You’re signed in to Harbour & Sons as alice." in html.text
    (stay,) = [element.get("href") for element in html.find("a") if element.text == "Stay signed in"]
    assert stay == "/cart"


def test_signed_out_never_claims_more_than_was_done():
    assert "on this device." in shown(SignedOutPage()).text
    assert "on all devices" in shown(SignedOutPage(everywhere=True)).text
    half = shown(SignedOutPage(everywhere=True, complete=False))
    assert "couldn’t reach the sign-in service" in half.text
    assert "on all devices" not in half.text


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [
        (None, "Please try again in a moment."),
        (0, "Please try again in a moment."),
        (30, "Please try again in about 30 seconds."),
        (90, "Please try again in about 90 seconds."),
        (91, "Please try again in about 2 minutes."),
        (3_600, "Please try again in about 60 minutes."),
    ],
)
def test_waiting_has_a_length_where_it_is_known(seconds, sentence):
    assert sentence in shown(UnavailablePage(retry_after=seconds)).text
    assert sentence in shown(RateLimitedPage(retry_after=seconds)).text


def test_a_site_whose_name_is_not_known_is_called_this_site():
    text = shown(NoCookiesPage(server_time=1, site="")).text
    assert "allowed to store cookies for this site?" in text


def test_an_outage_leads_back_to_where_one_was():
    (again,) = [element for element in shown(UnavailablePage(next="/cart")).find("a") if element.has_class("button")]
    assert again.get("href") == "/cart"
    (again,) = [element for element in shown(UnavailablePage()).find("a") if element.has_class("button")]
    assert again.get("href") == "/account/auth/sign-in"


@pytest.mark.parametrize("kind", ErrorKind)
def test_an_error_says_one_sentence_and_what_to_do(kind):
    html = shown(ErrorPage(kind=kind))
    assert html.one("h1").text == catalogue(EN).text(f"error_page.{kind}")
    (advice,) = [element.text for element in html.find("p") if element.has_class("lead")]
    assert advice == catalogue(EN).text(f"error_page.{kind}_advice")
    assert len([element for element in html.find("a") if element.has_class("button")]) == 1


def test_pages_that_stand_for_themselves_know_their_status():
    assert {kind: ErrorPage(kind=kind).status for kind in ErrorKind} == {
        ErrorKind.BAD_REQUEST: 400,
        ErrorKind.CROSS_SITE: 403,
        ErrorKind.EXPIRED: 400,
        ErrorKind.NOT_FOUND: 404,
        ErrorKind.FORBIDDEN: 403,
        ErrorKind.INTERNAL: 500,
        ErrorKind.TOO_MANY_COOKIES: 431,
    }
    assert UnavailablePage().status == 503
    assert RateLimitedPage().status == 429
    assert SignInPage().status == NoCookiesPage(server_time=1, site="x").status == 200
