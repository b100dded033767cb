"""One request in each of the adapter's five contexts: what it reads, what it writes, and what it forgets at once."""

from __future__ import annotations

import pytest

from hardtack.amplify.adapter import AdapterContext, fetch_auth_session
from hardtack.cookies import BrowserJar, CookieHeader
from hardtack.tokens import Bad, BadToken, UnknownKey
from support.adapter_visits import (
    ACTION,
    BASE,
    CLIENT,
    COMPONENT,
    DETAILS,
    LIFETIME,
    NOW,
    SIX,
    A,
    B,
    D,
    Visit,
    granted,
    stored,
)

ALL = list(AdapterContext)
WRITING = [A, B, ACTION, D]
GONE = "Expires=Thu, 01 Jan 1970 00:00:00 GMT"
NEXT_YEAR = "Wed, 13 Nov 2024 22:13:20 GMT"


@pytest.mark.parametrize("context", ALL)
def test_a_living_session_is_read_and_nothing_is_written(context):
    visit = Visit(context, stored())
    answer = visit.fetch()
    assert (answer.signed_in, answer.username, answer.sub) == (True, "alice", "sub-alice")
    assert (visit.asked, visit.lines) == ([], ())


@pytest.mark.parametrize(
    ("context", "read"), [(A, "newer"), (B, "newer"), (COMPONENT, "newer"), (ACTION, "newer"), (D, "older")]
)
def test_of_twins_the_app_router_reads_the_last_and_the_pages_router_the_first(context, read):
    visit = Visit(context, [*stored(refresh="older"), *stored(refresh="newer")])
    visit.fetch(force=True, pool=granted(2))
    assert visit.asked == [read]


def test_next_writes_escaped_with_a_path_and_an_expiry():
    visit = Visit(A, stored())
    visit.fetch(force=True, pool=granted(2))
    rest = f"; Path=/; Expires={NEXT_YEAR}; Max-Age=31536000; Secure; SameSite=lax"
    assert visit.lines == (
        f"LastAuthUser=alice{rest}",
        f"alice.accessToken=access-2{rest}",
        f"alice.idToken=id-2{rest}",
        f"alice.refreshToken=RT0{rest}",
        f"alice.signInDetails=%7B%22loginId%22%3A%22alice%22%2C%22authFlowType%22%3A%22USER_SRP_AUTH%22%7D{rest}",
        f"alice.clockDrift={LIFETIME * 1000}{rest}",
    )


@pytest.mark.parametrize("context", [B, D])
def test_without_next_each_write_is_a_deletion_and_the_bare_value(context):
    visit = Visit(context, stored())
    visit.fetch(force=True, pool=granted(2))
    rest = ";SameSite=lax;Secure;Path=/;Max-Age=31536000"
    assert visit.lines[:4] == (
        f"LastAuthUser=;{GONE}",
        f"LastAuthUser=alice{rest}",
        f"alice.accessToken=;{GONE}",
        f"alice.accessToken=access-2{rest}",
    )
    assert visit.lines[-4:] == (
        f"alice.signInDetails=;{GONE}",
        f"alice.signInDetails={DETAILS}{rest}",
        f"alice.clockDrift=;{GONE}",
        f"alice.clockDrift={LIFETIME * 1000}{rest}",
    )


def test_cookies_answers_in_the_order_of_the_request():
    pairs = stored()
    visit = Visit(ACTION, [*reversed(pairs[1:]), pairs[0]])
    visit.fetch(force=True, pool=granted(2))
    assert [line.partition("=")[0].rsplit(".", 1)[-1] for line in visit.lines] == [
        "clockDrift",
        "signInDetails",
        "refreshToken",
        "idToken",
        "accessToken",
        "LastAuthUser",
    ]


def test_in_a_server_component_the_fresh_tokens_serve_one_call_and_are_lost():
    visit = Visit(COMPONENT, stored())
    assert visit.fetch(force=True, pool=granted(2, "RT1")).refreshed
    assert visit.fetch(force=True, pool=granted(2, "RT2")).refreshed
    assert (visit.asked, visit.lines) == (["RT0", "RT0"], ())


