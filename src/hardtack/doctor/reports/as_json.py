"""The report for programs. `docs/doctor-json.md` documents the schema, and `SCHEMA` is it.

Rule: fields are added, never renamed or taken away, within one schema's number. Ids and keys are the same in every
language; texts are in the language that was asked for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hardtack.doctor.diagnosis import CheckResult
from hardtack.doctor.reports.phrases import rules_with, summary
from hardtack.doctor.texts import plain

if TYPE_CHECKING:
    from hardtack.doctor.diagnosis import Diagnosis, Finding
    from hardtack.doctor.evidence import Evidence
    from hardtack.doctor.rules.model import Rule
    from hardtack.doctor.texts import Words

__all__ = ["SCHEMA", "SCHEMA_ID", "render"]

SCHEMA_ID: Final = "hardtack-doctor/1"

_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_MAYBE_COUNT: Final = {"type": ["integer", "null"], "minimum": 0}
_IDS: Final = {"type": "array", "items": {"type": "string", "pattern": "^HT[0-9]{3}$"}}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": True,  # a later release may say more
    }


_EVIDENCE: Final = _object(
    source=_TEXT,
    line=_MAYBE_COUNT,
    column=_MAYBE_COUNT,
    entry=_MAYBE_COUNT,
    url={"type": ["string", "null"]},
    at={"type": ["number", "null"]},
    quote=_TEXT,
    basis={"enum": ["observed", "configured", "inferred"]},
)
_FINDING: Final = _object(
    rule={"type": "string", "pattern": "^HT[0-9]{3}$"},
    name=_TEXT,
    title=_TEXT,
    severity={"enum": ["error", "warning", "note"]},
    confidence={"enum": ["certain", "likely", "possible"]},
    message=_TEXT,
    users=_TEXT,
    fix=_TEXT,
    lines={"type": "array", "items": _object(file=_TEXT, language=_TEXT, code=_TEXT)},
    evidence={"type": "array", "items": _EVIDENCE},
    target=_TEXT,
    fingerprint=_TEXT,
)

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": SCHEMA_ID,
    **_object(
        schema={"const": SCHEMA_ID},
        target={"type": "array", "items": _TEXT},
        verdict={"enum": ["stuck", "at-risk", "healthy", "inconclusive"]},
        score={"type": ["integer", "null"], "minimum": 0, "maximum": 100},
        summary=_TEXT,
        root={"type": ["string", "null"], "description": "the fingerprint of the finding that explains the others"},
        findings={"type": "array", "items": _FINDING},
        checked=_object(fine=_IDS, not_checked=_IDS, ignored=_IDS),
        suppressed={"type": "array", "items": _object(rule=_TEXT, fingerprint=_TEXT, by=_TEXT, reason=_TEXT)},
        hints={"type": "array", "items": _object(code=_TEXT, text=_TEXT)},
        counts={"type": "object", "additionalProperties": _COUNT},
    ),
}
"""What `render` writes, as a JSON schema (draft 7)."""


def render(diagnosis: Diagnosis, words: Words) -> str:
    """One JSON object, ending in a line break."""
    return json.dumps(document(diagnosis, words), ensure_ascii=False, indent=2) + "\n"


def document(diagnosis: Diagnosis, words: Words) -> dict[str, Any]:
    """The same as a Python object."""
    counts: dict[str, int] = {}
    for facts in diagnosis.facts:
        for name, count in facts.counts.items():
            counts[name] = counts.get(name, 0) + count
    return {
        "schema": SCHEMA_ID,
        "target": list(diagnosis.targets),
        "verdict": diagnosis.verdict.value,
        "score": diagnosis.score,
        "summary": summary(diagnosis, words),
        "root": diagnosis.root.fingerprint if diagnosis.root else None,
        "findings": [_finding(finding, words) for finding in diagnosis.findings],
        "checked": {
            "fine": _ids(rules_with(diagnosis, CheckResult.FINE)),
            "not_checked": _ids(rules_with(diagnosis, CheckResult.NOT_CHECKED)),
            "ignored": _ids(rules_with(diagnosis, CheckResult.IGNORED)),
        },
        "suppressed": [
            {"rule": one.finding.rule.id, "fingerprint": one.finding.fingerprint, "by": one.by, "reason": one.reason}
            for one in diagnosis.suppressed
        ],
        "hints": [{"code": hint.value, "text": words.text(f"hint.{hint}")} for hint in diagnosis.hints],
        "counts": counts,
    }


def _finding(finding: Finding, words: Words) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "name": finding.rule.name,
        "title": words.title(finding.rule),
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "message": plain(words.message(finding)),
        "users": plain(words.users(finding.rule)),
        "fix": plain(words.fix(finding)),
        "lines": [{"file": one.file, "language": one.language, "code": one.code} for one in finding.hit.snippets],
        "evidence": [_evidence(one) for one in finding.hit.evidence],
        "target": finding.target,
        "fingerprint": finding.fingerprint,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    place = evidence.place
    return {
        "source": place.source,
        "line": place.line,
        "column": place.column,
        "entry": place.entry,
        "url": place.url,
        "at": place.at,
        "quote": evidence.quote,
        "basis": evidence.basis.value,
    }


def _ids(rules: tuple[Rule, ...]) -> list[str]:
    return [rule.id for rule in rules]
