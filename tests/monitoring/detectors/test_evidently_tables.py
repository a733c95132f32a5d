"""Evidently's voice: pinned, repeatable, honest about what it cannot compare."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from measures.rank_charts import normal_scores_against
from monitoring.detectors.evidently_tables import compare_tables
from monitoring.plan import EvidentlySettings

SETTINGS = EvidentlySettings(
    columns=("sharpness", "score", "constant", "empty", "absent"), categorical_columns=("view",)
)


def table(n: int, seed: int, *, shift: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sharpness": rng.normal(shift, 1.0, n),
            "score": rng.random(n),
            "constant": 1.0,
            "empty": np.nan,
            "view": rng.choice(["PA", "AP"], n),
        }
    )


def test_the_shifted_column_is_called_drifted_and_the_others_are_not() -> None:
    found = compare_tables(table(2500, 1), table(420, 2, shift=0.6), SETTINGS)
    assert found.drifted == ("sharpness",)
    assert found.reference_rows == 2000
    assert found.current_rows == 420
    assert found.html is not None
    assert b"<html" in found.html[:400]


def test_columns_that_cannot_be_compared_say_why() -> None:
    found = compare_tables(table(300, 1), table(300, 2), SETTINGS)
    reasons = {verdict.column: verdict.reason for verdict in found.verdicts if verdict.reason}
    assert reasons == {
        "constant": "never varies",
        "empty": "not recorded in the reference table",
        "absent": "not in the reference table",
    }
    assert all(verdict.drifted is None for verdict in found.verdicts if verdict.reason)


@pytest.mark.parametrize("nothing", ["", "not recorded", None])
def test_what_is_not_recorded_is_never_called_drift(nothing: str | None) -> None:
    settings = EvidentlySettings(columns=("score",), categorical_columns=("view",))
    before, now = table(600, 1), table(600, 2)
    now.loc[: 400, "view"] = nothing
    partly = compare_tables(before, now, settings).verdicts[1]
    assert (partly.drifted, partly.n_current) == (False, 199)
    now["view"] = nothing
    wholly = compare_tables(before, now, settings).verdicts[1]
    assert (wholly.drifted, wholly.reason) == (None, "not recorded in the current table")


def test_the_same_tables_give_the_same_verdicts_and_json() -> None:
    first = compare_tables(table(2500, 1), table(420, 2), SETTINGS)
    second = compare_tables(table(2500, 1), table(420, 2), SETTINGS)
    assert first.verdicts == second.verdicts
    assert first.json == second.json


def test_nothing_to_compare_is_no_report_rather_than_a_crash() -> None:
    found = compare_tables(table(5, 1), table(5, 2), SETTINGS)
    assert found.html is None
    assert found.drifted == ()


def test_with_few_rows_a_pinned_distance_drifts_by_chance_where_the_rank_test_does_not() -> None:
    """A distance has no error rate: at 40 rows chance alone exceeds a limit made for 400."""
    settings = EvidentlySettings(columns=("sharpness",))
    distances, scores = [], []
    for seed in range(12):
        before, now = table(300, 50 + seed), table(40, 500 + seed)
        distances.append(bool(compare_tables(before, now, settings).drifted))
        mean = normal_scores_against(before["sharpness"], now["sharpness"]).mean()
        scores.append(abs(mean) * np.sqrt(1 / (1 / 40 + 1 / 300)) > 3.0)
    assert sum(distances) >= 2
    assert sum(scores) == 0


@pytest.mark.parametrize("shift", [0.8])
def test_on_a_clear_shift_with_many_rows_both_agree(shift: float) -> None:
    settings = EvidentlySettings(columns=("sharpness",))
    before, now = table(1500, 1), table(400, 2, shift=shift)
    assert compare_tables(before, now, settings).drifted == ("sharpness",)
    assert normal_scores_against(before["sharpness"], now["sharpness"]).mean() > 0.5
