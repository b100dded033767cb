"""Records random histories of a real browser's cookies and holds the model to them: `python scripts/record_jar.py`.

Every recording is a fresh one: the seed is drawn, printed, and can be given again. A history that the model sees
differently is a fault of the model, or a browser that has changed; the shortest is printed, and the exit status is 1.
With `--output` what was recorded becomes a file in the form of those in tests/fixtures/jar/.
"""  # noqa: INP001 -- a script; scripts are no package

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

ROOT: Final = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # what drives the browsers belongs to their tests

import pytest  # noqa: E402 -- see above

from support.jar_browsers import chromium, mozilla  # noqa: E402 -- see above
from support.jar_generator import history  # noqa: E402 -- see above
from support.jar_histories import meets_phantom, readings, record, replay  # noqa: E402 -- see above

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.jar_browsers import Chromium, FirefoxBrowser
    from support.jar_origin import Origin

BROWSERS: Final = {"chromium": chromium, "firefox": mozilla}
EVERY: Final = 25  # histories between two signs of life


def main(arguments: list[str] | None = None) -> int:
    """Record and compare; answers with the exit status."""
    options = _options(arguments)
    seed = random.SystemRandom().randrange(10**9) if options.seed is None else options.seed
    try:
        with tempfile.TemporaryDirectory() as folder, BROWSERS[options.browser](Path(folder)) as (browser, origin):
            _say(f"{browser.name} {browser.version}: {options.histories} histories from seed {seed}")
            recorded = list(_recorded(browser, origin, seed, options.histories))
    except pytest.skip.Exception as missing:
        sys.stderr.write(f"{missing}\n")
        return 2
    if options.output is not None:
        _write(options.output, recorded)
    return _verdict(options.browser, recorded)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Record random histories of a browser's cookies, and compare.")
    parser.add_argument("--histories", type=int, default=200, help="how many (default: 200)")
    parser.add_argument("--seed", type=int, help="of the first history; drawn if missing")
    parser.add_argument("--browser", choices=sorted(BROWSERS), default="chromium", help="which (default: chromium)")
    parser.add_argument("--output", type=Path, help="a file for them, *.jsonl or *.jsonl.gz")
    return parser.parse_args(arguments)


def _recorded(browser: Chromium | FirefoxBrowser, origin: Origin, seed: int, count: int) -> Iterator[list[Any]]:
    """Histories with what was seen. In Firefox those are passed over in which its phantom would be met."""
    number, done = seed, 0
    while done < count:
        operations = history(number)
        if browser.name == "chromium" or not meets_phantom(operations, clock=time.time):
            yield [number, operations, _seen(browser, origin, operations)]
            done += 1
            if done % EVERY == 0 and done < count:
                _say(f"  {done} recorded")
        number += 1


def _seen(browser: Chromium | FirefoxBrowser, origin: Origin, operations: list[Any]) -> list[Any]:
    """One recording; begun anew once where a page was never heard of, which a very busy machine can bring about."""
    browser.reset()
    try:
        return record(browser, origin, operations)
    except TimeoutError:
        browser.reset()
        return record(browser, origin, operations)


def _verdict(engine: str, recorded: list[list[Any]]) -> int:
    differing: list[tuple[int, list[Any], list[Any], list[Any]]] = []
    headers = cookies = 0
    for seed, operations, seen in recorded:
        modelled = json.loads(json.dumps(replay(engine, operations, clock=time.time)))
        counted = readings(seen)
        headers, cookies = headers + counted[0], cookies + counted[1]
        if modelled != seen:
            differing.append((seed, operations, seen, modelled))
    agreeing = len(recorded) - len(differing)
    _say(f"{agreeing} of {len(recorded)} histories agree, {headers} headers, {cookies} document.cookie readings")
    if not differing:
        return 0
    seed, operations, seen, modelled = min(differing, key=lambda one: len(json.dumps(one[1])))
    _say(f"\nThe shortest that differs has seed {seed}:")
    for operation in operations:
        _say(f"  {json.dumps(operation)}")
    for number, (real, ours) in enumerate(zip(seen, modelled, strict=True), start=1):
        if real != ours:
            _say(f"observation {number}\n  browser: {json.dumps(real)}\n  model:   {json.dumps(ours)}")
    return 1


def _write(path: Path, recorded: list[list[Any]]) -> None:
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in recorded)
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode())


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
