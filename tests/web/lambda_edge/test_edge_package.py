"""The package for Lambda@Edge: made once, then only its own contents run, in a process of their own."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hardtack.cli import main
from hardtack.cookies import CookieScope
from hardtack.sessions import StartupError
from hardtack.web.lambda_edge.packaged import SETTINGS_FILE, pack_settings, read_packed
from hardtack.web.remedy import RemedyError, lambda_package, wheels
from hardtack.web.remedy.cold_start import measure, this_python
from hardtack.web.remedy.lambda_package import HANDLER, MAX_ZIP_BYTES, build_package, package_drift
from hardtack.web.shield import ShieldSettings
from support.edge import EdgeSite, request_event, response_event
from support.remedies import policy_file, policy_text

SECRET = "a deployment secret of a package that lives for one test"
ENVIRON = {"HARDTACK_SECRETS": SECRET}
RUN = """
import sys, json
sys.path.insert(0, sys.argv[1])
from hardtack.web import lambda_edge
for line in sys.stdin:
    print(json.dumps(lambda_edge.handler(json.loads(line), None)), flush=True)
"""


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    """The libraries' wheels, fetched once; a skip where the index can't be reached."""
    folder = tmp_path_factory.mktemp("wheels")
    try:
        wheels.fetch_wheels(folder, python=this_python())
    except RemedyError as error:
        if "does not reach its index" in str(error):
            pytest.skip("The libraries can't be fetched: pip does not reach its index.")
        raise
    return folder


@pytest.fixture
def at_hand(fetched, monkeypatch):
    """Packages are made of those."""
    monkeypatch.setattr(lambda_package, "fetch_wheels", copier(fetched))


def copier(fetched: Path):
    def copy(folder: Path, *, python: str) -> tuple[str, ...]:
        shutil.copytree(fetched, folder, dirs_exist_ok=True)
        return tuple(sorted(path.name for path in folder.glob("*.whl")))

    return copy


@pytest.fixture(scope="module")
def package(fetched, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lambda_package, "fetch_wheels", copier(fetched))
        return build_package(policy_file(), tmp_path_factory.mktemp("package") / "edge.zip", environ=ENVIRON)


def test_it_fits_and_its_cold_start_was_measured(package):
    assert 1_000_000 < package.size <= MAX_ZIP_BYTES
    assert package.size == package.path.stat().st_size
    assert package.python == this_python()
    assert package.cold_start is not None
    assert package.cold_start.ready_ms > 0
    assert {name.partition("-")[0] for name in package.wheels} >= {"cryptography", "httpx2", "jinja2"}
    assert all("manylinux" in name or "none-any" in name for name in package.wheels)


def test_it_holds_what_it_needs_and_nothing_else(package):
    with zipfile.ZipFile(package.path) as archive:
        names = set(archive.namelist())
    assert {
        SETTINGS_FILE,
        "hardtack_edge.py",
        "hardtack/web/lambda_edge/edge.py",
        "hardtack/web/shield/guard.py",
    } <= names
    assert [
        name for name in names if name.startswith(("hardtack/demo/", "hardtack/cli/", "hardtack/web/remedy/"))
    ] == []
    assert HANDLER.partition(".")[0] + ".py" in names


def test_the_key_is_for_its_owner_alone(package):
    assert stat.S_IMODE(package.path.stat().st_mode) & 0o077 == 0
    assert SECRET not in repr(package)


def test_the_same_settings_give_the_same_package(package, tmp_path, at_hand):
    again = build_package(policy_file(), tmp_path / "edge.zip", environ=ENVIRON)
    assert again.path.read_bytes() == package.path.read_bytes()


def test_its_own_contents_answer_both_triggers(package, tmp_path):
    with zipfile.ZipFile(package.path) as archive:
        archive.extractall(tmp_path)
    site = EdgeSite()
    visit = site.visit("/", cookie="theme=dark")
    words = [sys.executable, "-I", "-S", "-c", RUN, str(tmp_path)]
    event = request_event(visit)
    event["Records"][0]["cf"]["request"]["headers"]["host"] = [{"key": "Host", "value": "app.example.com"}]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def ask(event: dict) -> dict:
            process.stdin.write(json.dumps(event) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            while line.startswith('{"hardtack"'):  # an event for the log
                line = process.stdout.readline()
            return json.loads(line)

        request = ask(event)
        name = "CognitoIdentityServiceProvider.1example23456789.LastAuthUser"
        lines = [(b"content-type", b"text/html"), (b"set-cookie", f"{name}=x; Path=/; Max-Age=9".encode())]
        answer = ask(response_event(request, lines))
        own = {}
        for path in ("/hardtack/policy.json", "/hardtack/hardtack.js", "/hardtack/help"):
            asked = request_event(site.visit(path, cookie=""))
            asked["Records"][0]["cf"]["request"]["headers"]["host"] = [{"key": "Host", "value": "app.example.com"}]
            own[path] = ask(asked)
        process.stdin.close()
    site.close()
    assert "x-hardtack-passage" in request["headers"]
    written = [line["value"] for line in answer["headers"]["set-cookie"] if "=x;" in line["value"]]
    assert written == [f"{name}=x; Path=/; Domain=example.com; Max-Age=9"]
    assert json.loads(own["/hardtack/policy.json"]["body"])["clientId"] == "1example23456789"
    assert {each["status"] for each in own.values()} == {"200"}
    assert "<html" in own["/hardtack/help"]["body"]


def test_drift_is_told(package, tmp_path):
    assert package_drift(package.path, policy_file()) is None
    assert package_drift(package.path, policy_file(domain='"app.example.com"')) == "was written for another policy."
    assert "other settings" in (package_drift(package.path, policy_file(base_paths="[]")) or "")
    edited = tmp_path / "edited.zip"
    edited.write_bytes(package.path.read_bytes())
    with zipfile.ZipFile(edited, "a") as archive:
        archive.writestr("added.py", "")
    assert package_drift(edited, policy_file()) == "was changed since it was written."


def test_a_foreign_file_is_not_overwritten(tmp_path):
    path = tmp_path / "edge.zip"
    path.write_bytes(b"mine")
    with pytest.raises(RemedyError, match="No remedy wrote this file"):
        build_package(policy_file(), path, environ=ENVIRON)
    assert path.read_bytes() == b"mine"
    with pytest.raises(RemedyError, match="no package that this remedy wrote"):
        package_drift(path, policy_file())


def test_without_a_key_there_is_no_package(tmp_path):
    for environ in ({}, {"HARDTACK_SECRETS": "short"}):
        with pytest.raises(StartupError, match=r"startup\.secret"):
            build_package(policy_file(), tmp_path / "edge.zip", environ=environ)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("/usr/bin/python: No module named pip", "pip is not installed here"),
        ("WARNING: NewConnectionError: Failed to establish", "does not reach its index"),
        ("ERROR: No matching distribution found for cryptography==99", "No matching distribution found"),
    ],
)
def test_what_pip_says_becomes_a_sentence(said, told, tmp_path, monkeypatch):
    done = subprocess.CompletedProcess([], 1, "", said)
    monkeypatch.setattr(wheels.subprocess, "run", lambda *_, **__: done)
    with pytest.raises(RemedyError, match=told):
        build_package(policy_file(), tmp_path / "edge.zip", environ=ENVIRON)
    assert list(tmp_path.iterdir()) == []


def test_contents_that_do_not_start_are_no_package(tmp_path):
    settings = ShieldSettings.from_policy_file(policy_file(), ENVIRON)
    with pytest.raises(RemedyError, match="does not start"):
        measure(tmp_path, settings, python=this_python())
    assert measure(tmp_path, settings, python="2.7") is None


def test_settings_are_packed_and_read_again_as_they_were():
    file = policy_file(legacy_scopes='[{domain=".app.example.com", path="/old"}]', owns_domain="true", max_age="86_400")
    settings = ShieldSettings.from_policy_file(file, ENVIRON, percent=25.0, observe=True, judge_seconds=0.7)
    read = read_packed(pack_settings(settings))
    assert read == settings
    assert read.policy.legacy_scopes == (CookieScope("app.example.com", "/old"),)
    assert SECRET not in repr(read)


def test_the_command_tells_size_runtime_handler_and_cold_start(tmp_path, monkeypatch, capsys, at_hand):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARDTACK_SECRETS", SECRET)
    (tmp_path / "hardtack.toml").write_text(policy_text())
    assert main(["remedy", "--target", "lambda-edge", "--output", "out"]) == 0
    told = capsys.readouterr().err
    assert "handler hardtack_edge.handler" in told
    assert "Cold start: " in told
    assert " ms until it is ready" in told
    assert SECRET not in told
    assert main(["remedy", "--check", "out/hardtack-edge.zip"]) == 0
    (tmp_path / "hardtack.toml").write_text(policy_text(domain='"app.example.com"'))
    assert main(["remedy", "--check", "out/hardtack-edge.zip", "--json"]) == 1
    assert "another policy" in json.loads(capsys.readouterr().out.splitlines()[-1])["findings"][0]["sentence"]
    monkeypatch.delenv("HARDTACK_SECRETS")
    assert main(["remedy", "--target", "lambda-edge", "--json"]) == 2
    assert "HARDTACK" in (error := json.loads(capsys.readouterr().out)["error"]).upper()
    assert "startup.secret" in error