@pytest.mark.parametrize(
    ("context", "asked", "kept"),
    [
        (A, ["RT0", "RT0"], "RT2"),
        (B, ["RT0", "RT0"], "RT2"),
        (ACTION, ["RT0", "RT1"], "RT2"),
        (D, ["RT0", "RT0"], "RT1"),
    ],
)
def test_two_refreshes_in_a_request_spend_a_rotated_token_twice_but_in_an_action(context, asked, kept):
    visit = Visit(context, stored())
    visit.fetch(force=True, pool=granted(2, "RT1"))
    visit.fetch(force=True, pool=granted(3, "RT2"))
    assert visit.asked == asked
    assert visit.values["refreshToken"] == kept


@pytest.mark.parametrize(("context", "path"), [(A, " Path=/; "), (ACTION, " Path=/; "), (B, ""), (D, "")])
def test_a_definite_refusal_deletes_seven_names_without_a_domain(context, path):
    visit = Visit(context, stored(), domain=".example.com")
    answer = visit.fetch(force=True, pool="NotAuthorizedException")
    assert (answer.signed_in, answer.refused, answer.thrown) == (False, "NotAuthorizedException", "")
    assert set(visit.values) == {*SIX, "oauthMetadata"}
    assert {line.partition("=")[2] for line in visit.lines} == {f";{path}{GONE}"}


def test_clearing_begins_with_the_tokens_and_last_auth_user_goes_last_but_one():
    visit = Visit(B, stored())
    visit.fetch(force=True, pool="UserNotFoundException")
    assert list(visit.values) == [
        *("accessToken", "idToken", "clockDrift", "refreshToken", "signInDetails"),
        *("LastAuthUser", "oauthMetadata"),
    ]


@pytest.mark.parametrize("context", WRITING)
@pytest.mark.parametrize("error", ["TooManyRequestsException", "InternalErrorException", "NetworkError", "Unknown"])
def test_an_unavailable_pool_leaves_every_cookie_and_the_caller_catches_it(context, error):
    visit = Visit(context, stored())
    answer = visit.fetch(force=True, pool=error)
    assert (answer.signed_in, answer.refused, answer.thrown, visit.lines) == (False, error, error, ())


def test_in_pages_a_deletion_after_a_value_is_dropped():
    visit = Visit(D, stored())
    visit.fetch(force=True, pool=granted(2))
    before = visit.lines
    visit.fetch(force=True, pool="NotAuthorizedException")
    assert visit.lines == (*before, f"alice.oauthMetadata=;{GONE}")


def test_a_next_response_lets_the_later_deletion_win():
    visit = Visit(A, stored())
    visit.fetch(force=True, pool=granted(2))
    visit.fetch(force=True, pool="NotAuthorizedException")
    assert set(visit.values.values()) == {""}


def test_an_action_that_was_refused_then_looks_under_a_user_without_a_name():
    visit = Visit(ACTION, [*stored(), (f"{BASE}..accessToken", "access-1")])
    visit.fetch(force=True, pool="NotAuthorizedException")
    assert visit.cookies.get(f"{BASE}.LastAuthUser") == ""  # deleted, but not missing
    assert visit.fetch().signed_in


@pytest.mark.parametrize(("context", "owner"), [(ACTION, ""), (D, "username")])
def test_an_empty_last_auth_user_is_a_user_without_a_name_or_in_pages_a_missing_one(context, owner):
    visit = Visit(context, stored(owner, LastAuthUser=""))
    assert visit.fetch().signed_in


@pytest.mark.parametrize(("context", "refreshes"), [(ACTION, False), (D, True)])
def test_an_empty_drift_never_expires_or_in_pages_is_none(context, refreshes):
    visit = Visit(context, stored(clockDrift=""), now=NOW + LIFETIME + 60)
    assert visit.fetch(pool=granted(3)).refreshed is refreshes


@pytest.mark.parametrize("context", [B, D])
def test_a_name_that_no_header_can_carry_loses_the_tokens_just_granted(context):
    visit = Visit(context, stored("用户"))
    answer = visit.fetch(force=True, pool=granted(2, "RT1"))
    assert (answer.thrown, answer.refreshed) == ("Unknown", False)
    assert visit.lines == (f"LastAuthUser=;{GONE}",)


@pytest.mark.parametrize(("context", "written"), [(B, True), (D, False)])
def test_a_control_character_goes_through_a_web_response_and_not_through_node(context, written):
    visit = Visit(context, stored(signInDetails='"\\u007f"'))
    assert visit.fetch(force=True, pool=granted(2)).refreshed is written


