"""The report for an issue. Whoever pastes it must not paste somebody else's links, images or mentions along.

Rule: text of the evidence has every character escaped that means something to Markdown or HTML, and an `@` or `#` that
a code host would make a mention of; code stands in a fence longer than any run of backticks in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hardtack.doctor.diagnosis import CheckResult
from hardtack.doctor.reports.phrases import place_text, rules_with, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.doctor.diagnosis import Diagnosis, Finding
    from hardtack.doctor.texts import Text, Words

__all__ = ["code_span", "escape", "fence", "render"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$^=:-])")
_MENTION = re.compile(r"@(?=\w)")


def escape(text: str) -> str:
    """Text that shows as itself: no link, no emphasis, no HTML, no mention, no line of a table."""
    return _MENTION.sub("@\u2060", _SPECIAL.sub(r"\\\1", text.replace("\n", " ")))


def code_span(text: str) -> str:
    """Text as code within a line."""
    text = text.replace("\n", " ").replace("|", "\\|") or " "
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def fence(code: str, language: str) -> str:
    """Code as a block."""
    ticks = "`" * max(3, max((len(run) for run in re.findall("`+", code)), default=0) + 1)
    return f"{ticks}{language}\n{code}\n{ticks}"


def told(text: Text) -> str:
    """A message: our own words as they are, code as code, values escaped."""
    return "".join(
        code_span(span.text) if span.kind == "code" else escape(span.text) if span.kind == "value" else span.text
        for span in text
    )


def render(diagnosis: Diagnosis, words: Words) -> str:
    """A page, ending in a line break."""
    return "\n\n".join(_blocks(diagnosis, words)) + "\n"


def _blocks(diagnosis: Diagnosis, words: Words) -> Iterator[str]:
    verdict = words.text(f"verdict.{diagnosis.verdict}")
    yield f"## {words.text('ui.title')}: {verdict}"
    score = words.text("ui.no_score") if diagnosis.score is None else words.text("ui.score", score=diagnosis.score)
    targets = ", ".join(code_span(target) for target in diagnosis.targets)
    yield f"**{summary(diagnosis, words)}** {score}. {targets}"
    if diagnosis.root is not None and diagnosis.root.hit.evidence:
        began = place_text(diagnosis.root.hit.evidence[0].place, words, of=diagnosis)
        yield f"{words.text('ui.began')}: {code_span(began)}"
    if not diagnosis.findings:
        yield words.text("ui.no_findings")
    for finding in diagnosis.findings:
        yield from _finding(finding, diagnosis, words)
    for hint in diagnosis.hints:
        yield f"> {words.text(f'hint.{hint}')}"
    for suppressed in diagnosis.suppressed:
        why = words.text(f"ui.suppressed_{suppressed.by}", reason=suppressed.reason)
        yield f"- {words.text('ui.suppressed')}: {suppressed.finding.rule.id}, {escape(why)}"
    for label, result in (("ui.checked", CheckResult.FINE), ("ui.not_checked", CheckResult.NOT_CHECKED)):
        if rules := rules_with(diagnosis, result):
            listed = ", ".join(rule.id for rule in rules)
            yield f"<details><summary>{words.text(label)} ({len(rules)})</summary>\n\n{listed}\n\n</details>"


def _finding(finding: Finding, diagnosis: Diagnosis, words: Words) -> Iterator[str]:
    severity = words.text(f"severity.{finding.severity}")
    confidence = f"{words.text('ui.confidence')}: {words.text(f'confidence.{finding.confidence}')}"
    cause = f"**{words.text('ui.cause')}**, " if finding is diagnosis.root else ""
    yield f"### {finding.rule.id} {words.title(finding.rule)}\n\n{cause}*{severity}, {confidence}*"
    yield told(words.message(finding))
    yield "\n".join(
        f"- {code_span(place_text(one.place, words, of=diagnosis))}{' ' + code_span(one.quote) if one.quote else ''}"
        for one in finding.hit.evidence
    )
    yield f"**{words.text('ui.means')}**: {told(words.users(finding.rule))}"
    yield f"**{words.text('ui.fix')}**: {told(words.fix(finding))}"
    for snippet in finding.hit.snippets:
        if snippet.file:
            yield f"{words.text('ui.in_file', file='')}{code_span(snippet.file)}"
        yield fence(snippet.code, snippet.language)
