"""What becomes of the site's own Set-Cookie lines."""

from __future__ import annotations

import random

import pytest

from hardtack.amplify import AmplifyNames
from hardtack.cookies import CookieScope, SetCookie
from support.minting import CLIENT_ID

LAST = AmplifyNames(CLIENT_ID).last_auth_user
DEAD = "Expires=Thu, 01 Jan 1970 00:00:00 GMT"
HTML = (b"content-type", b"text/html")


@pytest.fixture
def site(tell):
    site = tell(policy={"owns_domain": False})
    site.load("/who", kind="fetch")
    return site


def answered(site, lines, *, kind="action", headers=(HTML,), **how):
    passage = site.pass_on(site.visit("/", kind=kind, **how))
    raw = [*headers, *((b"set-cookie", line.encode("latin-1")) for line in lines)]
    return site.shield.to_browser(passage, 200, raw)


def cookies(headers):
    return [SetCookie.parse(value) for name, value in headers if name == b"set-cookie"]


def ours(headers):
    """The lines of auth names, and how each is meant: a set or a deletion, and where."""
    return [(line.is_deletion, str(line.scope)) for line in cookies(headers) if line.name == LAST]


def test_a_set_moves_into_the_policys_scope_and_keeps_its_flags_and_lifetime(site):
    line = f"{LAST}=alice; Path=/deep; Max-Age=77; Secure; HttpOnly; SameSite=Strict"
    moved = next(line for line in cookies(answered(site, [line])) if line.name == LAST)
    assert moved == SetCookie(
        LAST, "alice", domain="example.test", path="/", max_age=77, secure=True, http_only=True, same_site="Strict"
    )


def test_a_set_that_is_not_secure_is_neither_weakened_nor_made_stronger(site):
    moved = next(line for line in cookies(answered(site, [f"{LAST}=alice"])) if line.name == LAST)
    assert (moved.secure, moved.http_only, moved.same_site, moved.max_age) == (False, False, None, None)


def test_a_deletion_becomes_a_sweep_that_leaves_the_bystanders(site):
    headers = answered(site, ["theme=dark; Path=/", f"{LAST}=; Path=/; {DEAD}", "other=; Max-Age=0"])
    assert {scope for deletes, scope in ours(headers) if deletes} >= {
        "host-only /",
        ".example.test /",
        ".app.example.test /",
    }
    assert all(deletes for deletes, _ in ours(headers))
    assert [value for name, value in headers if name == b"set-cookie"][:2] == [
        b"theme=dark; Path=/",
        b"other=; Max-Age=0",
    ]


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ([f"{LAST}=a; Path=/", f"{LAST}=b; Path=/"], "b"),
        ([f"{LAST}=; {DEAD}; Path=/", f"{LAST}=b; Path=/"], "b"),
        ([f"{LAST}=; Max-Age=0; Path=/", f"{LAST}=b; Path=/; Domain=.example.test"], "b"),
        ([f"{LAST}=b; Path=/; Domain=.example.test", f"{LAST}=; Max-Age=0; Path=/"], "b"),
        ([f"{LAST}=a; Path=/", f"{LAST}=; Max-Age=0; Path=/"], None),
        ([f"{LAST}=a; Path=/; Domain=.example.test", f"{LAST}=; Max-Age=-5; Domain=example.test; Path=/"], None),
        ([f"{LAST}=a; Path=/; Expires=Wed, 01 Jan 2020 00:00:00 GMT"], None),
    ],
)
def test_several_lines_of_one_name_are_settled_as_the_site_meant_them(site, lines, left):
    headers = answered(site, lines)
    sets = [line.value for line in cookies(headers) if line.name == LAST and not line.is_deletion]
    assert sets == ([left] if left else [])
    if left is None:
        assert ours(headers)


def test_in_an_answer_to_a_navigation_a_set_comes_with_the_sweep_of_the_other_scopes(site):
    headers = answered(site, [f"{LAST}=alice; Path=/"], kind="navigation")
    assert ours(headers)[-1] == (False, ".example.test /")
    assert {"host-only /", ".app.example.test /"} <= {scope for deletes, scope in ours(headers) if deletes}
    assert (True, ".example.test /") not in ours(headers)
    assert ours(answered(site, [f"{LAST}=alice; Path=/"], kind="action")) == [(False, ".example.test /")]


def test_what_the_site_sets_beside_a_sweep_leaves_none_of_its_likeliest_scopes_out(tell):
    site = tell(policy={"sweep_budget": 1_000})
    site.sign_in("alice")
    site.load("/")
    twins = [cookie.name for cookie in site.jar if cookie.name.startswith("Cognito")]
    site.jar.store_response(site.url("/"), [f"{name}=x; Path=/; Secure" for name in twins])
    headers = answered(site, [f"{LAST}=alice; Path=/"], kind="navigation")
    swept = [str(line.scope) for line in cookies(headers) if line.is_deletion]
    assert swept[0] == "host-only /"


