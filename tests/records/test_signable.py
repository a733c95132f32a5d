"""Every class that is signed: a change of what was signed voids, and no signature is moved."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from records.awareness import AwarenessCandidate
from records.base import Record
from records.capas import CAPA
from records.capas import WORDS as CAPA_STEPS
from records.clearances import Clearance
from records.complaints import Complaint
from records.day_overrides import DayOverride
from records.deletions import Deletion
from records.field_actions import FieldAction
from records.field_notices import FieldActionCheck
from records.form_versions import FormVersion
from records.go_lives import GoLive
from records.incidents import AwarenessFact, CandidateScreening, GoverningFact, Incident
from records.lifecycle import SIGNED_WHILE
from records.no_capas import NoCAPA
from records.people import Meaning, find_actor
from records.problem_reports import ProblemReport
from records.product import Device
from records.quality import ChangeRequest, Document
from records.regime_decisions import RegimeDecision
from records.reportabilities import ClockInstance, Reportability, ReportabilityDecision
from records.risk import RiskFile, RiskReview
from records.rollbacks import Rollback
from records.rollouts import Rollout
from records.rule_set_approvals import RuleSetApproval
from records.security_screenings import SecurityScreening
from records.settings import Workspace
from records.signatures import counting, is_valid, sign, signatures_on
from records.store import Store, open_store
from records.supplied_software import SoupReview, VulnerabilityTriage
from records.surveillance import Alert, Revalidation
from records.suspensions import Resumption, Suspension
from records.tables import RECORDS
from records.trends import TrendDecision
from records.verify import verify_records
from tests.dashboards.small_workspace import BEGIN, PASSWORD, TODAY, populate
from tests.records.one_of_each import add_risks, add_trend

SIGNABLE: dict[type[Record], dict[str, Any]] = {
    Device: {"name": "other", "revision": 9, "definition_digest": "0" * 64},
    ChangeRequest: {
        "title": "other", "description": "other", "reason": "other", "model_version_id": 2,
        "assessment": {"all_met": False}, "affected_items": ["other"], "risk_review": "other",
        "verification_plan": "other",
    },
    Deletion: {
        "kind": "quarantine", "items": ["x"], "grounds": "other", "rule": "other",
        "periods_version": 9, "proposed_by": "other", "proposed_role": "other",
    },
    Document: {"number": "other", "version": 9, "facts_digest": "0" * 64, "gaps": []},
    Alert: {
        "plan_id": 2, "chart_point_id": 2, "chart": "other", "site": "other", "severity": "other",
        "summary": "other", "evidence": {"n": 9}, "raised_at": BEGIN, "acknowledged_by": "other",
        "acknowledged_at": BEGIN, "root_cause": "other", "disposition": "other", "action": "other",
        "closed_by": "other",
    },
    Revalidation: {
        "alert_id": None, "model_version_id": 2, "site": "other", "trigger": "other",
        "period_from": BEGIN.date(), "period_to": BEGIN.date(), "comparison": {"n": 9},
        "outcome": "other", "conclusion": "other", "verdict": "passed", "judgement": {"n": 9},
        "revalidated_at": BEGIN,
    },
    Suspension: {
        "device_id": 2, "model_version_id": 2, "site": "other", "revalidation_id": None,
        "grounds": "other", "rule": "other", "proposed_by": "other", "proposed_at": BEGIN,
    },
    Resumption: {"suspension_id": 2, "revalidation_id": 2, "grounds": "other"},
    GoLive: {
        "device_id": 2, "model_version_id": 2, "site": "other", "clinician": "other",
        "rules": {"n": 9}, "planned": {"n": 9}, "started_at": BEGIN, "verdict": "passed",
        "judgement": {"n": 9}, "judged_at": BEGIN, "proposed_by": "other",
    },
    Rollout: {
        "change_request_id": 2, "stages": [1], "rule": {"n": 9}, "way_back": "other",
        "proposed_by": "other",
    },
    Rollback: {
        "device_id": 2, "change_request_id": 2, "site": "other", "from_deployment_id": 2,
        "to_deployment_id": 2, "grounds": "other",
    },
    Clearance: {
        "device_id": 2, "model_version_id": 2, "authority": "other", "number": "other",
        "cleared_on": BEGIN.date(),
    },
    CAPA: {
        "device_id": 2, "source": "other", "opened_by": "other", "opened_at": BEGIN,
        **dict.fromkeys(("problem", *CAPA_STEPS), "other"), "criterion": {"n": 9},
        "links": ["ALT-0001"], "implemented_by": "other", "implemented_at": BEGIN,
        "effectiveness": {"n": 9}, "closed_as": "other", "external_number": "Q-9",
    },
    NoCAPA: {
        "device_id": 2, "source": "other", "grounds": "other", "decided_by": "other",
        "decided_at": BEGIN,
    },
    Complaint: {
        "device_id": 2, "words": "other", "channel": "form", "received_by": "other",
        "received_at": BEGIN, "event_from": BEGIN.date(), "event_to": BEGIN.date(),
        "involved": ["STU-0009"], "harm": "DEATH", "harm_grounds": "other", "codes": [{"n": 9}],
        "investigated": True, "investigation": "other", "elements": {"n": 9}, "conclusion": "other",
    },
    Incident: {
        "device_id": 2, "complaint_id": None, "candidate_id": 2, "site": "other", "words": "other",
        "event_from": BEGIN.date(), "event_to": BEGIN.date(), "harm": "DEATH", "codes": [{"n": 9}],
        "conclusion": "other",
    },
    GoverningFact: {
        "incident_id": 2, "fact_id": 2, "set_aside": ["AWF-0009"], "grounds": "other",
        "decided_by": "other", "decided_at": BEGIN,
    },
    CandidateScreening: {
        "candidate_id": 2, "incident": True, "grounds": "other", "decided_by": "other",
        "decided_at": BEGIN,
    },
    DayOverride: {
        "key": "other", "computed": BEGIN.date(), "legal_day": BEGIN.date(), "citation": "other",
        "day": BEGIN.date(), "beyond_law": True, "grounds": "other", "decided_by": "other",
        "decided_at": BEGIN,
    },
    SecurityScreening: {
        "about": "other", "incident_id": 2, "grounds": "other", "decided_by": "other",
        "decided_at": BEGIN,
    },
    ReportabilityDecision: {
        "reportability_id": 2, "clock_instance_id": 2, "decision": "other", "against_rules": True,
        "grounds": "other", "decided_by": "other", "decided_at": BEGIN,
    },
    FormVersion: {
        "device_id": 2, "about": "other", "form": "other", "edition": "other",
        "form_digest": "1" * 64, "reference": "other", "version": 9, "follows_id": 1,
        "digest": "1" * 64, "missing": [{"n": 9}], "unknown": [{"n": 9}], "faults": [{"n": 9}],
    },
    FieldAction: {
        "device_id": 2, "kind": "removal", "versions": ["MDV-0009"], "since": BEGIN.date(),
        "scope": [{"n": 9}], **dict.fromkeys(
            ("reason", "risk", "actions", "advice", "timetable", "notice", "criterion"), "other"
        ), "act_by": BEGIN.date(), "remind_after": 9, "languages": ["fr"],
        "incidents": ["INC-0009"], "ties": ["CAPA-0009"], "opened_by": "other", "opened_at": BEGIN,
    },
    FieldActionCheck: {
        "field_action_id": 2, "totals": {"n": 9}, "result": "other", "words": "other",
        "decided_by": "other", "decided_at": BEGIN,
    },
    RuleSetApproval: {"kind": "other", "version": "9", "digest": "1" * 64, "remarks": "other"},
    RegimeDecision: {
        "change_request_id": 2, "regime": "pccp", "rule": "other", "applies": False,
        "facts": {"n": 9}, "found": {"n": 9}, "questions": [1], "said": {"n": 9},
        "answer": {"n": 9}, "result": "other", "override": {"n": 9}, "settled": {"n": 9},
        "rationale": "other", "compared_with": "other", "rule_version": "9", "rule_sets": [1],
    },
    RiskFile: {
        "device_id": 2, "device_name": "other", "version": 9, "content": {"n": 9},
        "content_digest": "1" * 64, "recorded_by": "other",
    },
    RiskReview: {
        "risk_file_id": 2, "period_from": BEGIN.date(), "period_to": BEGIN.date(), "studies": 9,
        "rows": [1], "new_hazards": [1], "conclusion": "other", "made_by": "other",
        "made_at": BEGIN,
    },
    SoupReview: {
        "lock_digest": "1" * 64, "list_digest": "1" * 64, "components": 9, "gaps": [1],
        "conclusion": "other", "reviewed_by": "other", "reviewed_at": BEGIN,
    },
    TrendDecision: {
        "look_id": 2, "proposed": {"n": 9}, "benefit_risk_significant": True,
        "unacceptable_risk": True, "outcome": "other", "against_rules": True, "answer": {"n": 9},
        "grounds": "other", "next_look_on": BEGIN.date(), "internal_due": BEGIN.date(),
        "decided_by": "other", "decided_at": BEGIN,
    },
    VulnerabilityTriage: {
        "component": "other", "version": "9", "advisory": "other", "affected_range": "other",
        "severity": "other", "decision": "other", "justification": "other", "words": "other",
    },
    ProblemReport: {
        "model_version_id": 2, "words": "other", "severity": "other", "risk_evaluation": "other",
        "decision": "other", "rationale": "other", "fixed_in": "other",
    },
}  # fmt: skip
"""Each signable class with another value for each field that its signature covers."""

REFERRING = (
    "model_version_id", "device_id", "revalidation_id", "suspension_id", "change_request_id",
    "from_deployment_id", "to_deployment_id", "incident_id", "fact_id", "reportability_id",
    "clock_instance_id", "risk_file_id", "look_id", "field_action_id", "follows_id",
)
"""Fields that name another record, of which there is one."""

FIELDS = [(kind, field) for kind, fields in SIGNABLE.items() for field in fields]


def add_change_control(tx: Any) -> None:
    """One of each record of regimes, risks and the software of others that is signed."""
    tx.add(RuleSetApproval(kind="rules", version="1", digest="0" * 64, remarks="",
                           approved_by="demo.regulatory", approved_at=TODAY))  # fmt: skip
    tx.add(RegimeDecision(
        change_request_id=1, regime="udi", rule="R-CHG-UDI", applies=True, facts={}, found={},
        questions=[], said={}, answer={}, result="NO_NEW_UDI", override={}, settled={},
        rationale="nothing changes", compared_with="MDV-0001", rule_version="1", rule_sets=[],
        assessed_by="demo.regulatory", assessed_at=TODAY,
    ))
    add_risks(tx, TODAY)
    add_trend(tx, TODAY)
    tx.flush()


def add_events(tx: Any) -> None:
    """One of each record of complaints and incidents that is signed."""
    by = {"recorded_by": "demo.regulatory", "recorded_at": TODAY}
    decided = {"grounds": "x", "decided_by": "demo.regulatory", "decided_at": TODAY}
    for occasion in ("alert raised", "alert closed"):
        tx.add(AwarenessCandidate(alert_id=1, device_id=1, site="n", occasion=occasion, grounds="x",
                                  words="x", known_at=TODAY, recorded_at=TODAY))  # fmt: skip
    tx.add(Complaint(device_id=1, words="x", channel="letter", received_by="ada",
                     received_at=TODAY, **by))  # fmt: skip
    tx.flush()
    tx.add(Incident(device_id=1, complaint_id=1, site="n", words="x", opened_by="ada",
                    opened_at=TODAY))  # fmt: skip
    tx.flush()
    tx.add(AwarenessFact(incident_id=1, person="x", person_class="ANY_EMPLOYEE", known_at=TODAY,
                         zone="UTC", how="x", **by))  # fmt: skip
    tx.add(Reportability(incident_id=1, jurisdiction="US", opened_at=TODAY))
    tx.flush()
    tx.add(ClockInstance(reportability_id=1, version=1, rule_ids=[], facts={}, answer={}, clocks=[],
                         rule_version="1", primary_text_checked=False, grounds="x",
                         assessed_by="ada", assessed_at=TODAY))  # fmt: skip
    tx.add_all([
        FormVersion(
            device_id=1, about="INC-0001", form="MIR", edition="7.3.1", form_digest="0" * 64,
            reference="INC-0001", version=1, digest="0" * 64, facts_digest="0" * 64, missing=[],
            unknown=[], faults=[], changed=[], sources={}, filled_by="ada", filled_at=TODAY,
        ),
        FieldAction(
            device_id=1, kind="correction", versions=["MDV-0001"], reason="x", risk="x",
            actions="x", advice="x", timetable="x", notice="x", criterion="x", languages=["de"],
            scope=[{"site": "north", "version": "MDV-0001", "name": "V1", "modes": ["live"],
                    "from": "2026-01-05T08:00:00+00:00", "until": ""}],
            remind_after=14, opened_by="demo.regulatory", opened_at=TODAY,
        ),
    ])  # fmt: skip
    tx.flush()
    tx.add(FieldActionCheck(field_action_id=1, totals={}, result="effective", words="x",
                            decided_by="ada", decided_at=TODAY))  # fmt: skip
    tx.add(GoverningFact(incident_id=1, fact_id=1, **decided))
    tx.add(CandidateScreening(candidate_id=1, incident=False, **decided))
    tx.add(ReportabilityDecision(reportability_id=1, decision="reportable", **decided))
    tx.add(DayOverride(key="RPB-0001", computed=TODAY.date(), citation="x", day=TODAY.date(),
                       **decided))  # fmt: skip
    tx.add(SecurityScreening(about="NTC-0001", **decided))
    tx.flush()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One device, change and document that the quality manager signed, and a second of each."""
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(opened)
    with opened.transaction("demo.regulatory", "it ended", now=TODAY) as tx:
        tx.add(Deletion(kind="image", items=[], grounds="it ended", rule="?", periods_version=1,
                        proposed_by="demo.regulatory", proposed_role="regulatory",
                        proposed_at=TODAY))  # fmt: skip
        tx.add(Suspension(device_id=1, model_version_id=1, site="north clinic", revalidation_id=1,
                          grounds="it fell", proposed_by="service:surveillance", proposed_at=TODAY))
        tx.flush()
        tx.add(Resumption(suspension_id=1, revalidation_id=1, grounds="gain set back",
                          proposed_by="demo.regulatory", proposed_at=TODAY))  # fmt: skip
        tx.add(GoLive(device_id=1, model_version_id=1, site="north clinic", clinician="bob",
                      rules={}, planned={}, proposed_by="demo.regulatory",
                      proposed_at=TODAY))  # fmt: skip
        tx.add(Rollout(change_request_id=1, stages=[], rule={}, way_back="to the one before",
                       proposed_by="demo.regulatory", proposed_at=TODAY))  # fmt: skip
        tx.add(Rollback(device_id=1, change_request_id=1, site="north clinic",
                        from_deployment_id=1, to_deployment_id=1, grounds="it fell",
                        rolled_back_by="demo.regulatory", rolled_back_at=TODAY))  # fmt: skip
        tx.add(Clearance(device_id=1, model_version_id=1, authority="FDA", number="K1",
                         cleared_on=TODAY.date(), recorded_by="demo.regulatory",
                         recorded_at=TODAY))  # fmt: skip
        tx.add(CAPA(device_id=1, source="RVL-0001", problem="it fell", opened_by="demo.regulatory",
                    opened_at=TODAY))  # fmt: skip
        tx.add(NoCAPA(device_id=1, source="ALT-0001", grounds="chance", decided_at=TODAY,
                      decided_by="demo.regulatory"))  # fmt: skip
        add_events(tx)
        add_change_control(tx)
    with opened.transaction("demo.quality", "read", now=TODAY) as tx:
        for kind in SIGNABLE:
            row = tx.get_one(kind, 1)
            sign(tx, row, signer=find_actor(tx, "demo.quality"), password=PASSWORD,
                 meaning=Meaning.RELEASE, reason="read", now=TODAY)  # fmt: skip
    with opened.transaction("demo.engineer", "another", now=TODAY) as tx:
        for kind, fields in SIGNABLE.items():
            first = tx.get_one(kind, 1).model_dump(exclude={"id", "status"})
            if kind is ChangeRequest:
                fields = {}  # the same words about the same version: still another request
            if kind is Alert:
                fields = fields | {"plan_id": 1}  # there is no other
            fields = fields | {name: 1 for name in REFERRING if name in fields}
            tx.add(kind(**first | fields))
    yield opened
    opened.close()


