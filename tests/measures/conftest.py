"""Hypothesis without deadlines: the first example pays for a library's import, and clocks vary."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("measures", deadline=None, max_examples=25)
settings.load_profile("measures")
