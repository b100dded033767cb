"""The catalogue: every rule has a page, words in every language, an example that fires and one that doesn't."""

from __future__ import annotations

import re

import pytest

from hardtack.doctor.configured import CodeContext
from hardtack.doctor.diagnosis import diagnose
from hardtack.doctor.evidence import Basis
from hardtack.doctor.explain import rule_page
from hardtack.doctor.facts import Area, Hint
from hardtack.doctor.kinds import Outcome, Refusal, Step, Writer
from hardtack.doctor.profiles import CookieRole
from hardtack.doctor.rules import GROUPS, RULES, rule_by_id
from hardtack.doctor.rules.model import Confidence, Severity, Verdict
from hardtack.doctor.texts import LANGUAGES, plain, words
from support.docs import ROOT
from support.doctor_examples import EXAMPLES

IDS = [rule.id for rule in RULES]
PLACES = re.compile(r"\{[a-z_0-9]+\}")


def found(rule_id, facts):
    return [finding for finding in diagnose([facts]).findings if finding.rule.id == rule_id]


def test_the_examples_are_those_of_the_catalogue():
    assert sorted(EXAMPLES) == IDS
    assert len(set(IDS)) == len(IDS)
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule_id", IDS)
def test_it_fires_where_it_should(rule_id):
    findings = found(rule_id, EXAMPLES[rule_id][0])
    assert findings
    for finding in findings:
        assert finding.hit.evidence, "no finding without evidence"
        for language in LANGUAGES:
            told = words(language)
            for text in (told.message(finding), told.fix(finding), told.users(finding.rule)):
                assert plain(text).strip()
                assert not PLACES.search(plain(text))


@pytest.mark.parametrize("rule_id", IDS)
def test_it_is_quiet_where_it_should_be(rule_id):
    assert found(rule_id, EXAMPLES[rule_id][1]) == []


@pytest.mark.parametrize("rule_id", IDS)
def test_it_is_quiet_where_there_is_nothing(rule_id):
    empty = EXAMPLES["HT702"][1]
    assert found(rule_id, empty) == []


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_its_id_says_its_group_and_can_be_found_by_name(rule):
    assert re.fullmatch(r"HT\d{3}", rule.id)
    assert rule.group in GROUPS
    assert rule.needs
    assert rule_by_id(rule.id.lower()) is rule is rule_by_id(rule.name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things_of_the_same_rules(language):
    english, other = words("en"), words(language)
    assert list(other) == list(english)
    for key in english:
        if not key.endswith((".fires", ".quiet")):
            assert sorted(PLACES.findall(other.raw(key))) == sorted(PLACES.findall(english.raw(key))), key


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_its_page_is_as_the_catalogue_has_it_now(rule):
    page = ROOT / "docs" / "rules" / f"{rule.id}.md"
    assert page.read_text(encoding="utf-8") == rule_page(rule, words("en"))


def test_no_page_is_left_of_a_rule_that_is_gone():
    assert sorted(page.stem for page in (ROOT / "docs" / "rules").glob("HT*.md")) == IDS


def test_no_word_around_the_findings_is_said_by_nobody():
    doctor = ROOT / "src/hardtack/doctor"
    files = [*doctor.rglob("*.py"), *doctor.rglob("*.html"), ROOT / "src/hardtack/cli/doctor.py"]
    sources = "\n".join(path.read_text("utf-8") for path in files)
    built = {*Basis, "fires", "quiet", "suppressed_comment", "suppressed_baseline"}
    for key in words("en"):
        section, _, name = key.partition(".")
        if section == "ui" and name not in built:
            assert f"ui.{name}" in sources, key


def test_one_is_told_from_many():
    told = words("en")
    assert told.text("ui.fixed", count=1) == "1 edit made."
    assert told.text("ui.fixed", count=2) == "2 edits made."
    assert words("zh-Hans").text("ui.fixed", count=1) == "已修改 1 处。"


def test_every_enumeration_has_its_words():
    for language in LANGUAGES:
        told = words(language)
        for prefix, members in (
            ("verdict", Verdict),
            ("summary", Verdict),
            ("severity", Severity),
            ("confidence", Confidence),
            ("hint", Hint),
            ("area", Area),
            ("words", Writer),
            ("words", CookieRole),
            ("words", CodeContext),
            ("ui", Basis),
            ("words.refusal_", Refusal),
            ("words.step_", Step),
            ("words.outcome_", Outcome),
        ):
            joined = prefix if prefix.endswith("_") else f"{prefix}."
            assert [member for member in members if f"{joined}{member}" not in told] == []


def test_no_message_is_said_by_nobody():
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "src/hardtack/doctor/rules").glob("*.py"))
    for key in words("en"):
        rule_id, _, name = key.partition(".")
        if rule_id in IDS and name not in {"title", "message", "users", "fix", "fires", "quiet"}:
            stem = name.removesuffix("_already")
            assert (
                f'"{name}"' in sources
                or f'"{stem}"' in sources
                or stem in {"other_host", "bad_domain", "public_suffix"}
            ), key
