"""Kinds of requests, told by the headers that browsers and Next.js really send."""

from __future__ import annotations

import pytest

from hardtack.sessions import POWERS, RequestKind, classify, is_script_driven

PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"
SAFARI_PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SAFARI_IMAGE = "image/webp,image/avif,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
TREE = "%5B%22%22%2C%7B%22children%22%3A%5B%22__PAGE__%22%2C%7B%7D%5D%7D%5D"


def meta(site: str, mode: str, dest: str, user: str = "") -> dict[str, str]:
    found = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
    return found | ({"sec-fetch-user": user} if user else {})


def sent(headers: dict[str, str]) -> dict[bytes, bytes]:
    return {name.encode(): value.encode() for name, value in headers.items()}


CHROMIUM = {
    "a typed address": (meta("none", "navigate", "document", "?1") | {"accept": PAGE}, RequestKind.NAVIGATION),
    "a clicked link": (meta("same-origin", "navigate", "document", "?1") | {"accept": PAGE}, RequestKind.NAVIGATION),
    "location.replace": (meta("same-origin", "navigate", "document") | {"accept": PAGE}, RequestKind.NAVIGATION),
    "a frame": (meta("same-site", "navigate", "iframe") | {"accept": PAGE}, RequestKind.NAVIGATION),
    "a download": (meta("same-origin", "navigate", "document", "?1") | {"accept": "*/*"}, RequestKind.NAVIGATION),
    "fetch": (meta("same-origin", "cors", "empty") | {"accept": "*/*"}, RequestKind.FETCH),
    "fetch that asks for HTML": (meta("same-origin", "cors", "empty") | {"accept": "text/html"}, RequestKind.FETCH),
    "an event stream": (meta("same-origin", "cors", "empty") | {"accept": "text/event-stream"}, RequestKind.FETCH),
    "sendBeacon": (meta("same-origin", "no-cors", "empty") | {"accept": "*/*"}, RequestKind.FETCH),
    "an image": (meta("same-origin", "no-cors", "image") | {"accept": "image/avif,*/*;q=0.8"}, RequestKind.ASSET),
    "a style sheet": (meta("same-origin", "no-cors", "style") | {"accept": "text/css,*/*;q=0.1"}, RequestKind.ASSET),
    "a script": (meta("same-origin", "no-cors", "script") | {"accept": "*/*"}, RequestKind.ASSET),
    "a module": (meta("same-origin", "cors", "script") | {"accept": "*/*"}, RequestKind.ASSET),
    "a font": (meta("same-origin", "cors", "font") | {"accept": "*/*"}, RequestKind.ASSET),
    "a service worker": (meta("same-origin", "same-origin", "serviceworker"), RequestKind.ASSET),
    "link rel=prefetch": (meta("same-origin", "no-cors", "empty") | {"purpose": "prefetch"}, RequestKind.PREFETCH),
    "a speculative page": (
        meta("none", "navigate", "document") | {"accept": PAGE, "sec-purpose": "prefetch;prerender"},
        RequestKind.PREFETCH,
    ),
}
FIREFOX = {
    "a typed address": (meta("none", "navigate", "document", "?1") | {"accept": SAFARI_PAGE}, RequestKind.NAVIGATION),
    "link rel=prefetch": (meta("same-origin", "no-cors", "empty") | {"x-moz": "prefetch"}, RequestKind.PREFETCH),
    "link rel=prefetch, later": (
        meta("same-origin", "no-cors", "empty") | {"sec-purpose": "prefetch"},
        RequestKind.PREFETCH,
    ),
    "a video": (meta("same-origin", "no-cors", "video") | {"accept": "video/webm,*/*;q=0.5"}, RequestKind.ASSET),
}
OLD_SAFARI = {
    "a page": ({"accept": SAFARI_PAGE}, RequestKind.NAVIGATION),
    "an image": ({"accept": SAFARI_IMAGE}, RequestKind.ASSET),
    "a style sheet": ({"accept": "text/css,*/*;q=0.1"}, RequestKind.ASSET),
    "fetch": ({"accept": "*/*"}, RequestKind.FETCH),
    "fetch of JSON": ({"accept": "application/json"}, RequestKind.FETCH),
    "nothing at all": ({}, RequestKind.FETCH),
    "capitals": ({"accept": "Text/HTML"}, RequestKind.NAVIGATION),
}
NEXT = {
    "an RSC payload": (
        meta("same-origin", "cors", "empty") | {"rsc": "1", "next-router-state-tree": TREE, "accept": "*/*"},
        RequestKind.RSC,
    ),
    "a prefetched RSC payload": (
        meta("same-origin", "cors", "empty") | {"rsc": "1", "next-router-prefetch": "1", "accept": "*/*"},
        RequestKind.PREFETCH,
    ),
    "a prefetched segment": (
        meta("same-origin", "cors", "empty")
        | {"rsc": "1", "next-router-prefetch": "1", "next-router-segment-prefetch": "/_tree"},
        RequestKind.PREFETCH,
    ),
    "a page's data, prefetched": (
        meta("same-origin", "cors", "empty") | {"x-middleware-prefetch": "1", "x-nextjs-data": "1"},
        RequestKind.PREFETCH,
    ),
    "a page's data": (meta("same-origin", "cors", "empty") | {"x-nextjs-data": "1"}, RequestKind.FETCH),
    "a server action": (
        meta("same-origin", "cors", "empty")
        | {"next-action": "7f0c", "accept": "text/x-component", "next-router-state-tree": TREE},
        RequestKind.ACTION,
    ),
    "a server action's form without script": (
        meta("same-origin", "navigate", "document", "?1") | {"accept": PAGE, "content-type": "multipart/form-data"},
        RequestKind.NAVIGATION,
    ),
    "an RSC header that says no": (meta("same-origin", "cors", "empty") | {"rsc": "0"}, RequestKind.FETCH),
    "an RSC payload in old Safari": ({"rsc": "1", "accept": "*/*"}, RequestKind.RSC),
}


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        pytest.param(*case, id=f"{browser}: {name}")
        for browser, cases in {"Chromium": CHROMIUM, "Firefox": FIREFOX, "Safari 15": OLD_SAFARI, "Next": NEXT}.items()
        for name, case in cases.items()
    ],
)
def test_a_request_is_what_its_headers_say(headers, kind):
    assert classify(sent(headers)) is kind


