"""Finding and reading Amplify's configuration file: the one place of this layer that touches a disk.

Rule: what a person names is read, and what they name wrongly is said plainly; a folder is searched only where Amplify's
tools put their files, the newest tool's first.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardtack.amplify.config import AmplifyConfig, AmplifyConfigError, parse_amplify_config, read_amplify_config

if TYPE_CHECKING:
    import os

__all__ = ["FILE_NAMES", "load_amplify_config"]

FILE_NAMES = (
    "amplify_outputs.json",
    "amplifyconfiguration.json",
    "aws-exports.js",
    "aws-exports.json",
    "aws-exports.ts",
)
_FOLDERS = (".", "src", "app")
_MAX_BYTES = 4_000_000


def load_amplify_config(source: str | os.PathLike[str] | Mapping[str, Any]) -> AmplifyConfig:
    """Read a configuration: a file, a project's folder (searched for `FILE_NAMES`), or what was parsed already.

    Raises:
        AmplifyConfigError: there is no such file, it can't be read, or it names no usable user pool.
    """
    if isinstance(source, Mapping):
        return read_amplify_config(source)
    path = Path(source)
    if path.is_dir():
        path = _find_in(path)
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as problem:
        raise AmplifyConfigError(
            f"{path.name} can't be read: {problem.strerror or type(problem).__name__}.",
            hint="Check the path; it is taken from the folder in which the program was started.",
        ) from problem
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise AmplifyConfigError(
            f"{path.name} is not UTF-8 text.", hint="Save it as UTF-8, or let Amplify's tool write it anew."
        ) from None
    return parse_amplify_config(text, name=path.name)


def _find_in(folder: Path) -> Path:
    for name in FILE_NAMES:
        for where in _FOLDERS:
            if (folder / where / name).is_file():
                return folder / where / name
    raise AmplifyConfigError(
        f"The folder {folder.name or folder} has none of {', '.join(FILE_NAMES)}, nor has its src.",
        hint="Name the file itself, or let Amplify's tool write it: npx ampx generate outputs, or amplify pull.",
    )
