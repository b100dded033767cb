"""Both sequence diagrams: Mermaid word by word, the drawing by its shapes."""

from __future__ import annotations

import re
from dataclasses import replace
from textwrap import dedent
from xml.etree import ElementTree as ET

import pytest

from hardtack.explore.telling.blocks import sign_in_class
from hardtack.explore.telling.lanes import lanes_of, late_answers
from hardtack.explore.telling.mermaid import mermaid
from hardtack.explore.telling.sequence import sequence_style, sequence_svg
from hardtack.explore.telling.words import PROBE
from hardtack.explore.trace import Moment, Trace, Violation
from support.histories import CROWDED, EMPTY, HOSTILE_TEXTS, QUIET, STORM, STUCK, hostile

SVG = "{http://www.w3.org/2000/svg}"
EVERY = {"STUCK": STUCK, "STORM": STORM, "QUIET": QUIET, "CROWDED": CROWDED, "EMPTY": EMPTY}
SMALL = Trace(
    "two; writers",
    (
        Moment("begin", {}, "", "", "Nothing has happened yet."),
        Moment("fetch", {}, "tab 1", "server", "Tab 1 asks: the answer; it is on its way.", ("Token #2 is made.",)),
        Moment("close", {}, "tab 2", "tab 2", "Tab 2 is closed in the end."),
        Moment("arrive", {"since": 1}, "server", "tab 1", "The answer arrives.", ("One.", "Two.")),
        Moment("hour", {}, "time", "", "An hour passes."),
    ),
    Violation("P3", "Every page load comes to rest.", "It reloads for ever."),
    probe_from=4,
    loop_from=3,
)


def drawing(trace, **options):
    return ET.fromstring(sequence_svg(trace, **options).encode())  # noqa: S314 -- we wrote it


def texts(root, class_=None):
    found = root.iter(f"{SVG}text")
    return [element.text or "" for element in found if class_ is None or element.get("class") == class_]


def shapes(root, class_):
    return [element for element in root.iter() if element.get("class") == class_]


def points(path):
    return [tuple(map(float, pair)) for pair in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.get("d"))]


def number(element, key):
    return float(element.get(key))


# -- who, and what was late -------------------------------------------------------------------------------------------


def test_people_and_browsers_stand_left_of_what_is_behind_them():
    assert lanes_of(CROWDED) == ("tab 1", "tab 2", "server", "pool", "operator", "sibling")
    assert lanes_of(STUCK) == ("tab 1", "tab 2", "server", "pool")
    strange = replace(QUIET, moments=tuple(Moment("x", {}, name, "", "x") for name in ("time", "mice", "pool", "cat")))
    assert lanes_of(strange) == ("pool", "mice", "cat")
    assert lanes_of(EMPTY) == ()


@pytest.mark.parametrize("since", [None, 2, 3, 7, -1, "1"])
def test_only_what_was_sent_before_something_else_is_late(since):
    moments = [replace(one, arguments={"since": since} if one.kind == "arrive" else {}) for one in SMALL.moments]
    assert late_answers(moments) == {}


def test_a_late_answer_knows_when_it_was_sent():
    assert late_answers(SMALL.moments) == {3: 1}
    assert late_answers(STUCK.moments) == {4: 2}
    assert late_answers([replace(one, target="") for one in SMALL.moments]) == {}


# -- Mermaid ----------------------------------------------------------------------------------------------------------


def test_a_small_mermaid_diagram_word_by_word():
    assert mermaid(SMALL) == dedent("""\
        sequenceDiagram
          participant p1 as Tab 1
          participant p2 as Tab 2
          participant p3 as Server
          Note over p1,p3: 0. Nothing has happened yet.
          p1->>p3: 1. Tab 1 asks#58; the answer#59; it is on its way.
          Note over p1,p3: Token #35;2 is made.
          Note over p2: 2. Tab 2 is closed in the #101;nd.
          loop #8230; and from here it begins again at step 3
          p3--)p1: 3. The answer arrives. (late)
          Note over p3,p1: One.<br/>Two.
          rect rgba(45, 102, 48, 0.1)
          Note over p1,p3: From here on a person does the right thing#58;
          Note over p1,p3: 4. An hour passes.
          end
          end
          Note over p1,p3: P3 does not hold<br/>Every page load comes to rest.
        """)


