"""Writes the parts of the documentation that the code knows better, and checks that they are as written.

    python scripts/docs.py            # writes
    python scripts/docs.py --check    # fails if something would change

Rule: what can drift is generated. Between `<!-- generated: NAME -->` and `<!-- end -->` a page holds what `SECTIONS`
makes of the code; everything else is written by hand.
"""  # noqa: INP001 -- a script; scripts are no package

from __future__ import annotations

import argparse
import dataclasses
import gzip
import importlib
import json
import logging
import pkgutil
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docs_explored import explored_table, guarantees_table, presets_table
from docs_reference import first_paragraph, listed, parameters, reference, shown_default

import hardtack
from hardtack import Hardtack
from hardtack.cognito import Limits, UserPool
from hardtack.cookies import CookiePolicy
from hardtack.cookies.dialects import CHROMIUM, FIREFOX, RFC6265BIS, Dialect
from hardtack.errors import HardtackError
from hardtack.sessions import EVENTS, POWERS, Event, SessionCore, Settings, StartupError, check_settings, remarks_on
from hardtack.sessions.events import deliver
from hardtack.sessions.policy_file import parse_policy_file
from hardtack.sessions.transitions import SHIELD_TRANSITIONS, TRANSITIONS, Answer, Finding, mermaid
from hardtack.web.pages import Browser, Language, Pages, guidance_for
from hardtack.web.pages.catalogue import catalogue
from hardtack.web.proxy import ProxyLimits
from hardtack.web.proxy.serve import ServerOptions
from hardtack.web.routes import AuthRoutes, RouteLimits
from hardtack.web.shield import ShieldSettings
from hardtack.web.shield.settings import shield_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hardtack.cookies import PolicyProblem

