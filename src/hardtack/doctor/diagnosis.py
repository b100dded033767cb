"""The engine: every rule over one set of facts, and what follows from the findings as a whole.

Rule: rules are independent of each other; what they mean together is decided here and nowhere else: which finding is
the root, what the verdict is, how the score comes about. What somebody chose not to see (`--ignore`, a baseline, a
comment with a reason) counts for neither, and is listed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hardtack.doctor.configured import Suppression
from hardtack.doctor.facts import Area, Facts, Hint
from hardtack.doctor.quoting import quotable
from hardtack.doctor.rules import RULES
from hardtack.doctor.rules.model import Confidence, Hit, Rule, Severity, Verdict

__all__ = ["Check", "CheckResult", "Diagnosis", "Finding", "Suppressed", "diagnose", "score_of"]

_CORE: Final = (
    frozenset({Area.JAR}),
    frozenset({Area.POOL}),
    frozenset({Area.BROWSER_CONFIG, Area.SERVER_CONFIG}),
    frozenset({Area.POLICY}),
)
"""One of these must have been seen before anybody may call something healthy."""

WEIGHTS: Final[Mapping[Severity, int]] = {Severity.ERROR: 30, Severity.WARNING: 10, Severity.NOTE: 1}
"""Points that a rule takes, once, however often it hits."""
SURENESS: Final[Mapping[Confidence, float]] = {
    Confidence.CERTAIN: 1.0,
    Confidence.LIKELY: 0.8,
    Confidence.POSSIBLE: 0.5,
}
MOST_NOTES: Final = 5
"""Points that all notes together may take."""
BANDS: Final[Mapping[Verdict, tuple[int, int]]] = {Verdict.STUCK: (0, 20), Verdict.AT_RISK: (21, 79)}
"""Points that there are at least and at most with such a verdict, so that a worse verdict has never a better score."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that one rule found.

    Attributes:
        rule: which.
        hit: what.
        target: where: the target of its facts.
        fingerprint: the same for the same finding tomorrow, though lines have moved; what a baseline keeps.
    """

    rule: Rule
    hit: Hit
    target: str
    fingerprint: str

    @property
    def severity(self) -> Severity:
        """The hit's own, or the rule's."""
        return self.hit.severity or self.rule.severity

    @property
    def confidence(self) -> Confidence:
        """The hit's own, or the rule's."""
        return self.hit.confidence or self.rule.confidence

    @property
    def verdict(self) -> Verdict | None:
        """What it makes of the whole; None for a note."""
        return None if self.severity is Severity.NOTE else self.hit.verdict or self.rule.verdict


class CheckResult(StrEnum):
    """What became of one rule."""

    FOUND = "found"
    FINE = "fine"
    NOT_CHECKED = "not-checked"
    """The evidence doesn't show what it needs."""
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule, and what became of it."""

    rule: Rule
    result: CheckResult


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that somebody chose not to see.

    Attributes:
        finding: which.
        reason: the comment's, or empty.
        by: `comment` or `baseline`.
    """

    finding: Finding
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The answer.

    Attributes:
        facts: what was judged, one a recording.
        verdict: in one word.
        score: 0 to 100; None if inconclusive.
        findings: the worst first.
        root: the finding that explains the others, if one does.
        checked: every rule and what became of it.
        suppressed: what somebody chose not to see.
        hints: what the reader has to know about the evidence.
    """

    facts: tuple[Facts, ...]
    verdict: Verdict
    score: int | None
    findings: tuple[Finding, ...]
    root: Finding | None
    checked: tuple[Check, ...]
    suppressed: tuple[Suppressed, ...] = ()
    hints: tuple[Hint, ...] = ()
    targets: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", tuple(facts.target for facts in self.facts))

    def worse_than(self, severity: Severity) -> bool:
        """Whether there is a finding of at least this severity."""
        return any(finding.severity.rank <= severity.rank for finding in self.findings)


Wanted = Callable[[Rule], bool]


def diagnose(facts: Sequence[Facts], *, wanted: Wanted = lambda _: True, baseline: Iterable[str] = ()) -> Diagnosis:
    """Run every wanted rule over every set of facts.

    Args:
        facts: one or more, such as several recordings; rules see them one by one.
        wanted: which rules to run.
        baseline: fingerprints of findings that are known already.
    """
    known = frozenset(baseline)
    found: list[Finding] = []
    suppressed: list[Suppressed] = []
    for each in facts:
        comments = [comment for comment in each.of(Suppression) if comment.reason.strip()]
        for finding in _findings(each, wanted):
            if (reason := _reason(finding, comments)) is not None:
                suppressed.append(Suppressed(finding, quotable(reason), "comment"))
            elif finding.fingerprint in known:
                suppressed.append(Suppressed(finding, "", "baseline"))
            else:
                found.append(finding)
    root = _root(found)
    found.sort(key=lambda finding: _order(finding, root))
    verdict = _verdict(found, facts)
    return Diagnosis(
        facts=tuple(facts),
        verdict=verdict,
        score=score_of(found, verdict),
        findings=tuple(found),
        root=root,
        checked=tuple(_checks(facts, found, wanted)),
        suppressed=tuple(suppressed),
        hints=tuple(dict.fromkeys(hint for each in facts for hint in each.hints)),
    )


def _findings(facts: Facts, wanted: Wanted) -> Iterable[Finding]:
    for rule in RULES:
        if wanted(rule):
            for hit in rule.judge(facts):
                yield Finding(rule, hit, facts.target, _fingerprint(rule, hit))


def _fingerprint(rule: Rule, hit: Hit) -> str:
    """No line number and no time: those move while the finding stays."""
    source = hit.evidence[0].place.source if hit.evidence else ""
    return hashlib.sha256(f"{rule.id}\n{source}\n{hit.key}".encode()).hexdigest()[:16]


def _reason(finding: Finding, comments: Iterable[Suppression]) -> str | None:
    """The reason of the comment that covers the finding's first place, its own line or the next."""
    if not finding.hit.evidence:
        return None
    place = finding.hit.evidence[0].place
    for comment in comments:
        at = comment.evidence.place
        covered = at.line is not None and place.line is not None and place.line - at.line in {0, 1}
        if covered and at.source == place.source and finding.rule.id in comment.rules:
            return comment.reason
    return None


