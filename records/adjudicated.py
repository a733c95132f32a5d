"""What adjudication rests on and what came of it: the studies that could be drawn, the samples that
were, and the truth that readers agreed on. Each question is one query.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from records.adjudication import (
    ADJUDICATED,
    AdjudicationCase,
    AdjudicationReading,
    AdjudicationSample,
)
from records.cases import Prediction, ReaderAssessment, ReferenceStandard, Study
from records.product import ModelVersion, Site
from records.truth import rule_of, truth_of_study
from records.zones import in_utc

CONSENSUS = "consensus"
"""The kind of such a truth."""
RANDOM, BEHIND_ALERT, AGAIN = "random", "alert", "again"
"""Kinds of samples; 'again' reads a case anew and changes no probability."""


@dataclass(frozen=True, slots=True)
class ReadStudy:
    """A study that a version read: what it said (score None where another maker's product states
    none), and the truth that came back by routine (None
    where none did)."""

    study_id: int
    patient: str
    site: str
    arrived_on: date
    score: float | None
    decision: bool
    predicted_at: datetime
    routine: bool | None


def read_studies_of(
    session: Session, version: ModelVersion, *, since: date, until: date
) -> list[ReadStudy]:
    """The clinical studies of these days that a deployment of the version has read, by number."""
    query = (
        select(  # type: ignore[call-overload]
            Study.id, Study.patient, Site.name, Study.arrived_on, Prediction.score,
            Prediction.decision, Prediction.predicted_at, ReferenceStandard.present,
        )
        .join(Study, col(Study.id) == Prediction.study_id)
        .join(Site, col(Site.id) == Study.site_id)
        .outerjoin(ReferenceStandard, truth_of_study(rule_of(session, version)))
        .where(
            Prediction.model_version_id == version.id, Study.purpose == "clinical",
            col(Prediction.deployment_id).is_not(None),
            Study.arrived_on >= since, Study.arrived_on <= until,
        )
        .order_by(Study.id)
    )
    return [ReadStudy(*row) for row in session.exec(query)]


def answers_against(
    session: Session, version: ModelVersion, *, since: date, until: date
) -> dict[int, datetime]:
    """When a clinician's answer that is not the device's first came in, by study."""
    query = (
        select(Prediction.study_id, ReaderAssessment.received_at)
        .join(ReaderAssessment, col(ReaderAssessment.study_id) == Prediction.study_id)
        .join(Study, col(Study.id) == Prediction.study_id)
        .where(
            Prediction.model_version_id == version.id, Study.purpose == "clinical",
            Study.arrived_on >= since, Study.arrived_on <= until,
            or_(
                col(ReaderAssessment.present) != col(Prediction.decision),
                col(ReaderAssessment.response) == "rejected",
            ),
        )
    )
    found: dict[int, datetime] = {}
    for study, at in session.exec(query):
        found[study] = min(found.get(study, in_utc(at)), in_utc(at))
    return found


def samples_of(session: Session, version: ModelVersion) -> list[AdjudicationSample]:
    """The samples drawn from what the version read, oldest first."""
    query = select(AdjudicationSample).where(AdjudicationSample.model_version_id == version.id)
    return list(session.exec(query.order_by(col(AdjudicationSample.id))))


def cases_of(session: Session, version: ModelVersion) -> list[AdjudicationCase]:
    """The cases of all samples of a version, oldest first."""
    query = (
        select(AdjudicationCase)
        .join(AdjudicationSample, col(AdjudicationSample.id) == AdjudicationCase.sample_id)
        .where(AdjudicationSample.model_version_id == version.id)
    )
    return list(session.exec(query.order_by(col(AdjudicationCase.id))))


def readings_in(
    session: Session, cases: Sequence[AdjudicationCase]
) -> dict[int, list[AdjudicationReading]]:
    """What was said of these cases, in the order of reading, by case."""
    wanted = {one.sample_id for one in cases}
    query = (
        select(AdjudicationReading)
        .join(AdjudicationCase, col(AdjudicationCase.id) == AdjudicationReading.case_id)
        .where(col(AdjudicationCase.sample_id).in_(wanted))
    )
    found: dict[int, list[AdjudicationReading]] = {}
    for one in session.exec(query.order_by(col(AdjudicationReading.id))):
        found.setdefault(one.case_id, []).append(one)
    return found


def adjudicated_truths(session: Session, version: ModelVersion) -> dict[int, bool]:
    """What readers agreed on, by study that the version read: the newest version of each truth;
    one that was withdrawn is none."""
    query = (
        select(ReferenceStandard)
        .join(Prediction, col(Prediction.study_id) == ReferenceStandard.study_id)
        .where(
            Prediction.model_version_id == version.id, ReferenceStandard.source == ADJUDICATED
        )
        .order_by(col(ReferenceStandard.version))
    )
    newest: dict[int, Any] = {one.study_id: one for one in session.exec(query)}
    return {study: one.present for study, one in newest.items() if one.state == "final"}
