"""What people send in place of a HAR, and HARs that broke on the way: a sentence, or as much as there is."""

from __future__ import annotations

import gzip
import json
import lzma
import random
import zipfile
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hardtack.doctor.errors import SourceError
from hardtack.doctor.facts import Hint
from hardtack.doctor.observed import CookieWritten, JarSeen, PoolCall
from hardtack.doctor.sources.har import splitting
from hardtack.doctor.sources.har.opening import open_recording
from support.recordings import Recorder, judge, read, recorded

NAME = "unexpected.har"
WHOLE = recorded(NAME)
REFUSED = {
    "empty": b"",
    "spaces": b"  \n ",
    "image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(200),
    "zeros": bytes(5000),
    "page": b"<!doctype html><html><body>Sign in</body></html>",
    "prose": b"Dear support, attached you find the HAR.",
    "list": b"[1, 2, 3]",
    "other json": b'{"name": "app", "version": "1.0.0"}',
    "log of something else": b'{"log": {"lines": ["a", "b"]}}',
    "entries of something else": b'{"log": {"entries": {"a": 1}}}',
    "no entries": b'{"log": {"version": "1.2", "entries": []}}',
    "cut before the entries": WHOLE[:120],
    "entries that are none": b'{"log": {"entries": [1, null, "x", [], {}]}}',
    "deep": b'{"log": ' + b'{"a":' * 50_000,
    "deep entries": b'{"log": {"entries": [' + b"[" * 50_000,
    "empty gzip": gzip.compress(b""),
    "damaged gzip": gzip.compress(WHOLE)[:11] + b"\xff" * 50,
    "damaged zip": b"PK\x03\x04" + bytes(100),
    "utf-16 prose": "Dear support".encode("utf-16"),
}


def saved(folder, data, name="recording.har"):
    path = folder / name
    path.write_bytes(data)
    return path


def events(facts):
    return [(fact.operation, fact.status) for fact in facts.of(PoolCall)], len(facts.of(JarSeen))


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_what_is_no_recording_gets_one_clear_sentence(kind, tmp_path):
    with pytest.raises(SourceError) as caught:
        read(saved(tmp_path, REFUSED[kind]))
    assert caught.value.hint
    assert caught.value.message.endswith(".")
    assert "\n" not in str(caught.value)


def test_what_is_no_file_gets_one_too(tmp_path):
    for path in (tmp_path, tmp_path / "missing.har", "\0"):
        with pytest.raises(SourceError):
            read(path)


@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress,
        lzma.compress,
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.decode().encode("utf-16-le"),
        lambda data: data.decode().encode("utf-16-be"),
        lambda data: data.decode().encode("utf-32"),
        lambda data: json.dumps(json.loads(data), separators=(",", ":")).encode(),
        lambda data: json.dumps(json.loads(data), indent="\t").replace("\n", "\r\n").encode(),
        lambda data: json.dumps({"log": dict(reversed(json.loads(data)["log"].items()))}).encode(),
    ],
    ids=["gzip", "xz", "bom", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "compact", "tabs", "reversed"],
)
def test_a_recording_in_another_wrapping_says_the_same(pack, tmp_path):
    expected = read(saved(tmp_path, WHOLE, "plain.har"))
    assert events(read(saved(tmp_path, pack(WHOLE)))) == events(expected)


def test_a_zip_file_with_one_recording_is_unpacked(tmp_path):
    path = tmp_path / "recording.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/site.har", WHOLE)
        archive.writestr("folder/readme.txt", "look at the loop")
    assert judge(path).verdict.value == "stuck"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("second.har", WHOLE)
    with pytest.raises(SourceError, match="more than one"):
        read(path)


def test_a_recording_that_breaks_off_is_judged_as_far_as_it_goes(tmp_path):
    diagnosis = judge(saved(tmp_path, WHOLE[: int(len(WHOLE) * 0.95)]))
    assert diagnosis.verdict.value == "stuck"
    assert Hint.ENDS_EARLY in diagnosis.hints
    assert Hint.ENDS_EARLY not in judge(saved(tmp_path, WHOLE)).hints


def test_a_packed_recording_that_breaks_off_is_judged_as_far_as_it_goes(tmp_path):
    packed = gzip.compress(WHOLE)
    diagnosis = judge(saved(tmp_path, packed[: int(len(packed) * 0.9)]))
    assert Hint.ENDS_EARLY in diagnosis.hints
    assert diagnosis.verdict.value == "stuck"


def test_an_entry_that_ends_with_the_file_still_counts(tmp_path):
    end = WHOLE.rindex(b"}", 0, WHOLE.rindex(b"]")) + 1
    facts = read(saved(tmp_path, WHOLE[:end]))
    assert events(facts) == events(read(saved(tmp_path, WHOLE)))
    assert Hint.ENDS_EARLY in facts.hints


