import numpy as np
import pytest

from measures.estimate import Estimate
from measures.multiclass import auc_one_against_rest
from models.tasks import Calibration, MulticlassTask, Outcomes
from models.tasks.multiclass import OF_EACH_CLASS, finding_share, named_class

TASK = MulticlassTask()
CLASSES = ("normal", "benign", "malignant")
AT_HALF = Calibration(1.0, 0.0, 0.5)
N = 240
RNG = np.random.default_rng(6)
TRUTH = RNG.integers(0, 3, N)
LOGIT = 1.5 * np.eye(3)[TRUTH] + RNG.normal(size=(N, 3))
PATIENT = np.array([f"P{number}" for number in range(N)])


def outcomes(
    truth: np.ndarray = TRUTH, logit: np.ndarray = LOGIT, patient: np.ndarray = PATIENT
) -> Outcomes:
    decoded = TASK.decode(logit, AT_HALF)
    return Outcomes(truth, decoded.score, decoded.decision, patient, {}, decoded.more, CLASSES)


def of(found: list[Estimate], measure: str, subgroup: str = "all") -> Estimate:
    return next(one for one in found if (one.measure, one.subgroup) == (measure, subgroup))


def test_each_class_stands_under_its_name_with_n_and_interval() -> None:
    found = TASK.estimates(outcomes())
    named = {one.subgroup for one in found if one.measure in OF_EACH_CLASS}
    assert named == {f"class={name}" for name in CLASSES}
    assert all(one.estimable and one.n > 0 for one in found)
    assert of(found, "class_sensitivity", "class=malignant").n == int((TRUTH == 2).sum())


def test_the_figures_are_those_that_counting_by_hand_gives() -> None:
    said = TASK.decode(LOGIT, AT_HALF).more["probabilities"].argmax(axis=1)
    found = TASK.estimates(outcomes())
    assert of(found, "accuracy").value == pytest.approx(np.mean(said == TRUTH))
    for code, name in enumerate(CLASSES):
        share = np.mean(said[code == TRUTH] == code)
        assert of(found, "class_sensitivity", f"class={name}").value == pytest.approx(share)
        right = np.mean(TRUTH[said == code] == code)
        assert of(found, "class_ppv", f"class={name}").value == pytest.approx(right)
    assert of(found, "sensitivity").value == pytest.approx(np.mean(said[TRUTH > 0] > 0))
    assert of(found, "specificity").value == pytest.approx(np.mean(said[TRUTH == 0] == 0))
    classes = [of(found, "class_auc", f"class={name}").value for name in CLASSES]
    assert of(found, "macro_auc").value == pytest.approx(np.mean(np.array(classes, dtype=float)))


def test_the_macro_auc_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    chance = TASK.decode(LOGIT, AT_HALF).more["probabilities"]
    theirs = roc_auc_score(TRUTH, chance, multi_class="ovr", average="macro")
    assert of(TASK.estimates(outcomes()), "macro_auc").value == pytest.approx(theirs)


def test_a_class_without_a_study_makes_no_figure_that_would_leave_it_out() -> None:
    rows = TRUTH != 2
    found = TASK.estimates(outcomes(TRUTH[rows], LOGIT[rows], PATIENT[rows]))
    for measure, subgroup in (
        ("macro_auc", "all"), ("class_auc", "class=malignant"),
        ("class_sensitivity", "class=malignant"),
    ):  # fmt: skip
        missing = of(found, measure, subgroup)
        assert not missing.estimable
        assert "class" in missing.reason
    assert "malignant" in of(found, "macro_auc").reason
    assert of(found, "class_auc", "class=benign").estimable
    assert of(found, "accuracy").n == int(rows.sum())


def test_a_class_that_was_never_named_has_no_predictive_value() -> None:
    logit = LOGIT.copy()
    logit[:, 2] = -50.0
    found = of(TASK.estimates(outcomes(logit=logit)), "class_ppv", "class=malignant")
    assert (found.estimable, found.n, found.reason) == (
        False, 0, "the device named the class in no study"
    )


