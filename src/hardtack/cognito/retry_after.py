"""How long a server asks to be left alone (RFC 9110 section 10.2.3): read on its own, since it is a stranger's text."""

from __future__ import annotations

import re

__all__ = ["parse_retry_after"]


def parse_retry_after(value: str, *, now: float) -> float | None:
    """The seconds that a `Retry-After` asks for (RFC 9110 section 10.2.3), or None if it says nothing usable.

    Args:
        value: the header's value: seconds, or an HTTP date.
        now: epoch seconds.
    """
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    if not value.endswith("GMT"):
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  costs an import that next to no answer needs

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None
