"""`hardtack remedy`: code to paste or deploy, written from the policy file; and whether what is deployed has drifted.

Rule: standard output is for the remedy itself or for JSON, so that either can go into a file; what is told to people
about it goes to standard error. The work is done by `hardtack.web.remedy`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hardtack.cli.options import CLEAN, COULD_NOT_RUN, FINDINGS
from hardtack.errors import HardtackError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from datetime import date

    from hardtack.sessions import PolicyFile

__all__ = ["add_parser", "run"]


_TARGETS: Final = ("nextjs", "cloudfront-function", "js", "nginx", "lambda-edge")
_PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
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
    parser.add_argument("--python", choices=_PYTHONS, help="Lambda's runtime, for lambda-edge; else this version")
    parser.add_argument(
        "--check",
        nargs="+",
        metavar="FILE",
        help="files that a remedy wrote or was pasted into, its packages, or the JSON of aws cloudfront"
        " get-distribution-config",
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
        if options.target == "lambda-edge":
            return _package(options, file)
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


def _package(options: argparse.Namespace, file: PolicyFile) -> int:
    """Write the package for Lambda@Edge, and say how large it is and how it starts."""
    from hardtack.web.remedy.lambda_package import (  # noqa: PLC0415 -- only this target needs it
        DEFAULT_NAME,
        HANDLER,
        build_package,
    )

    def tell(sentence: str) -> None:
        sys.stderr.write(f"{sentence}\n")

    path = Path(options.output or ".", DEFAULT_NAME)
    made = build_package(file, path, python=options.python, force=options.force, tell=tell)
    if options.json:
        cold = asdict(made.cold_start) if made.cold_start else None
        told = {"path": str(made.path), "bytes": made.size, "unpacked": made.unpacked, "wheels": made.wheels}
        _print({"target": "lambda-edge", "python": made.python, "handler": HANDLER, **told, "cold_start": cold})
        return CLEAN
    tell(f"{made.path}: {made.size:,} bytes, {made.unpacked:,} unpacked, {len(made.wheels)} libraries")
    tell(f"Runtime python{made.python}, x86_64; handler {HANDLER}. The deployment's key is in it: keep it as one.")
    if made.cold_start is None:
        tell(f"Cold start: not measured, since there is no python{made.python} here.")
    else:
        cold = made.cold_start
        tell(f"Cold start: {cold.ready_ms:,} ms until it is ready, {cold.first_ms:,} ms for the first event, on this")
        tell("machine; the fetch of the pool's keys and Lambda's own work come on top.")
    return CLEAN


def _check(paths: Sequence[Path], file: PolicyFile, *, as_json: bool) -> int:
    told = [each for path in paths for each in _checked(path, file)]
    drifted = [each for each in told if not each["clean"]]
    if as_json:
        _print({"clean": not drifted, "policy": file.policy.fingerprint, "findings": told})
    else:
        sys.stdout.write("".join(f"{each['sentence']}\n" for each in told))
        if any("target" in each for each in drifted):
            sys.stdout.write("Write it anew: hardtack remedy --target ... --output ...\n")
    return FINDINGS if drifted else CLEAN


def _checked(path: Path, file: PolicyFile) -> list[dict[str, Any]]:
    """What is found in one file, by what it is: a package, a distribution's configuration, or text with blocks."""
    from hardtack.web.remedy import Drift, check  # noqa: PLC0415 -- only this command needs it

    begin = _beginning(path)
    if begin.startswith(b"PK"):
        return [_checked_package(path, file)]
    if begin.lstrip().startswith(b"{"):
        return _checked_distribution(path, file)
    return [
        {
            "file": each.file,
            "clean": each.drift is Drift.NONE,
            "target": each.target,
            "written": each.written,
            "policy": each.policy,
            "drift": each.drift,
            "sentence": each.sentence,
        }
        for each in check(path, file)
    ]


def _checked_package(path: Path, file: PolicyFile) -> dict[str, Any]:
    from hardtack.web.remedy.lambda_package import package_drift  # noqa: PLC0415 -- only a package needs it

    drift = package_drift(path, file)
    sentence = f"{path.name} (lambda-edge) {drift or 'agrees with the policy file.'}"
    return {"file": path.name, "clean": drift is None, "target": "lambda-edge", "sentence": sentence}


def _checked_distribution(path: Path, file: PolicyFile) -> list[dict[str, Any]]:
    from hardtack.web.remedy.distribution import check_distribution  # noqa: PLC0415 -- only a distribution needs it
    from hardtack.web.remedy.writing import read_text  # noqa: PLC0415 -- the same

    problems = check_distribution(read_text(path), file.policy)
    if not problems:
        sentence = f"{path.name}: the shield may run in this distribution."
        return [{"file": path.name, "clean": True, "sentence": sentence}]
    return [
        {
            "file": path.name,
            "clean": False,
            "code": each.code,
            "behaviour": each.attribute,
            "sentence": f"{path.name}: {each}",
        }
        for each in problems
    ]


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64)
    except (OSError, ValueError):
        return b""  # the check of a text says what is wrong


def _cannot(sentence: str, *, as_json: bool) -> int:
    if as_json:
        _print({"error": sentence})
    else:
        sys.stderr.write(f"{sentence}\n")
    return COULD_NOT_RUN


def _print(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
