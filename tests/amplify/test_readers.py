"""Who believes which twin: where the endless reload begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.amplify import READERS, AmplifyNames, believed
from hardtack.cookies import CookieHeader

KEY = "CognitoIdentityServiceProvider.CID.alice.accessToken"


def all_believe(header, key=KEY):
    pairs = CookieHeader.parse(header).pairs
    return {reader: believed(pairs, key, reader) for reader in READERS}


def test_the_browser_believes_the_first_twin_and_the_server_the_last():
    assert all_believe(f"{KEY}=stale; other=1; {KEY}=fresh") == {
        "js_cookie": "stale",
        "app_router": "fresh",
        "pages_router": "stale",
    }


def test_a_name_with_parentheses_has_two_spellings_and_the_server_sees_but_one():
    names, key = AmplifyNames("CID"), "CognitoIdentityServiceProvider.CID.(paren).accessToken"
    browser, server = names.spellings("(paren)", "accessToken")[:2]
    assert all_believe(f"{browser}=theirs; {server}=ours", key) == {
        "js_cookie": "theirs",
        "app_router": "ours",
        "pages_router": "ours",
    }


def test_nobody_believes_what_isn_t_there():
    assert all_believe("a=1; b=2") == dict.fromkeys(READERS)
    assert all_believe("") == dict.fromkeys(READERS)


def test_a_pair_without_an_equals_sign_is_true_to_one_empty_to_another_and_nothing_to_the_third():
    assert all_believe("k", "k") == {"js_cookie": "", "app_router": "true", "pages_router": None}


def test_an_empty_value_is_missing_for_the_pages_router_alone():
    assert all_believe("k=; k=1", "k") == {"js_cookie": "", "app_router": "1", "pages_router": None}


def test_each_passes_over_what_it_can_t_decode_and_goes_on():
    assert all_believe("k=1; k=%E9", "k") == {"js_cookie": "1", "app_router": "1", "pages_router": "1"}
    assert all_believe("k=%E9; k=%zz", "k") == {"js_cookie": "%zz", "app_router": None, "pages_router": "%E9"}


def test_bytes_that_are_no_utf_8_are_hidden_from_script():
    assert all_believe(b"k=\xe9; k=2", "k") == {"js_cookie": "2", "app_router": "2", "pages_router": "\xe9"}
    assert all_believe(b"\xe9=1", "\xe9") == dict.fromkeys(READERS)


def test_a_name_that_can_t_be_decoded_is_passed_over():
    assert all_believe("%E9=1; %zz=2; k=3", "k") == dict.fromkeys(READERS, "3")


def test_a_key_that_nothing_can_write_is_found_by_nobody():
    assert all_believe("k=1", "\ud800") == dict.fromkeys(READERS)


@pytest.mark.parametrize("reader", READERS)
@given(st.binary(), st.text())
def test_no_header_raises(reader, data, key):
    value = believed(CookieHeader.parse(data).pairs, key, reader)
    assert value is None or isinstance(value, str)
