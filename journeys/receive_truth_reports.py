"""The truth that human readers state in DICOM structured reports, put on record by its kind."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from imaging.arriving_files import find_files
from imaging.deidentify import Deidentifier
from imaging.sources.base import SourceRefused, TruthRow
from imaging.sources.sr_truth import SrTruth, read_sr_truth
from imaging.truth import KnownTruth, TruthReport, record_truth
from records.definition import TaskDefinition
from records.errors import InvalidInput
from records.keys import workspace_key
from records.store import Store


@dataclass(frozen=True, slots=True)
class TruthReportsReport:
    """What became of a folder of reports: as of a list, and why files were left out."""

    truths: TruthReport
    refused: tuple[str, ...]


def receive_truth_reports(
    store: Store, folder: Path, *, task: TaskDefinition, kind: str, actor: str, now: datetime,
    corrects: bool = False,
) -> TruthReportsReport:  # fmt: skip
    """Record what each report in a folder says of the device's finding, with a reason for each
    that is left out.

    Each reader, under a pseudonym, is a source. A verified report is final, another preliminary.
    It is known from the day on which it is taken in: what was known before stays as it was.

    kind: by what the readers knew it (:mod:`records.reference_kinds`).

    Raises:
        InvalidInput: There is nothing to read, or the device tells several findings.
    """
    if task.classes:
        raise InvalidInput(
            "Reports are read for devices of one finding; this one tells several.",
            hint="A truth list names them in its column 'class'.",
        )
    key = workspace_key(store, "pseudonym")
    deidentifier = Deidentifier(key)
    rows: list[KnownTruth] = []
    refused: list[str] = []
    for path in sorted(find_files(folder).paths):
        try:
            said = read_sr_truth(path, task.finding)
        except SourceRefused as wrong:
            refused.append(wrong.message)
            continue
        rows.append(KnownTruth(
            deidentifier.study_pseudonym(said.study_uid), _row(said, kind, key), None
        ))  # fmt: skip
    with store.transaction(actor, f"truth from reports on {now.date()}", now=now) as tx:
        report = record_truth(
            tx, rows, finding=task.finding, until=now.date(), adjudicated=True, corrects=corrects,
            now=now,
        )
    return TruthReportsReport(report, tuple(refused))


def _row(said: SrTruth, kind: str, key: bytes) -> TruthRow:
    """A report as a line of a list; the reader's name only as a keyed digest."""
    code = hmac.new(key, f"reader {said.observer}".encode(), hashlib.sha256).hexdigest()[:12]
    return TruthRow(
        study_uid=said.study_uid, site="", study_date=said.study_date, finding=int(said.present),
        source=f"SR of reader {code}", readers=(code,), delay_days=0, kind=kind, state=said.state,
        evidence=f"SR {said.digest[:16]}",
    )
