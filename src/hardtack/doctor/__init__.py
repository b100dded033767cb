"""Layer 7: the doctor. Why are these users stuck, and what is to be changed?

Sources read evidence (a project folder, a recording, a live site, a pasted header) and state facts. Rules judge the
facts and know nothing of where they come from. Reports tell what the rules found.
"""

from __future__ import annotations
