"""Events, one line of JSON each on standard output: that is what CloudWatch keeps of a function."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardtack.sessions import Event

__all__ = ["tell"]


def tell(event: Event) -> None:
    """Write one event. Events hold no token, no name and no address."""
    sys.stdout.write(json.dumps({"hardtack": event.name, "reference": event.reference, **event.fields}) + "\n")
