"""Each kind of record has statuses that are data, or is never changed, or says what changes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from records.adjudication import AdjudicationCase, AdjudicationReading, AdjudicationSample
from records.alert_assignments import AlertAssignment
from records.alert_escalations import AlertEscalation
from records.append_only import CHANGED_ONLY_IN, IDENTITY, NEVER_CHANGED
from records.awareness import AwarenessCandidate
from records.base import Record
from records.checklist_answers import ChecklistAnswer
from records.clearances import Clearance
from records.complaints import Complaint, ComplaintLink
from records.day_overrides import DayOverride
from records.document_texts import DocumentText
from records.errors import Refused
from records.field_actions import FieldAction
from records.field_notices import FieldActionCheck, FieldNotice
from records.form_versions import FormVersion
from records.identity_checks import IdentityCheck
from records.incident_replays import IncidentReplay
from records.incidents import AwarenessFact, CandidateScreening, GoverningFact, Incident
from records.installation import InstallationCheck
from records.lifecycle import CHANGED_BY_ACTS, LIFECYCLES
from records.no_capas import NoCAPA
from records.plan_checks import PlanCheck
from records.planned_changes import PlannedChange
from records.product import ModelVersion
from records.regulatory_reports import RegulatoryReport
from records.renewed_references import RenewedReference
from records.reportabilities import ClockInstance, Reportability, ReportabilityDecision
from records.reports import RadiologyReport
from records.retention_facts import RetentionFact
from records.rollbacks import Rollback
from records.rollouts import Rollout, RolloutLook
from records.rule_set_approvals import RuleSetApproval
from records.security_screenings import SecurityScreening
from records.series_choices import SeriesChoice
from records.signature_policy import PolicyAcknowledgement
from records.store import Store
from records.study_corrections import StudyCorrection
from records.tables import RECORDS
from records.verify import verify_records
from records.work_reminders import WorkReminder
from tests.records.each_fact import add_each_fact
from tests.records.older_workspace import opened_older
from tests.records.one_of_each import add_risks, add_trend

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
KINDS = {str(one.__tablename__): one for one in RECORDS}
FROZEN = [(name, column.key) for name, kind in KINDS.items() if name in NEVER_CHANGED
          for column in inspect(kind).columns] + [
    (name, column) for name, columns in IDENTITY.items() for column in columns
]  # fmt: skip


def add_events(tx: Any) -> None:
    """One of each record of complaints and incidents that is never changed."""
    for words in ("one", "two"):
        tx.add(Complaint(device_id=1, words=words, channel="letter", received_by="ada",
                         received_at=NOW, recorded_by="ada", recorded_at=NOW))  # fmt: skip
    tx.flush()
    tx.add(ComplaintLink(complaint_id=1, other_id=2, kind="duplicate", grounds="x",
                         linked_by="ada", linked_at=NOW))  # fmt: skip
    tx.add(CandidateScreening(candidate_id=1, incident=False, grounds="x", decided_by="ada",
                              decided_at=NOW))  # fmt: skip
    tx.add(Incident(device_id=1, complaint_id=1, site="north", words="one", opened_by="ada",
                    opened_at=NOW))  # fmt: skip
    tx.add_all([
        FormVersion(
            device_id=1, about="INC-0001", form="MIR", edition="7.3.1", form_digest="0" * 64,
            reference="INC-0001", version=1, digest="0" * 64, facts_digest="0" * 64, missing=[],
            unknown=[], faults=[], changed=[], sources={}, filled_by="ada", filled_at=NOW,
        ),
        FieldAction(
            device_id=1, kind="correction", versions=["MDV-0001"], reason="x", risk="x",
            actions="x", advice="x", timetable="x", notice="x", criterion="x", languages=["de"],
            scope=[{"site": "north", "version": "MDV-0001", "name": "V1", "modes": ["live"],
                    "from": "2026-01-05T08:00:00+00:00", "until": ""}],
            remind_after=14, opened_by="ada", opened_at=NOW,
        ),
    ])  # fmt: skip
    tx.flush()
    tx.add(FieldNotice(field_action_id=1, site="north", step="done", happened_on=NOW.date(),
                       installations=1, recorded_by="ada", recorded_at=NOW))  # fmt: skip
    tx.add(FieldActionCheck(field_action_id=1, totals={}, result="effective", words="x",
                            decided_by="ada", decided_at=NOW))  # fmt: skip
    tx.add(AwarenessFact(incident_id=1, person="support", person_class="ANY_EMPLOYEE",
                         known_at=NOW, zone="UTC", how="call", recorded_by="ada",
                         recorded_at=NOW))  # fmt: skip
    tx.add(Reportability(incident_id=1, jurisdiction="US", opened_at=NOW))
    tx.flush()
    tx.add(GoverningFact(incident_id=1, fact_id=1, grounds="x", decided_by="ada", decided_at=NOW))
    tx.add(ClockInstance(reportability_id=1, version=1, rule_ids=[], facts={}, answer={},
                         clocks=[], rule_version="1", primary_text_checked=False, grounds="x",
                         reportable=True, work_by=NOW.date(), due_legal=NOW.date(),
                         assessed_by="ada", assessed_at=NOW))  # fmt: skip
    tx.flush()
    tx.add(ReportabilityDecision(reportability_id=1, clock_instance_id=1, decision="reportable",
                                 grounds="x", decided_by="ada", decided_at=NOW))  # fmt: skip
    tx.add(RegulatoryReport(reportability_id=1, version=1, kind="initial", changed="x",
                            content={}, rules={}, due=NOW.date(), prepared_by="ada",
                            prepared_at=NOW))  # fmt: skip
    tx.flush()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A workspace with rows of every table that the first version had."""
    store = opened_older(tmp_path_factory.mktemp("w"), NOW)
    with store.transaction("setup", "rows of tables that came later", now=NOW) as tx:
        add_risks(tx, NOW)
        add_trend(tx, NOW)
        tx.add(IdentityCheck(person_id=1, way="document-seen", evidence="form 1",
                             verified_by="ada", verified_on=NOW.date(), recorded_at=NOW))
        tx.add(PolicyAcknowledgement(person_id=1, policy_version=1, policy_digest="0" * 64,
                                     acknowledged_at=NOW))  # fmt: skip
        tx.add(InstallationCheck(checked_at=NOW, checked_by="ada", sound=True, points=[]))
        tx.add(RetentionFact(name="last_unit_placed", about="chest", value="2029-01-31",
                             evidence="letter 4", recorded_by="ada", recorded_at=NOW))
        tx.add(SeriesChoice(study_id=1, model_version_id=1, reason="a tie", findings=[],
                            definition_digest="0" * 64, chosen_at=NOW))  # fmt: skip
        tx.add(StudyCorrection(study_id=1, kind="details", attributes=["PatientName"],
                               patient_before="P1", patient_after="P1", recorded_by="ada",
                               recorded_at=NOW))  # fmt: skip
        tx.add(RadiologyReport(study_id=1, report_key="R1", origin="CSV", status="final",
                               text_digest="0" * 64, source_digest="1" * 64, findings={},
                               rules="chest 1", rules_digest="2" * 64, reported_on=NOW.date(),
                               received_at=NOW))  # fmt: skip
        tx.add(AdjudicationSample(device_id=1, model_version_id=1, kind="random", since=NOW.date(),
                                  until=NOW.date(), seed=1, design=[], drawn_by="ada",
                                  drawn_at=NOW))  # fmt: skip
        tx.add(AlertEscalation(alert_id=1, missed="close", step=1, role="regulatory", holders=[],
                               due_at=NOW, escalated_at=NOW))  # fmt: skip
        tx.add(AlertAssignment(alert_id=1, owner="ada", assigned_by="ada", assigned_at=NOW))
        tx.add(AwarenessCandidate(alert_id=1, device_id=1, site="north", occasion="alert raised",
                                  grounds="large", words="noise", known_at=NOW,
                                  recorded_at=NOW))  # fmt: skip
        tx.add(IncidentReplay(plan_id=1, site="north", period_from=NOW.date(),
                              period_to=NOW.date(), studies=[], cause="gain", charts=[],
                              conclusion="none fired", replayed_at=NOW))  # fmt: skip
        tx.add(PlannedChange(site_id=1, kind="scanner", first_day=NOW.date(), last_day=NOW.date(),
                             description="a new unit", reason="x", announced_by="ada",
                             announced_at=NOW))  # fmt: skip
        tx.add(WorkReminder(key="CAPA-0001:planned", record="CAPA-0001", kind="capa",
                            due=NOW.date(), step="on the day", holders=["ada"], routes=[],
                            reminded_at=NOW))  # fmt: skip
        tx.add(DayOverride(key="RPB-0001", computed=NOW.date(), citation="21 CFR 803",
                           day=NOW.date(), grounds="x", decided_by="ada", decided_at=NOW))
        tx.add(SecurityScreening(about="NTC-0001", grounds="a disk test", decided_by="ada",
                                 decided_at=NOW))  # fmt: skip
        tx.add(NoCAPA(device_id=1, source="ALT-0001", grounds="chance", decided_by="ada",
                      decided_at=NOW))  # fmt: skip
        tx.add(DocumentText(device_id=1, kind="psur", place="verdict", version=1, text="sound",
                            written_by="ada", printed_name="Ada", role="quality", written_at=NOW))
        tx.add(ChecklistAnswer(document_id=1, contents_digest="0" * 64, checklist_version=1,
                               question="A1", answer="yes", page="1", answered_by="ada",
                               printed_name="Ada", role="quality", answered_at=NOW))  # fmt: skip
        tx.flush()
        tx.add(Rollout(change_request_id=1, stages=[], rule={}, way_back="back", proposed_by="ada",
                       proposed_at=NOW))  # fmt: skip
        tx.add(Clearance(device_id=1, model_version_id=1, authority="FDA", number="K1",
                         cleared_on=NOW.date(), recorded_by="ada", recorded_at=NOW))  # fmt: skip
        tx.add(Rollback(device_id=1, change_request_id=1, site="north", from_deployment_id=1,
                        to_deployment_id=1, grounds="it fell", rolled_back_by="ada",
                        rolled_back_at=NOW))  # fmt: skip
        tx.flush()
        tx.add(RolloutLook(rollout_id=1, stage=1, sites=[], studies=0, verdict="not decided",
                           figures={}, looked_at=NOW))  # fmt: skip
        tx.add(RenewedReference(baseline_id=1, planned_change_id=1, n=50, prepared={},
                                grounds="truth", confirmed_by="ada", confirmed_at=NOW))  # fmt: skip
        tx.add(AdjudicationCase(sample_id=1, study_id=1, finding="pneumonia", probability=0.5,
                                position=1))  # fmt: skip
        tx.add(RuleSetApproval(kind="rules", version="1", digest="0" * 64, remarks="compared",
                               approved_by="ada", approved_at=NOW))  # fmt: skip
        tx.add(PlanCheck(change_request_id=1, model_version_id=1, inputs={}, facts={}, lines=[],
                         inputs_digest="0" * 64, result="NO_PCCP", checked_by="ada",
                         checked_at=NOW))  # fmt: skip
        tx.flush()
        tx.add(AdjudicationReading(case_id=1, actor="ada", part="first", answer="present",
                                   read_at=NOW))  # fmt: skip
        add_events(tx)
        add_each_fact(tx, NOW)
    yield store
    store.close()


