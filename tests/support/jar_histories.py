"""Histories of a cookie jar: what they mean, and how each step runs in a browser and in the model.

A history is `[seed, operations, observations]`, one line of JSON. Operations, each on pages of a made-up web:

- `["set", scheme, host, path, [lines]]`: a page is opened whose answer has these Set-Cookie lines;
- `["js", scheme, host, path, text]`: a page is opened and assigns `text` to `document.cookie`;
- `["get", scheme, host, path]`: a page is opened; seen are its Cookie header and its `document.cookie`;
- `["go", [page], method, [hops]]`: a page (or nobody: a typed address) navigates over the hops, all but the last of
  which redirect; seen are the Cookie headers of all, and `document.cookie` in the end;
- `["fetch", [pages], method, [hops]]`: the innermost of nested pages fetches; seen are the Cookie headers;
- `["frame", [pages], text, [hops]]`: it loads a frame, which assigns `text`; seen are headers and `document.cookie`.

A page is `[scheme, host]`, a hop `[status, scheme, host, path, [lines], clears]`; `clears` is whether the answer says
`Clear-Site-Data: "cookies"`. Every operation but `set` and `js` makes one observation.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, Protocol

from hardtack.cookies import BrowserJar, RequestContext, StoredCookie
from hardtack.cookies.stored import CookieUrl
from support.jar_origin import Answer, Origin, blank, fetching, frame, going, page, reporting

if TYPE_CHECKING:
    from collections.abc import Callable

Operation = list[Any]
Observation = list[Any]

REDIRECT_TO_GET: Final = frozenset({301, 302, 303})
"""Statuses after which a browser goes on with GET where it had posted."""


class Browser(Protocol):
    """What a browser has to be able to do to be recorded."""

    def goto(self, url: str) -> None:
        """Type an address, and wait until its answer is there."""

    def reset(self) -> None:
        """Forget every cookie."""


def record(browser: Browser, origin: Origin, operations: list[Operation]) -> list[Observation]:
    """Run a history in a browser that has no cookies; what was seen."""
    seen = [_step(browser, origin, *operation) for operation in operations]
    origin.forget()
    return [one for one in seen if one is not None]


def replay(
    engine: Any, operations: list[Operation], *, clock: Callable[[], float], restore: bool = False
) -> list[Observation]:
    """Run a history in the model; what is seen.

    Args:
        engine: whose jar.
        operations: of the history.
        clock: of the jar.
        restore: whether the jar is made anew of its snapshot after every operation.
    """
    jar = BrowserJar(engine, clock=clock)
    seen: list[Observation] = []
    open_page = ""
    for name, *arguments in operations:
        for page_url in _opened(name, arguments):
            if open_page and _site(page_url) != _site(open_page):
                jar.close_pages(open_page)
            open_page = page_url
        if (one := _MODELLED[name](jar, *arguments)) is not None:
            seen.append(one)
        if restore:
            jar = BrowserJar.restored(jar.snapshot(), engine, clock=clock)
    return seen


def ticking(start: float) -> Callable[[], float]:
    """A clock that goes on by a millisecond whenever somebody looks: no two writes are at the same instant."""
    ticks = itertools.count()
    return lambda: start + next(ticks) / 1_000


def readings(observations: list[Observation]) -> tuple[int, int]:
    """How many Cookie headers (or their absence) were seen, and how many `document.cookie`."""
    headers = sum(len(seen) if isinstance(seen, list) else 1 for seen, _ in observations)
    return headers, sum(cookie is not None for _, cookie in observations)


def meets_phantom(operations: list[Operation], *, clock: Callable[[], float]) -> bool:
    """Whether script writes a cookie that an HttpOnly or a guarded Secure one keeps out.

    Firefox then shows script what it wrote although it isn't kept, while the process lives. The model does not.
    """
    jar = BrowserJar("firefox", clock=clock)
    for name, *arguments in operations:
        _MODELLED[name](jar, *arguments)
        if name == "js":
            scheme, host, path, text = arguments
            written, context = (_url(scheme, host, path), text), None
        elif name == "frame" and arguments[1]:
            pages, text, hops = arguments
            written, context = (_url(*hops[-1][1:4]), text), RequestContext.within(*(_url(*one) for one in pages))
        else:
            continue
        alone = BrowserJar("firefox", clock=clock)
        alone.set_document_cookie(*written, context=context)
        if not all(any(_alike(kept, wanted) for kept in jar) for wanted in alone):
            return True
    return False


def _alike(kept: StoredCookie, wanted: StoredCookie) -> bool:
    return (kept.identity, kept.partition, kept.value) == (wanted.identity, wanted.partition, wanted.value)


# In a browser


def _step(browser: Browser, origin: Origin, name: str, *arguments: Any) -> Observation | None:
    if name in {"set", "js", "get"}:
        return _open(browser, origin, name, arguments)
    pages, how, hops = arguments
    answers, first = _chain(origin, hops)
    last = answers[-1]
    key = origin.add(waiting := Answer())
    method = how if name != "frame" else "GET"
    if name == "fetch":
        start = page(fetching(first, method, key))
    else:
        last.body = page(reporting(key, first=how if name == "frame" else ""))
        start = page(going(first, method)) if name == "go" else frame(first)
    browser.goto(_nested(origin, pages, start) if pages else first)
    told = waiting.wait()
    return [[answer.cookies[0] for answer in answers], told]


def _open(browser: Browser, origin: Origin, name: str, arguments: tuple[Any, ...]) -> Observation | None:
    scheme, host, path, *rest = arguments
    answer = Answer(body=blank())
    key = origin.add(answer)
    if name == "set":
        answer.headers = _lines(*rest)
    else:
        answer.body = page(reporting(key, first=rest[0] if rest else ""))
    browser.goto(origin.url(scheme, host, path, key))
    if name == "set":
        return None
    told = answer.wait()
    return [answer.cookies[0], told] if name == "get" else None


def _chain(origin: Origin, hops: list[list[Any]]) -> tuple[list[Answer], str]:
    """The answers of a chain of redirects, and where it begins."""
    answers: list[Answer] = []
    after = ""
    for status, scheme, host, path, lines, clears in reversed(hops):
        answer = Answer(status=status, headers=_lines(lines, clears=clears))
        if after:
            answer.headers.append(b"Location: " + after.encode())
        after = origin.url(scheme, host, path, origin.add(answer))
        answers.append(answer)
    return answers[::-1], after


def _nested(origin: Origin, pages: list[list[str]], start: str) -> str:
    """The address of the outermost of pages within each other, the innermost of which is `start`."""
    body, url = start, ""
    for scheme, host in reversed(pages):
        url = origin.url(scheme, host, "/", origin.add(Answer(body=body)))
        body = frame(url)
    return url


def _lines(lines: list[str], *, clears: bool = False) -> list[bytes]:
    headers = [b"Set-Cookie: " + line.encode() for line in lines]
    return [*headers, b'Clear-Site-Data: "cookies"'] if clears else headers


# In the model


def _opened(name: str, arguments: list[Any]) -> list[str]:
    """What stands in the address bar of the one tab, one after the other."""
    if name in {"set", "js", "get"}:
        return [_url(*arguments[:2])]
    pages, _, hops = arguments
    return [_url(*page) for page in pages[:1]] + ([_url(*hops[-1][1:3])] if name == "go" else [])


def _site(url: str) -> str:
    return CookieUrl.parse(url).schemeful_site


def _set(jar: BrowserJar, scheme: str, host: str, path: str, lines: list[str]) -> None:
    jar.store_response(f"{scheme}://{host}{path}", [line.encode() for line in lines])


def _js(jar: BrowserJar, scheme: str, host: str, path: str, text: str) -> None:
    jar.set_document_cookie(f"{scheme}://{host}{path}", text)


def _get(jar: BrowserJar, scheme: str, host: str, path: str) -> Observation:
    url = f"{scheme}://{host}{path}"
    return [jar.cookie_header(url), jar.document_cookie(url)]


def _go(jar: BrowserJar, pages: list[list[str]], method: str, hops: list[list[Any]]) -> Observation:
    start = RequestContext.link(_url(*pages[-1]), method=method) if pages else RequestContext.typed()
    headers, url = _follow(jar, start, hops)
    return [headers, jar.document_cookie(url)]


def _fetch(jar: BrowserJar, pages: list[list[str]], method: str, hops: list[list[Any]]) -> Observation:
    return [_follow(jar, RequestContext.within(*(_url(*one) for one in pages), method=method), hops)[0], None]


def _frame(jar: BrowserJar, pages: list[list[str]], text: str, hops: list[list[Any]]) -> Observation:
    around = RequestContext.within(*(_url(*one) for one in pages))
    headers, url = _follow(jar, around, hops)
    if text:
        jar.set_document_cookie(url, text, context=around)
    return [headers, jar.document_cookie(url, context=around)]


def _follow(jar: BrowserJar, context: RequestContext, hops: list[list[Any]]) -> tuple[list[str | None], str]:
    """The headers of a chain of redirects, and where it ends."""
    headers: list[str | None] = []
    url = ""
    for status, scheme, host, path, lines, clears in hops:
        url = _url(scheme, host, path)
        headers.append(jar.cookie_header(url, context=context))
        jar.store_response(url, [line.encode() for line in lines], context=context)
        if clears:
            jar.clear_site_data(url, context=context)
        turned = status in REDIRECT_TO_GET and context.method == "POST"
        context = context.redirected(url, method="GET" if turned else None)
    return headers, url


def _url(scheme: str, host: str, path: str = "/") -> str:
    return f"{scheme}://{host}{path}"


_MODELLED: Final[dict[str, Callable[..., Observation | None]]] = {
    "set": _set,
    "js": _js,
    "get": _get,
    "go": _go,
    "fetch": _fetch,
    "frame": _frame,
}
