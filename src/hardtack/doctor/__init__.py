"""Layer 7: the doctor. Why are these users stuck, and what is to be changed?

Sources read evidence (a project folder, a recording, a live site, a pasted header) and state facts. Rules judge the
facts and know nothing of where they come from. Reports tell what the rules found.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from hardtack.doctor.errors import DoctorError, SourceError

if TYPE_CHECKING:
    from hardtack.doctor.diagnosis import Diagnosis, Finding, diagnose
    from hardtack.doctor.examination import examine
    from hardtack.doctor.facts import Facts
    from hardtack.doctor.reports import render
    from hardtack.doctor.texts import words

__all__ = [
    "Diagnosis",
    "DoctorError",
    "Facts",
    "Finding",
    "SourceError",
    "diagnose",
    "examine",
    "render",
    "words",
]

_LATE = {
    "Diagnosis": "hardtack.doctor.diagnosis",
    "Facts": "hardtack.doctor.facts",
    "Finding": "hardtack.doctor.diagnosis",
    "diagnose": "hardtack.doctor.diagnosis",
    "examine": "hardtack.doctor.examination",
    "render": "hardtack.doctor.reports",
    "words": "hardtack.doctor.texts",
}


def __getattr__(name: str) -> object:
    """Load what is asked for: the rules and their words take a tenth of a second."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)
