"""What an examination of a live site may do, and with whose name.

Rule: only what was asked for, only where it was asked. A password comes from the environment or from a prompt, never
from the command line, where other programs would see it; it is kept out of every representation.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from getpass import getpass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hardtack.cookies import canonical_host
from hardtack.doctor.errors import SourceError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

__all__ = ["CONTROLS", "Wishes", "wishes_of"]

PASSWORD_VARIABLE: Final = "HARDTACK_DOCTOR_PASSWORD"  # noqa: S105 -- the name of a variable, not a password
CONTROLS: Final = ("user", "password", "submit", "refresh", "sign-out")
"""What can be named by a CSS selector where the doctor does not find it by itself."""
_REQUESTS: Final = 200
_PATIENCE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is to be done.

    Attributes:
        url: where it begins.
        hosts: those that may be navigated to, and whose traffic is looked at.
        sign_in: whether to sign in, refresh and sign out.
        user: whom to sign in.
        password: theirs.
        plant: whether to plant stale twins in a profile of their own.
        client_id: the app client's id, where pages don't tell it.
        most_requests: after which the browser is taken off the network.
        patience: seconds that a page has to come to rest.
        headed: whether the browser's window is shown.
        controls: CSS selectors by what they select, one of `CONTROLS`.
    """

    url: str
    hosts: frozenset[str]
    sign_in: bool = False
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    plant: bool = False
    client_id: str | None = None
    most_requests: int = _REQUESTS
    patience: float = _PATIENCE
    headed: bool = False
    controls: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def host(self) -> str:
        """The host of the address."""
        return canonical_host(urlsplit(self.url).hostname or "") or ""


def wishes_of(target: str, options: Namespace) -> Wishes:
    """Read the command's options; asks for a user name and a password where they are needed and not given.

    Raises:
        SourceError: the address is none, the browser can't be driven, or there is nobody to ask.
    """
    host = _host_of(target)
    if getattr(options, "browser", "chromium") != "chromium":
        raise SourceError(
            "Only Chromium can be driven so far: what is read here is read over its DevTools protocol.",
            hint="Leave out --browser, or record the visit in Firefox and give the HAR file to the doctor.",
        )
    named: list[str] = list(getattr(options, "host", None) or ())
    others = {found for one in named if (found := canonical_host(one))}
    sign_in = bool(getattr(options, "sign_in", False))
    user, password = _credentials(options) if sign_in else ("", "")
    return Wishes(
        url=target,
        hosts=frozenset({host, *others}),
        sign_in=sign_in,
        user=user,
        password=password,
        plant=bool(getattr(options, "plant", False)),
        client_id=getattr(options, "client_id", None),
        most_requests=int(getattr(options, "max_requests", None) or _REQUESTS),
        patience=float(getattr(options, "timeout", None) or _PATIENCE),
        headed=bool(getattr(options, "headed", False)),
        controls=_controls(list(getattr(options, "control", None) or ())),
    )


def _host_of(target: str) -> str:
    try:
        parts = urlsplit(target)
        host = canonical_host(parts.hostname or "")
        _ = parts.port
    except ValueError:
        host = None
    else:
        if parts.username is not None or parts.password is not None:
            raise SourceError(
                "The address carries a name or a password.", hint="Leave them out; --sign-in asks for them."
            )
    if not host:
        raise SourceError("That is no address of a site.", hint="Write it as https://app.example.com/.")
    return host


def _controls(given: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in given:
        what, equals, selector = one.partition("=")
        if what not in CONTROLS or not equals or not selector.strip():
            raise SourceError(
                "A control is named as WHAT=SELECTOR.", hint=f"WHAT is one of {', '.join(CONTROLS)}; a CSS selector."
            )
        found[what] = selector.strip()
    return found


def _credentials(options: Namespace) -> tuple[str, str]:
    """The user name and the password."""
    variable = getattr(options, "password_env", None) or PASSWORD_VARIABLE
    user, password = str(getattr(options, "user", None) or ""), os.environ.get(variable, "")
    hint = f"Give --user, and the password in the environment variable {variable}."
    if (not user or not password) and not sys.stdin.isatty():
        raise SourceError("There is nobody to be asked for a user name and a password.", hint=hint)
    try:
        if not user:
            sys.stderr.write("User name: ")
            sys.stderr.flush()
            user = sys.stdin.readline().strip()
        password = password or getpass("Password (not shown): ")
    except (EOFError, KeyboardInterrupt):
        user = ""
    if not user or not password:
        raise SourceError("Signing in takes a user name and a password.", hint=hint)
    return user, password
