from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.comparison import paired_auc_difference
from measures.multiclass import (
    auc_one_against_rest,
    confusion_table,
    paired_macro_auc_difference,
)
from measures.roc import auc
from tests.measures.columns import Column, truth_and_score

CLASSES = ["benign", "malignant", "normal"]


@st.composite
def graded(draw: st.DrawFn) -> tuple[Any, Any]:
    """True classes, two of each at least, and chances that sum to 1, with ties."""
    more = draw(st.lists(st.integers(0, 2), max_size=25))
    truth = np.array([0, 0, 1, 1, 2, 2, *more])
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    marks = rng.integers(1, 6, (truth.size, 3)) + 2 * np.eye(3)[truth]
    return truth, marks / marks.sum(axis=1, keepdims=True)


@settings(max_examples=40)
@given(columns=graded())
def test_the_table_agrees_with_scikit_learn(columns: tuple[Any, Any]) -> None:
    from sklearn.metrics import confusion_matrix

    truth, said = columns[0], columns[1].argmax(axis=1)
    assert (confusion_table(truth, said, [0, 1, 2]) == confusion_matrix(truth, said)).all()


@pytest.mark.parametrize("average", ["macro", "weighted"])
@settings(max_examples=40)
@given(columns=graded())
def test_auc_agrees_with_scikit_learn(average: Any, columns: tuple[Any, Any]) -> None:
    from sklearn.metrics import roc_auc_score

    found = auc_one_against_rest(*columns, [0, 1, 2], average=average)
    expected = roc_auc_score(*columns, multi_class="ovr", average=average)
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert found.low is not None
    assert found.high is not None
    assert 0.0 <= found.low <= expected + 1e-9
    assert expected - 1e-9 <= found.high <= 1.0
    assert found.high > found.low