def test_every_block_of_a_mermaid_diagram_is_closed():
    for trace in EVERY.values():
        lines = [line.strip() for line in mermaid(trace).splitlines()]
        opened = sum(line.startswith(("loop ", "rect ")) for line in lines)
        assert lines.count("end") == opened == sum(index is not None for index in (trace.probe_from, trace.loop_from))


def test_nobody_at_all_is_a_diagram_too():
    assert mermaid(EMPTY) == "sequenceDiagram\n  participant p1 as Browser\n"


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_no_text_ends_a_mermaid_statement(text):
    shape = re.compile(
        r"sequenceDiagram|end|rect rgba\([\d., ]+\)"
        r"|(?:participant p\d as|Note over p\d(?:,p\d)?:|loop|p\d(?:->>|--\))p\d:) "
        r"(?:[\w ,.()/'!?*+=-]|#\d+;|<br/>)*"
    )
    lines = [line.strip() for line in mermaid(hostile(text)).splitlines()]
    assert [line for line in lines if not shape.fullmatch(line)] == []
    assert not [line for line in lines if re.search(r"\bend\b", line) and line != "end"]


# -- the drawing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trace", EVERY.values(), ids=EVERY)
def test_every_step_is_drawn_inside_the_picture(trace):
    root = drawing(trace)
    width, height = map(float, root.get("viewBox").split()[2:])
    assert texts(root, "seq-number") == [str(index) for index in range(len(trace.moments))]
    for step in shapes(root, "seq-step") + shapes(root, "seq-step seq-probed"):
        top = float(step.get("transform").removesuffix(")").split()[-1])
        boxes = list(step.iter(f"{SVG}rect"))
        assert all(0 <= number(one, "x") <= width - number(one, "width") for one in boxes)
        assert all(top + number(one, "y") + number(one, "height") < height for one in boxes)


def test_the_words_of_a_history_are_all_there():
    root = drawing(STUCK)
    written = " ".join(texts(root))
    for moment in STUCK.moments:
        for sentence in (moment.sentence, *moment.notes):
            assert sentence in written
    assert [*map(str, texts(root, "seq-head-text"))] == ["Tab 1", "Tab 2", "Server", "Pool"]
    assert STUCK.title in written
    assert STUCK.violation.sentence in written
    assert STUCK.violation.detail in written
    assert texts(root, "seq-violation-head") == ["P1 does not hold"]


def test_a_message_goes_from_its_actor_to_its_target():
    root = drawing(replace(STUCK, moments=STUCK.moments[:2], probe_from=None, loop_from=None))
    tab, pool = [number(one, "x") + number(one, "width") / 2 for one in shapes(root, "seq-head")]
    ((start, end),) = [points(one) for one in shapes(root, "seq-arrow")]
    assert start[0] == tab
    assert points(shapes(root, "seq-arrow-tip")[0])[0] == (pool, start[1])
    assert end[1] == start[1]


def test_a_late_answer_slants_down_over_what_happened_meanwhile():
    root = drawing(STUCK)
    ((start, _),) = [points(one) for one in shapes(root, "seq-late")]
    tip = points(shapes(root, "seq-late-tip")[0])[0]
    tops = [float(step.get("transform").removesuffix(")").split()[-1]) for step in shapes(root, "seq-step")]
    heads = [number(one, "x") + number(one, "width") / 2 for one in shapes(root, "seq-head")]
    assert (start[0], tip[0]) == (heads[2], heads[0])
    assert tops[2] < start[1] < tops[3]
    assert tops[4] < tip[1] < tops[5]


def test_an_answer_in_its_own_time_is_a_straight_arrow():
    moments = (*STUCK.moments[:3], *STUCK.moments[4:6])
    root = drawing(replace(STUCK, moments=moments, probe_from=None, loop_from=None))
    assert shapes(root, "seq-late") == []
    assert len(shapes(root, "seq-arrow")) == 3


