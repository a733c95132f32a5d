from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures import clusters
from measures.balanced import balanced_accuracy, mcc
from measures.binary import (
    accuracy,
    auc,
    clopper_pearson,
    f1,
    npv,
    ppv,
    sensitivity,
    specificity,
)
from measures.bootstrap import bootstrap
from measures.calibration import brier, calibration_slope
from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.precision_recall import average_precision
from tests.measures.columns import Column, cluster_bootstrap, truth_and_score

FEW = Resampling(seed=5, replicates=200)
WITH_FORMS: list[Callable[..., Estimate]] = [
    sensitivity, specificity, ppv, npv, accuracy, f1, balanced_accuracy, mcc, auc, brier,
    average_precision,
]  # fmt: skip


def clinic(seed: int, patients: int = 60, studies: int = 4) -> tuple[Column, Column, Any]:
    """Several studies a patient; a patient's studies share disease and most of their score."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), studies)
    truth = (np.arange(patients) % 3 == 0).astype(float)[patient]
    score = truth + rng.normal(size=patients)[patient] + 0.3 * rng.normal(size=patient.size)
    return truth, score, patient


@pytest.mark.parametrize("measure", WITH_FORMS)
@settings(max_examples=60)
@given(columns=truth_and_score(both_classes=True), data=st.data())
def test_the_weighted_form_is_the_measure_on_repeated_studies(
    measure: Callable[..., Estimate], columns: tuple[Column, Column], data: st.DataObject
) -> None:
    truth, score = columns
    if measure not in (auc, brier, average_precision):
        score = (score >= 0.5).astype(float)
    times = np.array(
        data.draw(st.lists(st.integers(0, 3), min_size=truth.size, max_size=truth.size))
    )
    plain = measure(np.repeat(truth, times), np.repeat(score, times)).value
    if plain is None:
        return
    form = clusters._WEIGHTED[measure]
    assert form(truth, score, times[None, :].astype(float))[0] == pytest.approx(plain, abs=1e-12)


def test_weighted_and_repeated_resampling_give_the_same_interval() -> None:
    truth, score, patient = clinic(1)
    fast = cluster_bootstrap(auc, truth, score, patients=patient, resampling=FEW)
    slow = cluster_bootstrap(lambda y, s: auc(y, s), truth, score, patients=patient, resampling=FEW)
    assert (fast.low, fast.high) == pytest.approx((slow.low, slow.high), abs=1e-12)


def test_the_same_seed_gives_the_same_interval_and_names_it() -> None:
    truth, score, patient = clinic(2)
    first = cluster_bootstrap(auc, truth, score, patients=patient, resampling=FEW)
    assert first == cluster_bootstrap(auc, truth, score, patients=patient, resampling=FEW)
    other = cluster_bootstrap(
        auc, truth, score, patients=patient, resampling=Resampling(seed=6, replicates=200)
    )
    assert other.low != first.low
    assert "60 patients, 200 resamples, seed 5" in first.method
    assert first.n == 240


def test_many_measures_share_their_draws_and_each_is_as_if_alone() -> None:
    truth, score, patient = clinic(7)
    decision = (score > 0.5).astype(float)
    asked = [(sensitivity, decision), (auc, score), (mcc, decision)]
    together = bootstrap(asked, truth, patients=patient, resampling=FEW)
    for (measure, column), found in zip(asked, together, strict=True):
        alone = cluster_bootstrap(measure, truth, column, patients=patient, resampling=FEW)
        assert found == alone


def test_without_patients_each_study_is_drawn_for_itself() -> None:
    truth, score, _ = clinic(8)
    decision = (score > 0.5).astype(float)
    (drawn,) = bootstrap([(sensitivity, decision)], truth, resampling=Resampling(seed=2))
    (by_itself,) = bootstrap(
        [(sensitivity, decision)], truth, patients=np.arange(truth.size),
        resampling=Resampling(seed=2),
    )  # fmt: skip
    assert (drawn.low, drawn.high) == pytest.approx((by_itself.low, by_itself.high), abs=0.02)
    assert "240 studies, 2000 resamples, seed 2" in drawn.method
    wilson = sensitivity(truth, decision)
    assert drawn.low == pytest.approx(wilson.low, abs=0.03)
    assert drawn.high == pytest.approx(wilson.high, abs=0.03)


def test_alike_studies_of_a_patient_widen_the_interval() -> None:
    truth, score, patient = clinic(3)
    naive = auc(truth, score)
    honest = cluster_bootstrap(auc, truth, score, patients=patient, resampling=FEW)
    assert honest.value == naive.value
    assert None not in (honest.high, honest.low, naive.high, naive.low)
    assert honest.high - honest.low > 1.4 * (naive.high - naive.low)  # type: ignore[operator]


def test_the_interval_covers_patients_where_the_naive_one_does_not() -> None:
    true_share, naive_hits, honest_hits = 0.8, 0, 0
    rng = np.random.default_rng(4)
    patient = np.repeat(np.arange(40), 5)
    for seed in range(300):
        # a patient's own chance of being flagged varies around 0.8
        own = rng.beta(1.6, 0.4, size=40)
        flagged = (rng.random(200) < own[patient]).astype(float)
        naive = sensitivity(np.ones(200), flagged)
        honest = cluster_bootstrap(
            sensitivity, np.ones(200), flagged,
            patients=patient, resampling=Resampling(seed=seed, replicates=400),
        )  # fmt: skip
        naive_hits += naive.low <= true_share <= naive.high  # type: ignore[operator]
        honest_hits += honest.low <= true_share <= honest.high  # type: ignore[operator]
    assert naive_hits / 300 < 0.85
    assert honest_hits / 300 > 0.91


def test_when_all_resamples_agree_one_study_per_patient_speaks() -> None:
    patient = ["a", "a", "b", "b", "c", "c", "c"]
    found = cluster_bootstrap(sensitivity, np.ones(7), np.ones(7), patients=patient, resampling=FEW)
    three = sensitivity(np.ones(3), np.ones(3))
    assert (found.value, found.low, found.high, found.n) == (1.0, three.low, three.high, 7)
    assert "one study per patient" in found.method


def test_level_and_interval_of_a_partial_are_kept() -> None:
    truth, score, patient = clinic(5)
    decision = (score > 0.5).astype(float)
    chosen = functools.partial(sensitivity, level=0.8, interval=clopper_pearson)
    wide = cluster_bootstrap(sensitivity, truth, decision, patients=patient, resampling=FEW)
    narrow = cluster_bootstrap(chosen, truth, decision, patients=patient, resampling=FEW)
    assert narrow.level == 0.8
    assert narrow.high - narrow.low < wide.high - wide.low  # type: ignore[operator]


def test_a_measure_without_weighted_form_is_resampled_too() -> None:
    truth, score, patient = clinic(6)
    chance = 1.0 / (1.0 + np.exp(-score))
    found = cluster_bootstrap(calibration_slope, truth, chance, patients=patient, resampling=FEW)
    assert found.low < found.value < found.high  # type: ignore[operator]


def test_too_little_to_resample_gives_a_reason() -> None:
    one = cluster_bootstrap(sensitivity, [1, 1], [1, 0], patients=["a", "a"], resampling=FEW)
    assert "fewer than two patients" in one.reason
    none = cluster_bootstrap(sensitivity, [0, 0], [1, 0], patients=["a", "b"], resampling=FEW)
    assert none.reason == "no diseased study"
    rare = cluster_bootstrap(
        sensitivity, [1, 0, 0], [1, 0, 0], patients=["a", "b", "c"], resampling=FEW
    )
    assert "resamples of patients" in rare.reason


def test_malformed_patients_are_refused() -> None:
    with pytest.raises(ValueError, match="patients has 1"):
        cluster_bootstrap(auc, [1, 0], [0.1, 0.2], patients=["a"], resampling=FEW)
    with pytest.raises(ValueError, match="without a patient"):
        cluster_bootstrap(auc, [1, 0], [0.1, 0.2], patients=["a", None], resampling=FEW)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 200"):
        Resampling(seed=1, replicates=10)
