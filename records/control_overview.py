"""What the pages ask about control: documents, change requests, signatures, people, the trail."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from records.audit import AuditEvent
from records.base import Record
from records.people import Actor, Meaning
from records.product import DatasetVersion, Device, ModelVersion
from records.quality import ChangeRequest, Document, Release, Signature
from records.signatures import current_review, is_valid
from records.surveillance import AcceptanceResult, Evaluation, EvaluationResult
from records.zones import signed_instant


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in."""

    account: str
    full_name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature as people read it, and whether the record still says what was signed."""

    printed_name: str
    role: str
    meaning: str
    signed_at: datetime
    reason: str
    valid: bool
    zone: str = ""
    comment: str = ""
    earlier_review: bool = False
    """Given in a round of review that a rejection ended: it does not count any more."""

    @property
    def when(self) -> str:
        """By the signer's clock with its zone, and in UTC."""
        return signed_instant(self.signed_at, self.zone)

    @property
    def standing(self) -> str:
        """What the signature is worth now, in a word or two."""
        if self.meaning == Meaning.REJECTION.value:
            return "rejected"
        if self.earlier_review:
            return "of an earlier review"
        return "valid" if self.valid else "invalid"

    @property
    def said(self) -> str:
        """The reason, and the comment where there is one."""
        return f"{self.reason}; comment: {self.comment}" if self.comment else self.reason


@dataclass(frozen=True, slots=True)
class DocumentStanding:
    """A revision of a controlled document with its signatures."""

    id: int
    label: str
    number: str
    version: int
    kind: str
    title: str
    status: str
    period_from: date | None
    period_to: date | None
    freeze_at: datetime
    freeze_sequence: int
    facts_digest: str
    pdf_digest: str
    json_digest: str
    gaps: tuple[Any, ...]
    compiled_at: datetime
    signatures: tuple[Signed, ...]
    effective_at: datetime | None = None
    ended_at: datetime | None = None
    device_id: int = 0


@dataclass(frozen=True, slots=True)
class Criterion:
    """A declared acceptance criterion beside what was found, with the estimate it rests on."""

    criterion: str
    statement: str
    bound: float
    verdict: str
    observed: float | None
    reason: str
    judged_at: datetime
    n: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    record: str = ""
    """The label of the judgement."""
    estimate_record: str = ""
    """The label of the estimate that it rests on; '' where there is none."""


@dataclass(frozen=True, slots=True)
class ChangeStanding:
    """A change request with the version it would put into use, its criteria and its signatures."""

    id: int
    label: str
    title: str
    description: str
    reason: str
    status: str
    proposed_by: str
    proposed_at: datetime
    device: str
    version: str
    version_status: str
    version_digest: str
    weights_hash: str
    architecture: str
    made_elsewhere: bool
    operating_point: float
    trained_at: datetime
    dataset: str
    dataset_digest: str
    pccp: dict[str, Any]
    retraining: dict[str, Any]
    """The record of the run of the retraining protocol that proposed it; empty without one."""
    criteria: tuple[Criterion, ...]
    signatures: tuple[Signed, ...]
    outcome: str = ""
    outcome_reason: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None


def people(reader: Session) -> list[Person]:
    """The active persons, in the order of registration; services are not listed."""
    found = reader.exec(
        select(Actor).where(Actor.kind == "person", col(Actor.active)).order_by(col(Actor.id))
    )
    return [Person(one.name, one.full_name, tuple(one.roles)) for one in found]


def documents(reader: Session) -> list[DocumentStanding]:
    """All controlled documents, the newest first, with their signatures."""
    rows = reader.exec(select(Document).order_by(col(Document.id).desc())).all()
    signed = _signatures(reader, rows)
    return [
        DocumentStanding(
            id=one.id or 0, label=one.label, number=one.number, version=one.version,
            kind=one.kind, title=one.title, status=one.status, period_from=one.period_from,
            period_to=one.period_to, freeze_at=one.freeze_at,
            freeze_sequence=one.freeze_sequence, facts_digest=one.facts_digest,
            pdf_digest=one.pdf_digest, json_digest=one.json_digest or one.draft_json_digest,
            gaps=tuple(one.gaps), compiled_at=one.compiled_at,
            signatures=signed.get(one.subject, ()), effective_at=one.effective_at,
            ended_at=one.ended_at, device_id=one.device_id or 0,
        )
        for one in rows
    ]


