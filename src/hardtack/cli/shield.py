"""`hardtack shield`: the reverse proxy that heals what passes through it.

Rule: what is decided stands in the policy file; the command line says where to listen and how to come in and out. What
can't work is said in sentences before anything listens.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hardtack.cli.options import CLEAN, COULD_NOT_RUN, port
from hardtack.errors import HardtackError

if TYPE_CHECKING:
    import argparse

    from hardtack.web.shield.app import ShieldApp

__all__ = ["add_parser", "run"]


_NO_STORE: Final = (
    "Several processes that refresh need a store in common, or one spends what another has spent. Write"
    ' store = "hardtack-refresh.sqlite" into [shield] of the policy file.'
)


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage] -- argparse gives its type no other name
    """Add the command to a parser's subcommands."""
    parser = commands.add_parser(
        "shield",
        help="a reverse proxy before an unmodified Next.js + Amplify site, which heals the cookies that pass",
        description="Stand before a site that you can't change. The policy file says which pool it has and how the"
        " browser's Amplify writes its cookies; HARDTACK_SECRETS holds the signing secrets, shared by all instances."
        " Ctrl-C ends it gracefully.",
    )
    parser.add_argument("--upstream", metavar="URL", help="the site's own address, such as http://127.0.0.1:3000")
    parser.add_argument("--policy", metavar="FILE", type=Path, default=Path("hardtack.toml"), help="hardtack.toml")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=port, default=8080, help="the port to listen on, 0 for any that is free (8080)")
    parser.add_argument("--workers", type=int, default=1, help="processes (1)")
    parser.add_argument("--trusted", metavar="NET", action="append", default=[], help="a proxy in front whose"
                        " X-Forwarded-* is believed: an address, a network, unix or *; may be given again")  # fmt: skip
    parser.add_argument("--certificate", metavar="FILE", default="", help="PEM file, to serve https by itself")
    parser.add_argument("--key", metavar="FILE", default="", help="PEM file with the certificate's key")
    parser.add_argument("--observe", action="store_true", default=None, help="report what it would do, change nothing")
    parser.add_argument("--refreshes", action="store_true", default=None, help="refresh in the site's place, once for"
                        " all; the site then sees no refresh token")  # fmt: skip
    parser.add_argument("--percent", type=float, help="the share of the browsers that are shielded, 0 to 100 (100)")
    parser.add_argument("--kill-switch", metavar="FILE", help="while this file exists, everything passes untouched")
    parser.add_argument("--events-port", type=port, help="show the last events on this port of 127.0.0.1")
    parser.add_argument("--json", action="store_true", help="events, and what went wrong, as lines of JSON")


@dataclass(frozen=True, slots=True)
class _Options:
    """What the command line says of the application; picklable, since each worker makes its own."""

    policy: Path
    overrides: dict[str, Any]
    trusted: tuple[str, ...]
    events_port: int | None
    as_json: bool


def run(options: argparse.Namespace) -> int:
    """Serve until it is told to end.

    Returns:
        0 when it ended as it was told, 2 when it could not run.
    """
    try:
        from hardtack.web.proxy.serve import ServerOptions, serve  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "hardtack":
            raise
        return _cannot(f'The shield needs {error.name}. Install it with: pip install "hardtack[shield]"', options)
    overrides = {
        "upstream": options.upstream,
        "observe": options.observe,
        "refreshes": options.refreshes,
        "percent": options.percent,
        "kill_switch": str(Path(options.kill_switch).absolute()) if options.kill_switch else None,
    }
    told = _Options(options.policy, overrides, tuple(options.trusted), options.events_port, options.json)
    options.port = options.port or _free_port(options.host)
    try:
        app = make_app(told)
        settings = app.shield.deployment.settings
        if settings.refreshes and settings.store is None and options.workers > 1:
            return _cannot(_NO_STORE, options)
        server = ServerOptions(
            host=options.host,
            port=options.port,
            workers=options.workers,
            certificate=options.certificate,
            key=options.key,
        )
        _greet(app, options)
        signal.signal(signal.SIGTERM, _end)  # uvicorn raises it once more when it has ended gracefully
        if options.workers > 1:
            serve(partial(make_app, told), server, factory=True)
        else:
            serve(app, server)
    except (HardtackError, OSError) as error:
        return _cannot(str(error), options)
    except KeyboardInterrupt:
        return CLEAN
    except SystemExit as stop:
        return CLEAN if stop.code in (0, None) else COULD_NOT_RUN
    return CLEAN


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as listener:
        return int(listener.getsockname()[1])


def _end(number: int, frame: object) -> None:
    del number, frame
    raise SystemExit(CLEAN)


def make_app(options: _Options) -> ShieldApp:
    """The application of one process.

    Raises:
        HardtackError: the policy file or the settings can't work; every problem is in its text.
    """
    from hardtack.sessions.policy_file import load_policy_file  # noqa: PLC0415 -- loads the layers below
    from hardtack.web.shield import ShieldDeployment, ShieldSettings  # noqa: PLC0415 -- the same
    from hardtack.web.shield.app import ShieldApp  # noqa: PLC0415 -- an extra
    from hardtack.web.shield.recent import RecentEvents  # noqa: PLC0415 -- the same

    recent = RecentEvents(time.time) if options.events_port is not None else None
    hooks = tuple(hook for hook in (recent, _print_event if options.as_json else None) if hook is not None)
    settings = ShieldSettings.from_policy_file(load_policy_file(options.policy), hooks=hooks, **options.overrides)
    deployment = ShieldDeployment(settings)
    return ShieldApp(deployment, trusted=options.trusted, recent=recent, recent_port=options.events_port or 0)


def _greet(app: ShieldApp, options: argparse.Namespace) -> None:
    settings = app.shield.deployment.settings
    where = f"{'https' if options.certificate else 'http'}://{options.host}:{options.port}"
    if options.json:
        started = {"event": "shield.started", "at": where, "upstream": settings.upstream, "observe": settings.observe}
        sys.stdout.write(json.dumps(started) + "\n")
    else:
        how = "observes" if settings.observe else f"shields {settings.percent:g} % of the browsers"
        sys.stdout.write(f"Hardtack {how} at {where} before {settings.upstream}. Ctrl-C ends it.\n")
    sys.stdout.flush()


def _print_event(event: Any) -> None:
    line = {"event": event.name, **event.fields, "reference": event.reference, "at": round(time.time(), 3)}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _cannot(sentence: str, options: argparse.Namespace) -> int:
    if options.json:
        sys.stdout.write(json.dumps({"error": sentence}) + "\n")
    else:
        sys.stderr.write(f"{sentence}\n")
    return COULD_NOT_RUN
