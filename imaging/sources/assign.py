"""Facts that a table lacks but a study needs, drawn from the seed; and pictures listed twice."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from imaging.sources.base import SourceRefused
from imaging.sources.cases import DEVELOPMENT_DAYS, OPERATION_START
from imaging.sources.rows import TableRow, TableSource


def assign_missing(
    rows: Sequence[TableRow],
    seed: int,
    sites: Sequence[str],
    *,
    first: date = OPERATION_START - timedelta(days=DEVELOPMENT_DAYS),
    last: date = OPERATION_START - timedelta(days=1),
) -> list[TableRow]:
    """Give every row a site and a study date; what was drawn is named in ``assigned``.

    A patient stays at one site. The same patient and seed give the same site, whatever the other
    rows are. Age, sex and view are never made up: they stay None, 'not recorded'.
    """
    if not sites:
        raise SourceRefused("no sites", where="assign_missing", hint="Name at least one site")
    days = (last - first).days + 1
    if days < 1:
        raise SourceRefused(
            f"the last day {last} lies before the first {first}",
            where="assign_missing",
            hint="Exchange them",
        )
    complete: list[TableRow] = []
    for row in rows:
        given: set[str] = set(row.assigned)
        if row.site is None:
            place = int(_draws(seed, "site", row.patient).integers(len(sites)))
            row, given = replace(row, site=sites[place]), given | {"site"}
        if row.date is None:
            offset = int(_draws(seed, "date", row.file).integers(days))
            row, given = replace(row, date=first + timedelta(days=offset)), given | {"date"}
        complete.append(replace(row, assigned=frozenset(given)))
    return complete


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """The rows that stay, and what was found.

    ``copies``: rows left out because the same pixels stand earlier in the same split.
    ``across_splits``: pictures that stand in more than one split; each split keeps one, and they
    now belong to one patient, so that a split by patient cannot part them.
    ``across_patients``: pictures that were listed under more than one patient.
    ``conflicting_labels``: pictures listed both with and without the finding, or with several
    truths: the truth about them is not known, and none of their rows stays.
    """

    rows: tuple[TableRow, ...]
    copies: int
    across_splits: int
    across_patients: int
    conflicting_labels: int


def drop_duplicates(
    source: TableSource, *, progress: Callable[[int], None] | None = None
) -> Deduplicated:
    """Find pictures that are the same pixel by pixel, and keep the first of each in each split."""
    groups: dict[str, list[TableRow]] = {}
    for done, row in enumerate(source.rows, start=1):
        groups.setdefault(source.digest(row), []).append(row)
        if progress is not None:
            progress(done)
    kept: list[TableRow] = []
    owner: dict[str, str] = {}
    conflicting = 0
    for group in groups.values():
        if _contradict(group):
            conflicting += 1
            continue
        first_in: dict[str | None, TableRow] = {}
        for row in group:
            first_in.setdefault(row.split, row)
            _join(owner, group[0].patient, row.patient)
        kept.extend(first_in.values())
    place = {row.file: number for number, row in enumerate(source.rows)}
    kept.sort(key=lambda row: place[row.file])
    shared = [group for group in groups.values() if len(group) > 1]
    contradicted = sum(len(group) for group in shared if _contradict(group))
    return Deduplicated(
        rows=tuple(replace(row, patient=_root(owner, row.patient)) for row in kept),
        copies=len(source.rows) - len(kept) - contradicted,
        across_splits=sum(len({row.split for row in group}) > 1 for group in shared),
        across_patients=sum(len({row.patient for row in group}) > 1 for group in shared),
        conflicting_labels=conflicting,
    )


def _contradict(group: Sequence[TableRow]) -> bool:
    return len({(row.label, row.findings) for row in group}) > 1


def _root(owner: dict[str, str], patient: str) -> str:
    while owner.get(patient, patient) != patient:
        patient = owner[patient]
    return patient


def _join(owner: dict[str, str], one: str, two: str) -> None:
    first, second = sorted((_root(owner, one), _root(owner, two)))
    owner[second] = first


def _draws(seed: int, purpose: str, key: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{purpose}|{key}".encode()).digest()
    words = [seed, int.from_bytes(digest[:8], "big")]
    return np.random.default_rng(np.random.SeedSequence(words))
