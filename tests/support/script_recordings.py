"""What the real aws-amplify did in a browser's place, and the model in its place: see `scripts/record_script.py`.

    for recorded in recordings(): assert difference(recorded, host) == ""

A recorded situation holds what lay in the jar, how the site was set up, what was done, and each answer with its time.
So the model is led through it, with a jar of ours, and has to write the same lines, reach the same gates and tell the
same.
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardtack.cookies import BrowserJar
from hardtack.explore.script import CookieOptions, Gate, Memory, Run, ScriptHost, ScriptSettings, Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RECORDED", "difference", "recordings"]

RECORDED = Path(__file__).parent.parent / "fixtures" / "amplify-browser" / "recorded.jsonl.xz"
ORIGIN = "https://app.example.test"
CLIENT = "1client2"
START = 1_700_000_000


def recordings() -> list[dict[str, Any]]:
    """Every situation."""
    return [json.loads(line) for line in lzma.decompress(RECORDED.read_bytes()).splitlines()]


def difference(recorded: dict[str, Any], host: ScriptHost) -> str:
    """Where the model goes another way than the package did; empty where it never does."""
    for place, found, wanted in _played(recorded, host):
        for part, value in found.items():
            if value != wanted[part]:
                return f"seed {recorded['seed']}, {place}, {part}: {value} instead of {wanted[part]}"
    return ""


def _played(recorded: dict[str, Any], host: ScriptHost) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    settings = _settings(recorded)
    now = START
    jar = BrowserJar(clock=lambda: now)
    jar.store_response(ORIGIN, recorded["jar"])
    for run in recorded["runs"]:
        url = ORIGIN + run["path"]
        segments: list[Segment] = []
        for wanted in run["segments"]:
            now = wanted["now"]
            lines: list[str] = []

            def write(line: str, lines: list[str] = lines, url: str = url) -> None:
                lines.append(line)
                jar.set_document_cookie(url, line)

            answer = json.dumps(wanted["answer"])
            step = host.advance(
                settings,
                Memory(),
                Run(run["name"], run["user"], run["path"]),
                segments,
                answer=answer,
                now=now,
                read=lambda url=url: jar.document_cookie(url),
                write=write,
            )
            segments.append(Segment(answer, now, step.readings))
            told = [note for note in step.told if note.startswith("Hub: ")]
            yield run["name"], {"writes": lines, "gate": _told(step.gate), "told": told}, wanted


def _told(gate: Gate) -> list[str]:
    return [type(gate).__name__, *(getattr(gate, name) for name in gate.__slots__)]


def _settings(recorded: dict[str, Any]) -> ScriptSettings:
    stated = recorded["settings"]
    cookie = stated["cookie"]
    return ScriptSettings(
        "stock",
        CLIENT,
        CookieOptions(
            cookie.get("domain", ""), cookie["path"], cookie["secure"], cookie.get("sameSite", ""), cookie["expires"]
        ),
        sign_in_path=stated["signInPath"],
        listener=stated["listener"],
        release=recorded["release"],
    )
