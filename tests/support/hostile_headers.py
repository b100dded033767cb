"""What hostile headers are made of, and how many of them a run makes.

`HARDTACK_FUZZ=1000000` sets how many; the default fits a normal run. A test draws from a seeded source, so that a
failure repeats.
"""

from __future__ import annotations

import os

TOTAL = int(os.environ.get("HARDTACK_FUZZ", "100000"))

PIECES = [
    *(bytes([byte]) for byte in range(256)),
    *[b"; ", b";", b"=", b" ", b"\t", b",", b'"'] * 20,
    *[b"x", b"__Host-x", b"__secure-", b"__Http-", b"__Host-Http-y", b"Provider.4k.user%40.idToken", b"$Version"] * 8,
    *[b"Domain", b"Path", b"Expires", b"Max-Age", b"Secure", b"HttpOnly", b"SameSite", b"Partitioned", b"PATH"] * 12,
    *[b"=.example.test", b"=example.test.", b"=.", b"=[::1]", b"=127.1", b"=xn--", b"=\xe8\x88\xb9.test"] * 6,
    *[b"=/", b"=/a;b", b"=/a\tb", b"=//", b"=/../%00", b"=/ "] * 6,
    *[b"=Thu, 01 Jan 1970 00:00:00 GMT", b"=31 Feb 99999 99:99:99", b"=1 1 1 1 1 1:1:1 jan 0070"] * 6,
    *[b"=0", b"=-1", b"=+5", b"=1e9", b"=" + b"9" * 1030, b"=" + b"9" * 1020, b"=\xd9\xa1"] * 6,
    *[b"=None", b"=lax", b"=STRICT", b"={}", b'="a; b"', b"=\xff\xfe", b"=" + b"v" * 4090] * 6,
    *[b"\r\nSet-Cookie: y=1", b"\n", b"\x00", b"\x7f", b"\x85", b"\xa0", b"eyJhbGciOiJSUzI1NiJ9." * 40] * 3,
]
