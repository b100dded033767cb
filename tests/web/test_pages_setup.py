"""A site makes the pages its own: its mount point, its templates, its colours; mistakes are told at start-up."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pytest

import hardtack.web.pages
from hardtack.errors import Blame
from hardtack.web.pages import (
    CONTENT_SECURITY_POLICY,
    GuidancePage,
    Language,
    PageError,
    Pages,
    SignedOutPage,
    SignInPage,
)
from support.strict_html import read_html

EN = Language.ENGLISH
STATIC = Path(hardtack.web.pages.__file__).parent / "static"


@pytest.mark.parametrize(
    "auth_path", ["auth", "/auth/", "//auth", "/a b", "/auth?x", '/a"b', "/a/../b/", "https://x", "/\x00"]
)
def test_a_mount_point_that_is_not_a_plain_path_is_refused(auth_path):
    with pytest.raises(PageError, match="auth_path") as caught:
        Pages("Harbour", auth_path)
    assert caught.value.blame is Blame.CONFIGURATION
    assert caught.value.hint


def test_the_routes_may_lie_at_the_root():
    html = Pages("Harbour", "").render(SignInPage(), language=EN)
    assert 'action="/sign-in"' in html
    assert 'href="/static/pages.' in html


@pytest.mark.parametrize("url", ["https://cdn.example/a.css", "//cdn.example/a.css", "a.css", "data:text/css,x", ""])
def test_a_stylesheet_that_the_policy_would_block_is_refused_at_once(url):
    with pytest.raises(PageError, match="style-src"):
        Pages("Harbour", stylesheet_urls=[url])


def test_a_template_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PageError, match="template_dirs"):
        Pages("Harbour", template_dirs=[tmp_path / "missing"])


def test_a_site_restyles_by_a_stylesheet_that_comes_after_ours():
    html = read_html(Pages("Harbour", stylesheet_urls=["/theme.css?v=2"]).render(SignInPage(), language=EN))
    sheets = [element.get("href") for element in html.find("link") if element.get("rel") == "stylesheet"]
    assert len(sheets) == 2
    assert sheets[0].startswith("/auth/static/pages.")
    assert sheets[1] == "/theme.css?v=2"


def write(folder: Path, name: str, text: str) -> None:
    (folder / "hardtack").mkdir(exist_ok=True)
    (folder / "hardtack" / name).write_text(text, encoding="utf-8")


def test_a_site_extends_one_block_of_a_page_and_keeps_the_rest(tmp_path):
    write(
        tmp_path,
        "sign_in.html",
        '{% extends "original/hardtack/sign_in.html" %}{% block after %}<p>Ask at {{ page.next }}.</p>{% endblock %}',
    )
    pages = Pages("Harbour", template_dirs=[tmp_path])
    html = read_html(pages.render(SignInPage(next="<front>"), language=EN))
    assert html.one("main").find("p")[-1].text == "Ask at <front>."
    assert html.by_id("password")
    assert "Ask at" not in pages.render(SignedOutPage(), language=EN)


def test_a_site_changes_the_frame_of_every_page(tmp_path):
    write(
        tmp_path,
        "base.html",
        '{% extends "original/hardtack/base.html" %}{% block brand %}<a href="/">Home</a>{% endblock %}'
        "{% block footer %}{{ super() }}<p>Harbour Ltd</p>{% endblock %}",
    )
    write(tmp_path, "mark.html", "")
    pages = Pages("Harbour", template_dirs=[tmp_path])
    for page in (SignInPage(), SignedOutPage(), GuidancePage(server_time=1, site="example.com")):
        html = read_html(pages.render(page, language=EN))
        assert html.one("header").text == "Home"
        assert html.one("footer").text == "简体中文 Harbour Ltd"
        assert html.one("h1").text


def test_the_first_folder_wins(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "mark.html", f"<span>{name}</span>")
    html = Pages("x", template_dirs=[tmp_path / "one", tmp_path / "two"]).render(SignInPage(), language=EN)
    assert "<span>one</span>" in html
    assert "<span>two</span>" not in html


@pytest.mark.parametrize("reload_templates", [True, False])
def test_a_changed_template_is_read_anew_only_in_development(tmp_path, reload_templates):
    write(tmp_path, "mark.html", "<span>before</span>")
    pages = Pages("x", template_dirs=[tmp_path], reload_templates=reload_templates)
    assert "before" in pages.render(SignInPage(), language=EN)
    write(tmp_path, "mark.html", "<span>after</span>")
    os.utime(tmp_path / "hardtack" / "mark.html", (1, 1))
    assert ("after" in pages.render(SignInPage(), language=EN)) is reload_templates


# Static files.


def addresses(html: str) -> list[str]:
    return re.findall(r'"(/auth/static/[^"]+)"', html)


def test_every_static_file_of_a_page_can_be_fetched_for_ever():
    pages = Pages("Harbour")
    html = pages.render(GuidancePage(server_time=1, site="example.com"), language=EN)
    kinds = {}
    for address in addresses(html):
        file = pages.static_file(address.rsplit("/", 1)[1])
        assert file is not None
        assert file.body
        assert file.cache_control == "public, max-age=31536000, immutable"
        assert hashlib.sha256(file.body).hexdigest()[:12] in address
        kinds[address.rsplit(".", 1)[1]] = file.content_type
    assert kinds == {
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    }


def test_only_the_guidance_pages_load_the_checks():
    pages = Pages("Harbour")
    assert not any("guidance" in address for address in addresses(pages.render(SignInPage(), language=EN)))


def test_a_file_of_another_release_is_answered_but_not_kept():
    pages = Pages("Harbour")
    file = pages.static_file("pages.000000000000.css")
    assert file is not None
    assert file.body == (STATIC / "pages.css").read_bytes()
    assert file.cache_control == "public, max-age=60"
    assert pages.static_file("pages.css") == file


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x.css",
        "../rendering.py",
        "pages.py",
        "pages",
        "..",
        ".css",
        "pages.css/",
        "pages.000000000000.js.css",
        "/etc/passwd",
    ],
)
def test_nothing_else_is_served(name):
    assert Pages("Harbour").static_file(name) is None


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    directives = dict(part.strip().split(" ", 1) for part in CONTENT_SECURITY_POLICY.split(";"))
    assert directives == {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self' data:",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert not re.search(r"unsafe|\*|https?:", CONTENT_SECURITY_POLICY)


def test_style_and_scripts_fetch_nothing():
    for path in STATIC.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        text = text.replace('location.protocol === "https:"', "")
        assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttpRequest|sendBeacon|eval\(|innerHTML", text), (
            path.name
        )


# Colours.


def variables(scheme: str) -> dict[str, str]:
    css = (STATIC / "pages.css").read_text(encoding="utf-8")
    light = css[css.index(":root {") : css.index("@media (prefers-color-scheme: dark)")]
    dark = css[css.index("@media (prefers-color-scheme: dark)") : css.index(":root:lang(zh)")]
    found = dict(re.findall(r"--hardtack-([a-z-]+): (#[0-9a-f]{6});", light))
    return found if scheme == "light" else found | dict(re.findall(r"--hardtack-([a-z-]+): (#[0-9a-f]{6});", dark))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


TEXT = [
    ("text", "page"), ("text", "card"), ("text", "field"), ("text", "soft"), ("text", "bad-soft"),
    ("text", "good-soft"),
    ("text", "warning-soft"), ("text", "info-soft"), ("muted", "page"), ("muted", "dots"), ("muted", "card"),
    ("muted", "soft"), ("muted", "field"), ("accent", "card"), ("accent", "soft"), ("accent", "page"),
    ("accent-strong", "card"), ("accent-strong", "soft"), ("on-accent", "accent"), ("on-accent", "accent-strong"),
    ("bad", "card"),
]  # fmt: skip
SHAPES = [
    ("field-line", "card"), ("field-line", "field"), ("focus", "card"), ("focus", "page"), ("focus", "bad-soft"),
    ("bad", "bad-soft"), ("good", "good-soft"), ("good", "card"), ("warning", "warning-soft"), ("info", "info-soft"),
    ("bad", "card"), ("accent", "card"), ("muted", "field"),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_controls_have_aa_contrast_in_both_schemes(scheme):
    colour = variables(scheme)
    weak = [
        (front, back, round(contrast(colour[front], colour[back]), 2))
        for pairs, least in ((TEXT, 4.5), (SHAPES, 3.0))
        for front, back in pairs
        if contrast(colour[front], colour[back]) < least
    ]
    assert not weak
