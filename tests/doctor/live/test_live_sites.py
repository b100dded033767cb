"""The demo's two sites through a real browser: what is wrong with the one is found, and with the other nothing."""

from __future__ import annotations

import io
import json

import pytest

from hardtack.cli import main

pytestmark = [pytest.mark.browser, pytest.mark.pool]


@pytest.fixture
def examine(demo, monkeypatch, capsys, tmp_path):
    """Run the command with alice's credentials; its exit status and its JSON. No output may know her."""
    alice = demo.pool.users[0]
    monkeypatch.setenv("HARDTACK_DOCTOR_PASSWORD", alice.password)

    def run(url, *options):
        told = [tmp_path / "told.md", tmp_path / "told.html", tmp_path / "told.sarif"]
        also = [f"--also={form}={path}" for form, path in zip(("markdown", "html", "sarif"), told, strict=True)]
        status = main(["doctor", url, "--json", "--timeout=120", "--max-requests=600", *also, *options])
        shown = capsys.readouterr()
        texts = [shown.out, shown.err, *(path.read_text("utf-8") for path in told if path.exists())]
        for text in texts:
            assert alice.username not in text
            assert alice.password not in text
            assert "eyJ" not in text
        return status, json.loads(shown.out)

    run.user = f"--user={alice.username}"
    return run


def rules(report, *severities):
    return {each["rule"] for each in report["findings"] if each["severity"] in severities}


def test_the_stock_site_is_found_stuck_with_its_cause(demo, examine):
    status, report = examine(demo.facts()["stock_url"], "--sign-in", examine.user)
    assert status == 1
    assert report["verdict"] == "stuck"
    found = rules(report, "error")
    # two writers, twins, a sign-out that leaves half of them, a loop on a token that is revoked
    assert {"HT105", "HT101", "HT201", "HT002", "HT005"} <= found
    root = report["findings"][0]
    assert root["rule"] == "HT105"
    assert ".hardtack.localhost /" in json.dumps(root)
    assert "host-only stock.hardtack.localhost /" in json.dumps(root)


def test_the_stock_site_does_not_recover_from_planted_twins_and_nobody_has_to_sign_in(demo, examine):
    status, report = examine(demo.facts()["stock_url"], "--plant")
    assert status == 1
    assert rules(report, "error") == {"HT004"}  # what the doctor planted itself is held against nobody


def test_nothing_is_found_on_the_site_that_heals(demo, examine):
    status, report = examine(demo.url, "--sign-in", examine.user, "--plant", "--ignore=HT504")
    # HT504: the demo has no proxy in front and sweeps everything at once, on purpose
    assert rules(report, "error", "warning") == set()
    assert report["verdict"] == "healthy"
    assert status == 0
    assert {"HT002", "HT003", "HT004", "HT101", "HT105", "HT201"} <= set(report["checked"]["fine"])


def test_a_wrong_password_is_told_as_such(demo, examine, monkeypatch):
    monkeypatch.setenv("HARDTACK_DOCTOR_PASSWORD", "Wrong-horse-7")
    status, report = examine(demo.url, "--sign-in", examine.user)
    assert status == 2
    assert "left no session behind" in report["error"]


def test_without_a_terminal_nobody_is_asked(demo, examine, monkeypatch):
    monkeypatch.delenv("HARDTACK_DOCTOR_PASSWORD")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    status, report = examine(demo.url, "--sign-in", examine.user)
    assert status == 2
    assert "nobody to be asked" in report["error"]
