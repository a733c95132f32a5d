"""What a day brought beside the studies that were read: refused files, studies without an answer,
readings that were finished. Each is one query for all sites."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import func, literal, union_all
from sqlmodel import Session, col, select

from records.cases import Instance, Prediction, Quarantine, ReaderAssessment, Study
from records.product import ModelVersion, Site
from records.reports import RadiologyReport
from records.series_choices import SeriesChoice

__all__ = ["NO_ANSWER", "files_on", "turnarounds_on", "unanswered_on"]

NO_ANSWER: Final = "no answer on record"
"""Of a study that was to be read and of which no prediction stands: a failure, or not yet read."""
NO_IMAGES: Final = ("rejection_note", "external_result")
"""Refusals of what is no image of a patient: a sender's note, another product's result."""


def files_on(session: Session, day: date) -> dict[str, dict[str | None, int]]:
    """By site how many image files arrived on a day, by the reason of their refusal; None of those
    that were taken in."""
    taken = (
        select(Site.name, literal(None).label("reason"), func.count().label("files"))
        .select_from(Instance)
        .join(Study, col(Study.id) == col(Instance.study_id))
        .join(Site, col(Site.id) == col(Study.site_id))
        .where(Study.arrived_on == day, Study.purpose == "clinical")
        .group_by(Site.name)
    )
    refused = (
        select(Site.name, Quarantine.reason, func.count())
        .join(Site, col(Site.id) == col(Quarantine.site_id))
        .where(
            Quarantine.arrived_on == day,
            *(~col(Quarantine.reason).startswith(one, autoescape=True) for one in NO_IMAGES),
        )
        .group_by(Site.name, Quarantine.reason)
    )
    found: dict[str, dict[str | None, int]] = {}
    for site, reason, files in session.execute(union_all(taken, refused)):
        found.setdefault(site, {})[reason] = int(files)
    return found


def unanswered_on(
    session: Session, version: ModelVersion, day: date, *, sites: Iterable[str]
) -> dict[str, list[str | None]]:
    """By site one entry for each study of a day: None where the version answered, else why not.

    The reason is that of the choice of series where it chose none; else :data:`NO_ANSWER`.
    """
    newest = (
        select(func.max(SeriesChoice.id))
        .where(
            col(SeriesChoice.study_id) == Study.id,
            col(SeriesChoice.model_version_id) == version.id,
        )
        .correlate(Study)
        .scalar_subquery()
    )
    query = (
        select(Site.name, Prediction.id, SeriesChoice.instance_id, SeriesChoice.reason)
        .select_from(Study)
        .join(Site, col(Site.id) == col(Study.site_id))
        .outerjoin(Prediction, (col(Prediction.study_id) == col(Study.id))
                   & (col(Prediction.model_version_id) == version.id))
        .outerjoin(SeriesChoice, col(SeriesChoice.id) == newest)
        .where(Study.arrived_on == day, Study.purpose == "clinical",
               col(Site.name).in_(list(sites)))
        .order_by(col(Study.id))
    )  # fmt: skip
    found: dict[str, list[str | None]] = {}
    for site, answer, image, reason in session.exec(query):
        why = None if answer is not None else reason if reason and image is None else NO_ANSWER
        found.setdefault(site, []).append(why)
    return found


def turnarounds_on(
    session: Session, version: ModelVersion, day: date, *, sites: Iterable[str]
) -> dict[str, list[tuple[bool, float]]]:
    """By site, of each study whose first reading or report was received on a day (UTC): whether the
    device flagged it, and the minutes since the study was received."""
    begins = datetime.combine(day, time(), UTC)
    readings = union_all(
        select(col(ReaderAssessment.study_id).label("study"),
               col(ReaderAssessment.received_at).label("read_at")),
        select(col(RadiologyReport.study_id), col(RadiologyReport.received_at)),
    ).subquery()  # fmt: skip
    first = (
        select(readings.c.study, func.min(readings.c.read_at).label("read_at"))
        .group_by(readings.c.study)
        .subquery()
    )
    query: Any = (
        select(Site.name, Prediction.decision, Study.received_at, first.c.read_at)
        .select_from(Prediction)
        .join(Study, col(Study.id) == col(Prediction.study_id))
        .join(Site, col(Site.id) == col(Study.site_id))
        .join(first, first.c.study == col(Study.id))
        .where(
            Prediction.model_version_id == version.id, Study.purpose == "clinical",
            first.c.read_at >= begins, first.c.read_at < begins + timedelta(days=1),
            col(Site.name).in_(list(sites)),
        )
        .order_by(col(Study.id))
    )  # fmt: skip
    found: dict[str, list[tuple[bool, float]]] = {}
    for site, flagged, came, read in session.exec(query):
        minutes = (read - came).total_seconds() / 60.0
        found.setdefault(site, []).append((bool(flagged), minutes))
    return found
