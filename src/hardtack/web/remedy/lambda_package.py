"""The remedy for Lambda@Edge: one zip with the shield, the few libraries that it needs, its settings and its key.

Rule: what is deployed was run before. The zip's own contents are started in a fresh process, with nothing else on its
path, and the time that takes is told: a cold start is what a visitor waits for. The same policy, versions and secrets
give the same zip, byte for byte.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import hardtack
from hardtack.cookies import PolicyProblem
from hardtack.sessions import StartupError
from hardtack.web.lambda_edge.packaged import SETTINGS_FILE, pack_settings
from hardtack.web.remedy.cold_start import ColdStart, measure, this_python
from hardtack.web.remedy.site import RemedyError
from hardtack.web.remedy.wheels import PYTHONS, fetch_wheels, unpack_wheels
from hardtack.web.shield.settings import ShieldSettings, shield_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hardtack.sessions import PolicyFile

__all__ = ["DEFAULT_NAME", "HANDLER", "MAX_ZIP_BYTES", "Package", "build_package", "package_drift"]

DEFAULT_NAME: Final = "hardtack-edge.zip"
HANDLER: Final = "hardtack_edge.handler"
"""What to write as the function's handler."""
MAX_ZIP_BYTES: Final = 50_000_000
"""What Lambda@Edge takes of a function at the origin, compressed. At the viewer it would be 1 MB."""

