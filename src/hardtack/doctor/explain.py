"""What a rule means, at length: `hardtack explain HT101`, and the pages of `docs/rules/`.

Rule: both are made of the catalogue and the messages, so that a page can't say something else than the program.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hardtack.doctor.reports.markdown import fence, told
from hardtack.doctor.rules import GROUPS, RULES
from hardtack.doctor.texts import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.doctor.rules.model import Rule
    from hardtack.doctor.texts import Words

__all__ = ["rule_index", "rule_page"]

_PLACE = re.compile(r"\{[a-z_0-9]+:[^|{}]*\|([^|{}]*)\}")  # one form or another by number: the general one is shown
_VALUE = re.compile(r"\{[a-z_0-9]+\}")


def rule_page(rule: Rule, words: Words) -> str:
    """One rule as a page of Markdown, ending in a line break."""
    return "\n\n".join(_blocks(rule, words)) + "\n"


def _blocks(rule: Rule, words: Words) -> Iterator[str]:
    yield f"# {rule.id}: {words.title(rule)}"
    facts = (
        f"`{rule.name}`",
        words.raw(f"group.{rule.group}"),
        f"{words.raw('ui.severity')}: {words.raw(f'severity.{rule.severity}')}",
        f"{words.raw('ui.confidence')}: {words.raw(f'confidence.{rule.confidence}')}",
    )
    yield " · ".join(facts)
    yield _list(words, rule, _messages(rule, words))
    yield f"**{words.raw('ui.means')}**\n\n{told(words.users(rule))}"
    fixes = ["fix", *(key for key in _keys(rule, words) if key.startswith("fix_"))]
    yield f"**{words.raw('ui.fix')}**\n\n{_list(words, rule, fixes)}"
    for key in ("fires", "quiet"):
        yield f"**{words.raw(f'ui.{key}')}**\n\n{fence(words.raw(f'{rule.id}.{key}'), 'text')}"
    areas = [", ".join(sorted(words.raw(f"area.{area}") for area in areas)) for areas in rule.needs]
    needs = f"; {words.raw('ui.and_or')} ".join(areas)
    yield f"**{words.raw('ui.needs')}**\n\n{needs}"


def _keys(rule: Rule, words: Words) -> list[str]:
    return [key.removeprefix(f"{rule.id}.") for key in words if key.startswith(f"{rule.id}.")]


def _messages(rule: Rule, words: Words) -> list[str]:
    """The rule's messages, the plain one first."""
    others = {"title", "users", "fires", "quiet", "message"}
    return ["message", *(key for key in _keys(rule, words) if key not in others and not key.startswith("fix"))]


def _list(words: Words, rule: Rule, keys: list[str]) -> str:
    """One message as it is, several as a list: which of them is said depends on what was found."""
    mark = "- " if len(keys) > 1 else ""
    return "\n".join(mark + told(_named(words.raw(f"{rule.id}.{key}"))) for key in keys)


def _named(message: str) -> tuple[Span, ...]:
    """A message with its places shown as `…`: what stands there differs from site to site."""
    parts = (_PLACE.sub(r"\1", piece) for piece in message.split("`"))
    spans = (Span("code" if index % 2 else "text", _VALUE.sub("…", text)) for index, text in enumerate(parts))
    return tuple(span for span in spans if span.text)


def rule_index(words: Words, *, link: bool = False) -> str:
    """Every rule in a list, by group, as Markdown.

    Args:
        words: of which language.
        link: whether each id leads to its page.
    """
    blocks: list[str] = []
    for group in GROUPS:
        rows = [f"## {words.raw(f'group.{group}')}", ""]
        for rule in RULES:
            if rule.group == group:
                name = f"[{rule.id}]({rule.id}.md)" if link else rule.id
                rows.append(f"- {name} {words.title(rule)} ({words.raw(f'severity.{rule.severity}')})")
        blocks.append("\n".join(rows))
    return "\n\n".join(blocks) + "\n"
