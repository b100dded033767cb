"""The report for code scanning: SARIF 2.1.0 (OASIS), valid by its schema.

Rule: in SARIF's texts `[words](link)` is a link and `{0}` a placeholder (sections 3.11.5 and 3.11.6), so brackets and
braces are escaped in whatever a result says. Fingerprints are the diagnosis's own, so that a code host recognises a
finding after lines have moved.
"""

from __future__ import annotations

import json
import posixpath
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from hardtack.doctor.diagnosis import CheckResult
from hardtack.doctor.facts import SourceKind
from hardtack.doctor.reports.markdown import told
from hardtack.doctor.reports.phrases import place_text
from hardtack.doctor.rules import RULES
from hardtack.doctor.rules.model import Severity
from hardtack.doctor.texts import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.doctor.diagnosis import Diagnosis, Finding, Suppressed
    from hardtack.doctor.evidence import Evidence
    from hardtack.doctor.facts import Facts
    from hardtack.doctor.rules.model import Rule
    from hardtack.doctor.texts import Words

__all__ = ["document", "render"]

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "[": "\\[", "]": "\\]", "{": "{{", "}": "}}"})
_FILE: Final = re.compile(r"\.(?:json|toml|py|[cm]?[jt]sx?)$")  # a target that is a file of the project
_INDEX: Final = {rule.id: index for index, rule in enumerate(RULES)}
_SUPPRESSIONS: Final = {"comment": "inSource", "baseline": "external"}


def render(diagnosis: Diagnosis, words: Words) -> str:
    """One JSON object, ending in a line break."""
    return json.dumps(document(diagnosis, words), ensure_ascii=False, indent=2) + "\n"


def document(diagnosis: Diagnosis, words: Words) -> dict[str, Any]:
    """The same as a Python object."""
    bases = {facts.target: _base(facts) for facts in diagnosis.facts}
    results = [_result(finding, words, bases) for finding in diagnosis.findings]
    results += [_suppressed(one, words, bases) for one in diagnosis.suppressed]
    driver = {
        "name": "hardtack doctor",
        "semanticVersion": version("hardtack"),
        "language": "zh-CN" if words.language == "zh-Hans" else "en-US",
        "rules": [_rule(rule, words) for rule in RULES],
    }
    properties = {"verdict": diagnosis.verdict.value, "score": diagnosis.score}
    fine = [check.rule.id for check in diagnosis.checked if check.result is CheckResult.FINE]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": results,
                "properties": {**properties, "checked": fine},
            }
        ],
    }


def _rule(rule: Rule, words: Words) -> dict[str, Any]:
    text = f"{plain(words.users(rule))}"
    markdown = f"{told(words.users(rule))}\n\n`hardtack explain {rule.id}`"
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": words.title(rule)},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": markdown},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"confidence": rule.confidence.value, "tags": [words.text(f"group.{rule.group}")]},
    }


def _base(facts: Facts) -> str:
    """The folder that a project's files are relative to, as code hosts want it: relative to where the command ran."""
    target = facts.target.replace("\\", "/")
    if facts.kind is not SourceKind.PROJECT or target.startswith("/") or ":" in target:
        return ""
    return posixpath.dirname(target) if _FILE.search(target) else target


def _result(finding: Finding, words: Words, bases: Mapping[str, str]) -> dict[str, Any]:
    fixes = "\n".join(snippet.code for snippet in finding.hit.snippets)
    text = " ".join(filter(None, (plain(words.message(finding)), plain(words.fix(finding)), fixes)))
    evidence = finding.hit.evidence
    base = bases.get(finding.target, "")
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": _INDEX[finding.rule.id],
        "level": _LEVELS[finding.severity],
        "message": {"text": text.translate(_ESCAPES)},
        "locations": [_location(one, words, base) for one in evidence[:1]],
        "relatedLocations": [
            {
                "id": number,
                **_location(one, words, base),
                "message": {"text": place_text(one.place, words).translate(_ESCAPES)},
            }
            for number, one in enumerate(evidence[1:], start=1)
        ],
        "partialFingerprints": {"hardtackFinding/v1": finding.fingerprint},
        "properties": {"confidence": finding.confidence.value},
    }


def _suppressed(suppressed: Suppressed, words: Words, bases: Mapping[str, str]) -> dict[str, Any]:
    entry = {"kind": _SUPPRESSIONS[suppressed.by]}
    if suppressed.reason:
        entry["justification"] = suppressed.reason
    return {**_result(suppressed.finding, words, bases), "suppressions": [entry]}


def _location(evidence: Evidence, words: Words, base: str) -> dict[str, Any]:
    place = evidence.place
    source = place.source.replace("\\", "/")
    path = posixpath.normpath(posixpath.join(base, source)) if base else source
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(path, safe="/:")}}
    location: dict[str, Any] = {"physicalLocation": physical}
    if place.line is not None:
        region: dict[str, Any] = {"startLine": place.line}
        if place.column is not None:
            region["startColumn"] = place.column
        if place.end_line is not None:
            region["endLine"] = place.end_line
        if evidence.quote:
            region["snippet"] = {"text": evidence.quote}
        physical["region"] = region
    else:
        name = place_text(place, words)
        location["logicalLocations"] = [{"name": name, "kind": "request" if place.entry is not None else "resource"}]
    return location
