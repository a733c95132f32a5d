"""A record of each kind that people decide about and that a small workspace lacks."""

from datetime import datetime

from sqlmodel import Session

from records.adjudication import AdjudicationCase, AdjudicationSample
from records.application_entities import ApplicationEntity
from records.breaches import Breach
from records.calendar_tokens import CalendarToken
from records.capas import CAPA
from records.cases import Prediction, Study
from records.clearances import Clearance
from records.complaints import Complaint
from records.correction_assessments import CorrectionAssessment
from records.deletions import Deletion
from records.document_texts import DocumentText, ReviewComment
from records.external_results import ExternalResult
from records.field_actions import FieldAction
from records.form_versions import FormVersion
from records.go_lives import GoLive
from records.identity_access import IdentityGrant
from records.incidents import Incident
from records.installation import InstallationDeclaration
from records.legal_holds import LegalHold
from records.message_routes import MessageRoute
from records.messages import Message
from records.no_capas import NoCAPA
from records.notices import NoticeKind, raise_notice
from records.planned_changes import PlannedChange
from records.problem_reports import ProblemReport
from records.reader_links import ReaderLink
from records.regime_decisions import RegimeDecision
from records.regulatory_reports import InformationRequest, RegulatoryReport, Submission
from records.reportabilities import Reportability
from records.result_deliveries import ResultDelivery
from records.risk import RiskFile, RiskItem, RiskReview
from records.rollouts import Rollout
from records.service_tokens import ServiceToken
from records.supplied_software import SoupReview, VulnerabilityTriage
from records.suspensions import Resumption, Suspension
from records.test_runs import TestRun
from records.trends import TrendDecision, TrendLook


def add_one_of_each(tx: Session, now: datetime) -> None:
    """One of each that the first version did not have, as it begins, number 0001."""
    raise_notice(tx, NoticeKind.ACCOUNT_LOCKED, "Actor:1", "Five failed passwords.", now=now)
    study = Study(study_uid="2.25.9", patient="P9", site_id=1, purpose="clinical",
                  arrived_on=now.date(), received_at=now, rows=64, columns=64)  # fmt: skip
    tx.add(study)
    tx.flush()
    read = Prediction(study_id=study.id or 0, model_version_id=1, score=0.9, decision=True,
                      out_of_distribution=0.1, returned_to_care=True, predicted_at=now)
    tx.add(read)
    tx.flush()
    tx.add_all(
        [
            ServiceToken(service="service:bridge", acts=["take-in"], secret_digest="0" * 64,
                         made_by="ada", made_at=now, valid_until=now.date()),
            CalendarToken(person_id=1, secret_digest="0" * 64, made_at=now),
            LegalHold(reason="a claim", placed_by="ada", placed_at=now),
            Deletion(kind="image", items=[], grounds="it ended", rule="?", periods_version=1,
                     proposed_by="ada", proposed_role="quality", proposed_at=now),
            InstallationDeclaration(point="vault", words="encrypted below", evidence="ticket 7",
                                    valid_until=now.date(), declared_by="ada", declared_at=now),
            ApplicationEntity(title="PACS9", site_id=1, registered_by="ada", registered_at=now),
            ResultDelivery(prediction_id=read.id or 0, entity_id=1, kind="report", sop_class="1.2",
                           instance_uid="2.25.1", digest="", queued_at=now),
            IdentityGrant(holder="bob", purpose="recall 3", first_day=now.date(),
                          last_day=now.date(), granted_by="ada", granted_at=now),
            Breach(aware_at=now, what="a lost disk", categories="images", risk="risk",
                   regimes=["EU"], recorded_by="ada", recorded_at=now),
            ReaderLink(prediction_id=read.id or 0, reader="R1", token_digest="0" * 64,
                       issued_by="ada", issued_at=now, expires_at=now),
            ExternalResult(device_id=1, site_id=1, study_uid="2.25.8", origin="CSV", software="2.1",
                           decision=True, said_at=now, content_digest="0" * 64,
                           source_digest="1" * 64, received_at=now),
            MessageRoute(recipient="quality", scheme="json", about=["alert"], classes=[], sites=[],
                         address_digest="0" * 64, registered_by="ada", registered_at=now),
            PlannedChange(site_id=1, kind="scanner", first_day=now.date(), last_day=now.date(),
                          description="another unit", reason="x", announced_by="ada",
                          announced_at=now),
            Message(route_id=1, kind="test", title="TEST", body="TEST", queued_at=now),
            Suspension(device_id=1, model_version_id=1, site="north", grounds="it fell",
                       proposed_by="ada", proposed_at=now),
            GoLive(device_id=1, model_version_id=1, site="north", clinician="ada", rules={},
                   planned={}, proposed_by="ada", proposed_at=now),
            Rollout(change_request_id=1, stages=[], rule={}, way_back="to MDV-0001",
                    proposed_by="ada", proposed_at=now),
            Clearance(device_id=1, model_version_id=1, authority="FDA", number="K1",
                      cleared_on=now.date(), recorded_by="ada", recorded_at=now),
            CAPA(device_id=1, source="RVL-0001", problem="it fell", opened_by="ada", opened_at=now),
            DocumentText(device_id=1, kind="validation_report", place="limits", version=1,
                         text="one scanner", written_by="ada", printed_name="Ada", role="quality",
                         written_at=now),
            ReviewComment(document_id=1, place="section 1", words="which scanner?", made_by="ada",
                          role="quality", made_at=now),
            NoCAPA(device_id=1, source="ALT-0001", grounds="chance", decided_by="ada",
                   decided_at=now),
        ]
    )  # fmt: skip
    tx.flush()
    tx.add_all([
        Resumption(suspension_id=1, revalidation_id=1, grounds="scanner replaced",
                   proposed_by="ada", proposed_at=now),
        CorrectionAssessment(device_id=1, suspension_id=1, site="north", words="it fell",
                             aware_at=now, initiated_at=now, opened_at=now),
    ])  # fmt: skip
    tx.add(RegimeDecision(
        change_request_id=1, regime="udi", rule="R-CHG-UDI", applies=True, facts={}, found={},
        questions=[], said={}, answer={}, result="NO_NEW_UDI", override={}, settled={},
        rationale="nothing changes", compared_with="MDV-0001", rule_version="1", rule_sets=[],
        assessed_by="ada", assessed_at=now,
    ))
    add_risks(tx, now)
    tx.add(Complaint(device_id=1, words="it missed one", channel="letter", received_by="ada",
                     received_at=now, recorded_by="ada", recorded_at=now))  # fmt: skip
    tx.flush()
    tx.add(Incident(device_id=1, complaint_id=1, site="north", words="it missed one",
                    opened_by="ada", opened_at=now))  # fmt: skip
    tx.flush()
    tx.add_all([
        Reportability(incident_id=1, jurisdiction="US", opened_at=now),
        InformationRequest(incident_id=1, asked="north", channel="letter", question="when?",
                           asked_by="ada", asked_at=now),
        FormVersion(
            device_id=1, about="INC-0001", form="MIR", edition="7.3.1", form_digest="0" * 64,
            reference="INC-0001", version=1, digest="", facts_digest="0" * 64, missing=[],
            unknown=[], faults=[], changed=[], sources={}, filled_by="ada", filled_at=now,
        ),
        FieldAction(
            device_id=1, kind="correction", versions=["MDV-0001"], reason="x", risk="x",
            actions="x", advice="x", timetable="x", notice="x", criterion="x", languages=["de"],
            scope=[{"site": "north", "version": "MDV-0001", "name": "V1", "modes": ["live"],
                    "from": "2026-01-05T08:00:00+00:00", "until": ""}],
            remind_after=14, opened_by="ada", opened_at=now,
        ),
    ])  # fmt: skip
    tx.flush()
    tx.add(RegulatoryReport(reportability_id=1, version=1, kind="initial", changed="all",
                            content={}, rules={}, prepared_by="ada", prepared_at=now))  # fmt: skip
    tx.flush()
    tx.add(Submission(report_id=1, authority="FDA", channel="ESG", attempts=[], opened_by="ada",
                      opened_at=now))  # fmt: skip
    add_trend(tx, now)
    sample = AdjudicationSample(device_id=1, model_version_id=1, kind="random", since=now.date(),
                                until=now.date(), seed=1, design=[], drawn_by="ada", drawn_at=now)
    tx.add(sample)
    tx.flush()
    tx.add(AdjudicationCase(sample_id=sample.id or 0, study_id=study.id or 0, finding="pneumonia",
                            probability=0.5, position=1))  # fmt: skip


