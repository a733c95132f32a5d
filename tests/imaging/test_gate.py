import json
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from imaging.gate import validate_batch
from imaging.suite import Severity, Suite, load_suite

BATCH, DATASET = load_suite("batch"), load_suite("dataset")


def batch(n: int = 60, **changes: Any) -> pd.DataFrame:
    values: dict[str, Any] = {
        "instance_uid": [f"2.25.{k}" for k in range(n)], "study_uid": "2.25.1",
        "patient": [f"P{k % 20}" for k in range(n)], "modality": "DX", "sex": "F",
        "age_years": [float("nan")] * 5 + [44.0] * (n - 5), "rows": 160, "columns": 160,
        "brightness": 0.5, "contrast": 0.2, "sharpness": 0.9, "noise": 0.01, "entropy": 4.5,
        "saturation": 0.0, "record": [f"INS-{k + 1:04d}" for k in range(n)],
    }  # fmt: skip
    return pd.DataFrame(values | changes)


def dataset(n: int = 60, **changes: Any) -> pd.DataFrame:
    values: dict[str, Any] = {
        "instance_uid": [f"2.25.{k}" for k in range(n)], "study_uid": "2.25.1", "site": "A",
        "patient": [f"P{k % 20}" for k in range(n)], "digest": "ab", "sex": "", "finding": 1,
        "age_years": 50.0, "split": ["train" if k % 20 < 15 else "tuning" for k in range(n)],
    }  # fmt: skip
    return pd.DataFrame(values | changes)


def broken(frame: pd.DataFrame, suite: Suite) -> set[tuple[str, str]]:
    kinds = {"expect_column_values_to_": "", "expect_table_": ""}
    found = set()
    for one in validate_batch(frame, suite).failures:
        kind = one.expectation
        for prefix in kinds:
            kind = kind.removeprefix(prefix)
        found.add((kind, one.column))
    return found


def test_importing_the_gate_does_not_import_the_library() -> None:
    import subprocess

    code = "import sys, imaging.gate; print('great_expectations' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"


def test_a_good_day_passes() -> None:
    result = validate_batch(batch(), BATCH)
    assert result.passed
    assert result.failures == result.warnings == ()
    assert result.n == 60
    assert [(r.expectation, r.column) for r in result.results] == [
        (e.kind, e.column) for e in BATCH.expectations
    ]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"instance_uid": "2.25.7"}, ("be_unique", "instance_uid")),
        ({"patient": None}, ("not_be_null", "patient")),
        ({"modality": None}, ("not_be_null", "modality")),
        ({"sex": "0000"}, ("be_in_set", "sex")),
        ({"rows": 2}, ("be_between", "rows")),
        ({"brightness": 1.2}, ("be_between", "brightness")),
        ({"entropy": float("nan")}, ("be_between", "measures_recorded")),
    ],
)
def test_a_bad_day_is_stopped_for_the_right_reason(
    changes: dict[str, Any], rule: tuple[str, str]
) -> None:
    assert broken(batch(**changes), BATCH) == {rule}


def test_one_bad_row_is_pointed_at() -> None:
    sexes = ["F"] * 60
    sexes[17] = "?"
    result = validate_batch(batch(sex=sexes), BATCH)
    assert result.failures[0].unexpected_index == (17,)
    assert result.failures[0].unexpected_records == ("INS-0018",)
    assert result.failures[0].limits == {"value_set": ["F", "M", "O", ""]}
    assert result.failures[0].unexpected_count == 1
    assert result.failures[0].n == 60


def test_the_list_of_offending_rows_is_bounded() -> None:
    result = validate_batch(batch(sex="?"), BATCH, index_limit=3)
    assert result.failures[0].unexpected_index == (0, 1, 2)
    assert result.failures[0].unexpected_count == 60


def test_odd_ages_warn_and_do_not_stop() -> None:
    result = validate_batch(batch(age_years=200.0), BATCH)
    assert result.passed
    assert [one.column for one in result.warnings] == ["age_years"]
    assert result.warnings[0].severity is Severity.WARNING


def test_ages_that_nobody_recorded_are_accepted() -> None:
    assert validate_batch(batch(age_years=np.nan), BATCH).warnings == ()


def test_an_empty_day_and_a_missing_column_are_stopped() -> None:
    assert ("row_count_to_be_between", "") in broken(batch().head(0), BATCH)
    result = validate_batch(batch().drop(columns=["sex"]), BATCH)
    assert [(one.column, one.error) for one in result.failures] == [
        ("sex", "could not be evaluated")
    ]


def test_a_good_dataset_passes() -> None:
    assert validate_batch(dataset(), DATASET).passed


@pytest.mark.requirement("REG-047")
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"split": "validation"}, ("be_in_set", "split")),
        ({"finding": 2}, ("be_in_set", "finding")),
        ({"site": None}, ("not_be_null", "site")),
        ({"split": ["train"] * 59 + ["tuning"]}, ("be_between", "splits_of_patient")),
    ],
)
def test_a_flawed_dataset_is_stopped(changes: dict[str, Any], rule: tuple[str, str]) -> None:
    assert broken(dataset(**changes), DATASET) == {rule}


def test_an_empty_dataset_is_stopped() -> None:
    assert broken(dataset(0), DATASET) >= {("row_count_to_be_between", "")}


def test_the_result_is_plain_values() -> None:
    result = validate_batch(batch(sex="?"), BATCH)
    assert json.loads(json.dumps(result.to_list()))[0]["passed"] is True


def test_one_check_after_another_sees_its_own_table_only() -> None:
    assert not validate_batch(batch(sex="?"), BATCH).passed
    assert validate_batch(batch(), BATCH).passed
    assert validate_batch(batch(7), replace(BATCH, name="again")).n == 7
