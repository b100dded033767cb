"""One entry, written anew: what the doctor reads is kept, in a form that can hold nothing else.

Rule: nothing is copied because it looks harmless. Every field is known by name and checked against what it can be; a
header, a field or a body that nobody needs is left out, and with it whatever stood in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies.dates import format_cookie_date, parse_cookie_date
from hardtack.cookies.stored import CookieUrl
from hardtack.doctor.sanitize.bodies import safe_body, secrets_in
from hardtack.doctor.sanitize.cookies import safe_cookie_header, safe_set_cookie, safe_shown, users_in
from hardtack.doctor.sanitize.places import safe_host, safe_place
from hardtack.doctor.sources.har.entries import body_of, posted_of, seconds_of
from hardtack.doctor.sources.har.pool_calls import operation_of
from hardtack.doctor.sources.har.records import where_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hardtack.doctor.sanitize.redaction import Redaction
    from hardtack.doctor.sources.har.entries import Entry, Pair, Shown

__all__ = ["safe_entry", "secrets_of"]

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?")
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"})
_KINDS: Final = frozenset(
    """document stylesheet image media font script xhr fetch preflight websocket manifest ping eventsource texttrack
    prefetch other""".split()  # noqa: SIM905 -- words read better without quotes
)
_CACHES: Final = frozenset({"memory", "disk", "prefetch"})
_FETCH: Final = re.compile(
    r"document|iframe|frame|empty|script|style|image|font|navigate|cors|no-cors|same-origin|same-site|cross-site|none"
    r"|websocket|\?1"
)
_TARGET: Final = re.compile(r"AWSCognitoIdentityProviderService\.[A-Z][A-Za-z]{2,60}")
_AGENT: Final = re.compile(r"(?:Chrome|Firefox|Version|Safari|Edg)/\d{1,4}(?:\.\d{1,6}){0,3}")
_TYPES: Final = re.compile(
    r"(?:text/(?:html|css|plain|javascript|x-component)|application/(?:json|javascript|x-amz-json-1\.[01]"
    r"|x-www-form-urlencoded|xml|octet-stream)|image/(?:png|jpeg|gif|webp|svg\+xml|x-icon)|font/woff2?|multipart/form-data)"
)
_CACHE_WORDS: Final = re.compile(
    r"no-store|no-cache|private|public|must-revalidate|proxy-revalidate|immutable|no-transform"
    r"|(?:max-age|s-maxage|stale-while-revalidate|stale-if-error)=\d{1,10}"
)
_ERROR: Final = re.compile(r"[A-Z][A-Za-z]{2,60}(?:Exception|Error)")
_CLEARED: Final = re.compile(r'"(?:cookies|storage|cache|\*|executionContexts)"')
_AROUND: Final = 4  # bytes of a header besides its name and value


def secrets_of(entry: Entry) -> Iterator[str]:
    """What in an entry names a person or lets somebody in, to be looked for in all the others."""
    for pair in entry.request.headers:
        if pair.name.lower() == "cookie":
            for part in pair.value.split(";"):
                name, _, value = part.strip().partition("=")
                yield from users_in(name, value)
    for pair in entry.answer.headers:
        if pair.name.lower() == "set-cookie":
            for line in pair.value.split("\n"):
                name, _, value = line.partition(";")[0].strip().partition("=")
                yield from users_in(name, value)
    for cookie in (*entry.request.cookies, *entry.answer.cookies):
        yield from users_in(cookie.name, cookie.value)
    if _operation(entry) is not None:
        posted = posted_of(entry.request)
        if posted is not None:
            yield from secrets_in(posted.text or "")
            yield from (pair.value for pair in posted.params or () if pair.name not in {"grant_type", "client_id"})
        yield from secrets_in(body_of(entry.answer.content) or "")


def _operation(entry: Entry) -> str | None:
    target = next((pair.value for pair in entry.request.headers if pair.name.lower() == "x-amz-target"), None)
    where = where_of(entry.request.url)
    return operation_of(entry, target, where.path, where.host) if isinstance(where, CookieUrl) else None


def safe_entry(entry: Entry, redaction: Redaction) -> dict[str, Any]:
    """An entry that can be shown to anybody.

    Args:
        entry: as it was read.
        redaction: of this run; it must have learnt the secrets of all entries.
    """
    request, answer = entry.request, entry.answer
    pool = _operation(entry) is not None
    duration = entry.time if entry.duration and entry.time else 0
    moment = entry.started if _MOMENT.fullmatch(entry.started) and seconds_of(entry.started) is not None else ""
    said: dict[str, Any] = {
        "startedDateTime": moment or "1970-01-01T00:00:00.000Z",
        "time": duration,
        "request": {
            "method": request.method if request.method in _METHODS else "GET",
            "url": safe_place(request.url, redaction),
            "httpVersion": "HTTP/1.1",
            "headers": _headers(request.headers, _ASKED, redaction),
            "queryString": [],
            "cookies": _cookies(request.cookies, redaction),
            "headersSize": _size(request.headers, request.header_bytes),
            "bodySize": -1,
        },
        "response": {
            "status": int(answer.status or 0),
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "headers": _headers(answer.headers, _ANSWERED, redaction),
            "cookies": _cookies(answer.cookies, redaction),
            "content": {"size": 0, "mimeType": _type(answer.headers)},
            "redirectURL": "",
            "headersSize": _size(answer.headers, answer.header_bytes),
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": duration, "receive": 0},
    }
    if pool:
        _keep_bodies(entry, said, redaction)
    if entry.resource_type in _KINDS:
        said["_resourceType"] = entry.resource_type
    if entry.from_cache in _CACHES:
        said["_fromCache"] = entry.from_cache
    return said


def _keep_bodies(entry: Entry, said: dict[str, Any], redaction: Redaction) -> None:
    posted = posted_of(entry.request)
    if posted is not None:
        text = posted.text or "&".join(f"{pair.name}={pair.value}" for pair in posted.params or ())
        kept = safe_body(text, redaction)
        if kept is not None:
            said["request"]["postData"] = {"mimeType": _type(entry.request.headers), "text": kept}
    kept = safe_body(body_of(entry.answer.content) or "", redaction)
    if kept is not None:
        said["response"]["content"] |= {"text": kept, "size": len(kept)}


def _size(headers: list[Pair], said: float | None) -> int:
    """Bytes of the headers as they were: servers refuse requests by them."""
    if said is not None and said > 0:
        return int(said)
    return sum(len(pair.name) + len(pair.value) + _AROUND for pair in headers)


def _cookies(shown: list[Shown], redaction: Redaction) -> list[dict[str, Any]]:
    return [
        safe_shown(
            {
                "name": one.name,
                "value": one.value,
                "domain": one.domain,
                "path": one.path,
                "httpOnly": one.http_only,
            },
            redaction,
        )
        for one in shown
    ]


def _headers(
    pairs: list[Pair], known: dict[str, Callable[[str, Redaction], str | None]], redaction: Redaction
) -> list[dict[str, str]]:
    kept: list[dict[str, str]] = []
    for pair in pairs:
        name = pair.name.lower()
        write = known.get(name)
        value = write(pair.value, redaction) if write else None
        if value:
            kept.append({"name": name, "value": value})
    return kept


def _type(headers: list[Pair]) -> str:
    found = next((pair.value for pair in headers if pair.name.lower() == "content-type"), "")
    return _media(found) or "application/octet-stream"


def _media(value: str, _: Redaction | None = None) -> str | None:
    kind = value.partition(";")[0].strip().lower()
    return kind if _TYPES.fullmatch(kind) else None


def _matching(pattern: re.Pattern[str]) -> Callable[[str, Redaction], str | None]:
    def check(value: str, redaction: Redaction) -> str | None:
        return value if pattern.fullmatch(value) and not redaction.holds_secret(value) else None

    return check


def _words(pattern: re.Pattern[str]) -> Callable[[str, Redaction], str | None]:
    def check(value: str, _: Redaction) -> str | None:
        return ", ".join(word for part in value.split(",") if pattern.fullmatch(word := part.strip())) or None

    return check


def _date(value: str, _: Redaction) -> str | None:
    seconds = parse_cookie_date(value)
    return None if seconds is None else format_cookie_date(seconds)


def _set_cookies(value: str, redaction: Redaction) -> str | None:
    return "\n".join(safe_set_cookie(line, redaction) for line in value.split("\n") if line.strip()) or None


def _host(value: str, redaction: Redaction) -> str | None:
    return safe_host(value, redaction)


def _agent(value: str, _: Redaction) -> str | None:
    return " ".join(_AGENT.findall(value)) or None


def _hit(value: str, _: Redaction) -> str | None:
    word = value.strip().lower()[:4]
    return "Hit" if word.startswith("hit") else "Miss" if word == "miss" else None


def _html(value: str, _: Redaction) -> str | None:
    return "text/html" if value.lstrip().lower().startswith("text/html") else "*/*"


_ASKED: Final[dict[str, Callable[[str, Redaction], str | None]]] = {
    "accept": _html,
    "content-type": _media,
    "cookie": safe_cookie_header,
    "host": _host,
    ":authority": _host,
    "origin": safe_place,
    "referer": safe_place,
    "sec-fetch-dest": _matching(_FETCH),
    "sec-fetch-mode": _matching(_FETCH),
    "sec-fetch-site": _matching(_FETCH),
    "sec-fetch-user": _matching(_FETCH),
    "user-agent": _agent,
    "x-amz-target": _matching(_TARGET),
}
_ANSWERED: Final[dict[str, Callable[[str, Redaction], str | None]]] = {
    "age": _matching(re.compile(r"\d{1,9}")),
    "cache-control": _words(_CACHE_WORDS),
    "clear-site-data": _words(_CLEARED),
    "content-type": _media,
    "date": _date,
    "location": safe_place,
    "set-cookie": _set_cookies,
    "x-amzn-errortype": _matching(_ERROR),
    "x-cache": _hit,
}
