"""The demo, and a real Chromium in front of it."""

from __future__ import annotations

from support.browser import chromium, demo, visitor
from support.pool import embedded_pool, pool

__all__ = ["chromium", "demo", "embedded_pool", "pool", "visitor"]
