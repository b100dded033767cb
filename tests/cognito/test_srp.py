"""SRP against the pool's side of it, written independently in `support.srp_server`."""

from __future__ import annotations

import datetime as dt
import sys
import threading
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hardtack.cognito import powmod as powmod_module
from hardtack.cognito import srp
from hardtack.cognito.powmod import powmod
from support.srp_server import SrpServer, group_15

POOL_NAME = "Ab12Cd34E"
STAMP = "Fri Jan 2 03:04:05 UTC 2026"


def server(password="Sea-Biscuit-7", *, salt="a1b2c3", b=0xB0A7, user_id="amy"):
    return SrpServer(prime=srp.N, pool_name=POOL_NAME, user_id=user_id, password=password, salt=salt, b=b)


def exchange(pool, password, *, random_bytes=lambda size: b"\x7f" * size):
    opening = srp.open_exchange(random_bytes)
    verifier = srp.PasswordVerifier.parse(pool.parameters())
    signature = srp.prove(opening, verifier, pool_name=POOL_NAME, password=password, timestamp=STAMP)
    return pool.accepts(srp_a=opening.srp_a, timestamp=STAMP, signature=signature)


def test_the_prime_is_that_of_rfc_3526():
    assert group_15() == srp.N
    assert srp.N.bit_length() == 3072
    assert pow(2, srp.N - 1, srp.N) == 1  # Fermat


text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(
    password=text,
    user_id=text,
    salt=st.integers(1, 2**128 - 1).map("{:x}".format),
    a=st.binary(min_size=128, max_size=128).filter(any),
    b=st.integers(1, 2**1024),
)
@example(password="p", user_id="u", salt="80", a=bytes(127) + b"\x01", b=1)
@example(password="p", user_id="u", salt="0000ff", a=bytes(127) + b"\x0b", b=2)  # zeros in front of the salt
def test_the_pool_accepts_the_proof_of_its_password(password, user_id, salt, a, b):
    pool = server(password, salt=salt, b=b, user_id=user_id)
    assert exchange(pool, password, random_bytes=lambda size: a[:size])


def test_the_pool_accepts_no_other():
    assert not exchange(server("Sea-Biscuit-7"), "Sea-Biscuit-8")


def test_the_proof_is_for_this_user_this_moment_and_this_pool():
    pool, opening = server(), srp.open_exchange(lambda size: b"\x55" * size)
    verifier = srp.PasswordVerifier.parse(pool.parameters())
    for changed in ({"pool_name": "Other"}, {"timestamp": "Sat Jan 3 03:04:05 UTC 2026"}, {"password": "x"}):
        asked = {"pool_name": POOL_NAME, "password": "Sea-Biscuit-7", "timestamp": STAMP} | changed
        signature = srp.prove(opening, verifier, **asked)
        assert not pool.accepts(srp_a=opening.srp_a, timestamp=STAMP, signature=signature)


def test_the_exponent_has_1024_bits_of_what_it_was_given():
    asked = []
    opening = srp.open_exchange(lambda size: asked.append(size) or b"\xff" * size)
    assert asked == [128]
    assert opening.secret == 2**1024 - 1
    assert int(opening.srp_a, 16) == pow(2, opening.secret, srp.N)


@pytest.mark.parametrize("b", [0, srp.N, 2 * srp.N, srp.N + 5])
def test_a_b_that_would_give_the_password_away_is_refused(b):
    assert srp.PasswordVerifier.parse(server().parameters() | {"SRP_B": f"{b:x}"}) is None


@pytest.mark.parametrize(
    "spoilt",
    [
        {"SRP_B": ""},
        {"SRP_B": "0x1f"},
        {"SRP_B": "-1"},
        {"SRP_B": "f" * 1025},
        {"SALT": "not hexadecimal"},
        {"SALT": ""},
        {"SECRET_BLOCK": "not base64!"},
        {"SECRET_BLOCK": "ü"},
        {"USER_ID_FOR_SRP": "", "USERNAME": ""},
    ],
)
def test_a_challenge_that_makes_no_sense_is_refused(spoilt):
    assert srp.PasswordVerifier.parse(server().parameters() | spoilt) is None
    for key in ("SRP_B", "SALT"):
        without = server().parameters()
        del without[key]
        assert srp.PasswordVerifier.parse(without) is None


def test_a_u_of_zero_is_refused(monkeypatch):
    opening, verifier = (
        srp.open_exchange(lambda size: b"\x01" * size),
        srp.PasswordVerifier.parse(server().parameters()),
    )
    monkeypatch.setattr(srp, "_hash_int", lambda *_: 0)
    assert srp.prove(opening, verifier, pool_name=POOL_NAME, password="p", timestamp=STAMP) is None


def test_nothing_of_the_exchange_shows_in_a_repr():
    opening, verifier = (
        srp.open_exchange(lambda size: b"\x01" * size),
        srp.PasswordVerifier.parse(server().parameters()),
    )
    assert repr(opening) == "Opening()"
    assert repr(verifier) == "PasswordVerifier()"


@pytest.mark.parametrize(
    ("now", "text"),
    [
        (0, "Thu Jan 1 00:00:00 UTC 1970"),
        (1_767_323_045.9, "Fri Jan 2 03:04:05 UTC 2026"),
        (1_798_761_599, "Thu Dec 31 23:59:59 UTC 2026"),
    ],
)
def test_the_timestamp_is_english_with_an_unpadded_day(now, text):
    assert srp.timestamp(now) == text


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_the_timestamp_is_right_on_every_day(now):
    moment = dt.datetime.fromtimestamp(now, dt.UTC)  # its names of days and months: the C locale's
    assert srp.timestamp(now) == f"{moment:%a %b} {moment.day} {moment:%H:%M:%S} UTC {moment.year}"


numbers = st.integers(0, 2**512)


@settings(deadline=None)
@given(numbers, numbers, st.integers(2, 2**256))
@example(0, 0, 2)
@example(5, 31, 7)
@example(5, 32, 7)
@example(2, 2**1025 - 1, 2**64 - 59)
def test_both_ways_to_exponentiate_agree_with_pythons_own(base, exponent, modulus):
    assert powmod_module._stepwise(base, exponent, modulus) == pow(base, exponent, modulus)
    assert powmod(base, exponent, modulus) == pow(base, exponent, modulus)


@pytest.fixture
def without_gmpy2(monkeypatch):
    monkeypatch.setitem(sys.modules, "gmpy2", None)
    powmod_module._choose.cache_clear()
    yield
    powmod_module._choose.cache_clear()


@pytest.mark.usefixtures("without_gmpy2")
def test_a_sign_in_works_without_gmpy2():
    assert powmod_module._choose() is powmod_module._stepwise
    assert exchange(server(), "Sea-Biscuit-7")


def test_gmpy2_is_used_where_it_is_installed():
    pytest.importorskip("gmpy2")
    powmod_module._choose.cache_clear()
    assert powmod_module._choose() is not powmod_module._stepwise


@pytest.mark.parametrize(("power", "bits"), [(powmod_module._stepwise, 16_384), (powmod, 65_536)])
def test_other_threads_run_while_a_power_is_computed(power, bits):
    """An event loop among them. Python's own `pow` would hold them all up until it has finished."""
    power(2, 3, 5)  # chooses its way before the clock runs
    worker = threading.Thread(target=power, args=(srp.G, 2**bits - 1, srp.N))
    longest, began = 0.0, time.perf_counter()
    last = began
    worker.start()
    while worker.is_alive():
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    assert longest < (last - began) / 2
