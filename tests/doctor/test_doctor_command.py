"""The commands: what they print, where, and with which exit status."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys

import pytest

from hardtack.cli import main
from hardtack.doctor import examination
from hardtack.doctor.facts import SourceKind
from hardtack.doctor.rules import RULES
from support.docs import ROOT
from support.doctor_examples import EXAMPLES
from support.doctor_facts import named

TWINS = f"Cookie: {named('refreshToken')}=AAA; {named('refreshToken')}=BBB"
LONE = f"Cookie: {named('refreshToken')}=AAA"


@pytest.fixture(autouse=True)
def english(monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project folder of which a stand-in for its source states one fault."""
    fires = EXAMPLES["HT102"][0]
    asked = []

    class Source:
        @staticmethod
        def gather(target, options, progress):
            asked.append((target, options))
            progress(1, 2)
            return fires

    monkeypatch.setattr(examination, "import_module", lambda _: Source)
    return tmp_path, asked


def run(capsys, *words):
    status = main(["doctor", *words])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_a_pasted_header_with_twins_is_a_finding(capsys):
    status, out, _ = run(capsys, "--header", TWINS)
    assert status == 1
    assert "HT101" in out
    assert "AAA" not in out
    assert "alice" not in out


def test_a_header_from_standard_input(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(TWINS))
    status, out, _ = run(capsys, "--header", "-", "--json")
    assert status == 1
    assert json.loads(out)["verdict"] == "at-risk"


def test_a_clean_header_is_clean(capsys):
    status, out, _ = run(capsys, "--header", LONE)
    assert status == 0
    assert "Healthy" in out


@pytest.mark.parametrize(("fail_on", "status"), [("error", 1), ("warning", 1), ("note", 1), ("never", 0)])
def test_what_counts_is_chosen(capsys, fail_on, status):
    assert run(capsys, "--header", TWINS, "--fail-on", fail_on)[0] == status


def test_a_note_fails_only_where_it_was_asked_to(capsys):
    header = "Cookie: " + "; ".join(f"{named('idToken', name)}=x" for name in ("alice", "bob"))
    assert run(capsys, "--header", header)[0] == 0
    assert run(capsys, "--header", header, "--fail-on", "note")[0] == 1


def test_chinese_is_spoken_where_it_is_asked_for_or_the_environment_speaks_it(capsys, monkeypatch):
    assert "有风险" in run(capsys, "--header", TWINS, "--lang", "zh")[1]
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "有风险" in run(capsys, "--header", TWINS)[1]
    assert "At risk" in run(capsys, "--header", TWINS, "--lang", "en")[1]


def test_several_reports_of_one_examination(capsys, tmp_path):
    reports = {form: tmp_path / form for form in ("json", "sarif", "markdown", "html", "terminal")}
    also = [word for form, path in reports.items() for word in ("--also", f"{form}={path}")]
    status, out, _ = run(capsys, "--header", TWINS, *also)
    assert status == 1
    assert "HT101" in out
    assert all("HT101" in path.read_text("utf-8") for path in reports.values())
    _, out, _ = run(capsys, "--header", TWINS, "--format", "json", "--output", str(tmp_path / "other"))
    assert out == ""
    assert json.loads((tmp_path / "other").read_text("utf-8"))["root"]


def test_a_project_is_looked_at_once_and_is_told_what_was_asked(capsys, project):
    folder, asked = project
    status, out, _ = run(capsys, str(folder), "--max-requests", "7", "--host", "a.test")
    assert status == 1
    assert "HT102" in out
    ((target, options),) = asked
    assert target == str(folder)
    assert (options.max_requests, options.host) == (7, ["a.test"])


def test_select_and_ignore(capsys, project):
    folder, _ = project
    assert run(capsys, str(folder), "--ignore", "HT102")[0] == 0
    assert run(capsys, str(folder), "--select", "HT3")[0] == 0
    assert run(capsys, str(folder), "--select", "scopes-configured-apart")[0] == 1


def test_a_baseline_written_today_is_clean_tomorrow(capsys, project, tmp_path):
    folder, _ = project
    baseline = tmp_path / "baseline.json"
    assert run(capsys, str(folder), "--write-baseline", str(baseline))[0] == 1
    assert run(capsys, str(folder), "--baseline", str(baseline), "--fail-on", "note")[0] == 0


def test_a_diff_changes_nothing_and_a_fix_says_what_it_did(capsys, tmp_path, monkeypatch):
    (tmp_path / "src/app").mkdir(parents=True)
    source = tmp_path / "src/app/amplify.ts"
    source.write_text("new CookieStorage({ domain: 'https://example.test' })\n", encoding="utf-8")
    facts = EXAMPLES["HT103"][0]
    stand_in = type("Source", (), {"gather": staticmethod(lambda *_: facts)})
    monkeypatch.setattr(examination, "import_module", lambda _: stand_in)
    _, _, err = run(capsys, str(tmp_path), "--diff")
    assert "+new CookieStorage({ domain: 'example.test' })" in err
    assert "1 edit would be made" in err
    assert "https://example.test" in source.read_text("utf-8")
    _, _, err = run(capsys, str(tmp_path), "--fix")
    assert "1 edit made" in err
    assert "https://example.test" not in source.read_text("utf-8")
    assert "Nothing here is surely safe" in run(capsys, str(tmp_path), "--fix")[2]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["somewhere/that/is/not/there"],
        ["\x00"],
        ["x" * 5000],
        ["--header", "nothing of use"],
        ["--header", TWINS, "target"],
        ["--header", TWINS, "--select", "HT9999"],
        ["--header", TWINS, "--baseline", "nowhere.json"],
        ["--header", TWINS, "--output", "nowhere/at/all/report"],
        ["--header", TWINS, "--write-baseline", "nowhere/at/all.json"],
        ["--header", TWINS, "--also", "pdf=x"],
        ["--header", TWINS, "--max-requests", "none"],
        ["--format", "pdf"],
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_2(capsys, words):
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "")
    assert err.strip()
    assert "Traceback" not in err


