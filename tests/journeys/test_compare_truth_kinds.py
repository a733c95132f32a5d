"""Comparing the kinds of truth by a journey: the queue's answers are weighed, the rest is told."""

from sqlmodel import select

from journeys.compare_truth_kinds import compare_truth_kinds
from monitoring.draw_adjudication import draw_audit_sample
from monitoring.truth_kinds import ADJUDICATED, FULL, drawn_of
from records.cases import Study
from records.people import find_actor
from records.product import Device, ModelVersion
from records.store import Store
from records.truth_kind_results import newest_comparisons
from tests.adjudicated_workspace import SINCE, UNTIL, populate_read, read_queue
from tests.dashboards.small_workspace import TODAY


def test_what_blinded_readers_agreed_on_is_weighed_by_its_chance(store: Store) -> None:
    truth = populate_read(store, studies=200)
    with store.transaction("demo.quality", "audit", now=TODAY) as tx:
        draw_audit_sample(
            tx, tx.get_one(ModelVersion, 1), since=SINCE, until=UNTIL, seed=4,
            by=find_actor(tx, "demo.quality"), now=TODAY,
        )
    read_queue(store, truth)
    with store.reader() as reader:
        name = reader.get_one(Device, 1).name
    (made,) = compare_truth_kinds(
        store, name, since=SINCE, until=UNTIL, actor="service:surveillance", now=TODAY,
        full=truth,
    )
    with store.reader() as reader:
        (found,) = [one for one in newest_comparisons(reader) if one.label == made.label]
    of = {(one.site, one.way, one.result.measure): one.result for one in found.rows}
    drawn, full = (of["all", way, "specificity"] for way in (ADJUDICATED, FULL))
    assert full.n == sum(not one for one in truth.values())
    assert drawn.value is not None and drawn.low is not None and drawn.high is not None
    assert drawn.n < full.n
    assert drawn.low <= (full.value or 0.0) <= drawn.high

    with store.transaction("demo.quality", "it was of the other site", now=TODAY) as tx:
        moved = tx.exec(select(Study).where(Study.purpose == "clinical")).first()
        assert moved is not None
        moved.site_id = 2 if moved.site_id == 1 else 1
    (again,) = compare_truth_kinds(
        store, name, since=SINCE, until=UNTIL, actor="service:surveillance", now=TODAY,
        full=truth,
    )
    with store.reader() as reader:
        (found,) = [one for one in newest_comparisons(reader) if one.label == again.label]
        assert drawn_of(reader, reader.get_one(ModelVersion, 1), "another finding") == ({}, "")
    of = {(one.site, one.way, one.result.measure): one.result for one in found.rows}
    assert of["all", ADJUDICATED, "specificity"].value is None
    assert "its weights hold for none" in of["all", ADJUDICATED, "specificity"].reason
    assert of["all", FULL, "specificity"].value == full.value, "the other ways stand"
