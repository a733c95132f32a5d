"""The AUC over findings that may be present together: DeLong's with one, and covers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.binary import auc
from measures.clustered import clustered
from measures.comparison import paired_auc_difference
from measures.multilabel import auc_over_findings, paired_auc_over_findings_difference

RNG = np.random.default_rng(5)
SEEDS = st.integers(0, 10_000)
FINDINGS = ["a", "b", "c"]


def drawn(
    seed: int, n: int = 80, *, known: float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """States of three findings that come together, and the scores of two devices."""
    rng = np.random.default_rng(seed)
    ill = rng.normal(size=(n, 1))
    states = (0.7 * ill + rng.normal(size=(n, 3)) > 0.4).astype(int)
    first, second = (states + rng.normal(size=(n, 3)) + 0.5 * ill for _ in range(2))
    states[rng.random((n, 3)) > known] = -1
    return states, first, second


@settings(max_examples=8, deadline=None)
@given(SEEDS)
def test_with_one_finding_it_is_delongs_interval_and_paired_test(seed: int) -> None:
    states, first, second = (one[:, :1] for one in drawn(seed))
    found, delong = auc_over_findings(states, first, ["a"]), auc(states[:, 0], first[:, 0])
    assert (found.value, found.low, found.high) == pytest.approx(
        (delong.value, delong.low, delong.high)
    )
    change = paired_auc_over_findings_difference(states, first, second, ["a"])
    paired = paired_auc_difference(states[:, 0], first[:, 0], second[:, 0]).difference
    assert (change.value, change.low, change.high) == pytest.approx(
        (paired.value, paired.low, paired.high)
    )


@settings(max_examples=8, deadline=None)
@given(SEEDS)
def test_it_is_the_mean_of_the_findings_and_a_study_counts_where_it_is_known(seed: int) -> None:
    states, first, second = drawn(seed, known=0.8)
    found = auc_over_findings(states, first, FINDINGS)
    alone = [
        auc(states[known, at], first[known, at]).value
        for at in range(3) for known in (states[:, at] >= 0,)
    ]
    assert found.value == pytest.approx(np.mean([one or 0 for one in alone]))
    assert found.n == int((states >= 0).any(axis=1).sum())
    change = paired_auc_over_findings_difference(states, first, second, FINDINGS)
    back = paired_auc_over_findings_difference(states, second, first, FINDINGS)
    assert change.value == pytest.approx(-(back.value or 0))
    order = np.random.default_rng(seed).permutation(len(states))
    mixed = auc_over_findings(states[order], first[order], FINDINGS)
    assert (mixed.value, mixed.low) == pytest.approx((found.value, found.low))


def test_curves_of_the_same_studies_are_not_taken_as_independent() -> None:
    states, first, _ = drawn(3, n=200)
    once = auc_over_findings(states[:, :1], first[:, :1], ["a"])
    twice = auc_over_findings(np.repeat(states[:, :1], 2, 1), np.repeat(first[:, :1], 2, 1),
                              ["a", "b"])  # fmt: skip
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high))


def test_several_studies_of_a_patient_widen_it_as_they_do_of_one_finding() -> None:
    states, first, _ = (np.repeat(one, 3, axis=0) for one in drawn(4, n=40))
    whose = np.repeat(np.arange(40), 3).astype(str)
    found = auc_over_findings(states[:, :1], first[:, :1], ["a"], patients=whose)
    one = clustered("auc", states[:, 0], first[:, 0], patients=whose, level=0.95)
    assert found.value == pytest.approx(one.value)
    assert (found.low, found.high) == pytest.approx((one.low, one.high), abs=0.015)
    assert "40 patients" in found.method


def test_the_interval_covers_the_truth() -> None:
    """Of 150 samples of 60 studies with findings that come together, a fifth not known; thousands
    are drawn in benchmarks/coverage_studies."""
    from scipy.special import ndtr

    rng, inside = np.random.default_rng(1), 0
    truth = float(ndtr(1.0 / np.sqrt(2.0)))
    for _ in range(150):
        states = (rng.normal(size=(60, 1)) + rng.normal(size=(60, 2)) > 0.5).astype(int)
        scores = states + (rng.normal(size=(60, 1)) + rng.normal(size=(60, 2))) / np.sqrt(2.0)
        states[rng.random((60, 2)) < 0.2] = -1
        found = auc_over_findings(states, scores, ["a", "b"])
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= truth <= found.high
    assert 0.9 <= inside / 150 <= 0.99


def test_a_finding_that_is_nowhere_present_is_named_and_never_left_out() -> None:
    states, first, second = drawn(6)
    states[:, 1] = 0
    found = auc_over_findings(states, first, FINDINGS)
    assert not found.estimable
    assert "b: 0 studies with it" in found.reason
    change = paired_auc_over_findings_difference(states, first, second, FINDINGS)
    assert not change.estimable
    assert change.measure == "macro_auc_difference"


@pytest.mark.parametrize(
    ("states", "scores", "findings", "message"),
    [
        ([[1, 2]], [[0.1, 0.2]], ["a", "b"], "1 is present, 0 absent"),
        ([[1, 0]], [[0.1, 0.2]], ["a"], "one column for each of 1"),
        ([[1, 0]], [[0.1]], ["a", "b"], "needs shape"),
        ([[1, 0]], [[0.1, np.nan]], ["a", "b"], "missing or infinite"),
    ],
)
def test_what_is_malformed_is_refused(
    states: list[list[int]], scores: list[list[float]], findings: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        auc_over_findings(states, scores, findings)
