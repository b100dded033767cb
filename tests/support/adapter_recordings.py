"""What the real Next adapter did, and the model in its place: see `scripts/record_adapter.py`.

    for recorded in recordings(): assert replay(recorded) == recorded["outcomes"]

Tokens are symbols here. What each is worth stands beside them, and `Worth` says it as aws-jwt-verify does: the issuer
first, then the signature, then the time, and only then whose token it is.
"""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hardtack.amplify.adapter import (
    AdapterContext,
    AdapterSettings,
    RefreshTokens,
    Verify,
    fetch_auth_session,
    get_current_user,
    release_of,
    request_cookies,
)
from hardtack.cookies import CookieHeader
from hardtack.tokens import Bad, BadToken, Claims, Expired, Good, TokenSet, UnknownKey

RECORDED = Path(__file__).parent.parent / "fixtures" / "adapter" / "recorded.jsonl.xz"
ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"


def recordings() -> list[dict[str, Any]]:
    """Every situation, with its outcomes."""
    return [json.loads(line) for line in lzma.decompress(RECORDED.read_bytes()).splitlines()]


@dataclass
class Worth:
    """Judges the symbols of one situation."""

    tokens: dict[str, dict[str, Any]]
    client_id: str
    now: float
    keys_unreachable: bool

    def judge(self, need: Verify) -> Any:
        made = self.tokens.get(need.token)
        if made is None:
            return Bad(BadToken.MALFORMED)
        return Good(_claims(made)) if need.unverified else self._verified(made, need.use)

    def _verified(self, made: dict[str, Any], use: str) -> Any:
        if made.get("issuer", ISSUER) != ISSUER:
            return Bad(BadToken.ISSUER)
        if self.keys_unreachable or made["key"] == "unknown":
            return UnknownKey("foreign")
        if made["key"] != "good":
            return Bad(BadToken.SIGNATURE)
        if made["exp"] < self.now:
            return Expired(_claims(made))
        ours = made["use"] == use and made["client"] == self.client_id
        return Good(_claims(made)) if ours else Bad(BadToken.CLIENT)


def settings_of(recorded: dict[str, Any]) -> AdapterSettings:
    """The site's settings in a recording."""
    options = recorded["options"]
    return AdapterSettings(
        client_id=recorded["client_id"],
        domain=options.get("domain"),
        same_site=options.get("sameSite"),
        max_age=options.get("maxAge"),
        expires=options.get("expires"),
        app_origin=recorded["app_origin"],
        release=release_of(recorded["release"]),
    )


def replay(recorded: dict[str, Any]) -> list[dict[str, Any]]:
    """What the model does in this situation, told as the recorder tells it."""
    settings, context = settings_of(recorded), AdapterContext(recorded["context"])
    now = recorded["now"] / 1000
    cookies = request_cookies(settings, context, CookieHeader.parse(recorded["cookie"].encode("latin-1")))
    worth = Worth(recorded["tokens"], recorded["client_id"], now, recorded["keys_unreachable"])
    outcomes = []
    for call in recorded["calls"]:
        if call["operation"] == "getCurrentUser":
            flow = get_current_user(settings, context, cookies, now=now)
        else:
            flow = fetch_auth_session(settings, context, cookies, force_refresh=call["force"], now=now)
        answer, asked = drive(flow, worth, call["pool"])
        outcome: dict[str, Any] = {"asked": asked, "refreshed": answer.refreshed}
        if not recorded["together"] or len(outcomes) + 1 == len(recorded["calls"]):  # when the lines have settled
            outcome["lines"] = list(answer.set_cookie_lines)
        if answer.signed_in:
            outcome["user"] = [answer.username, answer.sub]
        if answer.thrown:
            outcome["thrown"] = answer.thrown
        outcomes.append(outcome)
    return outcomes


def drive(flow: Any, worth: Worth, pool: Any) -> tuple[Any, list[list[str]]]:
    """A flow to its end, and what it asked the pool."""
    asked = []
    reply = None
    while True:
        try:
            need = flow.send(reply)
        except StopIteration as end:
            return end.value, asked
        match need:
            case Verify():
                reply = worth.judge(need)
            case RefreshTokens(refresh_token, operation):
                asked.append([operation, refresh_token])
                reply = TokenSet(*pool) if isinstance(pool, list) else pool


def told(recorded: dict[str, Any]) -> list[dict[str, Any]]:
    """The recorded outcomes as `replay` tells them: attempts at one call are one."""
    outcomes = []
    for outcome in recorded["outcomes"]:
        asked = [one for place, one in enumerate(outcome["asked"]) if one not in outcome["asked"][:place]]
        kept = {name: outcome[name] for name in ("lines", "user", "thrown") if name in outcome}
        outcomes.append(kept | {"asked": asked, "refreshed": "tokenRefresh" in outcome["events"]})
    return outcomes


def _claims(made: dict[str, Any]) -> Claims:
    return Claims(
        token_use=made["use"],
        sub=made["sub"],
        client_id=made["client"],
        username=made["username"],
        issuer=made.get("issuer", ISSUER),
        expires_at=made["exp"],
        issued_at=made["iat"],
        auth_time=made["iat"],
        jti="",
        origin_jti=None,
        scope=(),
        groups=(),
        raw=MappingProxyType({}),
    )
