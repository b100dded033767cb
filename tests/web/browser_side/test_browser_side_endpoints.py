"""What the browser's script is told, and what becomes of what it tells: the endpoints' work without a framework."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cookies import CookieHeader, CookiePolicy, CookieScope, path_match, sweep_scopes
from hardtack.web.browser_side import EnvironmentReport, chosen_document, policy_document, read_report, recover

CLIENT = "client1"
ORIGIN = "https://app.example.test"
PREFIX = f"CognitoIdentityServiceProvider.{CLIENT}."
MARK = f"__Host-hardtack-js.{CLIENT}"
LONG_AGO = "Thu, 01 Jan 1970 00:00:00 GMT"


def a_policy(**changes):
    return CookiePolicy(**{"origins": (ORIGIN,), "domain": "example.test", "http_only": False, **changes})


def document(policy, host="app.example.test"):
    return policy_document(policy, client_id=CLIENT, host=host, base="/hardtack", sign_in="/login")


def scopes(told):
    return {CookieScope(each["domain"] and each["domain"][1:], each["path"], each["partitioned"]) for each in told}


def recovery(policy=None, *, shown=(), told=(), seen=(), path="/", mark="", **more):
    pairs = [f"{name}=x" for name in shown] + ([f"{MARK}={mark}"] if mark else [])
    body = json.dumps({"path": path, "names": list(told), "seen": list(seen)}).encode()
    return recover(
        policy or a_policy(),
        client_id=CLIENT,
        host="app.example.test",
        cookies=CookieHeader.parse("; ".join(pairs)),
        body=body,
        **more,
    )


def reach(done):
    return {(line.name, str(line.scope)) for line in done.lines}


# --- policy.json


def test_the_document_says_what_amplifys_storage_is_told():
    told = document(a_policy(same_site="Strict", max_age=86_400))
    assert told["cookie"] == {
        "domain": ".example.test",
        "path": "/",
        "secure": True,
        "sameSite": "strict",
        "maxAge": 86_400,
        "partitioned": False,
        "httpOnly": False,
    }
    assert (told["version"], told["clientId"], told["signIn"], told["mark"]) == (1, CLIENT, "/login", MARK)
    assert told["fingerprint"] == a_policy(same_site="Strict", max_age=86_400).fingerprint
    assert json.loads(json.dumps(told)) == told


def test_every_scope_of_the_servers_own_sweep_is_in_it():
    policy = a_policy(base_paths=("/", "/shop/cart"), legacy_scopes=(CookieScope("example.test", "/old"),))
    told = document(policy)["sweep"]
    assert scopes(told) >= set(sweep_scopes(policy, host="app.example.test", raw_path=None))
    assert policy.scope in scopes(told)
    assert {each["domain"] for each in told} == {None, ".app.example.test", ".example.test"}


def test_a_host_only_policy_lists_no_domain():
    assert {each["domain"] for each in document(a_policy(domain=None))["sweep"]} == {None}


def test_a_wider_scope_that_is_owned_by_name_only_says_so():
    policy = a_policy(domain=None, legacy_scopes=(CookieScope("example.test", "/"),))
    exact = [each for each in document(policy)["sweep"] if each.get("exact")]
    assert [(each["domain"], each["path"]) for each in exact] == [(".example.test", "/")]


def test_a_policy_below_a_path_owns_that_path_in_each_of_its_domains_and_not_the_root():
    told = document(a_policy(path="/app"))["sweep"]
    assert {(each["domain"], each["path"]) for each in told if not each["partitioned"]} == {
        (None, "/app"),
        (".app.example.test", "/app"),
        (".example.test", "/app"),
    }


def test_a_host_that_is_not_ours_has_nothing_to_sweep():
    assert document(a_policy(), host="app.other.test")["sweep"] == []


POLICIES = st.builds(
    a_policy,
    domain=st.sampled_from([None, "example.test", "app.example.test"]),
    path=st.sampled_from(["/", "/app", "/app/deep"]),
    owns_domain=st.booleans(),
    base_paths=st.lists(st.sampled_from(["/", "/app", "/login", "/app/deep/er"]), max_size=3).map(tuple),
    legacy_scopes=st.lists(
        st.sampled_from([CookieScope("example.test"), CookieScope(None, "/old")]), max_size=2, unique=True
    ).map(tuple),
)


@given(POLICIES, st.sampled_from([b"/", b"/app", b"/app/deep/x", b"/login/now", b"/old/er"]))
def test_script_may_sweep_nothing_that_the_policy_may_not_and_all_that_it_may(policy, page):
    """What script makes of the document, on any page, against what the policy itself says."""
    told = document(policy)["sweep"]
    listed = [(scope, each.get("exact"), each.get("below")) for each in told for scope in scopes([each])]
    request = page.decode()
    prefixes = [request[:end] for end in range(1, len(request) + 1) if path_match(request, request[:end])]
    reached = {scope for scope, _, below in listed if not below} | {
        CookieScope(scope.domain, prefix, scope.partitioned)
        for scope, exact, below in listed
        if not exact
        for prefix in prefixes
        if path_match(prefix, scope.path) and not (below and path_match(policy.path, prefix))
    }
    assert all(policy.may_sweep(scope) for scope in reached)
    assert reached >= set(sweep_scopes(policy, host="app.example.test", raw_path=page))


# --- recover


def test_what_a_request_shows_is_swept_in_every_scope_and_in_the_policys_own_at_last():
    name = PREFIX + "LastAuthUser"
    done = recovery(shown=[name])
    assert {(name, scope) for scope in ("host-only /", ".app.example.test /")} <= reach(done)
    assert (name, ".example.test /") not in reach(done)
    assert all(line.is_deletion and LONG_AGO in line.to_text() for line in done.lines)
    assert done.document() == {"swept": len(done.lines), "again": True, "cursor": "own"}
    last = recovery(shown=[name], cursor="own")
    assert reach(last) == {(name, ".example.test /")}
    assert not last.again


def test_where_the_request_shows_nothing_any_more_the_own_scope_is_left_alone():
    name = PREFIX + "alice.accessToken"
    done = recovery(told=[name], path="/login/now")
    scopes_swept = {scope for _, scope in reach(done)}
    assert ".example.test /" not in scopes_swept
    assert {"host-only /", "host-only /login", ".example.test /login/now"} <= scopes_swept
    assert not done.again
    assert recovery(told=[name], cursor="own").lines == ()


def test_who_has_signed_in_meanwhile_keeps_everything():
    name = PREFIX + "alice.refreshToken"
    assert (name, ".example.test /") in reach(recovery(shown=[name], mark="out.5", cursor="own"))
    assert (name, "host-only /") in reach(recovery(shown=[name], mark="out.5"))
    for cursor in ("", "own"):
        done = recovery(shown=[name], told=[name], mark="in.a.b.5", cursor=cursor)
        assert (done.lines, done.again) == ((), False)


def test_what_script_sees_itself_it_can_delete_in_the_policys_scope_itself():
    seen, hidden = PREFIX + "LastAuthUser", PREFIX + "alice.refreshToken"
    assert not recovery(shown=[seen], seen=[seen]).again
    assert recovery(shown=[seen, hidden], seen=[seen]).again
    assert {name for name, _ in reach(recovery(shown=[seen, hidden], seen=[seen], cursor="own"))} == {hidden}


def test_the_last_turn_stays_within_the_budget_too():
    names = [f"{PREFIX}{user:0>200}.idToken" for user in range(20)]
    last = recovery(a_policy(sweep_budget=1_000), shown=names, cursor="own")
    assert 0 < sum(len(line.to_text()) for line in last.lines) < 1_000


@pytest.mark.parametrize(
    "name",
    [
        "session",
        PREFIX + "alice.deviceKey",
        "CognitoIdentityServiceProvider.other.alice.accessToken",
        MARK,
        PREFIX + "alice.accessToken; Domain=test",
        PREFIX + "LastAuthUser.accessToken\r\nSet-Cookie: a=b",
    ],
)
def test_a_name_that_is_none_of_ours_is_not_deleted_for_being_told(name):
    assert not {line.name for line in recovery(told=[name]).lines} & {name, "session"}


def test_answers_follow_one_another_until_all_is_swept_and_then_end():
    names = [f"{PREFIX}{user}.{suffix}" for user in ("a" * 40, "b" * 40) for suffix in ("accessToken", "refreshToken")]
    policy = a_policy(sweep_budget=1_000)
    wanted = reach(recovery(a_policy(sweep_budget=100_000), told=names, path="/a/b"))
    swept, cursor = set(), ""
    for _ in range(100):
        done = recovery(policy, told=names, path="/a/b", cursor=cursor)
        assert sum(len(line.to_text()) for line in done.lines) < 1_000
        swept |= reach(done)
        if not done.again:
            break
        cursor = done.cursor
    assert not done.again
    assert swept == wanted


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode), st.text(max_size=12))
def test_no_body_and_no_cursor_makes_it_fail(body, cursor):
    done = recover(
        a_policy(), client_id=CLIENT, host="app.example.test", cookies=CookieHeader.parse(""), cursor=cursor, body=body
    )
    assert done.lines == ()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["path", "names", "seen"]), inner),
        max_leaves=8,
    )
)
def test_whatever_a_body_says_only_our_own_names_are_deleted(told):
    done = recover(
        a_policy(),
        client_id=CLIENT,
        host="app.example.test",
        cookies=CookieHeader.parse(f"{PREFIX}alice.idToken=x; other=y"),
        body=json.dumps(told).encode(),
    )
    assert {line.name for line in done.lines} == {PREFIX + "alice.idToken"}


def test_a_body_above_its_bound_is_not_read():
    body = json.dumps({"path": "/", "names": [PREFIX + "LastAuthUser"], "seen": [], "more": "x" * 20_000}).encode()
    none = recover(a_policy(), client_id=CLIENT, host="app.example.test", cookies=CookieHeader.parse(""), body=body)
    assert none.lines == ()


def test_a_foreign_host_gets_no_deletion():
    done = recover(
        a_policy(),
        client_id=CLIENT,
        host="evil.test",
        cookies=CookieHeader.parse(f"{PREFIX}LastAuthUser=x"),
    )
    assert (done.lines, done.again) == ((), False)


# --- chosen.json


def test_the_choice_is_a_person_and_a_sign_in_or_nothing():
    assert chosen_document("sub", "key") == {"chosen": {"sub": "sub", "session": "key"}}
    assert chosen_document() == chosen_document("sub") == {"chosen": None}


# --- report


def test_a_report_keeps_codes_kinds_and_counts():
    body = {
        "ok": False,
        "problems": ["cookies.scope-refused", "cookies.twins"],
        "twins": [{"suffix": "accessToken", "count": 2}, {"suffix": "LastAuthUser", "count": 3}],
        "locks": True,
        "fingerprint": "0a1b2c3d",
    }
    report = read_report(json.dumps(body).encode())
    assert report == EnvironmentReport(
        ("cookies.scope-refused", "cookies.twins"),
        (("LastAuthUser", 3), ("accessToken", 2)),
        locks=True,
        fingerprint="0a1b2c3d",
    )
    assert report.fields() == {
        "problems": "cookies.scope-refused,cookies.twins",
        "twins": 5,
        "locks": True,
        "fingerprint": "0a1b2c3d",
    }


def test_nothing_that_a_stranger_writes_into_a_report_survives():
    body = {
        "problems": ["alice@example.com", 7, None, "cookies.twins"],
        "twins": [{"suffix": "alice.accessToken", "count": 2}, {"suffix": "idToken", "count": 10**30}, 5, {}],
        "locks": "yes",
        "fingerprint": "alice!!!",
        "user": "alice",
    }
    report = read_report(json.dumps(body).encode())
    assert report == EnvironmentReport(("cookies.twins",), (("idToken", 180),))
    assert "alice" not in repr(report)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 4_000, b'{"problems": "' + b"x" * 5_000 + b'"}']
)
def test_what_is_no_report_is_none(body):
    assert read_report(body) is None


@given(
    st.dictionaries(
        st.sampled_from(["problems", "twins", "locks", "fingerprint"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["suffix", "count"]), inner, max_size=2)
            ),
            max_leaves=6,
        ),
    )
)
def test_a_report_of_any_shape_is_read_without_an_error(told):
    report = read_report(json.dumps(told).encode())
    assert report is not None
    assert all(0 <= count <= 180 for _, count in report.twins)