def _order(finding: Finding, root: Finding | None) -> tuple[int, bool, bool, int, str]:
    """The worst first; of equally bad ones the root, then those that say "stuck", then the causes."""
    unstuck = finding.verdict is not Verdict.STUCK
    return finding.severity.rank, finding is not root, unstuck, finding.rule.cause or 99, finding.rule.id


def _root(findings: Sequence[Finding]) -> Finding | None:
    """What explains the others; without a known cause the first thing that says that people are stuck."""
    causes = [one for one in findings if one.rule.cause and one.severity is not Severity.NOTE]
    if causes:
        return min(causes, key=lambda one: (one.rule.cause, one.severity.rank, one.rule.id))
    stuck = [one for one in findings if one.verdict is Verdict.STUCK]
    return min(stuck, key=lambda one: (one.severity.rank, one.rule.id)) if stuck else None


def _verdict(findings: Iterable[Finding], facts: Iterable[Facts]) -> Verdict:
    verdicts = {finding.verdict for finding in findings}
    for worst in (Verdict.STUCK, Verdict.AT_RISK):
        if worst in verdicts:
            return worst
    conclusive = any(
        Hint.NO_AUTH_SEEN not in each.hints and any(core <= set(each.sights) for core in _CORE) for each in facts
    )
    return Verdict.HEALTHY if conclusive else Verdict.INCONCLUSIVE


def score_of(findings: Iterable[Finding], verdict: Verdict) -> int | None:
    """The score: 100, less what each rule takes, at most what the verdict allows.

    A rule takes the points of its worst finding, 30 for an error, 10 for a warning, times 1, 0.8 or 0.5 for how sure it
    is. Notes take a point each and five at most. Stuck is 20 at most, at risk 21 to 79.

    Args:
        findings: those that count.
        verdict: of the whole.

    Returns:
        0 to 100; None if inconclusive: nothing is known, and no number says so.
    """
    if verdict is Verdict.INCONCLUSIVE:
        return None
    taken: dict[str, float] = {}
    notes: dict[str, float] = {}
    for finding in findings:
        points = WEIGHTS[finding.severity] * SURENESS[finding.confidence]
        pile = notes if finding.severity is Severity.NOTE else taken
        pile[finding.rule.id] = max(pile.get(finding.rule.id, 0.0), points)
    left = 100 - sum(taken.values()) - min(sum(notes.values()), MOST_NOTES)
    least, most = BANDS.get(verdict, (0, 100))
    return max(least, min(round(left), most))


def _checks(facts: Iterable[Facts], findings: Iterable[Finding], wanted: Wanted) -> Iterable[Check]:
    hit = {finding.rule.id for finding in findings}
    for rule in RULES:
        if rule.id in hit:
            result = CheckResult.FOUND
        elif not wanted(rule):
            result = CheckResult.IGNORED
        else:
            result = CheckResult.FINE if any(rule.checked(each) for each in facts) else CheckResult.NOT_CHECKED
        yield Check(rule, result)
