"""`hardtack explore`: what is asked of it, what it prints, what it writes, and how it ends."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest

from hardtack.cli import explore as command
from hardtack.cli import main
from hardtack.explore.exploring import Exploration
from hardtack.explore.guarantees import ROWS
from hardtack.explore.presets import PRESETS
from hardtack.explore.search import Search
from hardtack.explore.telling.document import SUMMARY_SCHEMA_ID, trace_of
from support.project_trees import named, write

QUICK = ["--workers", "1"]
SMALL = ["--client-domain", ".example.com", "--context", "next-response", "--no-rotation", "--tabs", "1", *QUICK]
"""Two scopes and a tab: violations within five steps."""
SOUND = ["--preset", "library-sealed", "--tabs", "1", "--faults", "none", *QUICK]
AMPLIFY = {
    "version": "1.3",
    "auth": {"user_pool_id": "eu-west-1_Example01", "user_pool_client_id": "example", "aws_region": "eu-west-1"},
}
POLICY = """
[pool]
user_pool_id = "eu-west-1_Example01"
client_id = "example"

[policy]
origins = ["https://app.example.com"]
domain = ".example.com"
owns_domain = true
"""


def run(capsys, *arguments):
    code = main(["explore", *map(str, arguments)])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_the_presets_are_listed(capsys):
    code, out, _ = run(capsys, "--presets")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(PRESETS)
    code, out, _ = run(capsys, "--presets", "--json")
    assert [each["name"] for each in json.loads(out)] == list(PRESETS)


def test_a_violation_is_a_finding_with_its_shortest_story(capsys):
    code, out, err = run(capsys, *SMALL, "--depth", "6")
    assert code == 1
    assert err == ""
    assert out.startswith("Violated: P1, P7 · ")
    assert "Stopped early: The depth of 6 steps was reached. What lies beyond is not known." in out
    assert "P1 does not hold" in out
    assert out.count("does not hold") == 2, "the story of one, at its head and at its end"
    assert "From here on a person does the right thing:" in out


def test_a_world_in_which_all_is_well_is_clean(capsys):
    code, out, _ = run(capsys, *SOUND)
    assert code == 0
    assert out.startswith("No stuck state: ")
    assert "Refresh tokens rotate" in out
    assert "does not hold" not in out


def test_so_far_all_is_well_is_clean_too_and_says_so_far(capsys):
    code, out, _ = run(capsys, *SOUND, "--states", "20")
    assert code == 0
    assert out.startswith("No stuck state so far: ")
    assert "P1 open" in out


def test_the_same_as_json(capsys):
    code, out, _ = run(capsys, *SMALL, "--depth", "6", "--json")
    told = json.loads(out)
    assert code == 1
    assert told["schema"] == SUMMARY_SCHEMA_ID
    assert not told["complete"]
    assert [trace_of(document).violation.id for document in told["traces"]] == ["P1", "P7"]


def test_histories_are_written_in_every_form(capsys, tmp_path):
    folder = tmp_path / "found" / "here"
    code, out, _ = run(capsys, *SMALL, "--first", "--out", folder)
    assert code == 1
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"P{number}.{ending}" for number in (1, 7) for ending in ("html", "json", "mmd", "svg", "txt")]
    assert all(str(folder / name) in out for name in names)
    assert "P1 does not hold" in (folder / "P1.txt").read_text()
    assert (folder / "P1.mmd").read_text().startswith("sequenceDiagram")
    assert (folder / "P1.svg").read_text().startswith("<svg")
    assert (folder / "P1.html").read_text().startswith("<!doctype html>")
    assert trace_of(json.loads((folder / "P1.json").read_text())).violation.id == "P1"


def test_a_search_is_kept_and_goes_on(capsys, tmp_path):
    kept = tmp_path / "search"
    code, out, _ = run(capsys, *SOUND, "--states", "20", "--keep", kept)
    assert code == 0
    assert "so far" in out
    code, out, _ = run(capsys, "--resume", kept, *QUICK)
    assert code == 0
    whole = run(capsys, *SOUND)[1]
    assert [line for line in out.splitlines() if " s (" not in line] == [
        line for line in whole.splitlines() if " s (" not in line
    ]


def test_limits_that_are_stated_of_hardtack_are_no_findings():
    """Those of the guarantees' own worlds. A stock site's violations are findings whatever is stated of them."""
    stated = {row.key: frozenset(row.limits) for row in ROWS}
    for name in ("shield", "library-sealed"):
        assert command._with_limits(Exploration(Search(PRESETS[name].world))).limits == stated[name]
    assert stated["shield"]
    assert stated["amplify-default-server"]
    for world in (PRESETS["amplify-default-server"].world, replace(PRESETS["shield"].world, tabs=1)):
        assert command._with_limits(Exploration(Search(world))).limits == frozenset()


def test_a_projects_own_world(capsys, tmp_path):
    write(named("base", "app-router"), tmp_path)
    code, out, err = run(capsys, tmp_path, *QUICK, "--depth", "3")
    assert code == 0
    assert "Explored: stock Amplify, client .example.com, server .example.com" in out
    assert err.splitlines() == [
        "lib/amplify-browser.tsx:10: the browser writes for .example.com.",
        "lib/amplify-server.ts:6: the server's adapter writes for .example.com.",
        "The server asks for the session: server action in the background.",
        "Nothing says whether refresh tokens rotate: explored as if they did; --no-rotation.",
        "package-lock.json:12: aws-amplify 6.22.1.",
    ]


def test_what_a_project_says_can_be_said_otherwise(capsys, tmp_path):
    write(named("base", "app-router"), tmp_path)
    code, out, err = run(
        capsys, tmp_path, *QUICK, "--depth", "2", "--server-domain", "default", "--no-rotation", "--release", "6.16.0"
    )
    assert code == 0
    assert "client .example.com, server host-only" in out
    assert "rotate" not in err
    assert "6.22.1" not in err


def test_amplifys_own_file_says_nothing_of_cookies(capsys, tmp_path):
    file = tmp_path / "amplify_outputs.json"
    file.write_text(json.dumps(AMPLIFY))
    code, out, err = run(capsys, file, *QUICK, "--depth", "2")
    assert code == 0
    assert "client host-only, server host-only" in out
    assert "says nothing of cookies" in err


@pytest.mark.parametrize("option", [[], ["--policy"]])
def test_a_policy_file_is_the_site_behind_the_shield(capsys, tmp_path, option):
    file = tmp_path / "hardtack.toml"
    file.write_text(POLICY)
    code, out, err = run(capsys, *option, file, *QUICK, "--depth", "2")
    assert code == 0
    assert "Explored: the shield before stock Amplify, client .example.com, server host-only" in out
    assert "the policy may sweep the whole domain" in err
    file.write_text(POLICY.replace("owns_domain = true", ""))
    assert "its own scope, what lies below it" in run(capsys, file, *QUICK, "--depth", "1")[2]


REFUSED = [
    ([], "Nothing to explore was named."),
    (["--preset", "nothing"], "There is no preset of this name."),
    (["--preset", "shield", "--policy", "hardtack.toml"], "More than one world was named."),
    (["--preset", "shield", "."], "More than one world was named."),
    (["--no-server", "--context", "response"], "--no-server and --context contradict each other."),
    (["--context", "page"], "--context: there is no such context"),
    (["--fault", "storm"], "--fault: there is no such fault."),
    (["--people", "9"], "--people: 9 is not from 1 to 2."),
    (["--client-domain", ".com"], "--client-domain: com is a public suffix"),
    (["--policy", "missing.toml"], "missing.toml has a problem:"),
    (["missing"], "There is no project here that the explorer could read."),
    (["https://app.example.com"], "There is no project here"),
    (["--resume", "missing"], "The search can't be read: No such file or directory."),
    (["--resume", "missing", "--tabs", "1"], "--resume goes on with the world that was kept"),
    (["--resume", "missing", "--preset", "shield"], "--resume goes on with the world that was kept"),
    (["--preset", "shield", "--keep", "no/such/folder/file"], "--keep: no file can be written there."),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_what_could_not_run_is_a_sentence_and_what_to_write(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith(said)
    assert "Traceback" not in err
    code, out, err = run(capsys, *arguments, "--json")
    assert code == 2
    assert {"error", "hint", "code"} == set(json.loads(out))
    assert err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--states", "0"], "argument --states: it is a whole number from 1 on"),
        (["--workers", "many"], "argument --workers: it is a whole number"),
        (["--memory", "-1"], "argument --memory: it is a number greater than 0"),
        (["--seconds", "soon"], "argument --seconds: it is a number greater than 0"),
        (["--server", "apache"], "argument --server: invalid choice"),
        (["--rotation", "--no-rotation"], "not allowed with argument"),
    ],
)
def test_what_can_not_be_understood_could_not_run(arguments, said, capsys):
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert said in err


def test_an_empty_folder_and_a_strange_file_are_no_projects(capsys, tmp_path):
    assert run(capsys, tmp_path)[0] == 2
    (tmp_path / "recording.har").write_text("{}")
    code, _, err = run(capsys, tmp_path / "recording.har")
    assert code == 2
    assert "recordings and addresses are for the doctor" in err
    (tmp_path / "outputs.json").write_text("{}")
    code, _, err = run(capsys, tmp_path / "outputs.json")
    assert code == 2
    assert err


def test_where_nothing_can_be_written_is_said(capsys, tmp_path):
    (tmp_path / "file").write_text("in the way")
    code, _, err = run(capsys, *SMALL, "--first", "--out", tmp_path / "file")
    assert code == 2
    assert err.startswith("The histories can't be written: ")


def test_somebody_may_interrupt_it(capsys, monkeypatch):
    from hardtack.explore import exploring

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(exploring, "explore", interrupted)
    code, _, err = run(capsys, *SOUND)
    assert code == 2
    assert err.startswith("Interrupted: nothing is known.")


def test_without_rich_and_jinja_it_is_plain(capsys, monkeypatch, tmp_path):
    for name in ("rich", "rich.console", "rich.live", "rich.text", "hardtack.explore.telling.progress"):
        monkeypatch.setitem(sys.modules, name, None)
    code, out, _ = run(capsys, *SOUND, "--states", "20")
    assert code == 0
    assert "\x1b" not in out
    monkeypatch.setitem(sys.modules, "hardtack.explore.telling.page", None)
    with monkeypatch.context() as patched:
        patched.delitem(sys.modules, "hardtack.explore.telling.page")
        patched.setitem(sys.modules, "jinja2", None)
        code, _, err = run(capsys, *SMALL, "--first", "--out", tmp_path)
    assert code == 2
    assert err == 'The page of a history needs jinja2. Install it with: pip install "hardtack[explore]"\n'


def test_the_engine_may_be_missing(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "quickjs", None)
    code, _, err = run(capsys, *SMALL)
    assert code == 2
    assert err.endswith('Install it with: pip install "hardtack[explore]"\n')


def test_on_a_terminal_a_line_shows_how_it_is_getting_on(monkeypatch):
    shown = []

    class Screen:
        def isatty(self):
            return True

        def write(self, text):
            shown.append(text)

        def flush(self):
            pass

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stderr", Screen())
    assert main(["explore", *SOUND, "--states", "20"]) == 0
    assert "states" in "".join(shown)


def test_many_cores_are_used_where_nobody_says_otherwise():
    assert command._cores() >= 1
