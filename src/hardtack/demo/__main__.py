"""`python -m hardtack.demo`: the same as `hardtack demo`."""

from __future__ import annotations

import sys

from hardtack.demo.run import run

if __name__ == "__main__":
    sys.exit(run())
