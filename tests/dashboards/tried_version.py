"""A workspace with a version under trial, a rollout that runs, a risk file and complaints."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlmodel import col, select

from journeys.go_live import judge, plan, start
from journeys.roll_out import advance, look
from records.accounts import sign_record
from records.base import digest_of
from records.cases import Prediction, ReferenceStandard, Study
from records.complaints import receive_complaint
from records.go_lives import GoLive
from records.incidents import add_awareness, open_incident
from records.message_routes import MessageRoute
from records.people import Meaning, Role, find_actor, register_person
from records.problem_reports import report_problem
from records.product import Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest
from records.queries import find_device
from records.risk import RiskFile, accept_risk_file, record_risk_file, record_risk_review
from records.rollouts import Rollout, plan_rollout
from records.store import Store
from regulatory.risk_file import as_records, find_risk_file, read_risk_file
from regulatory.risk_review import review_risks
from tests.dashboards.small_workspace import BEGIN, PASSWORD, SITES, TODAY
from tests.people import qualify_everybody

NORTH, SOUTH = SITES[0], SITES[1]
DEVICE = "chest-radiograph-pneumonia"
WEEK_AGO = TODAY - timedelta(days=9)
GO_LIVE = {
    "measures": [{"measure": "sensitivity", "value": 0.9, "margin": 0.2, "assumed": 0.97}],
    "minimum_days": 7, "flagged_between": [0.05, 0.95], "site_reports": True,
}  # fmt: skip
STAGES = [
    {"sites": [NORTH], "mode": "shadow", "minimum_days": 2, "minimum_studies": 0},
    {"sites": [NORTH, SOUTH], "mode": "live", "minimum_days": 0},
]


def signed(store: Store, table: type, name: str, meaning: Meaning) -> None:
    with store.reader() as reader:
        record, person = reader.get_one(table, 1), find_actor(reader, name)
    sign_record(store, record, signer=person, password=PASSWORD, meaning=meaning, reason="read",
                now=TODAY)  # fmt: skip


def with_risk_file(store: Store, *, in_force: bool = True) -> None:
    """The risk file that is shipped, signed by two people and in force, with one review."""
    text = read_risk_file(find_risk_file(DEVICE))
    content, digest, items = as_records(text)
    with store.transaction("demo.engineer", "risk file", now=TODAY) as tx:
        record_risk_file(tx, find_device(tx, DEVICE), content=content, content_digest=digest,
                         items=items, by=find_actor(tx, "demo.engineer"), now=TODAY)  # fmt: skip
    if not in_force:
        return
    signed(store, RiskFile, "demo.engineer", Meaning.AUTHOR)
    signed(store, RiskFile, "demo.quality", Meaning.APPROVAL)
    with store.transaction("demo.quality", "in force", now=TODAY) as tx:
        quality = find_actor(tx, "demo.quality")
        accept_risk_file(tx, tx.get_one(RiskFile, 1), by=quality, now=TODAY)
        made = review_risks(tx, DEVICE, date(2026, 2, 5), TODAY.date(), conclusion="It stands.",
                            by=quality, now=TODAY)  # fmt: skip
        record_risk_review(tx, made, by=quality, password=PASSWORD, now=TODAY)
        report_problem(tx, tx.get_one(ModelVersion, 1), words="It stops on empty views.",
                       severity="minor", by=quality, now=TODAY)  # fmt: skip


def with_rollout(store: Store) -> None:
    """An older version live at two sites, the new one a shadow beside it by the first stage."""
    with store.transaction("setup", "setup", now=TODAY) as tx:
        for each in tx.exec(select(Deployment)):
            each.ended_at = TODAY - timedelta(days=12)
            tx.add(each)
        version = tx.get_one(ModelVersion, 1)
        older = ModelVersion(**version.model_dump(exclude={"id"}) | {
            "name": "chest-0.9", "version_digest": "older", "status": "candidate",
        })  # fmt: skip
        tx.add(older)
        tx.flush()
        for site in tx.exec(select(Site).where(col(Site.name).in_([NORTH, SOUTH]))):
            site.status = "confirmed"
            tx.add(site)
            tx.add(Deployment(model_version_id=older.id or 0, site_id=site.id or 0, mode="live",
                              started_at=TODAY - timedelta(days=11)))  # fmt: skip
        tx.add(MessageRoute(recipient="clinician", scheme="json", about=["alert"], classes=[],
                            sites=[NORTH], address_digest="0" * 64, registered_by="demo.quality",
                            registered_at=TODAY))  # fmt: skip
    signed(store, ChangeRequest, "demo.regulatory", Meaning.APPROVAL)
    with store.transaction("demo.engineer", "plan", now=WEEK_AGO) as tx:
        plan_rollout(tx, tx.get_one(ChangeRequest, 1), STAGES, {}, way_back="to the one before",
                     by=find_actor(tx, "demo.engineer"), now=WEEK_AGO)  # fmt: skip
    signed(store, Rollout, "demo.engineer", Meaning.AUTHOR)
    signed(store, Rollout, "demo.regulatory", Meaning.APPROVAL)
    with store.transaction("demo.quality", "next", now=WEEK_AGO) as tx:
        advance(tx, tx.get_one(Rollout, 1), by=find_actor(tx, "demo.quality"), password=PASSWORD,
                reason="next", now=WEEK_AGO)  # fmt: skip


def with_studies(
    store: Store, n: int, *, right: Sequence[float] = (1.0, 1.0), seed: int = 7
) -> None:
    """Diseased and healthy studies by turns that the shadow and the live version read.

    right: the shares of diseased and of healthy studies that either reads right.
    """
    draw = Random(seed)
    with store.transaction("service:surveillance", "read", now=WEEK_AGO) as tx:
        site = tx.exec(select(Site).where(Site.name == NORTH)).one()
        running = tx.exec(select(Deployment).where(
            Deployment.site_id == site.id, col(Deployment.ended_at).is_(None))).all()
        studies = [
            Study(study_uid=f"2.25.55{number}", patient=f"G{number}", site_id=site.id or 0,
                  purpose="clinical", arrived_on=WEEK_AGO.date(), received_at=WEEK_AGO, rows=64,
                  columns=64) for number in range(n)
        ]  # fmt: skip
        tx.add_all(studies)
        tx.flush()
        for number, study in enumerate(studies):
            present = number % 2 == 0
            for one in running:
                flagged = present is (draw.random() < right[0 if present else 1])
                tx.add(Prediction(study_id=study.id or 0, model_version_id=one.model_version_id,
                                  deployment_id=one.id, score=float(flagged), decision=flagged,
                                  out_of_distribution=0.1, returned_to_care=one.mode == "live",
                                  predicted_at=WEEK_AGO))  # fmt: skip
            for kind in ("", "report text"):
                tx.add(ReferenceStandard(study_id=study.id or 0, finding="pneumonia", kind=kind,
                                         present=present, source=kind or "panel",
                                         known_on=WEEK_AGO.date(),
                                         received_at=WEEK_AGO))  # fmt: skip


def with_look(store: Store) -> None:
    """One look at the shadow beside the live version."""
    with store.reader() as reader:
        one, person = reader.get_one(Rollout, 1), find_actor(reader, "demo.engineer")
    look(store, one, actor=person, reason="weekly", now=TODAY)


def with_trial(store: Store, rules: Mapping[str, Any] = GO_LIVE) -> None:
    """A trial of the shadow at the first site, which runs for nine days."""
    with store.transaction("setup", "setup", now=TODAY) as tx:
        register_person(tx, "dr.north", full_name="Dr North", roles=[Role.CLINICIAN],
                        password=PASSWORD, now=BEGIN)  # fmt: skip
        qualify_everybody(tx, BEGIN)
        device = tx.get_one(Device, 1)
        content = device.definition | {"go_live": dict(rules)}
        device.definition, device.definition_digest = content, digest_of(content)
        tx.add(device)
    with store.transaction("demo.engineer", "plan", now=WEEK_AGO) as tx:
        engineer = find_actor(tx, "demo.engineer")
        made = plan(tx, tx.get_one(ModelVersion, 1), NORTH, clinician=find_actor(tx, "dr.north"),
                    by=engineer, now=WEEK_AGO)  # fmt: skip
        start(tx, made, by=engineer, now=WEEK_AGO)


def with_verdict(store: Store) -> None:
    """The trial judged by what has come."""
    with store.reader() as reader:
        one, person = reader.get_one(GoLive, 1), find_actor(reader, "demo.engineer")
    judge(store, one, actor=person, reason="the planned studies are there", now=TODAY)


def with_complaints(store: Store) -> None:
    """Two complaints in almost the same words, and an incident of which support knows."""
    with store.transaction("demo.quality", "calls", now=TODAY) as tx:
        by, device = find_actor(tx, "demo.quality"), find_device(tx, DEVICE)
        day = TODAY.date() - timedelta(days=2)
        made = [
            receive_complaint(tx, device=device, words=words, channel="telephone",
                              received_at=TODAY - timedelta(days=1), site=NORTH, event=(day, day),
                              by=by, now=TODAY)
            for words in ("It missed a large pneumonia on the left side of a child.",
                          "A large pneumonia on the left side was missed, of a child.")
        ]  # fmt: skip
        one = open_incident(tx, made[0], words="", by=by, now=TODAY)
        add_awareness(tx, one, person="support", person_class="ANY_EMPLOYEE",
                      known_at=TODAY - timedelta(days=1), zone="UTC", how="a call", by=by,
                      now=TODAY)  # fmt: skip