@given(cut=st.integers(min_value=0, max_value=len(WHOLE)))
def test_wherever_it_breaks_off_there_is_no_traceback(tmp_path_factory, cut):
    path = saved(tmp_path_factory.mktemp("cut"), WHOLE[:cut])
    try:
        facts = read(path)
    except SourceError:
        return
    assert cut == len(WHOLE) or cut >= len(WHOLE.rstrip()) - 8 or Hint.ENDS_EARLY in facts.hints


@given(seed=st.integers(min_value=0), flips=st.integers(min_value=1, max_value=40))
def test_however_it_was_damaged_there_is_no_traceback(tmp_path_factory, seed, flips):
    source = random.Random(seed)  # noqa: S311 -- damage needs no secret
    data = bytearray(recorded("healthy.har")[:40_000])
    for _ in range(flips):
        data[source.randrange(len(data))] = source.randrange(256)
    path = saved(tmp_path_factory.mktemp("bad"), bytes(data))
    with suppress(SourceError):
        judge(path)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
PLACES = [
    ("startedDateTime",),
    ("time",),
    ("request",),
    ("request", "url"),
    ("request", "method"),
    ("request", "headers"),
    ("request", "headers", 0),
    ("request", "headers", 0, "name"),
    ("request", "headers", 0, "value"),
    ("request", "cookies"),
    ("request", "cookies", 0),
    ("request", "postData"),
    ("request", "postData", "text"),
    ("request", "headersSize"),
    ("response",),
    ("response", "status"),
    ("response", "headers"),
    ("response", "cookies"),
    ("response", "content"),
    ("response", "content", "text"),
    ("response", "content", "encoding"),
    ("_resourceType",),
    ("_fromCache",),
]


@given(where=st.sampled_from(PLACES), what=ANYTHING, number=st.integers(min_value=0, max_value=3))
def test_whatever_an_exporter_writes_in_a_field_there_is_no_traceback(tmp_path_factory, where, what, number):
    browser = Recorder("chrome")
    browser.script("CognitoIdentityServiceProvider.abc123.LastAuthUser=alice; path=/; secure")
    browser.get(set_cookie=browser.adapter(browser.fresh(), "Path=/; Secure"), kind="document")
    browser.sign_in()
    browser.get()
    browser.refresh("token", 400)
    place = browser.entries[number]
    for key in where[:-1]:
        assume(key in place if isinstance(place, dict) else len(place) > key)
        place = place[key]
    assume(isinstance(place, dict) or len(place) > where[-1])
    place[where[-1]] = what
    path = tmp_path_factory.mktemp("odd") / "odd.har"
    path.write_text(json.dumps(browser.har()), "utf-8")
    facts = read(path)
    assert len(facts.of(PoolCall)) + len(facts.of(CookieWritten)) > 0


def test_an_entry_that_no_memory_should_hold_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(splitting, "LONGEST_ENTRY", 10_000)
    monkeypatch.setattr(splitting, "PIECE", 1_000)
    with pytest.raises(SourceError, match="longer than"):
        read(
            saved(
                tmp_path, WHOLE[: WHOLE.index(b"entries") + len(b'entries":[')] + b'{"a": "' + b"x" * 100_000 + b'"}]}}'
            )
        )


@pytest.mark.parametrize("piece", [1, 7, 64, 1_000])
def test_the_size_of_the_pieces_changes_nothing(piece, tmp_path, monkeypatch):
    browser = Recorder()
    browser.sign_in()
    browser.get(kind="document")
    path = browser.save(tmp_path)
    whole = events(read(path))
    monkeypatch.setattr(splitting, "PIECE", piece)
    assert events(read(path)) == whole


def test_half_characters_and_wrong_bytes_cost_one_field_not_the_recording(tmp_path):
    data = WHOLE.replace(b'"status": 200', b'"status": 200, "x": "\\ud800"').replace(b"Playwright", b"Play\xffwright")
    assert judge(saved(tmp_path, data)).verdict.value == "stuck"


def test_progress_tells_bytes_of_the_file(tmp_path):
    from argparse import Namespace

    from hardtack.doctor.sources.har import gather

    told = []
    path = saved(tmp_path, WHOLE)
    gather(str(path), Namespace(), lambda done, total: told.append((done, total)))
    assert told[-1] == (len(WHOLE), len(WHOLE))
    assert told == sorted(told)


def test_a_stream_says_that_it_is_broken(tmp_path):
    with open_recording(saved(tmp_path, gzip.compress(WHOLE)[:3000])) as stream:
        while stream.read(1000):
            pass
        assert stream.broken