def test_a_prefetch_of_a_server_action_or_a_page_is_still_a_prefetch():
    """Whatever else a speculative request claims to be, it may spend nothing."""
    for name in ("next-action", "rsc", "accept"):
        assert classify(sent({name: "1", "sec-purpose": "PREFETCH"})) is RequestKind.PREFETCH


SCRIPTED = {
    "a click": (meta("same-origin", "navigate", "document", "?1"), False),
    "a typed address": (meta("none", "navigate", "document", "?1"), False),
    "a restored tab": (meta("none", "navigate", "document"), False),
    "an address from another program": (meta("none", "navigate", "document"), False),
    "location.reload() or a meta refresh": (meta("same-origin", "navigate", "document"), True),
    "a redirect from the identity provider": (meta("cross-site", "navigate", "document"), True),
    "old Safari, location = '/login'": ({"referer": "https://app.example.test/"}, True),
    "old Safari, a typed address": ({}, False),
}


@pytest.mark.parametrize(("headers", "scripted"), SCRIPTED.values(), ids=SCRIPTED)
def test_script_is_told_from_a_person(headers, scripted):
    assert is_script_driven(sent(headers)) is scripted


def test_only_a_navigation_heals_and_a_prefetch_or_an_asset_spends_nothing():
    assert set(POWERS) == set(RequestKind)
    assert {kind for kind in RequestKind if POWERS[kind].heal} == {RequestKind.NAVIGATION}
    assert {kind for kind in RequestKind if not POWERS[kind].refresh} == {RequestKind.PREFETCH, RequestKind.ASSET}
