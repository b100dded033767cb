"""The demo's own site: a real site with Hardtack, and buttons that plant the real fault in the visitor's browser."""

from __future__ import annotations

from hardtack.demo.site.addresses import Addresses
from hardtack.demo.site.app import DemoSite
from hardtack.demo.site.plants import PLANTS, Plant

__all__ = ["PLANTS", "Addresses", "DemoSite", "Plant"]
