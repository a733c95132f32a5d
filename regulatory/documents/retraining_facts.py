"""The facts of retraining: the protocol that the device declares, and every run of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from measures.estimate import Estimate


@dataclass(frozen=True, slots=True)
class LimitEntry:
    """A regression limit against one earlier version in one group, with the record that holds the
    difference."""

    statement: str
    against: str
    group: str
    difference: Estimate
    verdict: str
    record: str


@dataclass(frozen=True, slots=True)
class RetrainingRunEntry:
    """A run from its trigger to a change request or a stop.

    steps: each finished step with its record. selected: reason and number of the studies taken or
    left out for it. learnt: learning, potential and retention, as recorded.
    """

    name: str
    trigger: str
    begun_at: datetime
    steps: tuple[tuple[str, str], ...]
    selected: tuple[tuple[str, int], ...]
    dataset: str
    candidate: str
    evaluation: str
    limits: tuple[LimitEntry, ...]
    learnt: tuple[str, ...]
    outcome: str
    reason: str
    change: str = ""


@dataclass(frozen=True, slots=True)
class RetrainingFacts:
    """What is declared and what was done.

    protocol: each part in words. device: the record that declares it.
    """

    device: str
    protocol: tuple[tuple[str, str], ...]
    runs: tuple[RetrainingRunEntry, ...]
