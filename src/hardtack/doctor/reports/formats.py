"""The formats by name. Each is a function from a diagnosis and the words of a language to text.

Rule: a format is loaded when it is asked for: the terminal's needs Rich, the page's Jinja, the others nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hardtack.doctor.diagnosis import Diagnosis
    from hardtack.doctor.texts import Words

__all__ = ["FORMATS", "render"]

FORMATS: Final = ("terminal", "json", "sarif", "markdown", "html")
_MODULES: Final = {
    "terminal": "hardtack.doctor.reports.terminal",
    "json": "hardtack.doctor.reports.as_json",
    "sarif": "hardtack.doctor.reports.sarif",
    "markdown": "hardtack.doctor.reports.markdown",
    "html": "hardtack.doctor.reports.html",
}


def render(diagnosis: Diagnosis, words: Words, form: str) -> str:
    """Tell a diagnosis.

    Args:
        diagnosis: what was found.
        words: of which language.
        form: one of `FORMATS`; `terminal` comes without colours here.
    """
    return str(import_module(_MODULES[form]).render(diagnosis, words))
