"""What holds for every task in the list."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from imaging.boxes import Box, BoxedPicture
from imaging.degradations import DEGRADATIONS
from measures.estimate import Estimate
from models.tasks import TASKS, Calibration, Outcomes, Task, task_named
from models.tasks.detection import marks_text
from models.tasks.lesion_segmentation import Judged, TrueLesion
from records.cases import BOXES, COURSE, FULL_DOSE, OUTLINE

RNG = np.random.default_rng(11)
CLASSES = ("normal", "benign", "malignant")
PATIENT = np.array([f"P{number}" for number in range(300)])
RNG_UNIT = np.random.default_rng(12).random(300) < 0.5
SEX = np.where(RNG.random(300) < 0.5, "F", "M")
EACH = (Calibration(1.0, 0.0, 0.5), Calibration(1.0, 0.0, 0.5))
CALIBRATION = Calibration(1.0, 0.0, 0.5, (0.0, 1.0, 0.9), EACH)
SEVERAL = ("multiclass", "triage")
"""Tasks of exclusive classes: truth is the number of one."""
PRESENT = RNG.random(300) < 0.4
CLASS = np.where(PRESENT, RNG.integers(1, 3, 300), 0)
STATES = np.column_stack([PRESENT, np.where(PRESENT, CLASS == 2, False)]).astype(int)
"""Of two findings that may be present together, which of them each study shows."""

PERFECT = {
    "classification": ("auc", "sensitivity", "specificity", "accuracy"),
    "multiclass": ("macro_auc", "auc", "sensitivity", "specificity", "accuracy"),
    "segmentation": ("dice", "dice_lowest_5", "jaccard", "fitting"),
    "detection": ("lesion_sensitivity", "froc_score", "auc", "sensitivity", "specificity"),
    "triage": ("auc", "sensitivity", "specificity", "accuracy"),
    "enhancement": ("ssim_enhanced", "sensitivity_enhanced", "specificity_enhanced"),
    "prognosis": ("harrell_c", "uno_c", "auc_at_horizon"),
    "multilabel": ("macro_auc", "subset_accuracy", "auc", "sensitivity", "specificity"),
    "lesion_segmentation": ("dice", "lesion_dice", "lesion_sensitivity", "auc", "specificity"),
    "radiomics": ("auc", "sensitivity", "specificity", "accuracy"),
}
"""What a perfect predictor has 1 of."""
USELESS = {"classification": ("auc",), "multiclass": ("macro_auc", "auc"),
           "segmentation": ("dice",), "detection": ("auc",), "triage": ("auc",),
           "enhancement": ("ssim_enhanced",), "lesion_segmentation": ("auc",),
           "radiomics": ("auc",),
           "multilabel": ("macro_auc", "auc"),
           "prognosis": ("harrell_c", "uno_c", "auc_at_horizon")}  # fmt: skip
"""What a useless predictor has about a half of."""

every_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.keys())


def truth_of(task: Task) -> np.ndarray:
    return CLASS if task.name in SEVERAL else PRESENT.astype(int)


def raw(task: Task, clear: float) -> np.ndarray:
    """Raw outputs that tell the classes apart as clearly as asked; 0 is noise alone."""
    noise = 0.0 if clear > 3 else 1.0
    if task.name == "detection":  # of each study 5 maps of 2 x 2 cells
        odds = clear * (2 * PRESENT - 1) + noise * RNG.normal(size=300)
        return np.broadcast_to(odds[:, None, None, None], (300, 5, 2, 2)).copy()
    if task.name == "enhancement":  # of each study a map of noise of 2 x 2 pixels
        odds = clear + noise * RNG.normal(size=300)
        return np.broadcast_to(1 / (1 + np.exp(-odds))[:, None, None], (300, 2, 2)) / 1.4826
    if task.name == "multilabel":
        return clear * (2 * STATES - 1) + noise * RNG.normal(size=(300, 2))
    if task.name not in SEVERAL:
        return clear * (2 * PRESENT - 1) + noise * RNG.normal(size=300)
    return clear * np.eye(3)[CLASS] + noise * RNG.normal(size=(300, 3))


def outcomes(task: Task, logit: np.ndarray) -> Outcomes:
    """Studies of a device with these outputs; of one that outlines, the overlap rises with them."""
    decoded = task.decode(logit, CALIBRATION)
    beside = BESIDE[task.name](decoded.score, task) if task.name in BESIDE else {}
    return Outcomes(
        truth_of(task), decoded.score, decoded.decision, PATIENT, {"sex": SEX},
        {**decoded.more, **beside}, CLASSES if task.name in (*SEVERAL, "multilabel") else (),
    )


def overlap(score: np.ndarray, task: Task) -> dict[str, np.ndarray]:
    """Of a task that outlines, what its outlines have in common rises with its outputs."""
    fit = np.where(PRESENT, score, 1 - score).round(6)
    made: dict[str, np.ndarray] = {
        "unit": np.where(RNG_UNIT, "mm", "pixel"), "dice": fit, "jaccard": fit / (2 - fit),
        "hd95": 40 * (1 - fit), "assd": 10 * (1 - fit), "area_difference": 100 * (0.5 - fit),
    }
    return {name: made[name] for name in task.columns}


def marked(score: np.ndarray, task: Task) -> dict[str, np.ndarray]:
    """Of a task that marks, one mark a study, which lies on its lesion where it has one."""
    lesion = Box(4, 4, 8, 8)
    marks = [
        marks_text([{**Box(6, 6, 4, 4)._asdict(), "score": one, "shown": bool(one >= 0.5)}])
        for one in score.tolist()
    ]
    true = [BoxedPicture(40, 40, (lesion,) if one else ()).text for one in PRESENT]
    made = {"marks": np.array(marks), "lesions": np.array(true[: len(marks)])}
    return {name: made[name] for name in task.columns}


def enhanced(score: np.ndarray, task: Task) -> dict[str, np.ndarray]:
    """Of a task that enhances, its pictures come closer to full dose with its outputs, and the
    reader of them errs where they do not."""
    right = score > 0.99
    made = {name: score for name in task.columns if name.startswith("ssim")}
    made |= {"read_enhanced": np.where(right, PRESENT[: len(score)], ~PRESENT[: len(score)])}
    by_study = np.linspace(0, 0.1, len(score))  # no two pictures come equally close
    made |= {"psnr_enhanced": 20 + 20 * score + by_study, "psnr_input": np.full(len(score), 30.0)}
    zero = np.zeros(len(score), dtype=int)
    return {name: np.asarray(made.get(name, zero)).astype(float) for name in task.columns}


def followed(score: np.ndarray, task: Task) -> dict[str, np.ndarray]:
    """Of a prognosis, who has the event by the horizon, and the others followed beyond it."""
    made = {"days": np.where(PRESENT, 50.0, 200.0), "horizon": np.full(len(score), 90.0)}
    return {name: made[name] for name in task.columns}


def states(score: np.ndarray, task: Task) -> dict[str, np.ndarray]:
    """Which findings are truly present: decoding cannot know."""
    assert "states" in task.columns
    return {"states": STATES[: len(score)]}


def measured(score: np.ndarray, task: Task) -> dict[str, np.ndarray]:
    """Of a task that measures lesions, one in each study with a finding, found at the point."""
    judged = [
        Judged(
            1.0 if found else 0.0,
            (TrueLesion(1.0, 9.0, 1.0, one, 1.0, 9.0) if found
             else TrueLesion(1.0, 9.0, 0.0, None, None, None),), (),
        ) if ill else Judged(None, (), (0.5,) if found else ())
        for one, ill, found in zip(score.tolist(), PRESENT, score >= 0.5, strict=False)
    ]  # fmt: skip
    return {name: np.array([one.text for one in judged]) for name in task.columns}


BESIDE = {
    "segmentation": overlap, "detection": marked, "enhancement": enhanced, "prognosis": followed,
    "multilabel": states,
    "lesion_segmentation": measured,
}
"""Tasks whose further columns are found beside the truth, not by decoding."""


def value(estimates: list[Estimate], measure: str, subgroup: str = "all") -> float:
    found = {(one.measure, one.subgroup): one.value for one in estimates}[measure, subgroup]
    assert found is not None
    return found


@every_task
def test_a_perfect_predictor_is_found_perfect(task: Task) -> None:
    found = task.estimates(outcomes(task, raw(task, 40.0)))
    for measure in PERFECT[task.name]:
        assert value(found, measure) == pytest.approx(1.0)


@every_task
def test_a_useless_predictor_is_found_useless(task: Task) -> None:
    found = task.estimates(outcomes(task, raw(task, 0.0)))
    for measure in USELESS[task.name]:
        assert abs(value(found, measure) - 0.5) < 0.12


@every_task
def test_the_order_of_the_studies_does_not_matter(task: Task) -> None:
    whole = outcomes(task, raw(task, 1.0))
    order = RNG.permutation(300)
    mixed = replace(whole.where(order), subgroups={"sex": SEX[order]})
    for one, other in zip(task.estimates(whole), task.estimates(mixed), strict=True):
        assert (one.measure, one.subgroup, one.n) == (other.measure, other.subgroup, other.n)
        assert one.value == pytest.approx(other.value)
        # whole patients are drawn by their place: another order is another draw
        near = 0.1 * abs(one.value or 1) if "bootstrap" in one.method else 1e-9
        assert one.low == pytest.approx(other.low, abs=near)


@every_task
def test_no_studies_give_no_numbers(task: Task) -> None:
    none = outcomes(task, raw(task, 1.0)).where(np.zeros(300, dtype=bool))
    found = task.estimates(none)
    assert list(dict.fromkeys(one.measure for one in found)) == list(task.measures)
    assert not any(one.estimable for one in found)
    assert len(task.decode(raw(task, 1.0)[:0], CALIBRATION).score) == 0


@every_task
def test_estimates_survive_a_round_trip_through_json(task: Task) -> None:
    found = task.estimates(outcomes(task, raw(task, 1.0)))
    text = json.dumps([one.to_dict() for one in found])
    assert [Estimate.from_dict(values) for values in json.loads(text)] == found


@every_task
def test_no_estimate_is_made_twice(task: Task) -> None:
    named = [(one.measure, one.subgroup) for one in task.estimates(outcomes(task, raw(task, 1.0)))]
    assert len(set(named)) == len(named)


@every_task
def test_what_a_task_asks_for_its_decoding_gives(task: Task) -> None:
    if task.name in BESIDE:
        pytest.skip("what it asks for is found beside the truth")
    decoded = task.decode(raw(task, 1.0), CALIBRATION)
    assert set(decoded.more) == set(task.columns)
    assert all(len(column) == 300 for column in decoded.more.values())
    assert ((decoded.score >= 0) & (decoded.score <= 1)).all()


@every_task
def test_watched_fields_are_output_fields(task: Task) -> None:
    assert task.watched
    given = () if task.name in BESIDE else task.columns
    assert {*task.watched, *given} <= {one.name for one in task.fields}
    assert task.main_measure in task.measures
    assert task_named(task.name) is task


def test_an_unknown_task_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown task 'guess'; known: classification, det"):
        task_named("guess")


def test_tasks_never_reach_torch() -> None:
    code = "import sys, models.tasks; print('torch' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@every_task
def test_the_better_of_two_is_found_better_and_none_better_than_itself(task: Task) -> None:
    good, bad = (outcomes(task, raw(task, clear)) for clear in (40.0, 0.0))
    change = task.paired(good, bad)[0]
    assert change.measure == f"{task.main_measure}_difference"
    assert change.low is not None
    assert change.low > 0
    same = task.paired(bad, bad)[0]
    assert same.value == 0 if same.estimable else "same value" in same.reason
    half = np.arange(300) < 150
    between = task.apart(good.where(half), bad.where(~half))
    assert between.measure == change.measure
    assert between.low is not None
    assert between.low > 0


@every_task
def test_failures_are_those_of_a_useless_predictor_and_no_more_than_asked(task: Task) -> None:
    assert not any(task.failures(outcomes(task, raw(task, 40.0)), 5).values())
    useless = outcomes(task, raw(task, 0.0))
    found = task.failures(useless, 3)
    assert any(found.values())
    for worst in found.values():
        assert len(worst) <= 3
        assert all(0 <= one.at < 300 and np.isfinite(one.value) for one in worst)
    shares = task.shares(useless)
    assert shares
    assert all(one.counted.shape == one.right.shape == (300,) for one in shares)


@every_task
def test_what_a_validation_measures_of_a_task_is_one_of_its_measures(task: Task) -> None:
    assert task.followed[0] == task.main_measure
    assert set(task.followed) <= set(task.measures)
    assert all(task.not_asked.values())
    cut = task.cut(outcomes(task, raw(task, 1.0)))
    assert (cut is None) == ("thresholds" in task.not_asked)


@every_task
def test_what_is_told_of_a_task_is_known_where_it_is_told(task: Task) -> None:
    assert task.headline[0] == task.main_measure
    assert set(task.headline) <= set(task.measures)
    assert task.degraded_by
    assert set(task.degraded_by) <= set(DEGRADATIONS)
    assert all(any(kind in one for one in task.not_asked)
               for kind in set(DEGRADATIONS) - set(task.degraded_by))  # fmt: skip
    assert set(task.truth_forms) <= {OUTLINE, BOXES, FULL_DOSE, COURSE}
    assert task.not_operated == "" or task.not_operated[-1] not in ".!"
