"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "hardtack"
PACKAGES = [
    "hardtack",
    *(
        f"hardtack.{name}"
        for name in ("amplify", "amplify.adapter", "cognito", "cookies", "doctor", "sessions", "tokens", "web")
    ),
    *(f"hardtack.web.{name}" for name in ("browser_side", "lambda_edge", "proxy", "remedy", "shield")),
]
MODULES = sorted(SOURCE.rglob("*.py"))
WRITERS = [path for path in MODULES if SOURCE / "cookies" not in path.parents and "demo" not in path.parts]


def texts_of(path: Path) -> list[str]:
    """Every string constant of a module but its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [node.value for node in constants if node not in docstrings]


@pytest.mark.parametrize("path", WRITERS, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_framework_is_never_asked_to_set_a_cookie(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)]
    names = {node.attr for node in calls}
    assert not names & {"set_cookie", "delete_cookie", "SimpleCookie"} or "stock" in path.parts


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_exported_is_there_once(package):
    module = importlib.import_module(package)
    assert len(module.__all__) == len(set(module.__all__))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_opens_with_its_rule_or_its_reason(path):
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_holds_one_idea(path):
    assert len(path.read_text("utf-8").splitlines()) <= 450


@pytest.mark.parametrize("module", ["hardtack", "hardtack.cookies"])
def test_importing_the_top_loads_nothing_heavy(module):
    program = (
        f"import sys, {module}\n"
        "heavy = {'httpx2', 'cryptography', 'jinja2', 'starlette', 'publicsuffixlist', 'asyncio', 'sqlite3'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert shown.strip() == "[]"


def test_the_bare_middleware_needs_no_extra():
    program = (
        "import sys, hardtack.web\n"
        "print(sorted({'starlette', 'fastapi', 'jinja2', 'multipart', 'gmpy2', 'redis'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert shown.strip() == "[]"


def test_the_layers_hold():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_framework_may_be_missing_and_the_error_names_what_is():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        importlib.import_module("hardtack").nothing  # noqa: B018 -- asking is the test
