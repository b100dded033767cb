"""Templates: each is a file in the language that it is a template of, with names such as `__SCOPES__` to be filled in.

Rule: a template reads as what it becomes, so it stays as readable as code that was written by hand. A name that nobody
fills in, or one that the template does not have, is a mistake of ours and stops at once.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["fill"]

_FOLDER: Final = Path(__file__).parent / "templates"
_PLACE: Final = re.compile(r"\b__([A-Z][A-Z_]*[A-Z])__\b")


def fill(template: str, **values: str) -> str:
    """A template with every place filled in.

    Args:
        template: the file's name in the folder `templates`.
        values: what belongs into each place, named in small letters.

    Raises:
        KeyError: a place has no value.
        ValueError: a value has no place.
    """
    text = _read(template)
    unused = values.keys() - {name.lower() for name in _PLACE.findall(text)}
    if unused:
        raise ValueError(f"{template} has no place for {', '.join(sorted(unused))}.")
    return _PLACE.sub(lambda place: values[place[1].lower()], text)


@cache
def _read(template: str) -> str:
    return (_FOLDER / template).read_text(encoding="utf-8")
