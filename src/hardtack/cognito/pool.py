"""Which user pool, which of its app clients, and where they answer.

Rule: a description that can't work is an error when it is made, with the field and what to write, and not a refusal of
every sign-in later. The issuer never follows an override of the endpoint: tokens name AWS, whoever minted them.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hardtack.cognito.errors import UserPoolError

__all__ = ["UserPool"]

_POOL_ID = re.compile(r"(?P<region>[A-Za-z0-9-]+)_(?P<name>[0-9A-Za-z]+)")  # UserPoolIdType of Cognito's API model
_CLIENT_ID = re.compile(r"[\w+]{1,128}", re.ASCII)  # ClientIdType
_VISIBLE = re.compile(r"[!-~]+")  # ASCII without blanks and control characters
_LONGEST_POOL_ID = 55  # UserPoolIdType


@dataclass(frozen=True, slots=True)
class UserPool:
    """A user pool as seen by one of its app clients.

    Attributes:
        user_pool_id: such as `eu-west-1_Ab12Cd34E`; the part before `_` is the region.
        client_id: the app client's id.
        client_secret: the app client's secret, or None for a client without one.
        endpoint: base URL that takes the place of AWS's own, for a private endpoint or an emulator; None for AWS.

    Raises:
        UserPoolError: a field can't be right; its text says which and what belongs there.
    """

    user_pool_id: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    endpoint: str | None = None

    def __post_init__(self) -> None:
        if len(self.user_pool_id) > _LONGEST_POOL_ID or not _POOL_ID.fullmatch(self.user_pool_id):
            raise UserPoolError(
                "user_pool_id is not the id of a user pool.",
                hint="Write it as REGION_NAME, such as eu-west-1_Ab12Cd34E; an empty environment variable gives none.",
            )
        if not _CLIENT_ID.fullmatch(self.client_id):
            raise UserPoolError(
                "client_id is not the id of an app client.",
                hint="Write the id from the pool's list of app clients; an empty environment variable gives none.",
            )
        if self.client_secret is not None and not self.client_secret.strip():
            raise UserPoolError(
                "client_secret is empty.",
                hint="Write None for an app client without a secret; an empty environment variable is no secret.",
            )
        if self.endpoint is not None:
            _check_endpoint(self.endpoint)

    @property
    def region(self) -> str:
        """The AWS region, such as `eu-west-1`."""
        return self.user_pool_id.partition("_")[0]

    @property
    def name(self) -> str:
        """The id without its region: what SRP mixes into the password."""
        return self.user_pool_id.partition("_")[2]

    @property
    def issuer(self) -> str:
        """The `iss` of this pool's tokens."""
        return f"{self._aws}/{self.user_pool_id}"

    @property
    def url(self) -> str:
        """Where operations are sent."""
        return f"{self._base}/"

    @property
    def jwks_url(self) -> str:
        """Where the public keys of this pool's tokens lie."""
        return f"{self._base}/{self.user_pool_id}/.well-known/jwks.json"

    @property
    def _aws(self) -> str:
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"https://cognito-idp.{self.region}.{suffix}"

    @property
    def _base(self) -> str:
        return self._aws if self.endpoint is None else self.endpoint.rstrip("/")


def _check_endpoint(endpoint: str) -> None:
    """Refuse a base URL that can't be one, or over which passwords would travel readable.

    Raises:
        UserPoolError: no http(s) URL with a host, or more than a base, or plain http to a host elsewhere.
    """
    try:
        parts = urlsplit(endpoint)
        host, _ = parts.hostname or "", parts.port  # reading the port checks it
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or not _VISIBLE.fullmatch(endpoint):
        raise UserPoolError(
            "endpoint is not a URL with a host.",
            hint="Write a base URL such as https://auth.example.com, or None for AWS itself.",
        )
    if parts.query or parts.fragment or parts.username is not None or parts.password is not None:
        raise UserPoolError(
            "endpoint holds more than a base URL.", hint="Leave out user, password, query and fragment."
        )
    if parts.scheme == "http" and not _stays_local(host):
        raise UserPoolError(
            "endpoint is plain http to another machine, so passwords would travel readable.",
            hint="Write https://, or a local name: localhost, *.localhost, a loopback address, a container's name.",
        )


def _stays_local(host: str) -> bool:
    """Whether plain http to this host stays on this machine or its private container network."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # A bare name is one of a container network; one that begins with a digit would be an address in disguise.
        return ("." not in host and host[0].isalpha()) or host.endswith(".localhost")
