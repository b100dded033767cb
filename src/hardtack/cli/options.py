"""What every command has in common: its exit codes, and how a port is written."""

from __future__ import annotations

import argparse
from typing import Final

__all__ = ["CLEAN", "COULD_NOT_RUN", "FINDINGS", "port"]

CLEAN: Final = 0
"""All is well, or was done."""
FINDINGS: Final = 1
"""It ran, and found something."""
COULD_NOT_RUN: Final = 2
"""It could not run; a sentence says why."""
_LAST_PORT: Final = 65_535


def port(text: str) -> int:
    """A port of a command line, for argparse; 0 asks for any that is free."""
    if not text.isascii() or not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_LAST_PORT}")
    return int(text)
