"""What a site's own cookie options, and the httpOnly mode, make of the lines."""

from __future__ import annotations

import pytest

from hardtack.amplify.adapter import AdapterSettings, release_of
from support.adapter_visits import ACTION, NOW, A, B, D, Visit, granted, stored

HOUR = "Tue, 14 Nov 2023 23:13:20 GMT"
MINUTES = "Tue, 14 Nov 2023 22:23:20 GMT"
YEAR = "Wed, 13 Nov 2024 22:13:20 GMT"
ORIGIN = "https://app.example.com"


def line(context, **settings):
    """The last line that sets the access token, without name and value."""
    visit = Visit(context, stored(), **settings)
    visit.fetch(force=True, pool=granted(2))
    return next(text.partition("access-2")[2] for text in visit.lines if "accessToken=access-2" in text)


@pytest.mark.parametrize(
    ("options", "by_next", "by_itself"),
    [
        (
            {"domain": ".example.com", "same_site": "strict", "max_age": 600},
            f"; Path=/; Expires={MINUTES}; Max-Age=600; Domain=.example.com; Secure; SameSite=strict",
            ";Domain=.example.com;SameSite=strict;Secure;Path=/;Max-Age=600",
        ),
        (
            {"expires": NOW + 3600},
            f"; Path=/; Expires={HOUR}; Secure; SameSite=lax",
            f";Expires={HOUR};SameSite=lax;Secure;Path=/",
        ),
        (
            {"expires": NOW + 3600, "max_age": 600},
            f"; Path=/; Expires={MINUTES}; Max-Age=600; Secure; SameSite=lax",
            f";Expires={HOUR};SameSite=lax;Secure;Path=/;Max-Age=600",
        ),
        (
            {"max_age": 0},
            f"; Path=/; Expires={YEAR}; Max-Age=31536000; Secure; SameSite=lax",
            ";SameSite=lax;Secure;Path=/;Max-Age=31536000",
        ),
        (
            {"expires": NOW + 3600, "max_age": 0},  # dead on arrival, and only through Next
            f"; Path=/; Expires={HOUR}; Max-Age=0; Secure; SameSite=lax",
            f";Expires={HOUR};SameSite=lax;Secure;Path=/",
        ),
        (
            {"app_origin": ORIGIN, "domain": "example.com"},
            f"; Path=/; Expires={YEAR}; Max-Age=31536000; Domain=example.com; Secure; HttpOnly; SameSite=strict",
            ";Domain=example.com;HttpOnly;SameSite=strict;Secure;Path=/;Max-Age=31536000",
        ),
        (
            {"app_origin": "http://localhost:3000", "same_site": "none"},
            f"; Path=/; Expires={YEAR}; Max-Age=31536000; HttpOnly; SameSite=none",
            ";HttpOnly;SameSite=none;Path=/;Max-Age=31536000",
        ),
    ],
)
def test_each_option_stands_where_its_writer_puts_it(options, by_next, by_itself):
    assert line(A, **options) == line(ACTION, **options) == by_next
    assert line(B, **options) == line(D, **options) == by_itself


def test_before_6_13_nobody_listened_to_options():
    release = release_of("6.12.3")
    assert line(A, release=release) == line(A, release=release, domain=".example.com", app_origin=ORIGIN)


def test_the_http_only_mode_writes_four_names_and_deletes_no_others():
    visit = Visit(A, stored(), app_origin=ORIGIN)
    visit.fetch(force=True, pool=granted(2))
    four = {"LastAuthUser", "accessToken", "idToken", "refreshToken"}
    assert set(visit.values) == four
    visit.fetch(force=True, pool="NotAuthorizedException")
    assert set(visit.values) == four


@pytest.mark.parametrize(
    ("origin", "valid"),
    [
        ("https://app.example.com", True),
        ("https://app.example.com:8443", True),
        ("http://localhost:3000/", True),
        ("http://127.0.0.1", True),
        ("https://app.example.com/", False),
        ("https://App.example.com", False),
        ("app.example.com", False),
        ("", False),
    ],
)
def test_a_valid_origin_switches_the_http_only_mode_on(origin, valid):
    assert AdapterSettings(client_id="CID", app_origin=origin).http_only is valid
