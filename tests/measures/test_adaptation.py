from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from measures.adaptation import adaptation, adaptation_by_repetition, adaptation_values
from measures.comparison import newcombe_difference
from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.proportions import wilson

TABLES = st.integers(2, 6).flatmap(
    lambda size: arrays(np.float64, (size, size), elements=st.floats(0.0, 1.0))
)


def shares(table: list[list[int]], n: int = 200) -> list[list[Estimate]]:
    return [[wilson("sensitivity", hits, n) for hits in row] for row in table]


@given(table=TABLES, decay=st.floats(0.0, 3.0))
def test_retention_lies_between_the_kept_performances(table: Numbers, decay: float) -> None:
    for v, (_, _, kept) in enumerate(adaptation_values(table, decay=decay).tolist(), start=1):
        assert table[v, :v].min() - 1e-12 <= kept <= table[v, :v].max() + 1e-12


@given(table=TABLES)
def test_learning_plus_the_next_loss_is_the_change_on_the_diagonal(table: Numbers) -> None:
    values = adaptation_values(table)
    diagonal = np.diff(np.diagonal(table))
    assert values[:, 0] - values[:, 1] == pytest.approx(diagonal, abs=1e-12)


@given(table=TABLES, more=st.floats(-0.5, 0.5))
def test_a_constant_moves_retention_only(table: Numbers, more: float) -> None:
    moved = adaptation_values(table + more) - adaptation_values(table)
    assert moved[:, :2] == pytest.approx(0.0, abs=1e-9)
    assert moved[:, 2] == pytest.approx(more, abs=1e-9)


def test_decay_weighs_the_newest_dataset_most_and_zero_all_alike() -> None:
    table = np.array([[0.9, 0.5, 0.5], [0.5, 0.9, 0.5], [0.2, 0.8, 0.9]])
    assert adaptation_values(table, decay=0.0)[1, 2] == pytest.approx(0.5)
    assert adaptation_values(table, decay=50.0)[1, 2] == pytest.approx(0.8)


def test_potential_has_the_interval_of_two_independent_shares() -> None:
    cells = shares([[180, 160], [176, 184]])
    found = adaptation(cells)[0]
    pair = newcombe_difference(cells[0][0], cells[0][1])
    assert (found.potential.low, found.potential.value, found.potential.high) == pytest.approx(
        (pair.low, pair.value, pair.high)
    )
    assert found.potential.n == 400
    assert found.learning.n == 200


def test_retention_of_one_dataset_is_that_share_with_its_interval() -> None:
    cells = shares([[180, 160], [176, 184]])
    kept, cell = adaptation(cells)[0].retention, cells[1][0]
    assert (kept.low, kept.value, kept.high) == pytest.approx((cell.low, cell.value, cell.high))


def test_estimates_agree_with_the_plain_values() -> None:
    cells = shares([[180, 160, 150], [176, 184, 170], [170, 172, 190]])
    table = [[cell.value or 0.0 for cell in row] for row in cells]
    plain = adaptation_values(table, decay=0.7)
    found = adaptation(cells, decay=0.7)
    for one, (learnt, missed, kept) in zip(found, plain.tolist(), strict=True):
        assert (one.learning.value, one.potential.value, one.retention.value) == pytest.approx(
            (learnt, missed, kept)
        )


def test_repetitions_are_all_read_and_give_a_t_interval() -> None:
    from scipy.stats import ttest_1samp

    tables = np.random.default_rng(1).random((6, 3, 3))
    found = adaptation_by_repetition(tables)
    values = adaptation_values(tables)
    assert found[1].retention.value == pytest.approx(values[:, 1, 2].mean())
    peer = ttest_1samp(values[:, 0, 0], 0.0).confidence_interval()
    assert (found[0].learning.low, found[0].learning.high) == pytest.approx((peer.low, peer.high))


def test_what_is_missing_gives_a_reason_or_is_refused() -> None:
    gap = Estimate.not_estimable("sensitivity", "no diseased study", n=0)
    cells = shares([[180, 160], [176, 184]])
    cells[0][1] = gap
    found = adaptation(cells)[0]
    assert found.learning.reason == "sensitivity: no diseased study"
    assert found.retention.estimable
    once = np.ones((1, 2, 2))
    assert "two repetitions" in adaptation_by_repetition(once)[0].learning.reason
    assert "no spread" in adaptation_by_repetition(np.ones((3, 2, 2)))[0].learning.reason
    with pytest.raises(ValueError, match="1 of 4 entries are missing"):
        adaptation_values([[1.0, float("nan")], [1.0, 1.0]])
    with pytest.raises(ValueError, match="every version on every dataset"):
        adaptation_values([[1.0, 1.0]])
    with pytest.raises(ValueError, match="every version on every dataset"):
        adaptation_values([[1.0]])
    with pytest.raises(ValueError, match="every version on every dataset"):
        adaptation(shares([[1, 2]]))
    with pytest.raises(ValueError, match="one measure at one level"):
        adaptation([[cells[0][0], wilson("ppv", 1, 2)], cells[1]])
    with pytest.raises(ValueError, match="repetitions, versions"):
        adaptation_by_repetition([[1.0, 1.0], [1.0, 1.0]])
    for decay in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="decay"):
            adaptation_values(np.ones((2, 2)), decay=decay)
