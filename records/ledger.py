"""The two questions of an incident: which version read what here, and where did this version run?

AI Act Art. 12 and 19 (logs of a high-risk system); 21 CFR 806.10(c)(9) to (11) (consignees of a
correction).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlmodel import Session, col, select

from records.cases import Prediction, Study
from records.errors import InvalidInput
from records.product import Deployment, ModelVersion, Site


@dataclass(frozen=True, slots=True)
class Reading:
    """What the device said about one study: version, output and how long it took."""

    study: str
    site: str
    arrived_on: date
    version: str
    weights_hash: str
    operating_point: float | None
    predicted_at: datetime
    score: float | None
    decision: bool
    out_of_distribution: float | None
    latency_ms: float | None
    returned_to_care: bool


@dataclass(frozen=True, slots=True)
class Running:
    """One deployment: which version, where, how, from when to when; ``until`` None: it runs."""

    site: str
    site_status: str
    version: str
    weights_hash: str
    mode: str
    started_at: datetime
    until: datetime | None
    change_request: int | None


def require_period(since: date | None, until: date | None) -> None:
    """Raise :class:`InvalidInput` where a period ends before it begins: nothing is in it."""
    if since is not None and until is not None and until < since:
        raise InvalidInput(f"The period ends on {until}, before it begins on {since}.",
                           hint="Give the earlier day first.")  # fmt: skip


def readings(
    reader: Session, *, site: str | None = None, since: date | None = None,
    until: date | None = None, last: int | None = None,
) -> list[Reading]:
    """What was read of the studies that arrived at a site in a period, in the order of arrival.

    since, until: days of arrival, both included. last: only the newest so many.

    Raises:
        InvalidInput: The period ends before it begins.
    """  # fmt: skip
    require_period(since, until)
    query = (
        select(Prediction, Study, Site, ModelVersion)
        .join(Study, col(Study.id) == Prediction.study_id)
        .join(Site, col(Site.id) == Study.site_id)
        .join(ModelVersion, col(ModelVersion.id) == Prediction.model_version_id)
        .where(Study.purpose == "clinical")
    )
    if site is not None:
        query = query.where(Site.name == site)
    if since is not None:
        query = query.where(col(Study.arrived_on) >= since)
    if until is not None:
        query = query.where(col(Study.arrived_on) <= until)
    found = reader.exec(query.order_by(col(Prediction.id).desc()).limit(last)).all()
    return [
        Reading(
            study=study.label, site=place.name, arrived_on=study.arrived_on, version=version.label,
            weights_hash=version.weights_hash, operating_point=version.operating_point,
            predicted_at=said.predicted_at, score=said.score, decision=said.decision,
            out_of_distribution=said.out_of_distribution, latency_ms=said.latency_ms,
            returned_to_care=said.returned_to_care,
        )
        for said, study, place, version in reversed(found)
    ]


def deployments(
    reader: Session, *, version: ModelVersion | None = None, site: str | None = None,
    since: date | None = None, until: date | None = None,
) -> list[Running]:
    """Every deployment of a version, or at a site, that ran at some time of a period.

    since, until: days (UTC), both included; a deployment counts when it overlaps them.

    Raises:
        InvalidInput: The period ends before it begins.
    """  # fmt: skip
    require_period(since, until)
    query = (
        select(Deployment, Site, ModelVersion)
        .join(Site, col(Site.id) == Deployment.site_id)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
    )
    if version is not None:
        query = query.where(ModelVersion.id == version.id)
    if site is not None:
        query = query.where(Site.name == site)
    if until is not None:
        query = query.where(col(Deployment.started_at) < _midnight(until) + timedelta(days=1))
    if since is not None:
        ended = col(Deployment.ended_at)
        query = query.where(ended.is_(None) | (ended >= _midnight(since)))
    found = reader.exec(query.order_by(col(Deployment.started_at), col(Deployment.id)))
    return [
        Running(
            site=place.name, site_status=place.status, version=model.label,
            weights_hash=model.weights_hash, mode=one.mode, started_at=one.started_at,
            until=one.ended_at, change_request=one.change_request_id,
        )
        for one, place, model in found
    ]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
