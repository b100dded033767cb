"""The commands and their options, in one parser.

Rule: a command imports what it needs when it runs, so that `hardtack --version` takes as long as Python itself, and a
missing extra is one sentence that names it.
"""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from hardtack.cli import doctor, explore, remedy, shield
from hardtack.cli.options import CLEAN, COULD_NOT_RUN, port

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after `hardtack`; those of the process if None.

    Returns:
        0 for clean, 1 for findings, 2 for what could not run.
    """
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:  # argparse has printed what was asked for, or what was wrong
        return CLEAN if stop.code in (0, None) else COULD_NOT_RUN
    run: Callable[[argparse.Namespace], int] | None = getattr(options, "run", None) or _COMMANDS.get(options.command)
    if run is None:
        parser.print_help()
        return COULD_NOT_RUN
    return run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hardtack",
        description="Cognito sessions for the web that can't get stuck.",
        epilog="Exit status: 0 for clean, 1 for findings, 2 for what could not run.",
    )
    parser.add_argument("--version", action="version", version=f"hardtack {version('hardtack')}")
    commands = parser.add_subparsers(dest="command", title="commands")
    demo = commands.add_parser(
        "demo",
        help="a running site with a real user pool: sign in, break your session, watch it heal",
        description="Start the demo on this machine: an embedded user pool, a site with Hardtack, and beside it the"
        " same site as a stock Amplify set-up makes it. Ctrl-C stops it.",
    )
    demo.add_argument("--port", type=port, default=8000, help="port on 127.0.0.1, 0 for any that is free (8000)")
    demo.add_argument("--no-stock", action="store_true", help="leave out the stock site, which npm has to build")
    demo.add_argument("--json", action="store_true", help="print one line of JSON when it is ready")
    check = commands.add_parser(
        "check",
        help="the start-up check, on the HARDTACK_* variables of the environment",
        description="Check a deployment as it is checked at start-up, and list every problem at once. The settings are"
        " read from HARDTACK_* environment variables; nothing is sent anywhere.",
    )
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    remedy.add_parser(commands)
    shield.add_parser(commands)
    doctor.add_parser(commands)
    explore.add_parser(commands)
    return parser


def _demo(options: argparse.Namespace) -> int:
    try:
        from hardtack.demo.run import DemoOptions, run  # noqa: PLC0415 -- an extra, and half a second
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "hardtack":
            raise
        sys.stderr.write(f'The demo needs {error.name}. Install it with: pip install "hardtack[demo]"\n')
        return COULD_NOT_RUN
    return run(DemoOptions(port=options.port, stock=not options.no_stock), as_json=options.json)


def _check(options: argparse.Namespace) -> int:
    from hardtack.cli.check import check  # noqa: PLC0415 -- the settings load the layers below them

    return check(as_json=options.json)


_COMMANDS: Final = {"demo": _demo, "check": _check, "remedy": remedy.run, "shield": shield.run}
