"""Amplify's names: built as it builds them, read however they were written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.amplify import (
    KEPT_SUFFIXES,
    SERVER_AUTH_NAMES,
    SUFFIXES,
    SWEPT_SUFFIXES,
    V5_LEFTOVERS,
    AmplifyKey,
    AmplifyNames,
    is_v5_leftover,
    parse_identity_id_name,
    parse_name,
    server_name,
)

CID = "1h57kf5cpq17m0eml12example"
P = f"CognitoIdentityServiceProvider.{CID}"
NAMES = AmplifyNames(CID)
USERS = st.text(st.characters(exclude_categories=["Cs"]))


def test_the_client_s_own_key():
    assert NAMES.last_auth_user == f"{P}.LastAuthUser"
    assert NAMES.parse(NAMES.last_auth_user) == AmplifyKey(CID, None, "LastAuthUser")


@pytest.mark.parametrize(
    ("username", "written"),
    [
        ("alice", "alice"),
        ("user@example.com", "user%40example.com"),
        ("a+b@example.com", "a+b%40example.com"),
        ("first last", "first%20last"),
        ("josé@exämple.com", "jos%C3%A9%40ex%C3%A4mple.com"),
        ("用户", "%E7%94%A8%E6%88%B7"),
        ("100%", "100%25"),
        ("a%40b", "a%2540b"),
        ("(paren)", "%28paren%29"),
        ("a;b", "a%3Bb"),
        ('"q"', "%22q%22"),
        ("a.b.c", "a.b.c"),
        ("", ""),
    ],
)
def test_a_user_s_keys_stand_under_the_escaped_name(username, written):
    assert NAMES.wire_name(username, "refreshToken") == f"{P}.{written}.refreshToken"
    assert NAMES.of_user(username).refresh_token == f"{P}.{written}.refreshToken"
    assert NAMES.parse(f"{P}.{written}.refreshToken") == AmplifyKey(CID, username, "refreshToken")


def test_all_names_of_a_user_are_what_amplify_writes():
    names = NAMES.of_user("a@b")
    written = {getattr(names, slot) for slot in type(names).__slots__}
    assert written == {NAMES.wire_name("a@b", suffix) for suffix in SWEPT_SUFFIXES}


def test_names_are_worked_out_once_and_not_for_ever():
    names = AmplifyNames(CID)
    assert names.of_user("alice") is names.of_user("alice")
    for n in range(1000):
        names.of_user(f"user{n}")
    assert len(names._users) <= 256


@given(USERS, st.sampled_from(SUFFIXES))
def test_every_user_s_name_is_read_back_from_every_spelling(username, suffix):
    key = AmplifyKey(CID, username, suffix)
    for wire_name in NAMES.spellings(username, suffix):
        assert parse_name(wire_name) == key
        assert wire_name.isascii()
    assert server_name(key.text) in NAMES.spellings(username, suffix)


class TestSpellings:
    def test_most_names_have_one(self):
        assert NAMES.spellings("alice", "idToken") == (f"{P}.alice.idToken",)

    def test_parentheses_have_the_browser_s_and_the_server_s(self):
        assert NAMES.spellings("(a)", "idToken") == (f"{P}.%28a%29.idToken", f"{P}.(a).idToken")

    def test_version_5_and_the_early_auth_routes_escaped_nothing(self):
        assert NAMES.spellings("a@b", "idToken") == (f"{P}.a%40b.idToken", f"{P}.a@b.idToken")

    def test_what_unescaped_is_another_user_s_name_is_no_spelling_of_this_one(self):
        assert NAMES.spellings("a%40b", "idToken") == (f"{P}.a%2540b.idToken",)

    @pytest.mark.parametrize("username", ["a;b", "a=b", "a b", "a\nb", "a\x7fb", "é"])
    def test_what_a_name_can_t_hold_has_no_unescaped_spelling(self, username):
        assert len(NAMES.spellings(username, "idToken")) == 1


class TestReadingNames:
    @pytest.mark.parametrize(
        "wire_name",
        [
            "",
            "session",
            "CognitoIdentityServiceProvider",
            "CognitoIdentityServiceProvider.",
            f"CognitoIdentityServiceProvider.{CID}",
            f"CognitoIdentityServiceProvider.{CID}.",
            "CognitoIdentityServiceProvider..alice.idToken",
            f"cognitoidentityserviceprovider.{CID}.alice.idToken",
            f"{P}.%zz.idToken",
            f"{P}.%E9.idToken",
            f"{P}.%",
            f"{P}.jos\xe9.idToken",
        ],
    )
    def test_what_is_none_of_amplify_s_keys(self, wire_name):
        assert parse_name(wire_name) is None

    def test_escapes_anywhere_are_undone_as_js_cookie_undoes_them(self):
        assert parse_name(f"%43ognitoIdentityServiceProvider%2E{CID}.alice%2EidToken") == AmplifyKey(
            CID, "alice", "idToken"
        )

    def test_unescaped_utf_8_is_the_name_that_it_spells(self):
        wire_name = f"{P}.josé.idToken".encode().decode("latin-1")
        assert parse_name(wire_name) == AmplifyKey(CID, "josé", "idToken")

    def test_the_empty_user_name_is_a_user_name(self):
        assert parse_name(f"{P}..accessToken") == AmplifyKey(CID, "", "accessToken")

    def test_a_user_called_like_the_client_s_key_is_a_user(self):
        assert parse_name(f"{P}.LastAuthUser.idToken") == AmplifyKey(CID, "LastAuthUser", "idToken")
        assert parse_name(f"{P}.x.LastAuthUser") == AmplifyKey(CID, "x", "LastAuthUser")

    def test_another_client_s_key_is_read_but_isn_t_ours(self):
        other = "CognitoIdentityServiceProvider.another.alice.idToken"
        assert parse_name(other) == AmplifyKey("another", "alice", "idToken")
        assert NAMES.parse(other) is None

    @given(st.binary())
    def test_no_name_raises(self, data):
        wire_name = data.decode("latin-1")
        for read in (parse_name, NAMES.parse, parse_identity_id_name, is_v5_leftover):
            read(wire_name)
            read(f"{P}.{wire_name}")


class TestWhatElseLiesAround:
    def test_a_guest_identity_names_its_pool(self):
        wire_name = "com.amplify.Cognito.us-east-1%3A11111111-2222.identityId"
        assert parse_identity_id_name(wire_name) == "us-east-1:11111111-2222"
        for other in ("com.amplify.Cognito..identityId", "com.amplify.Cognito.x", "identityId", "%"):
            assert parse_identity_id_name(other) is None

    def test_version_5_s_leftovers_are_known(self):
        assert all(map(is_v5_leftover, V5_LEFTOVERS))
        assert is_v5_leftover("CognitoIdentityId-us-east-1%3A11111111")
        assert is_v5_leftover("aws.cognito.identity-id.us-east-1:11111111")
        assert not is_v5_leftover("amplify-auth")
        assert not is_v5_leftover("%")

    def test_the_auth_routes_names(self):
        assert SERVER_AUTH_NAMES == (
            "com.amplify.server_auth.pkce",
            "com.amplify.server_auth.state",
            "com.amplify.server_auth.isSigningOut",
            "com.amplify.server_auth.isSigningOutRedirecting",
        )

    def test_device_keys_are_kept_and_everything_else_of_a_user_is_swept(self):
        assert set(KEPT_SUFFIXES) == {"deviceKey", "deviceGroupKey", "randomPasswordKey"}
        assert set(SWEPT_SUFFIXES) == {
            "accessToken",
            "idToken",
            "refreshToken",
            "clockDrift",
            "signInDetails",
            "oauthMetadata",
            "userData",
        }


def test_no_repr_shows_a_user():
    shown = repr([NAMES, NAMES.of_user("alice"), NAMES.parse(f"{P}.alice.idToken")])
    assert "alice" not in shown
    assert "idToken" in shown