@pytest.mark.requirement("REG-030")
def test_each_kind_of_record_says_how_it_changes() -> None:
    for name, kind in KINDS.items():
        ways = (kind.__name__ in LIFECYCLES, name in NEVER_CHANGED,
                kind.__name__ in CHANGED_BY_ACTS)  # fmt: skip
        assert sum(ways) == 1, f"{kind.__name__}: statuses, never changed, or changed by acts?"
    assert set(NEVER_CHANGED) - set(KINDS) == {"audit_event"}


@pytest.mark.requirement("REG-045", "REG-046")
@pytest.mark.parametrize("table", sorted({name for name, _ in FROZEN}))
def test_the_database_refuses_to_change_what_was_recorded_once(filled: Store, table: str) -> None:
    columns = [column for name, column in FROZEN if name == table]
    assert columns
    for column in columns:
        with pytest.raises(DBAPIError, match="append-only"), filled.engine.begin() as raw:
            raw.execute(text(f'UPDATE "{table}" SET "{column}" = "{column}"'))  # noqa: S608


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, list | dict):
        return {"other": 1}
    return datetime(2031, 1, 1, tzinfo=UTC) if isinstance(value, datetime) else f"{value}x"


@pytest.mark.requirement("REG-045", "REG-046", "R-P11-10e")
@pytest.mark.parametrize("table", sorted({name for name, _ in FROZEN} - {"audit_event"}))
def test_the_program_refuses_it_too_in_words(filled: Store, table: str) -> None:
    kind: type[Record] = KINDS[table]
    columns = [column for name, column in FROZEN if name == table and column != "id"]
    for column in columns:
        with pytest.raises(Refused, match=rf"{kind.__name__}:1 is not changed \({column}\)"):
            with filled.transaction("ada", "a good reason", now=NOW) as tx:
                row = tx.get(kind, 1)
                if row is None:
                    pytest.skip("a table of later versions")
                setattr(row, column, other(getattr(row, column)))
    with filled.reader() as reader:
        assert verify_records(reader).whole


@pytest.mark.requirement("REG-045")
def test_of_a_model_version_only_the_status_changes(filled: Store) -> None:
    columns = {one.key for one in inspect(ModelVersion).columns}
    assert columns == {*IDENTITY["model_version"], *CHANGED_ONLY_IN["model_version"]}
    with filled.engine.begin() as raw:
        raw.execute(text("UPDATE model_version SET status = 'candidate' WHERE id = 1"))
    with filled.transaction("ada", "assessed", now=NOW) as tx:
        tx.get_one(ModelVersion, 1).status = "released"
