"""What stands in the way of a release beside its criteria: claims, anomalies, traces, SOUP."""

from datetime import datetime

from sqlmodel import Session

from records.owed_work import OwedWork
from records.permissions import Action
from records.problem_reports import ProblemReport, open_anomalies
from records.product import Device, ModelVersion
from records.supplied_software import AFFECTED, OPEN, PATCH_PLANNED, list_triages
from records.work_steps import roles_of
from regulatory.claims import claim_gaps
from regulatory.new_hazards import owed_new_hazards
from regulatory.soup import soup_gaps
from regulatory.trace_matrix import trace_gaps


def release_gaps(reader: Session, device: Device, version: ModelVersion) -> list[str]:
    """A sentence for each thing that forbids the release of a version; empty where nothing does.

    An anomaly that nobody evaluated always does (IEC 62304, 5.8.2), and so does a claim of the
    label that a locked test contradicts. Gaps of the matrix and of the
    list of software of others do where the device's definition says ``traceability: required``.
    """
    gaps = claim_gaps(reader, version) + [
        f"{one.label} is open: nobody has evaluated it ('radvigil problem decide')"
        for one in open_anomalies(reader, version)
    ]
    if device.definition.get("traceability") == "required":
        gaps += [*trace_gaps(reader, device.name), *soup_gaps(reader)]
    return gaps


def owed_risk_work(reader: Session, now: datetime) -> list[OwedWork]:
    """What is owed of problems, advisories and new hazards.

    Which affected components are screened as possible incidents (REG-105) is told by
    records/security_screenings.py.
    """
    from records.lookup import list_records

    assess = roles_of(Action.ASSESS_SUPPLIED_SOFTWARE)
    decide = roles_of(Action.DECIDE_PROBLEM)
    rows = [
        OwedWork(one.label, "vulnerability", f"decide on {one.advisory} of {one.component}",
                 assess, one.due_on, "FD&C Act 524B(b)(1)", one.opened_at)
        for one in list_triages(reader, OPEN)
    ] + [
        OwedWork(one.label, "vulnerability", f"resolve {one.advisory} of {one.component}",
                 assess, None, "FD&C Act 524B(b)(2)", one.decided_at or one.opened_at)
        for one in list_triages(reader, AFFECTED, PATCH_PLANNED)
    ]  # fmt: skip
    return rows + owed_new_hazards(reader, now) + [
        OwedWork(one.label, "problem", "evaluate the risk and decide whether it is fixed", decide,
                 None, "IEC 62304 5.8.2, 9", one.reported_at)
        for one in list_records(reader, ProblemReport) if one.status == OPEN
    ]  # fmt: skip
