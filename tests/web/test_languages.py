"""A person is spoken to in a language that they asked for, and every language says everything."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.web.pages import (
    ErrorPage,
    GuidancePage,
    Language,
    MfaKind,
    MfaPage,
    Pages,
    ResetPasswordPage,
    SignInPage,
    UnavailablePage,
    negotiate_language,
)
from hardtack.web.pages.catalogue import catalogue
from hardtack.web.pages.language import MAX_RANGES

EN = Language.ENGLISH
ZH = Language.CHINESE


@pytest.mark.parametrize(
    ("accept_language", "expected"),
    [
        # What browsers send as they are installed, by region.
        ("en-US,en;q=0.9", EN),
        ("en-GB,en-US;q=0.9,en;q=0.8", EN),
        ("zh-CN,zh;q=0.9", ZH),
        ("zh-CN,zh;q=0.8,zh-TW;q=0.7,zh-HK;q=0.5,en-US;q=0.3,en;q=0.2", ZH),
        ("zh-CN,zh-Hans;q=0.9", ZH),
        ("zh-SG,zh;q=0.9,en;q=0.8", ZH),
        ("zh-Hans-CN,en;q=0.5", ZH),
        ("ZH-cn", ZH),
        ("cmn-Hans", ZH),
        ("de-DE,de;q=0.9,en;q=0.5", EN),
        ("fr-FR,fr;q=0.9,zh-CN;q=0.4", ZH),
        # Weights decide, whatever the order.
        ("en;q=0.3, zh-CN;q=0.7", ZH),
        ("zh;q=0.3, en;q=0.7", EN),
        ("en;q=0.300, zh;q=0.301", ZH),
        ("zh, en", ZH),
        ("en, zh", EN),
        # The most specific range decides for a language (RFC 4647).
        ("zh-CN;q=0.3, zh;q=0.9, en;q=0.5", EN),
        ("zh-Hans;q=0, zh-TW, en;q=0.2", EN),
        ("en-US, en;q=0.5, zh;q=0.8", EN),
        # Zero means "not this".
        ("zh;q=0, *", EN),
        ("en;q=0, *;q=0.5", ZH),
        ("en;q=0, zh;q=0", EN),
        ("en;q=0.000, zh;q=0.001", ZH),
        ("*", EN),
        ("*;q=0", EN),
        ("*, zh;q=0.5", EN),
    ],
)
def test_the_header_says_which_language(accept_language, expected):
    assert negotiate_language(accept_language) is expected


@pytest.mark.parametrize(
    ("accept_language", "expected"),
    [
        ("zh-TW", ZH),
        ("zh-TW,zh-Hant;q=0.9", ZH),  # Safari in Taiwan: nothing else of ours is asked for
        ("zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7", ZH),  # Chrome in Taiwan: Chinese as a whole comes before English
        ("zh-HK,en;q=0.5", EN),  # English is named, Chinese as a whole is not
        ("zh-Hant-TW, en", EN),
        ("zh-TW, zh;q=0.9, en;q=0.95", EN),
        ("zh-TW, en;q=0", ZH),
        ("zh-Hant-CN", ZH),
    ],
)
def test_a_reader_of_traditional_chinese_gets_simplified_unless_english_is_what_they_ask_for(accept_language, expected):
    assert negotiate_language(accept_language) is expected


@pytest.mark.parametrize(
    "nonsense", [None, "", " ", ",,,", ";q=1", "q=1", "e n", "中文", "tlh-KL", "\x00", "-", "en_US;;;"]
)
def test_nonsense_gets_the_default(nonsense):
    assert negotiate_language(nonsense) is EN
    assert negotiate_language(nonsense, default=ZH) is ZH


@pytest.mark.parametrize("weight", ["q=2", "q=-1", "q=1.5", "q=0.1234", "q=abc", "q=", "v=0.1", "q=nan", "q=1e5", ""])
def test_an_unreadable_weight_counts_as_none_given(weight):
    assert negotiate_language(f"zh;{weight}, en;q=0.9") is ZH


@pytest.mark.parametrize("override", ["zh", "zh-CN", "zh_CN", "ZH-HANS", " zh-Hans ", "cmn", "zh-TW"])
def test_a_choice_in_the_address_wins(override):
    assert negotiate_language("en-US,en;q=0.9", override) is ZH


@pytest.mark.parametrize("override", [None, "", "fr", "english", "zh<script>", "*", "zh-", "-zh", "zh\n", "en-\u200b"])
def test_a_choice_that_we_do_not_have_is_ignored(override):
    expected = ZH if override == "zh\n" else EN  # white space around a tag is harmless
    assert negotiate_language("en", override) is expected


def test_a_list_of_thousands_of_languages_is_read_only_in_part():
    tail = "zh-CN;q=1"
    assert negotiate_language(",".join(["fr;q=0.1"] * (MAX_RANGES - 1) + [tail])) is ZH
    assert negotiate_language(",".join(["fr;q=0.1"] * MAX_RANGES + [tail])) is EN


@given(st.one_of(st.none(), st.text()), st.one_of(st.none(), st.text()))
def test_no_header_and_no_choice_ever_raises(accept_language, override):
    assert negotiate_language(accept_language, override) in Language


@given(st.lists(st.tuples(st.sampled_from(["en", "en-US", "zh", "zh-CN", "zh-TW", "*", "fr"]), st.integers(0, 1000))))
def test_what_is_refused_is_never_chosen_while_the_other_is_wanted(ranges):
    header = ", ".join(f"{tag};q={weight / 1000:.3f}" for tag, weight in ranges)
    wanted = {tag for tag, weight in ranges if weight}
    if wanted and wanted <= {"en", "en-US"}:
        assert negotiate_language(header, default=ZH) is EN
    if wanted and wanted <= {"zh-CN"}:
        assert negotiate_language(header) is ZH


# The catalogues.


def placeholders(message: str | tuple[str, ...]) -> set[str]:
    messages = message if isinstance(message, tuple) else (message,)
    return {name for text in messages for _, name, _, _ in Formatter().parse(text) if name is not None}


def labels(message: str | tuple[str, ...]) -> int:
    return "".join(message).count("**")


def test_both_languages_have_the_same_messages():
    assert list(catalogue(EN)) == list(catalogue(ZH))


def test_a_message_takes_the_same_values_in_both_languages():
    for key in catalogue(EN):
        english, chinese = catalogue(EN).raw(key), catalogue(ZH).raw(key)
        assert type(english) is type(chinese), key
        assert placeholders(english) == placeholders(chinese), key
        assert bool(english) == bool(chinese), f"{key} is empty in one language only"


@pytest.mark.parametrize("language", Language)
def test_labels_are_opened_and_closed(language):
    words = catalogue(language)
    for key in words:
        values = dict.fromkeys(placeholders(words.raw(key)), "x")
        assert not any("*" in message for message in words.text_list(key, **values)), key
        assert labels(words.raw(key)) % 2 == 0, key


def test_no_english_was_left_in_the_chinese_catalogue():
    words = catalogue(ZH)
    same = {key for key in words if words.raw(key) == catalogue(EN).raw(key) and words.raw(key)}
    names = {f"browser.{browser}.name" for browser in ("chrome", "edge", "firefox")}
    assert same == names | {"quotation.open", "quotation.close", "common.title"}


def test_chinese_punctuation_is_full_width():
    words = catalogue(ZH)
    for key in words:
        for message in words.text_list(key, **dict.fromkeys(placeholders(words.raw(key)), "值")):
            assert not re.search(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]", message), key
            assert "  " not in message, key


def test_english_uses_typographic_apostrophes():
    words = catalogue(EN)
    for key in words:
        assert "'" not in "".join(words.raw(key)), key


@pytest.mark.parametrize(
    ("browser", "sentence"),
    [
        ("微信", "在微信中允许 Cookie"),
        ("Chrome", "在 Chrome 中允许 Cookie"),
        ("安卓版 Chrome", "在安卓版 Chrome 中允许 Cookie"),
    ],
)
def test_a_space_stands_between_chinese_and_latin_and_nowhere_else(browser, sentence):
    assert catalogue(ZH).text("no_cookies.how_heading", browser=browser) == sentence
    assert catalogue(ZH).html("no_cookies.how_heading", browser=browser) == sentence


def test_english_spacing_is_left_alone():
    assert catalogue(EN).text("no_cookies.how_heading", browser="微信") == "Allow cookies in 微信"


def test_a_value_is_escaped_and_its_braces_mean_nothing():
    html = catalogue(EN).html("sign_out.lead_as", site="<b>", username="{site.__class__} & co")
    assert html == "You’re signed in to &lt;b&gt; as {site.__class__} &amp; co."


def test_a_list_is_not_read_as_one_message():
    with pytest.raises(TypeError, match=r"browser\.chrome\.steps is a list"):
        catalogue(EN).text("browser.chrome.steps")
    with pytest.raises(KeyError):
        catalogue(EN).text("no.such.message")
    assert "no.such.message" not in catalogue(EN)


# The page carries the language.


@pytest.mark.parametrize("language", Language)
def test_a_page_says_its_language_and_offers_the_other(language):
    html = Pages("Harbour").render(SignInPage(next="/a?b=c&d"), language=language)
    (other,) = [candidate for candidate in Language if candidate is not language]
    address = f"/auth/sign-in?lang={other}&amp;next=%2Fa%3Fb%3Dc%26d"
    assert f'<html lang="{language}">' in html
    assert f'<a href="{address}" lang="{other}" hreflang="{other}">{other.own_name}</a>' in html


def test_a_chosen_language_goes_with_every_link_and_form():
    def addresses(*, keep_language: bool) -> list[str]:
        html = Pages("Harbour").render(SignInPage(next="/x"), language=ZH, keep_language=keep_language)
        main = html[html.index("<main") : html.index("</main>")]
        return re.findall(r'(?:action|href)="([^"]*)"', main)

    assert len(addresses(keep_language=True)) == 4
    assert all("lang=zh-Hans" in address for address in addresses(keep_language=True))
    assert not any("lang=" in address for address in addresses(keep_language=False))


@pytest.mark.parametrize(
    ("page", "address"),
    [
        (GuidancePage(server_time=1, site="", next="/cart"), "/auth/help?lang=zh-Hans&amp;next=%2Fcart"),
        (UnavailablePage(next="/orders?page=2&lang=en#last"), "/orders?page=2&amp;lang=zh-Hans"),
        (UnavailablePage(next="https://evil.example/"), "?lang=zh-Hans"),
        (ErrorPage(), "?lang=zh-Hans"),
        (ResetPasswordPage(username="alice"), "/auth/reset-password?lang=zh-Hans"),
        (ResetPasswordPage(state="sealed"), None),
        (MfaPage(kind=MfaKind.SMS, state="sealed"), None),
    ],
)
def test_the_other_language_is_offered_where_a_get_can_show_the_page_and_loses_nothing_sealed(page, address):
    html = Pages("Harbour").render(page, language=EN)
    assert re.findall(r'<a href="([^"]*)" lang="zh-Hans"', html) == ([address] if address else [])
