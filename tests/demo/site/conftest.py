"""The pool behind the demo's parts."""

from __future__ import annotations

from support.pool import embedded_pool, pool

__all__ = ["embedded_pool", "pool"]
