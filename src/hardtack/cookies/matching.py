"""Which cookie belongs to which request: hosts, domains and paths (RFC 6265bis sections 5.1.2 to 5.1.4).

Rule: hosts are compared in one canonical form, paths byte for byte. Nothing here decodes a percent escape or removes a
dot segment: browsers don't, and a "tidied" path is another cookie's path.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["canonical_host", "default_path", "domain_match", "is_canonical_host", "is_ip", "path_match"]

# Letters, digits, "-", and "_" which real names contain. One trailing dot makes another host, not a bad one.
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")
_MAX_HOST = 253  # characters, the root's dot not counted: what DNS can hold
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")  # to the URL standard an IPv4 address or nothing
_PORT = re.compile(r":[0-9]*\Z")
_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")  # a lone surrogate, which punycode would encode without blinking
_DOTS = re.compile(r"[.\u3002\uff0e\uff61]")  # IDNA's full stops


def is_ip(host: str) -> bool:
    """Whether a canonical host is an address: dotted IPv4, or IPv6 in brackets as URLs write it."""
    return host.startswith("[") or _IPV4.fullmatch(host) is not None


def is_canonical_host(host: str) -> bool:
    """Whether `host` is as `canonical_host` would return it: safe to compare and to write."""
    if host.startswith("["):
        return canonical_host(host) == host
    if not _HOST.fullmatch(host) or len(host.removesuffix(".")) > _MAX_HOST:
        return False
    return not _ENDS_IN_NUMBER.fullmatch(host) or _IPV4.fullmatch(host) is not None


def canonical_host(host: str) -> str | None:
    """Bring a `Host` header or a URL's host into the form that cookies are compared in (section 5.1.2).

    The port goes, letters become lower case, labels in other scripts become punycode (NFKC and lower case first: what
    UTS #46 does to ordinary names), IPv6 stands compressed in brackets. A trailing dot stays: browsers take
    `example.com.` for another host.

    Args:
        host: `example.com`, `EXAMPLE.com:8443`, `bücher.example`, `[::1]:8000`, `::1`.

    Returns:
        The canonical host, or None if this isn't one.
    """
    if len(host) > 2 * _MAX_HOST:  # before the work below: hosts come from strangers
        return None
    if host.startswith("[") or host.count(":") > 1:
        return _canonical_ipv6(host)
    text = _PORT.sub("", host)
    if _HALF_CHARACTER.search(text):
        return None
    if not text.isascii():
        text = ".".join(_punycode(label) for label in _DOTS.split(unicodedata.normalize("NFKC", text)))
    text = text.lower()
    return text if is_canonical_host(text) else None


def _punycode(label: str) -> str:
    label = unicodedata.normalize("NFKC", label.lower())
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def _canonical_ipv6(host: str) -> str | None:
    from ipaddress import AddressValueError, IPv6Address  # noqa: PLC0415  4 ms that only such a host should pay for

    inside, bracket, port = host.removeprefix("[").partition("]")
    if host.startswith("[") != bool(bracket) or (port and not _PORT.fullmatch(port)) or "%" in inside:
        return None
    try:
        return f"[{IPv6Address(inside).compressed}]"
    except AddressValueError:
        return None


def domain_match(host: str, domain: str) -> bool:
    """Whether a cookie with `Domain=domain` belongs to `host` (section 5.1.3). Both canonical."""
    return host == domain or (host.endswith("." + domain) and not is_ip(host))


def path_match(request_path: str, cookie_path: str) -> bool:
    """Whether a cookie of `cookie_path` is sent to `request_path` (section 5.1.4): whole segments, byte for byte."""
    return request_path.startswith(cookie_path) and (
        len(request_path) == len(cookie_path)
        or cookie_path.endswith("/")
        or request_path.startswith("/", len(cookie_path))
    )


def default_path(raw_path: str) -> str:
    """The path of a cookie that names none (section 5.1.4): the request's directory, without its last slash.

    Args:
        raw_path: the request's path as it came over the wire, without the query.
    """
    if not raw_path.startswith("/"):
        return "/"
    return raw_path[: raw_path.rindex("/")] or "/"
