"""`hardtack check`: what the start-up check says about the environment, before anything is started.

Rule: the findings are the library's own, word for word; nothing here knows what is right. Secrets are never printed.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from hardtack.cli.options import CLEAN, COULD_NOT_RUN, FINDINGS
from hardtack.errors import HardtackError
from hardtack.sessions import Settings, StartupError, remarks_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hardtack.cookies import PolicyProblem

__all__ = ["check"]

_PREFIX: Final = "HARDTACK_"


def check(environ: Mapping[str, str] | None = None, *, as_json: bool = False) -> int:
    """Check the settings of an environment and print what was found.

    Args:
        environ: the process's environment if None.
        as_json: print one JSON object in place of sentences.

    Returns:
        0 if Hardtack would start (there may be remarks), 1 if it would refuse, 2 if there is nothing to check.
    """
    environ = os.environ if environ is None else environ
    if not any(name.startswith(_PREFIX) for name in environ):
        return _cannot("No HARDTACK_* variable is set, so there is nothing to check.", as_json=as_json)
    try:
        remarks = remarks_on(Settings.from_env(environ), environ)
    except StartupError as error:
        return _told(error.problems, (), as_json=as_json)
    except HardtackError as error:
        return _cannot(str(error), as_json=as_json)
    return _told((), remarks, as_json=as_json)


def _cannot(sentence: str, *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps({"clean": False, "error": sentence, "problems": [], "remarks": []}) + "\n")
    else:
        sys.stderr.write(f"{sentence}\n")
    return COULD_NOT_RUN


def _told(problems: Sequence[PolicyProblem], remarks: Sequence[PolicyProblem], *, as_json: bool) -> int:
    if as_json:
        found = {
            "clean": not problems,
            "problems": [asdict(each) for each in problems],
            "remarks": [asdict(each) for each in remarks],
        }
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(problems, remarks)) + "\n")
    return FINDINGS if problems else CLEAN


def _lines(problems: Sequence[PolicyProblem], remarks: Sequence[PolicyProblem]) -> list[str]:
    lines: list[str] = []
    if problems:
        lines += ["Hardtack would refuse to start like this:", *(f"  - {each}" for each in problems)]
    else:
        lines.append("Hardtack would start with these settings.")
    if remarks:
        lines += ["Worth a thought before going live:", *(f"  - {each}" for each in remarks)]
    return lines
