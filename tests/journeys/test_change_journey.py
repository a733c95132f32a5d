"""From an alert to a corrected version: CAPA, plan of changes, shadow, release, shown to work."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from journeys.my_work import owed_work
from journeys.roll_out import advance, look
from records.alert_decisions import acknowledge_alert
from records.capa_criteria import MET, read_criterion
from records.capa_effectiveness import check_effectiveness
from records.capas import CAPA, EFFECTIVE, advance_capa, assign_capa, open_capa
from records.errors import NotAllowed, Refused
from records.lookup import list_records
from records.people import Meaning, find_actor
from records.product import Deployment, ModelVersion, Site
from records.quality import ChangeRequest, Release
from records.rollouts import Rollout, plan_rollout
from records.store import Store
from records.surveillance import Alert, Evaluation, EvaluationResult
from records.verify import verify_records
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY
from tests.journeys.test_roll_out import sign
from tests.regulatory.later_version import answer, proposed, review, sign_as

NORTH = SITES[0]
STAGES = [
    {"sites": [NORTH], "mode": "shadow", "minimum_days": 2, "minimum_studies": 0},
    {"sites": [NORTH], "mode": "live", "minimum_days": 0},
]
CRITERION = {
    "on": "measure", "name": "sensitivity", "site": NORTH, "direction": "at least",
    "bound": "0.9", "minimum_n": "100", "by": "2026-12-31",
}  # fmt: skip


def step(store: Store, to: str, said: dict[str, str], **more: Any) -> None:
    days, by = more.pop("days", 0), more.pop("by", "demo.engineer")
    with store.transaction(by, to, now=TODAY + timedelta(days=days)) as tx:
        advance_capa(tx, tx.get_one(CAPA, 1), to, said, by=find_actor(tx, by),
                     now=TODAY + timedelta(days=days), **more)  # fmt: skip


def go_on(store: Store, days: int = 0) -> None:
    now = TODAY + timedelta(days=days)
    with store.transaction("demo.regulatory", "next", now=now) as tx:
        advance(tx, tx.get_one(Rollout, 1), by=find_actor(tx, "demo.regulatory"),
                password=PASSWORD, reason="next", now=now)  # fmt: skip


def planned(store: Store, stages: list[dict[str, Any]]) -> None:
    """The candidate answered, signed, and its stages planned and signed."""
    answer(store)
    sign_as(store, 2, "demo.engineer", Meaning.AUTHOR)
    sign_as(store, 2, "demo.quality", Meaning.APPROVAL)
    with store.transaction("demo.engineer", "plan", now=TODAY) as tx:
        plan_rollout(tx, tx.get_one(ChangeRequest, 2), stages, {}, way_back="to MDV-0001",
                     by=find_actor(tx, "demo.engineer"), now=TODAY)  # fmt: skip
    sign(store, Rollout, "demo.engineer", Meaning.AUTHOR)
    sign(store, Rollout, "demo.quality", Meaning.APPROVAL)


def later_evaluation(store: Store) -> None:
    """What a revalidation finds at the site in the weeks after the new version went live."""
    day = TODAY.date()
    with store.transaction("service:surveillance", "revalidated", now=TODAY) as tx:
        site = tx.exec(select(Site).where(Site.name == NORTH)).one()
        made = Evaluation(
            model_version_id=2, purpose="revalidation", site_id=site.id, attempt=1, studies=400,
            period_from=day + timedelta(days=5), period_to=day + timedelta(days=60), patients=390,
            figures={}, inputs_digest="0" * 64, evaluated_at=TODAY + timedelta(days=61),
        )
        tx.add(made)
        tx.flush()
        tx.add(EvaluationResult(
            evaluation_id=made.id or 0, measure="sensitivity", subgroup="all", n=300, value=0.96,
            low=0.93, high=0.98, level=0.95, method="Wilson",
        ))  # fmt: skip


@pytest.mark.requirement("REG-085", "REG-090", "REG-092", "REG-063")
def test_an_alert_ends_in_a_corrected_version_that_is_shown_to_work(store: Store) -> None:
    proposed(store)
    with store.transaction("demo.quality", "investigation", now=TODAY) as tx:
        acknowledge_alert(tx, tx.get_one(Alert, 1), finding="the new detector is noisier",
                          by=find_actor(tx, "demo.quality"), now=TODAY)  # fmt: skip
        capa = open_capa(tx, device_id=1, source=tx.get_one(Alert, 1), by="demo.quality",
                         problem="sensitivity fell at the site", now=TODAY)  # fmt: skip
        assign_capa(tx, capa, links=["CHR-0002"], by=find_actor(tx, "demo.quality"),
                    now=TODAY)  # fmt: skip
    step(store, "investigated", {"containment": "read without it", "root_cause": "noise"})
    step(store, "planned", {"correction": "retrained", "corrective_action": "noise is watched"},
         criterion=read_criterion(CRITERION))  # fmt: skip

    planned(store, STAGES)
    go_on(store)  # a shadow returns nothing to care: it runs before the regimes are reviewed
    with store.reader() as reader:
        person, one = find_actor(reader, "demo.regulatory"), reader.get_one(Rollout, 1)
    made = look(store, one, actor=person, reason="weekly", now=TODAY + timedelta(days=3))
    assert made.sites == [NORTH]
    with pytest.raises(Refused, match="is 'assessed'"):
        go_on(store, days=3)
    review(store)
    go_on(store, days=3)
    with store.reader() as reader:
        (running,) = reader.exec(
            select(Deployment).join(Site).where(
                Site.name == NORTH, Deployment.ended_at.is_(None)  # type: ignore[union-attr]
            )
        )
        assert (running.model_version_id, running.mode) == (2, "live")
        assert reader.get_one(ModelVersion, 2).status == "released"
        assert [one.outcome for one in list_records(reader, Release)][-1] == "released"

    step(store, "implemented", {"implementation": "MDV-0002 is live"}, days=4)
    result = {"effectiveness_result": "the revalidation shows it"}
    with pytest.raises(Refused, match="not closed as effective: No record holds sensitivity"):
        step(store, "closed", result, days=5, by="demo.quality", password=PASSWORD)
    later_evaluation(store)
    with store.reader() as reader:
        assert check_effectiveness(reader, reader.get_one(CAPA, 1)).verdict == MET
    for maker in ("demo.engineer", "demo.quality"):  # who implemented it, and who opened it
        with pytest.raises(NotAllowed):
            step(store, "closed", result, days=62, by=maker, password=PASSWORD)
    step(store, "closed", result, days=62, by="demo.regulatory", password=PASSWORD)
    with store.reader() as reader:
        capa = reader.get_one(CAPA, 1)
        assert (capa.status, capa.closed_as, capa.closed_by) == (
            "closed", EFFECTIVE, "demo.regulatory"
        )
        owed = {one.label for one in owed_work(reader, TODAY + timedelta(days=63))}
        assert owed.isdisjoint({"CAPA-0001", "CHR-0002", "RLO-0001"})
        assert verify_records(reader).findings == ()


@pytest.mark.requirement("REG-092")
def test_no_later_stage_reaches_a_site_that_the_plan_was_not_checked_for(store: Store) -> None:
    proposed(store)
    last = {"sites": [SITES[1]], "mode": "live", "minimum_days": 0, "minimum_studies": 0}
    planned(store, [*STAGES, last])
    review(store)
    go_on(store)
    with pytest.raises(Refused, match=f"sites .{SITES[1]}."):
        go_on(store, days=3)
