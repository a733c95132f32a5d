"""What reports say beside what a version said, study by study: what concordance rests on."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, or_, select

from records.cases import Prediction, Study
from records.product import ModelVersion, Site
from records.reader_links import EXPIRED, ReaderLink
from records.reports import CANCELLED, CORRECTED, FINAL, RadiologyReport
from records.zones import in_utc

ABSENT, PRESENT = "absent", "present"
AGREEMENT = "agreement with reports"
"""The measure of the charts of concordance."""
COLUMNS = (
    "study_id", "site", "arrived_on", "decision", "predicted_at", "prediction_id", "report_id",
    "status", "findings", "reader", "received_at", "supersedes_id",
)  # fmt: skip


def report_rows(
    session: Session, version: ModelVersion, *, since: date | None = None,
    until: date | None = None, studies: Iterable[int] | None = None, answered: bool = False,
) -> list[dict[str, Any]]:
    """A row for each version of each report of a study that a version has read in operation, and
    one without a report where there is none; by study, in the order in which reports came.

    answered: only studies with a report, or of which a link went to a reader.
    """
    query = (
        select(
            Study.id, Site.name, Study.arrived_on, Prediction.decision, Prediction.predicted_at,
            Prediction.id, RadiologyReport.id, RadiologyReport.status, RadiologyReport.findings,
            RadiologyReport.reader, RadiologyReport.received_at, RadiologyReport.supersedes_id,
        )  # type: ignore[call-overload]
        .join(Study, Study.id == Prediction.study_id)
        .join(Site, Site.id == Study.site_id)
        .outerjoin(RadiologyReport, RadiologyReport.study_id == Study.id)
        .where(
            Prediction.model_version_id == version.id, Study.purpose == "clinical",
            col(Prediction.deployment_id).is_not(None),
        )
        .order_by(Study.id, RadiologyReport.id)
    )  # fmt: skip
    if since is not None:
        query = query.where(Study.arrived_on >= since)
    if until is not None:
        query = query.where(Study.arrived_on <= until)
    if studies is not None:
        query = query.where(col(Study.id).in_(sorted(studies)))
    if answered:
        linked = select(Prediction.study_id).join(
            ReaderLink, col(ReaderLink.prediction_id) == col(Prediction.id)
        )
        query = query.where(or_(
            col(Study.id).in_(select(RadiologyReport.study_id)), col(Study.id).in_(linked)
        ))  # fmt: skip
    return [dict(zip(COLUMNS, row, strict=True)) for row in session.exec(query)]


def answers_of_day(
    session: Session, version: ModelVersion, finding: str, day: date
) -> list[dict[str, Any]]:
    """The studies that count on a day: on it the first final report that says whether the finding
    is there, or the version's reading, whichever came later, was put on record.

    A study counts once; a later correction of its report changes no day that was watched.
    """
    begin = datetime.combine(day, time(), UTC)
    end = begin + timedelta(days=1)
    both = (
        select(Prediction.study_id)
        .join(RadiologyReport, col(RadiologyReport.study_id) == col(Prediction.study_id))
        .where(Prediction.model_version_id == version.id)
    )
    touched = {
        study
        for came in (RadiologyReport.received_at, Prediction.predicted_at)
        for study in session.exec(both.where(col(came) >= begin, col(came) < end))
    }  # one question each: by its own index
    if not touched:
        return []
    first: dict[int, dict[str, Any]] = {}
    for row in report_rows(session, version, studies=touched):
        if row["status"] in (FINAL, CORRECTED) and said_of(row["findings"], finding):
            first.setdefault(row["study_id"], row)
    return [
        row for row in first.values()
        if max(_day(row["received_at"]), _day(row["predicted_at"])) == day
    ]


def standing_answers(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of :func:`report_rows` one row a study: its report that stands and came last; cancelled ones
    count as none."""
    studies: dict[int, dict[str, Any]] = {}
    rows = list(rows)
    gone = {row["supersedes_id"] for row in rows if row["supersedes_id"] is not None}
    for row in rows:
        none = dict(row) | {"report_id": None, "status": "", "findings": {}, "reader": ""}
        studies.setdefault(row["study_id"], none)
        stands = row["report_id"] is not None and row["report_id"] not in gone
        if stands and row["status"] != CANCELLED:
            studies[row["study_id"]] = dict(row)
    return list(studies.values())


def said_of(findings: Mapping[str, Any] | None, finding: str) -> str:
    """present or absent; empty where a report is uncertain, or does not mention it.

    >>> said_of({"pneumonia": {"said": "uncertain"}}, "pneumonia")
    ''
    """
    said = (findings or {}).get(finding.replace(" ", "_"), {}).get("said", "")
    return str(said) if said in (PRESENT, ABSENT) else ""


def not_opened(session: Session, predictions: Iterable[int]) -> set[int]:
    """Of these readings the ones of which every link to a reader ended unused."""
    query = select(ReaderLink.prediction_id, ReaderLink.status).where(
        col(ReaderLink.prediction_id).in_(list(predictions))
    )
    said: dict[int, set[str]] = {}
    for prediction, status in session.exec(query):
        said.setdefault(prediction, set()).add(status)
    return {prediction for prediction, statuses in said.items() if statuses == {EXPIRED}}


def _day(moment: datetime) -> date:
    return in_utc(moment).date()