def test_a_program_is_told_of_failure_in_json(capsys):
    status, out, err = run(capsys, "nowhere", "--json")
    assert (status, err) == (2, "")
    assert set(json.loads(out)) == {"error", "hint", "code"}


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("https://app.example.test/", SourceKind.LIVE),
        ("HTTP://localhost:3000", SourceKind.LIVE),
        ("folder", SourceKind.PROJECT),
        ("folder/package.json", SourceKind.PROJECT),
        ("folder/page.tsx", SourceKind.PROJECT),
        ("folder/recording.har", SourceKind.HAR),
        ("folder/export.json", SourceKind.HAR),
    ],
)
def test_a_target_says_what_it_is(tmp_path, monkeypatch, target, kind):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for name in ("package.json", "page.tsx", "recording.har", "export.json"):
        (tmp_path / "folder" / name).write_text("{}", encoding="utf-8")
    assert examination.kind_of(target) is kind


def test_a_missing_package_is_named_with_what_brings_it(capsys, tmp_path, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name="tree_sitter")

    monkeypatch.setattr(examination, "import_module", missing)
    status, _, err = run(capsys, str(tmp_path))
    assert status == 2
    assert "tree_sitter" in err
    assert 'pip install "hardtack[doctor]"' in err


def test_explain_tells_one_rule_or_lists_them(capsys):
    assert main(["explain", "ht101"]) == 0
    assert "# HT101: " in capsys.readouterr().out
    assert main(["explain", "twins", "--lang", "zh"]) == 0
    assert "同名 cookie" in capsys.readouterr().out
    assert main(["explain"]) == 0
    listed = capsys.readouterr().out
    assert all(rule.id in listed for rule in RULES)
    assert main(["explain", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(RULES)
    assert main(["explain", "HT101", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rule"] == "HT101"
    assert main(["explain", "HT000"]) == 2


def test_sanitize_names_what_is_missing_and_writes_over_nothing(capsys, tmp_path):
    assert main(["sanitize", str(tmp_path / "none.har")]) == 2
    source, target = tmp_path / "a.har", tmp_path / "a.sanitized.har"
    source.write_text("{}", encoding="utf-8")
    target.write_text("mine", encoding="utf-8")
    assert main(["sanitize", str(source)]) == 2
    assert target.read_text("utf-8") == "mine"
    assert "Traceback" not in capsys.readouterr().err


def test_the_command_line_loads_nothing_of_the_doctor_until_it_runs():
    program = (
        "import sys; from hardtack.cli import main; main(['--version'])\n"
        "print(sorted({'rich', 'jinja2', 'hardtack.doctor.rules', 'tree_sitter', 'playwright'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_action_and_the_hook_call_the_command_as_it_is():
    action = (ROOT / "action.yml").read_text("utf-8")
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    told = subprocess.run(
        [sys.executable, "-m", "hardtack.cli", "doctor", "--help"], check=True, capture_output=True, text=True
    ).stdout
    for option in ("--fail-on", "--select", "--ignore", "--baseline", "--also", "--lang"):
        assert option in told
        assert option in action
    assert "hardtack doctor --fail-on error ." in hook


def scripts(text):
    """The shell scripts of an action, as they stand."""
    found, indent = [], None
    for line_ in text.splitlines():
        depth = len(line_) - len(line_.lstrip())
        if indent is not None and (depth > indent or not line_.strip()):
            found[-1].append(line_[indent + 2 :])
        elif line_.strip() == "run: |":
            indent = depth
            found.append([])
        else:
            indent = None
    return ["\n".join(lines) for lines in found]


def test_no_input_is_part_of_a_scripts_text():
    assert len(scripts((ROOT / "action.yml").read_text("utf-8"))) == 2
    assert not any("${{" in script for script in scripts((ROOT / "action.yml").read_text("utf-8")))


def test_the_actions_script_runs_and_says_what_came_of_it(tmp_path):
    binaries = tmp_path / "hardtack" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    stand_in = (
        f"#!{sys.executable}\nimport sys\nfrom hardtack.cli import main\n"
        "words = [word for word in sys.argv[1:] if word not in {'--', 'target'}]\n"
        f"sys.exit(main([*words, '--header', {TWINS!r}]))\n"
    )
    (binaries / "hardtack").write_text(stand_in, encoding="utf-8")
    for binary in binaries.iterdir():
        binary.chmod(0o755)
    inputs = {
        "TARGET": "target",
        "FAIL_ON": "error",
        "SELECT": "",
        "IGNORE": "HT108",
        "BASELINE": "",
        "LANGUAGE_TAG": "en",
    }
    files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "SARIF")}
    script = scripts((ROOT / "action.yml").read_text("utf-8"))[1]
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-e", "-o", "pipefail", "-c", script],
        env={**os.environ, **inputs, **files, "RUNNER_TEMP": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert "verdict=at-risk" in (tmp_path / "GITHUB_OUTPUT").read_text("utf-8")
    assert "HT101" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text("utf-8")
    assert json.loads((tmp_path / "SARIF").read_text("utf-8"))["version"] == "2.1.0"
