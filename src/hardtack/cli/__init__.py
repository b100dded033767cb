"""Layer 8: `hardtack` on the command line. It parses and prints; the work is done by the layers below.

Exit status: 0 for clean, 1 for findings, 2 for what could not run at all.
"""

from __future__ import annotations

from hardtack.cli.main import main

__all__ = ["main"]
