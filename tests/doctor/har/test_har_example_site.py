"""Recordings of the example site, in both browsers' worst and best days: each is judged as what it shows."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from hardtack.doctor import diagnose
from hardtack.doctor.facts import no_progress
from hardtack.doctor.rules.model import Severity
from hardtack.doctor.sources.har import gather

RECORDINGS = Path(__file__).parents[2] / "fixtures" / "har-next"
LABELS = json.loads((RECORDINGS / "labels.json").read_text("utf-8"))
SHOWS = {"stuck": "stuck", "healed": "stuck", "healthy": "healthy"}
"""A browser that is healed on the way was stuck before."""


@pytest.mark.parametrize("name", sorted(LABELS))
def test_a_recording_is_judged_as_what_it_shows(name):
    diagnosis = diagnose([gather(str(RECORDINGS / name), argparse.Namespace(), no_progress)])
    assert diagnosis.verdict.value == SHOWS[LABELS[name]["verdict"]]
    if diagnosis.verdict.value == "healthy":
        assert [one.rule.id for one in diagnosis.findings if one.severity is not Severity.NOTE] == []
