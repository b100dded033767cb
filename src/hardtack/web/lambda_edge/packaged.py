"""The settings that a package carries: Lambda@Edge has no environment variables, so everything is put in beforehand.

Rule: what was judged when the package was made is read again as it was, without a second way to say it. The file holds
the deployment's secrets. Whoever has the package can forge the shield's cookies: it is to be kept as they are.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hardtack.cognito import UserPool
from hardtack.cookies import CookiePolicy, CookieScope
from hardtack.web.shield.settings import ShieldSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardtack.sessions import EventHook

__all__ = ["SETTINGS_FILE", "pack_settings", "read_packed", "settings_path"]

SETTINGS_FILE: Final = "hardtack-edge.json"
"""Its name, at the top of the package."""

_PLAIN: Final = ("base", "sign_in", "observe", "percent", "judge_seconds", "upstream_header_bytes", "last_resort")


def pack_settings(settings: ShieldSettings) -> bytes:
    """Settings as the package carries them. Hooks and the kill switch, which is a file, stay behind."""
    policy = {each.name: getattr(settings.policy, each.name) for each in fields(CookiePolicy) if each.init}
    policy["legacy_scopes"] = [str(scope) for scope in settings.policy.legacy_scopes]
    pool = settings.pool
    packed: dict[str, Any] = {
        "pool": {"user_pool_id": pool.user_pool_id, "client_id": pool.client_id, "endpoint": pool.endpoint},
        "policy": policy,
        "shield": {name: getattr(settings, name) for name in _PLAIN},
        "secrets": list(settings.secrets),
    }
    return json.dumps(packed, indent=1).encode()


def read_packed(data: bytes, *, hooks: Sequence[EventHook] = ()) -> ShieldSettings:
    """The settings of a package."""
    packed = json.loads(data)
    policy = packed["policy"]
    policy["legacy_scopes"] = [CookieScope.parse(text) for text in policy["legacy_scopes"]]
    policy["origins"] = tuple(policy["origins"])
    return ShieldSettings(
        pool=UserPool(**packed["pool"]),
        policy=CookiePolicy(**policy),
        secrets=tuple(packed["secrets"]),
        hooks=tuple(hooks),
        **packed["shield"],
    )


def settings_path() -> Path:
    """Where a package has its settings: beside the folder of this library."""
    return Path(__file__).parents[3] / SETTINGS_FILE
