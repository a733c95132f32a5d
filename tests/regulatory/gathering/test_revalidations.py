"""A revalidation report tells the newest revalidation of each site as it was judged."""

from typing import Any

import pytest

from monitoring.claim_verdicts import Basis, ClaimRow, Judgement, Reproduction
from records.capas import CAPA
from records.product import Deployment, Device, ModelVersion
from records.revalidation_rules import RevalidationRules
from records.store import Store
from records.surveillance import MonitoringPlan, Revalidation
from records.suspensions import Suspension
from regulatory.documents import revalidation_report
from regulatory.documents.content import Content, placed_gaps
from regulatory.documents.places import REVALIDATION
from regulatory.gathering.revalidations import gather_revalidations
from tests.regulatory.gathering import small_operation as operation
from tests.regulatory.gathering.conftest import basis_in
from tests.regulatory.gathering.outline import gaps, numbers, require_sound, table, texts
from tests.regulatory.gathering.small_store import SITES, add, add_device, at

OUTLINE = ["1", "2", "3", "4", "5", "6"]
RULES = RevalidationRules(every_days=90, recent_days=90)


def report(store: Store) -> Content:
    """The report as of now."""
    with store.reader() as reader:
        return revalidation_report.build(gather_revalidations(reader, basis_in(reader)))


def judgement() -> dict[str, Any]:
    """One claim shown, one subgroup without studies enough, a locked test that was not repeated."""
    rows = (
        ClaimRow("sensitivity", "all", 120, 0.9, 0.83, 0.95, 0.95, "Clopper-Pearson", 0.8, 0.7,
                 {"diseased": 90}, {"diseased": 120}, 0.0001, 1.0, "non-inferior", ""),
        ClaimRow("sensitivity", "sex=F", 3, None, None, None, 0.95, "", 0.8, 0.7, {}, {}, None,
                 None, "not decided", "fewer than 30 studies count"),
    )  # fmt: skip
    return Judgement(
        "not decided", "not decided: see the rows.",
        (Basis("recent truth at westhaven", 300, 280, rows),),
        (Reproduction("internal_test", 4, "EVA-0001", reason="the images are deleted"),),
    ).to_dict(RULES)  # fmt: skip


@pytest.fixture
def judged_again(judged: Store) -> Store:
    """One site judged by point estimates after an alert, another by the rules of a later plan."""
    with judged.transaction("watch", "operate", now=at(operation.FIRST + 2, 20)) as tx:
        version = tx.get_one(ModelVersion, 1)
        operation.add_operation(tx, version)
        alert = operation.add_alert(tx)
        operation.add_revalidation(tx, version, alert)
        add(tx, Deployment(model_version_id=1, site_id=2, mode="live", started_at=at(20)))
        device = tx.get_one(Device, 1)
        plan = device.definition["monitoring_plan"] | {
            "revalidation": {"every_days": 90, "minimum_n": 30}
        }
        add(tx, MonitoringPlan(device_id=1, content=plan, content_digest="later",
                               effective_at=at(21)))  # fmt: skip
        add(tx, Revalidation(
            model_version_id=1, site=SITES[1], trigger="due by the plan",
            period_from=operation.SIGNAL_DAY, period_to=operation.PERIOD[1], comparison={},
            outcome="maintained", conclusion="not decided: see the rows.",
            revalidated_at=at(operation.FIRST + 4), verdict="not decided", judgement=judgement(),
        ))  # fmt: skip
        add(tx, Suspension(
            device_id=1, model_version_id=1, site=SITES[0], revalidation_id=1, grounds="fell",
            proposed_by="demo.quality", proposed_at=at(operation.FIRST + 4),
        ))  # fmt: skip
        add(tx, CAPA(device_id=1, source="RVL-0001", problem="specificity fell",
                     opened_by="demo.quality", opened_at=at(operation.FIRST + 4)))  # fmt: skip
    return judged


def test_each_site_is_told_as_it_was_judged(judged_again: Store) -> None:
    content = report(judged_again)
    assert numbers(content) == OUTLINE
    require_sound(content, report(judged_again))
    rows = texts(table(content, "Revalidations, newest first").rows)
    assert [(row[0], row[1], row[3], row[7]) for row in rows] == [
        ("RVL-0002", "westhaven", "none", "not decided"),
        ("RVL-0001", "northfield", "ALT-0001", "degraded"),
    ]
    versions = texts(table(content, "Version judged").rows)
    assert versions[0][2] == "none: no version runs there", "a shadow is not in use"
    assert versions[1][2].startswith("small-1 (MDV-0001") and "none" in versions[1][3]
    claims = table(content, "RVL-0002, recent truth at westhaven")
    assert texts(claims.rows)[0][2:9] == [
        "0.900 (95 % CI 0.830 to 0.950; n = 120)", "0.800", "0.700", "90 diseased",
        "120 diseased", "< 0.001", "non-inferior",
    ]  # fmt: skip
    assert claims.rows[1][2].text == (
        "not estimable: fewer than 30 studies count (n = 3)"
    ) and claims.rows[1][7].text == "not tested"
    tried = table(content, "RVL-0002: locked tests asked again").rows[0]
    assert tried[-1].text == "not tried: the images are deleted"
    followed = texts(table(content, "What was recorded because of RVL-0001").rows)
    assert [row[:2] for row in followed] == [
        ["ALT-0001", "alert"], ["CAPA-0001", "CAPA"], ["SUS-0001", "suspension of use"],
    ]  # fmt: skip
    changed = table(content, "RVL-0001: what changed since the onset").rows[0]
    assert changed[1].text == "−0.100 (95 % CI −0.300 to 0.100; n = 8)"
    assert {gap.place for _, gap in placed_gaps(content) if gap.place} == set(REVALIDATION)
    assert [gap.missing for gap in gaps(content, "6")][:2] == [
        "Signature on RVL-0001", "Signature on RVL-0002",
    ]  # fmt: skip
    assert "2026-09-03" in str(content.sections[5]), "due 90 days after, by the plan"


def test_without_a_revalidation_every_section_is_a_gap(store: Store) -> None:
    with store.transaction("demo.engineer", "define", now=at(1)) as tx:
        add_device(tx)
    content = report(store)
    assert numbers(content) == OUTLINE
    require_sound(content)
    for number in OUTLINE:
        assert "no revalidation of the device is on record (0)" in {
            gap.reason for gap in gaps(content, number)
        }, number
