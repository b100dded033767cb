"""The doctor on a HAR file, beside merely parsing the same file's JSON with orjson and with msgspec.

The doctor's time has everything in it: finding the entries, the jar request by request, the facts and all the rules.
Three recordings: a loop as it was recorded, cookies and calls in nearly every request; the same among scripts and pages
as an ordinary site has them, whose bodies are most of the file; and sign-ins one after the other. Each is made long by
repetition, hours apart. The best of several rounds counts, of processor time.

Run as `python bench/recordings.py [megabytes]`; with `--memory FILE` it reads that one file and prints the most memory
that it needed.
"""

from __future__ import annotations

import argparse
import gc
import json
import lzma
import resource
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from hardtack.doctor.diagnosis import diagnose
from hardtack.doctor.facts import no_progress
from hardtack.doctor.sources.har import gather

if TYPE_CHECKING:
    from collections.abc import Callable

RECORDINGS = Path(__file__).parent.parent / "tests" / "fixtures" / "har"
MEGABYTES = 32
ROUNDS = 5
GOAL = 3.0  # times the cost of parsing
SCRIPT = "export function part(){const a=document.querySelector(\"#app\");a.textContent='x'.repeat(7);\n\treturn a}\n"


def recorded(name: str) -> dict[str, Any]:
    return json.loads(lzma.decompress((RECORDINGS / f"{name}.xz").read_bytes()))


def among_pages(log: dict[str, Any]) -> dict[str, Any]:
    """The same recording with bodies in the responses that carry scripts and pages."""
    for number, entry in enumerate(log["log"]["entries"]):
        content = entry["response"]["content"]
        if "text" not in content or "_next" in entry["request"]["url"]:
            content["text"] = SCRIPT * (200 + 37 * (number % 9))
    return log


def write_long(log: dict[str, Any], size: int, path: Path) -> None:
    """Repeat a recording, each time some hours later, until the file has this size."""
    entries = log["log"]["entries"]
    head = {key: value for key, value in log["log"].items() if key not in {"entries", "pages"}}
    with path.open("wb") as file:
        file.write(b'{"log": ' + orjson.dumps(head)[:-1] + b', "entries": [\n')
        hours = 0
        while file.tell() < size:
            for entry in entries:
                began = datetime.fromisoformat(entry["startedDateTime"]) + timedelta(hours=hours)
                moved = {**entry, "startedDateTime": began.isoformat().replace("+00:00", "Z")}
                file.write((b",\n" if hours or entry is not entries[0] else b"") + json.dumps(moved, indent=2).encode())
            hours += 3
        file.write(b"\n]}}\n")


def examine(path: Path) -> str:
    return diagnose([gather(str(path), argparse.Namespace(), no_progress)]).verdict.value


def seconds(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def main(megabytes: int = MEGABYTES) -> None:
    print(f"{'recording':<16} {'MB':>5} {'doctor':>9} {'orjson':>9} {'msgspec':>9} {'ratio':>6}   goal: {GOAL:.0f}")
    with tempfile.TemporaryDirectory() as folder:
        for name, log in (
            ("a loop", recorded("loop.har")),
            ("among pages", among_pages(recorded("loop.har"))),
            ("a sign-in", recorded("unexpected.har")),
        ):
            path = Path(folder) / "long.har"
            write_long(log, megabytes << 20, path)
            doctor = seconds(lambda path=path: examine(path))
            data = path.read_bytes()
            plain = seconds(lambda data=data: orjson.loads(data))
            struct = seconds(lambda data=data: msgspec.json.decode(data))
            ratio = doctor / min(plain, struct)
            size = len(data) / 1e6
            print(f"{name:<16} {size:>5.0f} {doctor:>8.2f}s {plain:>8.2f}s {struct:>8.2f}s {ratio:>6.2f}", flush=True)
            del data


def memory(path: Path) -> None:
    start = time.monotonic()
    verdict = examine(path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = path.stat().st_size / 1e6
    print(f"{size:.0f} MB: {verdict}, {time.monotonic() - start:.0f} s, {peak:.0f} MB of memory at most")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        memory(Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else MEGABYTES)
