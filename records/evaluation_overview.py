"""The evaluations of a device as they are stored: what a page on performance draws.

Every answer quotes stored rows; nothing is computed from them but an order.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from records.product import Device, ModelVersion, Site
from records.surveillance import RETRAINING, TRUTH_KINDS, Evaluation, EvaluationResult

EVERYWHERE = "all sites"
IN_OPERATION = "post_market"
"""The purpose of an evaluation of a period of operation."""
_IN_WORDS = {IN_OPERATION: "in operation"}
APART = (TRUTH_KINDS, RETRAINING)
"""Purposes whose subgroups name ways of knowing the truth, or versions: no groups of patients."""


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """A version measured on a set of studies, with what its figures are drawn from."""

    label: str
    version: str
    purpose: str
    site: str
    """'all sites' where it was measured over all of them."""
    period_from: date | None
    period_to: date | None
    studies: int
    patients: int
    figures: dict[str, Any]
    evaluated_at: datetime

    @property
    def words(self) -> str:
        """Which it is, as it is chosen from a list."""
        days = f", {self.period_from} to {self.period_to}" if self.period_from else ""
        purpose = _IN_WORDS.get(self.purpose, self.purpose.replace("_", " "))
        return f"{self.label}: {purpose}, {self.version}, {self.site}{days}"


@dataclass(frozen=True, slots=True)
class PeriodEstimate:
    """An estimate of a measure in a period at a site."""

    evaluation: str
    version: str
    site: str
    period_from: date
    period_to: date
    n: int
    value: float | None
    low: float | None
    high: float | None
    level: float
    reason: str


def stored_evaluations(reader: Session, device: str) -> list[StoredEvaluation]:
    """The evaluations of a device, the newest first; of one time, all sites together first."""
    query = (
        select(Evaluation, ModelVersion.name, Site.name)
        .join(ModelVersion, col(ModelVersion.id) == Evaluation.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .outerjoin(Site, col(Site.id) == Evaluation.site_id)
        .where(Device.name == device, col(Evaluation.purpose).not_in(APART))
        .order_by(
            col(Evaluation.evaluated_at).desc(), col(Evaluation.site_id).is_not(None),
            col(Evaluation.id).desc(),
        )
    )
    return [
        StoredEvaluation(
            one.label, version, one.purpose, site or EVERYWHERE, one.period_from, one.period_to,
            one.studies, one.patients, one.figures, one.evaluated_at,
        )
        for one, version, site in reader.exec(query)
    ]


def estimates_in(reader: Session, label: str) -> list[EvaluationResult]:
    """Every estimate of an evaluation, overall and by subgroup, in the order of its storing."""
    number = int(label.rpartition("-")[2])
    query = select(EvaluationResult).where(EvaluationResult.evaluation_id == number)
    return list(reader.exec(query.order_by(col(EvaluationResult.id))))


def estimates_by_period(reader: Session, device: str, measure: str) -> list[PeriodEstimate]:
    """A measure over all studies of each period that was measured, by site, version and time."""
    query = (
        select(Evaluation, EvaluationResult, ModelVersion.name, Site.name)
        .join(EvaluationResult, col(EvaluationResult.evaluation_id) == Evaluation.id)
        .join(ModelVersion, col(ModelVersion.id) == Evaluation.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .outerjoin(Site, col(Site.id) == Evaluation.site_id)
        .where(
            Device.name == device, EvaluationResult.measure == measure,
            EvaluationResult.subgroup == "all", Evaluation.purpose == IN_OPERATION,
        )
        .order_by(col(Evaluation.period_to), col(Evaluation.period_from), col(Evaluation.id))
    )
    return [
        PeriodEstimate(
            evaluation.label, version, site or EVERYWHERE, evaluation.period_from,
            evaluation.period_to, one.n, one.value, one.low, one.high, one.level, one.reason,
        )
        for evaluation, one, version, site in reader.exec(query)
        if evaluation.period_from is not None and evaluation.period_to is not None
    ]
