"""The figures that the pages give are the ones that the code has."""

from __future__ import annotations

import pytest

from hardtack.cookies import admission, eviction, line
from hardtack.sessions import (
    Settings,
    asking,
    choosing,
    core,
    engine,
    judging,
    ladder,
    limits,
    marks,
    memory,
    signing,
    sweeping,
)
from hardtack.sessions.coordination import flow, sqlite
from hardtack.sessions.pool_clock import _NOTICEABLE
from hardtack.tokens import TokenVerifier, key_fetcher, keys
from hardtack.web.routes import sign_out
from support.docs import ROOT

WORDS = {2: "two", 3: "three", 4: "four", 8: "eight", 10: "ten"}
CACHE = TokenVerifier.__init__.__kwdefaults__["cache_size"]
TOLD = {
    "architecture.md": [
        f"at most {WORDS[judging.MOST_VERIFIED]} a request",
        f"at most {WORDS[asking._MOST_REFRESHES]} refresh tokens",
        f"up to {WORDS[marks._MOST_ENDED]} ended sessions",
        f"| the ladder | {ladder.WINDOW // 60} minutes |",
        f"for {WORDS[int(flow._WAIT)]} seconds at most",
        f"A claim holds for {flow._LEASE:.0f} seconds",
        "remembered for an hour" if flow._REFUSED_FOR == 3_600 else "?",
        f"and {flow._SEEN_FOR:.0f} seconds more",
        "and for a day hands nothing" if flow._ENDED_FOR == 86_400 else "?",
        f"| signatures verified for one request | {judging.MOST_VERIFIED} |",
        f"| refresh tokens tried for one request | {asking._MOST_REFRESHES} |",
        f"| {memory._MOST_ENTRIES:,}, and {memory._MOST_BYTES // 2**20} MB of Cookie headers |",
        f"| remembered tokens | {CACHE:,} |",
        "| one a minute |" if key_fetcher.UNKNOWN_KID_INTERVAL == 60 else "?",
        f"| refresh records without a file | {sqlite._MOST_IN_MEMORY:,} |",
        f"| keys in each rate limit | {limits._MOST_KEYS:,} |",
        f"| refresh tokens revoked for one sign-out | {signing._MOST_REVOKED} |",
        f"{WORDS[core._LONE.burst]} at once for one address, then one every {core._LONE.per_seconds:.0f} seconds",
        f"outlive {WORDS[sweeping._ROUNDS]} rounds",
        f"{WORDS[engine.EngineOptions().returns or 0]} times within {WORDS[sweeping._RETURNS_WINDOW // 60]} minutes",
        f"(60), but never more than the last {'fifth' if choosing._LATE == 0.2 else '?'} of its life",
        f"Differences below {_NOTICEABLE:.0f} seconds",
        "left alone for a second" if core._REST == 1 else "?",
        f"({core._LONGEST_REST:.0f} at most)",
        f"{sweeping._FRESH_SET:,} bytes more",
        f"up to {WORDS[sign_out._MOST_HOPS]} times",
        f"{WORDS[ladder._MOST_CHANGES]} times within {ladder._CHANGES_WINDOW} seconds",
        f"within {WORDS[ladder._RAPID]} seconds of the one before",
    ],
    "jar.md": [
        f"{eviction.MAX_COOKIES_PER_SITE} cookies for a registrable domain",
        f"the {eviction.MAX_COOKIES_PER_SITE + 1}st leaves {eviction.PURGED_TO},",
        "within a minute of the last" if eviction.ACCESS_GRANULARITY == 60 else "?",
        f"more than {admission.MAX_LIFETIME // 86_400} days",
        f"have {line.MAX_PAIR_BYTES:,} bytes together, an attribute's value {line.MAX_ATTRIBUTE_BYTES:,}",
    ],
    "recovery.md": [
        f"within {ladder.WINDOW // 60} minutes",
        "has lasted for a minute" if ladder.LASTING == 60 else "?",
        "good for five minutes" if ladder._TOKEN_LIFE == 300 else "?",
        f"within {WORDS[ladder._RAPID]} seconds of each other",
        f"{WORDS[ladder._MOST_CHANGES]} times within {ladder._CHANGES_WINDOW} seconds",
    ],
    "security.md": [
        f"{WORDS[judging.MOST_VERIFIED]} signatures a request",
        "remembered for an hour" if flow._REFUSED_FOR == 3_600 else "?",
        "fetched at most once a minute" if key_fetcher.UNKNOWN_KID_INTERVAL == 60 else "?",
        f"for {flow._SEEN_FOR:.0f} seconds after",
        "for a day nothing of it is handed out" if flow._ENDED_FOR == 86_400 else "?",
        f"keys below {keys.MIN_MODULUS_BITS:,} bits",
    ],
    "operations.md": ["left alone for a second" if core._REST == 1 else "?"],
    "troubleshooting.md": ["isn't sent again for an hour" if flow._REFUSED_FOR == 3_600 else "?"],
}
CASES = [(page, told) for page, sentences in TOLD.items() for told in sentences]


@pytest.mark.parametrize(("page", "told"), CASES, ids=[f"{page[:-3]}-{told[:30]}" for page, told in CASES])
def test_a_figure_is_the_codes_own(page, told):
    text = " ".join((ROOT / "docs" / page).read_text(encoding="utf-8").split())
    assert told in text


def test_the_ageing_default_is_the_pages():
    assert engine.EngineOptions().ageing_seconds == Settings.__dataclass_fields__["ageing_seconds"].default == 60
