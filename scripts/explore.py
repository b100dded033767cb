"""Explores the worlds of the guarantees and writes down what the searches came to.

    python scripts/explore.py                       # every row
    python scripts/explore.py library-sealed        # some rows; the others stay as they were

Rule: what the documentation says of a guarantee is read from the file that this writes, and from nothing else.
"""  # noqa: INP001 -- a script; scripts are no package

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Final

from hardtack.explore.exploring import explore
from hardtack.explore.guarantees import ROWS, explored, record_of
from hardtack.explore.search import GIGABYTE, Limits, Standing
from hardtack.explore.telling.verdict import print_verdict

FILE: Final = Path(__file__).parents[1] / "src" / "hardtack" / "explore" / "explored.json"


def main() -> int:
    """Explore; 1 if a history was found that no stated limit covers."""
    parser = argparse.ArgumentParser(description="Explores the worlds of the guarantees.")
    parser.add_argument("presets", nargs="*", help="rows to explore; all of them if none is named")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--states", type=int, default=20_000_000, help="stop a row at so many states")
    parser.add_argument("--seconds", type=float, default=None, help="stop a row after so long")
    parser.add_argument("--memory", type=float, default=2.0, metavar="GB", help="stop a row at so much of it")
    wanted = parser.parse_args()
    records = explored() if FILE.exists() else {}
    unstated = 0
    for row in ROWS:
        if wanted.presets and row.key not in wanted.presets:
            continue
        limits = Limits(states=wanted.states, seconds=wanted.seconds, bytes=int(wanted.memory * GIGABYTE))
        found = explore(row.world, workers=wanted.workers, limits=limits, watch=_tell)
        print_verdict(found.summary())
        records[row.key] = record_of(row, found)
        unstated += sum(one.finding.id not in row.limits for one in found.reached)
    kept = [records[row.key] for row in ROWS if row.key in records]
    FILE.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return 1 if unstated else 0


def _tell(standing: Standing) -> None:
    """A line a level: some rows take an hour, and their output is often kept in a file."""
    used = f"{standing.bytes / GIGABYTE:.2f} GB"
    sys.stderr.write(f"depth {standing.depth}: {standing.states:,} states, {used}\n")


if __name__ == "__main__":
    sys.exit(main())
