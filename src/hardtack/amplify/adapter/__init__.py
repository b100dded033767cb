"""A model of Amplify's Next.js adapter, the writer whose cookies become twins: every context, every release.

    flow = fetch_auth_session(AdapterSettings(client_id="…"), AdapterContext.SERVER_ACTION, header, now=now)

The operations are generators without I/O: they yield `Verify` and `RefreshTokens` and return an `AdapterAnswer`.
Recordings of the real packages (`scripts/record_adapter.py`) hold it to the letter.
"""

from __future__ import annotations

from hardtack.amplify.adapter.flow import fetch_auth_session, get_current_user
from hardtack.amplify.adapter.needs import AdapterAnswer, AdapterFlow, Need, RefreshTokens, Reply, Verify
from hardtack.amplify.adapter.releases import CURRENT, RELEASES, AmplifyRelease, Operation, release_of
from hardtack.amplify.adapter.request import RequestCookies, request_cookies
from hardtack.amplify.adapter.settings import AdapterContext, AdapterSameSite, AdapterSettings

__all__ = [
    "CURRENT",
    "RELEASES",
    "AdapterAnswer",
    "AdapterContext",
    "AdapterFlow",
    "AdapterSameSite",
    "AdapterSettings",
    "AmplifyRelease",
    "Need",
    "Operation",
    "RefreshTokens",
    "Reply",
    "RequestCookies",
    "Verify",
    "fetch_auth_session",
    "get_current_user",
    "release_of",
    "request_cookies",
]
