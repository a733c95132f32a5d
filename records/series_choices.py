"""Which image of which series was read of a study, or why none was: recorded before it is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, func, select

from records.base import Record
from records.cases import Instance, Prediction


class SeriesChoice(Record, table=True):
    """What is read of a study by a version: as its rules chose, or the first image of several."""

    __tablename__ = "series_choice"
    PREFIX: ClassVar[str] = "SRC"

    id: int | None = Field(default=None, primary_key=True)
    study_id: int = Field(foreign_key="study.id", index=True)
    model_version_id: int = Field(foreign_key="model_version.id")
    instance_id: int | None = Field(default=None, foreign_key="instance.id")
    """The image that is read; None where none is."""
    reason: str
    findings: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """Each series with its facts, whether it was chosen, and why; empty without rules."""
    definition_digest: str
    """SHA-256 of the definition whose rules these were."""
    chosen_at: datetime


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice before it is recorded."""

    study_id: int
    instance_id: int | None
    reason: str
    findings: Sequence[dict[str, Any]]


def record_choices(
    tx: Session, found: Sequence[Chosen], *, version_id: int, definition_digest: str, now: datetime
) -> int:
    """Record what was chosen; a choice that is the one before it again is not. How many are new."""
    fresh, made = [], _last_choices(tx, [one.study_id for one in found], version_id)
    for one in found:
        last = made.get(one.study_id)
        before = (last.instance_id, last.findings, last.definition_digest) if last else None
        same = before == (one.instance_id, list(one.findings), definition_digest)
        if not same or (one.instance_id is None and last and last.reason != one.reason):
            fresh.append(SeriesChoice(
                study_id=one.study_id, model_version_id=version_id, instance_id=one.instance_id,
                reason=one.reason, findings=list(one.findings),
                definition_digest=definition_digest, chosen_at=now,
            ))  # fmt: skip
    tx.add_all(fresh)
    tx.flush()
    return len(fresh)


def _last_choices(
    reader: Session, study_ids: Sequence[int], version_id: int
) -> dict[int, SeriesChoice]:
    newest = (
        select(func.max(SeriesChoice.id))
        .where(
            SeriesChoice.model_version_id == version_id, col(SeriesChoice.study_id).in_(study_ids)
        )
        .group_by(col(SeriesChoice.study_id))
    )
    found = reader.exec(select(SeriesChoice).where(col(SeriesChoice.id).in_(newest)))
    return {one.study_id: one for one in found}


def last_choice(
    reader: Session, study_id: int, version_id: int | None = None
) -> SeriesChoice | None:
    """What was chosen of a study last, for a version or for any; None where no rule chooses."""
    query = select(SeriesChoice).where(SeriesChoice.study_id == study_id)
    if version_id is not None:
        query = query.where(SeriesChoice.model_version_id == version_id)
    return reader.exec(query.order_by(col(SeriesChoice.id).desc())).first()


def images_read(reader: Session, reading: Prediction) -> list[Instance]:
    """The images that a reading is of, which a result names.

    The one on record as chosen. Without such a record the study had one image when it was read:
    that is the first, whatever came later.
    """
    query = select(Instance).where(Instance.study_id == reading.study_id).order_by(col(Instance.id))
    chosen = last_choice(reader, reading.study_id, reading.model_version_id)
    if chosen is not None and chosen.instance_id is not None:
        query = query.where(Instance.id == chosen.instance_id)
    return list(reader.exec(query.limit(1)))
