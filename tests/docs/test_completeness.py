"""Whatever somebody may meet stands somewhere in the documentation: errors, events, settings, variables, packages."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
import tempfile
import tomllib
from pathlib import Path

import pytest

import hardtack
from hardtack.cookies import CookiePolicy
from hardtack.errors import HardtackError
from hardtack.sessions import EVENTS, Outcome, OutcomeKind, RequestKind, Settings
from hardtack.sessions.ladder import Step
from hardtack.web import MissingMiddlewareError
from hardtack.web.pages import Language
from hardtack.web.pages.catalogue import catalogue
from support.docs import PAGES, ROOT, targets

EXAMPLE = re.compile(r"(.+\.)?(example\.(com|net)|localhost|127\.0\.0\.1|amazonaws\.com)|")
SOURCES = sorted((ROOT / "src" / "hardtack").rglob("*.py"))
HOSTS = re.compile(r"https?://([^/\s\"'`<>)\],:;]+)")
OUTSIDE = {"keepachangelog.com", "semver.org"}
"""The hosts of others that a page may name; all else is an example."""


def read(name: str) -> str:
    return " ".join((ROOT / "docs" / name).read_text(encoding="utf-8").split())


def rows(text: str) -> list[list[str]]:
    """The rows of a page's tables."""
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| ") and not line.startswith("| ---")
    ]


def error_classes() -> set[type[HardtackError]]:
    for module in pkgutil.walk_packages(hardtack.__path__, "hardtack."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = set(), [HardtackError]
    while waiting:
        found.add(waiting.pop())
        waiting += [one for each in tuple(found) for one in each.__subclasses__() if one not in found]
    return {one for one in found if one.__module__.startswith("hardtack.")}


def test_every_error_class_stands_in_the_troubleshooting_page_with_its_code():
    told = read("troubleshooting.md")
    assert len(error_classes()) > 15
    for error in error_classes():
        assert f"| `{error.code}` | `{error.__name__}` |" in told, error.__name__


def test_no_two_errors_share_a_code():
    codes = [error.code for error in error_classes()]
    assert len(codes) == len(set(codes))


def test_every_event_is_told_in_operations():
    told = read("operations.md")
    assert all(f"| `{name}` |" in told for name in EVENTS)


def test_every_event_that_a_page_names_is_one():
    dotted = re.compile(r"`((?:" + "|".join({name.partition(".")[0] for name in EVENTS}) + r")\.[a-z-]+)`")
    others = {error.code for error in error_classes()} | {f"session.{name}" for name in ("sub", "tokens")}
    others |= {f"policy.{field.name}" for field in dataclasses.fields(CookiePolicy)} | {"policy.json"}
    others |= {code for source in SOURCES for code in re.findall(r'"(shield\.[a-z-]+)"', source.read_text())}
    for page in PAGES:
        assert set(dotted.findall(page.read_text(encoding="utf-8"))) - set(EVENTS) - others == set(), page.name


def test_every_problem_of_a_start_stands_in_configuration():
    codes = {code for source in SOURCES for code in re.findall(r'"((?:startup|routes)\.[a-z-]+)"', source.read_text())}
    assert len(codes) > 10
    told = read("configuration.md")
    assert {code for code in codes if f"`{code}`" not in told} == set()


def test_every_setting_and_every_field_of_the_policy_stands_in_configuration():
    told = read("configuration.md")
    for described in (Settings, CookiePolicy):
        names = [one.name for one in dataclasses.fields(described) if one.init]
        assert [name for name in names if f"| `{name}` |" not in told] == []


def test_the_environments_variables_are_those_that_the_code_reads():
    read_by_code = {
        name for source in SOURCES for name in re.findall(r'"((?:HARDTACK|WEB)_[A-Z_]+)"', source.read_text())
    }
    told = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8").partition("## The environment")[2]
    assert set(re.findall(r"`((?:HARDTACK|WEB)_[A-Z_]+)`", told)) == read_by_code


def test_every_kind_every_outcome_and_every_rung_is_explained():
    concepts, recovery = read("concepts.md"), read("recovery.md")
    assert all(f"| `{kind.value}` |" in concepts for kind in (*RequestKind, *OutcomeKind))
    assert [step for step in Step if f"| {int(step)}. {step.name.lower().replace('_', ' ')}" not in recovery] == [
        Step.SIGN_IN
    ]
    assert "| 2. sign-in |" in recovery
    assert Outcome.__doc__


def test_every_package_has_its_row_and_no_row_is_left_over():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        (name_of(requirement), extra)
        for extra, requirements in {"": project["dependencies"], **extras}.items()
        for requirement in requirements
        if not requirement.startswith("hardtack[")
    }
    always, by_extra, for_work = (
        rows(part)[1:] for part in (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").split("\n## ")[1:]
    )
    told = {(row[0].strip("`"), "") for row in always}
    told |= {(row[0].strip("`"), extra.strip("`")) for row in by_extra for extra in row[1].split(", ")}
    told |= {(row[0].strip("`"), "dev") for row in for_work}
    assert told == wanted


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~ ;]", requirement, maxsplit=1)[0]


def test_every_public_name_is_described_in_the_reference():
    told = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    for name in ("hardtack", "hardtack.cookies", "hardtack.tokens", "hardtack.amplify", "hardtack.cognito"):
        check_described(told, name)
    for name in ("hardtack.sessions", "hardtack.web", "hardtack.web.fastapi", "hardtack.web.routes"):
        check_described(told, name)
    check_described(told, "hardtack.testing")


def check_described(told: str, module: str) -> None:
    section = told.partition(f"\n## {module}\n")[2].partition("\n## ")[0]
    names = importlib.import_module(module).__all__
    assert [name for name in names if f"### {name}\n" not in section and f"- `{name}`: " not in section] == []


def test_the_middlewares_error_is_quoted_word_for_word():
    assert str(MissingMiddlewareError()) in read("troubleshooting.md").replace("> ", "")


def test_what_a_page_says_is_quoted_word_for_word():
    words = catalogue(Language.ENGLISH)
    said = {" ".join(words.text(key, **NAMES).split()) for key in QUOTED}
    told = read("recovery.md") + read("troubleshooting.md")
    quoted = set(re.findall(r"“([^”]+)”", told))
    assert len(quoted) > 5
    assert {text for text in quoted if not any(text in sentence for sentence in said)} == set()


NAMES = {"site": "Harbour", "identifier": "username"}
QUOTED = (
    "reason.repaired",
    "reason.session_ended",
    "reason.two_accounts",
    "no_cookies.heading",
    "guidance.sign_in_lost",
    "unavailable.heading",
    "rate_limited.heading",
    "rate_limited.lead",
    "error_page.cross_site",
)


def test_every_make_target_that_a_page_names_is_there():
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z-]+)`", page.read_text(encoding="utf-8"))}
    assert named <= targets()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_no_machine_and_no_host_but_examples(page):
    text = page.read_text(encoding="utf-8")
    assert [place for place in (ROOT, Path.home(), tempfile.gettempdir()) if f"{place}/" in text] == []
    hosts = {host.lower().rstrip(".") for host in HOSTS.findall(text)} - OUTSIDE
    assert [host for host in hosts if not EXAMPLE.fullmatch(host)] == []
