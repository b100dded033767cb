"""The page: valid, self-contained, and proof against what a history may hold."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from hardtack.explore.telling.page import content_security_policy, render_page
from hardtack.explore.telling.sequence import sequence_style
from hardtack.explore.telling.words import PROBE
from hardtack.explore.trace import JarEntry, Moment, Trace
from support.histories import CROWDED, EMPTY, HOSTILE_TEXTS, QUIET, STORM, STUCK, hostile
from support.strict_html import read_html

EVERY = {"STUCK": STUCK, "STORM": STORM, "QUIET": QUIET, "CROWDED": CROWDED, "EMPTY": EMPTY}
NARROW = JarEntry("n", "n", "host-only /", "a.example", "1", "one")


def page(trace):
    return read_html(render_page(trace))


def classed(root, name):
    return [element for element in root.walk() if element.has_class(name)]


def step(root, index):
    return root.by_id(f"step-{index}")


@pytest.mark.parametrize("trace", EVERY.values(), ids=EVERY)
def test_every_history_makes_a_valid_page(trace):
    root = page(trace)
    assert len(classed(root, "moment")) == len(trace.moments)
    assert next(heading.tag for heading in root.find("h1", "h2")) == "h1"
    assert root.one("title").text


def test_the_verdict_stands_at_the_top():
    verdict = classed(page(STUCK), "verdict")[0]
    assert verdict.has_class("violated")
    assert classed(verdict, "verdict-head")[0].text == "P1 does not hold"
    assert verdict.one("h1").text == STUCK.violation.sentence
    assert [one.text for one in verdict.find("dd")] == [STUCK.violation.meaning, STUCK.violation.detail]
    assert (
        classed(verdict, "length")[0].text == "9 steps, the last 3 of them a probe, going round for ever from step 7."
    )


def test_what_was_not_seen_is_not_told():
    verdict = classed(page(replace(STUCK, violation=replace(STUCK.violation, detail=""))), "verdict")[0]
    assert len(verdict.find("dd")) == 1


def test_a_history_that_violates_nothing_says_so():
    verdict = classed(page(QUIET), "verdict")[0]
    assert verdict.has_class("holds")
    assert "Nothing is violated here" in verdict.text
    assert verdict.one("h1").text == QUIET.title


def test_each_step_tells_who_did_what_and_who_is_seen():
    told = step(page(STUCK), 8)
    assert classed(told, "who")[0].text == "8 tab 1 → pool"
    assert told.one("h3").text == STUCK.moments[8].sentence
    assert [note.text for note in classed(told, "notes")[0].find("li")] == [*STUCK.moments[8].notes]
    (seen,) = classed(told, "seen")
    assert seen.has_class("disagree")
    assert seen.text == "Script sees nobody The server sees alice They disagree."
    assert not classed(step(page(STUCK), 4), "disagree")


def test_a_disagreement_while_something_is_in_flight_says_that_nothing_is_settled():
    assert "nothing is settled yet" in classed(step(page(STUCK), 7), "seen")[0].text


def test_twins_stand_side_by_side_with_who_reads_which():
    shelves = classed(step(page(STUCK), 4), "shelf")
    assert len(shelves) == 6
    assert all(shelf.has_class("twins") for shelf in shelves)
    for shelf in shelves:
        left, right = classed(shelf, "cookie")
        assert (classed(left, "reader")[0].text, classed(right, "reader")[0].text) == (
            "read by script",
            "read by server",
        )
        assert (left.has_class("kept"), right.has_class("added")) == (True, True)


def test_changes_are_marked_and_what_was_is_told():
    cookies = classed(step(page(STUCK), 6), "cookie")
    assert sum(cookie.has_class("removed") for cookie in cookies) == 6
    (turned,) = [cookie for cookie in cookies if cookie.has_class("changed")]
    assert classed(turned, "was")[0].text == "before it: alice, sign-in 1, live"
    assert classed(turned, "mark-of-change")[0].text == "~"
    assert {classed(one, "mark-of-change")[0].text for one in cookies if one.has_class("removed")} == {"−"}


def test_a_lone_cookie_is_not_labelled_unless_somebody_cannot_read_it():
    assert not classed(step(page(STUCK), 1), "reader")
    (own,) = classed(step(page(QUIET), 1), "cookie")
    assert classed(own, "reader")[0].text == "read by server"
    assert classed(own, "flag")[0].text == "HttpOnly"


def test_sign_ins_have_colours_and_a_legend():
    root = page(STUCK)
    bobs = [one for one in classed(step(root, 7), "cookie") if one.has_class("sign-in-2")]
    assert len(bobs) == 4
    assert [item.text for item in classed(root, "legend")[0].find("li")][:3] == [
        "sign-in 1",
        "sign-in 2",
        "of no sign-in",
    ]


def test_the_probe_and_the_circle_are_said_where_they_begin_and_end():
    root = page(STUCK)
    assert [one.text for one in classed(root, "aside")] == [
        PROBE,
        "The circle begins here.",
        "… and from here it begins again at step 7.",
    ]
    assert PROBE in step(root, 7).text
    assert "begins again" in step(root, 9).text
    assert classed(root, "player")[0].get("data-loop") == "7"
    assert classed(page(QUIET), "player")[0].get("data-loop") == ""


def test_a_cookie_keeps_its_key_from_step_to_step():
    root = page(STUCK)
    keys = [{one.get("data-key") for one in classed(step(root, index), "cookie")} for index in (1, 4, 6)]
    assert keys[0] < keys[1] == keys[2]


def test_many_scopes_stand_wherever_there_is_room():
    def columns(count):
        jar = tuple(replace(NARROW, scope=f"host-only /{number or ''}") for number in range(count))
        root = page(Trace("t", (Moment("begin", {}, "", "", "Something.", jar=jar),)))
        return {name for one in classed(root, "jar") for name in one.get("class").split()} - {"jar"}

    assert [columns(count) for count in (1, 2, 4, 5)] == [{"columns-1"}, {"columns-2"}, {"columns-4"}, {"columns-many"}]


def test_the_empty_jar_says_so():
    assert "The jar is empty." in step(page(STUCK), 0).text
    assert "12 cookies" in step(page(STUCK), 4).text


def test_the_policy_names_what_the_page_wears_and_runs_and_nothing_else():
    text = render_page(STUCK)
    for name in ("style", "script"):
        (found,) = re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(found.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in content_security_policy()
    assert content_security_policy().startswith("default-src 'none';")
    metas = [one for one in read_html(text).find("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert [one.get("content") for one in metas] == [content_security_policy()]


def test_the_page_asks_nobody_for_anything():
    root = page(STUCK)
    assert not root.find("link", "img", "iframe", "object", "embed", "audio", "video", "form", "base")
    assert {
        one.get(
            "href",
        )[:6]
        for one in root.find("a")
    } == {"#step-", "#histo"}
    assert not re.search(r"url\(|@import|@font-face", "".join(one.text for one in root.find("style")))
    assert not [one for one in root.walk() if "style" in one.attributes or "src" in one.attributes]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_hostile_texts_stay_text(text):
    root = page(hostile(text))
    usual = {one.tag for one in page(STUCK).walk()}
    assert {one.tag for one in root.walk()} <= usual
    assert len(root.find("script")) == len(root.find("style")) == 1
    assert not [key for one in root.walk() for key in one.attributes if key.startswith("on")]
    assert {one.get("href")[:6] for one in root.find("a")} == {"#step-", "#histo"}
    render_page(hostile(text)).encode()


# -- colours ----------------------------------------------------------------------------------------------------------


def colours(dark):
    light, _, rest = sequence_style().partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--(seq-[\w-]+|sign-in-\d): (#\w{6})", light))
    return found | dict(re.findall(r"--(seq-[\w-]+|sign-in-\d): (#\w{6})", rest)) if dark else found


def luminance(colour):
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


TEXTS = [
    *(("ink", ground) for ground in ("paper", "soft", "probe", "bad-soft")),
    *(("muted", ground) for ground in ("paper", "soft", "probe")),
    *(("accent", ground) for ground in ("paper", "soft", "probe")),
    *(("bad", ground) for ground in ("paper", "bad-soft", "probe")),
    ("good", "probe"),
]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_drawing_has_aa_contrast_in_both_schemes(dark):
    has = colours(dark)

    def contrast(one, other):
        low, high = sorted((luminance(has[one]), luminance(has[other])))
        return (high + 0.05) / (low + 0.05)

    weak = [(one, other) for one, other in TEXTS if contrast(f"seq-{one}", f"seq-{other}") < 4.5]
    shapes = [f"sign-in-{number}" for number in range(1, 7)] + ["seq-late"]
    weak += [(one, "paper") for one in shapes if contrast(one, "seq-paper") < 3]
    assert weak == []
