"""`make bench`: every bench, one after the other. A timing decides no test; it is printed beside its peers."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

BENCHES = ("middleware", "verification", "parsing", "jars", "proxying", "recordings", "doctor_project", "footprint")

for name in BENCHES:
    title = f" {name} "
    print(f"\n{title:=^80}\n", flush=True)
    importlib.import_module(name).main()
