"""What a policy refuses, and what it says then."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cookies.policy import CookiePolicy
from hardtack.cookies.problems import SENTENCES, PolicyError, PolicyProblem
from hardtack.cookies.scope import CookieScope
from hardtack.errors import Blame
from support.policy_cases import APP, BROKEN, REFUSED_NAMES, REMARKABLE

ARGUMENT_NAMES = {each.name for each in fields(CookiePolicy) if each.init}


def only(**arguments: Any) -> PolicyProblem:
    (problem,) = CookiePolicy.check(**arguments)
    return problem


@pytest.mark.parametrize(("code", "arguments"), BROKEN.items(), ids=BROKEN.keys())
def test_each_problem_is_found_alone_and_named(code, arguments):
    problem = only(**arguments)
    assert problem.code == code
    assert problem.attribute.partition("[")[0] in ARGUMENT_NAMES
    with pytest.raises(PolicyError) as caught:
        CookiePolicy(**arguments)
    assert caught.value.problems == (problem,)
    assert problem.sentence in str(caught.value)
    assert problem.hint in str(caught.value)
    assert caught.value.blame is Blame.CONFIGURATION


@pytest.mark.parametrize(("code", "arguments"), REMARKABLE.items(), ids=REMARKABLE.keys())
def test_each_remark_is_made_of_a_policy_that_works(code, arguments):
    (remark,) = CookiePolicy(**arguments).remarks
    assert remark.code == code
    assert remark.attribute in {"secure", "same_site"}


def test_every_sentence_of_the_table_has_a_case_here():
    assert set(SENTENCES) == {*BROKEN, *REFUSED_NAMES, *REMARKABLE}


def test_all_problems_are_told_at_once_in_the_order_of_the_arguments():
    with pytest.raises(PolicyError) as caught:
        CookiePolicy(
            origins=("", "https://app.example.com/login"),
            domain="com",
            path="app",
            secure="no",  # type: ignore[arg-type]
            same_site="lax",  # type: ignore[arg-type]
            max_age=-1,
            base_paths=("/ok", "nested"),
            legacy_scopes=(CookieScope("example.net"), CookieScope(None, "/a b")),
            sweep_budget=999,
        )
    assert [(problem.attribute, problem.code) for problem in caught.value.problems] == [
        ("origins[0]", "policy.origins.empty"),
        ("origins[1]", "policy.origins.path"),
        ("domain", "policy.domain.suffix"),
        ("path", "policy.path.start"),
        ("secure", "policy.flag.type"),
        ("same_site", "policy.same_site.value"),
        ("max_age", "policy.max_age.positive"),
        ("base_paths[1]", "policy.path.start"),
        ("legacy_scopes[0]", "policy.legacy_scopes.domain"),
        ("legacy_scopes[1]", "policy.path.characters"),
        ("sweep_budget", "policy.sweep_budget.small"),
    ]
    assert str(caught.value).count("\n") == 11
    assert "11 problems" in str(caught.value)


@pytest.mark.parametrize(
    ("origin", "fix"),
    [
        ("localhost:3000", '"http://localhost:3000"'),
        ("app.example.com:8443", '"https://app.example.com:8443"'),
        ("//app.example.com", '"https://app.example.com"'),
        ("https://*.example.com", '"https://example.com"'),
        ("ftp://app.example.com", '"https://app.example.com"'),
        ("https://app.example.com:99999", '"https://app.example.com"'),
        (" https://app.example.com ", '"https://app.example.com"'),
        ("*", '"https://app.example.com"'),
        ("https://", '"https://app.example.com"'),
        ("https://exa mple.com", '"https://app.example.com"'),
        ("https://app.example.com:0", '"https://app.example.com"'),
    ],
)
def test_what_is_not_an_origin_is_refused_with_one_that_is(origin, fix):
    problem = only(origins=(origin,))
    assert problem.code == "policy.origins.form"
    assert problem.hint == f"Write {fix}."


@pytest.mark.parametrize("unset", ["", "  ", "\n", "None", "null", "undefined", "."])
@pytest.mark.parametrize("attribute", ["domain", "origins"])
def test_a_variable_that_nobody_set_is_called_by_its_name(attribute, unset):
    problem = only(**{"origins": APP, attribute: (unset,) if attribute == "origins" else unset})
    assert problem.code == f"policy.{attribute}.empty"
    assert "environment variable" in problem.sentence


@pytest.mark.parametrize(
    "origin", ["https://app.example.com/", "https://app.example.com:443", "HTTPS://App.Example.com"]
)
def test_an_origin_is_kept_as_browsers_write_it(origin):
    policy = CookiePolicy(origins=(origin, "https://app.example.com"))
    assert policy.origins == APP
    assert policy.hosts == {"app.example.com"}


@pytest.mark.parametrize("path", ["/login", "/?x=1", "/#top", "?x", "//", "/."])
def test_an_origin_ends_with_the_host(path):
    problem = only(origins=(f"https://app.example.com:8443{path}",))
    assert problem.code == "policy.origins.path"
    assert '"https://app.example.com:8443"' in problem.hint


@pytest.mark.parametrize(
    ("domain", "fix"),
    [
        ("example.com:443", '"example.com"'),
        ("example.com/", '"example.com"'),
        ("https://example.com", '"example.com"'),
        ("*.example.com", '"example.com"'),
        ("..example.com", '"example.com"'),
        ("example.com.", '"example.com"'),
        ("example.com\n", '"example.com"'),
        (" example.com", '"example.com"'),
        ('"example.com"', '"example.com"'),
        ("${COOKIE_DOMAIN}", '"example.com"'),
        ("example.com;Path=/", '"example.com"'),
        (7, '"example.com"'),
        (b"example.com", '"example.com"'),
    ],
)
def test_what_is_not_a_bare_domain_is_refused_with_one_that_is(domain, fix):
    problem = only(origins=APP, domain=domain)
    assert problem.code == "policy.domain.form"
    assert f"domain={fix}" in problem.hint


def test_a_domain_may_end_with_the_roots_dot_where_the_origin_does():
    assert CookiePolicy(origins=("https://app.example.com.",), domain="example.com.").scope == CookieScope(
        "example.com."
    )


@pytest.mark.parametrize(
    ("origin", "domain", "fix"),
    [
        ("https://alice.github.io", "github.io", 'domain="alice.github.io"'),
        ("https://github.io", "github.io", 'domain="example.github.io"'),
        ("http://localhost:8000", "localhost", 'domain="example.localhost"'),
        ("http://app.hardtack.localhost:8000", "localhost", 'domain="hardtack.localhost"'),
        ("https://app.example.com", "com", 'domain="example.com"'),
    ],
)
def test_a_public_suffix_is_refused_and_the_domain_below_it_offered(origin, domain, fix):
    problem = only(origins=(origin,), domain=domain)
    assert problem.code == "policy.domain.suffix"
    assert fix in problem.hint


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "[::1]", "127.0.0.1:8000"])
def test_an_address_has_no_domain(address):
    assert only(origins=("http://127.0.0.1:8000", "http://[::1]:8000"), domain=address).code == "policy.domain.address"


def test_the_domain_must_cover_every_host_and_the_one_that_does_is_offered():
    origins = ("https://a.app.example.com", "https://b.app.example.com")
    problem = only(origins=origins, domain="a.app.example.com")
    assert problem.code == "policy.domain.host"
    assert "b.app.example.com" in problem.sentence
    assert 'domain="app.example.com"' in problem.hint


def test_where_no_domain_covers_all_origins_the_hint_says_so():
    origins = (
        "https://one.example",
        "https://two.example",
        "https://3.example",
        "https://4.example",
        "https://5.example",
    )
    problem = only(origins=origins, domain="one.example")
    assert "two.example and 3.example and 4.example and others" in problem.sentence
    assert "No Domain covers all origins" in problem.hint


def test_an_address_among_the_origins_is_not_covered_by_a_domain():
    problem = only(origins=("https://app.example.com", "https://192.0.2.7"), domain="example.com")
    assert problem.code == "policy.domain.host"


@pytest.mark.parametrize(
    "origin",
    ["http://localhost", "http://a.localhost:8000", "http://127.8.9.1:80", "http://[::1]:8000", "http://localhost.:1"],
)
def test_secure_works_on_the_machine_itself_but_not_in_safari(origin):
    (remark,) = CookiePolicy(origins=(origin,)).remarks
    assert remark.code == "policy.remark.safari"
    assert CookiePolicy(origins=(origin,), secure=False).remarks == ()


@pytest.mark.parametrize(
    "origin",
    [
        "http://app.example.com",
        "http://192.168.1.7:8000",
        "http://127.example.com",
        "http://0.0.0.0:8000",
        "http://[::2]",
    ],
)
def test_secure_does_not_work_on_plain_http_elsewhere(origin):
    problem = only(origins=("https://app.example.com", origin))
    assert problem.code == "policy.secure.plain_http"
    assert origin.removesuffix(":80") in problem.sentence


def test_an_https_origin_beside_a_plain_one_asks_for_two_policies():
    assert only(origins=(*APP, "http://app.example.com"), secure=False).code == "policy.secure.missing"
    assert CookiePolicy.check(origins=("http://app.example.com",), secure=False) == ()


@pytest.mark.parametrize(
    ("value", "fix"), [("none", "None"), (None, "None"), ("STRICT", "Strict"), ("", "Lax"), (True, "Lax")]
)
def test_a_same_site_that_browsers_do_not_know_is_refused_with_one_that_they_do(value, fix):
    problem = only(origins=APP, same_site=value)
    assert problem.code == "policy.same_site.value"
    assert problem.hint == f'Write same_site="{fix}".'


@pytest.mark.parametrize("lifetime", [1, 31_536_000, 34_560_000])
def test_a_lifetime_up_to_400_days_is_fine(lifetime):
    assert CookiePolicy.check(origins=APP, max_age=lifetime) == ()


@pytest.mark.parametrize(
    ("lifetime", "code"), [(34_560_001, "cap"), (0, "positive"), (-1, "positive"), (True, "type"), (3600.0, "type")]
)
def test_any_other_lifetime_is_not(lifetime, code):
    assert only(origins=APP, max_age=lifetime).code == f"policy.max_age.{code}"


@pytest.mark.parametrize("path", ["", "app", None, 5, "https://app.example.com/", " /app", '"/app"'])
def test_a_path_starts_with_a_slash(path):
    assert only(origins=APP, path=path).code == "policy.path.start"


@pytest.mark.parametrize(
    "path", ["/a;b", "/a\r\nSet-Cookie: x=1", "/a\0", "/a\x7f", "/a b", "/a ", "/ü", "/a?b", "/a#b"]
)
def test_a_path_says_nothing_that_a_request_could_not(path):
    assert only(origins=APP, path=path).code == "policy.path.characters"
    (problem,) = CookiePolicy.check(origins=APP, legacy_scopes=[CookieScope(None, "/ok"), CookieScope(None, "/;")])
    assert (problem.code, problem.attribute) == ("policy.path.characters", "legacy_scopes[1]")


def test_the_longest_path_that_browsers_read_is_fine():
    assert (
        CookiePolicy.check(origins=APP, path="/" + "a" * 1023, base_paths=("/a%20b", "/~x/(y)'!$&+,=:@\"<>\\^`{|}"))
        == ()
    )


@pytest.mark.parametrize("origins", [None, 5, {"https://app.example.com"}, ("https://app.example.com", None), [b"x"]])
def test_origins_are_a_tuple_of_texts(origins):
    assert only(origins=origins).code == "policy.origins.type"


@pytest.mark.parametrize("scopes", [None, "host-only /", CookieScope(), {CookieScope()}])
def test_legacy_scopes_are_a_tuple_of_scopes(scopes):
    problem = only(origins=APP, legacy_scopes=scopes)
    assert (problem.code, problem.attribute) == ("policy.legacy_scopes.type", "legacy_scopes")


@pytest.mark.parametrize(
    ("domain", "fits"), [("example.com", True), ("app.example.com", True), ("com", False), ("www.example.com", False)]
)
def test_a_legacy_scope_is_one_that_a_host_of_the_policy_can_set(domain, fits):
    assert (CookiePolicy.check(origins=APP, legacy_scopes=(CookieScope(domain),)) == ()) is fits


def test_a_pasted_password_is_not_repeated():
    with pytest.raises(PolicyError) as caught:
        CookiePolicy(origins=("https://bob:hunter2@app.example.com",), domain="bob:hunter2@example.com")
    assert "hunter2" not in str(caught.value)
    assert "…@app.example.com" in str(caught.value)


def test_a_long_or_unprintable_value_is_shown_short_and_in_one_line():
    problem = only(origins=("https://" + "a\r\n\u2028" * 5000,))
    assert len(problem.sentence) < 350
    assert problem.sentence.isprintable()


def test_an_unknown_argument_is_a_mistake_of_the_program():
    with pytest.raises(TypeError):
        CookiePolicy.check(origins=APP, domian="example.com")


TEXTS = st.sampled_from(["", "example.com", ".example.com", "com", "127.0.0.1", "[::1]", "/", "/app", "Lax", "None"])
ORIGINS = st.sampled_from(["", "https://app.example.com", "http://localhost:8000", "http://a.b", "https://[::1]"])
SCOPES = st.builds(CookieScope, st.sampled_from([None, "example.com", "com"]), st.sampled_from(["/", "/app", "/;"]))
BASIC = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.binary(max_size=5))
VALUES = st.one_of(BASIC, TEXTS, ORIGINS, SCOPES)
ARGUMENTS = st.fixed_dictionaries(
    {"origins": st.one_of(VALUES, st.lists(VALUES, max_size=3), st.tuples(ORIGINS))},
    optional={name: st.one_of(VALUES, st.lists(VALUES, max_size=2)) for name in sorted(ARGUMENT_NAMES - {"origins"})},
)


@given(ARGUMENTS)
def test_whatever_a_settings_file_holds_is_judged_and_never_crashes(arguments):
    problems = CookiePolicy.check(**arguments)
    if not problems:
        policy = CookiePolicy(**arguments)
        assert policy.may_sweep(policy.scope)
        assert all(map(policy.allows_host, policy.hosts))
        policy.write("n", "v")
    assert all(problem.sentence.isprintable() and problem.code in SENTENCES for problem in problems)
