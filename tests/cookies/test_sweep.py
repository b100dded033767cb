"""Which deletions a response carries, line by line."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cookies.matching import path_match
from hardtack.cookies.policy import CookiePolicy
from hardtack.cookies.scope import CookieScope
from hardtack.cookies.sweep import MAX_NAME_BYTES, MAX_PREFIXES, Sweep, path_prefixes, sweep, sweep_scopes
from support.policy_cases import APP

HOST = "app.example.com"
HOST_ONLY = CookiePolicy(origins=APP)
SHARED = CookiePolicy(origins=APP, domain="example.com")
PLENTY = 10**9  # bytes

CLIENT = "CognitoIdentityServiceProvider.5s1nq8d6vqe7fm1g7f1a2b3c4d"
USER = "f4a8b4d8-50a1-70cd-1f2e-1234567890ab"
SUFFIXES = (
    *("accessToken", "idToken", "refreshToken", "clockDrift", "signInDetails", "oauthMetadata", "userData"),
    *("deviceKey", "deviceGroupKey", "randomPasswordKey", "oidcProvider"),
)
TWELVE = [f"{CLIENT}.LastAuthUser", *(f"{CLIENT}.{USER}.{suffix}" for suffix in SUFFIXES)]
DEEP = b"/en/app/projects/42/settings"


def texts(swept: Sweep) -> list[str]:
    return [f"{line.name} {line.scope}" for line in swept.lines]


def scope_texts(policy: CookiePolicy, path: bytes | None, host: str = HOST) -> list[str]:
    return [str(scope) for scope in sweep_scopes(policy, host=host, raw_path=path)]


def test_a_deletion_is_a_whole_line_that_browsers_honour():
    swept = sweep(["n"], policy=SHARED, host=HOST, raw_path=b"/", budget=PLENTY)
    assert [line.to_text() for line in swept.lines] == [
        "n=; Path=/; Domain=example.com; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "n=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "n=; Path=/; Domain=app.example.com; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "n=; Path=/; Domain=example.com; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; Partitioned",
        "n=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; Partitioned",
        "n=; Path=/; Domain=app.example.com; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; Partitioned",
    ]
    assert all(line.is_deletion for line in swept.lines)


def test_the_likeliest_scopes_come_first():
    policy = replace(SHARED, base_paths=("/old/site",), legacy_scopes=(CookieScope("app.example.com", "/login"),))
    unpartitioned = [
        ".example.com /",  # its own
        "host-only /",
        ".app.example.com /",
        ".app.example.com /login",  # legacy
        *("host-only /old/site", ".example.com /old/site", ".app.example.com /old/site"),  # base paths
        *("host-only /old/", ".example.com /old/", ".app.example.com /old/"),
        *("host-only /old", ".example.com /old", ".app.example.com /old"),
        *("host-only /a/b", ".example.com /a/b", ".app.example.com /a/b"),  # the page's folder
        *("host-only /a", ".example.com /a", ".app.example.com /a"),
        *("host-only /a/b/c", ".example.com /a/b/c", ".app.example.com /a/b/c"),
        *("host-only /a/", ".example.com /a/", ".app.example.com /a/"),
        *("host-only /a/b/", ".example.com /a/b/", ".app.example.com /a/b/"),
    ]
    assert scope_texts(policy, b"/a/b/c") == unpartitioned + [f"{scope} partitioned" for scope in unpartitioned]


def test_a_partitioned_policy_starts_with_its_own_partition():
    policy = replace(SHARED, partitioned=True)
    assert scope_texts(policy, b"/")[:2] == [".example.com / partitioned", "host-only /"]
    assert len(scope_texts(policy, b"/")) == 6


def test_wider_scopes_are_left_alone_until_they_are_owned():
    assert scope_texts(HOST_ONLY, b"/") == ["host-only /", "host-only / partitioned"]
    assert ".example.com /" in scope_texts(replace(HOST_ONLY, owns_domain=True), b"/")
    legacy = replace(HOST_ONLY, legacy_scopes=(CookieScope("example.com"), CookieScope(None, "/login")))
    assert scope_texts(legacy, b"/") == [
        "host-only /", ".example.com /", "host-only /login", "host-only / partitioned", "host-only /login partitioned",
    ]  # fmt: skip
    assert scope_texts(replace(HOST_ONLY, path="/app"), b"/app/x") == [
        *("host-only /app", "host-only /app/x", "host-only /app/"),
        *("host-only /app partitioned", "host-only /app/x partitioned", "host-only /app/ partitioned"),
    ]


def test_a_legacy_scope_of_another_host_is_none_that_this_host_can_reach():
    origins = ("https://app.example.com", "https://www.example.com")
    policy = CookiePolicy(origins=origins, legacy_scopes=(CookieScope("www.example.com"),))
    assert ".www.example.com /" not in scope_texts(policy, b"/")
    assert ".www.example.com /" in scope_texts(policy, b"/", host="www.example.com")


@pytest.mark.parametrize("host", ["192.0.2.7", "[::1]", "localhost", "github.io"])
def test_an_address_and_a_single_label_have_host_only_cookies(host):
    policy = CookiePolicy(origins=(f"https://{host}",), owns_domain=True)
    assert scope_texts(policy, b"/", host=host) == ["host-only /", "host-only / partitioned"]


@pytest.mark.parametrize(
    ("host", "path", "count"),
    [
        ("a.b.example.test", b"/aa/bb/cc", 48),
        ("a.b.example.test", b"/aa//bb/", 48),
        ("127.0.0.1", b"/", 2),
        ("127.0.0.1", b"/a", 4),
        ("www.example.co.uk", b"/a", 12),
        ("alice.github.io", b"/a", 8),
    ],
)
def test_as_many_scopes_as_two_browsers_showed(host, path, count):
    policy = CookiePolicy(origins=(f"https://{host}",), owns_domain=True)
    assert len(scope_texts(policy, path, host=host)) == count


PATHS = st.lists(st.sampled_from(["a", "/", "b%3B", ".", ".."]), max_size=8).map(lambda parts: "/" + "".join(parts))


@given(PATHS)
def test_the_prefixes_of_a_path_are_those_whose_cookies_it_shows(path):
    shown = [path[:end] for end in range(1, len(path) + 1) if path_match(path, path[:end])]
    assert list(path_prefixes(path)) == shown


@pytest.mark.parametrize(
    "path",
    [
        None,
        b"",
        b"*",
        b"a",
        b"http://app.example.com/a",
        b"/a;b/c",
        b"/a\r\n/b",
        b"/a\0/b",
        b"/a b/c",
        b"/\xc3\xbc/a",
        b"/a/\x7f",
    ],
)
def test_from_a_path_that_no_browser_sends_only_the_root_is_taken(path):
    assert scope_texts(HOST_ONLY, path) == scope_texts(HOST_ONLY, b"/")
    based = replace(HOST_ONLY, base_paths=("/app",))
    assert scope_texts(based, path) == scope_texts(based, b"/app")


def test_a_query_is_no_part_of_the_path():
    assert scope_texts(HOST_ONLY, b"/a/b?next=/c/d") == scope_texts(HOST_ONLY, b"/a/b")


def test_of_a_long_path_the_prefixes_count_that_a_path_attribute_can_hold():
    folders = [b"/" + b"x" * 340, b"/" + b"y" * 340, b"/" + b"z" * 341]
    path = b"".join(folders)  # 1024 bytes
    assert f"host-only {path.decode()}" in scope_texts(HOST_ONLY, path)
    assert f"host-only {path.decode()}" in scope_texts(HOST_ONLY, path + b"/more")
    longer = scope_texts(HOST_ONLY, path + b"z")
    assert f"host-only {(folders[0] + folders[1]).decode()}" in longer
    assert max(map(len, longer)) < 1024


@pytest.mark.parametrize("path", [b"/a" * 30_000, b"/" * 60_000])
def test_a_stranger_cannot_make_a_path_cost_much(path):
    per_path = 3 * 2  # domains and partitions
    assert len(scope_texts(SHARED, path)) <= per_path * MAX_PREFIXES
    assert "host-only /" + "/" * (path[1] == 47) in scope_texts(SHARED, path)


@pytest.mark.parametrize(
    "host", ["evil.example.com", "example.com", "", "app.example.com.", "app.example.com\r\nX: y", "ü"]
)
def test_for_a_host_that_is_not_ours_nothing_is_written(host):
    swept = sweep(["n"], policy=replace(SHARED, owns_domain=True), host=host, raw_path=b"/", cursor=7)
    assert swept == Sweep((), cursor=7, total=0, bytes_used=0)


@pytest.mark.parametrize("host", ["APP.EXAMPLE.COM", "app.example.com:8443"])
def test_our_host_is_known_in_every_spelling(host):
    assert scope_texts(SHARED, b"/a", host=host) == scope_texts(SHARED, b"/a")


def test_without_names_nothing_is_written():
    assert sweep([], policy=SHARED, host=HOST, raw_path=b"/", cursor=5) == Sweep((), 5, 0, 0)
    alone = sweep(["__Host-hardtack"], policy=SHARED, host=HOST, raw_path=b"/", cursor=5)
    assert alone == Sweep((), 5, 0, 0)


def test_what_the_response_writes_is_not_deleted_from_where_it_is_written():
    swept = sweep(["a", "b"], policy=SHARED, host=HOST, raw_path=b"/", writes={"a"}, budget=PLENTY)
    assert "a .example.com /" not in texts(swept)
    assert "b .example.com /" in texts(swept)
    assert "a .example.com / partitioned" in texts(swept)
    assert "a host-only /" in texts(swept)
    assert len(swept.lines) == 11


def test_names_that_no_line_can_carry_are_left_out_and_the_others_go():
    names = [
        "ok",
        "a=b",
        "a;b",
        "a\r\nb",
        "a\0b",
        "日本",
        "\ud800",
        " a",
        "a\t",
        "x" * (MAX_NAME_BYTES + 1),
        "x" * 5000,
    ]
    swept = sweep(names, policy=HOST_ONLY, host=HOST, raw_path=b"/", unseen=names, budget=PLENTY)
    assert texts(swept) == ["ok host-only /", "ok host-only / partitioned"]
    assert sweep(["x" * MAX_NAME_BYTES], policy=HOST_ONLY, host=HOST, raw_path=b"/").lines


def test_names_with_a_prefix_are_deleted_as_the_prefix_wants_and_host_ones_have_no_twin():
    names = ["__Host-a", "__HOST-HTTP-b", "__Http-c", "__Secure-d"]
    swept = sweep(names, policy=HOST_ONLY, host=HOST, raw_path=b"/", unseen=names)
    assert [line.to_text() for line in swept.lines[:2]] == [
        "__Http-c=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly",
        "__Secure-d=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure",
    ]
    assert {line.name for line in swept.lines} == {"__Http-c", "__Secure-d"}


def test_unseen_names_are_deleted_where_the_policy_knows_of_and_nowhere_else():
    policy = replace(
        SHARED, path="/app", base_paths=("/old/site", "/app"), legacy_scopes=(CookieScope("example.com", "/login"),)
    )
    swept = sweep(["a"], policy=policy, host=HOST, raw_path=b"/app/out", unseen=["z", "a"], budget=PLENTY)
    blind = [text.removeprefix("z ") for text in texts(swept) if text.startswith("z ")]
    assert sorted(blind) == sorted(
        f"{domain} {path}{partition}"
        for domain in ("host-only", ".app.example.com", ".example.com")
        for path in ("/app", "/old/site", "/login")
        for partition in ("", " partitioned")
        if path != "/login" or (domain == ".example.com" and not partition)
    )
    seen = {text.removeprefix("a ") for text in texts(swept) if text.startswith("a ")}
    assert seen == set(scope_texts(policy, b"/app/out"))


def test_unseen_names_that_are_written_keep_the_policys_scope():
    swept = sweep([], policy=SHARED, host=HOST, raw_path=b"/", unseen=["n"], writes=["n"], budget=PLENTY)
    assert swept == Sweep((), 0, 0, 0)


def test_names_are_sorted_within_a_scope_and_their_order_outside_does_not_matter():
    swept = sweep(["b", "a", "b", "c"], policy=HOST_ONLY, host=HOST, raw_path=b"/", budget=PLENTY)
    assert texts(swept)[:3] == ["a host-only /", "b host-only /", "c host-only /"]
    assert swept == sweep(iter("cab"), policy=HOST_ONLY, host=HOST, raw_path=b"/", budget=PLENTY)


def test_the_budget_counts_whole_header_lines():
    swept = sweep(TWELVE, policy=SHARED, host=HOST, raw_path=DEEP)
    wire = b"".join(b"set-cookie: " + line.to_text().encode() + b"\r\n" for line in swept.lines)
    assert swept.bytes_used == len(wire) <= SHARED.sweep_budget
    more = sweep(TWELVE, policy=SHARED, host=HOST, raw_path=DEEP, budget=swept.bytes_used + 1)
    assert more.lines == swept.lines
    fewer = sweep(TWELVE, policy=SHARED, host=HOST, raw_path=DEEP, budget=swept.bytes_used - 1)
    assert fewer.lines == swept.lines[:-1]


@pytest.mark.parametrize("budget", [0, -1, 10])
def test_at_least_one_line_goes_out_however_small_the_budget(budget):
    swept = sweep(["a", "b"], policy=HOST_ONLY, host=HOST, raw_path=b"/", budget=budget)
    assert texts(swept) == ["a host-only /"]
    following = sweep(["a", "b"], policy=HOST_ONLY, host=HOST, raw_path=b"/", budget=budget, cursor=swept.cursor)
    assert texts(following) == ["b host-only /"]


def test_the_cursor_goes_on_where_the_last_response_stopped_and_wraps_around():
    policy = replace(SHARED, sweep_budget=1_000)
    first = sweep(TWELVE, policy=policy, host=HOST, raw_path=b"/")
    seen, cursor = texts(first), first.cursor
    while cursor < first.total:
        following = sweep(TWELVE, policy=policy, host=HOST, raw_path=b"/", cursor=cursor)
        assert following.total == first.total
        assert following.cursor > cursor
        seen += texts(following)
        cursor = following.cursor
    whole = texts(sweep(TWELVE, policy=policy, host=HOST, raw_path=b"/", budget=PLENTY))
    assert len(whole) == 72
    assert seen[:72] == whole
    assert seen[72:] == whole[: len(seen) - 72]
    again = sweep(TWELVE, policy=policy, host=HOST, raw_path=b"/", cursor=first.total * 10**6)
    assert again.lines == first.lines


def test_one_response_never_says_anything_twice():
    for cursor in (0, 1, 250, 255, 256, 300, 10**9, -3):
        swept = sweep(["a", "b", "c"], policy=SHARED, host=HOST, raw_path=b"/a", cursor=cursor, budget=PLENTY)
        assert len(set(swept.lines)) == len(swept.lines) == 3 * 3 * 2 * 2
        assert swept.cursor == cursor + swept.total


def test_more_names_than_a_jar_holds_find_their_place_too():
    names = [f"n{number}" for number in range(700)]
    swept = sweep(names, policy=HOST_ONLY, host=HOST, raw_path=b"/", budget=PLENTY)
    assert len(swept.lines) == 1400


def test_names_that_vanish_do_not_move_those_behind_the_cursor():
    first = sweep(TWELVE, policy=SHARED, host=HOST, raw_path=b"/")
    assert [len(first.lines), texts(first)[-1].split(" ", 1)[1]] == [19, "host-only /"]
    left = sorted(TWELVE)[7:]  # the first seven of the second scope are gone from the jar
    following = sweep(left, policy=SHARED, host=HOST, raw_path=b"/", cursor=first.cursor)
    assert texts(following)[:5] == [f"{name} host-only /" for name in left]


def responses_for_a_cycle(policy: CookiePolicy, path: bytes, *, writes: list[str]) -> int:
    cursor, count = 0, 0
    while True:
        swept = sweep(TWELVE, policy=policy, host=HOST, raw_path=path, writes=writes, cursor=cursor)
        count, cursor = count + 1, swept.cursor
        if cursor >= swept.total:
            return count


def test_how_many_responses_twelve_amplify_names_take_at_the_default_budget():
    assert responses_for_a_cycle(SHARED, b"/", writes=TWELVE) == 4
    assert responses_for_a_cycle(SHARED, DEEP, writes=TWELVE) == 43  # 708 lines: 60 scopes
    assert responses_for_a_cycle(replace(SHARED, sweep_budget=1_000), DEEP, writes=TWELVE) == 160
    # The real fault, the same names host-only and on the parent domain, is healed by the first response,
    first = sweep(TWELVE, policy=SHARED, host=HOST, raw_path=DEEP, writes=TWELVE)
    assert {f"{name} host-only /" for name in TWELVE} <= set(texts(first))
    owned = replace(HOST_ONLY, owns_domain=True)
    first = sweep(TWELVE, policy=owned, host=HOST, raw_path=DEEP, writes=TWELVE)
    assert {f"{name} .example.com /" for name in TWELVE} <= set(texts(first))
    # and a sign-out, which deletes both, takes two.
    out = sweep(TWELVE, policy=SHARED, host=HOST, raw_path=DEEP)
    rest = sweep(TWELVE, policy=SHARED, host=HOST, raw_path=DEEP, cursor=out.cursor)
    both = {f"{name} {scope}" for name in TWELVE for scope in ("host-only /", ".example.com /")}
    assert not both <= set(texts(out))
    assert both <= {*texts(out), *texts(rest)}


LINE = re.compile(
    r"[^;=\x00-\x1f\x7f]*=x?; Path=/[\x21-\x3a\x3c-\x7e]*(; Domain=(app\.)?example\.com)?"
    r"; Expires=Thu, 01 Jan 1970 00:00:00 GMT(; Secure)?(; HttpOnly)?(; Partitioned)?"
)
NASTY = st.text(st.one_of(st.sampled_from("\r\n\0;=, \t/%2é\u2028"), st.characters()), max_size=12)
NASTY_BYTES = st.lists(
    st.sampled_from([b"/", b"a", b";", b"\r\n", b"\0", b"%0d%0a", b"=", b" ", b"\xe9", b"?", b","])
).map(b"".join)


@given(
    names=st.lists(st.one_of(NASTY, st.sampled_from(["a", "__Secure-b"])), max_size=4),
    unseen=st.lists(NASTY, max_size=2),
    host=st.one_of(st.just(HOST), NASTY, NASTY.map(lambda text: HOST + text)),
    raw_path=st.one_of(st.none(), st.binary(max_size=20), NASTY_BYTES.map(lambda text: b"/a" + text)),
    cursor=st.integers(-10, 10**6),
)
def test_nothing_that_a_stranger_says_ends_a_line_or_an_attribute(names, unseen, host, raw_path, cursor):
    policy = replace(HOST_ONLY, owns_domain=True, base_paths=("/app",))
    swept = sweep(names, policy=policy, host=host, raw_path=raw_path, unseen=unseen, cursor=cursor, budget=PLENTY)
    for line in swept.lines:
        key, value = line.to_header()
        text = value.decode("latin-1")
        assert key == b"set-cookie"
        assert LINE.fullmatch(text), text
        assert line.name in {*names, *unseen}
