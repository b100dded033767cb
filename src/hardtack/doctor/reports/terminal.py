"""The report for a person at a terminal, by Rich.

Rule: nothing of the evidence is ever markup. Texts are built as `Text` objects, piece by piece, and what comes from
evidence has lost its control sequences before (see `quoting`).
"""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from hardtack.doctor.diagnosis import CheckResult
from hardtack.doctor.reports.phrases import place_text, rules_with, summary
from hardtack.doctor.rules.model import Severity, Verdict

if TYPE_CHECKING:
    from hardtack.doctor.diagnosis import Diagnosis, Finding
    from hardtack.doctor.texts import Text as Told
    from hardtack.doctor.texts import Words

__all__ = ["print_report", "render"]

_VERDICTS: Final = {
    Verdict.STUCK: "bold red",
    Verdict.AT_RISK: "bold yellow",
    Verdict.HEALTHY: "bold green",
    Verdict.INCONCLUSIVE: "bold",
}
_SEVERITIES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "cyan"}
_STYLES: Final = {"text": "", "code": "cyan", "value": "bold"}
_WIDTH: Final = 100
_MOST_EVIDENCE: Final = 4


def render(diagnosis: Diagnosis, words: Words) -> str:
    """The report without colours, 100 columns wide."""
    paper = StringIO()
    print_report(diagnosis, words, Console(file=paper, width=_WIDTH, no_color=True, force_terminal=False))
    return paper.getvalue()


def print_report(diagnosis: Diagnosis, words: Words, console: Console) -> None:
    """Print the report.

    Args:
        diagnosis: what was found.
        words: of which language.
        console: where to.
    """
    style = _VERDICTS[diagnosis.verdict]
    head = Text.assemble((words.text(f"verdict.{diagnosis.verdict}"), style), "  ", (summary(diagnosis, words), "bold"))
    score = words.text("ui.no_score") if diagnosis.score is None else words.text("ui.score", score=diagnosis.score)
    head.append(f"\n{score} · {', '.join(diagnosis.targets)}", "dim")
    if diagnosis.root is not None and diagnosis.root.hit.evidence:
        began = place_text(diagnosis.root.hit.evidence[0].place, words, of=diagnosis)
        head.append(f"\n{words.text('ui.began')}: ", "dim").append(began)
    console.print(Panel(head, border_style=style, padding=(0, 1)))
    if not diagnosis.findings:
        console.print(Text(words.text("ui.no_findings")))
    for finding in diagnosis.findings:
        _print_finding(finding, diagnosis, words, console)
    for hint in diagnosis.hints:
        console.print(Padding(_told(words.say(f"hint.{hint}")), (1, 0, 0, 0)))
    for suppressed in diagnosis.suppressed:
        why = words.text(f"ui.suppressed_{suppressed.by}", reason=suppressed.reason)
        line = f"{words.text('ui.suppressed')}: {suppressed.finding.rule.id}, {why}"
        console.print(Text(line, "dim"))
    for label, result in (("ui.checked", CheckResult.FINE), ("ui.not_checked", CheckResult.NOT_CHECKED)):
        if rules := rules_with(diagnosis, result):
            listed = ", ".join(words.title(rule) if result is CheckResult.FINE else rule.id for rule in rules)
            text = Text.assemble((f"{words.text(label)} ({len(rules)}): ", "bold"), (listed, "dim"))
            console.print(Padding(text, (1, 0, 0, 0)))


def _print_finding(finding: Finding, diagnosis: Diagnosis, words: Words, console: Console) -> None:
    severity = words.text(f"severity.{finding.severity}")
    head = Text.assemble(
        "\n",
        (f"{severity} ", _SEVERITIES[finding.severity]),
        (finding.rule.id, "bold"),
        " ",
        (words.title(finding.rule), "bold"),
        (f"  {words.text('ui.cause')}" if finding is diagnosis.root else "", "reverse"),
        (f"  ({words.text('ui.confidence')}: {words.text(f'confidence.{finding.confidence}')})", "dim"),
    )
    console.print(head)
    console.print(Padding(_told(words.message(finding)), (0, 0, 0, 2)))
    shown = finding.hit.evidence[:_MOST_EVIDENCE]
    for evidence in shown:
        where = place_text(evidence.place, words, of=diagnosis)
        line = Text("→ ", "dim").append(where, "underline" if evidence.place.line else "")
        if evidence.quote:
            line.append("  ").append(evidence.quote, "dim")
        console.print(Padding(line, (0, 0, 0, 4)))
    if len(finding.hit.evidence) > len(shown):
        console.print(Padding(Text(f"… +{len(finding.hit.evidence) - len(shown)}", "dim"), (0, 0, 0, 4)))
    for label, text in (("ui.means", words.users(finding.rule)), ("ui.fix", words.fix(finding))):
        told = Text(f"{words.text(label)}: ", "bold").append_text(_told(text))
        console.print(Padding(told, (0, 0, 0, 2)))
    for snippet in finding.hit.snippets:
        if snippet.file:
            console.print(Padding(Text(words.text("ui.in_file", file=snippet.file), "dim"), (0, 0, 0, 4)))
        for line in snippet.code.split("\n"):
            console.print(Text(f"    {line}", "green"), soft_wrap=True)  # whole lines, to be copied


def _told(text: Told) -> Text:
    return Text.assemble(*((span.text, _STYLES[span.kind]) for span in text))
