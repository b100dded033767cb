"""The stock site of the demo: the real `aws-amplify` in the browser, beside a model of its adapter on the server.

It exists so that a person sees the endless loop happen, in figures, next to a site where the same fault heals.
"""

from __future__ import annotations

from hardtack.demo.stock.app import StockSettings, amplify_version, stock_app
from hardtack.demo.stock.bundle import BundleError, RegistryUnreachableError, build
from hardtack.demo.stock.pool import TOKEN_SECONDS, StockPool, StockPoolError

__all__ = [
    "TOKEN_SECONDS",
    "BundleError",
    "RegistryUnreachableError",
    "StockPool",
    "StockPoolError",
    "StockSettings",
    "amplify_version",
    "build",
    "stock_app",
]
