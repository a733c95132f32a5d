import numpy as np
import pytest

from measures.estimate import Estimate
from models.tasks import Calibration, ClassificationTask, Outcomes

TASK = ClassificationTask()
N = 200
RNG = np.random.default_rng(4)
TRUTH = (RNG.random(N) < 0.4).astype(int)
SCORE = 1 / (1 + np.exp(-(RNG.normal(size=N) + 2 * TRUTH - 1)))
DECISION = SCORE >= 0.5
PATIENT = np.array([f"P{number}" for number in range(N)])


def of(found: list[Estimate], measure: str, subgroup: str = "all") -> Estimate:
    return next(one for one in found if (one.measure, one.subgroup) == (measure, subgroup))


@pytest.mark.requirement("REG-061")
def test_ten_measures_each_with_n_and_interval() -> None:
    found = TASK.estimates(Outcomes(TRUTH, SCORE, DECISION, PATIENT))
    assert [one.measure for one in found] == [
        "auc", "sensitivity", "specificity", "ppv", "npv", "f1", "brier",
        "calibration_slope", "calibration_intercept", "accuracy",
    ]  # fmt: skip
    for one in found:
        assert one.value is not None and one.low is not None and one.high is not None
        assert one.low <= one.value <= one.high
        assert one.n > 0


def test_a_value_that_was_not_recorded_is_a_subgroup_that_cannot_be_estimated() -> None:
    sex = np.array(["F"] * 90 + ["M"] * 90 + [""] * 20, dtype=object)
    found = TASK.estimates(Outcomes(TRUTH, SCORE, DECISION, PATIENT, {"sex": sex}))
    names = list(dict.fromkeys(one.subgroup for one in found))
    assert names == ["all", "sex=F", "sex=M", "sex=not recorded"]
    missing = of(found, "sensitivity", "sex=not recorded")
    assert (missing.estimable, missing.n) == (False, 20)
    assert "not recorded" in missing.reason


def test_a_small_subgroup_is_not_estimable_and_says_how_small() -> None:
    view = np.array(["AP"] * 19 + ["PA"] * 181)
    outcomes = Outcomes(TRUTH, SCORE, DECISION, PATIENT, {"view": view})
    small = of(TASK.estimates(outcomes), "auc", "view=AP")
    assert (small.estimable, small.n, small.reason) == (False, 19, "fewer than 20 studies")
    assert of(TASK.estimates(outcomes, minimum_n=10), "auc", "view=AP").n == 19


@pytest.mark.parametrize("patients", [PATIENT, np.repeat(PATIENT[: N // 2], 2)])
@pytest.mark.parametrize(("only", "share"), [(1, "sensitivity"), (0, "specificity")])
def test_one_class_alone_shows_its_own_share_and_nothing_that_compares_classes(
    only: int, share: str, patients: np.ndarray
) -> None:
    found = TASK.estimates(Outcomes(np.full(N, only), SCORE, DECISION, patients))
    assert {one.measure for one in found if one.estimable} == {share, "brier", "accuracy"}
    assert {one.n for one in found} == {N}
    assert of(found, share).value == np.mean(only == DECISION)
    assert of(found, "auc").reason in ("no diseased study", "no study without the finding")


def test_several_studies_of_a_patient_widen_the_interval() -> None:
    twice = [np.repeat(column, 4) for column in (TRUTH, SCORE, DECISION, PATIENT)]
    found = TASK.estimates(Outcomes(*twice))
    apart = TASK.estimates(Outcomes(*twice[:3], np.arange(4 * N)))
    for measure in ("auc", "sensitivity", "calibration_slope"):
        clustered, plain = of(found, measure), of(apart, measure)
        assert clustered.value == pytest.approx(plain.value)
        assert clustered.method.endswith(" patients")
        assert clustered.high - clustered.low > 1.4 * (plain.high - plain.low)
    assert of(found, "sensitivity").n == 4 * int(TRUTH.sum())


def test_adding_a_subgroup_leaves_the_other_intervals_unchanged() -> None:
    patient = np.repeat(PATIENT[: N // 2], 2)
    sex = np.array(["F", "M"] * (N // 2))
    alone = TASK.estimates(Outcomes(TRUTH, SCORE, DECISION, patient))
    both = TASK.estimates(Outcomes(TRUTH, SCORE, DECISION, patient, {"sex": sex}))
    assert both[: len(alone)] == alone


def test_a_decision_is_yes_from_the_operating_point_on() -> None:
    logit = np.array([-1.0, 0.0, 1.0])
    at_middle = float(TASK.decode(logit, Calibration(2.0, 0.5, 0.5)).score[1])
    decoded = TASK.decode(logit, Calibration(2.0, 0.5, at_middle))
    assert decoded.decision.tolist() == [False, True, True]
    assert decoded.score == pytest.approx(1 / (1 + np.exp(-(2 * logit + 0.5))))


def test_extreme_outputs_stay_probabilities() -> None:
    score = TASK.decode(np.array([-1e4, 1e4]), Calibration(1.0, 0.0, 0.5)).score
    assert score.tolist() == [0.0, 1.0]


def test_an_output_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        TASK.decode(np.array([0.0, np.nan]), Calibration(1.0, 0.0, 0.5))


def test_columns_of_other_length_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="sex has 3 entries, truth has 200"):
        Outcomes(TRUTH, SCORE, DECISION, PATIENT, {"sex": np.array(["F"] * 3)})
