"""The real recordings: each is recognised, with the right cause and the request where it began."""

from __future__ import annotations

import json

import pytest

from hardtack.doctor.facts import Area, Hint
from hardtack.doctor.observed import After, JarSeen, Writer
from hardtack.doctor.rules.model import Severity, Verdict
from support.recordings import FOLDER, LABELS, judge, read, recorded

STUCK = sorted(name for name, label in LABELS.items() if label["verdict"] != "healthy")
HEALTHY = sorted(name for name, label in LABELS.items() if label["verdict"] == "healthy")
WITH_COOKIES = [name for name in STUCK if "sanitized" not in name]


def file(name):
    return FOLDER / f"{name}.xz"


@pytest.mark.parametrize("name", STUCK)
def test_a_faulty_browser_is_recognised_with_its_cause_and_where_it_began(name):
    label = LABELS[name]
    diagnosis = judge(file(name))
    assert diagnosis.root is not None
    assert (diagnosis.verdict.value, diagnosis.root.rule.id) == (label["verdict"], label["cause"])
    assert diagnosis.root.hit.evidence[0].place.entry == label["began"]


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_browser_gives_nothing_above_a_note(name):
    diagnosis = judge(file(name))
    assert diagnosis.verdict is Verdict.HEALTHY
    assert [one.rule.id for one in diagnosis.findings if one.severity is not Severity.NOTE] == []


@pytest.mark.parametrize("name", WITH_COOKIES)
def test_the_labels_agree_with_the_raw_headers_about_where_it_began(name):
    doubled = []
    for index, entry in enumerate(json.loads(recorded(name))["log"]["entries"]):
        header = next((one["value"] for one in entry["request"]["headers"] if one["name"].lower() == "cookie"), "")
        names = [pair.partition("=")[0] for pair in header.split("; ") if pair]
        if names:
            doubled.append((index, len(set(names)) < len(names)))
    began = LABELS[name]["began"]
    assert not any(twice for index, twice in doubled if index <= began)
    assert next(twice for index, twice in doubled if index > began)


@pytest.mark.parametrize("name", [name for name in WITH_COOKIES if "left" in LABELS[name]])
def test_what_a_sign_out_leaves_lies_where_the_browser_said(name):
    jar = next(fact for fact in read(file(name)).of(JarSeen) if fact.after is After.SIGN_OUT)
    domain, slash, path = LABELS[name]["left"][0].partition("/")
    expected = None if domain.startswith("host-only") else domain.removeprefix(".")
    assert len(jar.cookies) == 6
    known = {one.scope for one in jar.cookies} - {None}
    assert {(scope.domain, scope.path) for scope in known} <= {(expected, slash + path)}
    if "migration" not in name:
        assert known
        assert {one.writer for one in jar.cookies} == {Writer.SERVER}


@pytest.mark.parametrize("name", ["unexpected.sanitized.har", "healthy.sanitized.har"])
def test_a_recording_without_cookies_says_so_and_shows_no_jar(name):
    facts = read(file(name))
    assert Hint.COOKIES_STRIPPED in facts.hints
    assert not facts.of(JarSeen)
    assert Area.JAR not in facts.sights
    assert Area.POOL in facts.sights


@pytest.mark.parametrize("name", sorted(LABELS))
def test_no_name_and_no_token_is_in_any_fact(name):
    text = repr(read(file(name)))
    assert "alice" not in text
    assert "bob" not in text
    assert "eyJ" not in text


def test_a_client_that_writes_on_a_path_is_told_by_its_path_alone():
    name = "signin-dot.example.test_login--host--client.har"
    assert "HT106" in {one.rule.id for one in judge(file(name)).findings}
    facts = read(file(name))
    twins = next(jar for jar in facts.of(JarSeen) if len(jar.cookies) == 12)
    assert {(one.scope, one.path) for one in twins.cookies if one.writer is Writer.SCRIPT} == {(None, "/login")}
