"""The small vocabularies of observed facts: sides, writers, moments, refusals, steps.

Rule: each is closed. A source that meets something else says so by a new word here, with its text in every language,
not by a string of its own.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["After", "Exposure", "Outcome", "Refusal", "Side", "Step", "Writer"]


class Side(StrEnum):
    """Where code runs."""

    BROWSER = "browser"
    SERVER = "server"


class Writer(StrEnum):
    """Who wrote a cookie."""

    SCRIPT = "script"
    SERVER = "server"
    UNKNOWN = "unknown"


class After(StrEnum):
    """What the browser had just done when its jar was looked at."""

    START = "start"
    """Nothing yet: what the evidence begins with."""
    REQUEST = "request"
    SIGN_IN = "sign_in"
    REFRESH = "refresh"
    SIGN_OUT = "sign_out"
    """A sign-out has run to its end: what is left now is left for good. Never said of a request under way meanwhile."""
    PLANT = "plant"
    """The doctor itself put stale twins there."""


class Refusal(StrEnum):
    """Why a browser drops a Set-Cookie line."""

    PUBLIC_SUFFIX = "public_suffix"
    OTHER_HOST = "other_host"
    BAD_DOMAIN = "bad_domain"
    NOT_SECURE = "not_secure"
    SAME_SITE_NONE = "same_site_none"
    PARTITIONED = "partitioned"
    PREFIX = "prefix"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"


class Exposure(StrEnum):
    """Where a token stands and should not."""

    URL = "url"
    RECORDING = "recording"


class Step(StrEnum):
    """What a live examination did."""

    VISIT = "visit"
    SIGN_IN = "sign_in"
    CLIENT_REFRESH = "client_refresh"
    SERVER_REFRESH = "server_refresh"
    SIGN_OUT = "sign_out"
    PLANT = "plant"


class Outcome(StrEnum):
    """What came of it."""

    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    FAILED = "failed"
    LOOPING = "looping"
    """Pages kept loading until the examination stopped them."""
    REFRESHED = "refreshed"
    RECOVERED = "recovered"
    NOT_RECOVERED = "not_recovered"
    NOT_TRIED = "not_tried"