_MANIFEST: Final = "hardtack-remedy.json"
_ENTRY: Final = (
    '"""Lambda\'s way in: everything is made ready while a container starts."""\n\n'
    "from hardtack.web.lambda_edge import handler, origin_request, origin_response, prepare\n\n"
    '__all__ = ["handler", "origin_request", "origin_response"]\n\n'
    "prepare()\n"
)
_LEFT_OUT: Final = ("cli", "demo", "doctor", "explore", "fleet", "web/remedy", "web/fastapi.py", "web/routes")
_AT_THE_EDGE: Final = 1.0  # seconds to judge in, where the file says nothing: a container fetches the keys anew
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # a zip's earliest; the day stands in the manifest


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was made.

    Attributes:
        path: of the zip.
        size: its bytes.
        unpacked: bytes of its contents.
        python: the runtime that it is for.
        wheels: the libraries in it, by their wheels' names.
        cold_start: what was measured; None where no such Python is installed here.
    """

    path: Path
    size: int
    unpacked: int
    python: str
    wheels: tuple[str, ...]
    cold_start: ColdStart | None


def build_package(
    file: PolicyFile,
    path: Path,
    *,
    python: str | None = None,
    environ: Mapping[str, str] | None = None,
    force: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Package:
    """Make the package.

    Args:
        file: the policy file; `[shield]` is read as the shield reads it.
        path: of the zip. It is readable for its owner alone, since the key is in it.
        python: Lambda's runtime; the version that runs this if None, so that the very zip can be measured.
        environ: the process's environment if None; HARDTACK_SECRETS has the key.
        force: overwrite a file that this remedy did not write.
        tell: told what is being done.

    Raises:
        StartupError: the shield could not start like this; every problem is listed.
        RemedyError: a foreign file would be overwritten, the libraries can't be fetched, or the zip is too large.
    """
    python = python or (this_python() if this_python() in PYTHONS else PYTHONS[-1])
    settings = _settings(file, environ)
    if path.exists() and not force and _manifest(path) is None:
        raise RemedyError(
            [_problem("foreign", path.name, "No remedy wrote this file.", "Say --force to overwrite it.")]
        )
    with tempfile.TemporaryDirectory(prefix="hardtack-edge-") as folder:
        wheels, contents = Path(folder, "wheels"), Path(folder, "contents")
        wheels.mkdir()
        tell(f"Fetching libraries for Python {python} on Lambda ...")
        names = fetch_wheels(wheels, python=python)
        unpack_wheels(wheels, contents)
        _copy_library(contents / "hardtack")
        (contents / "hardtack_edge.py").write_text(_ENTRY, encoding="utf-8")
        (contents / SETTINGS_FILE).write_bytes(pack_settings(settings))
        if python == this_python():
            tell("Compiling ...")
            _compile(contents)
        manifest = {
            "target": "lambda-edge",
            "python": python,
            "hardtack": version("hardtack"),
            "policy": file.policy.fingerprint,
            "content": _digest(contents),
        }
        (contents / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        _zip(contents, path)
        size, unpacked = path.stat().st_size, sum(each.stat().st_size for each in _files(contents))
        if size > MAX_ZIP_BYTES:
            path.unlink()
            sentence = f"The package has {size:,} bytes, and Lambda@Edge takes {MAX_ZIP_BYTES:,}."
            raise RemedyError([_problem("size", path.name, sentence, "Tell us which libraries grew.")])
        tell("Starting it in a fresh process ...")
        return Package(path, size, unpacked, python, names, measure(contents, settings, python=python))


def package_drift(path: Path, file: PolicyFile) -> str | None:
    """Why a package is to be made anew, in a sentence; None if it agrees with the policy file.

    Raises:
        RemedyError: it is no package of this remedy.
        StartupError: `[shield]` is wrong.
    """
    manifest = _manifest(path)
    if manifest is None:
        sentence = "It is no package that this remedy wrote."
        raise RemedyError([_problem("no-block", path.name, sentence, "Name the zip that was written.")])
    with zipfile.ZipFile(path) as archive:
        packed = json.loads(archive.read(SETTINGS_FILE))
        digest = _digest_of((name, archive.read(name)) for name in sorted(archive.namelist()) if name != _MANIFEST)
    if digest != manifest["content"]:
        return "was changed since it was written."
    if manifest["policy"] != file.policy.fingerprint:
        return "was written for another policy."
    secrets = {"HARDTACK_SECRETS": ",".join(packed["secrets"])}
    if json.loads(pack_settings(_settings(file, secrets))) != packed:
        return "was written for other settings than the policy file has now."
    if manifest["hardtack"] != version("hardtack"):
        return f"was written by Hardtack {manifest['hardtack']}."
    return None


def _settings(file: PolicyFile, environ: Mapping[str, str] | None) -> ShieldSettings:
    patience = None if "judge_seconds" in file.shield else _AT_THE_EDGE
    settings = ShieldSettings.from_policy_file(file, environ, judge_seconds=patience)
    problems = [*shield_problems(settings), *_secret_problems(settings)]
    if problems:
        raise StartupError(problems)
    return settings


def _secret_problems(settings: ShieldSettings) -> list[PolicyProblem]:
    from hardtack.sessions import check_settings  # noqa: PLC0415 -- its name says more beside what it is asked

    return list(check_settings(settings.session_settings()))


def _copy_library(target: Path) -> None:
    source = Path(hardtack.__file__).parent

    def left_out(folder: str, names: list[str]) -> set[str]:
        below = Path(folder).relative_to(source)
        return {name for name in names if name == "__pycache__" or (below / name).as_posix() in _LEFT_OUT}

    shutil.copytree(source, target, ignore=left_out)


def _compile(contents: Path) -> None:
    """Byte code beside each module: Lambda can't keep what it compiles itself.

    In a process of its own, in which sets have one order, so that the same modules give the same bytes.
    """
    words = [sys.executable, "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    subprocess.run([*words, "-s", str(contents), str(contents)], env=environment, capture_output=True, check=False)  # noqa: S603 -- our own interpreter; what can't be compiled is compiled by Lambda


def _zip(contents: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # for the owner alone
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for each in _files(contents):
            entry = zipfile.ZipInfo(each.relative_to(contents).as_posix(), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16  # Lambda reads it as another user
            archive.writestr(entry, each.read_bytes())
    Path(name).replace(path)


def _files(contents: Path) -> list[Path]:
    return sorted(path for path in contents.rglob("*") if path.is_file())


def _digest(contents: Path) -> str:
    return _digest_of((each.relative_to(contents).as_posix(), each.read_bytes()) for each in _files(contents))


def _digest_of(files: Iterator[tuple[str, bytes]]) -> str:
    digest = blake2b(digest_size=16)
    for name, content in sorted(files):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _manifest(path: Path) -> dict[str, Any] | None:
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read(_MANIFEST))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _problem(code: str, where: str, sentence: str, hint: str) -> PolicyProblem:
    return PolicyProblem(f"remedy.{code}", where, sentence, hint)
