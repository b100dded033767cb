"""The sealed storage: chunks that never mix, sets that nobody else makes or replaces, and no stray left behind."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cookies import BrowserJar, CookieHeader, CookiePolicy, CookieTooLarge
from hardtack.sessions.sealed_storage import SealedStorage
from hardtack.sessions.sealing import AesSealer
from hardtack.sessions.storage import Kept, Shown
from hardtack.tokens import TokenSet
from support.minting import CLIENT_ID, NOW, Mint, b64
from support.story import SECRET

POLICY = CookiePolicy(origins=("https://app.example.test",))
PLAIN = CookiePolicy(origins=("http://app.example.test",), secure=False)
SEALER = AesSealer([SECRET])
STORAGE = SealedStorage(CLIENT_ID, POLICY, SEALER)
URL = "https://app.example.test/"
NO_CLAIMS = hashlib.sha256(b"auth_time:None").hexdigest()[
    :6
]  # the tag of texts that claim no sign-in, as most here are
NAME = f"__Host-hardtack-session-{NO_CLAIMS}a0"


def noise(length: int, seed: int = 0) -> str:
    """Text that does not compress."""
    return random.Random(seed).randbytes(length).hex()[:length]  # noqa: S311 -- nothing secret is made of it


def kept(access: str = "access", identity: str | None = "id", refresh: str | None = "refresh") -> Kept:
    return Kept("", TokenSet(access, identity, refresh))


def header(lines) -> CookieHeader:
    return CookieHeader.parse("; ".join(f"{line.name}={line.value}" for line in lines if not line.is_deletion).encode())


class Browser:
    """A jar and the lines that one storage writes for what it shows."""

    def __init__(self, storage: SealedStorage = STORAGE) -> None:
        self.storage = storage
        self.jar = BrowserJar(clock=lambda: float(NOW))

    def shows(self) -> CookieHeader:
        return CookieHeader.parse((self.jar.cookie_header(URL) or "").encode("latin-1"))

    def answer(self, one: Kept, shown: CookieHeader | None = None):
        """The lines of a response to a request that showed this; they have not reached the browser yet."""
        return self.storage.write(one, self.storage.read(self.shows() if shown is None else shown), now=NOW)

    def receive(self, lines) -> None:
        self.jar.store_response(URL, [line.to_text() for line in lines])

    def tokens(self) -> list[str]:
        return [found.token for found in self.storage.read(self.shows()).accesses]


def test_a_set_comes_back_as_it_was_written():
    shown = STORAGE.read(header(STORAGE.write(kept(), Shown(), now=NOW)))
    assert [found.token for found in shown.accesses] == ["access"]
    assert [found.token for found in shown.ids] == ["id"]
    assert [found.token for found in shown.refreshes] == ["refresh"]
    assert shown.names == (NAME,)
    assert shown.strays == ()


@pytest.mark.parametrize(("identity", "refresh"), list(itertools.product([None, "id"], [None, "refresh"])))
def test_a_set_without_an_id_or_a_refresh_token_comes_back_without(identity, refresh):
    shown = STORAGE.read(header(STORAGE.write(kept("access", identity, refresh), Shown(), now=NOW)))
    assert [found.token for found in shown.ids] == ([identity] if identity else [])
    assert [found.token for found in shown.refreshes] == ([refresh] if refresh else [])


def test_real_tokens_fit_into_two_cookies_that_every_browser_keeps():
    lines = STORAGE.write(Kept("", Mint().session()), Shown(), now=NOW)
    assert len(lines) <= 2
    for line in lines:
        assert len(line.name) + len(line.value) <= 4096
        assert (line.domain, line.path, line.secure, line.http_only) == (None, "/", True, True)


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
@pytest.mark.parametrize("length", [10, 2_700, 2_900, 8_000, 20_000])
def test_a_set_of_any_length_survives_a_real_jar(engine, length):
    browser = Browser()
    browser.jar = BrowserJar(engine, clock=lambda: float(NOW))
    browser.receive(browser.answer(kept(noise(length))))
    assert browser.tokens() == [noise(length)]


def test_a_set_that_needs_more_chunks_than_are_read_is_refused():
    with pytest.raises(CookieTooLarge):
        STORAGE.write(kept(noise(60_000)), Shown(), now=NOW)


def test_successive_writes_alternate_between_two_slots_and_leave_nothing_behind():
    browser = Browser()
    for number, length in enumerate([9_000, 100, 9_000, 20_000, 100]):
        browser.receive(browser.answer(kept(noise(length, number))))
        assert browser.tokens() == [noise(length, number)]
        slots = {cookie.name[-2] for cookie in browser.jar}
        assert slots == {"ab"[number % 2]}
    assert len(browser.jar) == 1


def test_chunks_of_two_answers_that_cross_on_the_way_never_make_one_set():
    """Two requests showed the same set; both answers write the other slot, line by line in any order."""
    browser = Browser()
    browser.receive(browser.answer(kept(noise(9_000, 1))))
    one, other = browser.answer(kept(noise(9_000, 2))), browser.answer(kept(noise(9_000, 3)))
    fresh = [[line for line in lines if not line.is_deletion] for lines in (one, other)]
    assert len(fresh[0]) == len(fresh[1]) >= 2
    for choice in itertools.product((0, 1), repeat=len(fresh[0])):
        mixed = [fresh[which][place] for place, which in enumerate(choice)]
        shown = STORAGE.read(header(mixed))
        whole = len(set(choice)) == 1
        assert [found.token for found in shown.accesses] == ([noise(9_000, 2 + choice[0])] if whole else [])
        assert shown.strays == (() if whole else tuple(line.name for line in mixed))


def test_an_answer_that_was_cut_off_leaves_the_older_set_readable():
    """A proxy that drops lines, a browser that stores only some: the set in the other slot still counts."""
    browser = Browser()
    browser.receive(browser.answer(kept(noise(9_000, 1))))
    lines = [line for line in browser.answer(kept(noise(9_000, 2))) if not line.is_deletion]
    browser.receive(lines[:1])
    assert browser.tokens() == [noise(9_000, 1)]
    assert STORAGE.read(browser.shows()).strays == (lines[0].name,)


def test_a_shorter_set_from_a_late_answer_is_no_part_of_a_longer_one():
    browser = Browser()
    long = [line for line in browser.answer(kept(noise(9_000, 1))) if not line.is_deletion]
    short = [line for line in browser.answer(kept(noise(100, 2))) if not line.is_deletion]
    browser.receive(long)
    browser.receive(short)
    shown = STORAGE.read(browser.shows())
    assert browser.tokens() == [noise(100, 2)]
    assert set(shown.strays) == {line.name for line in long[1:]}
    browser.receive(browser.answer(kept(noise(100, 3))))
    assert len(browser.jar) == 1


def test_both_slots_may_hold_a_set_and_the_next_write_leaves_one():
    browser = Browser()
    for slot_of in (Shown(), STORAGE.read(header(STORAGE.write(kept("first"), Shown(), now=NOW)))):
        lines = STORAGE.write(kept("first" if not slot_of else "second"), slot_of, now=NOW)
        browser.receive([line for line in lines if not line.is_deletion])
    assert browser.tokens() == ["first", "second"]
    browser.receive(browser.answer(kept("third")))
    assert browser.tokens() == ["third"]
    assert len(browser.jar) == 1


def test_each_sign_in_has_names_of_its_own_in_which_its_refreshes_alternate():
    mint, browser, places = Mint(), Browser(), []
    for sign_in in range(3):
        tokens = mint.session(auth_time=NOW + sign_in)
        for refresh in range(3):
            browser.receive(browser.answer(Kept("", tokens)))
            assert browser.tokens() == [tokens.access_token]
            places += {cookie.name.removeprefix("__Host-hardtack-session-")[:7] for cookie in browser.jar}
            tokens = mint.refreshed(tokens, at=NOW + refresh)
    tags = [place[:6] for place in places]
    assert [place[6] for place in places] == ["a", "b", "a"] * 3
    assert len(set(tags)) == 3
    assert tags == sorted(tags, key=tags.index)


@pytest.mark.parametrize("drop", [(), ("origin_jti",)])
def test_an_older_sign_ins_answer_neither_replaces_nor_deletes_the_newer_ones_set(drop):
    """With and without `origin_jti`: pools without token revocation give none."""
    mint, browser = Mint(), Browser()
    older = mint.access_token(origin_jti="1", auth_time=NOW, drop=drop)
    newer = mint.access_token(origin_jti="2", auth_time=NOW + 9, drop=drop)
    browser.receive(browser.answer(kept(older)))
    late = browser.answer(kept(older))
    cleared = STORAGE.clear(STORAGE.read(browser.shows()))
    for answer in (browser.answer(kept(newer)), late):
        browser.receive(answer)
    assert sorted(browser.tokens()) == sorted([older, newer])
    browser.receive(cleared)
    browser.receive(late)
    assert newer in browser.tokens()
    browser.receive(browser.answer(kept(newer)))
    assert browser.tokens() == [newer]
    assert len(browser.jar) == 1


def test_clearing_deletes_every_chunk_shown_strays_too():
    browser = Browser()
    browser.receive(browser.answer(kept(noise(9_000))))
    browser.receive([POLICY.write_own(f"hardtack-session-{NO_CLAIMS}b5", "garbage", max_age=9)])
    browser.receive(STORAGE.clear(STORAGE.read(browser.shows())))
    assert len(browser.jar) == 0


def test_there_are_no_names_that_could_lie_unseen():
    assert STORAGE.names_of("alice") == ()


def test_the_secrets_rotate_and_the_set_is_still_read():
    lines = STORAGE.write(kept(), Shown(), now=NOW)
    rotated = SealedStorage(CLIENT_ID, POLICY, AesSealer(["a new secret that is long enough to be one", SECRET]))
    assert [found.token for found in rotated.read(header(lines)).accesses] == ["access"]
    forgotten = SealedStorage(CLIENT_ID, POLICY, AesSealer(["a new secret that is long enough to be one"]))
    shown = forgotten.read(header(lines))
    assert (shown.accesses, shown.strays) == ((), (NAME,))


def test_a_set_of_another_app_client_does_not_open():
    lines = STORAGE.write(kept(), Shown(), now=NOW)
    assert SealedStorage("another0client", POLICY, SEALER).read(header(lines)).accesses == ()


def test_on_plain_http_the_names_carry_no_prefix():
    storage = SealedStorage(CLIENT_ID, PLAIN, SEALER)
    lines = storage.write(kept(), Shown(), now=NOW)
    assert [line.name for line in lines] == [NAME.removeprefix("__Host-")]
    shown = storage.read(header(lines))
    assert [found.token for found in shown.accesses] == ["access"]
    assert [line.name for line in storage.clear(shown)] == [NAME.removeprefix("__Host-")]


def spoilt(value: str) -> Shown:
    return STORAGE.read(CookieHeader.parse(f"{NAME}={value}".encode("latin-1")))


GOOD = STORAGE.write(kept(), Shown(), now=NOW)[0].value
SET_ID, OF, DATA = GOOD.split(".")
SPOILT = {
    "empty": "",
    "no parts": "garbage",
    "a count too high": f"{SET_ID}.2.{DATA}",
    "no chunks at all": f"{SET_ID}.0.{DATA}",
    "more chunks than there are": f"{SET_ID}.9.{DATA}",
    "a short id": f"{SET_ID[1:]}.1.{DATA}",
    "no data": f"{SET_ID}.1.",
    "cut off": GOOD[:-3],
    "quoted": f'"{GOOD}"',
    "longer": f"{GOOD}AAAA",
}


@pytest.mark.parametrize("value", SPOILT.values(), ids=SPOILT)
def test_a_spoilt_chunk_is_a_stray_and_no_session(value):
    assert [found.token for found in spoilt(GOOD).accesses] == ["access"]
    shown = spoilt(value)
    assert (shown.accesses, shown.strays) == ((), (NAME,))
    assert bool(shown)


@given(st.text(alphabet=st.characters(max_codepoint=255, exclude_characters=";\0\r\n"), max_size=80))
def test_garbage_never_raises(value):
    assert spoilt(value).accesses == ()


OTHER_PACKINGS = {
    "nothing": b"",
    "not compressed": b'["access", "id", "refresh"]',
    "cut off": zlib.compress(b'["access", "id", "refresh"]')[:-8],
    "no JSON": zlib.compress(b"access,id,refresh"),
    "a mapping": zlib.compress(b'{"access": "access"}'),
    "two fields": zlib.compress(b'["access", "id"]'),
    "a number for a token": zlib.compress(b'[1, "id", "refresh"]'),
    "no access token": zlib.compress(b'[null, "id", "refresh"]'),
    "not UTF-8": zlib.compress(b'["\xff", "id", "refresh"]'),
    "a bomb": zlib.compress(json.dumps(["x" * 5_000_000, None, None]).encode(), 9),
}


@pytest.mark.parametrize("payload", OTHER_PACKINGS.values(), ids=OTHER_PACKINGS)
def test_what_another_release_sealed_in_its_own_way_is_no_session(payload):
    sealed = SEALER.seal(f"session:{CLIENT_ID}", payload)
    assert spoilt(f"{SET_ID}.1.{sealed}").accesses == ()


def test_names_that_are_nearly_ours_are_not_ours():
    names = (
        NAME.removeprefix("__Host-"),
        f"__Host-hardtack-session-{NO_CLAIMS}c0",
        f"__Host-hardtack-session-{NO_CLAIMS}a8",
        f"__Host-hardtack-session-{NO_CLAIMS}0a0",
        f"__Host-hardtack-session-{NO_CLAIMS[1:]}a0",
        f"__Host-hardtack-session-{NO_CLAIMS[1:]}ga0",
        f"__Host-hardtack-session-{NO_CLAIMS.upper()}a0",
        f"__Host-hardtack-session-{NO_CLAIMS}a00",
        "__Host-hardtack-session-a0",
        "__Host-hardtack-sessionx",
    )
    assert STORAGE.read(CookieHeader.parse(f"{NAME}={GOOD}".encode()))
    assert not STORAGE.read(CookieHeader.parse("; ".join(f"{name}={GOOD}" for name in names).encode()))


@given(
    lengths=st.lists(st.sampled_from([50, 3_000, 9_000]), min_size=1, max_size=6),
    sign_ins=st.integers(1, 3),
    order=st.randoms(use_true_random=False),
)
def test_answers_that_arrive_in_any_order_never_make_a_set_that_nobody_sealed(lengths, sign_ins, order):
    browser, sealed, answers = Browser(), [], []
    for number, length in enumerate(lengths):
        sealed.append(of_sign_in(number % sign_ins, noise(length, number)))
        answers.append(browser.answer(kept(sealed[-1])))
        if order.random() < 0.5:
            browser.receive(answers.pop(order.randrange(len(answers))))
    order.shuffle(answers)
    for lines in answers:
        browser.receive(lines)
        assert set(browser.tokens()) <= set(sealed)


def of_sign_in(number: int, text: str) -> str:
    """A token of this sign-in that nobody signed, with any text in the signature's place."""
    claims = b64(json.dumps({"origin_jti": f"sign-in {number}"}).encode())
    return f"{b64(b'{}')}.{claims}.{text}"
