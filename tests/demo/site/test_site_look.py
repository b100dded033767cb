"""What a visitor is shown of cookies: order, twins and readers, never a whole token."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hardtack.cookies import CookieScope, SetCookie
from hardtack.demo.site.look import look_at, shorten, written

CLIENT = "2hardtackpublic0client0001"
STEM = f"CognitoIdentityServiceProvider.{CLIENT}"
TOKEN = "eyJraWQiOiJrMSIsImFsZyI6IlJTMjU2In0.eyJzdWIiOiJhMTFjZTAwMCJ9.c2lnbmF0dXJl"


def header(*pairs):
    return ["; ".join(f"{name}={value}" for name, value in pairs).encode()]


def test_rows_stand_in_the_headers_order_with_their_suffix():
    arrived = look_at(
        header((f"{STEM}.LastAuthUser", "alice"), (f"{STEM}.alice.accessToken", TOKEN), ("__Host-hardtack-pair", "s")),
        CLIENT,
    )
    assert [row.suffix for row in arrived.rows] == ["LastAuthUser", "accessToken", "__Host-hardtack-pair"]
    assert [row.kind for row in arrived.rows] == ["session", "session", "own"]
    assert arrived.rows[1].prefix.endswith("alice.")
    assert (arrived.count, arrived.twins, arrived.others) == (2, 0, 0)


def test_of_three_twins_script_believes_the_first_and_the_server_the_last():
    arrived = look_at(header(*[(f"{STEM}.alice.idToken", f"{TOKEN}{number}") for number in range(3)]), CLIENT)
    assert [(row.twin, row.of, row.readers) for row in arrived.rows] == [
        (1, 3, ("script",)),
        (2, 3, ()),
        (3, 3, ("server",)),
    ]
    assert arrived.twins == 1
    assert arrived.state == "twins"


def test_twins_across_two_header_lines_are_seen():
    one = header((f"{STEM}.alice.idToken", "a"))
    assert look_at([*one, *one], CLIENT).twins == 1


def test_other_clients_and_strangers_cookies_are_counted_and_not_shown():
    arrived = look_at(
        header(("theme", "dark"), ("CognitoIdentityServiceProvider.another.alice.idToken", TOKEN)), CLIENT
    )
    assert arrived.rows == ()
    assert arrived.others == 2
    assert arrived.state == "none"


def test_a_long_user_name_is_shortened_too():
    arrived = look_at(header((f"{STEM}.a11ce000-0000-4000-8000-000000000001.idToken", "x")), CLIENT)
    assert "4000-8000" not in arrived.rows[0].prefix


@given(st.text(min_size=15, max_size=300))
def test_a_value_of_a_tokens_length_is_never_shown_whole(value):
    assert shorten(value) != value
    assert len(shorten(value)) == 11


@given(st.binary(max_size=300))
def test_any_header_can_be_looked_at(raw):
    arrived = look_at([raw], CLIENT)
    assert arrived.count <= len(arrived.rows)


def test_lines_are_told_by_scope_those_that_write_first():
    parent = CookieScope(domain="example.com")
    lines = [
        SetCookie.deletion(f"{STEM}.alice.idToken", CookieScope()),
        SetCookie.deletion(f"{STEM}.alice.accessToken", CookieScope()),
        SetCookie.deletion(f"{STEM}.alice.idToken", parent),
        SetCookie(f"{STEM}.alice.accessToken", TOKEN, domain="app.example.com", secure=True),
        SetCookie("__Host-hardtack-pair", "s", secure=True),
    ]
    told = written(lines)
    assert [(each.scope, each.deleted, each.kept) for each in told] == [
        (".app.example.com /", 0, ("accessToken",)),
        ("host-only /", 2, ("__Host-hardtack-pair",)),
        (".example.com /", 1, ()),
    ]
