"""How often somebody may try, so that guessing is slow and nobody can be locked out.

Rule: never by user name alone, for then a stranger could keep a person out of their own account by failing in their
name. What counts is the network address, and the pair of a user name and an address. A network address is an IPv4
address or the /64 of an IPv6 one, since one machine has all of those. Where the address isn't known (a Unix socket
without a proxy's headers), nothing is limited here: every limit would then be one on everybody. The pool has limits of
its own.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from hardtack.sessions.limits import Allowance, RateLimiter

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["Action", "Gate", "RouteLimits", "client_address", "network_of"]

Action = Literal["password", "code", "message"]
"""What is tried: a password, a code, or having a message sent (sign-up, resend, forgotten password)."""

_IPV6_NETWORK: Final = 64  # bits: what one household or one rented server is given

PASSWORDS: Final = Allowance(burst=10, per_seconds=30.0)
"""Ten tries at once, since people who forgot which password it was need about six; then some 2,900 a day, which finds
no password that the pool's policy lets through."""
PASSWORDS_BY_NETWORK: Final = Allowance(burst=100, per_seconds=5.0)
"""An office, a school or a mobile carrier signs in from one address, all at nine o'clock."""
CODES: Final = Allowance(burst=5, per_seconds=60.0)
"""Of a million codes one is right for half a minute: at this rate a guess takes a year. The pool counts as well."""
CODES_BY_NETWORK: Final = Allowance(burst=100, per_seconds=5.0)
"""As for passwords."""
MESSAGES: Final = Allowance(burst=3, per_seconds=300.0)
"""A message costs money and, unasked, annoys: one and two more, in case the first is slow."""
MESSAGES_BY_NETWORK: Final = Allowance(burst=20, per_seconds=60.0)
"""A class that signs up together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteLimits:
    """The allowances of the auth routes.

    Attributes:
        passwords: for each pair of a user name and a network address.
        passwords_by_network: for each network address.
        codes: as `passwords`, for codes of any kind.
        codes_by_network: as `passwords_by_network`.
        messages: as `passwords`, for whatever makes the pool send a message.
        messages_by_network: as `passwords_by_network`.
    """

    passwords: Allowance = PASSWORDS
    passwords_by_network: Allowance = PASSWORDS_BY_NETWORK
    codes: Allowance = CODES
    codes_by_network: Allowance = CODES_BY_NETWORK
    messages: Allowance = MESSAGES
    messages_by_network: Allowance = MESSAGES_BY_NETWORK


class Gate:
    """Counts the tries; thread-safe, and bounded in memory.

    Args:
        limits: the allowances.
    """

    def __init__(self, limits: RouteLimits) -> None:
        pairs = {"password": limits.passwords, "code": limits.codes, "message": limits.messages}
        networks = {
            "password": limits.passwords_by_network,
            "code": limits.codes_by_network,
            "message": limits.messages_by_network,
        }
        self._pairs = {action: RateLimiter(allowance) for action, allowance in pairs.items()}
        self._networks = {action: RateLimiter(allowance) for action, allowance in networks.items()}

    def wait(self, action: Action, *, address: str, username: str, now: float) -> float:
        """Count one try: 0.0 if it may go on, else the seconds to wait.

        The network is asked first, so that a stranger who tries endless names fills no table.

        Args:
            action: what is tried.
            address: the client's network address; "" if it isn't known.
            username: whose name was given; "" if none was.
            now: seconds since the epoch.
        """
        network = network_of(address)
        if not network:
            return 0.0
        wait = self._networks[action].spend(network, now=now)
        if wait or not username:
            return wait
        return self._pairs[action].spend(f"{network}\n{username.strip().casefold()}", now=now)


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, the /64 of an IPv6 one, or the text itself if it is neither."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, _IPV6_NETWORK), strict=False))


def client_address(scope: MutableMapping[str, Any]) -> str:
    """The address that the server saw, or was told by a proxy that it trusts (uvicorn's `--forwarded-allow-ips`)."""
    client = scope.get("client")
    return str(client[0]) if client else ""
