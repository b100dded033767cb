"""How an app client with a secret shows that it has it.

Rule: the secret itself goes only where Cognito asks for it by name (`ClientSecret` of RevokeToken and
GetTokensFromRefreshToken). Everywhere else goes the HMAC of user name and client id under it, of exactly the user name
that stands beside it in the same request.
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardtack.cognito.pool import UserPool

__all__ = ["client_secret", "secret_hash", "secret_hash_field", "secret_hash_parameter"]


def secret_hash(*, client_secret: str, client_id: str, username: str) -> str:
    """Base64 of HMAC-SHA-256 under the client's secret over user name and client id, as Cognito computes it."""
    mac = hmac.digest(client_secret.encode(), (username + client_id).encode(), "sha256")
    return base64.b64encode(mac).decode("ascii")


def secret_hash_parameter(pool: UserPool, username: str) -> dict[str, str]:
    """`SECRET_HASH` for AuthParameters and ChallengeResponses; nothing for a client without a secret."""
    return _under("SECRET_HASH", pool, username)


def secret_hash_field(pool: UserPool, username: str) -> dict[str, str]:
    """`SecretHash` for a request's own fields; nothing for a client without a secret."""
    return _under("SecretHash", pool, username)


def client_secret(pool: UserPool) -> dict[str, str]:
    """`ClientSecret` for the operations that take the secret itself; nothing for a client without one."""
    return {} if pool.client_secret is None else {"ClientSecret": pool.client_secret}


def _under(key: str, pool: UserPool, username: str) -> dict[str, str]:
    if pool.client_secret is None:
        return {}
    return {key: secret_hash(client_secret=pool.client_secret, client_id=pool.client_id, username=username)}
