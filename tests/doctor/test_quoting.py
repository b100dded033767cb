"""What may be quoted: nothing that steers a terminal, nobody's name, nobody's token."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.amplify.names import AmplifyNames
from hardtack.doctor.evidence import Evidence, Place
from hardtack.doctor.marks import Marker
from hardtack.doctor.profiles import PROFILES, CookieRole, refer
from hardtack.doctor.quoting import LONGEST_QUOTE, quotable, safe_url

UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
MARKER = Marker()


@given(st.text(max_size=2000))
def test_whatever_it_is_it_is_one_safe_line(text):
    shown = quotable(text)
    assert not UNSAFE.search(shown)
    assert len(shown) <= LONGEST_QUOTE
    assert quotable(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil.test\x07link\x1b]8;;\x07", "link"),
        ("\x9b2Jgone", "gone"),
        ("a\r\nSet-Cookie: b=c", "a Set-Cookie: b=c"),
        (f"token {JWT} end", "token … end"),
        ("write to bob.smith+x@mail.example.com now", "write to …@… now"),
        ("bob%40example.com", "…@…"),
        ("CognitoIdentityServiceProvider.abc.bob.jones.idToken=1", "CognitoIdentityServiceProvider.abc.….idToken=1"),
        ("https://bob:pass@example.com/x", "https://example.com/x"),
        ("A1b2C3d4" * 8, "…"),
        ("src/app/(auth)/very-long-directory-name/with-many-words-in-it/page.tsx", None),
        ("createServerRunner({ config })", None),
    ],
)
def test_a_quotation_is_what_is_left_of_it(text, shown):
    assert quotable(text) == (text if shown is None else shown)


def test_names_that_a_source_knows_of_are_hidden_in_every_spelling():
    for text in ("/users/alice/edit", "/users/ALICE/edit"):
        assert quotable(text, hide=["alice"]) == "/users/…/edit"
    assert safe_url("https://a.test/u/a%20b?x=1", hide=["a b"]) == "https://a.test/u/…?…"
    assert quotable("an article", hide=["a"]) == "an article"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://app.test/cb?code=secret#frag", "https://app.test/cb?…"),
        ("https://app.test/cb#id_token=secret", "https://app.test/cb"),
        ("https://u:p@app.test/", "https://app.test/"),
        ("", ""),
    ],
)
def test_a_url_says_where_and_not_what(url, shown):
    assert safe_url(url) == shown


def test_evidence_is_safe_from_the_moment_it_is_made():
    place = Place("\x1b[2Jfile", url=f"https://a.test/?t={JWT}")
    assert (place.source, place.url) == ("file", "https://a.test/?…")
    assert Evidence(place, JWT).quote == "…"


@given(st.text(min_size=1, max_size=40), st.sampled_from(["accessToken", "refreshToken", "somethingNew"]))
def test_a_reference_names_nobody(user, suffix):
    try:
        name = AmplifyNames("abc123").wire_name(user, suffix)
    except ValueError:
        return
    found = refer(name, MARKER)
    assert found.profile == "amplify"
    assert found.label in {".accessToken", ".refreshToken", ".…"}
    assert found.client_id == "abc123"
    assert {len(found.key), len(found.owner or "")} == {12}


def test_two_spellings_of_one_name_have_one_key():
    one = refer("CognitoIdentityServiceProvider.abc.(x).idToken", MARKER)
    other = refer("CognitoIdentityServiceProvider.abc.%28x%29.idToken", MARKER)
    assert one == other


@pytest.mark.parametrize(
    ("name", "profile", "role"),
    [
        ("CognitoIdentityServiceProvider.abc.LastAuthUser", "amplify", CookieRole.USER),
        ("CognitoIdentityServiceProvider.abc.u.clockDrift", "amplify", CookieRole.DETAIL),
        ("CognitoIdentityServiceProvider.abc.u.deviceKey", "amplify", CookieRole.DEVICE),
        ("CognitoIdentityServiceProvider.abc.u.userData", "amplify", CookieRole.LEFTOVER),
        ("com.amplify.server_auth.pkce", "amplify", CookieRole.FLOW),
        ("amplify-signin-with-hostedUI", "amplify", CookieRole.LEFTOVER),
        ("__Secure-next-auth.session-token.1", "authjs", CookieRole.SESSION),
        ("authjs.csrf-token", "authjs", CookieRole.FLOW),
        ("sb-abcdefgh-auth-token.0", "supabase", CookieRole.SESSION),
        ("sb-abcdefgh-auth-token-code-verifier", "supabase", CookieRole.FLOW),
        ("__session", "clerk", CookieRole.SESSION),
        ("__session_Ab12Cd34", "clerk", CookieRole.SESSION),
        ("__client_uat_Ab12Cd34", "clerk", CookieRole.FLOW),
        ("better-auth.session_token", "better-auth", CookieRole.SESSION),
        ("sessionid", "django", CookieRole.SESSION),
        ("csrftoken", "django", CookieRole.FLOW),
        ("session", "starlette", CookieRole.SESSION),
        ("__Host-hardtack-binding", "hardtack", CookieRole.SESSION),
        ("__Host-hardtack-js.2hardtackpublic0client0001", "hardtack", CookieRole.FLOW),
    ],
)
def test_every_library_is_recognised_by_its_names(name, profile, role):
    found = refer(name, MARKER)
    assert (found.profile, found.role) == (profile, role)


def test_a_name_that_nobody_knows_is_shown_by_mark_alone():
    found = refer("cart_of_alice", MARKER)
    assert found.profile == "other"
    assert found.label == f"cookie {found.key}"
    assert "alice" not in repr(found)


def test_profiles_have_keys_of_their_own():
    assert len({profile.key for profile in PROFILES}) == len(PROFILES)
