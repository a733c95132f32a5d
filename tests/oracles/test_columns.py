"""Columns are found under other names, and words are read as 0 and 1."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.oracles.columns import DECISION, SCORE, TRUTH, column, zero_one


@pytest.mark.parametrize(
    ("truth", "score", "decision"),
    [("y", "p", "pred"), ("outcome", "risk", "y_hat"), ("Y_true", "y_pred_proba", "y_pred"),
     ("repaid", "predicted probability", "prediction"), ("first", "third", "second")],
)  # fmt: skip
def test_a_column_is_found_by_name_or_by_what_it_holds(
    truth: str, score: str, decision: str
) -> None:
    held = {"id": [0, 1, 1], truth: [0, 1, 1], decision: [1, 0, 1], score: [0.2, 0.4, 0.9]}
    table = pd.DataFrame(held)
    assert column(table, TRUTH) == truth
    assert column(table, SCORE, {truth}) == score
    assert column(table, DECISION, {truth, score}) == decision


def test_words_and_truth_values_are_read_and_strange_ones_refused() -> None:
    assert zero_one(pd.Series(["pos", "Negative", "YES"])).tolist() == [1.0, 0.0, 1.0]
    assert zero_one(pd.Series([True, False])).tolist() == [1.0, 0.0]
    assert zero_one(pd.Series(["Good", "Poor"])).tolist() == [0.0, 1.0]
    assert zero_one(pd.Series(["malignant", "benign"])).tolist() == [1.0, 0.0]
    assert np.isnan(zero_one(pd.Series(["pos", None]))[1])
    with pytest.raises(ValueError, match="perhaps"):
        zero_one(pd.Series(["pos", "perhaps"]))


def test_a_table_without_the_column_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="age, sex"):
        column(pd.DataFrame({"age": [40.0, 50.0], "sex": ["F", "M"]}), TRUTH)