def test_a_response_with_an_auth_cookie_is_private_whatever_the_site_said(site):
    caching = [(b"cache-control", b"public, max-age=60"), (b"cdn-cache-control", b"max-age=60"), (b"x-site", b"1")]
    headers = answered(site, [f"{LAST}=alice"], headers=caching)
    assert [value for name, value in headers if name.endswith(b"cache-control")] == [b"private, no-store"]
    assert (b"x-site", b"1") in headers


@pytest.mark.parametrize(
    "asset",
    [[(b"content-type", b"text/css")], [(b"content-type", b"image/png")], [HTML, (b"cache-control", b"s-maxage=9")]],
)
def test_nothing_of_ours_is_put_on_an_asset_or_what_is_meant_for_shared_caches(site, asset):
    site.sign_in("alice")
    assert answered(site, [], kind="navigation", headers=asset) == asset
    assert cookies(answered(site, [], kind="navigation"))


def test_a_sign_out_by_the_server_is_not_undone_by_what_comes_late(site):
    site.sign_in("alice")
    site.load("/")
    late = site.jar.cookie_header(site.url("/"))
    names = [cookie.name for cookie in site.jar if cookie.name.startswith("Cognito")]
    site.site_lines = [f"{name}=; Path=/; {DEAD}" for name in names]
    site.load("/sign-out", kind="action")
    assert site.scopes() == {}
    site.site_lines = []
    site.jar.store_response(
        site.url("/"), [f"{piece}; Path=/; Secure" for piece in late.split("; ") if piece.startswith("Cog")]
    )
    assert site.scopes() == {"host-only /": 6}
    assert site.server_sees() == ""
    for _ in range(3):  # the sweep goes on where the sign-out's stopped
        site.load("/")
    assert site.scopes() == {}
    site.wait(1)  # nobody signs in, out and in again within one second
    assert site.sign_in("alice") == ""
    site.load("/")
    assert site.server_sees() == "alice"


def test_what_the_site_sets_wins_over_what_the_plan_would_write(site):
    site.sign_in("alice")
    new = site.pool.refresh(site.read_first(site.key("refreshToken")))
    line = f"{site.key('accessToken')}={new.access_token}; Path=/; Secure"
    headers = answered(site, [line], kind="navigation")
    sets = [line for line in cookies(headers) if line.name == site.key("accessToken") and not line.is_deletion]
    assert [line.value for line in sets] == [new.access_token]
    assert [str(line.scope) for line in sets] == [".example.test /"]


def test_own_marks_leave_once(site):
    site.sign_in("alice")
    headers = answered(site, [f"{LAST}=alice; Path=/"], kind="navigation")
    names = [line.name for line in cookies(headers) if line.name.startswith("__Host-hardtack-")]
    assert len(names) == len(set(names))


def test_ten_thousand_random_lines_pass_or_are_moved_and_none_is_lost(site):
    dice = random.Random(20_261_123)  # noqa: S311 -- the same lines every time
    alphabet = "abcXYZ019=;,\"' \t%._-/\x7f\xe9\xff"
    attributes = [
        "; Path=/",
        "; Domain=.example.test",
        "; Secure",
        "; HttpOnly",
        "; Max-Age=9",
        f"; {DEAD}",
        "; Priority=High",
    ]
    names = [LAST, AmplifyNames(CLIENT_ID).wire_name("alice", "accessToken"), "theme", "", "__Host-x", "__Secure-y"]
    for _ in range(1_000):
        lines = []
        for _ in range(10):
            text = "".join(dice.choice(alphabet) for _ in range(dice.randrange(12)))
            name = dice.choice([*names, text])
            lines.append(f"{name}={text}" + "".join(dice.sample(attributes, dice.randrange(4))))
        headers = answered(site, lines, kind=dice.choice(["navigation", "fetch", "action"]))
        out = [value.decode("latin-1") for name, value in headers if name == b"set-cookie"]
        meant: dict[str, bool] = {}
        for line in lines:
            parsed = SetCookie.parse(line)
            if parsed is None or parsed.name not in names[:2]:
                assert line in out
            else:
                meant[parsed.name] = True
        assert set(meant) <= {SetCookie.parse(line).name for line in out if SetCookie.parse(line)}
        assert (
            out.index(next(line for line in lines if line in out)) == 0 if any(line in out for line in lines) else True
        )
    assert not site.told("shield.passed")


def test_a_partition_of_the_policy_is_written_and_needs_secure(tell):
    site = tell(client={"domain": None}, policy={"partitioned": True, "same_site": "None"})
    site.load("/who", kind="fetch")
    moved = next(line for line in cookies(answered(site, [f"{LAST}=alice; Path=/"])) if line.name == LAST)
    assert moved.scope == CookieScope(None, "/", partitioned=True)
    assert moved.secure
