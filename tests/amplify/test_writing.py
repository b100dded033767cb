"""What a session leaves in the jar: Amplify's cookies, in its order, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.amplify import OAUTH_METADATA, AmplifyNames, believed, client_value, read, sign_in_details, writes
from hardtack.tokens import TokenSet
from support.minting import CLIENT_ID, Mint

P = f"CognitoIdentityServiceProvider.{CLIENT_ID}"
NAMES = AmplifyNames(CLIENT_ID)
TOKENS = TokenSet("AT", "IT", "RT")
DETAILS = sign_in_details("alice", "USER_PASSWORD_AUTH")


def test_the_order_and_the_bytes_are_amplify_s():
    written = writes(NAMES, "alice", TOKENS, details=DETAILS, clock_drift=-945)
    assert written.sets == (
        (f"{P}.LastAuthUser", "alice"),
        (f"{P}.alice.accessToken", "AT"),
        (f"{P}.alice.idToken", "IT"),
        (f"{P}.alice.refreshToken", "RT"),
        (f"{P}.alice.signInDetails", "{%22loginId%22:%22alice%22%2C%22authFlowType%22:%22USER_PASSWORD_AUTH%22}"),
        (f"{P}.alice.clockDrift", "-945"),
    )
    assert written.removes == ()


def test_as_the_next_server_writes_them():
    written = writes(NAMES, "(a)@b", TOKENS, details=DETAILS, as_writer="server")
    assert written.sets[0] == (f"{P}.LastAuthUser", "(a)%40b")
    assert written.sets[4] == (
        f"{P}.(a)%40b.signInDetails",
        "%7B%22loginId%22%3A%22alice%22%2C%22authFlowType%22%3A%22USER_PASSWORD_AUTH%22%7D",
    )


def test_what_a_session_hasn_t_is_removed_as_amplify_removes_it():
    written = writes(NAMES, "alice", TokenSet("AT"))
    assert [name for name, _ in written.sets] == [
        f"{P}.LastAuthUser",
        f"{P}.alice.accessToken",
        f"{P}.alice.clockDrift",
    ]
    assert written.removes == (f"{P}.alice.idToken", f"{P}.alice.refreshToken", f"{P}.alice.signInDetails")


def test_real_tokens_are_the_same_in_every_encoding():
    tokens = Mint().session()
    browser = writes(NAMES, "alice", tokens).sets
    assert browser == writes(NAMES, "alice", tokens, as_writer="server").sets
    assert [value for _, value in browser[1:4]] == [tokens.access_token, tokens.id_token, tokens.refresh_token]


def test_the_largest_is_known_before_a_browser_refuses_it():
    written = writes(NAMES, "alice", TokenSet("A" * 4100))
    assert written.bytes_of_largest == len(f"{P}.alice.accessToken") + 4100


def test_the_details_of_a_hosted_sign_in():
    assert client_value(OAUTH_METADATA) == "{%22oauthSignIn%22:true}"


def test_details_in_other_scripts_stay_as_javascript_writes_them():
    assert sign_in_details("用户", "USER_SRP_AUTH") == '{"loginId":"用户","authFlowType":"USER_SRP_AUTH"}'


def test_no_repr_shows_a_user_or_a_token():
    assert "alice" not in repr(writes(NAMES, "alice", TOKENS))


def test_a_name_that_nothing_can_write_is_refused():
    with pytest.raises(ValueError, match="surrogate"):
        writes(NAMES, "\ud800", TOKENS)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["browser", "server"]))
def test_what_is_written_is_what_every_party_then_reads(username, as_writer):
    pairs = writes(NAMES, username, TOKENS, details=DETAILS, as_writer=as_writer).sets
    shown = read(pairs, CLIENT_ID)
    assert shown.usernames[0] == username
    assert [cookie.value for cookie in shown.candidates(username, "refreshToken")] == ["RT"]
    assert shown.candidates(username, "signInDetails")[0].value == DETAILS
    assert believed(pairs, f"{P}.{username}.accessToken", "js_cookie") == "AT"
    if as_writer == "server" or not set("()") & set(username):
        assert believed(pairs, f"{P}.{username}.accessToken", "app_router") == "AT"
        assert believed(pairs, f"{P}.{username}.accessToken", "pages_router") == "AT"
