"""What compares a recording with the model can tell a difference, and prints the shortest."""

from __future__ import annotations

import gzip
import importlib.util
import json
from pathlib import Path

import pytest

from support.jar_generator import history
from support.jar_histories import meets_phantom, readings

ROOT = Path(__file__).parents[2]
SHORT = [["set", "https", "app.example.test", "/", ["x=1"]], ["get", "https", "app.example.test", "/"]]
LONG = [*SHORT, ["fetch", [["https", "other.test"]], "GET", [[200, "https", "app.example.test", "/", [], False]]]]


@pytest.fixture(scope="module")
def recorder():
    specification = importlib.util.spec_from_file_location("record_jar", ROOT / "scripts" / "record_jar.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_agreement_is_counted_and_is_success(recorder, capsys):
    recorded = [[1, SHORT, [["x=1", "x=1"]]], [2, LONG, [["x=1", "x=1"], [[None], None]]]]
    assert recorder._verdict("chromium", recorded) == 0
    assert capsys.readouterr().out == "2 of 2 histories agree, 3 headers, 2 document.cookie readings\n"


def test_a_difference_is_failure_and_the_shortest_history_with_one_is_shown(recorder, capsys):
    recorded = [
        [1, LONG, [["x=1", "x=1"], [["x=1"], None]]],
        [2, SHORT, [["x=1", "x=2"]]],
        [3, SHORT, [["x=1", "x=1"]]],
    ]
    assert recorder._verdict("chromium", recorded) == 1
    told = capsys.readouterr().out
    assert told.startswith("1 of 3 histories agree, 4 headers, 3 document.cookie readings\n")
    assert "has seed 2:" in told
    assert '  ["set", "https", "app.example.test", "/", ["x=1"]]\n' in told
    assert 'browser: ["x=1", "x=2"]\n  model:   ["x=1", "x=1"]' in told


@pytest.mark.parametrize("name", ["recorded.jsonl", "recorded.jsonl.gz"])
def test_what_was_recorded_is_written_in_the_form_of_the_fixtures(recorder, tmp_path, name):
    recorder._write(tmp_path / name, [[1, SHORT, [["x=1", "x=1"]]]])
    data = (tmp_path / name).read_bytes()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
    assert [json.loads(line) for line in text.splitlines()] == [[1, SHORT, [["x=1", "x=1"]]]]


def test_a_seed_gives_the_same_history_and_another_gives_another():
    assert history(7) == history(7)
    assert len({json.dumps(history(seed)) for seed in range(50)}) == 50


def test_headers_and_readings_are_counted_hop_by_hop():
    assert readings([["x=1", ""], [[None, "x=1"], None], [["x=1"], "x=1"]]) == (4, 2)


def test_what_firefox_shows_though_it_is_not_kept_is_known_beforehand():
    https, http = ["https", "app.example.test", "/"], ["http", "app.example.test", "/"]
    frame = ["frame", [["https", "other.test"]], "x=js; Path=/", [[200, *https, [], False]]]
    for operations, expected in (
        ([["set", *https, ["x=1; HttpOnly"]], ["js", *https, "x=js"]], True),
        ([["set", *https, ["x=1; Secure"]], ["js", *http, "x=js"]], True),
        ([["set", *https, ["x=1; Secure"]], ["js", *https, "x=js"]], False),
        ([["set", *https, ["x=1; HttpOnly"]], ["js", *https, "x=; Max-Age=0"]], False),
        ([["set", *https, ["x=1; HttpOnly"]], frame], False),  # which writes below another site
    ):
        assert meets_phantom(operations, clock=lambda: 1_795_000_000.0) is expected
