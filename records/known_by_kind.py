"""What is known of each study that a version read, by every way that it is known, side by side.

One row a study in operation: what the version said, and the finding by the text of its report, by
later verification (histology, follow-up, panels), and by adjudication with the probability of
having been drawn. A withdrawn or preliminary statement says nothing; of each source the newest
version that was known by the day counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import select as columns_of
from sqlmodel import Session, col, select

from records.cases import Prediction, ReferenceStandard, Study
from records.product import ModelVersion, Site
from records.reference_kinds import FINAL, REPORT_TEXT, TruthRule
from records.reports import CANCELLED, RadiologyReport
from records.truth import counting, first_of_source, rule_of, standing, strength

NO_OUTPUT: Final = "no output"
NAMED, NOT_NAMED, NO_REPORT = "report names it", "report does not name it", "no report"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A study that could be drawn for adjudication: its stratum, the probability of being drawn and
    told, and what was agreed on (None: not drawn, or not told)."""

    stratum: str
    probability: float
    agreed: bool | None


NOT_DRAWABLE: Final = Drawn("", 0.0, None)


@dataclass(frozen=True, slots=True)
class KnownStudy:
    """One study with what a version said of it and how its finding is known; None: not so.

    returned, reported: what those who decide on follow-up had before them: the decisions that were
    returned to care, and whether the report that stands names the finding, also where it only
    suspects it. stratum, probability: of having been drawn for adjudication, of every study that
    could be.
    """

    study_id: int
    patient: str
    site: str
    arrived_on: date
    score: float | None
    decision: bool
    returned: str
    reported: str
    report: bool | None
    verified: bool | None
    adjudicated: bool | None
    stratum: str
    probability: float | None


def known_studies(
    session: Session, version: ModelVersion, *, finding: str, since: date | None = None,
    until: date | None = None, known_until: date | None = None,
    drawn: Mapping[int, Drawn] | None = None,
) -> list[KnownStudy]:  # fmt: skip
    """Every study in operation that the version read in the days asked for, in order of study.

    finding: of which the truth is asked. known_until: hides what became known later. drawn: by
    study, those that could be drawn for adjudication.
    """
    read = _read(session, version, since, until)
    asked = (
        select(Prediction.study_id)
        .join(Study, col(Study.id) == Prediction.study_id)
        .where(Prediction.model_version_id == version.id, Study.purpose == "clinical")
    )
    said = _returned(session, asked)
    reports = _reported(session, asked, finding)
    verified = _verified(session, asked, finding, rule_of(session, version), known_until)
    by_report = _by_report(session, asked, finding, known_until)
    found = []
    for study_id, patient, site, arrived_on, score, decision in read:
        chance = (drawn or {}).get(study_id, NOT_DRAWABLE)
        found.append(KnownStudy(
            study_id, patient, site, arrived_on, score, bool(decision),
            said.get(study_id, NO_OUTPUT), reports.get(study_id, NO_REPORT),
            by_report.get(study_id), verified.get(study_id), chance.agreed, chance.stratum,
            None if chance is NOT_DRAWABLE else chance.probability,
        ))  # fmt: skip
    return found


def _read(
    session: Session, version: ModelVersion, since: date | None, until: date | None
) -> list[Any]:
    query = (
        columns_of(
            Study.id, Study.patient, Site.name, Study.arrived_on, Prediction.score,  # type: ignore[call-overload]
            Prediction.decision,
        )
        .join(Study, Study.id == Prediction.study_id)
        .join(Site, Site.id == Study.site_id)
        .where(Prediction.model_version_id == version.id, Study.purpose == "clinical")
        .order_by(Study.id)
    )
    if since is not None:
        query = query.where(Study.arrived_on >= since)
    if until is not None:
        query = query.where(Study.arrived_on <= until)
    return list(session.execute(query))


def _returned(session: Session, asked: Any) -> dict[int, str]:
    """By study, the decisions that went back to care: clinicians had them before their eyes."""
    query = (
        select(Prediction.study_id, Prediction.decision)
        .where(col(Prediction.study_id).in_(asked), col(Prediction.returned_to_care))
        .order_by(col(Prediction.study_id), col(Prediction.id))
    )
    found: dict[int, str] = {}
    for study_id, decision in session.exec(query):
        word = "flagged" if decision else "not flagged"
        found[study_id] = f"{found[study_id]}, {word}" if study_id in found else word
    return found


def _reported(session: Session, asked: Any, finding: str) -> dict[int, str]:
    """By study, whether the newest version of its report names the finding; a withdrawn one not."""
    query = (
        select(RadiologyReport.study_id, RadiologyReport.status, RadiologyReport.findings)
        .where(col(RadiologyReport.study_id).in_(asked))
        .order_by(col(RadiologyReport.version), col(RadiologyReport.id))
    )
    found: dict[int, str] = {}
    for study_id, status, findings in session.exec(query):
        if status == CANCELLED:
            found[study_id] = NO_REPORT
            continue
        said = findings.get(finding)
        word = said.get("said", "") if isinstance(said, dict) else said
        found[study_id] = NAMED if word in ("present", "uncertain") else NOT_NAMED
    return found


def _verified(
    session: Session, asked: Any, finding: str, rule: TruthRule, by: date | None
) -> dict[int, bool]:
    """By study, what the strongest kind that counts says of the finding (:mod:`records.truth`)."""
    query = (
        _statements(asked, finding, by)
        .where(counting(ReferenceStandard, rule))
        .order_by(
            strength(ReferenceStandard, rule), first_of_source(ReferenceStandard),
            col(ReferenceStandard.source),
        )
    )
    found: dict[int, bool] = {}
    for study_id, present in session.exec(query):
        found.setdefault(study_id, present)
    return found


def _by_report(
    session: Session, asked: Any, finding: str, by: date | None
) -> dict[int, bool]:
    """By study, what the text of its report says of the finding."""
    query = _statements(asked, finding, by).where(
        ReferenceStandard.kind == REPORT_TEXT, ReferenceStandard.state == FINAL
    )
    return dict(session.exec(query).all())


def _statements(asked: Any, finding: str, by: date | None) -> Any:
    return (
        select(col(ReferenceStandard.study_id), col(ReferenceStandard.present))
        .join(Study, col(Study.id) == ReferenceStandard.study_id)
        .where(
            col(ReferenceStandard.study_id).in_(asked), ReferenceStandard.finding == finding,
            ReferenceStandard.region == "", standing(ReferenceStandard, by),
        )
    )