def add_trend(tx: Session, now: datetime) -> None:
    """A look at a period, and what was decided on it."""
    tx.add(TrendLook(device_id=1, plan_id=1, period_from=now.date(), period_to=now.date(),
                     version=1, rows=[], counts={}, alpha_spent=0.0125, alpha_year=0.05,
                     decide_by=now.date(), looked_at=now))  # fmt: skip
    tx.flush()
    tx.add(TrendDecision(look_id=1, proposed={}, benefit_risk_significant=False,
                         unacceptable_risk=False, outcome="NO_TREND", against_rules=False,
                         answer={}, grounds="x", next_look_on=now.date(),
                         internal_due=now.date(), decided_by="ada", decided_at=now))  # fmt: skip
    tx.flush()


def add_risks(tx: Session, now: datetime) -> None:
    """A risk file with an item and a review, and what is known of the software of others."""
    tx.add_all([
        RiskFile(device_id=1, device_name="chest", version=1, content={}, content_digest="0" * 64,
                 recorded_by="ada", recorded_at=now),
        SoupReview(lock_digest="0" * 64, list_digest="0" * 64, components=0, gaps=[],
                   conclusion="none", reviewed_by="ada", reviewed_at=now),
        VulnerabilityTriage(component="pillow", version="1", advisory="GHSA-1",
                            affected_range="<2", severity="", summary="", source_digest="0" * 64,
                            opened_by="ada", opened_at=now, due_on=now.date()),
        TestRun(source_digest="0" * 64, software_version="1", outcomes={}, tags={},
                imported_by="ada", imported_at=now),
        ProblemReport(model_version_id=1, words="it stops", severity="minor", reported_by="ada",
                      reported_at=now),
    ])  # fmt: skip
    tx.flush()
    tx.add_all([
        RiskItem(risk_file_id=1, code="R-01", category="drift", hazard="h", sequence="s",
                 situation="t", harm="m", severity=3, probability_before=0.1,
                 probability_after=0.01, basis="b", controls=[], observed=[], residual="low"),
        RiskReview(risk_file_id=1, period_from=now.date(), period_to=now.date(), studies=0,
                   rows=[], new_hazards=[], conclusion="none", made_by="ada", made_at=now),
    ])  # fmt: skip
