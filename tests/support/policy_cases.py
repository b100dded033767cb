"""For each problem and each remark one policy that has it: what the tests try and what docs/cookies.md shows."""

from __future__ import annotations

from typing import Any

from hardtack.cookies.scope import CookieScope

APP = ("https://app.example.com",)

# The arguments of CookiePolicy; for a problem of `write`, those of a good policy and the name that is asked of it.
BROKEN: dict[str, dict[str, Any]] = {
    "policy.origins.none": {"origins": ()},
    "policy.origins.type": {"origins": "https://app.example.com"},
    "policy.origins.empty": {"origins": ("",)},
    "policy.origins.form": {"origins": ("app.example.com",)},
    "policy.origins.path": {"origins": ("https://app.example.com/login",)},
    "policy.domain.empty": {"origins": APP, "domain": ""},
    "policy.domain.form": {"origins": APP, "domain": "https://example.com:8443/app"},
    "policy.domain.address": {"origins": ("https://192.0.2.7",), "domain": "192.0.2.7"},
    "policy.domain.suffix": {"origins": ("https://shop.example.co.uk",), "domain": "co.uk"},
    "policy.domain.host": {"origins": ("https://app.example.com", "https://example.net"), "domain": ".example.com"},
    "policy.path.start": {"origins": APP, "path": "app"},
    "policy.path.characters": {"origins": APP, "base_paths": ("/app;v=1",)},
    "policy.path.length": {"origins": APP, "path": "/" + "a" * 1024},
    "policy.flag.type": {"origins": APP, "secure": "false"},
    "policy.secure.plain_http": {"origins": ("http://app.example.com",)},
    "policy.secure.missing": {"origins": APP, "secure": False},
    "policy.same_site.value": {"origins": APP, "same_site": "lax"},
    "policy.same_site.secure": {"origins": ("http://intranet",), "secure": False, "same_site": "None"},
    "policy.max_age.type": {"origins": APP, "max_age": "3600"},
    "policy.max_age.positive": {"origins": APP, "max_age": 0},
    "policy.max_age.cap": {"origins": APP, "max_age": 63_072_000},
    "policy.partitioned.secure": {"origins": ("http://intranet",), "secure": False, "partitioned": True},
    "policy.base_paths.type": {"origins": APP, "base_paths": "/app"},
    "policy.legacy_scopes.type": {"origins": APP, "legacy_scopes": (".example.com /",)},
    "policy.legacy_scopes.domain": {"origins": APP, "legacy_scopes": (CookieScope("old.example.net"),)},
    "policy.sweep_budget.type": {"origins": APP, "sweep_budget": "3500"},
    "policy.sweep_budget.small": {"origins": APP, "sweep_budget": 500},
}
REFUSED_NAMES: dict[str, tuple[dict[str, Any], str]] = {
    "policy.name.prefix": ({"origins": APP, "domain": "example.com"}, "__Host-session"),
}
REMARKABLE: dict[str, dict[str, Any]] = {
    "policy.remark.safari": {"origins": ("http://localhost:8000",)},
    "policy.remark.strict": {"origins": APP, "same_site": "Strict"},
}
