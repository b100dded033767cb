"""The page in a real Chromium, opened as a file: its controls, its keys, and that it asks nobody for anything."""

from __future__ import annotations

import pytest

from hardtack.explore.telling.page import render_page
from support.histories import CROWDED, HOSTILE_TEXTS, STORM, STUCK, hostile

pytestmark = pytest.mark.browser

STEP = "document.querySelector('.moment.current').id"


class Reader:
    """Somebody who opens the page from a folder."""

    def __init__(self, browser, folder, **options):
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.folder = folder
        self.problems, self.requests = [], []
        self.page.on("console", lambda message: self.problems.append(message.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, trace, at=""):
        path = self.folder / "page.html"
        path.write_text(render_page(trace), encoding="utf-8")
        self.page.goto(f"{path.as_uri()}{at}")
        return self.page

    @property
    def step(self):
        return self.page.evaluate(STEP)

    @property
    def shown(self):
        return self.page.locator(".moment:visible").count()


@pytest.fixture
def reader(chromium, tmp_path):
    readers = []

    def come(**options):
        readers.append(Reader(chromium, tmp_path, **options))
        return readers[-1]

    yield come
    for one in readers:
        one.context.close()
        assert one.problems == []
        assert [url for url in one.requests if not url.startswith(tmp_path.as_uri())] == []


def test_one_step_is_shown_and_the_buttons_walk(reader):
    someone = reader()
    page = someone.open(STUCK)
    assert (someone.step, someone.shown) == ("step-0", 1)
    assert page.locator("[data-do=previous]").is_disabled()
    page.click("[data-do=next]")
    page.click("[data-do=next]")
    assert (someone.step, someone.shown) == ("step-2", 1)
    assert page.input_value(".way input") == "2"
    assert page.inner_text(".count-now") == "2"
    page.click("[data-do=previous]")
    assert someone.step == "step-1"
    assert page.inner_text("[role=status]") == f"Step 1. {STUCK.moments[1].sentence}"


def test_keys_walk_as_well(reader):
    someone = reader()
    page = someone.open(CROWDED)
    for key, step in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", 5),
        ("ArrowRight", 5),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        assert someone.step == f"step-{step}"
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("x")
    assert someone.step == "step-0"


def test_the_slider_walks_by_keys_of_its_own(reader):
    someone = reader()
    page = someone.open(STUCK)
    page.focus(".way input")
    page.keyboard.press("ArrowRight")
    assert someone.step == "step-1"
    page.keyboard.press("End")
    assert someone.step == "step-9"
    assert page.get_attribute(".way input", "aria-valuetext") == "Step 9 of 9"


def test_everything_can_be_reached_by_the_keyboard(reader):
    someone = reader()
    page = someone.open(STUCK, "#step-1")
    page.evaluate("document.activeElement.blur()")
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(e => e.dataset.do || e.className || e.getAttribute('href') || e.type)(document.activeElement)"
            )
        )
    assert {"previous", "play", "next", "range", "scroll"} <= {str(one) for one in reached if isinstance(one, str)}


def test_it_plays_to_the_end_and_goes_round_in_a_circle(reader):
    someone = reader()
    someone.page.clock.install()
    page = someone.open(STORM)
    page.keyboard.press(" ")
    assert page.get_attribute("[data-do=play]", "aria-label") == "Pause"
    seen = []
    for _ in range(12):
        page.clock.run_for(2300)
        seen.append((someone.step[-1], "".join(page.locator(".turn:visible").all_inner_texts())))
    assert [step for step, _ in seen] == [*"123123123333"]
    assert [turn for _, turn in seen[:9]] == ["", "", "", *[", turn 2"] * 3, *[", turn 3"] * 3]
    assert page.get_attribute("[data-do=play]", "aria-label") == "Play"
    page.click("[data-do=play]")
    assert someone.step == "step-0"
    page.click("[data-do=play]")
    page.clock.run_for(5000)
    assert someone.step == "step-0"


def test_it_stops_at_the_end_where_there_is_no_circle(reader):
    someone = reader()
    someone.page.clock.install()
    page = someone.open(CROWDED, "#step-4")
    page.click("[data-do=play]")
    page.clock.run_for(20_000)
    assert someone.step == "step-5"
    assert page.locator("[data-do=next]").is_disabled()
    assert page.get_attribute("[data-do=play]", "aria-label") == "Play"


def test_a_step_has_an_address_and_the_drawing_leads_there(reader):
    someone = reader()
    page = someone.open(STUCK, "#step-6")
    assert someone.step == "step-6"
    page.click(".seq-step[data-step='4'] .seq-number-disc")
    assert someone.step == "step-4"
    assert page.get_attribute(".seq-step.current", "data-step") == "4"
    top, controls = page.evaluate(
        "['.current h3', '.controls'].map(name => document.querySelector(name).getBoundingClientRect().bottom)"
    )
    assert controls < top < page.viewport_size["height"]


def test_the_badges_turn_red_where_they_disagree(reader):
    someone = reader()
    page = someone.open(STUCK, "#step-6")

    def ground():
        return page.evaluate("getComputedStyle(document.querySelector('.current .seen p')).backgroundColor")

    calm = ground()
    page.keyboard.press("ArrowRight")
    assert page.locator(".current .seen.disagree").is_visible()
    assert ground() != calm == "rgb(248, 240, 227)"


def test_what_is_added_moves_and_not_for_people_who_asked_for_rest(reader):
    def moving(someone):
        page = someone.open(STUCK, "#step-6")
        page.keyboard.press("ArrowRight")
        return page.evaluate("document.getAnimations().length")

    assert moving(reader()) > 0
    assert moving(reader(reduced_motion="reduce")) == 0


def test_without_script_every_step_is_shown(reader):
    someone = reader(java_script_enabled=False)
    page = someone.open(STUCK)
    assert someone.shown == len(STUCK.moments)
    assert not page.locator(".controls").is_visible()


def test_on_paper_every_step_is_shown(reader):
    someone = reader()
    page = someone.open(STUCK)
    page.emulate_media(media="print")
    assert someone.shown == len(STUCK.moments)
    assert not page.locator(".controls").is_visible()


@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_window(reader, width, scheme):
    someone = reader(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = someone.open(CROWDED)
    for index in range(len(CROWDED.moments)):
        assert someone.step == f"step-{index}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("ArrowRight")
    small = page.evaluate(
        "[...document.querySelectorAll('.knob')].filter(e => e.getBoundingClientRect().width < 44).length"
    )
    assert small == 0


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_hostile_texts_run_nothing(reader, text):
    someone = reader(viewport={"width": 390, "height": 800})
    page = someone.open(hostile(text))
    page.on("dialog", lambda dialog: someone.problems.append(dialog.message))
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    assert someone.step == "step-9"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
