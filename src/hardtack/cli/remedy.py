"""`hardtack remedy`: code to paste or deploy, written from the policy file; and whether what is deployed has drifted.

Rule: standard output is for the remedy itself or for JSON, so that either can go into a file; what is told to people
about it goes to standard error. The work is done by `hardtack.web.remedy`.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hardtack.errors import HardtackError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from datetime import date

    from hardtack.sessions import PolicyFile

__all__ = ["add_parser", "run"]

CLEAN: Final = 0
FINDINGS: Final = 1
COULD_NOT_RUN: Final = 2

_TARGETS: Final = ("nextjs", "cloudfront-function", "js", "nginx", "lambda-edge")
_ENTRIES: Final = {"15": "middleware.ts", "16": "proxy.ts"}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage] -- argparse gives its type no other name
    """Add the command's options."""
    parser = commands.add_parser(
        "remedy",
        help="code to paste or deploy, written from the policy file; --check tells whether it has drifted",
        description="Write code that keeps a site's auth cookies to the one policy of hardtack.toml, or check what was"
        " written before. Without --output it is printed.",
    )
    parser.add_argument("--policy", default="hardtack.toml", metavar="FILE", help="the policy file (hardtack.toml)")
    parser.add_argument("--target", choices=_TARGETS, help="what to write")
    parser.add_argument("--output", metavar="DIR", help="the folder to write into; nothing foreign is overwritten")
    parser.add_argument("--force", action="store_true", help="overwrite what was edited by hand or is not ours")
    parser.add_argument("--next", choices=sorted(_ENTRIES), default="16", help="Next's version: 15 is 15 and before")
    parser.add_argument(
        "--check",
        nargs="+",
        metavar="FILE",
        help="files that a remedy wrote or was pasted into; or a CloudFront distribution's configuration as JSON",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace, *, today: date | None = None) -> int:
    """Run the command.

    Args:
        options: what `add_parser` has parsed.
        today: the day that stands in what is written; the real one in UTC if None.

    Returns:
        0 if all was written or has not drifted, 1 if something has, 2 if it could not run.
    """
    from hardtack.sessions import load_policy_file  # noqa: PLC0415 -- the settings load the layers below them

    if bool(options.check) == bool(options.target):
        return _cannot(
            "Say what to write by --target, or what to check by --check: one of the two.", as_json=options.json
        )
    try:
        file = load_policy_file(options.policy)
        if options.check:
            return _check([Path(each) for each in options.check], file, as_json=options.json)
        return _write(options, file, today or datetime.now(UTC).date())
    except HardtackError as error:
        return _cannot(str(error), as_json=options.json)


def _write(options: argparse.Namespace, file: PolicyFile, today: date) -> int:
    from hardtack.web.remedy import remedy, write  # noqa: PLC0415 -- only this command needs it

    files = remedy(options.target, file, written=today, next_entry=_ENTRIES[options.next])
    became: dict[str, Any] = {}
    folder = Path(options.output or ".")
    if options.output is not None:
        became = dict(write(files, folder, force=options.force))
    if options.json:
        told = [
            {"name": each.name, **({"became": became[each.name]} if became else {"text": each.text})} for each in files
        ]
        _print({"target": options.target, "policy": file.policy.fingerprint, "files": told})
    elif became:
        for name, what in became.items():
            sys.stderr.write(f"{folder / name}: {what}\n")
    else:
        for each in files:
            if len(files) > 1:
                sys.stdout.write(f"{'' if each is files[0] else chr(10)}==> {each.name} <==\n")
            sys.stdout.write(each.text)
    return CLEAN


def _check(paths: Sequence[Path], file: PolicyFile, *, as_json: bool) -> int:
    from hardtack.web.remedy import Drift, check  # noqa: PLC0415 -- only this command needs it

    findings = [finding for path in paths for finding in check(path, file)]
    drifted = [each for each in findings if each.drift is not Drift.NONE]
    if as_json:
        told = [
            {
                "file": each.file,
                "target": each.target,
                "written": each.written,
                "policy": each.policy,
                "drift": each.drift,
            }
            for each in findings
        ]
        _print({"clean": not drifted, "policy": file.policy.fingerprint, "findings": told})
    else:
        sys.stdout.write("".join(f"{each.sentence}\n" for each in findings))
        if drifted:
            sys.stdout.write("Write it anew: hardtack remedy --target ... --output ...\n")
    return FINDINGS if drifted else CLEAN


def _cannot(sentence: str, *, as_json: bool) -> int:
    if as_json:
        _print({"error": sentence})
    else:
        sys.stderr.write(f"{sentence}\n")
    return COULD_NOT_RUN


def _print(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