@given(columns=truth_and_score(both_classes=True))
def test_with_two_classes_the_macro_auc_is_delongs(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    found = auc_one_against_rest(truth.astype(int), np.c_[1 - score, score], [0, 1])
    plain = auc(truth, score)
    assert (found.value, found.low, found.high) == pytest.approx(
        (plain.value, plain.low, plain.high), abs=1e-9
    )


@given(columns=truth_and_score(both_classes=True), seed=st.integers(0, 99))
def test_with_two_classes_the_paired_difference_is_delongs(
    columns: tuple[Column, Column], seed: int
) -> None:
    truth, score = (np.asarray(column, dtype=float) for column in columns)
    if min(np.bincount(truth.astype(int), minlength=2)) < 2:
        return
    other = score + np.random.default_rng(seed).normal(size=score.size) * (1 + np.ptp(score))
    known = paired_auc_difference(truth, score, other)
    found = paired_macro_auc_difference(
        truth.astype(int), np.stack([-score, score], 1), np.stack([-other, other], 1), [0, 1]
    )
    assert found.value == pytest.approx(known.difference.value, abs=1e-12)
    if known.p_value is not None:  # else from the two single intervals
        assert (found.low, found.high) == pytest.approx(
            (known.difference.low, known.difference.high), abs=1e-9
        )


def test_copies_of_patients_do_not_narrow_the_paired_difference() -> None:
    rng = np.random.default_rng(7)
    truth = np.repeat([0, 1, 2], 20)
    one, two = (rng.random((60, 3)) + by * np.eye(3)[truth] for by in (1.0, 0.4))
    once = paired_macro_auc_difference(truth, one, two, [0, 1, 2], patients=range(60))
    copied = paired_macro_auc_difference(
        np.tile(truth, 4), np.tile(one, (4, 1)), np.tile(two, (4, 1)), [0, 1, 2],
        patients=np.tile(np.arange(60), 4),
    )
    assert (copied.value, copied.low) == pytest.approx((once.value, once.low))
    same = paired_macro_auc_difference(truth, one, one, [0, 1, 2])
    assert (same.value, same.n) == (0, 60)
    assert same.low < 0 < same.high  # alike on these studies is not certainty
    few = paired_macro_auc_difference([0, 0, 1], one[:3], two[:3], [0, 1, 2])
    assert few.reason
    assert few.n == 3


@given(columns=graded())
def test_one_study_a_patient_gives_the_ordinary_interval(columns: tuple[Any, Any]) -> None:
    plain = auc_one_against_rest(*columns, [0, 1, 2])
    each = auc_one_against_rest(*columns, [0, 1, 2], patients=range(columns[0].size))
    assert (each.value, each.low, each.high) == pytest.approx((plain.value, plain.low, plain.high))


def test_copies_of_patients_do_not_narrow_the_interval() -> None:
    rng = np.random.default_rng(6)
    truth = np.repeat([0, 1, 2], 20)
    marks = rng.random((60, 3)) + np.eye(3)[truth]
    once = auc_one_against_rest(truth, marks, [0, 1, 2], patients=range(60))
    whose = np.tile(np.arange(60), 4)
    copied = auc_one_against_rest(
        np.tile(truth, 4), np.tile(marks, (4, 1)), [0, 1, 2], patients=whose
    )
    assert (copied.value, copied.low) == pytest.approx((once.value, once.low))
    assert copied.method.endswith("60 patients")


@given(columns=graded())
def test_order_of_studies_and_of_classes_does_not_matter(columns: tuple[Any, Any]) -> None:
    truth, marks = columns
    found = auc_one_against_rest(truth, marks, [0, 1, 2])
    order = np.random.default_rng(1).permutation(truth.size)
    shuffled = auc_one_against_rest(truth[order], marks[order], [0, 1, 2])
    turned = auc_one_against_rest(truth, marks[:, ::-1], [2, 1, 0])
    for same in (shuffled, turned):
        assert (same.value, same.low) == pytest.approx((found.value, found.low))


def test_a_class_without_two_studies_is_named_instead_of_left_out() -> None:
    marks = np.ones((5, 3))
    found = auc_one_against_rest([0, 0, 1, 1, 2], marks, [0, 1, 2])
    assert found.reason == "class 2 has 1 studies: two are needed of each class"
    found = auc_one_against_rest([0, 0, 1, 1, 2, 2], np.ones((6, 3)), [0, 1, 2],
                                 patients=[1, 2, 3, 4, 5, 5])  # fmt: skip
    assert "class 2 has 1 patients" in found.reason


def test_perfect_classes_are_not_certainty() -> None:
    truth = np.repeat([0, 1, 2], 10)
    found = auc_one_against_rest(truth, np.eye(3)[truth], [0, 1, 2])
    assert found.value == found.high == 1.0
    assert found.low == pytest.approx(0.025 ** (1 / 10))


def test_malformed_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="truth: 'cyst' is none of the classes"):
        confusion_table(["cyst"], ["benign"], CLASSES)
    with pytest.raises(ValueError, match="decision: 'None' is none"):
        confusion_table(["benign"], [None], CLASSES)
    with pytest.raises(ValueError, match="truth has 1, decision has 2"):
        confusion_table(["benign"], ["benign", "normal"], CLASSES)
    with pytest.raises(ValueError, match="each once"):
        confusion_table(["benign"], ["benign"], ["benign", "benign"])
    with pytest.raises(ValueError, match="one entry per study"):
        confusion_table([["benign"]], ["benign"], CLASSES)
    for wrong in (np.nan, np.inf):
        with pytest.raises(ValueError, match="scores: 1 of 4"):
            auc_one_against_rest([0, 1], [[0.1, 0.9], [0.1, wrong]], [0, 1])
    with pytest.raises(ValueError, match="needs shape"):
        auc_one_against_rest([0, 1], [0.1, 0.9], [0, 1])
    with pytest.raises(ValueError, match="must be numbers"):
        auc_one_against_rest([0, 1], [["a", "b"], ["c", "d"]], [0, 1])
    with pytest.raises(ValueError, match="average"):
        auc_one_against_rest([0, 1], np.ones((2, 2)), [0, 1], average="micro")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="patients"):
        auc_one_against_rest([0, 1], np.ones((2, 2)), [0, 1], patients=["a", None])
