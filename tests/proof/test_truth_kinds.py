"""Corrected accuracy covers what is true of the simulated clinic; what the other ways miss is told.

At record level, by the product's own queries and estimates; the figures stand in
docs/what-comes-back.md, of other seeds. In full only: of a few small clinics little is estimable.
"""

import os

import pytest

from benchmarks.truth_kinds import Told, repeated, table, told
from monitoring.truth_kinds import ADJUDICATED, BY_REPORT, CORRECTED, FULL, NAIVE

pytestmark = [
    pytest.mark.proof, pytest.mark.timeout(7200),
    pytest.mark.skipif(
        os.environ.get("RADVIGIL_PROOF") != "full", reason="200 simulated clinics: make proof"
    ),
]

REPEATS, DAYS, DAILY, FIRST_SEED = 200, 30, 14, 501
LEAST_COVERED = 0.90


@pytest.fixture(scope="module")
def figures() -> list[Told]:
    seeds = range(FIRST_SEED, FIRST_SEED + REPEATS)
    found = told([row for one in repeated(seeds, days=DAYS, daily=DAILY) for row in one])
    print(table(found))
    return found


def of_way(figures: list[Told], way: str) -> list[Told]:
    return [one for one in figures if one.way == way]


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