def test_a_raw_value_ends_at_its_semicolon_in_the_browser():
    jar = BrowserJar(clock=lambda: NOW)
    url = "https://app.example.com/"
    visit = Visit(B, stored("a;b"))
    jar.store_response(url, visit.fetch(force=True, pool=granted(2)).set_cookie_lines)
    assert CookieHeader.parse(jar.cookie_header(url)).get_all(f"{BASE}.LastAuthUser") == ("a",)


@pytest.mark.parametrize(("context", "owner"), [(A, "alice"), (ACTION, "alice"), (D, "bob")])
def test_the_tokens_go_under_the_name_that_is_believed(context, owner):
    visit = Visit(context, [*stored("bob"), *stored("alice")])
    visit.fetch(force=True, pool=granted(2))
    names = {line.partition("=")[0] for line in visit.lines} - {"LastAuthUser"}
    assert {name.partition(".")[0] for name in names} == {owner}


# -- who is signed in -------------------------------------------------------------------------------------------------


def test_get_current_user_throws_where_nobody_is():
    answer = Visit(ACTION, []).user()
    assert (answer.signed_in, answer.thrown, answer.refused) == (False, "UserUnAuthenticatedException", "")
    refused = Visit(ACTION, stored(), now=NOW + LIFETIME).user(pool="NotAuthorizedException")
    assert (refused.thrown, refused.refused) == ("UserUnAuthenticatedException", "NotAuthorizedException")


def test_a_bad_id_token_gives_a_user_without_a_name():
    answer = Visit(ACTION, stored(idToken="garbage")).user()
    assert (answer.signed_in, answer.username, answer.sub) == (True, "", "")


def test_an_expired_access_token_in_the_id_tokens_place_has_a_sub_and_no_name():
    visit = Visit(A, stored(idToken="access-0", clockDrift="-7200000"))
    answer = visit.user()
    assert (answer.signed_in, answer.username, answer.sub) == (True, "", "sub-alice")


def test_an_expired_token_of_another_client_passes_and_is_refreshed():
    visit = Visit(A, stored(generation=0), tokens={"access-0": {"client": "other"}})
    assert visit.fetch(pool=granted(2)).refreshed


@pytest.mark.parametrize(
    "changed",
    [
        {"accessToken": None},
        {"accessToken": ""},
        {"accessToken": "garbage"},
        {"accessToken": "id-1"},
        {"signInDetails": "{broken"},
    ],
)
@pytest.mark.parametrize("context", WRITING)
def test_one_unusable_cookie_makes_nobody_of_the_user_and_clears_nothing(context, changed):
    visit = Visit(context, stored(**changed))
    answer = visit.fetch(force=True, pool=granted(2))
    assert (answer.signed_in, answer.refused, answer.thrown) == (False, "", "")
    assert (visit.asked, visit.lines) == ([], ())


def test_without_keys_everybody_is_signed_out():
    visit = Visit(A, stored())
    visit.worth.keys_unreachable = True
    assert not visit.fetch(force=True).signed_in
    assert visit.user().thrown == "UserUnAuthenticatedException"


def test_a_name_that_looks_like_a_tokens_key_has_its_refresh_token_verified_and_dropped():
    visit = Visit(A, stored("x.idToken"))
    assert visit.fetch(force=True).thrown == "TokenRefreshException"
    assert visit.asked == []


def test_a_pool_that_grants_nonsense_is_unknown():
    for tokens in (granted(2, "RT1"), granted(3)):
        visit = Visit(A, stored(), tokens={})
        del visit.worth.tokens["access-2"]
        del visit.worth.tokens["id-3"]
        assert visit.fetch(force=True, pool=tokens).thrown == "Unknown"
        assert visit.lines == ()


def test_a_flow_is_driven_by_hand():
    header = CookieHeader.parse("; ".join(f"{name}={value}" for name, value in stored()))
    settings = Visit(A, []).settings
    assert settings.client_id == CLIENT
    flow = fetch_auth_session(settings, A, header, now=NOW)
    need = next(flow)
    assert (need.token, need.use, need.unverified) == ("access-1", "access", False)
    with pytest.raises(StopIteration) as end:
        flow.send(Bad(BadToken.SIGNATURE))
    assert not end.value.value.signed_in
    assert "access-1" not in repr(need)
    flow = fetch_auth_session(settings, A, header, now=NOW)
    next(flow)
    with pytest.raises(StopIteration):
        flow.send(UnknownKey("k"))
