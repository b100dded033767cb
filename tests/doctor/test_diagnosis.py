"""The engine: the verdict, the root, the score, and what somebody chose not to see."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.doctor.configured import Suppression
from hardtack.doctor.diagnosis import CheckResult, Finding, diagnose, score_of
from hardtack.doctor.errors import DoctorError
from hardtack.doctor.facts import Area, Facts, Hint, Sight, SourceKind
from hardtack.doctor.observed import After
from hardtack.doctor.rules import RULES
from hardtack.doctor.rules.model import Confidence, Hit, Severity, Verdict
from hardtack.doctor.selection import read_baseline, selection, write_baseline
from support.doctor_examples import EXAMPLES, LONE, TWINS, browser, server
from support.doctor_facts import PARENT, call, cookie, facts, jar, line, load, refresh, sign_in, written

HEALTHY = facts(
    sign_in("A", 1),
    jar(cookie("refreshToken", "A", PARENT), cookie("LastAuthUser", "alice", PARENT), seconds=2),
    refresh("A", 200, 3000),
    jar(after=After.SIGN_OUT, seconds=3100),
)


def story():
    """The shortest story: twins, a sign-out that takes one, a sign-in that reads the other."""
    return facts(
        sign_in("A", 1),
        jar(cookie("refreshToken", "A", PARENT, TWINS[0].writer), seconds=2),
        written("CognitoIdentityServiceProvider.abc123.alice.refreshToken=A; Path=/", 3),
        jar(*TWINS, seconds=3),
        call("RevokeToken", 200, 4, sent="A"),
        jar(TWINS[1], after=After.SIGN_OUT, seconds=5),
        refresh("A", 400, 6),
        sign_in("B", 7),
        refresh("A", 400, 8),
    )


def ids(diagnosis):
    return [finding.rule.id for finding in diagnosis.findings]


def test_the_whole_chain_is_recognised_with_its_cause_and_its_beginning():
    diagnosis = diagnose([story()])
    assert diagnosis.verdict is Verdict.STUCK
    assert {"HT001", "HT005", "HT101", "HT105", "HT201"} <= set(ids(diagnosis))
    assert diagnosis.root is not None
    assert diagnosis.root.rule.id == "HT105"
    assert diagnosis.root.hit.evidence[0].place.entry == 3
    assert diagnosis.score is not None
    assert diagnosis.score <= 20


def test_a_healthy_recording_is_healthy():
    diagnosis = diagnose([HEALTHY])
    assert diagnosis.verdict is Verdict.HEALTHY
    assert {finding.severity for finding in diagnosis.findings} <= {Severity.NOTE}
    assert diagnosis.score is not None
    assert diagnosis.score >= 95
    assert diagnosis.root is None


def test_twins_of_which_nobody_has_died_yet_are_a_risk():
    assert diagnose([facts(jar(*TWINS))]).verdict is Verdict.AT_RISK


def test_without_cookies_the_bodies_still_tell():
    bodies = facts(
        *(fact for fact in story().items if type(fact).__name__ == "PoolCall"),
        sights={Area.POOL: Sight.FULL},
        hints=(Hint.COOKIES_STRIPPED,),
    )
    diagnosis = diagnose([bodies])
    assert diagnosis.verdict is Verdict.STUCK
    assert diagnosis.hints == (Hint.COOKIES_STRIPPED,)
    assert diagnosis.root is not None
    assert diagnosis.root.rule.id == "HT001"


def test_where_nothing_of_use_was_seen_nothing_is_called_healthy():
    blind = diagnose([facts(load(), sights={Area.PAGES: Sight.FULL})])
    assert (blind.verdict, blind.score) == (Verdict.INCONCLUSIVE, None)
    foreign = diagnose([facts(hints=(Hint.NO_AUTH_SEEN,))])
    assert foreign.verdict is Verdict.INCONCLUSIVE


def test_several_recordings_are_judged_one_by_one_and_the_worst_counts():
    diagnosis = diagnose([HEALTHY, story()])
    assert diagnosis.verdict is Verdict.STUCK
    halves = facts(jar(TWINS[0])), facts(jar(TWINS[1]))
    assert "HT101" not in ids(diagnose(halves))


def test_what_the_doctor_planted_itself_is_no_finding():
    planted = facts(jar(*LONE), jar(*TWINS, after=After.PLANT, seconds=1), jar(*TWINS, seconds=2), refresh("A", 400, 3))
    assert diagnose([planted]).verdict is Verdict.HEALTHY


def test_twins_that_the_site_itself_swept_are_a_note():
    healed = facts(
        jar(*TWINS),
        written("CognitoIdentityServiceProvider.abc123.alice.refreshToken=; Path=/; Max-Age=0", 1),
        jar(*LONE, seconds=2),
    )
    (finding,) = (one for one in diagnose([healed]).findings if one.rule.id == "HT101")
    assert finding.severity is Severity.NOTE


def test_a_rule_counts_as_checked_only_if_all_that_it_needs_was_seen():
    partly = facts(sights={Area.JAR: Sight.PARTIAL, Area.POOL: Sight.FULL})
    results = {check.rule.id: check.result for check in diagnose([partly]).checked}
    assert results["HT303"] is CheckResult.FINE
    assert results["HT101"] is CheckResult.NOT_CHECKED
    assert results["HT201"] is CheckResult.NOT_CHECKED
    assert {check.rule.id for check in diagnose([partly]).checked} == {rule.id for rule in RULES}


def test_no_sign_out_in_the_recording_is_no_good_sign_out():
    results = {check.rule.id: check.result for check in diagnose([facts(jar(*LONE))]).checked}
    assert results["HT201"] is CheckResult.NOT_CHECKED
    results = {check.rule.id: check.result for check in diagnose([HEALTHY]).checked}
    assert results["HT201"] is CheckResult.FINE


def test_a_comment_with_a_reason_suppresses_the_next_line():
    def project(reason, number):
        comment = Suppression(evidence=line(number), rules=("HT102",), reason=reason)
        return diagnose([facts(comment, browser(".example.test"), server())])

    assert ids(project("", 1)).count("HT102") == 1
    assert "HT102" not in ids(project("both are right here", 1))
    assert [one.reason for one in project("both are right here", 1).suppressed] == ["both are right here"]
    assert "HT102" in ids(project("too far away", 3))


def test_a_suppressed_finding_changes_the_verdict():
    comment = Suppression(evidence=line(1), rules=("HT102",), reason="meant")
    assert diagnose([facts(browser(".example.test"), server())]).verdict is Verdict.AT_RISK
    assert diagnose([facts(comment, browser(".example.test"), server())]).verdict is Verdict.HEALTHY


def line_moved(scope):
    return replace(scope, evidence=line(90, scope.evidence.place.source))


def test_a_baseline_knows_a_finding_again_though_lines_have_moved(tmp_path):
    before = diagnose([facts(browser(".example.test"), server())])
    path = tmp_path / "baseline.json"
    assert write_baseline(path, before) == len(before.findings)
    after = diagnose([facts(line_moved(browser(".example.test")), server())], baseline=read_baseline(path))
    assert after.findings == ()
    assert {one.by for one in after.suppressed} == {"baseline"}
    worse = diagnose([facts(browser("https://example.test"), server())], baseline=read_baseline(path))
    assert "HT103" in ids(worse)
    assert "alice" not in path.read_text("utf-8")


def test_the_fingerprint_forgets_lines_and_remembers_files():
    def fingerprint(number, file):
        scope = browser("https://example.test")
        place = line(number, file)
        moved = type(scope)(evidence=place, side=scope.side, domain=scope.domain)
        return next(one.fingerprint for one in diagnose([facts(moved)]).findings if one.rule.id == "HT103")

    assert fingerprint(1, "a.ts") == fingerprint(90, "a.ts")
    assert fingerprint(1, "a.ts") != fingerprint(1, "b.ts")


def test_writing_a_baseline_keeps_what_it_already_held(tmp_path):
    path = tmp_path / "baseline.json"
    project = [facts(browser(".example.test"), server())]
    write_baseline(path, diagnose(project))
    first = path.read_text("utf-8")
    write_baseline(path, diagnose(project, baseline=read_baseline(path)))
    assert path.read_text("utf-8") == first


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "other"}', "\x00", "[" * 100_000])
def test_a_file_that_is_no_baseline_is_said_to_be_none(tmp_path, text):
    path = tmp_path / "baseline.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DoctorError, match="baseline"):
        read_baseline(path)
    with pytest.raises(DoctorError, match="baseline"):
        read_baseline(tmp_path / "missing.json")


def test_a_baseline_with_odd_rows_is_read_for_the_good_ones(tmp_path):
    path = tmp_path / "baseline.json"
    rows = [{"fingerprint": "abc"}, {"fingerprint": 1}, 7, None]
    path.write_text(json.dumps({"schema": "hardtack-doctor-baseline/1", "findings": rows}), encoding="utf-8")
    assert read_baseline(path) == ("abc",)


def test_rules_are_chosen_by_id_by_group_and_by_name():
    wanted = selection(["HT1,twins", "ht201"], ["HT101"])
    chosen = {rule.id for rule in RULES if wanted(rule)}
    assert "HT201" in chosen
    assert "HT102" in chosen
    assert "HT101" not in chosen
    assert not any(one.startswith("HT3") for one in chosen)
    assert all(selection()(rule) for rule in RULES)


def test_a_rule_that_is_none_is_an_error_with_a_suggestion():
    with pytest.raises(DoctorError, match="HT101"):
        selection(["HT1011"])
    with pytest.raises(DoctorError, match="twins"):
        selection([], ["twin"])
    with pytest.raises(DoctorError, match="No rule has this"):
        selection(["\x1b[31m"])


def test_what_is_not_wanted_is_neither_run_nor_called_fine():
    diagnosis = diagnose([story()], wanted=selection(["HT101"]))
    assert ids(diagnosis) == ["HT101"]
    results = {check.rule.id: check.result for check in diagnosis.checked}
    assert results["HT105"] is CheckResult.IGNORED


SEVERITIES = st.sampled_from(list(Severity))


@given(
    st.lists(st.tuples(st.sampled_from(RULES), SEVERITIES, st.sampled_from(list(Confidence))), max_size=40),
    st.sampled_from(list(Verdict)),
)
def test_the_score_is_a_number_and_falls_with_every_finding(rows, verdict):
    def scored(some):
        findings = [
            Finding(rule, Hit(evidence=(), severity=severity, confidence=confidence), "", "")
            for rule, severity, confidence in some
        ]
        return score_of(findings, verdict)

    score = scored(rows)
    if verdict is Verdict.INCONCLUSIVE:
        assert score is None
        return
    assert score is not None
    least, most = {Verdict.STUCK: (0, 20), Verdict.AT_RISK: (21, 79)}.get(verdict, (0, 100))
    assert least <= score <= most
    assert scored(rows[:-1]) >= score
    assert scored([*rows, *rows]) == score


def test_the_score_is_as_the_documentation_says():
    def finding(rule, severity, confidence):
        return Finding(rule, Hit(evidence=(), severity=severity, confidence=confidence), "", "")

    one = finding(RULES[0], Severity.WARNING, Confidence.CERTAIN)
    two = finding(RULES[1], Severity.ERROR, Confidence.LIKELY)
    notes = [finding(rule, Severity.NOTE, Confidence.CERTAIN) for rule in RULES[5:20]]
    assert score_of([one], Verdict.HEALTHY) == 90
    assert score_of([one, two], Verdict.HEALTHY) == 66
    assert score_of(notes, Verdict.HEALTHY) == 95
    assert score_of([two], Verdict.STUCK) == 20
    assert score_of([finding(rule, Severity.ERROR, Confidence.CERTAIN) for rule in RULES], Verdict.AT_RISK) == 21


def test_no_mark_can_be_told_from_another_run():
    from hardtack.doctor.marks import Marker

    assert Marker().mark("alice") != Marker().mark("alice")
    marker = Marker()
    assert marker.mark("alice") == marker.mark("alice") != marker.mark("bob")
    assert "key" not in repr(marker)


def test_every_example_that_fires_makes_a_diagnosis_that_says_so():
    for rule_id, (fires, _) in EXAMPLES.items():
        diagnosis = diagnose([fires])
        finding = next(one for one in diagnosis.findings if one.rule.id == rule_id)
        if finding.severity is not Severity.NOTE:
            assert diagnosis.verdict in {Verdict.STUCK, Verdict.AT_RISK}, rule_id


def test_facts_of_nothing_are_no_trouble():
    empty = Facts(SourceKind.PROJECT, "nothing")
    assert diagnose([empty]).verdict is Verdict.INCONCLUSIVE
    assert diagnose([]).verdict is Verdict.INCONCLUSIVE
