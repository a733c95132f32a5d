"""Where the device declares a go-live, nothing runs live at a site before its clinician signs."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from journeys.go_live import judge, plan, standing, start, told_of
from journeys.print_go_live import go_live_facts, go_live_pdf
from journeys.release import release_change
from records.accounts import sign_record
from records.base import digest_of
from records.cases import Prediction, ReferenceStandard, Study
from records.clearances import last_clearance, record_clearance
from records.errors import NotAllowed, NotFound, Refused
from records.go_lives import GoLive, accept_go_live, decline_go_live
from records.people import Meaning, Role, find_actor, register_person
from records.product import Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest
from records.store import Store
from regulatory.version_difference import difference_to
from tests.dashboards.small_workspace import BEGIN, PASSWORD, SITES, TODAY, populate
from tests.people import qualify_everybody

LATER = TODAY + timedelta(days=8)
RULES = {
    "measures": [{"measure": "sensitivity", "value": 0.9, "margin": 0.2, "assumed": 0.97}],
    "minimum_days": 7, "flagged_between": [0.05, 0.95], "site_reports": True,
}  # fmt: skip


@pytest.fixture
def declared(store: Store) -> Store:
    """A released version that runs nowhere, of a device that declares a go-live."""
    populate(store)
    with store.transaction("setup", "setup", now=TODAY) as tx:
        register_person(tx, "dr.north", full_name="Dr North", roles=[Role.CLINICIAN],
                        password=PASSWORD, now=BEGIN)  # fmt: skip
        qualify_everybody(tx, BEGIN)
        for one in tx.exec(select(Deployment)):
            one.mode, one.ended_at = "shadow", TODAY  # it never ran live
            tx.add(one)
        device = tx.get_one(Device, 1)
        content = device.definition | {"go_live": RULES}
        device.definition, device.definition_digest = content, digest_of(content)
        tx.add(device)
    with store.reader() as reader:
        change, person = reader.get_one(ChangeRequest, 1), find_actor(reader, "demo.regulatory")
    sign_record(store, change, signer=person, password=PASSWORD, meaning=Meaning.APPROVAL,
                reason="read", now=TODAY)  # fmt: skip
    return store


def planned(store: Store, clinician: str = "dr.north") -> None:
    with store.transaction("demo.engineer", "plan", now=TODAY) as tx:
        plan(tx, tx.get_one(ModelVersion, 1), SITES[0], clinician=find_actor(tx, clinician),
             by=find_actor(tx, "demo.engineer"), now=TODAY)  # fmt: skip


def started(store: Store) -> None:
    planned(store)
    with store.transaction("demo.engineer", "start", now=TODAY) as tx:
        start(tx, tx.get_one(GoLive, 1), by=find_actor(tx, "demo.engineer"), now=TODAY)


def read(store: Store, n: int, *, found: float) -> None:
    """Diseased and healthy studies by turns that the shadow read, the share ``found`` flagged."""
    with store.transaction("service:surveillance", "read", now=TODAY) as tx:
        site = tx.exec(select(Site).where(Site.name == SITES[0])).one()
        shadow = tx.exec(select(Deployment).where(col(Deployment.ended_at).is_(None))).one()
        for number in range(n):
            present = number % 2 == 0
            flagged = present and (number // 2) % 20 < 20 * found
            study = Study(study_uid=f"2.25.55{number}", patient=f"G{number}", site_id=site.id or 0,
                          purpose="clinical", arrived_on=TODAY.date(), received_at=TODAY, rows=64,
                          columns=64)  # fmt: skip
            tx.add(study)
            tx.flush()
            tx.add(Prediction(study_id=study.id or 0, model_version_id=1, deployment_id=shadow.id,
                              score=float(flagged), decision=flagged, out_of_distribution=0.1,
                              returned_to_care=False, predicted_at=TODAY))  # fmt: skip
            for kind, said in (("", present), ("report text", flagged)):
                tx.add(ReferenceStandard(study_id=study.id or 0, finding="pneumonia", kind=kind,
                                         present=said, source=kind or "panel",
                                         known_on=TODAY.date(), received_at=TODAY))


def judged(store: Store, *, now: Any = LATER) -> str:
    with store.reader() as reader:
        one, person = reader.get_one(GoLive, 1), find_actor(reader, "demo.engineer")
    return judge(store, one, actor=person, reason="enough", now=now).verdict


def go_live(store: Store) -> None:
    release_change(store, 1, sites=[SITES[0]], decided_by="demo.quality", password=PASSWORD,
                   reason="live", now=LATER)  # fmt: skip


def decided(store: Store, who: str, decision: Any = accept_go_live) -> None:
    with store.transaction(who, "seen", now=LATER) as tx:
        decision(tx, tx.get_one(GoLive, 1), by=find_actor(tx, who), password=PASSWORD,
                 reason="seen", now=LATER)  # fmt: skip


def test_no_version_runs_live_before_the_clinician_of_the_site_has_signed(declared: Store) -> None:
    with pytest.raises(Refused, match="only after an accepted go-live: none was planned"):
        go_live(declared)
    started(declared)
    read(declared, 200, found=1.0)
    with pytest.raises(Refused, match="GLV-0001 is 'running'"):
        go_live(declared)
    assert judged(declared) == "passed"
    with pytest.raises(NotAllowed):
        decided(declared, "demo.quality")
    decided(declared, "dr.north")
    go_live(declared)
    with declared.reader() as reader:
        told = told_of(reader, reader.get_one(GoLive, 1))
    assert (told["status"], told["decided_by"], told["signatures"][0]["valid"]) == (
        "accepted", "dr.north", True,
    )
    assert told["judgement"]["site_reports"]["all"]["n"] == 200
    with declared.reader() as reader:
        one = reader.get_one(GoLive, 1)
        facts = go_live_facts(declared, reader, one, now=LATER)
        page = go_live_pdf(declared, reader, one, now=LATER)
        assert page == go_live_pdf(declared, reader, one, now=LATER)
    assert page.startswith(b"%PDF-")
    assert facts.verdict == f"Accepted by dr.north on {LATER:%Y-%m-%d}."
    assert [(each.kind, each.came) for each in facts.arrivals] == [
        ("diseased", "100"), ("healthy", "100"),
    ]
    assert "n = 100" in facts.bounds[0].found
    assert "inside the range 0.05 to 0.95" in facts.operating_point
    assert [each.of for each in facts.agreement] == ["all", "reported present", "reported absent"]
    assert [(each.by, each.valid) for each in facts.signatures] == [("Dr North", True)]
    assert facts.gaps == ()


def test_with_too_few_studies_or_days_there_is_no_figure(declared: Store) -> None:
    started(declared)
    read(declared, 10, found=1.0)
    assert judged(declared) == "not estimable"
    with declared.reader() as reader:
        one = reader.get_one(GoLive, 1)
        assert (one.status, one.judgement) == ("running", {})
        found = standing(declared, reader, one, now=TODAY)
    assert "5 of " in found.conclusion
    assert "0 of 7 days" in found.conclusion
    assert "basis" not in found.content
    with declared.reader() as reader:
        facts = go_live_facts(declared, reader, reader.get_one(GoLive, 1), now=LATER)
    assert facts.bounds[0].found == "no figure before the planned studies are there"
    assert any("5 of " in gap for gap in facts.gaps)
    assert any("has not signed" in gap for gap in facts.gaps)
    with pytest.raises(Refused, match="only a passed trial"):
        decided(declared, "dr.north")


def test_a_version_that_falls_short_is_declined_and_the_refusal_is_signed(declared: Store) -> None:
    started(declared)
    read(declared, 200, found=0.4)
    assert judged(declared) == "inferior"
    with pytest.raises(Refused, match="only a passed trial"):
        decided(declared, "dr.north")
    decided(declared, "dr.north", decline_go_live)
    with declared.reader() as reader:
        assert reader.get_one(GoLive, 1).status == "declined"
    with pytest.raises(Refused, match="'declined'"):
        go_live(declared)


def test_the_one_who_decides_is_a_clinician_and_not_who_proposes(declared: Store) -> None:
    with pytest.raises(NotAllowed, match="no active clinician"):
        planned(declared, clinician="demo.regulatory")


@pytest.mark.requirement("REG-052")
def test_the_difference_is_to_the_cleared_version_not_to_the_last(declared: Store) -> None:
    with declared.reader() as reader, pytest.raises(NotFound, match="No cleared"):
        last_clearance(reader, "chest-radiograph-pneumonia")
    with declared.transaction("demo.regulatory", "letter", now=TODAY) as tx:
        first = tx.get_one(ModelVersion, 1)
        record_clearance(tx, first, authority="FDA", number="K250001", cleared_on=BEGIN.date(),
                         by=find_actor(tx, "demo.regulatory"), password=PASSWORD, reason="letter",
                         now=TODAY)  # fmt: skip
        for name, point in (("second", 0.4), ("third", 0.3)):
            tx.add(ModelVersion(**first.model_dump(exclude={"id"}) | {
                "name": name, "version_digest": name, "weights_hash": name, "status": "candidate",
                "operating_point": point,
            }))  # fmt: skip
        tx.flush()
        last = tx.exec(select(ModelVersion).where(ModelVersion.name == "third")).one()
        between = tx.exec(select(ModelVersion).where(ModelVersion.name == "second")).one()
        tx.add(ChangeRequest(device_id=1, model_version_id=between.id or 0, title="more data",
                             description="more data", reason="drift", proposed_by="demo.engineer",
                             proposed_at=TODAY))  # fmt: skip
        tx.flush()
        told = difference_to(tx, last, last_clearance(tx, "chest-radiograph-pneumonia"))
        before = first.operating_point
    assert [one["title"] for one in told["changes"]] == ["more data"]
    points = [one for one in told["differences"] if one["what"] == "operating point"]
    assert points == [{"what": "operating point", "before": before, "after": 0.3}]
    assert told["performance"]
    assert all(one["after"] is None for one in told["performance"])
