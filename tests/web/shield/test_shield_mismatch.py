"""A policy that doesn't say what the browser's Amplify does: told, and after three times left alone."""

from __future__ import annotations

import pytest

from hardtack.cookies import CookiePolicy
from support.minting import CLIENT_ID, read_claims

OWN = [(b"origin", b"https://app.example.test"), (b"sec-fetch-site", b"same-origin")]


@pytest.fixture
def site(tell):
    """The browser writes host-only; the policy says the parent domain."""
    site = tell(client={"domain": None}, policy={"domain": "example.test"})
    site.load("/who", kind="fetch")
    return site


def renew(site):
    """An hour later: the browser's Amplify refreshes in the scope that it really has."""
    site.wait(3_700)
    refresh = site.read_first(site.key("refreshToken"))
    site.store_tokens("alice", site.pool.refresh(refresh))
    site.load("/")


def test_a_newer_token_beside_the_shields_own_copy_is_told_with_the_fix(site):
    site.sign_in("alice")
    site.load("/")
    assert site.told("policy.mismatch") == []
    renew(site)
    (event,) = site.told("policy.mismatch")
    assert event.fields["times"] == 1
    assert event.fields["scope"] == ".example.test /"
    assert "CookieStorage" in event.fields["fix"]
    assert "domain: 'example.test'" in event.fields["fix"]


def test_after_three_times_the_shield_takes_its_copies_back_and_moves_nothing_more(site):
    site.sign_in("alice")
    site.load("/")
    for _ in range(3):
        renew(site)
    assert [event.fields["times"] for event in site.told("policy.mismatch")] == [1, 2, 3]
    assert site.scopes() == {"host-only /": 6}
    assert site.fetch_session() == "alice"
    for _ in range(3):
        renew(site)
        assert site.scopes() == {"host-only /": 6}
    assert len(site.told("policy.mismatch")) == 3
    site.load("/", server="refresh", kind="action")
    assert site.scopes() == {"host-only /": 6}  # the site's own lines pass as they are, too


def test_twins_still_go_to_the_site_as_one_set_after_the_retreat(site):
    site.sign_in("alice")
    site.load("/")
    for _ in range(3):
        renew(site)
    site.jar.store_response(site.url("/"), [f"{site.key('accessToken')}=garbage; Path=/; Domain=example.test; Secure"])
    saw = site.load("/").site_saw.decode("latin-1")
    assert saw.count(site.key("accessToken")) == 1
    assert "garbage" not in saw


@pytest.mark.parametrize("recovers", [False, True])
def test_a_mended_policy_begins_anew(site, recovers):
    """Whatever is swept first."""
    site.sign_in("alice")
    site.load("/")
    for _ in range(3):
        renew(site)
    site.client = {"domain": ".example.test", "path": "/"}
    site.policy = {"same_site": "Lax"}
    site.cookie_policy = CookiePolicy(
        origins=site.cookie_policy.origins, domain="example.test", http_only=False, owns_domain=True, same_site="None"
    )
    site.shield = site.start_shield()
    if recovers:
        body = b'{"path":"/","names":[],"seen":[]}'
        site.load("/hardtack/recover", kind="fetch", method="POST", headers=OWN, body=body)
        site.sign_in("alice")
    for _ in range(6):
        site.load("/")
    assert site.scopes() == {".example.test /": 6}
    renew(site)
    assert len(site.told("policy.mismatch")) == 3
    site.jar.store_response(site.url("/"), [f"{site.key('accessToken')}=garbage; Path=/; Secure"])
    site.load("/")
    assert site.scopes() == {".example.test /": 6}


def test_a_policy_that_agrees_is_never_told(tell):
    site = tell()
    site.sign_in("alice")
    for _ in range(6):
        renew(site)
        site.load("/", server="refresh")
        site.load("/", server="refresh", kind="action")
    assert site.told("policy.mismatch") == []
    assert site.scopes() == {".example.test /": 6}


def test_what_was_just_got_is_written_before_the_shield_takes_its_copies_back(tell):
    """The refresh token that it was got for is spent, so nobody else could go on with it."""
    site = tell(client={"domain": None}, policy={"domain": "example.test"}, settings={"refreshes": True})
    site.pool.rotation = True
    site.load("/who", kind="fetch")
    site.sign_in("alice")
    site.load("/")
    for _ in range(3):
        site.wait(5)
        site.store_tokens("alice", site.pool.sign_in("alice"))
        site.wait(3_700)
        site.load("/")
    site.wait(3_700)
    site.load("/")
    assert site.fetch_session() == "alice"


def test_where_the_mark_of_hardtack_js_says_who_is_in_nothing_is_counted(tell):
    """It writes where our policy says: a newer token elsewhere is of a page of the release before."""
    site = tell(client={"domain": None}, policy={"domain": "example.test"})
    site.load("/who", kind="fetch")
    site.sign_in("alice")
    site.load("/")
    for _ in range(4):
        tokens = site.pool.sign_in("alice")
        site.store_tokens("alice", tokens)
        claims = read_claims(tokens.access_token)
        says = f"in.{claims['sub']}.{claims['origin_jti']}.{claims['auth_time']}"
        site.jar.set_document_cookie(site.url(), f"__Host-hardtack-js.{CLIENT_ID}={says}; Path=/; Secure")
        site.load("/")
        site.wait(5)
    assert site.told("policy.mismatch") == []
    assert site.scopes() == {".example.test /": 6}
