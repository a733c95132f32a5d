"""A record of each kind that people decide about and that a small workspace lacks."""

from datetime import datetime

from sqlmodel import Session

from records.adjudication import AdjudicationCase, AdjudicationSample
from records.application_entities import ApplicationEntity
from records.breaches import Breach
from records.capas import CAPA
from records.cases import Prediction, Study
from records.clearances import Clearance
from records.correction_assessments import CorrectionAssessment
from records.deletions import Deletion
from records.external_results import ExternalResult
from records.go_lives import GoLive
from records.identity_access import IdentityGrant
from records.installation import InstallationDeclaration
from records.legal_holds import LegalHold
from records.message_routes import MessageRoute
from records.messages import Message
from records.notices import NoticeKind, raise_notice
from records.planned_changes import PlannedChange
from records.reader_links import ReaderLink
from records.result_deliveries import ResultDelivery
from records.rollouts import Rollout
from records.service_tokens import ServiceToken
from records.suspensions import Resumption, Suspension


def add_one_of_each(tx: Session, now: datetime) -> None:
    """One of each, as it begins: NTC, TKN, HLD, DEL, DCL, AET, RSD, IDG, BRC, RLK, XRS,
    RTE, MSG, SUS, RSM, CAPA, COA, GLV, RLO, CLR and ADJ, number 0001."""
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
        ]
    )  # fmt: skip
    tx.flush()
    tx.add_all([
        Resumption(suspension_id=1, revalidation_id=1, grounds="scanner replaced",
                   proposed_by="ada", proposed_at=now),
        CorrectionAssessment(device_id=1, suspension_id=1, site="north", words="it fell",
                             aware_at=now, initiated_at=now, opened_at=now),
    ])  # fmt: skip
    sample = AdjudicationSample(device_id=1, model_version_id=1, kind="random", since=now.date(),
                                until=now.date(), seed=1, design=[], drawn_by="ada", drawn_at=now)
    tx.add(sample)
    tx.flush()
    tx.add(AdjudicationCase(sample_id=sample.id or 0, study_id=study.id or 0, finding="pneumonia",
                            probability=0.5, position=1))  # fmt: skip
