"""The truth about studies in operation, as the sites' list says that it has become known."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from imaging.deidentify import Deidentifier
from imaging.sources.base import SourceRefused, TruthRow
from imaging.sources.truth import CLASS, read_truth_csv
from imaging.truth import KnownTruth, record_truth
from records.errors import InvalidInput
from records.keys import workspace_key
from records.store import Store

TRUTH = "truth.csv"
"""The sites' list of truths in operation, in ``incoming``."""


@lru_cache(maxsize=4)
def _truth_rows(path: Path, _changed: int, key: bytes) -> list[KnownTruth]:
    """The sites' list with each study's pseudonym; read again only when the file changes."""
    deidentifier = Deidentifier(key)
    return [
        KnownTruth(deidentifier.study_pseudonym(truth.study_uid), truth, reading)
        for truth, reading in read_truth_csv(path)
    ]


def receive_truth(
    store: Store,
    *,
    finding: str,
    until: date,
    actor: str,
    now: datetime,
    name: str = TRUTH,
    adjudicated: bool = False,
    classes: Sequence[str] = (),
) -> int:
    """Record what the sites' list in ``incoming`` says has become known by a day."""
    path = store.workspace.incoming / name
    if not path.is_file():
        return 0
    return receive_truth_list(
        store, path, finding=finding, until=until, actor=actor, now=now, adjudicated=adjudicated,
        classes=classes,
    )


def receive_truth_list(
    store: Store,
    path: Path,
    *,
    finding: str,
    until: date,
    actor: str,
    now: datetime,
    adjudicated: bool,
    classes: Sequence[str] = (),
) -> int:
    """Record what a list of truths says; how many studies it was new for.

    Args:
        adjudicated: The whole list is settled, whatever its delays.
        classes: Of a device of several classes, their names, first none of the findings.

    Raises:
        InvalidInput: There is no such file, or naming line and column of what cannot be read.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no truth list {path}.")
    rows = _truth_rows(path, path.stat().st_mtime_ns, workspace_key(store, "pseudonym"))
    for number, row in enumerate(rows, start=1):
        _require_class(row.truth, classes, where=f"{path}, study {number} of the list")
    with store.transaction(actor, f"truth known by {until}", now=now) as tx:
        report = record_truth(
            tx, rows, finding=finding, until=until, adjudicated=adjudicated, now=now
        )
    return report.recorded


def _require_class(truth: TruthRow, classes: Sequence[str], *, where: str) -> None:
    """A class of the device, that says the same as the finding; none where there are no classes."""
    if not classes:
        if truth.class_name:
            raise SourceRefused(
                f"column {CLASS} holds {truth.class_name!r}, but the device has no classes",
                where=where, hint="Leave the column out",
            )
        return
    if truth.class_name not in classes:
        raise SourceRefused(
            f"column {CLASS} holds {truth.class_name!r}", where=where,
            hint=f"Write one of {', '.join(classes)}",
        )
    if bool(truth.finding) != (truth.class_name != classes[0]):
        raise SourceRefused(
            f"finding {truth.finding} and {CLASS} {truth.class_name!r} contradict each other",
            where=where, hint=f"Write 0 beside {classes[0]!r}, and 1 beside every other",
        )
