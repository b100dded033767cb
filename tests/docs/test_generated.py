"""What the code knows better is generated, and a page that has fallen behind is noticed."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from hardtack.sessions.transitions import mermaid
from support.docs import PAGES, ROOT


def docs(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/docs.py."""
    command = [sys.executable, str(ROOT / "scripts" / "docs.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def project(tmp_path):
    """A project with one page, whose generated part is empty yet."""
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "page.md"
    page.write_text("By hand.\n\n<!-- generated: events -->\n<!-- end -->\n\nBy hand, too.\n", encoding="utf-8")
    return page


def test_every_generated_part_is_as_the_code_has_it_now():
    done = docs("--check")
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_a_stale_page_fails_the_check_and_is_left_alone(project):
    before = project.read_text(encoding="utf-8")
    done = docs("--check", "--root", str(project.parents[1]))
    assert done.returncode == 1
    assert "docs/page.md is stale" in done.stdout
    assert project.read_text(encoding="utf-8") == before


def test_writing_renews_the_marked_part_alone_and_then_nothing_is_stale(project):
    assert docs("--root", str(project.parents[1])).returncode == 0
    text = project.read_text(encoding="utf-8")
    assert text.startswith("By hand.\n\n<!-- generated: events -->\n")
    assert text.endswith("<!-- end -->\n\nBy hand, too.\n")
    assert "| `twins.found` |" in text
    assert docs("--check", "--root", str(project.parents[1])).returncode == 0


def test_a_marker_that_names_nothing_is_an_error(project):
    project.write_text("<!-- generated: nothing -->\n<!-- end -->\n", encoding="utf-8")
    assert docs("--check", "--root", str(project.parents[1])).returncode != 0


def test_no_marker_is_left_open():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert len(re.findall(r"<!-- generated: ", text)) == text.count("<!-- end -->"), page.name


def test_the_architecture_shows_the_table_that_the_engine_runs():
    assert mermaid() in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
