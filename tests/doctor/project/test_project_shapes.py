"""Projects as people have them: workspaces, `src/`, the Pages Router, and the project's own example."""

from __future__ import annotations

import shutil
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from hardtack.doctor.configured import (
    CodeContext,
    ConfigureCall,
    EnvironmentValue,
    EnvState,
    PackageVersion,
    PoolConfigured,
    ScopeConfigured,
    SessionRead,
)
from hardtack.doctor.errors import SourceError
from hardtack.doctor.examination import examine
from hardtack.doctor.facts import Area, Hint, Sight
from hardtack.doctor.observed import Side
from hardtack.doctor.rules.model import Severity, Verdict
from hardtack.doctor.sources.project import syntax
from support.project_trees import judged, look, named, places, write

EXAMPLE = Path(__file__).parents[3] / "examples" / "nextjs-amplify"


def _scopes(facts):
    return {(one.app, one.side): (one.domain, one.path) for one in facts.of(ScopeConfigured)}


def _reads(facts):
    return {(one.context, one.evidence.place.source) for one in facts.of(SessionRead)}


@pytest.mark.parametrize("shape", ["monorepo", "src", "pages"])
def test_a_sound_project_has_nothing_above_a_note(shape, tmp_path):
    diagnosis = judged(write(named("shape", shape), tmp_path))
    assert [one for one in diagnosis.findings if one.severity is not Severity.NOTE] == []
    assert diagnosis.verdict is Verdict.HEALTHY


def test_each_app_of_a_workspace_is_read_for_itself(tmp_path):
    facts = look(write(named("shape", "monorepo"), tmp_path))
    assert _scopes(facts) == {
        ("apps/web", Side.BROWSER): (".harbour.example.com", "/"),
        ("apps/web", Side.SERVER): (".harbour.example.com", "/"),
        ("apps/admin", Side.BROWSER): (None, "/"),
    }
    assert {(one.app, one.client_id) for one in facts.of(PoolConfigured)} == {
        ("apps/web", "webclient"),
        ("apps/admin", "adminclient"),
    }


def test_a_shared_package_counts_where_it_is_called_from(tmp_path):
    facts = look(write(named("shape", "monorepo"), tmp_path))
    calls = {one.app: one for one in facts.of(ConfigureCall)}
    assert set(calls) == {"apps/web", "apps/admin"}
    assert {one.context for one in calls.values()} == {CodeContext.MODULE}
    assert {one.evidence.place.source for one in calls.values()} == {"packages/auth/src/configure.ts"}


def test_an_app_states_only_the_packages_that_it_depends_on(tmp_path):
    facts = look(write(named("shape", "monorepo"), tmp_path))
    named_ = {(one.app, one.name) for one in facts.of(PackageVersion)}
    assert ("apps/web", "@aws-amplify/adapter-nextjs") in named_
    assert ("apps/admin", "@aws-amplify/adapter-nextjs") not in named_
    assert {app for app, _ in named_} == {"apps/web", "apps/admin"}


def test_what_git_ignores_and_what_is_a_test_is_not_the_app(tmp_path):
    monorepo = look(write(named("shape", "monorepo"), tmp_path / "a"))
    assert {one.ssr for one in monorepo.of(ConfigureCall)} == {True}
    with_tests = look(write(named("shape", "src"), tmp_path / "b"))
    assert len(with_tests.of(ConfigureCall)) == 1


def test_aliases_barrels_and_environment_files_of_a_src_app_are_followed(tmp_path):
    facts = look(write(named("shape", "src"), tmp_path))
    assert _scopes(facts) == {
        ("", Side.BROWSER): (".quay.example.com", "/"),
        ("", Side.SERVER): (".quay.example.com", "/"),
    }
    assert _reads(facts) == {(CodeContext.SERVER_ACTION, "src/app/account/actions.js")}


def test_the_pages_router_has_its_own_contexts(tmp_path):
    facts = look(write(named("shape", "pages"), tmp_path))
    assert _reads(facts) == {(CodeContext.PAGES, "pages/account.tsx"), (CodeContext.PAGES, "pages/api/me.ts")}
    forced = {one.evidence.place.source: one.force_refresh for one in facts.of(SessionRead)}
    assert forced == {"pages/account.tsx": False, "pages/api/me.ts": None}


def test_every_place_has_a_line_and_a_column_at_which_the_quotation_stands(tmp_path):
    root = write(named("shape", "src"), tmp_path)
    for fact in look(root).items:
        place = fact.evidence.place
        assert place.line is not None
        assert place.column is not None
        line = (root / place.source).read_text().splitlines()[place.line - 1]
        assert place.column <= len(line)
        if place.source.endswith((".js", ".jsx")):
            assert line.strip() == fact.evidence.quote


