"""Whom to believe about the browser, and what to tell the site about it.

Rule: `X-Forwarded-*` and `Forwarded` (RFC 7239) are believed from a peer whose address is trusted, and from nobody
else: what a stranger wrote there is removed, every line of it. Host always passes as the browser sent it, with its
port, and `X-Forwarded-Host` says the same: Next.js compares them with `Origin` before it runs a server action.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from hardtack.web.proxy.hygiene import is_host
from hardtack.web.proxy.limits import ProxySettingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hardtack.web.visit import RawHeaders

__all__ = ["Origin", "TrustedProxies"]

_TELLING: Final = (b"x-forwarded-", b"forwarded", b"x-real-ip")
_FIRST: Final = (b"x", b"f")  # how their names begin
_KNOWN: Final = (b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port")
_MOST_HOPS: Final = 32  # entries of X-Forwarded-For that are looked at, from the right


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a request came from, and what the site is told of it.

    Attributes:
        address: the browser's address as far as trusted proxies vouch for it; "" if unknown.
        scheme: `http` or `https`, as the browser used it.
        host: host and port as the browser sent them.
        headers: the request's lines without what a stranger said about the way it came.
        told: the lines to add for the site.
    """

    address: str
    scheme: str
    host: bytes
    headers: RawHeaders
    told: RawHeaders


class TrustedProxies:
    """The peers that are believed.

    Args:
        trusted: addresses and CIDR networks such as `10.0.0.0/8`; `unix` for peers on a Unix socket, which have no
            address; `*` for everyone, where nobody can reach this server but through a proxy.

    Raises:
        ProxySettingError: something is neither.
    """

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._networks: list[IPv4Network | IPv6Network] = []
        self._unix = self._everyone = False
        self._known: dict[str, bool] = {}
        for each in trusted:
            if each == "unix":
                self._unix = True
            elif each == "*":
                self._everyone = True
            else:
                try:
                    self._networks.append(ip_network(each, strict=False))
                except ValueError:
                    raise ProxySettingError(
                        "A trusted proxy is neither an address nor a network.",
                        hint='Write addresses or CIDR networks such as "10.0.0.0/8".',
                    ) from None

    def trusts(self, address: str) -> bool:
        """Whether a peer is believed; "" is one that has no address."""
        if self._everyone:
            return True
        if not address:
            return self._unix
        if not self._networks:
            return False
        known = self._known.get(address)
        if known is None:
            parsed = _parsed(address)
            known = parsed is not None and any(parsed in network for network in self._networks)
            if len(self._known) < 10_000:  # noqa: PLR2004 -- so that strangers' addresses can't fill the memory
                self._known[address] = known
        return known

    def origin(self, peer: str, scheme: str, headers: Sequence[tuple[bytes, bytes]]) -> Origin:
        """Judge what a request says about the way it came.

        Args:
            peer: the address at the other end of the connection, "" if it has none.
            scheme: the connection's own.
            headers: the request's lines, names in lower case.
        """
        host = next((value for name, value in headers if name == b"host"), b"")
        kept: RawHeaders
        if not self.trusts(peer):
            kept = [line for line in headers if line[0][:1] not in _FIRST or not _spelt(line[0]).startswith(_TELLING)]
            told = _telling(peer, scheme, host)
            return Origin(address=peer, scheme=scheme, host=host, headers=kept, told=told)
        said: dict[bytes, bytes] = {}
        chain: list[bytes] = []
        elements: list[bytes] = []
        kept = []
        for line in headers:
            name, value = line
            if name == b"x-forwarded-for":
                chain.append(value)
            elif name == b"forwarded":
                elements.append(value)
            elif name in _KNOWN:
                said.setdefault(name, value.split(b",")[0].strip())
            elif name == _spelt(name) or not _spelt(name).startswith(_TELLING):
                kept.append(line)
        forwarded_scheme = said.get(b"x-forwarded-proto", b"").lower()
        if forwarded_scheme in (b"http", b"https"):
            scheme = forwarded_scheme.decode()
        forwarded_host = said.get(b"x-forwarded-host", b"")
        host = forwarded_host if is_host(forwarded_host) else host
        port = said.get(b"x-forwarded-port", b"")
        trail = b", ".join(chain)
        return Origin(
            address=self._browser(peer, trail),
            scheme=scheme,
            host=host,
            headers=kept,
            told=_telling(peer, scheme, host, trail=trail, elements=b", ".join(elements), port=port),
        )

    def _browser(self, peer: str, trail: bytes) -> str:
        """The right-most address that is not a trusted proxy's own."""
        address = peer
        for entry in reversed(trail.split(b",")[-_MOST_HOPS:]):
            parsed = _parsed(_without_port(entry.strip().decode("latin-1")))
            if parsed is None:
                break
            address = str(parsed)
            if not self.trusts(address):
                break
        return address


def _telling(
    peer: str, scheme: str, host: bytes, *, trail: bytes = b"", elements: bytes = b"", port: bytes = b""
) -> RawHeaders:
    """The lines for the site."""
    shown = peer.encode("latin-1", "replace")
    lines: RawHeaders = []
    if shown or trail:
        lines.append((b"x-forwarded-for", trail + b", " + shown if trail and shown else trail or shown))
    if host:
        lines.append((b"x-forwarded-host", host))
    protocol = scheme.encode()
    lines.append((b"x-forwarded-proto", protocol))
    lines.append((b"x-forwarded-port", port if port.isdigit() else _port(host, protocol)))
    node = b'"[' + shown + b']"' if b":" in shown else shown or b"unknown"
    element = b"for=" + node + (b';host="' + host + b'"' if host else b"") + b";proto=" + protocol
    lines.append((b"forwarded", elements + b", " + element if elements else element))
    return lines


def _spelt(name: bytes) -> bytes:
    """A header's name as a CGI-like server reads it: to WSGI, "X_Forwarded_For" is the same as with hyphens."""
    return name.replace(b"_", b"-")


def _port(host: bytes, protocol: bytes) -> bytes:
    _, colon, port = host.rpartition(b":")
    if colon and port.isdigit():
        return port
    return b"443" if protocol == b"https" else b"80"


def _without_port(node: str) -> str:
    """An address without the port that some proxies add."""
    if node.startswith("["):
        return node[1:].partition("]")[0]
    return node.partition(":")[0] if node.count(":") == 1 else node


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
