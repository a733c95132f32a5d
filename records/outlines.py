"""Where a structure truly lies, as it is on record: outlines, or boxes."""

from datetime import date

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from records.cases import OUTLINE, ReferenceStandard, Study
from records.definition import TaskDefinition
from records.deletions import deleted_digests
from records.reference_kinds import FINAL
from records.truth import first_of_source, standing


def outlined_structure(task: TaskDefinition) -> str:
    """What the outlines of a device go around: what it outlines, or the region that it is given."""
    return task.finding if task.radiomics is None else task.radiomics.region


def known_outlines(
    session: Session, structure: str, *, until: date, on: date | None = None
) -> dict[int, tuple[str, date]]:
    """By study, the true outline of a structure as known by a day: its SHA-256 in the vault, and
    the day on which the first one became known. The newest version that is final; none that was
    withdrawn, and none that went with its image. on: only of studies of which something became
    known that very day."""
    gone = deleted_digests(session, "image")
    query = (
        select(
            ReferenceStandard.study_id, ReferenceStandard.region,
            first_of_source(ReferenceStandard),
        )
        .where(
            ReferenceStandard.source == f"{OUTLINE} of {structure}",
            ReferenceStandard.region != "", ReferenceStandard.state == FINAL,
            standing(ReferenceStandard, until),
        )
    )
    if on is not None:
        told = aliased(ReferenceStandard)
        of_day = select(told.study_id).where(told.known_on == on)
        query = query.where(col(ReferenceStandard.study_id).in_(of_day))
    return {
        study: (region, known_on)
        for study, region, known_on in session.exec(query) if region not in gone
    }


def regions_of(session: Session, structure: str, kind: str = OUTLINE) -> dict[str, tuple[str, str]]:
    """By pseudonymous study UID, where a structure truly lies, as outline or as boxes: the SHA-256
    in the vault, and the label of the record that names it. Of several versions the newest; none
    that was withdrawn."""
    source = f"{kind} of {structure}"
    query = (
        select(Study.study_uid, ReferenceStandard.region, ReferenceStandard.id)
        .join(ReferenceStandard, col(ReferenceStandard.study_id) == Study.id)
        .where(
            ReferenceStandard.source == source, ReferenceStandard.region != "",
            ReferenceStandard.state == FINAL, standing(ReferenceStandard, None),
        )
    )
    return {
        uid: (region, ReferenceStandard.label_of(int(number or 0)))
        for uid, region, number in session.exec(query)
    }
