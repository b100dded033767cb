"""The golden vectors: made by running the real packages, read here whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hardtack.amplify import READERS, believed, client_name, client_value, next_value, server_name
from hardtack.cookies import CookieHeader

VECTORS = json.loads((Path(__file__).parent.parent / "fixtures" / "amplify-vectors.json").read_text("utf-8"))


def key_of(username):
    return f"CognitoIdentityServiceProvider.CID.{username}.t"


@pytest.mark.parametrize("case", VECTORS["encode"], ids=lambda case: case["username"])
class TestWhatTheRealPackagesWrite:
    def test_the_browser_s_pair_is_ours(self, case):
        username = case["username"]
        assert f"{client_name(key_of(username))}={client_value(username)}" == case["client_pair"]

    def test_the_server_s_pair_is_ours(self, case):
        username = case["username"]
        assert f"{server_name(key_of(username))}={next_value(username)}" == case["next_pair"]

    def test_each_reader_reads_each_writer_as_recorded(self, case):
        for writer in ("client", "next", "response"):
            recorded = case.get(f"readers_of_{writer}_pair")
            if recorded is None:
                assert case["response_error"] == "TypeError"
                continue
            pairs = CookieHeader.parse(case.get(f"{writer}_pair") or case[f"{writer}_pair_latin1"]).pairs
            read = {reader: believed(pairs, key_of(case["username"]), reader) for reader in READERS}
            assert read == recorded, writer


@pytest.mark.parametrize("case", VECTORS["read_value"] + VECTORS["duplicates"], ids=lambda case: case["header"])
def test_each_reader_believes_what_it_was_seen_to_believe(case):
    pairs = CookieHeader.parse(case["header"]).pairs
    assert {reader: believed(pairs, "k", reader) for reader in READERS} == {reader: case[reader] for reader in READERS}


def test_the_vectors_are_there_in_full():
    assert [len(VECTORS[part]) for part in ("encode", "read_value", "duplicates")] == [15, 10, 6]
