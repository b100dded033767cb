"""`hardtack doctor`, `hardtack explain`, `hardtack sanitize`: the words of the command line, and where output goes.

Rule: parse and print. What a target is, what is wrong with it and how it is told are the doctor's. Nothing heavy is
imported before a command runs; whatever goes wrong is one sentence and exit status 2.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hardtack.cli.options import CLEAN, COULD_NOT_RUN, FINDINGS
from hardtack.errors import HardtackError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Generator

    from hardtack.doctor.diagnosis import Diagnosis
    from hardtack.doctor.facts import Facts
    from hardtack.doctor.texts import Words

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- argparse gives its type no other name

__all__ = ["add_parser", "run"]

_FORMATS: Final = ("terminal", "json", "sarif", "markdown", "html")
_FAIL_ON: Final = ("error", "warning", "note", "never")
_LANGUAGE: Final = "the language of texts (that of the environment)"
_LONGEST_ERROR: Final = 1_000  # characters of one of its lines
_LARGEST_PASTE: Final = 1_000_001  # characters of standard input: one more than a header may have


def add_parser(commands: Commands) -> None:
    """Add the three commands."""
    _add_doctor(commands)
    explain = commands.add_parser(
        "explain", help="what a rule of the doctor means", description="Explain a rule, or list them all."
    )
    explain.add_argument("rule", nargs="?", help="an id such as HT101, or a name such as twins; all rules if left out")
    explain.add_argument("--lang", metavar="en|zh", help=_LANGUAGE)
    explain.add_argument("--json", action="store_true", help="print JSON")
    explain.set_defaults(run=_explain)
    sanitize = commands.add_parser(
        "sanitize",
        help="take tokens, passwords and names out of a HAR file",
        description="Write a copy of a HAR file without tokens, passwords, SRP values, codes, user names and e-mail"
        " addresses. Equal values stay equal, so that the copy can still be judged.",
    )
    sanitize.add_argument("file", type=Path, help="the recording")
    sanitize.add_argument("--output", "-o", type=Path, help="where to write (beside it, as NAME.sanitized.har)")
    sanitize.add_argument("--force", action="store_true", help="write over a file that is there")
    sanitize.add_argument("--json", action="store_true", help="print JSON")
    sanitize.set_defaults(run=_sanitize)


def _add_doctor(commands: Commands) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="why users are stuck: look at a project, a recording, a live site or a pasted header",
        description="Find out why people are stuck, from whatever evidence there is, and what to change.",
        epilog="Exit status: 0 for clean, 1 for findings, 2 for what could not run.",
    )
    doctor.add_argument("target", nargs="*", help="a project folder, HAR files, or a URL")
    doctor.add_argument("--header", metavar="TEXT", help="a Cookie or Set-Cookie header; - reads standard input")
    told = doctor.add_argument_group("the report")
    told.add_argument("--format", choices=_FORMATS, default="terminal", help="how to tell it (terminal)")
    told.add_argument("--json", action="store_true", help="the same as --format json")
    told.add_argument("--output", "-o", type=Path, metavar="FILE", help="write it to a file")
    told.add_argument(
        "--also", action="append", default=[], type=_report, metavar="FORMAT=FILE", help="write another report as well"
    )
    told.add_argument("--lang", metavar="en|zh", help=_LANGUAGE)
    rules = doctor.add_argument_group("rules")
    rules.add_argument("--select", action="append", default=[], metavar="RULES", help="only these: HT101, HT1, twins")
    rules.add_argument("--ignore", action="append", default=[], metavar="RULES", help="all but these")
    rules.add_argument("--fail-on", choices=_FAIL_ON, default="warning", help="the least that counts (warning)")
    rules.add_argument("--baseline", type=Path, metavar="FILE", help="findings in it are known and don't count")
    rules.add_argument("--write-baseline", type=Path, metavar="FILE", help="write what is found now into such a file")
    rules.add_argument("--fix", action="store_true", help="make the edits that are surely safe")
    rules.add_argument("--diff", action="store_true", help="show those edits and make none")
    site = doctor.add_argument_group("a live site")
    site.add_argument("--browser", choices=("chromium", "firefox"), default="chromium", help="which (chromium)")
    site.add_argument("--sign-in", action="store_true", help="sign in, refresh and sign out; asks for a password")
    site.add_argument("--user", metavar="NAME", help="whom to sign in; asked for if left out")
    site.add_argument("--password-env", metavar="VARIABLE", help="read the password from this environment variable")
    site.add_argument("--plant", action="store_true", help="plant stale twins in a fresh profile, and watch")
    site.add_argument("--client-id", metavar="ID", help="the app client's id, where the site doesn't tell it")
    site.add_argument(
        "--control",
        action="append",
        default=[],
        metavar="WHAT=SELECTOR",
        help="what to use as user, password, submit, refresh or sign-out, where it isn't found by itself",
    )
    site.add_argument("--max-requests", type=_count, default=200, metavar="N", help="at most so many requests (200)")
    site.add_argument(
        "--timeout", type=_count, default=60, metavar="SECONDS", help="so long a page may take to come to rest (60)"
    )
    site.add_argument("--headed", action="store_true", help="show the browser's window")
    doctor.add_argument("--host", action="append", default=[], help="a host of the site, where it can't be told")
    doctor.set_defaults(run=run)


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not number:
        raise ValueError
    return number


def _report(text: str) -> tuple[str, Path]:
    form, equals, file = text.partition("=")
    if form not in _FORMATS or not equals or not file:
        raise ValueError
    return form, Path(file)


def run(options: argparse.Namespace) -> int:
    """Run `hardtack doctor`.

    Returns:
        0 if nothing is as bad as `--fail-on` says, 1 if something is, 2 if the evidence can't be read.
    """
    as_json = options.json or options.format == "json"
    try:
        return _doctor(options, "json" if options.json else options.format)
    except HardtackError as error:
        return _cannot(error, as_json=as_json)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "hardtack":
            raise
        sys.stderr.write(f'The doctor needs {error.name}. Install it with: pip install "hardtack[doctor]"\n')
        return COULD_NOT_RUN


def _doctor(options: argparse.Namespace, form: str) -> int:
    from hardtack.doctor.diagnosis import diagnose  # noqa: PLC0415 -- the rules take a tenth of a second
    from hardtack.doctor.errors import DoctorError  # noqa: PLC0415
    from hardtack.doctor.examination import examine  # noqa: PLC0415
    from hardtack.doctor.facts import SourceKind  # noqa: PLC0415
    from hardtack.doctor.rules.model import Severity  # noqa: PLC0415
    from hardtack.doctor.selection import read_baseline, selection, write_baseline  # noqa: PLC0415

    if bool(options.target) == (options.header is not None):
        raise DoctorError("Nothing to look at was named, or too much.", hint="Name a target, or give --header.")
    wanted = selection(options.select, options.ignore)
    known = read_baseline(options.baseline) if options.baseline else ()
    words = _words(options.lang)
    if options.header is not None:
        text = sys.stdin.read(_LARGEST_PASTE) if options.header == "-" else options.header
        facts = [examine(text, options, kind=SourceKind.HEADER)]
    else:
        facts: list[Facts] = []
        for target in options.target:
            with _progress(words.text("ui.looking", target=target)) as progress:
                facts.append(examine(target, options, progress))
    diagnosis = diagnose(facts, wanted=wanted, baseline=known)
    if options.write_baseline:
        write_baseline(options.write_baseline, diagnosis)
    if options.fix or options.diff:
        _fix(diagnosis, options, words)
    _tell(diagnosis, words, form, options.output)
    for other, file in options.also:
        _tell(diagnosis, words, other, file)
    failing = options.fail_on != "never" and diagnosis.worse_than(Severity(options.fail_on))
    return FINDINGS if failing else CLEAN


def _tell(diagnosis: Diagnosis, words: Words, form: str, output: Path | None) -> None:
    from hardtack.doctor.errors import DoctorError  # noqa: PLC0415

    if form == "terminal" and output is None:
        from rich.console import Console  # noqa: PLC0415 -- an extra

        from hardtack.doctor.reports.terminal import print_report  # noqa: PLC0415 -- needs the extra

        print_report(diagnosis, words, Console(highlight=False))
        return
    from hardtack.doctor.reports import render  # noqa: PLC0415 -- with what it needs

    text = render(diagnosis, words, form)
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DoctorError(
            f"The report can't be written: {error.strerror or 'the file system refuses'}.",
            hint="Name a file in a folder that exists and that you may write to.",
        ) from None


def _fix(diagnosis: Diagnosis, options: argparse.Namespace, words: Words) -> None:
    from hardtack.doctor.fixing import apply, changes  # noqa: PLC0415

    root = Path(options.target[0]) if options.target else Path()
    found = changes(diagnosis, root if root.is_dir() else root.parent)
    if options.diff:
        sys.stderr.write("".join(change.diff() for change in found))
        count = sum(change.edits for change in found)
        told = words.text("ui.would_fix", count=count) if count else words.text("ui.nothing_to_fix")
    else:
        count = apply(found)
        told = words.text("ui.fixed", count=count) if count else words.text("ui.nothing_to_fix")
    sys.stderr.write(f"{told}\n")


def _explain(options: argparse.Namespace) -> int:
    from hardtack.doctor.explain import rule_index, rule_page  # noqa: PLC0415
    from hardtack.doctor.rules import RULES, rule_by_id  # noqa: PLC0415

    words = _words(options.lang)
    rule = rule_by_id(options.rule) if options.rule else None
    if options.rule and rule is None:
        sys.stderr.write("No rule has this id or name. `hardtack explain` lists them all.\n")
        return COULD_NOT_RUN
    if options.json:
        chosen = [rule] if rule else list(RULES)
        rows = [
            {
                "rule": one.id,
                "name": one.name,
                "title": words.title(one),
                "severity": one.severity.value,
                "confidence": one.confidence.value,
                "page": rule_page(one, words),
            }
            for one in chosen
        ]
        sys.stdout.write(json.dumps(rows[0] if rule else rows, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(rule_page(rule, words) if rule else rule_index(words))
    return CLEAN


def _sanitize(options: argparse.Namespace) -> int:
    from hardtack.doctor.errors import DoctorError, SourceError  # noqa: PLC0415

    target = options.output or options.file.with_name(f"{options.file.stem}.sanitized.har")
    try:
        try:
            sanitize_har = import_module("hardtack.doctor.sanitize").sanitize_har
        except ModuleNotFoundError as error:
            raise DoctorError(f"Sanitising needs {error.name}.", hint='pip install "hardtack[doctor]"') from None
        if target.exists() and not options.force:
            raise DoctorError("The file to be written is there already.", hint="Give --output or --force.")
        if not options.file.is_file():
            raise SourceError("There is no such recording.", hint="Name a HAR file.")
        with _progress(str(options.file)) as progress:
            sanitize_har(options.file, target, progress=progress)
    except HardtackError as error:
        return _cannot(error, as_json=options.json)
    if options.json:
        sys.stdout.write(json.dumps({"written": str(target)}) + "\n")
    else:
        sys.stdout.write(f"{target}\n")
    return CLEAN


def _cannot(error: HardtackError, *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps({"error": error.message, "hint": error.hint, "code": error.code}) + "\n")
    else:
        from hardtack.doctor.quoting import quotable  # noqa: PLC0415

        sys.stderr.write("".join(f"{quotable(part, limit=_LONGEST_ERROR)}\n" for part in str(error).splitlines()))
    return COULD_NOT_RUN


def _words(asked: str | None) -> Words:
    """The words of the language that was asked for, or that the environment speaks."""
    from hardtack.doctor.texts import words  # noqa: PLC0415

    spoken = asked or os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "en"
    return words("zh-Hans" if spoken.lower().startswith(("zh", "cmn")) else "en")


@contextmanager
def _progress(label: str) -> Generator[Callable[[int, int | None], None]]:
    """A progress bar on standard error, if that is a terminal; else silence."""
    if not sys.stderr.isatty():
        yield lambda _done, _total=None: None
        return
    from rich.console import Console  # noqa: PLC0415 -- an extra
    from rich.markup import escape  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    from hardtack.doctor.quoting import quotable  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(escape(quotable(label)), total=None)
        yield lambda done, total=None: bars.update(bar, completed=done, total=total)
