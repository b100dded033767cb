"""`make doctor-scores`: the doctor over every recording whose truth is known, and how often it was right.

The recordings lie in tests/fixtures/har and, made from the example site, in tests/fixtures/har-next; what was observed
when they were made stands in labels.json beside them. The verdict is compared and, where they are known, the root cause
and the request where it began; a healthy recording must give no finding above a note. A recording in which a stuck
browser is healed shows the fault first: it counts as stuck. Exit status 1 if anything is missed.
"""
# ruff: noqa: INP001, T201 -- a script: it is no package, and printing is its work

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from hardtack.doctor.diagnosis import diagnose
from hardtack.doctor.facts import no_progress
from hardtack.doctor.rules.model import Severity, Verdict
from hardtack.doctor.sources.har import gather

FIXTURES = Path(__file__).parent.parent / "tests" / "fixtures"
HEALED = "healed"


def recordings() -> dict[Path, dict[str, Any]]:
    """Every recording, and what is known of it."""
    found: dict[Path, dict[str, Any]] = {}
    for folder in (FIXTURES / "har", FIXTURES / "har-next"):
        labels: dict[str, dict[str, Any]] = json.loads((folder / "labels.json").read_text("utf-8"))
        for name, truth in sorted(labels.items()):
            wanted = Verdict.STUCK.value if truth["verdict"] == HEALED else truth["verdict"]
            found[folder / f"{name.removesuffix('.xz')}.xz"] = {**truth, "verdict": wanted}
    return found


def judge(path: Path) -> dict[str, Any]:
    """What the doctor says of one recording."""
    diagnosis = diagnose([gather(str(path), argparse.Namespace(), no_progress)])
    root = diagnosis.root
    return {
        "verdict": diagnosis.verdict.value,
        "cause": root.rule.id if root else None,
        "began": root.hit.evidence[0].place.entry if root else None,
        "loud": [one.rule.id for one in diagnosis.findings if one.severity is not Severity.NOTE],
    }


def main() -> int:
    """Judge them all, print a line each and the figures."""
    labels = recordings()
    right = 0
    hits = {verdict: [0, 0, 0] for verdict in (Verdict.STUCK.value, Verdict.AT_RISK.value, Verdict.HEALTHY.value)}
    causes = begins = faulty = noisy = 0
    for path, truth in labels.items():
        said = judge(path)
        wanted = truth["verdict"]
        for verdict, counts in hits.items():
            counts[0] += said["verdict"] == verdict == wanted
            counts[1] += said["verdict"] == verdict
            counts[2] += wanted == verdict
        healthy = wanted == Verdict.HEALTHY.value
        good = said["verdict"] == wanted and not (healthy and said["loud"])
        noisy += healthy and bool(said["loud"])
        if "cause" in truth and not healthy:
            faulty += 1
            causes += said["cause"] == truth["cause"]
            begins += said["began"] == truth["began"]
            good = good and said["cause"] == truth["cause"] and said["began"] == truth["began"]
        right += good
        cause = "" if healthy else f"{said['cause']} from request {said['began']}"
        print(f"{'ok  ' if good else 'MISS'} {path.stem:<62} {said['verdict']:<8} {cause}")
    print(f"\n{'verdict':<10} {'precision':>10} {'recall':>8} {'recordings':>11}")
    for verdict, (found, claimed, there) in hits.items():
        print(f"{verdict:<10} {_share(found, claimed):>10} {_share(found, there):>8} {there:>11}")
    print(f"\nroot cause right       {causes} of {faulty}")
    print(f"first request right    {begins} of {faulty}")
    print(f"healthy but not quiet  {noisy} of {hits[Verdict.HEALTHY.value][2]}")
    print(f"all right              {right} of {len(labels)}")
    return int(right < len(labels))


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


if __name__ == "__main__":
    sys.exit(main())
