"""The `amplify` storage: reads as widely as Amplify's readers together, writes as Amplify's browser side would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.amplify import AmplifyNames, client_value, js_cookie_read, next_value
from hardtack.cookies import CookieHeader, CookiePolicy, CookieTooLarge
from hardtack.sessions.amplify_storage import AmplifyStorage
from hardtack.sessions.storage import Kept, Shown
from hardtack.tokens import TokenSet
from support.minting import CLIENT_ID, NOW

POLICY = CookiePolicy(origins=("https://app.example.test",), domain="example.test")
STORAGE = AmplifyStorage(CLIENT_ID, POLICY)
NAMES = AmplifyNames(CLIENT_ID)
DETAILS = '{"loginId":"a@b.c","authFlowType":"USER_SRP_AUTH"}'


def shows(*pairs: tuple[str, str]) -> Shown:
    """What the storage reads from cookies given as (suffix or whole name, value)."""
    text = "; ".join(f"{name if '.' in name else NAMES.wire_name('alice', name)}={value}" for name, value in pairs)
    return STORAGE.read(CookieHeader.parse(text.encode("latin-1")))


def kept(owner: str = "alice", *, withhold: bool = False, **extras: str) -> Kept:
    return Kept(owner, TokenSet("access", "id", "refresh"), extras, withhold)


def written(one: Kept) -> dict[str, str]:
    lines = STORAGE.write(one, Shown(), now=NOW)
    return {line.name.rpartition(".")[2]: line.value for line in lines}


def test_a_set_is_written_in_amplifys_order_under_the_policy():
    lines = STORAGE.write(kept(signInDetails=DETAILS), Shown(), now=NOW)
    order = ["LastAuthUser", "accessToken", "idToken", "refreshToken", "signInDetails", "clockDrift"]
    assert [line.name.rpartition(".")[2] for line in lines] == order
    for line in lines:
        assert (line.domain, line.path, line.secure, line.max_age) == ("example.test", "/", True, POLICY.max_age)


def test_what_is_written_is_read_again():
    lines = STORAGE.write(kept("a(l)ice@example.com", signInDetails=DETAILS, clockDrift="-7200000"), Shown(), now=NOW)
    shown = STORAGE.read(CookieHeader.parse("; ".join(f"{line.name}={line.value}" for line in lines).encode()))
    assert shown.named[0] == "a(l)ice@example.com"
    assert [(found.owner, found.token) for found in shown.accesses] == [("a(l)ice@example.com", "access")]
    assert [found.token for found in (*shown.ids, *shown.refreshes)] == ["id", "refresh"]
    assert shown.extras["a(l)ice@example.com"] == {"signInDetails": DETAILS, "clockDrift": "-7200000"}
    assert shown.names == tuple(line.name for line in lines)
    assert shown.twins == {}


def test_a_set_without_an_id_or_a_refresh_token_has_no_cookie_for_it():
    one = Kept("alice", TokenSet("access"))
    names = {line.name.rpartition(".")[2] for line in STORAGE.write(one, Shown(), now=NOW)}
    assert names == {"LastAuthUser", "accessToken", "clockDrift"}


def test_a_refresh_token_that_may_be_the_wrong_one_is_not_written():
    assert "refreshToken" not in written(kept(withhold=True))
    assert "refreshToken" in written(kept())


def test_what_the_hosted_sign_in_left_for_the_browser_stays():
    value = written(kept(oauthMetadata='{"oauthSignIn":true}'))["oauthMetadata"]
    assert js_cookie_read(value) == '{"oauthSignIn":true}'


def test_without_anything_of_the_browsers_the_drift_is_nought_and_details_are_not_invented():
    found = written(kept())
    assert found["clockDrift"] == "0"
    assert "signInDetails" not in found


def test_a_set_that_no_browser_would_keep_is_refused():
    with pytest.raises(CookieTooLarge):
        STORAGE.write(Kept("alice", TokenSet("x" * 4_100)), Shown(), now=NOW)


# -- reading --------------------------------------------------------------------------------------------------------


def test_nothing_of_ours_is_nothing():
    for header in (b"", b"theme=dark; _ga=GA1.2.3", b"CognitoIdentityServiceProvider.another0client.alice.idToken=x"):
        shown = STORAGE.read(CookieHeader.parse(header))
        assert not shown
        assert shown == Shown()


def test_a_device_that_is_remembered_is_nobody_signed_in():
    assert not shows(("deviceKey", "eu-west-1_x"), ("deviceGroupKey", "y"), ("randomPasswordKey", "z"))


def test_tokens_are_listed_in_the_order_of_the_header_whoever_owns_them():
    bob = NAMES.wire_name("bob", "accessToken")
    shown = shows(("accessToken", "one"), (bob, "two"), ("accessToken", "three"), ("refreshToken", "r"))
    assert [(found.owner, found.token) for found in shown.accesses] == [
        ("alice", "one"),
        ("bob", "two"),
        ("alice", "three"),
    ]


def test_an_empty_cookie_is_no_token_and_is_swept_all_the_same():
    shown = shows(("accessToken", ""), ("refreshToken", ""))
    assert (shown.accesses, shown.refreshes) == ((), ())
    assert len(shown.names) == 2


def test_twins_are_counted_by_name():
    shown = shows(("accessToken", "one"), ("accessToken", "two"), ("accessToken", "two"), ("idToken", "x"))
    assert shown.twins == {NAMES.wire_name("alice", "accessToken"): 3}


def test_two_spellings_of_one_key_are_twins_of_each_other():
    """The browser's Amplify escapes parentheses, the Next server's does not; js-cookie takes both for one name."""
    ours = NAMES.wire_name("a(l)ice", "accessToken")
    theirs = ours.replace("%28", "(").replace("%29", ")")
    assert ours != theirs
    shown = shows((ours, "one"), (theirs, "two"))
    assert shown.twins == {ours: 2, theirs: 2}
    assert {found.owner for found in shown.accesses} == {"a(l)ice"}


def test_a_last_auth_user_can_have_twins_too():
    shown = shows((NAMES.last_auth_user, "alice"), (NAMES.last_auth_user, "bob"))
    assert shown.named == ("alice", "bob", "username")
    assert shown.twins == {NAMES.last_auth_user: 2}


def test_twins_of_a_device_key_are_not_ours_to_sweep():
    shown = shows(("deviceKey", "one"), ("deviceKey", "two"), ("accessToken", "x"))
    assert shown.twins == {}
    assert shown.names == (NAMES.wire_name("alice", "accessToken"),)


def test_a_name_that_no_reader_can_decode_is_listed_to_be_swept():
    spoilt = f"CognitoIdentityServiceProvider.{CLIENT_ID}.%ff.accessToken"
    shown = shows((spoilt, "x"))
    assert shown.names == (spoilt,)
    assert shown.accesses == ()


@pytest.mark.parametrize("encode", [client_value, next_value])
def test_values_of_either_writer_are_read(encode):
    shown = shows(("signInDetails", encode(DETAILS)), ("accessToken", "x"))
    assert shown.extras["alice"] == {"signInDetails": DETAILS}


UNREADABLE = ["", "NaN", "garbage", "[1]", "null", "%zz", '{"a":', '"text"', "x" * 2_000, "[" * 900]


@pytest.mark.parametrize("value", UNREADABLE)
def test_what_the_browser_could_not_read_either_is_not_carried_on(value):
    shown = shows(("signInDetails", value), ("clockDrift", value), ("oauthMetadata", value), ("accessToken", "x"))
    assert shown.extras["alice"] == {}


def test_a_document_that_is_too_long_or_too_deep_is_not_carried_on():
    long = '{"loginId":"' + "x" * 1_100 + '"}'
    deep = '{"a":' * 170 + "1" + "}" * 170
    assert shows(("signInDetails", client_value(long)), ("accessToken", "x")).extras["alice"] == {}
    assert len(deep) <= 1_024
    assert shows(("signInDetails", client_value(deep)), ("accessToken", "x")).extras["alice"] == {"signInDetails": deep}


def test_of_several_extras_the_first_that_can_be_read_is_kept():
    shown = shows(
        ("signInDetails", "garbage"),
        ("signInDetails", client_value(DETAILS)),
        ("signInDetails", client_value('{"loginId":"second"}')),
        ("clockDrift", "soon"),
        ("clockDrift", "-12"),
        ("clockDrift", "99"),
    )
    assert shown.extras["alice"] == {"signInDetails": DETAILS, "clockDrift": "-12"}


@pytest.mark.parametrize("drift", ["0", "-1", "999999999999", "-999999999999"])
def test_a_drift_of_up_to_thirty_years_is_kept(drift):
    assert shows(("clockDrift", drift)).extras["alice"] == {"clockDrift": drift}


@pytest.mark.parametrize("drift", ["1.5", "+1", " 1", "1e9", "٣", "9999999999999", "Infinity"])
def test_a_drift_that_is_no_whole_number_would_never_let_a_token_end(drift):
    assert shows(("clockDrift", client_value(drift)), ("accessToken", "x")).extras["alice"] == {}


# -- what a sign-out reaches ----------------------------------------------------------------------------------------


def test_every_name_of_an_owner_is_known_in_every_spelling():
    names = STORAGE.names_of("a(l)ice")
    assert names[0] == NAMES.last_auth_user
    assert len(names) == len(set(names))
    for line in STORAGE.write(kept("a(l)ice", signInDetails=DETAILS), Shown(), now=NOW):
        assert line.name in names
    assert any("(" in name for name in names)
    assert not any("deviceKey" in name for name in names)


def test_every_scope_is_the_sweeps():
    assert STORAGE.clear(shows(("accessToken", "x"))) == ()
    assert STORAGE.unforgeable is False


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["accessToken", "idToken", "signInDetails", "clockDrift", "userData", "LastAuthUser", "."]),
            st.text(alphabet=st.characters(max_codepoint=255, exclude_characters=";\0\r\n"), max_size=12),
        ),
        max_size=8,
    )
)
def test_no_jar_makes_reading_or_writing_raise(pairs):
    shown = shows(*((f"CognitoIdentityServiceProvider.{CLIENT_ID}.{name}.{suffix}", name) for suffix, name in pairs))
    for owner, extras in shown.extras.items():
        STORAGE.write(kept(owner, **extras), shown, now=NOW)
        STORAGE.names_of(owner)
