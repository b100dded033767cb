"""What the stock site's pages say: one TOML file a language in `messages/`, with the same keys (a test compares them).

Entries under `[page]` are shown by the templates, those under `[script]` by `browser/main.js`, which fills in the
figures that stand in braces. Names of functions, exceptions and cookies stay as the code has them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hardtack.web.pages.language import Language

__all__ = ["Texts", "texts"]

_FOLDER: Final = Path(__file__).parent / "messages"


@dataclass(frozen=True, slots=True)
class Texts:
    """Every entry in one language, by key.

    Attributes:
        page: what the templates show.
        script: what script shows.
    """

    page: dict[str, str]
    script: dict[str, str]


@cache
def texts(language: Language) -> Texts:
    """The entries in one language."""
    return Texts(**tomllib.loads((_FOLDER / f"{language.value}.toml").read_text(encoding="utf-8")))
