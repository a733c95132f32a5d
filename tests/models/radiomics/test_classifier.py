"""A classifier is judged on patients that it has not seen, and does not flatter itself."""

import numpy as np
import pytest

from models.radiomics.classifier import ClassifierPlan, FeatureTable, cross_validate, table_of
from records.errors import InvalidInput

PLAN = ClassifierPlan(seed=3, folds=2)
proof = pytest.mark.proof


def table(*, told: float, patients: int = 48, of_each: int = 2, seed: int = 1) -> FeatureTable:
    """Two regions a patient; the third feature tells, the others are noise of the patient."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(patients), of_each)
    truth = (who % 2).astype(np.int64)
    own = rng.normal(size=(patients, 12))[who]
    values = own + 0.1 * rng.normal(size=(len(who), 12))
    values[:, 2] += told * truth
    keys = ("shape2d_area_pixels", *(f"feature {at}" for at in range(1, 12)))
    return FeatureTable(keys, values, truth, who.astype(str))


def auc_of(found: object) -> float:
    value = next(one for one in found.estimates if one.measure == "auc").value  # type: ignore[attr-defined]
    assert value is not None
    return float(value)


@proof
def test_noise_that_is_each_patients_own_is_not_taken_for_the_finding() -> None:
    """A split by region instead of patient would score these well above chance."""
    assert auc_of(cross_validate(table(told=0.0), PLAN)) < 0.68


@proof
def test_a_feature_that_tells_is_kept_in_every_fold_and_found_again() -> None:
    full = table(told=3.0)
    values = full.values.copy()
    values[::7, 4] = np.nan
    values[:, 5] = np.nan
    values[:, 6] = 1.0
    found = cross_validate(FeatureTable(full.keys, values, full.truth, full.patients), PLAN)
    assert found.left_out == ("feature 5", "feature 6")
    assert auc_of(found) > 0.9
    assert found.chosen["feature 2"] == 2
    assert np.isfinite(found.score).all()
    assert found.size_alone.value is not None and found.size_alone.value < 0.7
    assert {one.n for one in found.estimates if one.measure == "auc"} == {96}


@proof
def test_the_same_seed_gives_the_same_answer() -> None:
    one, other = (cross_validate(table(told=1.0, patients=24), PLAN) for _ in range(2))
    assert (one.score == other.score).all()


def test_too_few_patients_of_a_class_are_refused_with_the_number_needed() -> None:
    with pytest.raises(InvalidInput, match="7 patients with the finding, 8 are needed"):
        cross_validate(table(told=1.0, patients=14), PLAN)


def test_nothing_that_varies_is_refused() -> None:
    full = table(told=1.0)
    with pytest.raises(InvalidInput, match="none has two different values"):
        cross_validate(
            FeatureTable(full.keys, np.ones_like(full.values), full.truth, full.patients), PLAN
        )


def test_a_cell_that_is_no_number_or_label_is_named() -> None:
    good = {"p": "1", "y": "1", "f": "2.5"}
    assert np.isnan(table_of([good | {"f": ""}], ["f"], label="y", patient="p").values[0, 0])
    with pytest.raises(InvalidInput, match="line 3, column f"):
        table_of([good, good | {"f": "inf"}], ["f"], label="y", patient="p")
    with pytest.raises(InvalidInput, match="line 2, column y"):
        table_of([good | {"y": "yes"}], ["f"], label="y", patient="p")


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"sensitivity": 1.0}])
def test_a_plan_names_the_field_that_is_wrong(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        ClassifierPlan(seed=1, **wrong)  # type: ignore[arg-type]
