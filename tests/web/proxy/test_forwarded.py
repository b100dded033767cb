"""Who may say where a request came from: only peers that are trusted, and nobody else, in whatever spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.web.proxy import PassThrough, ProxySettingError
from hardtack.web.proxy.forwarded import TrustedProxies
from support.proxying import answering, ask, lines_of, proxy

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CLAIMS = [
    (b"x-forwarded-for", b"203.0.113.9"),
    (b"x-forwarded-host", b"evil.test"),
    (b"x-forwarded-proto", b"https"),
    (b"x-forwarded-port", b"444"),
    (b"x-forwarded-prefix", b"/evil"),
    (b"forwarded", b"for=203.0.113.9;host=evil.test"),
    (b"x-real-ip", b"203.0.113.9"),
    (b"x_forwarded_for", b"203.0.113.9"),
    (b"x-forwarded_host", b"evil.test"),
]
HOST = (b"host", b"app.example.test:8443")


def told(peer, headers, trusted=(), scheme="http"):
    origin = TrustedProxies(trusted).origin(peer, scheme, headers)
    return origin, dict(origin.told)


def test_a_strangers_claims_are_removed_and_ours_made():
    origin, lines = told("198.51.100.7", [HOST, *CLAIMS, (b"x-other", b"1")])
    assert origin.headers == [HOST, (b"x-other", b"1")]
    assert (origin.address, origin.scheme, origin.host) == ("198.51.100.7", "http", b"app.example.test:8443")
    assert lines == {
        b"x-forwarded-for": b"198.51.100.7",
        b"x-forwarded-host": b"app.example.test:8443",
        b"x-forwarded-proto": b"http",
        b"x-forwarded-port": b"8443",
        b"forwarded": b'for=198.51.100.7;host="app.example.test:8443";proto=http',
    }


def test_a_trusted_peer_is_believed_and_added_to():
    origin, lines = told("10.0.0.2", [HOST, *CLAIMS], ["10.0.0.0/8"])
    assert (origin.address, origin.scheme, origin.host) == ("203.0.113.9", "https", b"evil.test")
    assert lines[b"x-forwarded-for"] == b"203.0.113.9, 10.0.0.2"
    assert lines[b"x-forwarded-host"] == b"evil.test"
    assert lines[b"x-forwarded-proto"] == b"https"
    assert lines[b"x-forwarded-port"] == b"444"
    assert lines[b"forwarded"].startswith(b"for=203.0.113.9;host=evil.test, for=10.0.0.2;")
    assert HOST in origin.headers  # Host itself stays as it came
    assert not any(b"_" in name for name, _ in origin.headers)


@pytest.mark.parametrize(
    ("trail", "address"),
    [
        (b"203.0.113.9", "203.0.113.9"),
        (b"1.1.1.1, 203.0.113.9, 10.0.0.3", "203.0.113.9"),  # what the browser itself wrote stands further left
        (b"10.0.0.3", "10.0.0.3"),
        (b"nonsense, 10.0.0.3", "10.0.0.3"),
        (b"", "10.0.0.2"),
        (b"unknown", "10.0.0.2"),
        (b"203.0.113.9:4711", "203.0.113.9"),
        (b"[2001:db8::1]:4711", "2001:db8::1"),
        (b"2001:db8::1", "2001:db8::1"),
        (b"::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_the_browser_is_the_right_most_whom_nobody_trusts(trail, address):
    origin, _ = told("10.0.0.2", [HOST, (b"x-forwarded-for", trail)], ["10.0.0.0/8"])
    assert origin.address == address


def test_several_lines_are_one_list():
    lines = [HOST, (b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-for", b"10.0.0.3")]
    origin, said = told("10.0.0.2", lines, ["10.0.0.0/8"])
    assert origin.address == "203.0.113.9"
    assert said[b"x-forwarded-for"] == b"203.0.113.9, 10.0.0.3, 10.0.0.2"


@pytest.mark.parametrize(
    ("trusted", "peer", "believed"),
    [
        (["10.0.0.0/8"], "10.1.2.3", True),
        (["10.0.0.0/8"], "11.1.2.3", False),
        (["10.0.0.1"], "::ffff:10.0.0.1", True),
        (["2001:db8::/32"], "2001:db8::5", True),
        (["unix"], "", True),
        (["unix"], "127.0.0.1", False),
        ([], "127.0.0.1", False),
        ([], "", False),
        (["*"], "203.0.113.1", True),
        (["10.0.0.0/8"], "testclient", False),
    ],
)
def test_who_is_trusted(trusted, peer, believed):
    proxies = TrustedProxies(trusted)
    assert proxies.trusts(peer) is believed
    assert proxies.trusts(peer) is believed  # and again, from memory


def test_what_is_neither_address_nor_network_is_refused():
    with pytest.raises(ProxySettingError, match="CIDR"):
        TrustedProxies(["10.0.0.0/8", "example.test"])


@pytest.mark.parametrize(
    ("scheme", "host", "port"),
    [
        ("https", b"app.example.test", b"443"),
        ("http", b"app.example.test", b"80"),
        ("http", b"app.example.test:3000", b"3000"),
        ("https", b"[2001:db8::1]:8443", b"8443"),
        ("https", b"[2001:db8::1]", b"443"),
    ],
)
def test_the_port_is_what_the_address_bar_means(scheme, host, port):
    _, lines = told("198.51.100.7", [(b"host", host)], scheme=scheme)
    assert lines[b"x-forwarded-port"] == port


def test_an_ipv6_peer_is_quoted_in_forwarded():
    _, lines = told("2001:db8::7", [HOST])
    assert lines[b"forwarded"].startswith(b'for="[2001:db8::7]";')


@pytest.mark.parametrize("bad", [b"evil.test/", b"a b", b'a"b', b"a\r\nb", b"", b"@"])
def test_a_forwarded_host_that_is_none_is_not_believed_of_anyone(bad):
    origin, _ = told("10.0.0.2", [HOST, (b"x-forwarded-host", bad)], ["*"])
    assert origin.host == b"app.example.test:8443"


@given(
    st.lists(
        st.tuples(st.sampled_from([name for name, _ in CLAIMS] + [b"x-other", b"cookie"]), st.binary(max_size=30)),
        max_size=12,
    ),
    st.sampled_from(["10.0.0.2", "198.51.100.7", "", "nonsense"]),
)
def test_no_claim_breaks_it_and_what_else_was_said_stays_in_order(lines, peer):
    headers = [HOST, *lines]
    origin = TrustedProxies(["10.0.0.0/8"]).origin(peer, "http", headers)
    others = [line for line in headers if line[0] in (b"host", b"x-other", b"cookie")]
    assert [line for line in origin.headers if line in others] == others
    assert origin.scheme in ("http", "https")
    assert [name for name, _ in origin.told].count(b"x-forwarded-proto") == 1


class Noting(PassThrough):
    def __init__(self):
        self.visits = []

    async def to_site(self, visit):
        self.visits.append(visit)
        return await super().to_site(visit)


@pytest.mark.parametrize("trusted", [(), ("127.0.0.0/8",)])
def test_guard_and_site_are_told_the_same(trusted):
    guard = Noting()
    with answering(OK) as behind, proxy(behind.port, guard, trusted=trusted) as before:
        claims = [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("Host", "app.example.test")]
        ask(before.port, headers=claims)
    (visit,) = guard.visits
    lines = dict(lines_of(behind.requests[0]))
    if trusted:
        assert (visit.address, visit.scheme, visit.host) == ("203.0.113.9", "https", "app.example.test")
        assert lines[b"x-forwarded-for"] == b"203.0.113.9, 127.0.0.1"
    else:
        assert (visit.address, visit.scheme, visit.host) == ("127.0.0.1", "http", "app.example.test")
        assert lines[b"x-forwarded-for"] == b"127.0.0.1"
    assert lines[b"x-forwarded-proto"] == visit.scheme.encode()
    assert "203.0.113.9" not in repr(visit)
