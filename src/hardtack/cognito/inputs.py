"""What is checked before it is sent.

Rule: text that can't be a token, a name or a code is refused here and now. Cognito would answer it with
InvalidParameterException, the same as for a wrong setting, and that must end no session: a garbage refresh token in a
cookie would then count as an outage for ever. It also saves the pool's quota from strangers. The patterns are those of
Cognito's API model; the lengths are generous.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hardtack.cognito.errors import CognitoRefused, Reason

if TYPE_CHECKING:
    from hardtack.cognito.operations import Operation

__all__ = ["check_texts", "check_token", "is_token", "usable_device_key"]

_TOKEN = re.compile(r"[A-Za-z0-9\-_=.]{1,8192}")  # TokenModelType; a browser's cookie holds half of that
_DEVICE_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}_[0-9a-f-]{1,55}")  # DeviceKeyType
_LONGEST_TEXT = 2048  # the longest that any field for a name, a password or a code takes


def is_token(text: object) -> bool:
    """Whether this could be a token of Cognito's: letters, digits and `-_=.`, neither empty nor endless."""
    return isinstance(text, str) and _TOKEN.fullmatch(text) is not None


def check_token(operation: Operation, token: str) -> None:
    """Refuse what can't be a token.

    Raises:
        CognitoRefused: with NOT_AUTHORIZED; nothing was sent.
    """
    if not is_token(token):
        raise CognitoRefused(operation.name, Reason.NOT_AUTHORIZED)


def check_texts(operation: Operation, *texts: str) -> None:
    """Refuse what can't be a user name, a password or a code: nothing at all, far too much, or no valid Unicode.

    Raises:
        CognitoRefused: with INVALID_INPUT; nothing was sent.
    """
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise CognitoRefused(operation.name, Reason.INVALID_INPUT) from None
        if not 0 < len(text) <= _LONGEST_TEXT:
            raise CognitoRefused(operation.name, Reason.INVALID_INPUT)


def usable_device_key(device_key: str | None) -> str | None:
    """The key of a remembered device, or None if this is none: a spoilt device cookie must not cost a session."""
    return device_key if device_key is not None and _DEVICE_KEY.fullmatch(device_key) else None
