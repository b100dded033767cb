"""Whatever a stranger types, names or links to, it stays text: no markup, no address, no trace in a repr."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hardtack.web.pages import (
    ConfirmSignUpPage,
    ErrorPage,
    FormError,
    GuidancePage,
    Language,
    MfaKind,
    MfaPage,
    NewPasswordPage,
    Pages,
    ResetPasswordPage,
    SignInPage,
    SignOutPage,
    SignUpPage,
    UnavailablePage,
)
from hardtack.web.pages.rendering import local_path
from support.page_samples import every_page
from support.strict_html import read_html

PIECES = ["<", ">", '"', "'", "&", "=", "`", "/", "//", "\\", "x", "**", "</script>", "<!--", "]]>", "{{", "}}", "{%"]
PIECES += ["{0}", "{site}", "javascript:", "on=", "&#34;", "%22", "<img src=x onerror=y>", "\t", "\n", "\x00", "\u2028"]
EVIL = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
HTML_SPACE = "\x00\r"
"""HTML reads U+0000 as U+FFFD and CR as LF; a test that compares text must leave them out."""

PAGES = Pages("Harbour")


def shape(html: str) -> list[tuple[str, tuple[str, ...]]]:
    """The elements and their attributes' names: what must not depend on what a stranger wrote."""
    return [(element.tag, tuple(element.attributes)) for element in read_html(html).walk()]


def everything(text: str) -> list[str]:
    """Each page with the text in every place where a stranger's text may come."""
    return [
        PAGES.render(page, language=language)
        for language in Language
        for page in (
            SignInPage(username=text, next=text, error=FormError.WRONG_CREDENTIALS),
            MfaPage(kind=MfaKind.SMS, state=text, destination=text, next=text),
            NewPasswordPage(state=text, username=text, required_attributes=("a", f"b{text}")),
            SignUpPage(username=text, email=text, next=text),
            ConfirmSignUpPage(username=text, destination=text, next=text),
            ResetPasswordPage(state=text, destination=text, next=text),
            SignOutPage(username=text, next=text),
            GuidancePage(server_time=1, site=text, support_code=text, next=text),
            UnavailablePage(next=text, support_code=text),
            ErrorPage(next=text),
        )
    ]


NORMAL = [shape(html) for html in everything("x")]


@settings(max_examples=25, deadline=None)
@given(EVIL.filter(bool))
@example('"><script>alert(1)</script>')
@example("' autofocus onfocus=alert(1) x='")
@example("{{ 7 * 7 }}{% raw %}{site.__class__}")
@example("**bold**")
def test_hostile_text_changes_no_element_and_no_attribute_of_any_page(text):
    for html, expected in zip(everything(text), NORMAL, strict=True):
        assert shape(html) == expected


@settings(deadline=None)
@given(EVIL.filter(lambda text: text and not set(text) & set(HTML_SPACE)))
def test_what_was_typed_comes_back_unchanged(text):
    html = read_html(PAGES.render(SignInPage(username=text, next=text), language=Language.CHINESE))
    values = {element.get("name"): element.get("value") for element in html.find("input")}
    assert values["username"] == text
    assert values["next"] == text


@settings(max_examples=15, deadline=None)
@given(EVIL.filter(lambda text: text.strip() and not set(text) & set(HTML_SPACE)))
def test_a_hostile_site_name_stays_a_name(text):
    html = Pages(text).render(SignOutPage(username="alice"), language=Language.ENGLISH)
    assert read_html(html).one("header").text == " ".join(text.split())
    assert shape(html) == shape(PAGES.render(SignOutPage(username="alice"), language=Language.ENGLISH))


ELSEWHERE = ["https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example"]
ELSEWHERE += ["/\t/evil.example", "/\n/evil.example", "http:/x", "javascript:alert(1)", "data:text/html,x"]
NOT_PATHS = [" /x", "/x y", "x", "", "?a=b", "#a", "/\x00", "/a\\b", "/\x7f"]


@pytest.mark.parametrize("target", ELSEWHERE + NOT_PATHS)
def test_a_page_links_only_to_paths_of_its_own_site(target):
    assert local_path(target) == ""
    html = PAGES.render(UnavailablePage(next=target), language=Language.ENGLISH)
    (again,) = [element for element in read_html(html).find("a") if element.has_class("button")]
    assert again.get("href") == "/auth/sign-in"
    html = PAGES.render(SignOutPage(next=target), language=Language.ENGLISH)
    assert [element.get("href") for element in read_html(html).one("main").find("a")] == ["/"]


@pytest.mark.parametrize("target", ["/", "/a", "/a/b?c=d&e=%2F%2F#f", "/a//b", "/中文", "/a?next=https://x.example/"])
def test_a_path_of_this_site_is_linked_as_it_is(target):
    assert local_path(target) == target


@given(EVIL)
def test_what_passes_as_a_local_path_resolves_to_this_origin(target):
    path = local_path(target)
    # What a browser does first (WHATWG URL 4.4): drop tabs and line breaks, strip control bytes, read \ as /.
    cleaned = re.sub(r"[\t\n\r]", "", path).strip("".join(map(chr, range(33)))).replace("\\", "/")
    assert not cleaned or (cleaned.startswith("/") and not cleaned.startswith("//"))


def test_no_repr_shows_a_name_an_address_or_a_sealed_state():
    for page in every_page():
        assert not re.search(r"alice|sealed|a\*\*\*|1234|'s'", repr(page)), page
