"""All that is true of the studies of a simulated clinic, in one file: for scoring and nothing else.

Nothing of the product reads it; the product sees what the clinic sends.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from imaging.sources.clinic_studies import ClinicStudy

FILE: Final = "full-truth.csv"
COLUMNS: Final = (
    "study_uid", "site", "study_date", "finding", "subtlety", "device_score", "device_decision",
    "other_version", "other_score", "other_decision", "reader", "own_finding", "report_finding",
    "standing_report", "hedged", "response", "verified_by", "verified_on",
)  # fmt: skip


def full_truth_csv(studies: Sequence[ClinicStudy]) -> str:
    """A line a study, in the order given; an empty cell where there is nothing."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_cells(one) for one in studies)
    return file.getvalue()


def write_full_truth(studies: Sequence[ClinicStudy], folder: Path) -> Path:
    """Write the file into a folder, whole or not at all; where it lies."""
    path = folder / FILE
    part = path.with_suffix(".part")
    part.write_text(full_truth_csv(studies), encoding="utf-8")
    part.replace(path)
    return path


def _cells(study: ClinicStudy) -> list[str | int | float]:
    device, verified = study.device, study.verification
    standing = study.standing_report
    return [
        study.study_uid, study.plan.site, study.plan.day.isoformat(), study.case.finding,
        round(study.case.subtlety, 4), *(("", "") if device is None else
                                         (device.score, device.decision)),
        study.other.version, study.other.score, study.other.decision, study.reader,
        study.own_finding, study.report_finding, "" if standing is None else standing,
        int(study.hedged), str(study.response),
        *(("", "") if verified is None else (verified.kind, verified.known_on.isoformat())),
    ]  # fmt: skip
