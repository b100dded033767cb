"""Modular exponentiation that lets other threads work meanwhile.

Rule: an async server runs this in a thread, which helps only if the thread gives the interpreter lock away. Python's
own three-argument `pow` keeps it to the end, about 25 ms for a 3072-bit modulus, and the event loop stands still. So:
`gmpy2`, where installed, is told to release the lock (and needs a sixth of the time); without it the exponent is walked
through in steps of Python, at the same total cost, between which the interpreter switches threads every 5 ms.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["powmod"]

_WINDOW = 5  # bits of the exponent a step: 32 prepared powers, and least multiplications for 512 to 1300 bits


def _stepwise(base: int, exponent: int, modulus: int) -> int:
    """Fixed-window exponentiation (Knuth, The Art of Computer Programming, 4.6.3), one multiplication a step."""
    powers = [1]
    for _ in range(2**_WINDOW - 1):
        powers.append(powers[-1] * base % modulus)
    result = 1
    for shift in range(max(0, exponent.bit_length() - 1) // _WINDOW * _WINDOW, -1, -_WINDOW):
        for _ in range(_WINDOW):
            result = result * result % modulus
        digit = (exponent >> shift) & (2**_WINDOW - 1)
        if digit:
            result = result * powers[digit] % modulus
    return result


@cache  # at the first sign-in, so that importing costs nothing
def _choose() -> Callable[[int, int, int], int]:
    try:
        gmpy2: Any = import_module("gmpy2")
    except ImportError:
        return _stepwise

    def unlocked(base: int, exponent: int, modulus: int) -> int:
        with gmpy2.context(allow_release_gil=True):
            return int(gmpy2.powmod(base, exponent, modulus))

    return unlocked


def powmod(base: int, exponent: int, modulus: int) -> int:
    """`base ** exponent % modulus` for a base and an exponent of at least 0 and a modulus above 1."""
    return _choose()(base, exponent, modulus)
