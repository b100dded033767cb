"""What the site gets to read of a browser's cookies."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.amplify import client_value
from support.minting import CLIENT_ID, Mint, read_claims
from support.shielded import ShieldedSite
from support.story import SUBS

BYSTANDERS = 'theme=dark; a="quoted, odd"; =nameless; lone; x=1; x=2; caf\xe9=\xff'


def header(site, sets, others=BYSTANDERS):
    """A Cookie header with whole sets in it, after some bystanders."""
    pairs = [others] if others else []
    for user, tokens in sets:
        values = {
            "accessToken": tokens.access_token,
            "idToken": tokens.id_token,
            "refreshToken": tokens.refresh_token,
            "clockDrift": "7",
        }
        pairs.append(f"{site.names.last_auth_user}={client_value(user)}")
        pairs += [f"{site.names.wire_name(user, suffix)}={value}" for suffix, value in values.items()]
    return "; ".join(pairs)


def seen(site, cookie, **how):
    passage = site.pass_on(site.visit("/", cookie=cookie, **how))
    lines = [value.decode("latin-1") for name, value in passage.headers if name == b"cookie"]
    return lines[0] if lines else None


def pairs(cookie):
    return [tuple(piece.partition("=")[::2]) for piece in cookie.split("; ")]


@pytest.fixture
def site(tell):
    site = tell()
    site.load("/who", kind="fetch")
    return site


@pytest.mark.parametrize("kind", ["navigation", "fetch", "rsc", "action", "asset", "websocket"])
def test_of_twins_one_set_passes_whole_and_the_bystanders_as_they_are(site, kind):
    old = site.pool.sign_in("alice")
    site.wait(600)
    new = site.pool.sign_in("alice")
    for order in ([("alice", old), ("alice", new)], [("alice", new), ("alice", old)]):
        passed = seen(site, header(site, order), kind=kind)
        assert passed.startswith(BYSTANDERS + "; ")
        tokens = dict(pairs(passed[len(BYSTANDERS) + 2 :]))
        for suffix, own in (("accessToken", new.access_token), ("idToken", new.id_token)):
            token = tokens[site.names.wire_name("alice", suffix)]
            assert read_claims(token)["origin_jti"] == read_claims(own)["origin_jti"]
            # Only a navigation sweeps, so only a navigation has to know which refresh token lives.
            assert (token == own) == (kind != "navigation")
        assert len(pairs(passed)) == len(pairs(BYSTANDERS)) + 5


def test_without_twins_the_header_passes_byte_for_byte(site):
    cookie = header(site, [("alice", site.pool.sign_in("alice"))])
    assert seen(site, cookie) == cookie
    assert seen(site, BYSTANDERS) == BYSTANDERS
    assert seen(site, None) is None


def test_several_lines_of_http_2_pass_as_they_are_where_nothing_is_settled(site):
    visit = site.visit("/", cookie=None, headers=[(b"cookie", b"a=1"), (b"x", b"y"), (b"cookie", b"b=2")])
    assert site.pass_on(visit).headers == visit.headers


def test_garbage_beside_a_session_is_not_passed_on(site):
    tokens = site.pool.sign_in("alice")
    name = site.names.wire_name("alice", "accessToken")
    cookie = f"{name}=garbage; " + header(site, [("alice", tokens)]) + f"; {name}=more"
    passed = seen(site, cookie)
    assert [value for found, value in pairs(passed) if found == name] == [tokens.access_token]


def test_garbage_alone_is_not_passed_on_at_all(site):
    passed = seen(
        site, f"theme=dark; {site.names.last_auth_user}=alice; {site.names.wire_name('alice', 'accessToken')}=a.b.c"
    )
    assert passed == "theme=dark"
    assert site.told("session.dead")


def test_a_set_that_expired_beyond_refresh_is_not_passed_on(site):
    tokens = site.pool.sign_in("alice")
    site.wait(4_000)
    cookie = f"{site.names.last_auth_user}=alice; {site.names.wire_name('alice', 'accessToken')}={tokens.access_token}"
    assert seen(site, cookie) is None
    assert site.pool.refreshes == 0


def test_an_expired_set_with_its_refresh_token_is_the_sites_to_refresh(site):
    cookie = header(site, [("alice", site.pool.sign_in("alice"))])
    site.wait(4_000)
    for kind in ("navigation", "fetch", "action", "rsc"):
        assert seen(site, cookie, kind=kind) == cookie
    assert site.pool.refreshes == 0


def test_cookies_of_another_client_are_not_ours_to_touch(site):
    name = f"CognitoIdentityServiceProvider.{'9' * 26}.alice.accessToken"
    other = f"{name}=x; {name}=y"
    assert seen(site, other) == other


def test_tokens_that_another_pool_signed_under_this_clients_names_are_dropped(site):
    foreign = Mint(pool="eu-west-1_Other", key=3).session(sub=SUBS["bob"], username="bob", auth_time=int(site.pool.now))
    assert seen(site, header(site, [("bob", foreign)])) == BYSTANDERS
    own = site.pool.sign_in("alice")
    passed = dict(pairs(seen(site, header(site, [("alice", own), ("bob", foreign)], ""))))
    assert site.names.wire_name("alice", "accessToken") in passed
    assert site.names.wire_name("bob", "accessToken") not in passed


def test_of_two_people_the_newest_sign_in_passes_with_an_event(site):
    alice = site.pool.sign_in("alice")
    site.wait(60)
    bob = site.pool.sign_in("bob")
    passed = dict(pairs(seen(site, header(site, [("bob", bob), ("alice", alice)], ""))))
    assert passed[site.names.last_auth_user] == "bob"
    assert site.told("session.rivals")[0].fields == {"sets": 1}


def test_the_mark_of_hardtack_js_chooses_among_people(site):
    alice = site.pool.sign_in("alice")
    site.wait(60)
    bob = site.pool.sign_in("bob")
    claims = site.pool.mint.verifier().judge(alice.access_token, now=site.pool.now).claims
    mark = f"__Host-hardtack-js.{CLIENT_ID}=in.{claims.sub}.{claims.session_key}.{claims.auth_time}"
    passed = dict(pairs(seen(site, header(site, [("bob", bob), ("alice", alice)], mark))))
    assert passed[site.names.last_auth_user] == "alice"
    assert passed[site.names.wire_name("alice", "refreshToken")] == alice.refresh_token


def test_what_hardtack_js_signed_out_is_not_passed_on_and_is_swept(site):
    alice = site.pool.sign_in("alice")
    mark = f"__Host-hardtack-js.{CLIENT_ID}=out.{int(site.pool.now)}"
    assert seen(site, header(site, [("alice", alice)], mark)) == mark
    site.wait(60)
    again = site.pool.sign_in("alice")
    assert site.names.wire_name("alice", "accessToken") in seen(site, header(site, [("alice", again)], mark))


def test_a_host_that_the_policy_does_not_name_passes_untouched(site):
    cookie = header(site, [("alice", site.pool.sign_in("alice")), ("alice", site.pool.sign_in("alice"))])
    visit = site.visit("/", cookie=cookie)
    passage = site.pass_on(replace(visit, host="other.example.test"))
    assert passage.headers == visit.headers
    lines = [(b"set-cookie", f"{site.names.last_auth_user}=x; Path=/".encode())]
    assert site.shield.to_browser(passage, 200, lines) == lines


hostile = st.text(st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\r\n\x00"), max_size=60)
NAMES = [
    "theme",
    f"CognitoIdentityServiceProvider.{CLIENT_ID}.LastAuthUser",
    f"CognitoIdentityServiceProvider.{CLIENT_ID}.alice.accessToken",
    f"CognitoIdentityServiceProvider.{CLIENT_ID}.alice.refreshToken",
    f"CognitoIdentityServiceProvider.{CLIENT_ID}.%E0%A4.accessToken",
    f"CognitoIdentityServiceProvider.{CLIENT_ID}.",
    f"__Host-hardtack-js.{CLIENT_ID}",
    "__Host-hardtack-pair",
]


@settings(max_examples=300)
@given(st.lists(st.one_of(hostile, st.tuples(st.sampled_from(NAMES), hostile).map("=".join)), max_size=12))
def test_whatever_is_sent_the_bystanders_come_through_and_nothing_raises(pieces):
    site = ShieldedSite()
    try:
        cookie = "; ".join(pieces)
        passed = seen(site, cookie) or ""
        mine = f"CognitoIdentityServiceProvider.{CLIENT_ID}."
        strangers = [piece.strip(" \t") for piece in cookie.split(";") if piece.strip(" \t")]
        strangers = [piece for piece in strangers if mine not in piece.replace("%2E", ".")]
        left = [piece.strip(" \t") for piece in passed.split(";")]
        assert [piece for piece in strangers if piece not in left] == []
        assert not site.told("shield.passed")
    finally:
        site.close()
