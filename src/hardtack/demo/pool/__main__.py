"""`python -m hardtack.demo.pool [--port 9229]`: the pool as a process of its own.

It prints one line of JSON, the ids and the seeded users, as soon as it answers, then serves until Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from dataclasses import asdict
from threading import Event

from hardtack.demo.pool import SEEDED_USERS, EmbeddedPool, PoolError


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; 0 then, 1 when it could not start."""
    parser = argparse.ArgumentParser(prog="python -m hardtack.demo.pool", description=__doc__)
    parser.add_argument("--port", type=int, default=9229, help="port on 127.0.0.1; 0 for any that is free")
    options = parser.parse_args(arguments)
    stop = Event()

    def on_signal(_number: int, _frame: object) -> None:
        stop.set()

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, on_signal)
    try:
        with EmbeddedPool(port=options.port) as pool:
            facts = {**pool.ids.as_json(), "users": [asdict(each) for each in SEEDED_USERS]}
            sys.stdout.write(json.dumps(facts) + "\n")
            sys.stdout.flush()
            stop.wait()
    except PoolError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
