"""A version comes to sites by stages, beside what is live, and goes back in one transaction."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from journeys.my_work import owed_work
from journeys.roll_back import roll_back
from journeys.roll_out import advance, halt, look
from journeys.shadow_watch import shadows_beside
from records.accounts import sign_record
from records.cases import Prediction, ReferenceStandard, Study
from records.consignees import consignees, ran_at
from records.correction_assessments import CorrectionAssessment
from records.errors import InvalidInput, NotAllowed, Refused
from records.lookup import find_record, list_records
from records.message_routes import MessageRoute
from records.messages import Message
from records.owed_rollout_work import owed_rollout_work
from records.people import Meaning, find_actor
from records.product import Deployment, ModelVersion, Site
from records.quality import ChangeRequest
from records.rollbacks import Rollback
from records.rollouts import Rollout, plan_rollout
from records.store import Store
from regulatory.changes import deploy
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY, populate

NORTH, SOUTH = SITES[0], SITES[1]
STAGES = [
    {"sites": [NORTH], "mode": "shadow", "minimum_days": 2, "minimum_studies": 0},
    {"sites": [NORTH, SOUTH], "mode": "live", "minimum_days": 0},
]


@pytest.fixture
def ready(store: Store) -> Store:
    """An older version live at two sites; the proposed one approved by its first signatures."""
    populate(store)
    with store.transaction("setup", "setup", now=TODAY) as tx:
        for one in tx.exec(select(Deployment)):
            one.ended_at = TODAY - timedelta(days=9)
            tx.add(one)
        proposed = tx.get_one(ChangeRequest, 1).model_version_id
        version = tx.get_one(ModelVersion, proposed)
        older = ModelVersion(**version.model_dump(exclude={"id"}) | {
            "name": "older", "version_digest": "older", "status": "candidate",
        })  # fmt: skip
        tx.add(older)
        for site in tx.exec(select(Site).where(col(Site.name).in_([NORTH, SOUTH]))):
            if site.status == "unconfirmed":
                site.status = "confirmed"
                tx.add(site)
        tx.flush()
        for site in tx.exec(select(Site).where(col(Site.name).in_([NORTH, SOUTH]))):
            tx.add(Deployment(model_version_id=older.id or 0, site_id=site.id or 0, mode="live",
                              started_at=TODAY - timedelta(days=8)))  # fmt: skip
        tx.add(MessageRoute(recipient="clinician", scheme="json", about=["alert"], classes=[],
                            sites=[NORTH], address_digest="0" * 64, registered_by="demo.quality",
                            registered_at=TODAY))  # fmt: skip
    sign(store, ChangeRequest, "demo.regulatory", Meaning.APPROVAL)
    return store


def sign(store: Store, table: type, name: str, meaning: Meaning) -> None:
    with store.reader() as reader:
        record, person = reader.get_one(table, 1), find_actor(reader, name)
    sign_record(store, record, signer=person, password=PASSWORD, meaning=meaning, reason="read",
                now=TODAY)  # fmt: skip


def planned(store: Store, **rule: object) -> None:
    with store.transaction("demo.engineer", "plan", now=TODAY) as tx:
        plan_rollout(tx, tx.get_one(ChangeRequest, 1), STAGES, rule, way_back="to the one before",
                     by=find_actor(tx, "demo.engineer"), now=TODAY)  # fmt: skip


def signed(store: Store) -> None:
    sign(store, Rollout, "demo.engineer", Meaning.AUTHOR)
    sign(store, Rollout, "demo.regulatory", Meaning.APPROVAL)


def go_on(store: Store, *, days: int = 0) -> None:
    now = TODAY + timedelta(days=days)
    with store.transaction("demo.quality", "next", now=now) as tx:
        advance(tx, tx.get_one(Rollout, 1), by=find_actor(tx, "demo.quality"), password=PASSWORD,
                reason="next", now=now)  # fmt: skip


def back(store: Store, *sites: str, days: int = 4) -> None:
    now = TODAY + timedelta(days=days)
    with store.transaction("demo.quality", "it fell", now=now) as tx:
        roll_back(tx, tx.get_one(ChangeRequest, 1), sites, grounds="it fell", password=PASSWORD,
                  by=find_actor(tx, "demo.quality"), now=now)  # fmt: skip


def running(store: Store) -> set[tuple[str, str, str]]:
    with store.reader() as reader:
        return {
            (site.name, version.name, one.mode) for one, site, version in reader.exec(
                select(Deployment, Site, ModelVersion)
                .join(Site, col(Site.id) == Deployment.site_id)
                .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
                .where(col(Deployment.ended_at).is_(None))
            )
        }  # fmt: skip


def new_name(store: Store) -> str:
    with store.reader() as reader:
        change = reader.get_one(ChangeRequest, 1)
        return reader.get_one(ModelVersion, change.model_version_id).name


@pytest.mark.requirement("REG-094")
def test_a_rollout_runs_a_shadow_beside_the_live_version_then_switches_all_sites_and_goes_back(
    ready: Store,
) -> None:
    name = new_name(ready)
    planned(ready)
    with pytest.raises(Refused, match="two people"):
        go_on(ready)
    signed(ready)
    go_on(ready)
    before = {(NORTH, "older", "live"), (SOUTH, "older", "live")}
    assert running(ready) == before | {(NORTH, name, "shadow")}
    with ready.reader() as reader:
        device = reader.get_one(ModelVersion, 1).device_id
        assert device
        assert [one.mode for one in shadows_beside(reader, "chest-radiograph-pneumonia")] == [
            "shadow"
        ]
    with pytest.raises(Refused, match="0 of 2 days"):
        go_on(ready)
    go_on(ready, days=3)
    assert running(ready) == {(NORTH, name, "live"), (SOUTH, name, "live")}

    back(ready, NORTH, SOUTH)
    assert running(ready) == before
    with ready.reader() as reader:
        asked = list_records(reader, CorrectionAssessment)
        assert {(one.source, one.suspension_id) for one in asked} == {
            ("RBK-0001", None), ("RBK-0002", None),
        }
        titles = [one.title for one in list_records(reader, Message)]
        assert any("VERSION TAKEN BACK" in one for one in titles)
        assert any("new version in use" in one for one in titles)
        owed = [one for one in owed_work(reader, TODAY + timedelta(days=5)) if one.legal]
        assert [one.kind for one in owed] == ["correction"] * 2
        assert all("806.10" in one.citation for one in owed)
    with pytest.raises(Refused, match="does not run live"):
        back(ready, NORTH)


def test_a_rollback_that_cannot_be_done_at_one_site_is_done_at_none(ready: Store) -> None:
    planned(ready)
    signed(ready)
    go_on(ready)
    go_on(ready, days=3)
    with ready.transaction("setup", "setup", now=TODAY + timedelta(days=3)) as tx:
        site = tx.exec(select(Site).where(Site.name == SOUTH)).one()
        ended = tx.exec(select(Deployment).where(Deployment.site_id == site.id,
                                                 col(Deployment.ended_at).is_(None))).one()
        ended.ended_at = TODAY + timedelta(days=3)
        tx.add(ended)
    now = running(ready)
    with pytest.raises(Refused, match="does not run live"):
        back(ready, NORTH, SOUTH)
    assert running(ready) == now
    with ready.reader() as reader:
        assert list_records(reader, Rollback) == []


def test_a_switch_that_breaks_off_leaves_the_old_version_everywhere(ready: Store) -> None:
    planned(ready)
    signed(ready)
    go_on(ready)
    before = running(ready)
    now = TODAY + timedelta(days=3)
    with pytest.raises(ZeroDivisionError), ready.transaction("demo.quality", "x", now=now) as tx:
        advance(tx, tx.get_one(Rollout, 1), by=find_actor(tx, "demo.quality"), password=PASSWORD,
                reason="next", now=now)  # fmt: skip
        raise ZeroDivisionError
    assert running(ready) == before


def test_a_change_with_a_rollout_is_not_released_past_it(ready: Store) -> None:
    from journeys.release import release_change

    planned(ready)
    with pytest.raises(Refused, match=f"has not come to {NORTH}"):
        release_change(ready, 1, sites=[NORTH], decided_by="demo.quality", password=PASSWORD,
                       reason="now", now=TODAY)  # fmt: skip


def add_read(tx: Session, number: int, *, shadow: bool, live: bool) -> None:
    """A diseased study at the first site, with what each version decided of it."""
    site = tx.exec(select(Site).where(Site.name == NORTH)).one()
    study = Study(study_uid=f"2.25.77{number}", patient=f"Q{number}", site_id=site.id or 0,
                  purpose="clinical", arrived_on=TODAY.date(), received_at=TODAY, rows=64,
                  columns=64)  # fmt: skip
    tx.add(study)
    tx.flush()
    known = tx.exec(select(Deployment).where(Deployment.site_id == site.id,
                                             col(Deployment.ended_at).is_(None)))  # fmt: skip
    for one in known.all():
        said = shadow if one.mode == "shadow" else live
        tx.add(Prediction(study_id=study.id or 0, model_version_id=one.model_version_id,
                          deployment_id=one.id, score=float(said), decision=said,
                          out_of_distribution=0.1, returned_to_care=one.mode == "live",
                          predicted_at=TODAY))  # fmt: skip
    tx.add(ReferenceStandard(study_id=study.id or 0, finding="pneumonia", present=True,
                             source="panel", known_on=TODAY.date(), received_at=TODAY))


def test_a_shadow_that_misses_more_halts_the_rollout_and_a_person_decides(ready: Store) -> None:
    planned(ready)
    signed(ready)
    go_on(ready)
    with ready.transaction("service:surveillance", "read", now=TODAY) as tx:
        for number in range(60):
            add_read(tx, number, shadow=number % 3 == 0, live=True)
    with ready.reader() as reader:
        one, person = reader.get_one(Rollout, 1), find_actor(reader, "demo.engineer")
    made = look(ready, one, actor=person, reason="weekly", now=TODAY)
    assert (made.verdict, made.studies, made.sites) == ("failed", 60, [NORTH])
    with ready.reader() as reader:
        halted = reader.get_one(Rollout, 1)
        assert (halted.status, "sensitivity" in halted.halted_because) == ("halted", True)
        (owed,) = [one for one in owed_rollout_work(reader, TODAY) if one.kind == "rollout"]
        assert "decide after the halt" in owed.what
    with pytest.raises(Refused, match="worse by the stopping rule"):
        go_on(ready, days=3)
    with pytest.raises(Refused, match="'halted'"), ready.transaction(
        "demo.quality", "x", now=TODAY
    ) as tx:
        halt(tx, tx.get_one(Rollout, 1), because="x", by=find_actor(tx, "demo.quality"), now=TODAY)


@pytest.mark.requirement("REG-050")
def test_the_ledger_answers_both_ways_with_overlapping_periods(ready: Store) -> None:
    name = new_name(ready)
    planned(ready)
    signed(ready)
    go_on(ready)
    go_on(ready, days=3)
    with ready.reader() as reader:
        version = find_record(reader, ModelVersion, "MDV-0001")
        mine = consignees(reader, version, since=TODAY.date())
        assert {(one.site, one.mode) for one in mine} == {
            (NORTH, "shadow"), (NORTH, "live"), (SOUTH, "live"),
        }
        assert {one.contacts for one in mine if one.site == NORTH} == {("clinician by json",)}
        assert {one.contacts for one in mine if one.site == SOUTH} == {()}
        today = ran_at(reader, NORTH, since=TODAY.date(), until=TODAY.date(),
                       today=TODAY.date())  # fmt: skip
        assert {(one.name, one.mode) for one in today} == {("older", "live"), (name, "shadow")}
        later = (TODAY + timedelta(days=4)).date()
        (last,) = ran_at(reader, NORTH, since=later, until=later, today=later)
        assert (last.name, last.version_digest) == (name, version.version_digest)
        with pytest.raises(InvalidInput, match=f"{later} is to come: what runs then is not known"):
            ran_at(reader, NORTH, since=later, until=later, today=TODAY.date())
        with pytest.raises(InvalidInput, match=f"ends on {TODAY.date()}, before it begins on"):
            consignees(reader, version, since=later, until=TODAY.date())


def test_only_who_may_takes_a_version_back(ready: Store) -> None:
    with pytest.raises(NotAllowed), ready.transaction("demo.engineer", "x", now=TODAY) as tx:
        roll_back(tx, tx.get_one(ChangeRequest, 1), [NORTH], grounds="it fell", password=PASSWORD,
                  by=find_actor(tx, "demo.engineer"), now=TODAY)  # fmt: skip


def test_a_shadow_ends_no_live_version(ready: Store) -> None:
    with ready.transaction("demo.quality", "try", now=TODAY) as tx:
        site = tx.exec(select(Site).where(Site.name == NORTH)).one()
        deploy(tx, tx.get_one(ChangeRequest, 1), sites=[site], mode="shadow", now=TODAY)
    assert (NORTH, "older", "live") in running(ready)
