"""What a rule is, and what it answers with.

Rule: a rule is a function from facts to hits. It knows nothing of where the facts come from, of languages, of reports.
Its words stand in the messages under its id. Its id never changes meaning and is never used again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from hardtack.doctor.facts import Area, Facts, Sight
from hardtack.doctor.quoting import quotable

if TYPE_CHECKING:
    from hardtack.doctor.evidence import Evidence

__all__ = ["Confidence", "Edit", "Hit", "Rule", "Severity", "Snippet", "Value", "Verdict", "Word", "rule"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word that each language has its own for: a key of the messages' `words`."""

    key: str


Value = str | int | Word | tuple[str, ...]
"""What a message has a place for; a tuple is a list, which each language joins in its own way."""


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """People are stuck by it, or will be."""
    WARNING = "warning"
    """It will hurt under circumstances that are likely to come."""
    NOTE = "note"
    """Worth knowing. A healthy site has some."""

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _RANKS[self]


_RANKS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


class Confidence(StrEnum):
    """How sure a rule is of what it says."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Verdict(StrEnum):
    """The answer in one word."""

    STUCK = "stuck"
    """Somebody is stuck: a right sign-in does not lead to a session that lasts, or pages don't come to rest."""
    AT_RISK = "at-risk"
    """Nobody is seen to be stuck, and what it takes is there."""
    HEALTHY = "healthy"
    INCONCLUSIVE = "inconclusive"
    """Too little could be seen to say so."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines to be written, exactly; made safe to be shown, line by line.

    Attributes:
        code: the lines.
        language: as Markdown's fences name it.
        file: where they belong; empty where that isn't known.
    """

    code: str
    language: str = "ts"
    file: str = ""

    def __post_init__(self) -> None:
        lines = (" " * (len(line) - len(line.lstrip(" "))) + quotable(line) for line in self.code.split("\n"))
        object.__setattr__(self, "code", "\n".join(lines))
        object.__setattr__(self, "file", quotable(self.file))


@dataclass(frozen=True, slots=True)
class Edit:
    """A change that is surely safe: what stands there now can't work for anybody.

    Attributes:
        file: relative to the target.
        line: from 1.
        old: what stands there; the edit is made only if the line has it exactly once.
        new: what replaces it.
    """

    file: str
    line: int
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What a rule found once.

    Attributes:
        evidence: the first is where it began, or the line to be changed.
        values: what the messages have places for.
        say: which message of the rule tells it.
        do: which message of the rule tells the fix.
        snippets: the exact lines of the fix.
        edits: the surely safe part of the fix.
        key: tells it from the rule's other hits at the same place, whatever lines move; for baselines.
        severity: where this hit is milder or worse than the rule's others.
        confidence: the same.
        verdict: the same.
    """

    evidence: tuple[Evidence, ...]
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    say: str = "message"
    do: str = "fix"
    snippets: tuple[Snippet, ...] = ()
    edits: tuple[Edit, ...] = ()
    key: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None
    verdict: Verdict | None = None


Judge = Callable[[Facts], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue.

    Attributes:
        id: `HT` and three digits, the first of which is the group's.
        name: short, in kebab case.
        severity: of its hits, unless a hit says otherwise.
        confidence: the same.
        needs: sets of areas; one set fully seen is enough for the rule to count as checked.
        judge: the rule itself.
        when: whether the facts show the occasion for it, without which finding nothing means nothing; None for always.
        verdict: what a hit above a note makes of the whole.
        cause: whether a hit explains why people are stuck, rather than that they are; lower is nearer to the root,
            0 for no cause.
    """

    id: str
    name: str
    severity: Severity
    confidence: Confidence
    needs: tuple[frozenset[Area], ...]
    judge: Judge = field(repr=False, compare=False)
    verdict: Verdict = Verdict.AT_RISK
    cause: int = 0
    when: Callable[[Facts], bool] | None = field(default=None, repr=False, compare=False)

    @property
    def group(self) -> str:
        """The digit that names its group."""
        return self.id[2]

    def checked(self, facts: Facts) -> bool:
        """Whether finding nothing in these facts means that there is nothing."""
        if self.when is not None and not self.when(facts):
            return False
        return any(all(facts.sights.get(area) is Sight.FULL for area in areas) for areas in self.needs)


def rule(
    id_: str,
    name: str,
    severity: Severity,
    *needs: frozenset[Area] | set[Area],
    confidence: Confidence = Confidence.CERTAIN,
    verdict: Verdict = Verdict.AT_RISK,
    cause: int = 0,
    when: Callable[[Facts], bool] | None = None,
) -> Callable[[Judge], Rule]:
    """Make a rule of a function from facts to hits.

    Args:
        id_: `HT` and three digits.
        name: short, in kebab case.
        severity: of its hits.
        needs: sets of areas, one of which must be fully seen for the rule to count as checked.
        confidence: how sure its hits are.
        verdict: what a hit makes of the whole.
        cause: see `Rule`.
        when: see `Rule`.
    """

    def made(judge: Judge) -> Rule:
        areas = tuple(frozenset(each) for each in needs)
        return Rule(id_, name, severity, confidence, areas, judge, verdict, cause, when)

    return made
