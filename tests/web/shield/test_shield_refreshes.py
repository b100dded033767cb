"""A shield that refreshes in the site's place: one call to the pool, whoever asks; the site can't spend a token."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from hardtack.amplify import client_value
from hardtack.cognito import CognitoUnavailable
from hardtack.cognito import Reason as PoolReason
from hardtack.cookies import CookieHeader
from hardtack.sessions.coordination import StoreFailed
from hardtack.sessions.policy_file import parse_policy_file
from hardtack.web.shield import ShieldSettings
from support.minting import CLIENT_ID, read_claims
from support.story import HOST, SUBS

OWN = [(b"origin", f"https://{HOST}".encode())]
MARK = f"__Host-hardtack-js.{CLIENT_ID}"
CLAIM = "0a1b2c3d4e5f6a7b-1abcde"


@pytest.fixture
def site(tell):
    site = tell(settings={"refreshes": True})
    site.pool.rotation = True
    return site


def unavailable():
    return CognitoUnavailable("GetTokensFromRefreshToken", PoolReason.TIMEOUT)


def refresh_names(cookie):
    return [name for name, _ in CookieHeader.parse(cookie or b"").pairs if name.endswith(".refreshToken")]


def held(site, suffix):
    return [cookie.value for cookie in site.jar if cookie.name.endswith(f".{suffix}")]


def signed_in(site, user="alice"):
    assert site.sign_in(user) == ""
    site.load("/")
    return site


def post(site, path, said=None, **how):
    how = {"kind": "fetch", "method": "POST", "headers": OWN, **how}
    answer = site.load(f"/hardtack{path}", body=json.dumps(said or {}).encode(), **how)
    return answer, json.loads(answer.body or b"null")


# -- the site and its cookies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["navigation", "fetch", "rsc", "action", "prefetch", "asset"])
def test_the_site_is_sent_no_refresh_token_with_whatever_it_is_asked(site, kind):
    signed_in(site)
    site.wait(4_000)
    loaded = site.load("/", kind=kind)
    assert b"accessToken" in loaded.site_saw
    assert refresh_names(loaded.site_saw) == []


def test_without_the_setting_the_site_refreshes_by_itself(tell):
    site = signed_in(tell())
    assert len(refresh_names(site.load("/").site_saw)) == 1


def test_an_expired_set_is_refreshed_once_for_page_loads_at_the_same_time(site):
    signed_in(site)
    site.wait(4_000)
    visits = [site.visit("/"), site.visit("/account"), site.visit("/data", kind="fetch")]

    async def at_once():
        return await asyncio.gather(*map(site.shield.to_site, visits))

    passages = site.loop.run_until_complete(at_once())
    assert site.pool.refreshes == 1
    sent = {
        dict(CookieHeader.parse(dict(passage.headers)[b"cookie"]).pairs)[site.key("accessToken")]
        for passage in passages
    }
    assert len(sent) == 1
    for visit, passage in zip(visits, reversed(passages), strict=True):
        headers = site.shield.to_browser(passage, 200, [(b"content-type", b"text/html")])
        lines = [value.decode() for name, value in headers if name == b"set-cookie"]
        site.jar.store_response(site.url(visit.raw_path.decode()), lines)
    assert site.server_sees() == "alice"
    assert site.pool.refreshes == 1


def test_an_answer_that_was_lost_costs_nobody_the_session(site):
    signed_in(site)
    site.wait(4_000)
    site.pass_on(site.visit("/"))  # rotated, and the answer never came
    assert site.server_sees() == "alice"
    assert site.pool.refreshes == 1


def test_a_forced_refresh_of_the_sites_server_reaches_no_pool_and_signs_nobody_out(site):
    signed_in(site)
    site.load("/api/session", kind="action", server="refresh")
    assert site.pool.refreshes == 0
    assert site.server_sees() == "alice"


def test_an_adapter_that_clears_all_since_it_could_not_refresh_signs_nobody_out(site):
    signed_in(site)
    site.wait(4_000)
    site.pool.failing = unavailable
    gone = "=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    site.site_lines = [site.key(suffix) + gone for suffix in ("accessToken", "idToken", "refreshToken")]
    site.load("/")
    site.pool.failing = lambda: None
    site.site_lines = []
    site.wait(5)
    assert site.server_sees() == "alice"


def test_a_sign_out_by_the_site_takes_the_refresh_token_along_that_it_never_saw(site):
    signed_in(site)
    gone = "=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    site.site_lines = [site.key(suffix) + gone for suffix in ("accessToken", "idToken")]
    site.load("/logout")
    assert held(site, "accessToken") == held(site, "refreshToken") == []


def test_amplifys_own_sign_out_route_gets_the_refresh_token_to_have_it_revoked(site):
    signed_in(site)
    assert len(refresh_names(site.load("/api/auth/sign-out-callback").site_saw)) == 1


def test_a_refresh_token_that_the_site_never_saw_outlives_what_it_writes(site):
    signed_in(site)
    before = held(site, "refreshToken")
    fresh = site.pool.mint.session(sub=SUBS["alice"], username="alice", auth_time=int(site.pool.now))
    site.site_lines = [f"{site.key('accessToken')}={fresh.access_token}; Path=/"]
    site.load("/")
    assert held(site, "refreshToken") == before


def test_a_refused_refresh_ends_the_session_and_the_site_sees_nothing_of_it(site):
    signed_in(site)
    site.wait(4_000)
    for tokens in list(site.pool.sessions.values()):
        site.pool.revoke(tokens)
    loaded = site.load("/")
    assert b"CognitoIdentityServiceProvider" not in (loaded.site_saw or b"")
    assert held(site, "accessToken") == []


def test_a_pool_that_is_down_leaves_the_cookies_as_they_are(site):
    signed_in(site)
    site.wait(4_000)
    site.pool.failing = unavailable
    before = [(cookie.name, cookie.value) for cookie in site.jar]
    loaded = site.load("/", server="session")
    assert refresh_names(loaded.site_saw) == []
    assert [(cookie.name, cookie.value) for cookie in site.jar] == before


def test_a_store_that_fails_signs_nobody_out(site, monkeypatch):
    signed_in(site)
    site.wait(4_000)
    desk = site.shield.deployment.hardtack.core.desk
    monkeypatch.setattr(desk, "_call", lambda call: replace(type(desk)._call(desk, call), call=StoreFailed))
    site.load("/")
    assert post(site, "/refresh")[1] == {"unavailable": True}
    monkeypatch.undo()
    assert site.server_sees() == "alice"


def test_a_visit_that_could_not_be_decided_passes_without_a_refresh_token(site, monkeypatch):
    signed_in(site)
    monkeypatch.setattr(site.shield, "_patience", 0.0)
    site.wait(4_000)
    loaded = site.load("/")
    assert [event.fields["reason"] for event in site.told("shield.passed")] == ["slow"]
    assert b"accessToken" in loaded.site_saw
    assert refresh_names(loaded.site_saw) == []


def test_what_was_withheld_is_known_in_another_process_too(site):
    signed_in(site)
    passage = site.pass_on(site.visit("/"))
    again = site.shield.open_passage(site.shield.seal_passage(passage), passage.headers)
    assert passage.state.withheld
    assert again.state == passage.state


def test_a_browser_whose_cookies_are_left_alone_is_refreshed_by_its_site(site):
    signed_in(site)
    for _ in range(3):  # the browser's Amplify writes in another scope than the policy says
        site.wait(5)
        other = site.pool.mint.refreshed(next(iter(site.pool.sessions.values())), at=int(site.pool.now))
        value = client_value(other.access_token)
        site.jar.set_document_cookie(site.url(), f"{site.key('accessToken')}={value}; Path=/; Secure")
        site.load("/")
    assert site.told("policy.mismatch")
    assert refresh_names(site.load("/").site_saw)


# -- script asks -------------------------------------------------------------------------------------------------------


def test_script_is_told_in_the_policy_that_the_shield_refreshes(site, tell):
    for asked, told in ((site, True), (tell(), False), (tell(settings={"refreshes": True, "observe": True}), False)):
        assert json.loads(asked.load("/hardtack/policy.json", kind="fetch").body)["refreshes"] is told


def test_script_gets_another_token_though_its_own_lives_and_writes_it_itself(site):
    signed_in(site)
    before = held(site, "accessToken")
    answer, told = post(site, "/refresh")
    assert answer.header(b"cache-control") == "private, no-store"
    assert answer.set_cookies == []
    assert told["tokens"]["accessToken"] not in before
    assert read_claims(told["tokens"]["accessToken"])["sub"] == SUBS["alice"]
    assert told["tokens"]["refreshToken"] not in held(site, "refreshToken")


@pytest.mark.parametrize("rotation", [True, False])
def test_each_time_that_script_forces_it_gets_a_new_one(site, rotation):
    site.pool.rotation = rotation
    signed_in(site)
    got = []
    for _ in range(3):
        site.wait(1)
        tokens = post(site, "/refresh")[1]["tokens"]
        got.append(tokens["accessToken"])
        held_before = held(site, "refreshToken")[0]
        kept = next(iter(site.pool.sessions.values()))
        site.store_tokens(
            "alice", replace(kept, access_token=got[-1], refresh_token=tokens["refreshToken"] or held_before)
        )
    assert len(set(got)) == site.pool.refreshes == 3


def test_what_script_was_refused_is_told_with_the_pools_word_for_it(site):
    signed_in(site)
    for tokens in list(site.pool.sessions.values()):
        site.pool.revoke(tokens)
    assert post(site, "/refresh")[1] == {"refused": "NotAuthorizedException"}


def test_a_pool_that_is_down_ends_nothing_for_script(site):
    signed_in(site)
    site.pool.failing = unavailable
    assert post(site, "/refresh")[1] == {"unavailable": True}


def test_a_browser_without_a_session_is_told_nothing(site):
    assert post(site, "/refresh")[1] == {}


@pytest.mark.parametrize("path", ["/refresh", "/arrived"])
@pytest.mark.parametrize("sender", [b"cross-site", b"same-site"])
def test_a_page_of_another_site_is_told_nothing(site, path, sender):
    signed_in(site)
    visit = site.visit(f"/hardtack{path}", kind="fetch", method="POST")
    headers = [(name, sender if name == b"sec-fetch-site" else value) for name, value in visit.headers]
    answer = site.loop.run_until_complete(site.shield.answer(replace(visit, headers=headers), b"{}"))
    assert answer.status == 403
    assert b"eyJ" not in answer.body


@pytest.mark.parametrize("path", ["/refresh", "/arrived"])
def test_where_script_may_not_read_tokens_there_is_no_such_address(tell, path):
    for how in (
        {"policy": {"http_only": True}, "settings": {"refreshes": True}},
        {},
        {"settings": {"observe": True, "refreshes": True}},
    ):
        assert post(tell(**how), path)[0].status == 404


# -- a sign-in that an older answer takes away -------------------------------------------------------------------------


def mark(site, access, claim=CLAIM):
    """What hardtack.js writes when somebody signs in."""
    claims = read_claims(access)
    fields = ("in", claims["sub"], claims["origin_jti"], claims["auth_time"], "a", "b", claim)
    site.jar.set_document_cookie(site.url(), f"{MARK}={'.'.join(map(str, fields))}; Path=/; Secure; Max-Age=9999")


def told_of(tokens, claim=CLAIM):
    named = {"accessToken": tokens.access_token, "idToken": tokens.id_token, "refreshToken": tokens.refresh_token}
    return {"claim": claim, "tokens": named}


def arrives(site, user="alice"):
    """A sign-in by script, told to the shield."""
    tokens = site.pool.sign_in(user)
    site.store_tokens(user, tokens)
    mark(site, tokens.access_token)
    assert post(site, "/arrived", told_of(tokens))[0].status == 204
    return tokens


def lose(site, keep=(MARK,)):
    """An answer that comes late deletes what the sign-in wrote."""
    for cookie in list(site.jar):
        if cookie.name not in keep:
            domain = f"; Domain={cookie.scope.domain}" if cookie.scope.domain else ""
            site.jar.set_document_cookie(site.url(), f"{cookie.name}=; Path=/{domain}; Secure; Max-Age=0")


def late_answer(site, *, deletes):
    """The lines of an answer to what was asked before the sign-in: the set of an older one, or its deletions."""
    site.store_tokens("alice", site.pool.sign_in("alice"))
    if deletes:
        for tokens in list(site.pool.sessions.values()):
            site.pool.revoke(tokens)
        site.wait(4_000)
    headers = site.shield.to_browser(site.pass_on(site.visit("/")), 200, [(b"content-type", b"text/html")])
    site.wait(30)
    return [value.decode() for name, value in headers if name == b"set-cookie"]


@pytest.mark.parametrize("deletes", [False, True])
@pytest.mark.parametrize("asks", ["/", "/hardtack/chosen.json"])
def test_a_sign_in_that_a_late_answer_took_away_is_fetched_back(site, asks, deletes):
    late = late_answer(site, deletes=deletes)
    calls = site.pool.refreshes
    new = arrives(site)
    site.jar.store_response(site.url(), late)
    assert held(site, "accessToken") != [new.access_token]
    site.load(asks, kind="navigation" if asks == "/" else "fetch")
    assert held(site, "accessToken") == [new.access_token]
    assert (site.server_sees(), site.pool.refreshes) == ("alice", calls)


def test_a_sign_in_is_fetched_back_though_the_late_answer_is_another_persons(site):
    site.store_tokens("bob", site.pool.sign_in("bob"))
    headers = site.shield.to_browser(site.pass_on(site.visit("/")), 200, [(b"content-type", b"text/html")])
    site.wait(30)
    lose(site, keep=())
    new = arrives(site)
    site.jar.store_response(site.url(), [value.decode() for name, value in headers if name == b"set-cookie"])
    for owner in ("accessToken", "LastAuthUser"):  # and what lay beside it is gone
        site.remove(site.names.wire_name("alice", owner))
    site.load("/")
    assert (site.server_sees(), held(site, "accessToken")) == ("alice", [new.access_token])


def test_a_sign_in_is_fetched_back_though_another_late_answer_was_content_with_it(site):
    late = late_answer(site, deletes=False)
    new = arrives(site)
    site.load("/")
    content = site.shield.to_browser(site.pass_on(site.visit("/")), 200, [(b"content-type", b"text/html")])
    site.jar.store_response(site.url(), late)
    site.jar.store_response(site.url(), [value.decode() for name, value in content if name == b"set-cookie"])
    site.load("/")
    assert held(site, "accessToken") == [new.access_token]


def test_what_a_script_deleted_by_hand_does_not_come_back_where_no_answer_of_ours_came_between(site):
    arrives(site)
    lose(site)
    site.load("/")
    assert site.server_sees() == ""


def test_nothing_is_fetched_back_after_a_sign_out(site):
    late = late_answer(site, deletes=True)
    new = arrives(site)
    site.jar.store_response(site.url(), late)
    site.jar.set_document_cookie(site.url(), f"{MARK}=out.{read_claims(new.access_token)['auth_time']}; Path=/; Secure")
    site.load("/")
    assert site.server_sees() == ""


def kept(site):
    """How many sets the store keeps."""
    return site.shield.deployment.hardtack.core.desk._store.count()


def not_believed(site, said, *, named):
    mark(site, named.access_token)
    answer, _ = post(site, "/arrived", said)
    assert kept(site) == 0
    return answer.status


def test_a_set_of_another_sign_in_than_the_mark_names_is_not_kept(site):
    named, other = site.pool.sign_in("alice"), site.pool.sign_in("bob")
    assert not_believed(site, told_of(other), named=named) == 204


def test_a_set_whose_claim_the_mark_does_not_show_is_not_kept(site):
    named = site.pool.sign_in("alice")
    assert not_believed(site, told_of(named, claim="ffffffffffffffff-1abcde"), named=named) == 204


@pytest.mark.parametrize("forged", [False, True])
def test_tokens_of_another_client_or_nobodys_are_not_kept(site, forged):
    now = int(site.pool.now)
    client = CLIENT_ID if forged else "another-client"
    foreign = site.pool.mint.session(sub=SUBS["alice"], username="alice", auth_time=now, exp=now + 60, client_id=client)
    if forged:
        foreign = replace(foreign, access_token=foreign.access_token[:-8] + "AAAAAAAA")
    assert not_believed(site, told_of(foreign), named=foreign) == 204


def test_a_token_that_has_ended_is_not_kept(site):
    tokens = site.pool.sign_in("alice")
    site.wait(4_000)
    assert not_believed(site, told_of(tokens), named=tokens) == 204


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b'{"claim": 1, "tokens": {}}', b'{"claim": "0a1b2c3d-1", "tokens": []}',
        b'{"claim": "0a1b2c3d-1", "tokens": {"accessToken": 1, "refreshToken": "r"}}',
        b'{"claim": "0a1b2c3d-1", "tokens": {"accessToken": "a b", "refreshToken": "r"}}',
        b'{"claim": "../x", "tokens": {"accessToken": "a", "refreshToken": "r"}}',
        b"[" * 12_000, b" " * 20_000, b"\xff\xfe",
    ],
)  # fmt: skip
def test_garbage_is_told_to_be_garbage(site, body):
    visit = site.visit("/hardtack/arrived", kind="fetch", method="POST", headers=OWN)
    assert site.loop.run_until_complete(site.shield.answer(visit, body)).status == 400


def test_one_sign_in_is_kept_a_few_times_and_no_more(site):
    tokens = arrives(site)
    for number in range(20):
        claim = f"{number:016d}-1abcde"
        mark(site, tokens.access_token, claim)
        post(site, "/arrived", told_of(tokens, claim))
    assert kept(site) <= 3


def test_a_failure_to_keep_a_sign_in_is_silent(site, monkeypatch):
    desk = site.shield.deployment.hardtack.core.desk
    monkeypatch.setattr(desk, "_call", lambda call: replace(type(desk)._call(desk, call), call=StoreFailed))
    arrives(site)
    monkeypatch.undo()
    assert site.server_sees() == "alice"


# -- settings ----------------------------------------------------------------------------------------------------------


def test_the_setting_stands_in_the_policy_file(tmp_path):
    text = '[pool]\nuser_pool_id = "eu-west-1_abcdefghi"\nclient_id = "client1"\n[policy]\norigins = ["https://a.example"]\n'
    for entry, told in (("", False), ("[shield]\nrefreshes = true\n", True)):
        file = parse_policy_file(text + entry, path=tmp_path / "hardtack.toml")
        made = ShieldSettings.from_policy_file(file, environ={"HARDTACK_SECRETS": "x" * 40})
        assert (made.refreshes, made.engine_options().refreshes) == (told, told)


def test_processes_of_one_host_share_a_store_and_refresh_once(tell, tmp_path):
    site = tell(settings={"refreshes": True, "store": tmp_path / "refresh.sqlite"})
    site.pool.rotation = True
    signed_in(site)
    site.wait(4_000)
    visit = site.visit("/")
    for shield in (site.shield, site.start_shield()):
        passage = site.loop.run_until_complete(shield.to_site(visit))
        assert refresh_names(dict(passage.headers)[b"cookie"]) == []
    assert site.pool.refreshes == 1
