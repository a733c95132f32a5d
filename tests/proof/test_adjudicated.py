"""A whole queue, read with slips: weighted estimates stand beside the others, and only there."""

import os

import pytest
from sqlmodel import select

from monitoring.adjudicated import AUGMENTED, CORRECTED, NAIVE, WEIGHTED, prepare_adjudicated
from monitoring.evaluate import record_evaluation
from records.held_definition import definition_of
from records.product import Device
from records.queries import prediction_rows
from records.store import Store
from records.surveillance import EvaluationResult
from tests.adjudicated_workspace import READERS, SINCE, UNTIL, populate_read, read_queue
from tests.dashboards.small_workspace import SITES, TODAY
from tests.monitoring.test_draw_adjudication import behind_alert, sampled, version


@pytest.mark.proof
@pytest.mark.skipif(
    os.environ.get("RADVIGIL_PROOF") != "full", reason="a queue of some 100 cases: make proof"
)
def test_weighted_estimates_stand_beside_the_others_and_only_there(store: Store) -> None:
    truth = populate_read(store, studies=400)
    sampled(store)
    behind_alert(store)
    read_queue(store, truth, slips={READERS[0]: 0.1, READERS[1]: 0.1})
    with store.reader() as reader:
        known = version(reader)
        task = definition_of(reader.get_one(Device, 1)).task
        facts, period = prepare_adjudicated(reader, known, task)
        rows = prediction_rows(reader, known, since=SINCE, until=UNTIL)
        assert all(row["truth"] is None for row in rows)
    assert period == (SINCE, UNTIL)
    assert facts.figures["could_be_drawn"] == 400
    assert facts.figures["settled"] == facts.figures["drawn"] > 60
    by = {(one.measure, one.subgroup): one for one in facts.estimates}
    naive, weighted, augmented = (
        by["specificity", f"all sites: {one}"] for one in (NAIVE, WEIGHTED, AUGMENTED)
    )
    assert naive.value is not None and naive.value != weighted.value
    for one in (weighted, augmented):
        assert one.low is not None and one.high is not None and one.low < 0.9 < one.high
    assert by["specificity", f"{SITES[0]}: {CORRECTED}"].n > 0
    kappa = by["kappa", "two readers"]
    assert kappa.value is not None and 0.4 < kappa.value < 0.95
    assert by["positive_percent_agreement", "two readers"].n > 10
    with store.transaction("service:evaluation", now=TODAY) as tx:
        evaluation = record_evaluation(tx, version(tx), facts, period=period, now=TODAY)
        stored = tx.exec(
            select(EvaluationResult).where(EvaluationResult.evaluation_id == evaluation.id)
        ).all()
    assert len(stored) == len(facts.estimates)