@pytest.fixture
def example(tmp_path):
    """The example as git has it, without what somebody may have installed or built there."""
    ignored = shutil.ignore_patterns("node_modules", ".next", "hardtack.toml", ".env.local", "*.sqlite3*")
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example", ignore=ignored))


def test_the_example_is_diagnosed_exactly(example):
    diagnosis = judged(example)
    serious = {one.rule.id: one.severity for one in diagnosis.findings if one.severity is not Severity.NOTE}
    assert serious == {
        "HT102": Severity.ERROR,  # the browser's parent domain, the server's host-only cookies
        "HT405": Severity.ERROR,  # because SERVER_COOKIE_DOMAIN is empty
        "HT411": Severity.ERROR,  # the redirect of proxy.ts
        "HT301": Severity.WARNING,  # three pages that ask for the session while they are rendered
        "HT307": Severity.WARNING,  # the listener that signs out and goes to the sign-in page
    }
    assert diagnosis.root is not None
    assert diagnosis.root.rule.id == "HT102"
    assert diagnosis.verdict is Verdict.AT_RISK
    assert [place.partition(":")[0] for rule in ("HT102", "HT405", "HT411") for place in places(diagnosis, rule)] == [
        "lib/amplify-browser.ts",
        ".env",
        "proxy.ts",
    ]


def test_the_example_is_healed_by_one_variable_and_a_redirect_that_carries_its_cookies(example):
    settings = example / ".env"
    settings.write_text(
        settings.read_text().replace("SERVER_COOKIE_DOMAIN=\n", "SERVER_COOKIE_DOMAIN=.hardtack.localhost\n")
    )
    proxy = example / "proxy.ts"
    old = "return NextResponse.redirect(new URL("
    assert old in proxy.read_text()
    proxy.write_text(proxy.read_text().replace(old, "return carry(response, new URL("))
    rules = {one.rule.id for one in judged(example).findings}
    assert not rules & {"HT102", "HT405", "HT411"}


def test_the_example_reads_the_session_in_every_context(example):
    facts = look(example)
    assert {one.context for one in facts.of(SessionRead)} == {
        CodeContext.SERVER_COMPONENT,
        CodeContext.SERVER_ACTION,
        CodeContext.ROUTE_COOKIES,
        CodeContext.ROUTE_RESPONSE,
        CodeContext.MIDDLEWARE,
        CodeContext.EFFECT,
        CodeContext.HANDLER,
    }


def test_all_is_seen_of_a_readable_project_and_the_reader_is_told_what_is_missing(tmp_path):
    facts = look(write(named("base", "app-router"), tmp_path))
    wanted = {Area.BROWSER_CONFIG, Area.SERVER_CONFIG, Area.CODE, Area.ENVIRONMENT, Area.VERSIONS}
    assert {area: facts.sights.get(area) for area in wanted} == dict.fromkeys(wanted, Sight.FULL)
    (tmp_path / "package-lock.json").unlink()
    (tmp_path / ".env").unlink()
    without = look(tmp_path)
    assert without.hints == (Hint.NO_LOCKFILE,)
    assert without.sights[Area.VERSIONS] is Sight.PARTIAL
    assert without.sights[Area.BROWSER_CONFIG] is Sight.PARTIAL  # the Domain can't be read off the code any more


def test_a_source_file_or_a_manifest_stands_for_the_project_around_it(tmp_path):
    root = write(named("base", "app-router"), tmp_path)
    whole = look(root).items
    assert look(root / "package.json").target == look(root / "lib" / "amplify-server.ts").target == str(root)
    assert len(look(root / "package.json").items) == len(whole)
    assert len(look(root / "lib" / "amplify-server.ts").items) == len(whole)


def test_a_variable_that_the_bundle_lacks_is_not_called_missing_from_the_files(tmp_path):
    root = write(named("faulty", "HT102/hidden"), tmp_path)
    variables = [(one.name, one.side, one.state) for one in look(root).of(EnvironmentValue)]
    assert variables == [("COOKIE_DOMAIN", Side.SERVER, EnvState.SET)]


def test_a_parser_that_is_not_installed_is_told_with_what_to_install(tmp_path, monkeypatch):
    root = write(named("base", "app-router"), tmp_path)
    monkeypatch.setitem(sys.modules, "tree_sitter_typescript", None)
    syntax._parser.cache_clear()
    with pytest.raises(SourceError, match="tree_sitter_typescript") as told:
        look(root)
    assert 'pip install "hardtack[doctor]"' in told.value.hint


def test_progress_ends_where_the_files_do(tmp_path):
    root = write(named("shape", "monorepo"), tmp_path)
    steps = []
    examine(str(root), Namespace(), lambda done, total=None: steps.append((done, total)))
    done, total = steps[-1]
    assert done == total > 10
    assert steps == sorted(steps)