def test_small_and_unrecorded_subgroups_are_not_estimable_for_any_class() -> None:
    sex = np.array(["F"] * 200 + ["M"] * 15 + [""] * 25, dtype=object)
    decoded = TASK.decode(LOGIT, AT_HALF)
    found = TASK.estimates(
        Outcomes(TRUTH, decoded.score, decoded.decision, PATIENT, {"sex": sex}, decoded.more,
                 CLASSES)
    )  # fmt: skip
    assert of(found, "class_auc", "sex=F, class=benign").n == 200
    small = of(found, "class_auc", "sex=M, class=benign")
    assert (small.estimable, small.n, small.reason) == (False, 15, "fewer than 20 studies")
    unknown = of(found, "macro_auc", "sex=not recorded")
    assert (unknown.estimable, unknown.n) == (False, 25)


def test_several_images_of_a_patient_widen_every_interval_and_move_no_value() -> None:
    copies = [np.repeat(one, 4, axis=0) for one in (TRUTH, LOGIT)]
    together = TASK.estimates(outcomes(*copies, np.repeat(PATIENT, 4)))
    apart = TASK.estimates(outcomes(*copies, np.arange(4 * N).astype(str)))
    for measure, subgroup in (
        ("macro_auc", "all"), ("accuracy", "all"), ("class_auc", "class=benign"),
        ("class_sensitivity", "class=malignant"), ("class_ppv", "class=normal"), ("auc", "all"),
    ):  # fmt: skip
        one, other = of(together, measure, subgroup), of(apart, measure, subgroup)
        assert one.value == pytest.approx(other.value)
        assert one.method.endswith(" patients")
        assert one.high - one.low > 1.4 * (other.high - other.low)
    by_hand = auc_one_against_rest(
        copies[0], TASK.decode(copies[1], AT_HALF).more["probabilities"], range(3),
        patients=np.repeat(PATIENT, 4),
    )
    assert of(together, "macro_auc").low == pytest.approx(by_hand.low)


def test_at_half_the_likeliest_class_is_named_and_below_findings_are_named_sooner() -> None:
    even, sooner = (TASK.decode(LOGIT, Calibration(1.0, 0.0, point)) for point in (0.5, 0.2))
    chance = even.more["probabilities"]
    assert (named_class(chance, even.decision) == chance.argmax(axis=1)).all()
    assert (even.decision <= sooner.decision).all()
    assert sooner.decision.sum() > even.decision.sum()
    assert (sooner.decision == (finding_share(chance) >= 0.2)).all()


def test_the_temperature_changes_how_sure_not_what() -> None:
    plain, cool = (TASK.decode(LOGIT, Calibration(slope, 0.0, 0.5)) for slope in (1.0, 3.0))
    assert (plain.decision == cool.decision).all()
    sure, surer = (one.more["probabilities"].max(axis=1) for one in (plain, cool))
    assert (surer > sure).all()
    assert cool.more["probabilities"].sum(axis=1) == pytest.approx(1.0)


def test_extreme_outputs_stay_probabilities() -> None:
    decoded = TASK.decode([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4]], AT_HALF)
    assert decoded.score.tolist() == [0.0, 1.0]
    assert decoded.decision.tolist() == [False, True]


@pytest.mark.parametrize(
    ("logit", "words"),
    [
        ([0.0, 1.0], "three classes or more are needed"),
        ([[0.0, 1.0]], "three classes or more are needed"),
        ([[0.0, np.nan, 1.0]], "not finite"),
    ],
)
def test_outputs_of_another_shape_or_not_finite_are_refused(logit: list, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TASK.decode(logit, AT_HALF)


def test_truth_of_a_class_that_is_not_declared_is_refused() -> None:
    with pytest.raises(ValueError, match="do not have the classes"):
        TASK.estimates(outcomes(np.where(TRUTH == 2, 3, TRUTH)))
