"""The truth about studies in operation, as the sites' list says that it has become known."""

from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from imaging.deidentify import Deidentifier
from imaging.sources.truth import read_truth_csv
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
) -> int:
    """Record what the sites' list in ``incoming`` says has become known by a day."""
    path = store.workspace.incoming / name
    if not path.is_file():
        return 0
    return receive_truth_list(
        store, path, finding=finding, until=until, actor=actor, now=now, adjudicated=adjudicated
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
) -> int:
    """Record what a list of truths says; how many studies it was new for.

    Args:
        adjudicated: The whole list is settled, whatever its delays.

    Raises:
        InvalidInput: There is no such file, or naming line and column of what cannot be read.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no truth list {path}.")
    rows = _truth_rows(path, path.stat().st_mtime_ns, workspace_key(store, "pseudonym"))
    with store.transaction(actor, f"truth known by {until}", now=now) as tx:
        report = record_truth(
            tx, rows, finding=finding, until=until, adjudicated=adjudicated, now=now
        )
    return report.recorded
