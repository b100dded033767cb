"""The command line: exit status 0 for clean, 1 for findings, 2 for what could not run."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from hardtack.cli import main
from hardtack.cli.check import check
from hardtack.demo import run as demo_run

GOOD = {
    "HARDTACK_ORIGINS": "https://app.example.com",
    "HARDTACK_USER_POOL_ID": "eu-west-1_Hardtack1",
    "HARDTACK_CLIENT_ID": "2hardtackpublic0client0001",
    "HARDTACK_SECRETS": "s" * 40,
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith("HARDTACK_"):
            monkeypatch.delenv(name)


def test_the_version_is_the_packages(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"hardtack {version('hardtack')}\n"


@pytest.mark.parametrize("arguments", [["demo", "--help"], ["check", "--help"], ["--help"]])
def test_help_is_help(arguments, capsys):
    assert main(arguments) == 0
    assert "usage: hardtack" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["explode"], ["demo", "--port", "x"], ["demo", "--port", "65536"], ["demo", "--port", "-1"], ["check", "x"]],
)
def test_what_can_not_be_understood_could_not_run(arguments, capsys):
    assert main(arguments) == 2
    assert "usage: hardtack" in capsys.readouterr().err


def test_no_command_shows_the_commands(capsys):
    assert main([]) == 2
    assert "demo" in capsys.readouterr().out


def test_good_settings_are_clean_and_remarks_are_no_findings(monkeypatch, capsys):
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    assert main(["check"]) == 0
    told = capsys.readouterr().out
    assert "would start" in told
    assert "proxy_buffer_size" in told


def test_every_problem_is_listed_at_once(capsys):
    wrong = {**GOOD, "HARDTACK_STORAGE": "shelf", "HARDTACK_USER_POOL_ID": "", "HARDTACK_ORIGINS": "http://example.com"}
    assert check(wrong) == 1
    told = capsys.readouterr().out
    assert "shelf" in told
    assert "HARDTACK_USER_POOL_ID" in told
    assert "policy.secure.plain_http" in told


def test_the_same_as_json(monkeypatch, capsys):
    for name, value in {**GOOD, "HARDTACK_STORAGE": "shelf"}.items():
        monkeypatch.setenv(name, value)
    assert main(["check", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["clean"] is False
    assert [each["code"] for each in found["problems"]] == ["startup.storage"]
    assert {"code", "attribute", "sentence", "hint"} == set(found["problems"][0])


def test_a_clean_check_as_json_has_its_remarks(capsys):
    assert check(GOOD, as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["clean"] is True
    assert found["problems"] == []
    assert "startup.proxy-buffer" in [each["code"] for each in found["remarks"]]


def test_secrets_are_never_printed(capsys):
    secret = "Tell-nobody-0123456789-0123456789"
    for storage in ("sealed", "shelf"):
        check({**GOOD, "HARDTACK_SECRETS": f"{secret},short", "HARDTACK_STORAGE": storage})
    told = capsys.readouterr()
    assert secret not in told.out + told.err


@pytest.mark.parametrize("as_json", [False, True])
def test_without_any_setting_there_is_nothing_to_check(as_json, capsys):
    assert check({}, as_json=as_json) == 2
    told = capsys.readouterr()
    assert "nothing to check" in (told.out if as_json else told.err)


def test_demo_hands_its_options_on(monkeypatch):
    seen = []
    monkeypatch.setattr(demo_run, "run", lambda options, *, as_json: seen.append((options, as_json)) or 0)
    assert main(["demo", "--port", "0", "--no-stock", "--json"]) == 0
    options, as_json = seen[0]
    assert (options.port, options.stock, as_json) == (0, False, True)


def test_a_missing_extra_is_one_sentence_that_names_it(monkeypatch, capsys):
    real = builtins.__import__

    def without_uvicorn(name, *rest):
        if name == "hardtack.demo.run":
            raise ModuleNotFoundError("No module named 'uvicorn'", name="uvicorn")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_uvicorn)
    assert main(["demo"]) == 2
    assert capsys.readouterr().err == 'The demo needs uvicorn. Install it with: pip install "hardtack[demo]"\n'


def test_the_command_starts_quickly_since_it_loads_little():
    story = "import sys, hardtack.cli; print(sorted({'jinja2', 'starlette', 'httpx2', 'ministack'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", story], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "[]\n"