_MARKED = re.compile(r"<!-- generated: (?P<name>[a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)
_POOL = UserPool("eu-west-1_Ab12Cd34E", "1example23456789")
_POLICY = CookiePolicy(origins=("https://app.example.com",))
_SECRETS = ("x" * 32,)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a pipe inside a cell is escaped."""
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)


def code(text: object) -> str:
    """Text as code."""
    return f"`{text}`"


def jar_differences() -> str:
    """Every field of the table of dialects, with what each engine has there and its source."""
    told = listed(Dialect, "Attributes")
    rows = (
        (
            code(field.name),
            told[field.name],
            *(_shown_trait(getattr(one, field.name)) for one in (RFC6265BIS, CHROMIUM, FIREFOX)),
            field.metadata["section"],
            field.metadata["known"],
        )
        for field in dataclasses.fields(Dialect)
    )
    return table(("trait", "what it is", "RFC 6265bis", "Chromium 156", "Firefox 153", "section", "known"), rows)


def _shown_trait(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else code(value)


def jar_recordings() -> str:
    """How much the jar is held to."""
    rows: list[tuple[str, ...]] = []
    for name, file in _RECORDINGS.items():
        path = Path(__file__).parents[1] / "tests" / "fixtures" / "jar" / f"{file}.jsonl.gz"
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            seen = [one for line in lines for one in [json.loads(line)[2]]]
        headers = sum(len(header) if isinstance(header, list) else 1 for one in seen for header, _ in one)
        cookies = sum(cookie is not None for one in seen for _, cookie in one)
        rows.append((name, f"{len(seen):,}", f"{headers:,}", f"{cookies:,}"))
    return table(("recording", "histories", "`Cookie` headers", "readings of `document.cookie`"), rows)


_RECORDINGS = {
    "Chromium, one site": "chromium",
    "Chromium, other sites among them": "chromium-pages",
    "Firefox, one site": "firefox",
    "Firefox, other sites among them": "firefox-pages",
}


def events() -> str:
    """Every event, with its log level and its sentence."""
    return table(
        ("event", "level", "what happened"), ((code(name), _level(name), told) for name, told in EVENTS.items())
    )


def _level(name: str) -> str:
    """The level at which an event is logged, found out by logging it."""
    heard: list[str] = []
    logger = logging.getLogger("hardtack")
    handler, before = logging.Handler(), (logger.level, logger.propagate)
    handler.emit = lambda record: heard.append(record.levelname.lower())
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        deliver([Event(name)], ())
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before
    return heard[0]


def diagram() -> str:
    """The transitions as a picture."""
    return f"```mermaid\n{mermaid()}```"


def shield_diagram() -> str:
    """The same before an unmodified site, where nobody is ever sent away for being one of two."""
    table = {row: move for row, move in SHIELD_TRANSITIONS.items() if row[0] is not Finding.RIVALS}
    return f"```mermaid\n{mermaid(table)}```"


def transitions() -> str:
    """The transitions as a table."""
    rows = (
        (
            code(finding.value),
            "" if answer is Answer.NOT_ASKED else answer.value,
            code(move.outcome.value),
            move.cookies.value,
            "yes" if move.climbs else "",
        )
        for (finding, answer), move in TRANSITIONS.items()
    )
    return table(("the cookies hold", "the pool said", "outcome", "cookies", "climbs the ladder"), rows)


def kinds() -> str:
    """What each kind of request may do."""
    rows = (
        (code(kind.value), "yes", "yes" if powers.refresh else "no", "yes" if powers.heal else "no")
        for kind, powers in POWERS.items()
    )
    return table(("kind of request", "verify", "refresh", "heal and climb"), rows)


def fields_of(described: type) -> Callable[[], str]:
    """A table of a dataclass's fields."""

    def section() -> str:
        told = listed(described, "Attributes")
        rows = (
            (code(field.name), code(field.type), _default(field), told[field.name])
            for field in dataclasses.fields(described)
            if field.init
        )
        return table(("field", "type", "default", "what it is"), rows)

    return section


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is dataclasses.MISSING:
        return "required" if field.default_factory is dataclasses.MISSING else code(field.default_factory())
    if dataclasses.is_dataclass(field.default):
        values = ", ".join(
            f"{one.name}={getattr(field.default, one.name)}" for one in dataclasses.fields(field.default)
        )
        return code(values)
    return code(shown_default(field.default))


def arguments_of(described: type) -> Callable[[], str]:
    """A table of a constructor's keyword arguments."""

    def section() -> str:
        told = listed(described, "Args") or listed(described.__init__, "Args")
        rows = ((code(name), code(default), told[name]) for name, default in parameters(described))
        return table(("argument", "default", "what it is"), rows)

    return section


_BROKEN: tuple[dict[str, Any], ...] = (
    {"secrets": ("too short",)},
    {"auth_path": "auth/"},
    {"storage": "amplify", "policy": CookiePolicy(origins=("https://app.example.com",), path="/app")},
    {"front_end_signs_in": True, "policy": CookiePolicy(origins=("https://app.example.com",), http_only=False)},
    {"storage": "amplify", "front_end_signs_in": True},
    {"ageing_seconds": -1},
)
"""Settings with one mistake each: together they show every problem that `check_settings` knows."""

_REMARKABLE: tuple[tuple[dict[str, Any], dict[str, str]], ...] = (
    ({}, {}),
    ({}, {"WEB_CONCURRENCY": "4"}),
    ({"policy": CookiePolicy(origins=("https://app.example.com",), max_age=86_400)}, {}),
    ({"policy": CookiePolicy(origins=("https://app.example.com", "https://www.example.com"))}, {}),
)


def _settings(changes: dict[str, Any]) -> Settings:
    return Settings(**({"pool": _POOL, "policy": _POLICY, "secrets": _SECRETS} | changes))


def startup_problems() -> str:
    """Every problem that stops a start, from settings with one mistake each."""
    found = [problem for changes in _BROKEN for problem in check_settings(_settings(changes))]
    for stop in (
        lambda: Settings.from_env({"HARDTACK_STORAGE": "cookies", "HARDTACK_STORE": ""}),
        lambda: SessionCore(_settings({"store": Path("no-such-folder", "hardtack.sqlite3")})),
        lambda: AuthRoutes(Hardtack(_settings({})), home="https://www.example.net/"),
    ):
        try:
            stop()
        except StartupError as error:
            found += [problem for problem in error.problems if problem.code.startswith(("startup.", "routes."))]
    return _problems(found)


def startup_remarks() -> str:
    """Every remark that is logged at the start."""
    return _problems(remark for changes, environ in _REMARKABLE for remark in remarks_on(_settings(changes), environ))


_BROKEN_SHIELD: tuple[dict[str, Any], ...] = (
    {"percent": 101},
    {"judge_seconds": 0},
    {"sign_in": "elsewhere"},
    {"upstream_header_bytes": 1},
)
"""Settings with one mistake each: together they show every problem that `shield_problems` knows."""


def shield_problems_table() -> str:
    """Every problem that stops a shield's start."""
    plain = {"pool": _POOL, "policy": _POLICY, "secrets": _SECRETS}
    found = [one for changes in _BROKEN_SHIELD for one in shield_problems(ShieldSettings(**(plain | changes)))]
    file = parse_policy_file(
        '[pool]\nuser_pool_id = "eu-west-1_Example"\nclient_id = "example"\n'
        '[policy]\norigins = ["https://app.example.com"]\n[shield]\npersent = 5\nobserve = "yes"\n'
    )
    try:
        ShieldSettings.from_policy_file(file, {})
    except StartupError as error:
        found += error.problems
    return _problems(found)


def _problems(found: Iterable[PolicyProblem]) -> str:
    by_code = {one.code: one for one in found}
    rows = ((code(one.attribute), one.sentence, one.hint, code(one.code)) for one in by_code.values())
    return table(("about", "what it says", "what to write", "code"), rows)


def errors() -> str:
    """Every error class."""
    rows = ((code(one.code), code(one.__name__), one.blame.value, first_paragraph(one)) for one in error_classes())
    return table(("code", "class", "whose turn", "what it means"), rows)


def error_classes() -> list[type[HardtackError]]:
    """Every error of the package, by code, whichever module it stands in."""
    for module in pkgutil.walk_packages(hardtack.__path__, "hardtack."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: list[type[HardtackError]] = []
    waiting = [HardtackError]
    while waiting:
        found.append(waiting.pop())
        waiting += found[-1].__subclasses__()
    return sorted({one for one in found if one.__module__.startswith("hardtack")}, key=lambda one: one.code)


def guidance(language: Language) -> Callable[[], str]:
    """The steps of the guidance page for every browser, in one language."""

    def section() -> str:
        parts: list[str] = []
        for browser in Browser:
            guide = guidance_for(browser, language)
            any_other = catalogue(language).text("guidance.any_browser")
            parts += [f"### {any_other if browser is Browser.OTHER else guide.name}", ""]
            parts += [] if guide.name in guide.heading else [f"**{guide.heading}**", ""]
            parts += [f"{number}. {step}" for number, step in enumerate(guide.steps, start=1)]
            parts += ["", guide.note] if guide.note else []
            parts += ["", f"*{guide.allow_cookies}*", ""]
        return "\n".join(parts).strip()

    return section


SECTIONS: dict[str, Callable[[], str]] = {
    "auth-routes-arguments": arguments_of(AuthRoutes),
    "cognito-limits": fields_of(Limits),
    "errors": errors,
    "events": events,
    "explored": explored_table,
    "guarantees": guarantees_table("en"),
    "guarantees-zh": guarantees_table("zh"),
    "presets": presets_table,
    "guidance-en": guidance(Language.ENGLISH),
    "guidance-zh": guidance(Language.CHINESE),
    "jar-differences": jar_differences,
    "jar-recordings": jar_recordings,
    "kinds": kinds,
    "pages-arguments": arguments_of(Pages),
    "policy": fields_of(CookiePolicy),
    "reference": reference,
    "route-limits": fields_of(RouteLimits),
    "proxy-limits": fields_of(ProxyLimits),
    "server-options": fields_of(ServerOptions),
    "settings": fields_of(Settings),
    "shield-problems": shield_problems_table,
    "shield-settings": fields_of(ShieldSettings),
    "shield-transition-diagram": shield_diagram,
    "startup-problems": startup_problems,
    "startup-remarks": startup_remarks,
    "transition-diagram": diagram,
    "transitions": transitions,
}
"""What each marker stands for."""


def renewed(text: str) -> str:
    """A page with every marked part as the code has it now.

    Raises:
        KeyError: a marker names no section.
    """
    return _MARKED.sub(
        lambda found: f"<!-- generated: {found['name']} -->\n\n{SECTIONS[found['name']]()}\n\n<!-- end -->", text
    )


def pages(root: Path) -> list[Path]:
    """Every page that may hold generated parts."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def main(arguments: list[str] | None = None) -> int:
    """Write, or check; answers with the exit status."""
    parser = argparse.ArgumentParser(description="Write the generated parts of the documentation.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if something would change")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="the folder of the project")
    options = parser.parse_args(arguments)
    stale: list[Path] = []
    for page in pages(options.root):
        text = page.read_text(encoding="utf-8")
        fresh = renewed(text)
        if fresh == text:
            continue
        stale.append(page)
        if not options.check:
            page.write_text(fresh, encoding="utf-8")
    verb = "is stale" if options.check else "written"
    sys.stdout.write("".join(f"{page.relative_to(options.root)} {verb}\n" for page in stale))
    if stale and options.check:
        sys.stdout.write("Run `make docs` and commit what changes.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
