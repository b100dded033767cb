"""The policy file: read as it is meant, and where it can't be meant, everything is told at once, never a secret."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cookies import CookiePolicy, CookieScope
from hardtack.errors import Blame
from hardtack.sessions import PolicyFile, PolicyFileError, load_policy_file, parse_policy_file

ROOT = Path(__file__).parents[2]
WHOLE = """
[pool]
user_pool_id = "eu-west-1_Example"
client_id = "abc123"
endpoint = "http://127.0.0.1:9229"

[policy]
origins = ["https://app.example.test", "https://www.example.test/"]
domain = ".example.test"
path = "/"
secure = true
http_only = false
same_site = "lax"
max_age = 31_536_000
partitioned = false
base_paths = ["/", "/login"]
legacy_scopes = [{ domain = ".app.example.test", path = "/" }, "host-only /old partitioned"]
owns_domain = false
sweep_budget = 3500

[shield]
upstream = "http://127.0.0.1:3000"
base = "/hardtack"

[our-own-tool]
colour = "green"
"""
LEAST = """
[pool]
user_pool_id = "eu-west-1_Example"
client_id = "abc123"
[policy]
origins = ["https://app.example.test"]
"""


def refused(text: str, **options: object) -> PolicyFileError:
    with pytest.raises(PolicyFileError) as caught:
        parse_policy_file(text, **options)
    for problem in caught.value.problems:
        assert problem.sentence.endswith(".")
        assert problem.hint.endswith((".", '"'))
        assert str(problem) in str(caught.value)
        assert str(problem).isprintable()
    return caught.value


def told(text: str) -> list[tuple[str, str]]:
    return [(each.code, each.attribute) for each in refused(text).problems]


def changed(**policy: str) -> str:
    """The least file with further lines in [policy], each in TOML."""
    return LEAST + "".join(f"{key} = {value}\n" for key, value in policy.items())


def test_a_whole_file_says_what_stands_in_it(tmp_path):
    path = tmp_path / "hardtack.toml"
    path.write_text(WHOLE, encoding="utf-8")
    read = load_policy_file(path)
    assert read.path == path
    assert (read.pool.user_pool_id, read.pool.client_id) == ("eu-west-1_Example", "abc123")
    assert (read.pool.endpoint, read.pool.client_secret) == ("http://127.0.0.1:9229", None)
    assert read.policy == CookiePolicy(
        origins=("https://app.example.test", "https://www.example.test"),
        domain="example.test",
        http_only=False,
        same_site="Lax",
        base_paths=("/", "/login"),
        legacy_scopes=(CookieScope("app.example.test"), CookieScope(None, "/old", partitioned=True)),
    )
    assert read.shield == {"upstream": "http://127.0.0.1:3000", "base": "/hardtack"}
    assert read.tables == {"our-own-tool": {"colour": "green"}}


def test_what_is_left_out_is_as_amplifys_client_has_it_and_script_can_write_the_cookies():
    read = parse_policy_file(LEAST)
    assert read.policy == CookiePolicy(origins=("https://app.example.test",), http_only=False)
    assert read.policy.scope == CookieScope()
    assert (read.shield, read.tables) == ({}, {})


@pytest.mark.parametrize("written", ["lax", "Lax", "LAX"])
def test_same_site_may_be_spelt_as_amplify_or_as_the_standard_has_it(written):
    assert parse_policy_file(changed(same_site=f'"{written}"')).policy.same_site == "Lax"


def test_an_editor_of_another_system_changes_nothing():
    assert parse_policy_file("\ufeff" + WHOLE.replace("\n", "\r\n")) == parse_policy_file(WHOLE)


def test_the_pool_may_stand_in_amplifys_own_file_which_lies_beside_it(tmp_path):
    outputs = {
        "auth": {"user_pool_id": "eu-central-1_Ab12", "user_pool_client_id": "xyz", "aws_region": "eu-central-1"}
    }
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "amplify_outputs.json").write_text(json.dumps(outputs))
    path = tmp_path / "hardtack.toml"
    path.write_text(LEAST.replace('user_pool_id = "eu-west-1_Example"\nclient_id = "abc123"', 'amplify_config = "web"'))
    assert load_policy_file(path).pool.user_pool_id == "eu-central-1_Ab12"
    path.write_text(path.read_text().replace('"web"', '"web/amplify_outputs.json"\nendpoint = "http://localhost:9229"'))
    pool = load_policy_file(path).pool
    assert (pool.client_id, pool.endpoint) == ("xyz", "http://localhost:9229")


def test_the_pool_is_named_once():
    both = LEAST.replace("[policy]", 'amplify_config = "amplify_outputs.json"\n[policy]')
    assert ("policy-file.twice", "pool.user_pool_id") in told(both)


def test_amplifys_file_may_be_missing_or_name_no_pool(tmp_path):
    lines = '[pool]\namplify_config = "{}"\n[policy]\norigins = ["https://a.example"]\n'
    for name in ("nowhere.json", "x" * 5_000, "a\\u0000b"):
        problems = refused(lines.format(name), path=tmp_path / "hardtack.toml").problems
        assert [each.code for each in problems] == ["policy-file.amplify-config"]
    (tmp_path / "empty.json").write_text("{}")
    problems = refused(lines.format("empty.json"), path=tmp_path / "hardtack.toml").problems
    assert [(each.code, each.attribute) for each in problems] == [("amplify.config", "pool.amplify_config")]


PROBLEMS = {
    "an empty file": ("", [("policy-file.missing", "pool"), ("policy-file.missing", "policy")]),
    "no policy": (LEAST.partition("[policy]")[0], [("policy-file.missing", "policy")]),
    "an empty pool": ("[pool]\n[policy]\norigins=['https://a.example']", [("policy-file.missing", "pool")]),
    "half a pool": (LEAST.replace('client_id = "abc123"', ""), [("policy-file.missing", "pool.client_id")]),
    "no origin": (LEAST.partition("origins")[0], [("policy.origins.none", "policy.origins")]),
    "a table that is none": (
        "pool = 3\n" + LEAST.partition("client_id")[2].partition("\n")[2],
        [("policy-file.type", "pool")],
    ),
    "a misspelt table": (LEAST.replace("[policy]", "[polcy]"), [("policy-file.table", "polcy")]),
    "a key outside": ('origins = ["https://a.example"]\n' + LEAST, [("policy-file.loose", "origins")]),
    "a strange key outside": ("colour = 1\n" + LEAST, [("policy-file.loose", "colour")]),
    "a misspelt key": (changed(same_sight='"lax"'), [("policy-file.key", "policy.same_sight")]),
    "a key of another table": (changed(client_id='"x"'), [("policy-file.key", "policy.client_id")]),
    "a text for a flag": (changed(secure='"true"'), [("policy-file.type", "policy.secure")]),
    "a number for a flag": (changed(partitioned="1"), [("policy-file.type", "policy.partitioned")]),
    "a text for a number": (changed(max_age='"1y"'), [("policy-file.type", "policy.max_age")]),
    "a flag for a number": (changed(sweep_budget="true"), [("policy-file.type", "policy.sweep_budget")]),
    "a point in a number": (changed(max_age="1.5"), [("policy-file.type", "policy.max_age")]),
    "a date for a text": (changed(domain="2026-01-01"), [("policy-file.type", "policy.domain")]),
    "a text for a list": (changed(base_paths='"/app"'), [("policy-file.type", "policy.base_paths")]),
    "a number in a list": (changed(base_paths='["/", 3]'), [("policy-file.type", "policy.base_paths[1]")]),
    "scopes that are no list": (changed(legacy_scopes="3"), [("policy-file.type", "policy.legacy_scopes")]),
    "a scope that is none": (changed(legacy_scopes="[3]"), [("policy-file.type", "policy.legacy_scopes[0]")]),
    "a scope without a path": (
        changed(legacy_scopes='[".x.test"]'),
        [("policy-file.scope", "policy.legacy_scopes[0]")],
    ),
    "a scope's path": (changed(legacy_scopes='[{path="x"}]'), [("policy-file.scope", "policy.legacy_scopes[0]")]),
    "a scope's key": (changed(legacy_scopes='[{pfad="/"}]'), [("policy-file.key", "policy.legacy_scopes[0].pfad")]),
    "a scope's flag": (
        changed(legacy_scopes="[{partitioned=1}]"),
        [("policy-file.type", "policy.legacy_scopes[0].partitioned")],
    ),
    "a pool that is none": (LEAST.replace("eu-west-1_", ""), [("cognito.pool", "pool.user_pool_id")]),
    "a policy that browsers refuse": (changed(domain='"other.test"'), [("policy.domain.host", "policy.domain")]),
    "a strange SameSite": (changed(same_site='"loose"'), [("policy.same_site.value", "policy.same_site")]),
    "no TOML": ("[pool\n", [("policy-file.toml", "hardtack.toml")]),
    "the same key twice": (changed(secure="true") + "secure = true\n", [("policy-file.toml", "hardtack.toml")]),
    "a number without end": (changed(max_age="9" * 5_000), [("policy-file.toml", "hardtack.toml")]),
    "a well": (changed(origin="[" * 100_000), [("policy-file.toml", "hardtack.toml")]),
}


@pytest.mark.parametrize(("text", "expected"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_can_not_be_meant_is_told_in_a_sentence(text, expected):
    assert told(text) == expected


def test_nobody_mends_one_problem_per_start():
    wrong = """
    loose = 1
    [pool]
    user_pool_id = ""
    client_id = 3
    [policy]
    origin = ["https://app.example.test"]
    origins = ["app.example.test"]
    secure = "yes"
    max_age = -1
    [sheild]
    """
    assert told(wrong) == [
        ("policy-file.loose", "loose"),
        ("policy-file.table", "sheild"),
        ("policy-file.type", "pool.client_id"),
        ("cognito.pool", "pool.user_pool_id"),
        ("policy-file.key", "policy.origin"),
        ("policy-file.type", "policy.secure"),
        ("policy.origins.form", "policy.origins[0]"),
        ("policy.max_age.positive", "policy.max_age"),
    ]


def test_the_likeliest_key_is_suggested():
    hints = [each.hint for each in refused(changed(samesite='"lax"', basepaths="[]", zzz="1")).problems]
    assert hints[:2] == ["Perhaps same_site is meant.", "Perhaps base_paths is meant."]
    assert hints[2].startswith("Known are origins, domain")


def test_a_hint_is_spelt_as_the_file_has_it():
    (problem,) = refused(LEAST.replace("https", "http")).problems
    assert problem.code == "policy.secure.plain_http"
    assert "secure = false" in problem.hint


@pytest.mark.parametrize("place", ["", "[pool]", "[policy]", "[shield]", "[our-own-tool]"])
@pytest.mark.parametrize("key", ["secrets", "client_secret", "HARDTACK_SECRETS"])
def test_a_secret_does_not_belong_there_and_is_never_repeated(place, key):
    line = f'{key} = "Tell-nobody-0123456789"\n'
    text = WHOLE.replace(f"{place}\n", f"{place}\n{line}") if place else line + WHOLE
    error = refused(text)
    assert [each.code for each in error.problems] == ["policy-file.secret"]
    assert "HARDTACK_SECRETS" in error.problems[0].hint
    assert "Tell-nobody" not in str(error)


def test_the_error_says_whose_turn_it_is_and_which_file(tmp_path):
    error = refused("", path=tmp_path / "our.toml")
    assert (error.code, error.blame) == ("policy-file", Blame.CONFIGURATION)
    assert str(error).startswith("our.toml has 2 problems:\n  - ")
    assert str(tmp_path) not in str(error)


def test_what_can_not_be_read_is_said_so(tmp_path):
    broken = tmp_path / "latin.toml"
    broken.write_bytes(b'[pool]\nuser_pool_id = "\xe9"\n')
    large = tmp_path / "large.toml"
    with large.open("wb") as file:
        file.truncate(1_000_001)
    expected = {
        tmp_path / "nowhere.toml": "unreadable",
        tmp_path: "unreadable",
        Path("nul\0.toml"): "unreadable",
        broken: "encoding",
        large: "size",
    }
    for path, code in expected.items():
        with pytest.raises(PolicyFileError) as caught:
            load_policy_file(path)
        assert [each.code for each in caught.value.problems] == [f"policy-file.{code}"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_somebody_else_is_said_to_be_unreadable(tmp_path):
    path = tmp_path / "hardtack.toml"
    path.write_text(LEAST)
    path.chmod(0)
    with pytest.raises(PolicyFileError, match="can't be read"):
        load_policy_file(path)


def test_every_problem_stands_on_the_files_own_page():
    source, page = (
        (ROOT / "src/hardtack/sessions/policy_file.py").read_text(),
        (ROOT / "docs/policy-file.md").read_text(),
    )
    codes = set(re.findall(r'(?:_add|_refusal)\(\s*(?:path, )?"([a-z-]+)"', source))
    assert len(codes) > 10
    assert set(re.findall(r"^\| `policy-file\.([a-z-]+)` \|", page, re.MULTILINE)) == codes


VALUES = st.sampled_from(
    ['""', "3", "-1", "true", "[]", '["/"]', '[""]', "{}", "1.5", "nan", "2026-01-01", '"\\u0007"']
)
KEYS = st.sampled_from(
    [*(each.strip() for each in ["domain", "path", "secure", "same_site", "max_age", "base_paths"]), "x", '""']
)


@given(st.dictionaries(KEYS, VALUES))
def test_whatever_values_stand_there_it_is_a_policy_or_told(lines):
    try:
        read = parse_policy_file(changed(**lines))
    except PolicyFileError as error:
        assert error.problems  # noqa: PT017 -- either is fine; what counts is that nothing else is raised
    else:
        assert isinstance(read, PolicyFile)


@given(st.text(max_size=200) | st.text(alphabet="[]{}=\"'.,#\n\\ upoly0", max_size=200))
def test_no_text_gives_a_traceback(text):
    try:
        parse_policy_file(text)
    except PolicyFileError as error:
        assert error.problems  # noqa: PT017 -- no text of this kind is a whole policy, but that is not the point
