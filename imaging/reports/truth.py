"""What a report says of the device's finding, as the weak reference standard that it is.

Every write goes through :func:`record_report_truth`. Of a report that is uncertain, or does not
mention the finding, no truth is recorded; where an earlier version said something, it is withdrawn.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from imaging.reports.findings import Said
from records.batches import add_batch
from records.cases import ReferenceStandard
from records.errors import InvalidInput
from records.held_definition import definition_of
from records.product import Device
from records.reference_kinds import REPORT_TEXT, WITHDRAWN
from records.reports import CANCELLED, PRELIMINARY, RadiologyReport

KIND: Final = REPORT_TEXT


def source_of(finding: str) -> str:
    """By what the truth about a finding is known: a study has one chain of versions of it.

    >>> source_of("pneumonia")
    'report text of pneumonia'
    """
    return f"{KIND} of {finding}"


def findings_of_devices(session: Session) -> list[str]:
    """The finding of each device that is defined here, by its newest revision."""
    newest: dict[str, Device] = {}
    for device in session.exec(select(Device).order_by(col(Device.revision))):
        newest[device.name] = device
    found = set()
    for device in newest.values():
        try:
            found.add(definition_of(device).task.finding)
        except InvalidInput:  # of a revision that this release no longer reads
            continue
    return sorted(found)


def record_report_truth(
    tx: Session, reports: Sequence[RadiologyReport], findings: Sequence[str], *, now: datetime
) -> int:
    """What these newest versions of reports say of these findings; how many are recorded.

    A study's report that is a correction is a new version of the truth; the same answer in the same
    state again adds nothing.
    """
    if not reports or not findings:
        return 0
    wanted = {source_of(one): one for one in findings}
    query = (
        select(ReferenceStandard)
        .where(
            col(ReferenceStandard.study_id).in_({one.study_id for one in reports}),
            col(ReferenceStandard.source).in_(list(wanted)),
        )
        .order_by(col(ReferenceStandard.version))
    )
    newest = {(one.study_id, one.source): one for one in tx.exec(query)}
    rows = []
    for report in {one.study_id: one for one in reports}.values():
        for source, finding in wanted.items():
            before = newest.get((report.study_id, source))
            row = _next(report, finding, before)
            if row is not None:
                rows.append(row | {
                    "study_id": report.study_id, "source": source, "kind": KIND,
                    "finding": finding, "reader": report.reader, "known_on": report.reported_on,
                    "received_at": now, "evidence": report.label,
                    "version": before.version + 1 if before else 1,
                    "supersedes_id": before.id if before else None,
                })  # fmt: skip
    add_batch(tx, ReferenceStandard, rows)
    return len(rows)


def _next(
    report: RadiologyReport, finding: str, before: ReferenceStandard | None
) -> dict[str, Any] | None:
    """The truth after this report: present and state; None where it stays as it is."""
    said = report.findings.get(finding.replace(" ", "_"), {}).get("said", Said.NOT_MENTIONED)
    sure = report.status != CANCELLED and said in (Said.PRESENT, Said.ABSENT)
    if not sure:
        if before is None or before.state == WITHDRAWN:
            return None
        return {"present": before.present, "state": WITHDRAWN}
    state = PRELIMINARY if report.status == PRELIMINARY else "final"
    present = said == Said.PRESENT
    if before is not None and (before.present, before.state) == (present, state):
        return None
    return {"present": present, "state": state}
