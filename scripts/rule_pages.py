"""Write `docs/rules/`: a page for each rule of the doctor and their index, from the catalogue and the messages.

`python scripts/rule_pages.py` writes what has changed and takes away the pages of rules that are gone. A test fails
while a page says something else than the program.
"""  # noqa: INP001 -- a script; scripts are no package

from __future__ import annotations

from pathlib import Path

from hardtack.doctor.explain import rule_index, rule_page
from hardtack.doctor.rules import RULES
from hardtack.doctor.texts import words

FOLDER = Path(__file__).parents[1] / "docs" / "rules"
HEAD = """\
# The doctor's rules

What `hardtack doctor` looks for: see [the doctor](../doctor.md) for how to run it. `hardtack explain HT101` prints a
page at a terminal, in Chinese with `--lang zh`. Ids never change meaning.
"""


def main() -> None:
    """Write every page."""
    english = words("en")
    FOLDER.mkdir(parents=True, exist_ok=True)
    pages = {f"{rule.id}.md": rule_page(rule, english) for rule in RULES}
    pages["README.md"] = f"{HEAD}\n{rule_index(english, link=True)}"
    for old in FOLDER.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        path = FOLDER / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
