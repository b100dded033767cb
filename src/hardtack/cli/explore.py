"""`hardtack explore`: the words of the command line, and where a verdict goes.

Rule: parse and print. What a world is, how it is searched and how a history is told are the explorer's. Nothing heavy
is imported before the command runs; whatever can't be is one sentence with what to write, and exit status 2.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hardtack.cli.options import CLEAN, COULD_NOT_RUN, FINDINGS
from hardtack.errors import HardtackError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from hardtack.explore.configuring import Wishes
    from hardtack.explore.exploring import Exploration
    from hardtack.explore.search import Limits, Standing
    from hardtack.explore.trace import Trace
    from hardtack.explore.world import World

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- argparse gives its type no other name

__all__ = ["add_parser", "run"]

_SERVERS: Final = ("stock", "shield", "library")
_FRONTS: Final = ("amplify", "hardtack.js", "none")
_FAULT_SETS: Final = ("none", "default", "all")
_GIGABYTE: Final = 1_000_000_000
_LONGEST_ERROR: Final = 1_000  # characters of one of its lines


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "explore",
        help="search every interleaving of tabs, servers and faults for a state that nobody gets out of",
        description="Search everything that can happen between a browser, its tabs, a site and its user pool for a"
        " state from which a right password does not lead in, or prove that there is none within the bounds.",
        epilog="Exit status: 0 for no violation beyond stated limits, 1 for violations, 2 for what could not run.",
    )
    parser.add_argument(
        "path", nargs="?", type=Path, help="a project's folder, amplify_outputs.json, or hardtack.toml: your own world"
    )
    parser.add_argument("--preset", metavar="NAME", help="a famous case")
    parser.add_argument("--presets", action="store_true", help="list the famous cases")
    parser.add_argument("--policy", metavar="FILE", type=Path, help="hardtack.toml: the site behind the shield")
    _add_site(parser)
    _add_world(parser)
    _add_search(parser)
    told = parser.add_argument_group("the report")
    told.add_argument(
        "--out", metavar="DIR", type=Path, help="write each history as a page, a story, two diagrams and JSON"
    )
    told.add_argument("--json", action="store_true", help="print the verdict and every history as JSON")
    parser.set_defaults(run=run)


def _add_site(parser: argparse.ArgumentParser) -> None:
    site = parser.add_argument_group("the site")
    site.add_argument("--server", choices=_SERVERS, help="who answers: Next.js with Amplify's adapter, the same behind"
                      " the shield, or a Python application with Hardtack (stock)")  # fmt: skip
    site.add_argument("--storage", choices=("sealed", "amplify"), help="the library's storage (sealed)")
    site.add_argument("--front", choices=_FRONTS, help="what runs in the pages")
    site.add_argument("--host", action="append", default=[], metavar="HOST", help="a host of the site; may be given"
                      " again, and people open the first (app.example.com)")  # fmt: skip
    site.add_argument("--client-domain", metavar="DOMAIN", help="where the browser's Amplify writes: .example.com, or"
                      " default for host-only cookies")  # fmt: skip
    site.add_argument("--client-path", metavar="PATH", help="the path of the same (/)")
    site.add_argument("--server-domain", metavar="DOMAIN", help="where the adapter on the server writes, or default")
    site.add_argument("--policy-domain", metavar="DOMAIN", help="where the shield or the library writes, or default")
    site.add_argument("--refreshes", action="store_true", default=None, help="the shield refreshes for the site")
    site.add_argument("--context", action="append", metavar="CONTEXT", help="where the server asks for the session:"
                      " next-response, response, server-component, server-action, get-server-side-props; with"
                      " :background where script asks, :forced where it always refreshes; may be repeated")  # fmt: skip
    site.add_argument("--no-server", action="store_true", help="the server never asks for the session")
    site.add_argument("--release", metavar="VERSION", help="of aws-amplify (6.22.1)")
    site.add_argument("--after-client-domain", metavar="DOMAIN", help="a release may move the browser's cookies there")
    site.add_argument("--after-server-domain", metavar="DOMAIN", help="and the adapter's there")


def _add_world(parser: argparse.ArgumentParser) -> None:
    world = parser.add_argument_group("the world around it")
    rotation = world.add_mutually_exclusive_group()
    rotation.add_argument("--rotation", dest="rotation", action="store_true", default=None, help="refresh tokens"
                          " rotate (they do)")  # fmt: skip
    rotation.add_argument("--no-rotation", dest="rotation", action="store_false", help="they don't")
    world.add_argument("--grace", type=int, metavar="SECONDS", help="so long a rotated one is still good (0)")
    world.add_argument("--people", type=int, metavar="N", help="who may sign in at this browser, 1 or 2 (1)")
    world.add_argument("--tabs", type=int, metavar="N", help="tabs of this browser (2)")
    world.add_argument("--grants", type=int, metavar="N", help="sets of tokens that the pool grants in one history,"
                       " 2 to 9; 0 for any number")  # fmt: skip
    world.add_argument("--engine", choices=("chromium", "firefox"), help="the browser (chromium)")
    world.add_argument("--faults", choices=_FAULT_SETS, help="what may go wrong: default is outages of the pool, and"
                       " the release if there is one; all is everything below as well, each once")  # fmt: skip
    world.add_argument("--fault", action="append", default=[], metavar="NAME", help="one more: outage, deployment,"
                       " revocation, refresh-end, plant, loss, request-loss, closing, grace-end")  # fmt: skip


def _add_search(parser: argparse.ArgumentParser) -> None:
    search = parser.add_argument_group("the search")
    search.add_argument("--workers", type=_count, metavar="N", help="processes (the cores that there are)")
    search.add_argument("--memory", type=_amount, default=2.0, metavar="GB", help="stop at so much of it (2)")
    search.add_argument("--states", type=_count, metavar="N", help="stop at so many states")
    search.add_argument("--depth", type=_count, metavar="N", help="stop at so many steps from the beginning")
    search.add_argument("--seconds", type=_amount, metavar="N", help="stop after so long")
    search.add_argument("--first", action="store_true", help="stop at the first violation")
    search.add_argument("--keep", type=Path, metavar="FILE", help="where to keep a search that stopped early")
    search.add_argument("--resume", type=Path, metavar="FILE", help="go on with a search that was kept")


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not number:
        raise argparse.ArgumentTypeError("it is a whole number from 1 on")
    return number


def _amount(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("it is a number greater than 0")
    return number


def run(options: argparse.Namespace) -> int:
    """Run `hardtack explore`.

    Returns:
        0 if nothing is violated beyond what is stated as a limit, 1 if something is, 2 if it could not run.
    """
    try:
        return _list(options) if options.presets else _explore(options)
    except HardtackError as error:
        return _cannot(error, as_json=options.json)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted: nothing is known. --seconds stops in time, and --keep lets it go on later.\n")
        return COULD_NOT_RUN


def _list(options: argparse.Namespace) -> int:
    from hardtack.explore.presets import PRESETS  # noqa: PLC0415 -- loads the layers below

    if options.json:
        told = [{"name": each.name, "sentence": each.sentence} for each in PRESETS.values()]
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        width = max(map(len, PRESETS))
        sys.stdout.write("".join(f"{each.name:<{width}}  {each.sentence}\n" for each in PRESETS.values()))
    return CLEAN


def _explore(options: argparse.Namespace) -> int:
    from hardtack.explore.exploring import explore, resume  # noqa: PLC0415 -- loads the layers below

    limits, wishes, workers = _limits(options), _wishes(options), options.workers or _cores()
    with _progress(limits) as watch:
        if options.resume is not None:
            _nothing_else(options, wishes)
            found = resume(options.resume, workers=workers, limits=limits, watch=watch)
        else:
            world = _world(options, wishes)
            _can_keep(options.keep)
            found = explore(world, workers=workers, limits=limits, watch=watch, keep=options.keep)
    return _tell(_with_limits(found), options)


def _wishes(options: argparse.Namespace) -> Wishes:
    from hardtack.explore.configuring import Wishes  # noqa: PLC0415 -- as above
    from hardtack.explore.errors import ExploreError  # noqa: PLC0415
    from hardtack.explore.world import Server  # noqa: PLC0415

    if options.no_server and options.context:
        raise ExploreError("--no-server and --context contradict each other.", hint="Leave out one of them.")
    contexts = () if options.no_server else None if options.context is None else tuple(options.context)
    return Wishes(
        server=Server(options.server) if options.server else None,
        storage=options.storage,
        front=options.front,
        hosts=tuple(options.host),
        client_domain=options.client_domain,
        client_path=options.client_path,
        server_domain=options.server_domain,
        policy_domain=options.policy_domain,
        refreshes=options.refreshes,
        after_client_domain=options.after_client_domain,
        after_server_domain=options.after_server_domain,
        contexts=contexts,
        rotation=options.rotation,
        grace=options.grace,
        people=options.people,
        tabs=options.tabs,
        grants=options.grants,
        fault_set=options.faults,
        faults=tuple(options.fault),
        release=options.release,
        engine=options.engine,
    )


def _world(options: argparse.Namespace, wishes: Wishes) -> World:
    """What is explored. What was read off a file is told on standard error."""
    from hardtack.explore.configuring import world_of  # noqa: PLC0415 -- as above
    from hardtack.explore.errors import ExploreError  # noqa: PLC0415
    from hardtack.explore.presets import preset  # noqa: PLC0415

    sources = [one for one in (options.preset, options.policy, options.path) if one is not None]
    if len(sources) > 1:
        raise ExploreError(
            "More than one world was named.", hint="Name a preset, a policy file or a project, and options beside it."
        )
    if not sources and not wishes.any:
        raise ExploreError(
            "Nothing to explore was named.",
            hint="Name a project's folder, --preset NAME (--presets lists them), or options such as --client-domain.",
        )
    if options.preset is not None:
        return world_of(wishes, preset(options.preset).world)
    if not sources:
        return world_of(wishes)
    from hardtack.cli.explore_target import read_policy, read_target  # noqa: PLC0415 -- loads the doctor

    target = read_policy(options.policy) if options.policy is not None else read_target(options.path, wishes)
    world = world_of(wishes, target.world)
    sys.stderr.write("".join(f"{_quoted(note)}\n" for note in target.notes))
    return world


def _nothing_else(options: argparse.Namespace, wishes: Wishes) -> None:
    from hardtack.explore.errors import ExploreError  # noqa: PLC0415 -- as above

    if wishes.any or any(one is not None for one in (options.preset, options.policy, options.path, options.keep)):
        raise ExploreError(
            "--resume goes on with the world that was kept, in the file that it was kept in.",
            hint="Leave out whatever says something else of the world, and --keep.",
        )


def _can_keep(file: Path | None) -> None:
    """Better said now than when there is something to keep."""
    from hardtack.explore.errors import ExploreError  # noqa: PLC0415 -- as above

    if file is not None and (file.is_dir() or not os.access(file.absolute().parent, os.W_OK)):
        raise ExploreError("--keep: no file can be written there.", hint="Name a file in a folder that exists.")


def _limits(options: argparse.Namespace) -> Limits:
    from hardtack.explore.search import Limits  # noqa: PLC0415 -- as above

    usual = Limits()
    return Limits(
        depth=options.depth,
        states=options.states or usual.states,
        bytes=int(options.memory * _GIGABYTE),
        seconds=options.seconds,
        first=options.first,
    )


def _cores() -> int:
    """Those that this process may use, where the system tells."""
    told = getattr(os, "sched_getaffinity", None)
    return len(told(0)) if told is not None else os.cpu_count() or 1


@contextmanager
def _progress(limits: Limits) -> Generator[Callable[[Standing], None]]:
    """A line on standard error, if that is a terminal and Rich is there; else silence."""
    try:
        from hardtack.explore.telling.progress import Progress, showing_progress  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError:
        yield lambda _standing: None
        return
    with showing_progress(sys.stderr) as show:
        yield lambda one: show(
            Progress(one.states, one.frontier, one.depth, one.states_per_second, one.bytes, limits.bytes)
        )


def _with_limits(found: Exploration) -> Exploration:
    """With the limits that the guarantees state of such a world."""
    from hardtack.explore.guarantees import ROWS  # noqa: PLC0415 -- as above
    from hardtack.explore.world import Server  # noqa: PLC0415

    stated = (row.limits for row in ROWS if row.world == found.world and row.world.server is not Server.STOCK)
    return replace(found, limits=frozenset(next(stated, dict[str, str]())))


def _tell(found: Exploration, options: argparse.Namespace) -> int:
    from hardtack.explore.telling.document import summary_document, trace_document  # noqa: PLC0415 -- as above
    from hardtack.explore.telling.story import print_story  # noqa: PLC0415
    from hardtack.explore.telling.verdict import Outcome, print_verdict  # noqa: PLC0415

    traces = found.traces()
    summary = found.summary(_write(traces, options.out) if options.out is not None else None)
    if options.json:
        told = {**summary_document(summary), "traces": [trace_document(trace) for trace in traces]}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        print_verdict(summary)
        if traces:
            sys.stdout.write("\n")
            print_story(min(traces, key=lambda trace: len(trace.moments)))
    return FINDINGS if summary.ids(Outcome.VIOLATED) else CLEAN


def _write(traces: tuple[Trace, ...], folder: Path) -> dict[str, list[str]]:
    from hardtack.explore.writing import write_trace  # noqa: PLC0415 -- as above

    return {
        trace.violation.id: [str(path) for path in write_trace(trace, folder, trace.violation.id)]
        for trace in traces
        if trace.violation is not None
    }


def _cannot(error: HardtackError, *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps({"error": error.message, "hint": error.hint, "code": error.code}) + "\n")
    else:
        sys.stderr.write("".join(f"{_quoted(line)}\n" for line in str(error).splitlines()))
    return COULD_NOT_RUN


def _quoted(text: str) -> str:
    from hardtack.explore.telling.texts import clean  # noqa: PLC0415 -- as above

    return clean(text)[:_LONGEST_ERROR]
