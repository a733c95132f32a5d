"""Which studies are the frozen reference of a site, and which are today's.

A reference is chosen once, from studies that the model was not fitted on, one study a patient
(studies of one patient resemble each other, and the charts count them as independent), and never
drifts along with the data. Choices are seeded: the same facts give the same reference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from monitoring.plan import ReferenceRule

__all__ = ["ReferenceWindow", "StudyColumns", "choose_day", "choose_reference", "choose_truth"]

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ReferenceWindow:
    """The rows that are a site's reference, or the reason why it has none yet.

    rows: positions in the table that was given, sorted. digest: SHA-256 over the identifiers of
    the chosen studies, for the record. source: ``"held out"`` or ``"first operation"``.
    """

    site: str
    rows: Rows
    source: str
    digest: str
    reason: str = ""

    @property
    def n(self) -> int:
        """Studies in the reference."""
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class StudyColumns:
    """The facts that a choice rests on, one entry a study: identifier, patient, site, split.

    split: ``""`` for studies from operation.
    """

    study_uid: Sequence[str]
    patient: Sequence[str]
    site: Sequence[str]
    split: Sequence[str]


def choose_reference(
    studies: StudyColumns, rule: ReferenceRule, *, site: str, seed: int
) -> ReferenceWindow:
    """The site's held-out studies, one a patient, at most so many; else its first in operation.

    A site that the development data never held (or hardly) is its own reference: once
    `minimum_n` studies from operation are there, the first of them are frozen. Borrowing another
    site's studies would raise an alert about the difference between hospitals, not about drift.
    """
    here = np.array([name == site for name in studies.site], bool)
    held_out = np.array([split in rule.splits for split in studies.split], bool)
    rows = _one_a_patient(studies, np.flatnonzero(here & held_out))
    source = "held out"
    if len(rows) < rule.minimum_n:
        operation = np.array([not split for split in studies.split], bool)
        first = _one_a_patient(studies, np.flatnonzero(here & operation), in_order=True)
        if len(first) < rule.minimum_n:
            return ReferenceWindow(
                site, np.zeros(0, np.int64), source, "",
                reason=f"{len(rows)} held-out studies and {len(first)} from operation; "
                f"{rule.minimum_n} of one kind are needed as reference",
            )  # fmt: skip
        rows, source = first[: rule.minimum_n], "first operation"
    if len(rows) > rule.maximum_n:
        rows = np.random.default_rng(seed).choice(rows, rule.maximum_n, replace=False)
    rows = np.sort(rows)
    names = "\n".join(sorted(studies.study_uid[row] for row in rows.tolist()))
    return ReferenceWindow(site, rows, source, hashlib.sha256(names.encode()).hexdigest())


def choose_day(sites: Sequence[str], days: Sequence[date], *, site: str, day: date) -> Rows:
    """Positions of the studies that one site did on one day.

    >>> from datetime import date
    >>> choose_day(["A", "B"], [date(2026, 1, 5)] * 2, site="B", day=date(2026, 1, 5)).tolist()
    [1]
    """
    return np.array(
        [
            row
            for row, (name, done) in enumerate(zip(sites, days, strict=True))
            if name == site and done == day
        ],
        np.int64,
    )


def choose_truth(
    done: Sequence[date], arrived: Sequence[date | None], *, day: date, maximum_delay_days: int
) -> tuple[Rows, int]:
    """Positions of the cases whose truth arrived on this day, and how many came too late to count.

    Truth beyond the plan's delay is left out and counted: a late correction would otherwise
    favour the cases that somebody had reason to look at again.

    >>> from datetime import date
    >>> day = date(2026, 1, 9)
    >>> rows, late = choose_truth([date(2026, 1, 5), date(2025, 1, 5)], [day, day], day=day,
    ...                           maximum_delay_days=30)
    >>> rows.tolist(), late
    ([0], 1)
    """
    today = [row for row, when in enumerate(arrived) if when == day]
    kept = [row for row in today if (day - done[row]).days <= maximum_delay_days]
    return np.array(kept, np.int64), len(today) - len(kept)


def _one_a_patient(studies: StudyColumns, rows: Rows, *, in_order: bool = False) -> Rows:
    """The first study of each patient: in the order given, or by identifier."""
    order = rows.tolist()
    if not in_order:
        order.sort(key=lambda row: studies.study_uid[row])
    first: dict[str, int] = {}
    for row in order:
        first.setdefault(studies.patient[row] or studies.study_uid[row], row)
    return np.array(list(first.values()), np.int64)
