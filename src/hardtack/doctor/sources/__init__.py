"""Where facts come from: one module a kind of evidence, each with the one function of `hardtack.doctor.facts.Source`.

Rule: a source states facts and judges nothing. It is imported when it is needed, so that a missing extra stops only
whoever asks for it.
"""

from __future__ import annotations
