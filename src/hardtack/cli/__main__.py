"""`python -m hardtack.cli`: the same as `hardtack`."""

from __future__ import annotations

import sys

from hardtack.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
