"""The libraries that a package needs, fetched as wheels for Lambda's own machine and not for this one.

Rule: the versions are those that are installed here, so that what runs at the edge is what was tested; they come from
the index that pip is set up for, and from nowhere else.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING, Final

from hardtack.cookies import PolicyProblem
from hardtack.web.remedy.site import RemedyError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PYTHONS", "fetch_wheels", "unpack_wheels"]

PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
"""Lambda's Python runtimes."""

_REQUIREMENTS: Final = ("cryptography", "httpx2", "jinja2", "publicsuffixlist")
_INDIRECT: Final = (
    "anyio", "certifi", "cffi", "h11", "httpcore2", "idna", "markupsafe", "pycparser", "sniffio", "truststore",
    "typing_extensions",
)  # fmt: skip
# Amazon Linux 2 has glibc 2.26; Amazon Linux 2023, from Python 3.12 on, has 2.34.
_OLD_PLATFORMS: Final = ("manylinux2014_x86_64",)
_PLATFORMS: Final = (*_OLD_PLATFORMS, "manylinux_2_28_x86_64", "manylinux_2_34_x86_64")
_TIMEOUT: Final = 900  # seconds for six megabytes, on any line
_NETWORK: Final = ("ConnectionError", "NewConnectionError", "name resolution", "timed out", "ProxyError", "unreachable")
_TOLD: Final = 300  # characters of pip's own words in an error


def fetch_wheels(folder: Path, *, python: str) -> tuple[str, ...]:
    """Download the wheels into a folder.

    Args:
        folder: an empty one.
        python: the version of Lambda's Python, one of `PYTHONS`.

    Returns:
        Their file names.

    Raises:
        RemedyError: pip is not installed here, or the index can't be reached or has no such wheel.
    """
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in _installed().items()))
    platforms = _OLD_PLATFORMS if python == "3.11" else _PLATFORMS
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
    words += [word for each in platforms for word in ("--platform", each)]
    words += ["--python-version", python, "--implementation", "cp", "--abi", f"cp{python.replace('.', '')}"]
    words += ["--abi", "abi3", "--abi", "none", "--constraint", str(constraints), "--dest", str(folder), *_REQUIREMENTS]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_TIMEOUT)  # noqa: S603 -- our own interpreter
        said = done.stderr if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        said = f"timed out ({type(error).__name__})"
    if said:
        raise RemedyError([_failure(said)])
    constraints.unlink()
    return tuple(sorted(path.name for path in folder.glob("*.whl")))


def unpack_wheels(wheels: Path, target: Path) -> None:
    """Lay the wheels' modules into one folder, as an installer does; scripts and headers are left out."""
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if not name.partition("/")[0].endswith(".data"):
                    archive.extract(name, target)


def _installed() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in (*_REQUIREMENTS, *_INDIRECT):
        try:
            found[name] = distribution(name).version
        except PackageNotFoundError:  # a later release may need it no more
            continue
    return found


def _failure(said: str) -> PolicyProblem:
    if "No module named pip" in said:
        return PolicyProblem(
            "remedy.wheels", "pip", "The package needs pip to fetch wheels, and pip is not installed here.",
            "Install it into this environment: python -m ensurepip.",
        )  # fmt: skip
    if any(word in said for word in _NETWORK):
        return PolicyProblem(
            "remedy.wheels", "pip", "The wheels can't be fetched: pip does not reach its index.",
            "Check the network and `pip config list`, then start again.",
        )  # fmt: skip
    lines = [line for line in said.splitlines() if line.startswith("ERROR")] or [said]
    return PolicyProblem(
        "remedy.wheels", "pip", f"pip could not fetch the wheels: {' '.join(lines)[:_TOLD].rstrip('.')}.",
        "Choose another --python, or install the versions that the index has.",
    )  # fmt: skip