def change_requests(reader: Session) -> list[ChangeStanding]:
    """All change requests, the newest first, each with everything that a decision needs."""
    query: Any = (
        select(ChangeRequest, ModelVersion, Device, DatasetVersion, Release)  # type: ignore[call-overload]
        .join(ModelVersion, col(ModelVersion.id) == ChangeRequest.model_version_id)
        .join(Device, col(Device.id) == ChangeRequest.device_id)
        .join(DatasetVersion, col(DatasetVersion.id) == ModelVersion.dataset_version_id)
        .outerjoin(Release, col(Release.change_request_id) == ChangeRequest.id)
        .order_by(col(ChangeRequest.id).desc())
    )
    rows = reader.exec(query).all()
    signed = _signatures(reader, [row[0] for row in rows])
    criteria = _criteria(reader, [row[1].id or 0 for row in rows])
    return [
        _standing(*row, signed=signed.get(row[0].subject, ()), criteria=criteria)
        for row in rows
    ]


def _standing(
    change: ChangeRequest,
    version: ModelVersion,
    device: Device,
    dataset: DatasetVersion,
    release: Release | None,
    *,
    signed: tuple[Signed, ...],
    criteria: dict[int, tuple[Criterion, ...]],
) -> ChangeStanding:
    return ChangeStanding(
        id=change.id or 0, label=change.label, title=change.title,
        description=change.description, reason=change.reason, status=change.status,
        proposed_by=change.proposed_by, proposed_at=change.proposed_at,
        device=f"{device.trade_name}, revision {device.revision}",
        version=f"{version.label} {version.name}", version_status=version.status,
        version_digest=version.version_digest, weights_hash=version.weights_hash,
        architecture=version.architecture, made_elsewhere=version.made_elsewhere,
        operating_point=version.own_operating_point,
        trained_at=version.trained_at, dataset=f"{dataset.label} {dataset.name}",
        dataset_digest=dataset.manifest_digest, pccp=change.assessment.get("pccp", {}),
        retraining=change.assessment.get("retraining", {}),
        criteria=criteria.get(version.id or 0, ()), signatures=signed,
        outcome=release.outcome if release else "",
        outcome_reason=release.reason if release else "",
        decided_by=release.decided_by if release else "",
        decided_at=release.decided_at if release else change.decided_at,
    )


def _criteria(reader: Session, versions: list[int]) -> dict[int, tuple[Criterion, ...]]:
    """The latest judgement of every criterion, by model version, in the order of identifiers."""
    rows = reader.exec(
        select(AcceptanceResult, EvaluationResult)
        .outerjoin(
            EvaluationResult, col(EvaluationResult.id) == AcceptanceResult.evaluation_result_id
        )
        .outerjoin(Evaluation, col(Evaluation.id) == AcceptanceResult.evaluation_id)
        .where(col(AcceptanceResult.model_version_id).in_(versions))
        .order_by(col(AcceptanceResult.id))
    )
    found: dict[int, dict[str, Criterion]] = {}
    for judged, estimate in rows:
        found.setdefault(judged.model_version_id, {})[judged.criterion] = Criterion(
            judged.criterion, judged.statement, judged.bound, judged.verdict, judged.observed,
            judged.reason, judged.judged_at,
            *(
                (estimate.n, estimate.value, estimate.low, estimate.high, estimate.level)
                if estimate is not None
                else ()
            ),
            record=judged.label, estimate_record=estimate.label if estimate is not None else "",
        )
    return {
        version: tuple(by_name[name] for name in sorted(by_name))
        for version, by_name in found.items()
    }


def signed_on(reader: Session, record: Record) -> tuple[Signed, ...]:
    """The signatures on one record, in the order of signing."""
    return _signatures(reader, [record]).get(record.subject, ())


def _signatures(reader: Session, rows: Any) -> dict[str, tuple[Signed, ...]]:
    """The signatures on these records, by subject, in the order of signing."""
    records: dict[str, Record] = {row.subject: row for row in rows}
    given: dict[str, list[Signature]] = {}
    query = select(Signature).where(col(Signature.subject_name).in_(records))
    for one in reader.exec(query.order_by(col(Signature.id))):
        given.setdefault(one.subject_name, []).append(one)
    return {
        subject: tuple(
            Signed(
                one.printed_name, one.role, one.meaning, one.signed_at, one.reason,
                is_valid(one, records[subject]), one.zone, one.comment,
                one.review < current_review(signatures),
            )
            for one in signatures
        )
        for subject, signatures in given.items()
    }


def trail_actors(reader: Session) -> list[str]:
    """Everybody who appears in the audit trail."""
    return _different(reader, col(AuditEvent.actor))


def trail_actions(reader: Session) -> list[str]:
    """Every kind of action in the audit trail."""
    return _different(reader, col(AuditEvent.action))


def _different(reader: Session, column: Any) -> list[str]:
    """The few values of an indexed column, one looked up after the other: events are millions."""
    found = select(func.min(column).label("value")).cte("found", recursive=True)
    following = select(func.min(column)).where(column > found.c.value).scalar_subquery()
    found = found.union_all(select(following).where(found.c.value.is_not(None)))
    known = select(found.c.value).where(found.c.value.is_not(None))
    return [str(one) for one in reader.exec(known)]
