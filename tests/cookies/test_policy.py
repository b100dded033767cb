"""A policy that works: what it writes, what it owns, what it is recognised by."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cookies.errors import CookieError, CookieTooLarge
from hardtack.cookies.policy import CookiePolicy
from hardtack.cookies.problems import PolicyError
from hardtack.cookies.scope import CookieScope
from hardtack.cookies.set_cookie import SetCookie
from support.policy_cases import APP, REFUSED_NAMES

HOST_ONLY = CookiePolicy(origins=APP)
SHARED = CookiePolicy(origins=("https://app.example.com", "https://www.example.com"), domain=".Example.com")
PLAIN = CookiePolicy(origins=("http://intranet",), secure=False)


def test_a_policy_writes_every_cookie_alike():
    policy = replace(SHARED, path="/app", same_site="None", partitioned=True, http_only=False, max_age=3600)
    assert policy.write("n", "v").to_text() == (
        "n=v; Path=/app; Domain=example.com; Max-Age=3600; Secure; SameSite=None; Partitioned"
    )
    assert HOST_ONLY.write("n", "v").to_text() == "n=v; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax"
    assert HOST_ONLY.write("n", "v", max_age=60).max_age == 60
    assert PLAIN.write("n", "v").to_text() == "n=v; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"


def test_what_a_policy_writes_lands_in_its_scope():
    for policy in (HOST_ONLY, SHARED, PLAIN, replace(SHARED, path="/app", partitioned=True)):
        assert policy.write("n", "v").scope == policy.scope


def test_a_leading_dot_and_capitals_in_the_domain_mean_nothing():
    assert SHARED.domain == "example.com"
    assert CookiePolicy(origins=SHARED.origins, domain="example.com") == SHARED
    assert CookiePolicy(origins=("https://büro.example",), domain="BÜRO.example").domain == "xn--bro-hoa.example"


def test_a_policy_cannot_be_changed_but_replaced():
    with pytest.raises(FrozenInstanceError):
        HOST_ONLY.domain = "example.com"  # type: ignore[misc]
    with pytest.raises(PolicyError):
        replace(HOST_ONLY, domain="example.net")
    moved = replace(HOST_ONLY, domain="example.com")
    assert moved.scope == CookieScope("example.com")
    assert moved.fingerprint != HOST_ONLY.fingerprint


def test_settings_from_a_file_may_be_lists():
    policy = CookiePolicy(
        origins=["https://app.example.com"],  # type: ignore[arg-type]
        base_paths=["/app"],  # type: ignore[arg-type]
        legacy_scopes=[CookieScope("example.com")],  # type: ignore[arg-type]
    )
    assert policy == CookiePolicy(origins=APP, base_paths=("/app",), legacy_scopes=(CookieScope("example.com"),))
    assert hash(policy) == hash(replace(policy))


def test_a_value_too_large_for_browsers_is_refused():
    assert HOST_ONLY.write("n", "v" * 4095)
    with pytest.raises(CookieTooLarge):
        HOST_ONLY.write("n", "v" * 4096)
    with pytest.raises(CookieTooLarge):
        HOST_ONLY.write_own("n", "v" * 4089, max_age=60)


@pytest.mark.parametrize("value", ["a;Domain=evil.example", "a\r\nSet-Cookie: x=1", "\0", "日本"])
def test_a_value_that_would_end_its_line_is_refused(value):
    with pytest.raises(CookieError):
        HOST_ONLY.write("n", value)
    with pytest.raises(CookieError):
        HOST_ONLY.write_own("n", value, max_age=60)


@pytest.mark.parametrize("lifetime", [0, -1, 34_560_001, True])
def test_a_lifetime_that_is_none_is_refused_at_writing_too(lifetime):
    with pytest.raises(PolicyError, match="max_age"):
        HOST_ONLY.write("n", "v", max_age=lifetime)
    with pytest.raises(PolicyError, match="max_age"):
        HOST_ONLY.write_own("n", "v", max_age=lifetime)


@pytest.mark.parametrize(
    ("policy", "name", "needs"),
    [
        (SHARED, "__Host-s", "Secure and host-only and of Path=/"),
        (replace(HOST_ONLY, path="/app"), "__HOST-s", "Secure and host-only and of Path=/"),
        (PLAIN, "__Secure-s", "be Secure,"),
        (replace(HOST_ONLY, http_only=False), "__Http-s", "Secure and HttpOnly"),
        (replace(HOST_ONLY, http_only=False), "__Host-Http-s", "Secure and HttpOnly and host-only and of Path=/"),
    ],
)
def test_a_prefix_that_the_policy_cannot_keep_is_refused_before_a_browser_does(policy, name, needs):
    with pytest.raises(PolicyError) as caught:
        policy.write(name, "v")
    (problem,) = caught.value.problems
    assert problem.code == "policy.name.prefix"
    assert needs in problem.sentence
    assert str(policy.scope) in problem.sentence


def test_each_refused_name_has_its_code():
    for code, (arguments, name) in REFUSED_NAMES.items():
        with pytest.raises(PolicyError) as caught:
            CookiePolicy(**arguments).write(name, "v")
        assert [problem.code for problem in caught.value.problems] == [code]


@pytest.mark.parametrize("name", ["__Host-s", "__Host-Http-s", "__Http-s", "__Secure-s"])
def test_a_prefix_that_the_policy_keeps_is_written(name):
    assert HOST_ONLY.write(name, "v").name == name


def test_own_cookies_are_host_only_whatever_the_policy_says():
    policy = replace(SHARED, path="/app", same_site="Strict", http_only=False, partitioned=True)
    own = policy.write_own("hardtack", "v", max_age=60)
    assert own.to_text() == "__Host-hardtack=v; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"
    assert policy.own_name("hardtack") == "__Host-hardtack"
    assert policy.delete_own("hardtack").to_text() == (
        "__Host-hardtack=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure"
    )


def test_on_plain_http_own_cookies_go_without_the_prefix_that_needs_secure():
    assert PLAIN.own_name("hardtack") == "hardtack"
    assert PLAIN.write_own("hardtack", "v", max_age=60).to_text() == (
        "hardtack=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
    )
    assert PLAIN.delete_own("hardtack").scope == CookieScope()


@pytest.mark.parametrize("host", ["app.example.com", "APP.example.com", "app.example.com:8443", "www.example.com"])
def test_a_host_of_the_policy_is_known_in_every_spelling(host):
    assert SHARED.allows_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "evil.example.com",
        "app.example.com.",
        "app.example.com.evil.test",
        "",
        "app.example.com\r\n",
        "a b",
    ],
)
def test_any_other_host_is_not(host):
    assert not SHARED.allows_host(host)


def test_the_fingerprint_tells_where_and_how_cookies_are_written_and_nothing_else():
    assert HOST_ONLY.fingerprint == "0d4a5af9"  # stands in browsers: a change of the formula migrates everybody
    alike = (
        replace(HOST_ONLY, origins=("https://www.example.com",)),
        replace(HOST_ONLY, max_age=60),
        replace(HOST_ONLY, base_paths=("/app",), owns_domain=True, sweep_budget=9_000),
        replace(HOST_ONLY, legacy_scopes=(CookieScope("example.com"),)),
    )
    assert {policy.fingerprint for policy in alike} == {HOST_ONLY.fingerprint}
    others = (
        HOST_ONLY,
        replace(HOST_ONLY, domain="example.com"),
        replace(HOST_ONLY, domain="app.example.com"),
        replace(HOST_ONLY, path="/app"),
        replace(HOST_ONLY, http_only=False),
        replace(HOST_ONLY, same_site="Strict"),
        replace(HOST_ONLY, partitioned=True),
        replace(HOST_ONLY, origins=("http://localhost",), secure=False),
    )
    assert len({policy.fingerprint for policy in others}) == len(others)


def scopes(text: str) -> set[CookieScope]:
    return {CookieScope.parse(one) for one in text.split(" | ")}


ON_THE_HOST = "host-only / | host-only /app | host-only /app/ | host-only /app/x | host-only /other"
ON_ITS_DOMAIN = ".app.example.com / | .app.example.com /app"
ABOVE = ".example.com / | .example.com /app | .example.com /other"
EVERYWHERE = scopes(f"{ON_THE_HOST} | {ON_ITS_DOMAIN} | {ABOVE} | .com / | .www.example.com /")
"""Scopes around app.example.com; each also counts partitioned."""


@pytest.mark.parametrize(
    ("policy", "swept"),
    [
        (HOST_ONLY, ON_THE_HOST),
        (replace(HOST_ONLY, domain="app.example.com"), f"{ON_THE_HOST} | {ON_ITS_DOMAIN}"),
        (replace(HOST_ONLY, path="/app"), "host-only /app | host-only /app/ | host-only /app/x"),
        (replace(HOST_ONLY, path="/app/"), "host-only /app/ | host-only /app/x"),
        (replace(HOST_ONLY, path="/app/x", base_paths=("/other", "/app", "/")), "host-only /app/x | host-only /other"),
        (
            replace(HOST_ONLY, domain="example.com", path="/app"),
            "host-only /app | host-only /app/ | host-only /app/x | .app.example.com /app | .example.com /app",
        ),
        (replace(HOST_ONLY, path="/app", owns_domain=True), f"{ON_THE_HOST} | {ON_ITS_DOMAIN} | {ABOVE}"),
    ],
)
def test_a_policy_sweeps_what_is_no_wider_than_itself_unless_it_owns_more(policy, swept):
    assert {scope for scope in EVERYWHERE if policy.may_sweep(scope)} == scopes(swept)
    partitioned = {replace(scope, partitioned=True) for scope in EVERYWHERE if policy.may_sweep(scope)}
    assert {scope for scope in map(partition, EVERYWHERE) if policy.may_sweep(scope)} == partitioned


def partition(scope: CookieScope) -> CookieScope:
    return replace(scope, partitioned=True)


def test_a_legacy_scope_is_swept_exactly_as_it_is_named():
    policy = replace(HOST_ONLY, path="/app", legacy_scopes=(CookieScope("example.com"),))
    assert policy.may_sweep(CookieScope("example.com"))
    assert not policy.may_sweep(CookieScope("example.com", "/app"))
    assert not policy.may_sweep(CookieScope("example.com", partitioned=True))
    assert not policy.may_sweep(CookieScope("app.example.com"))


@pytest.mark.parametrize("host", ["192.0.2.7", "[::1]", "localhost", "intranet", "github.io"])
def test_an_address_or_a_single_label_has_host_only_cookies_and_nothing_to_own(host):
    policy = CookiePolicy(origins=(f"https://{host}",), owns_domain=True)
    assert policy.may_sweep(CookieScope())
    assert not policy.may_sweep(CookieScope(host))


HOSTS = ["app.example.com", "www.example.com", "a.b.example.com", "example.com", "x.github.io", "x.co.uk", "x"]
PATHS = ["/", "/app", "/app/", "/app/x", "/b"]


@given(
    st.lists(st.sampled_from(HOSTS), min_size=1, max_size=2),
    st.one_of(st.none(), st.sampled_from(HOSTS)),
    st.sampled_from(PATHS),
    st.booleans(),
)
def test_a_policy_always_owns_its_own_scope_and_all_below(hosts, domain, path, owns_domain):
    arguments = {"origins": tuple(f"https://{host}" for host in hosts), "domain": domain, "path": path}
    if CookiePolicy.check(**arguments):
        return
    policy = CookiePolicy(**arguments, owns_domain=owns_domain)
    assert policy.may_sweep(policy.scope)
    assert policy.may_sweep(CookieScope(None, path, partitioned=True))
    assert policy.may_sweep(replace(policy.scope, path=path.rstrip("/") + "/deeper"))
    assert SetCookie.parse(policy.write("n", "v").to_text()) == policy.write("n", "v")
    assert policy.may_sweep(CookieScope(None, "/")) is (owns_domain or path == "/")
