"""The facts of known anomalies: every problem report of the device, advisories that affect it."""

from collections import Counter

from sqlmodel import Session

from records.problem_reports import FIXED, KNOWN_ANOMALY, OPEN, TO_FIX, ProblemReport
from records.product import Device, ModelVersion
from records.supplied_software import AFFECTED, PATCH_PLANNED, list_triages
from records.supplied_software import OPEN as UNDECIDED
from regulatory.documents.anomaly_facts import AnomalyEntry, KnownAnomaliesFacts
from regulatory.documents.registry import KNOWN_ANOMALIES
from regulatory.documents.wording import instant
from regulatory.gathering.bill_of_materials import version_of
from regulatory.gathering.change_log import problems_of
from regulatory.gathering.edition import Basis, edition_of, name_of, signed_on, trace
from regulatory.gathering.soup_list import advisory_entries


def gather_anomalies(session: Session, basis: Basis) -> KnownAnomaliesFacts:
    """Problem reports of every version of the device, those that stay apart from those gone."""
    found = problems_of(session, basis.device)
    entries = anomaly_entries(session, basis.device)
    affecting = list_triages(session, UNDECIDED, AFFECTED, PATCH_PLANNED)
    version, released = version_of(session, basis)
    counted = Counter(one.status for one in entries)
    return KnownAnomaliesFacts(
        edition=edition_of(KNOWN_ANOMALIES, basis),
        traces=(
            *(trace(section, "problem reports of the device", [one for one, _ in found])
              for section in ("1", "2", "4")),
            trace("5", "advisories that affect a component or wait", affecting),
        ),
        newest=name_of(version) if version else None,
        newest_words="" if version is None else "released last" if released
        else "the newest on record; none is released",
        anomalies=tuple(one for one in entries if one.status != FIXED),
        fixed=tuple(one for one in entries if one.status == FIXED),
        advisories=advisory_entries(affecting),
        counted={said: counted[said] for said in (OPEN, KNOWN_ANOMALY, TO_FIX, FIXED)},
    )  # fmt: skip


def anomaly_entries(
    session: Session, device: Device, version: ModelVersion | None = None
) -> tuple[AnomalyEntry, ...]:
    """The problem reports of a device as documents tell them; of one version where it is named."""
    return tuple(
        _entry(session, one, name) for one, name in problems_of(session, device)
        if version is None or one.model_version_id == version.id
    )


def _entry(session: Session, one: ProblemReport, version: str) -> AnomalyEntry:
    return AnomalyEntry(
        one.label, version, ModelVersion.label_of(one.model_version_id), one.words, one.severity,
        f"{instant(one.reported_at)} by {one.reported_by}", one.status, one.risk_evaluation,
        one.rationale, f"{instant(one.decided_at)} by {one.decided_by}" if one.decided_at else "",
        one.fixed_in, signed_on(session, one),
    )