def test_a_circle_is_framed_and_led_back_to_its_beginning():
    root = drawing(STORM)
    (frame,) = shapes(root, "seq-loop")
    steps = {step.get("data-step"): step for step in shapes(root, "seq-step")}
    tops = {key: float(step.get("transform").removesuffix(")").split()[-1]) for key, step in steps.items()}
    assert tops["0"] < number(frame, "y") < tops["1"]
    assert number(frame, "y") + number(frame, "height") > tops["3"]
    assert texts(root, "seq-loop-head") == ["… and from here it begins again at step 1."]
    assert len(shapes(root, "seq-back-tip")) == 1


def test_a_probe_has_a_ground_of_its_own():
    root = drawing(STUCK)
    (ground,) = shapes(root, "seq-probe")
    assert texts(root, "seq-probe-head") == [PROBE]
    assert [step.get("data-step") for step in shapes(root, "seq-step seq-probed")] == ["7", "8", "9"]
    assert number(ground, "height") > 300


def test_a_probe_that_comes_after_the_end_is_none():
    root = drawing(replace(QUIET, probe_from=3, loop_from=9))
    assert shapes(root, "seq-probe") == shapes(root, "seq-loop") == []
    assert "rect" not in mermaid(replace(QUIET, probe_from=3))


def test_twins_stand_one_above_the_other_in_the_small_jar():
    root = drawing(STUCK)
    step = next(one for one in shapes(root, "seq-step") if one.get("data-step") == "4")
    cookies = [one for one in step.iter(f"{SVG}rect") if one.get("class").startswith("seq-cookie")]
    assert len(cookies) == 12
    assert all("seq-twin" in one.get("class") for one in cookies)
    assert sum("seq-added" in one.get("class") for one in cookies) == 6
    assert len({one.get("x") for one in cookies}) == 6
    assert len({one.get("y") for one in cookies}) == 2
    signed_out = next(one for one in shapes(root, "seq-step") if one.get("data-step") == "6")
    assert sum("seq-removed" in (one.get("class") or "") for one in signed_out.iter()) == 6


def test_where_script_and_server_disagree_it_says_so():
    assert texts(drawing(STUCK), "seq-disagree") == [
        *("script: alice", "server: bob"),
        *("script: nobody", "server: alice"),
        *("script: nobody", "server: alice"),
    ]


def test_sign_ins_have_colours_and_the_seventh_begins_again():
    assert [sign_in_class(number) for number in (-1, 0, 1, 6, 7)] == [
        *("sign-in-0", "sign-in-0", "sign-in-1", "sign-in-6", "sign-in-1")
    ]


def test_what_was_not_seen_is_not_drawn():
    root = drawing(replace(STORM, violation=replace(STORM.violation, detail="")))
    assert "Seen here" not in " ".join(texts(root, "seq-violation-text"))


def test_alone_it_carries_its_style_and_is_one_picture():
    root = drawing(STUCK)
    assert root.find(f"{SVG}style").text == sequence_style()
    assert root.get("role") == "img"
    assert root.get("aria-label") == f"Sequence diagram of 9 steps: {STUCK.title}"
    assert not list(root.iter(f"{SVG}a"))


def test_inside_a_page_it_has_links_and_no_style():
    root = ET.fromstring(sequence_svg(STUCK, inside_page=True))  # noqa: S314 -- we wrote it
    assert [one.get("href") for one in root.iter("a")] == [f"#step-{index}" for index in range(10)]
    assert not list(root.iter("style"))
    assert STUCK.title not in " ".join(one.text or "" for one in root.iter("text"))


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
@pytest.mark.parametrize("inside_page", [False, True], ids=["alone", "in a page"])
def test_hostile_texts_stay_text_and_the_picture_well_formed(text, inside_page):
    root = drawing(hostile(text), inside_page=inside_page)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "style", "g", "rect", "circle", "path", "text", "a"}
    allowed = {"class", "viewBox", "width", "height", "role", "aria-label", "x", "y", "rx", "cx", "cy", "r", "d"}
    allowed |= {"transform", "data-step", "href"}
    assert {key for element in root.iter() for key in element.keys()} <= allowed  # noqa: SIM118 -- an element is no dict


def test_the_style_asks_nobody_for_anything():
    assert not re.search(r"url\(|@import|@font-face|//", sequence_style().replace("/*", "").replace("*/", ""))
