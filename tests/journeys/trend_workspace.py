"""A quarter of one device with exposure, incidents and complaints, written as rows."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from records.base import digest_of
from records.cases import Prediction, Study
from records.complaints import Complaint, ComplaintLink
from records.incidents import Incident
from records.product import Device
from records.reportabilities import ClockInstance, Reportability
from records.surveillance import MonitoringPlan
from tests.records.test_trend_rules import PLAN

APRIL = datetime(2026, 4, 10, 9, tzinfo=UTC)
JULY = datetime(2026, 7, 2, 9, tzinfo=UTC)
BY = {"recorded_by": "demo.quality", "recorded_at": APRIL}
MISSED = [{"category": "finding missed"}]


def add_quarter(
    tx: Session, *, missed: int, studies: int = 40, plan: dict[str, Any] | None = None,
    effective: datetime = datetime(2026, 1, 6, tzinfo=UTC),
) -> None:
    """A plan in force since January, studies read in April, incidents that are not serious."""
    device = tx.get_one(Device, 1)
    section = deepcopy(PLAN) | {"minimum_exposure": 20, "report_within_days": 15} | (plan or {})
    section["categories"] = deepcopy(PLAN["categories"][:1])
    section["categories"][0]["baseline"]["rate"] = 0.02
    content = device.definition["monitoring_plan"] | {"trend": section}
    tx.add(MonitoringPlan(device_id=1, content=content, content_digest=digest_of(content),
                          effective_at=effective))  # fmt: skip
    read = [
        Study(study_uid=f"2.25.{number}", patient=f"P{number // 2}", site_id=1, purpose="clinical",
              arrived_on=APRIL.date(), received_at=APRIL, rows=64, columns=64)
        for number in range(studies)
    ]  # fmt: skip
    tx.add_all(read)
    tx.flush()
    tx.add_all(
        Prediction(study_id=one.id or 0, model_version_id=1, score=0.9, decision=True,
                   out_of_distribution=0.1, returned_to_care=True, predicted_at=APRIL)
        for one in read
    )  # fmt: skip
    for _ in range(missed):
        add_incident(tx)


def add_incident(tx: Session, said: dict[str, Any] | None = None, **more: Any) -> Incident:
    """An incident from a screened complaint; ``said``: what the EU rules said of it."""
    complaint = Complaint(device_id=1, words="one was missed", channel="letter",
                          received_by="support", received_at=APRIL, **BY)
    tx.add(complaint)
    tx.flush()
    values = {"harm": "NONE", "codes": MISSED, "opened_at": APRIL + timedelta(days=2)} | more
    one = Incident(device_id=1, complaint_id=complaint.id, site="north hospital", words="missed",
                   opened_by="demo.quality", **values)  # fmt: skip
    tx.add(one)
    tx.flush()
    assess(tx, one, {"incident": True, "serious_incident": False} if said is None else said)
    return one


def assess(tx: Session, one: Incident, said: dict[str, Any]) -> None:
    """What the EU rules say of an incident, as an instance that stands."""
    if not said:
        return
    row = Reportability(incident_id=one.id or 0, jurisdiction="EU", opened_at=APRIL)
    tx.add(row)
    tx.flush()
    tx.add(ClockInstance(reportability_id=row.id or 0, version=1, rule_ids=[], facts={},
                         answer=said, clocks=[], rule_version="1", primary_text_checked=False,
                         grounds="x", assessed_by="demo.regulatory", assessed_at=APRIL))
    tx.flush()


def link_as_duplicates(tx: Session, one: Incident, other: Incident) -> None:
    """A person's word that the complaint of one tells of the same as that of the other."""
    tx.add(ComplaintLink(complaint_id=one.complaint_id or 0, other_id=other.complaint_id or 0,
                         kind="duplicate", grounds="the same study", linked_by="demo.quality",
                         linked_at=APRIL))  # fmt: skip
    tx.flush()
