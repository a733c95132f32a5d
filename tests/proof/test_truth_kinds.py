"""Corrected accuracy covers what is true of the simulated clinic; what the other ways miss is told.

At record level, by the product's own draw, queue, queries and estimates; the figures stand in
docs/what-comes-back.md, of other seeds. Coverage in full only: of a few small clinics little is
estimable.
"""

import os

import pytest

from benchmarks.clinic_records import OWN, drawn_studies, put_on_record, register_people
from benchmarks.truth_kinds import Told, estimated, repeated, table, told
from journeys.compare_truth_kinds import compare_truth_kinds
from monitoring.truth_kinds import ADJUDICATED, BY_REPORT, CORRECTED, FULL, NAIVE
from records.adjudicated import cases_of, samples_of
from records.adjudication import WAITING
from records.store import Store
from records.truth_kind_results import EVERYWHERE, newest_comparisons

pytestmark = [pytest.mark.proof, pytest.mark.timeout(7200)]

REPEATS, DAYS, DAILY, FIRST_SEED = 200, 30, 14, 501
LEAST_COVERED = 0.90


@pytest.fixture(scope="module")
def figures() -> list[Told]:
    if os.environ.get("RADVIGIL_PROOF") != "full":
        pytest.skip("200 simulated clinics: make proof")
    seeds = range(FIRST_SEED, FIRST_SEED + REPEATS)
    found = told([row for one in repeated(seeds, days=DAYS, daily=DAILY) for row in one])
    print(table(found))
    return found


def of_way(figures: list[Told], way: str) -> list[Told]:
    return [one for one in figures if one.way == way]


def test_a_repeat_is_what_the_product_draws_and_compare_truth_records(store: Store) -> None:
    register_people(store)
    made = put_on_record(store, drawn_studies(FIRST_SEED, days=10, daily=10), seed=FIRST_SEED)
    with store.reader() as reader:
        rows = estimated(reader, made)
        (sample,), cases = samples_of(reader, made.own), cases_of(reader, made.own)
    whole = {one["stratum"]: (one["studies"], one["drawn"]) for one in sample.design[1:]}
    contested = [counts for name, counts in whole.items() if name.endswith("readers disagree")]
    assert contested and all(studies == drawn for studies, drawn in contested)
    assert len(cases) == sum(drawn for _, drawn in whole.values()) < len(made.studies) / 2
    assert all(one.status != WAITING for one in cases)
    day = max(one.plan.day for one in made.studies)
    compare_truth_kinds(
        store, OWN, until=day, actor="service:surveillance", now=sample.drawn_at, full=made.truth
    )
    with store.reader() as reader:
        (recorded,) = newest_comparisons(reader)
        found = {
            (row.way, row.result.measure): (row.result.value, row.result.low, row.result.high)
            for row in recorded.rows if row.site == EVERYWHERE
        }
    mine = {(one["way"], one["measure"]): (one["value"], one["low"], one["high"])
            for one in rows if one["product"] == "own"}  # fmt: skip
    assert mine == found
    assert found[ADJUDICATED, "specificity"][0] is not None


def test_every_way_is_told_of_both_products(figures: list[Told]) -> None:
    for product in ("own", "other"):
        for way in (BY_REPORT, NAIVE, FULL):
            here = [one.measure for one in of_way(figures, way) if one.product == product]
            assert here == ["sensitivity", "specificity", "ppv", "auc"]


@pytest.mark.parametrize("way", [CORRECTED, ADJUDICATED])
def test_the_corrected_intervals_cover(figures: list[Told], way: str) -> None:
    for one in of_way(figures, way):
        share, _, _ = one.coverage
        assert share >= LEAST_COVERED, (one.product, one.measure, share)
        assert one.estimable >= 0.95 * one.repeats, (one.product, one.measure, one.estimable)


def test_the_naive_figures_are_biased_where_only_the_flagged_come_back(
    figures: list[Told],
) -> None:
    (one,) = [
        each for each in of_way(figures, NAIVE)
        if (each.product, each.measure) == ("own", "specificity")
    ]
    assert one.bias + one.bias_half < -0.1
    (corrected,) = [
        each for each in of_way(figures, FULL)
        if (each.product, each.measure) == ("own", "specificity")
    ]
    assert abs(corrected.bias) < 0.05
