"""Hypothesis without a clock: a busy machine is no fault of the code, and a timing decides no test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
