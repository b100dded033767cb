"""What one request shows of Amplify: every twin, every spelling, in order, whatever was planted."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.amplify import AmplifyKey, AmplifyNames, client_value, next_value, read, read_value
from hardtack.cookies import CookieHeader

CID = "1h57kf5cpq17m0eml12example"
P = f"CognitoIdentityServiceProvider.{CID}"
NAMES = AmplifyNames(CID)


def shown_in(header, client_id=CID):
    return read(CookieHeader.parse(header).pairs, client_id)


def values(cookies):
    return [cookie.value for cookie in cookies]


def test_a_healthy_session():
    shown = shown_in(
        f"theme=dark; {P}.LastAuthUser=alice; {P}.alice.accessToken=AT; {P}.alice.idToken=IT; "
        f"{P}.alice.refreshToken=RT; {P}.alice.clockDrift=-945"
    )
    assert values(shown.last_auth_users) == ["alice"]
    assert shown.usernames == ("alice", "username")
    assert {suffix: values(cookies) for suffix, cookies in shown.users["alice"].items()} == {
        "accessToken": ["AT"],
        "idToken": ["IT"],
        "refreshToken": ["RT"],
        "clockDrift": ["-945"],
    }
    assert shown.twins == ()
    assert [cookie.position for cookie in shown.candidates("alice", "accessToken")] == [2]
    assert len(shown.names) == len(shown.swept_names) == 5


def test_twins_keep_their_order_and_their_places():
    shown = shown_in(f"{P}.a.refreshToken=old; x=1; {P}.a.refreshToken=new; {P}.LastAuthUser=a; {P}.LastAuthUser=b")
    cookies = shown.candidates("a", "refreshToken")
    assert [(cookie.value, cookie.position) for cookie in cookies] == [("old", 0), ("new", 2)]
    assert values(shown.last_auth_users) == ["a", "b"]
    assert shown.usernames == ("a", "b", "username")
    assert shown.twins == (AmplifyKey(CID, "a", "refreshToken"), AmplifyKey(CID, None, "LastAuthUser"))
    assert shown.names == (f"{P}.a.refreshToken", f"{P}.LastAuthUser")


def test_two_spellings_of_one_name_are_twins():
    shown = shown_in(f"{P}.%28p%29.accessToken=1; {P}.(p).accessToken=2")
    assert values(shown.candidates("(p)", "accessToken")) == ["1", "2"]
    assert shown.twins == (AmplifyKey(CID, "(p)", "accessToken"),)
    assert shown.names == (f"{P}.%28p%29.accessToken", f"{P}.(p).accessToken")


class TestTheUserName:
    def test_absent_it_is_the_word_username(self):
        shown = shown_in(f"{P}.username.accessToken=AT")
        assert shown.usernames == ("username",)
        assert values(shown.candidates("username", "accessToken")) == ["AT"]

    def test_empty_it_is_the_empty_name(self):
        shown = shown_in(f"{P}.LastAuthUser=; {P}..accessToken=AT")
        assert shown.usernames == ("", "username")
        assert values(shown.candidates("", "accessToken")) == ["AT"]

    @pytest.mark.parametrize("username", ["user@example.com", "first last", "用户", "100%", "%41", '"q"', "a;b", "(p)"])
    @pytest.mark.parametrize("write", [client_value, next_value])
    def test_it_finds_its_tokens_whoever_wrote_them(self, username, write):
        shown = shown_in(f"{NAMES.last_auth_user}={write(username)}; {NAMES.wire_name(username, 'idToken')}=IT")
        assert shown.usernames == (username, "username")
        assert values(shown.candidates(username, "idToken")) == ["IT"]

    def test_tokens_of_a_user_whom_nothing_names_are_shown_but_not_looked_under(self):
        """A shadowed LastAuthUser picks another's tokens; taking any idToken would pick anyone's."""
        shown = shown_in(f"{P}.LastAuthUser=alice; {P}.bob.accessToken=AT")
        assert "bob" not in shown.usernames
        assert "bob" in shown.users
        assert shown.candidates("alice", "accessToken") == ()


class TestWhatTheSweepMayTake:
    def test_device_keys_and_the_unknown_stay(self):
        kept = [f"{P}.a.{suffix}" for suffix in ("deviceKey", "deviceGroupKey", "randomPasswordKey", "novelty")]
        swept = [f"{P}.a.{suffix}" for suffix in ("userData", "oauthMetadata", "signInDetails", "accessToken")]
        shown = shown_in("; ".join(f"{name}=1" for name in [*kept, *swept, f"{P}.inflightOAuth", f"{P}.LastAuthUser"]))
        assert shown.swept_names == (*swept, f"{P}.LastAuthUser")
        assert set(kept) < set(shown.names)

    def test_names_that_only_look_like_the_client_s_key_stay(self):
        shown = shown_in(f"{P}.x.LastAuthUser=1; {P}.accessToken=1")
        assert shown.swept_names == ()
        assert len(shown.names) == 2

    def test_another_client_s_names_are_listed_apart(self):
        other = "CognitoIdentityServiceProvider.another.alice"
        shown = shown_in(f"{other}.idToken=1; {other}.accessToken=2; {other}.idToken=3; {P}.alice.idToken=4")
        assert dict(shown.other_clients) == {"another": (f"{other}.idToken", f"{other}.accessToken")}
        assert shown.names == (f"{P}.alice.idToken",)
        assert values(shown.candidates("alice", "idToken")) == ["4"]

    def test_what_no_reader_can_decode_is_listed_apart(self):
        shown = shown_in(f"{P}.%E9.accessToken=1; {P}.%zz.idToken=2; %=3; {P}.%E9.accessToken=4")
        assert shown.unreadable_names == (f"{P}.%E9.accessToken", f"{P}.%zz.idToken")
        assert shown.names == ()
        assert not shown

    def test_the_other_things_of_amplify_s(self):
        shown = shown_in(
            "com.amplify.Cognito.us-east-1%3A1.identityId=g; amplify-signin-with-hostedUI=true; "
            "com.amplify.server_auth.pkce=p; aws-amplify-federatedInfo={}; CognitoIdentityId-x=1; com.amplify.other=1; "
            "amplify-else=1"
        )
        assert shown.identity_ids == ("com.amplify.Cognito.us-east-1%3A1.identityId",)
        assert shown.v5_leftovers == (
            "amplify-signin-with-hostedUI",
            "aws-amplify-federatedInfo",
            "CognitoIdentityId-x",
        )
        assert shown.server_auth == ("com.amplify.server_auth.pkce",)


def test_a_value_that_can_t_be_decoded_stands_as_it_is():
    assert read_value("%E9") == "%E9"
    assert read_value("jos\xe9") == "jos\xe9"
    assert read_value("josé".encode().decode("latin-1")) == "josé"
    assert values(shown_in(f"{P}.LastAuthUser=%E9").last_auth_users) == ["%E9"]


def test_an_escaped_prefix_is_no_disguise():
    """js-cookie decodes the whole name, so a planted one counts however it is written."""
    shown = shown_in(f"%43ognitoIdentityServiceProvider.{CID}.LastAuthUser=mallory; {P}.LastAuthUser=alice")
    assert values(shown.last_auth_users) == ["mallory", "alice"]


def test_names_without_an_equals_sign_are_none_of_amplify_s():
    assert not shown_in(f"{P}.LastAuthUser; alice")


def test_the_repr_shows_no_person_and_no_token():
    shown = shown_in(f"{P}.LastAuthUser=alice; {P}.alice.accessToken=secret")
    text = repr([shown, shown.last_auth_users, shown.twins])
    assert "alice" not in text
    assert "secret" not in text


@pytest.mark.parametrize(
    "plant",
    [
        lambda n: f"{P}.LastAuthUser=user{n}",
        lambda n: f"{P}.user{n}.accessToken=x",
        lambda n: f"{P}.user.accessToken=x{n}",
        lambda n: f"{P}.{'.' * n}.accessToken=x",
        lambda n: f"{P}.%zz{n}=x",
        lambda n: f"CognitoIdentityServiceProvider.other{n}.u.idToken=x",
        lambda n: f"%{n}",
    ],
)
def test_planted_cookies_cost_no_more_than_their_number(plant):
    """From the 180 that a browser holds to twenty times that: the cost of one must not rise with their number."""

    def cost(count):
        pairs = CookieHeader.parse("; ".join(plant(n) for n in range(count))).pairs
        best = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            read(pairs, CID)
            best = min(best, time.perf_counter() - start)
        return best / count

    assert cost(3600) < cost(180) * 6


NAME_PARTS = st.sampled_from([P, CID, ".", "%2E", "alice", "%", "%E9", "\xe9", "LastAuthUser", "accessToken", "", "="])


@given(st.lists(st.tuples(st.lists(NAME_PARTS).map("".join), st.text(st.characters(max_codepoint=255)))))
def test_no_header_raises_and_nothing_is_lost(pairs):
    shown = read(pairs, CID)
    counted = len(shown.last_auth_users) + sum(len(c) for by_suffix in shown.users.values() for c in by_suffix.values())
    ours = [name for name, _ in pairs if name and NAMES.parse(name)]
    client_level = [
        name for name in ours if (key := NAMES.parse(name)).username is None and key.suffix != "LastAuthUser"
    ]
    assert counted == len(ours) - len(client_level)
    assert set(shown.names) == set(ours)
