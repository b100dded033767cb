"""How long a package takes to start: its contents in a fresh process, and nothing else on the path.

Rule: it is measured, never estimated, and what the number holds is said with it: importing, reading the settings and
making the parts, then the first event. The fetch of the pool's keys comes on top, and so does Lambda's own work.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies import PolicyProblem
from hardtack.web.remedy.site import RemedyError

if TYPE_CHECKING:
    from pathlib import Path

    from hardtack.web.shield.settings import ShieldSettings

__all__ = ["ColdStart", "measure", "this_python"]

_RUNS: Final = 3
_TIMEOUT: Final = 120  # seconds; a busy machine may take its time
_PROGRAM: Final = """
import sys, time
begin = time.perf_counter()
sys.path.insert(0, sys.argv[1])
import json
from hardtack.web import lambda_edge
lambda_edge._edge()
ready = time.perf_counter()
answer = lambda_edge.handler(json.loads(sys.argv[2]))
end = time.perf_counter()
foreign = sorted({getattr(module, "__file__", None) or "" for module in sys.modules.values()})
foreign = [file for file in foreign if "site-packages" in file or "dist-packages" in file]
print(json.dumps([ready - begin, end - ready, answer["uri"], foreign]))
"""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """What was measured, the median of three runs.

    Attributes:
        ready_ms: milliseconds until the first event can be taken.
        first_ms: milliseconds that the first event takes.
        python: the interpreter's version.
    """

    ready_ms: float
    first_ms: float
    python: str


def this_python() -> str:
    """The running interpreter's version, as in `3.13`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def measure(contents: Path, settings: ShieldSettings, *, python: str) -> ColdStart | None:
    """Start a package's contents three times.

    Args:
        contents: the folder that is zipped.
        settings: whose host the first event names.
        python: the version that it is for; None is returned where there is none here.

    Raises:
        RemedyError: it does not start; the reason is told.
    """
    interpreter = _interpreter(python)
    if interpreter is None:
        return None
    event = json.dumps(_first_event(min(settings.policy.hosts)))
    runs = [_run(interpreter, contents, event) for _ in range(_RUNS)]
    return ColdStart(
        round(median(ready for ready, _ in runs) * 1000, 1), round(median(first for _, first in runs) * 1000, 1), python
    )


def _run(interpreter: str, contents: Path, event: str) -> tuple[float, float]:
    words = [interpreter, "-I", "-S", "-c", _PROGRAM, str(contents), event]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_TIMEOUT)  # noqa: S603 -- an interpreter, and our own program
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _broken(type(error).__name__) from None
    if done.returncode:
        raise _broken(done.stderr.strip().rpartition("\n")[2])
    ready, first, uri, foreign = json.loads(done.stdout.splitlines()[-1])
    if uri != "/" or foreign:
        raise _broken("it answered wrongly, or took modules from elsewhere")
    return ready, first


def _interpreter(python: str) -> str | None:
    if python == this_python():
        return sys.executable
    found = shutil.which(f"python{python}")
    if found is None:
        return None
    words = [found, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_TIMEOUT)  # noqa: S603 -- an interpreter
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found if done.stdout.strip() == python else None


def _first_event(host: str) -> dict[str, Any]:
    """A visit without a cookie: no key has to be fetched for it."""
    headers = {"host": [{"key": "Host", "value": host}], "accept": [{"key": "Accept", "value": "text/html"}]}
    request = {"clientIp": "192.0.2.1", "method": "GET", "uri": "/", "querystring": "", "headers": headers}
    return {"Records": [{"cf": {"config": {"eventType": "origin-request"}, "request": request}}]}


def _broken(why: str) -> RemedyError:
    sentence = f"The package does not start: {why.rstrip('.')[:200]}."
    return RemedyError([PolicyProblem("remedy.start", "the package", sentence, "Choose another --python, or tell us.")])
