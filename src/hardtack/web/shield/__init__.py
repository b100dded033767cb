"""The shield: an unmodified site stops getting stuck.

Rule: two sides and nothing else. To the site goes one cookie of each auth name, to the browser the site's own writes in
one scope, with the sweep of the others. Whatever moves the bytes (the proxy, the edge, a test) asks the same guard.
"""

from hardtack.web.shield.deployment import ShieldDeployment
from hardtack.web.shield.guard import Shield
from hardtack.web.shield.settings import ShieldSettings

__all__ = ["Shield", "ShieldDeployment", "ShieldSettings"]