def test_the_table_holds_every_class_and_field_that_is_signed() -> None:
    signed = {kind for kind in RECORDS if kind.SIGNED_FIELDS}
    assert set(SIGNABLE) == signed
    assert {kind.__name__ for kind in signed} == set(SIGNED_WHILE)
    for kind, fields in SIGNABLE.items():
        assert set(fields) == set(kind.SIGNED_FIELDS)


@pytest.mark.requirement("REG-023", "R-P11-70")
@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=lambda one: getattr(one, "__name__", one))
def test_a_change_of_any_signed_field_voids_the_signature(
    store: Store, kind: type[Record], field: str
) -> None:
    with store.reader() as reader:
        row = reader.get_one(kind, 1)
        signature = signatures_on(reader, row)[-1]
        assert is_valid(signature, row)
        setattr(row, field, SIGNABLE[kind][field])
        assert not is_valid(signature, row)
        assert signature not in counting(signatures_on(reader, row), row)
        reader.rollback()


@pytest.mark.requirement("REG-021", "R-P11-70")
@pytest.mark.parametrize("kind", SIGNABLE)
@pytest.mark.parametrize("other", SIGNABLE)
def test_a_signature_that_is_copied_elsewhere_is_invalid(
    store: Store, kind: type[Record], other: type[Record]
) -> None:
    with store.reader() as reader:
        signature = signatures_on(reader, reader.get_one(kind, 1))[-1]
        for number in (1, 2):
            row = reader.get_one(other, number)
            assert is_valid(signature, row) is (row.subject == signature.subject_name)


@pytest.mark.requirement("REG-021", "R-P11-70")
@pytest.mark.parametrize("kind", SIGNABLE)
def test_a_copied_row_is_found_and_counts_for_nothing(
    store: Store, kind: type[Record]
) -> None:
    columns = ("signed_fields, subject_digest, signer_id, printed_name, role, meaning, reason, "
               "signed_at, zone, comment, review")  # fmt: skip
    with store.engine.connect() as raw, raw.begin() as undone:
        raw.execute(
            text(f"INSERT INTO signature (subject_name, {columns}) SELECT :copy, {columns} "  # noqa: S608
                 "FROM signature WHERE subject_name = :signed AND meaning = 'release'"),
            {"signed": f"{kind.__name__}:1", "copy": f"{kind.__name__}:2"},
        )  # fmt: skip
        from sqlmodel import Session

        with Session(bind=raw) as reader:
            second = reader.get_one(kind, 2)
            (copied,) = signatures_on(reader, second)
            assert counting([copied], second) == []
            assert verify_records(reader).findings == (
                f"{copied.subject} was added without an audit event",
            )
        undone.rollback()
