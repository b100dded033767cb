"""Layer 4: the wire to a Cognito user pool.

Its operations, blocking and awaitable, over one set of flows; SRP; challenges; and errors sorted into *refused* and
*unavailable*.
"""

from __future__ import annotations

from hardtack.cognito.caller import RefreshOperation, Surroundings
from hardtack.cognito.client import AsyncCognitoClient, CognitoClient
from hardtack.cognito.errors import (
    CognitoError,
    CognitoMisconfigured,
    CognitoRefused,
    CognitoUnavailable,
    Reason,
    UserPoolError,
)
from hardtack.cognito.pool import UserPool
from hardtack.cognito.results import AuthResult, Challenge, CodeDelivery, NewDevice, PoolUser, SignUpResult
from hardtack.cognito.retry import Limits
from hardtack.cognito.signing_in import SignInFlow

__all__ = [
    "AsyncCognitoClient",
    "AuthResult",
    "Challenge",
    "CodeDelivery",
    "CognitoClient",
    "CognitoError",
    "CognitoMisconfigured",
    "CognitoRefused",
    "CognitoUnavailable",
    "Limits",
    "NewDevice",
    "PoolUser",
    "Reason",
    "RefreshOperation",
    "SignInFlow",
    "SignUpResult",
    "Surroundings",
    "UserPool",
    "UserPoolError",
]
