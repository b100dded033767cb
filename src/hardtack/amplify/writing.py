"""A session as Amplify would store it: which cookies, with what values, in which order.

Rule: write what the browser's own Amplify would write, byte for byte, in its order, so that no reader of its kind can
tell the difference; and name what it would remove, so that nothing stale is left beside the fresh. This says names and
values only. Scope and attributes are the policy's, and the lines are the cookies layer's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from hardtack.amplify.encoding import client_name, client_value, next_value, server_name

if TYPE_CHECKING:
    from hardtack.amplify.names import AmplifyNames
    from hardtack.tokens import TokenSet

__all__ = ["OAUTH_METADATA", "AmplifyWrites", "sign_in_details", "writes"]

OAUTH_METADATA = '{"oauthSignIn":true}'


@dataclass(frozen=True, slots=True)
class AmplifyWrites:
    """What a session leaves in the jar.

    Attributes:
        sets: (wire name, encoded value), in Amplify's order.
        removes: wire names of what this session has no value for; Amplify removes them in the same breath.
    """

    sets: tuple[tuple[str, str], ...] = field(repr=False)
    removes: tuple[str, ...] = field(repr=False)

    @property
    def bytes_of_largest(self) -> int:
        """The size of the largest name and value together; a browser silently refuses more than 4,096 bytes."""
        return max(len(name) + len(value) for name, value in self.sets)


def writes(
    names: AmplifyNames,
    username: str,
    tokens: TokenSet,
    *,
    details: str | None = None,
    clock_drift: int = 0,
    as_writer: Literal["browser", "server"] = "browser",
) -> AmplifyWrites:
    """The cookies of a session.

    Args:
        names: the app client's names.
        username: what `LastAuthUser` is to hold; the tokens go under this very text, which may be empty.
        tokens: the session. Without an id or a refresh token, that cookie is removed.
        details: `signInDetails` as JSON text (`sign_in_details`, or what the request showed); None removes it.
        clock_drift: milliseconds, the pool's clock minus ours.
        as_writer: whose spelling: the browser's, or the Next server's, which differs in parentheses within names and in
            most punctuation within values. Use the latter only where no browser script reads these cookies.

    Raises:
        ValueError: the user name or the details have half a surrogate pair.
    """
    name, value = (client_name, client_value) if as_writer == "browser" else (server_name, next_value)
    stem = f"{names.wire_prefix}{name(username)}."
    wanted = (
        (names.last_auth_user, username),
        (f"{stem}accessToken", tokens.access_token),
        (f"{stem}idToken", tokens.id_token),
        (f"{stem}refreshToken", tokens.refresh_token),
        (f"{stem}signInDetails", details),
        (f"{stem}clockDrift", str(clock_drift)),
    )
    return AmplifyWrites(
        sets=tuple((wire_name, value(text)) for wire_name, text in wanted if text is not None),
        removes=tuple(wire_name for wire_name, text in wanted if text is None),
    )


def sign_in_details(login_id: str, auth_flow_type: str) -> str:
    """The JSON of `signInDetails` as JavaScript writes it: compact, in this order, other scripts unescaped."""
    return json.dumps({"loginId": login_id, "authFlowType": auth_flow_type}, separators=(",", ":"), ensure_ascii=False)
