"""Nothing happens in the demo without a sentence, in both languages."""

from __future__ import annotations

import re
import string
import tomllib
from pathlib import Path

import pytest

import hardtack.demo.site.words
from hardtack.demo.site import PLANTS
from hardtack.demo.site.timeline import Entry
from hardtack.demo.site.words import words
from hardtack.sessions import EVENTS, OutcomeKind
from hardtack.sessions import Reason as Why
from hardtack.web.pages import Language

FOLDER = Path(hardtack.demo.site.words.__file__).parent
FIGURES = {"names": 6, "most": 2, "suffixes": "idToken,accessToken", "lines": 66, "of": 1024, "bytes": 11_000}


def texts(language):
    def flat(table, prefix=""):
        for key, value in table.items():
            if isinstance(value, dict):
                yield from flat(value, f"{prefix}{key}.")
            else:
                yield prefix + key, value

    return dict(flat(tomllib.loads((FOLDER / "messages" / f"{language.value}.toml").read_text(encoding="utf-8"))))


def gaps(text):
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name})


def test_both_languages_say_the_same_things_with_the_same_gaps():
    english, chinese = texts(Language.ENGLISH), texts(Language.CHINESE)
    assert list(english) == list(chinese)
    assert {key: gaps(text) for key, text in english.items()} == {key: gaps(text) for key, text in chinese.items()}
    assert not [key for key, text in {**english, **chinese}.items() if not text.strip()]


@pytest.mark.parametrize("language", Language)
def test_every_event_and_every_plant_has_its_sentences(language):
    say = words(language)
    for name in EVENTS:
        assert f"event.{name}" in say, name
    for key in PLANTS:
        assert all(f"plant.{key}.{part}" in say for part in ("title", "why", "done", "watch", "told")), key
    assert all(f"why.{reason.value}" in say for reason in Why)
    assert all(f"outcome.{kind.value}" in say for kind in OutcomeKind)


def test_every_text_that_a_template_or_the_code_asks_for_is_there_and_none_is_left_over():
    sources = [*FOLDER.glob("templates/demo/*.html"), *FOLDER.glob("*.py")]
    asked = {match for path in sources for match in re.findall(r'"([a-z]+\.[a-z0-9-]+)"', path.read_text("utf-8"))}
    keys = set(texts(Language.ENGLISH))
    families = ("event.", "plant.", "why.", "outcome.", "cookie.reader-", "storm.rung-", "load.", "now.")
    assert {key for key in keys if not key.startswith(families)} - asked == set()


@pytest.mark.parametrize("language", Language)
def test_an_entry_is_told_with_its_figures_and_its_reason_in_words(language):
    say = words(language)
    found = say.of(Entry(1, 0.0, "twins.found", FIGURES))
    assert "6" in found
    assert "idToken, accessToken" in found
    dead = say.of(Entry(2, 0.0, "session.dead", {"reason": "unreadable", "sets": 0}))
    assert say("why.unreadable") in dead
    assert say.of(Entry(3, 0.0, "plant.hour")) == say("plant.hour.told")


def test_an_event_that_lacks_a_figure_still_has_its_sentence():
    assert "?" in words(Language.ENGLISH).of(Entry(1, 0.0, "refresh.refused"))
