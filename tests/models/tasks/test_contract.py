"""What holds for every task in the list."""

import json
import subprocess
import sys

import numpy as np
import pytest

from measures.estimate import Estimate
from models.tasks import TASKS, Calibration, Outcomes, Task, task_named

RNG = np.random.default_rng(11)
TRUTH = RNG.random(300) < 0.4
PATIENT = np.array([f"P{number}" for number in range(300)])
RNG_UNIT = np.random.default_rng(12).random(300) < 0.5
SEX = np.where(RNG.random(300) < 0.5, "F", "M")
CALIBRATION = Calibration(1.0, 0.0, 0.5)

PERFECT = {
    "classification": ("auc", "sensitivity", "specificity", "accuracy"),
    "segmentation": ("dice", "dice_lowest_5", "jaccard"),
}
"""What a perfect predictor has 1 of; of the first a useless one has about a half."""

every_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.keys())


def outcomes(task: Task, logit: np.ndarray) -> Outcomes:
    """Studies of a device with these outputs; of one that outlines, the overlap rises with them."""
    decoded = task.decode(logit, CALIBRATION)
    fit = np.where(TRUTH, decoded.score, 1 - decoded.score).round(6)
    made: dict[str, np.ndarray] = {
        "unit": np.where(RNG_UNIT, "mm", "pixel"), "dice": fit, "jaccard": fit / (2 - fit),
        "hd95": 40 * (1 - fit), "assd": 10 * (1 - fit), "area_difference": 100 * (0.5 - fit),
    }
    more = {name: made[name] for name in task.columns}
    return Outcomes(TRUTH, decoded.score, decoded.decision, PATIENT, {"sex": SEX}, more=more)


def value(estimates: list[Estimate], measure: str, subgroup: str = "all") -> float:
    found = {(one.measure, one.subgroup): one.value for one in estimates}[measure, subgroup]
    assert found is not None
    return found


@every_task
def test_a_perfect_predictor_is_found_perfect(task: Task) -> None:
    found = task.estimates(outcomes(task, np.where(TRUTH, 40.0, -40.0)))
    for measure in PERFECT[task.name]:
        assert value(found, measure) == pytest.approx(1.0)


@every_task
def test_a_useless_predictor_is_found_useless(task: Task) -> None:
    found = task.estimates(outcomes(task, RNG.normal(size=300)))
    assert abs(value(found, PERFECT[task.name][0]) - 0.5) < 0.12


@every_task
def test_the_order_of_the_studies_does_not_matter(task: Task) -> None:
    logit = RNG.normal(size=300) + TRUTH
    decoded = task.decode(logit, CALIBRATION)
    order = RNG.permutation(300)
    columns = (TRUTH, decoded.score, decoded.decision, PATIENT)
    whole = outcomes(task, logit)
    more = {name: column[order] for name, column in whole.more.items()}
    mixed = Outcomes(*(column[order] for column in columns), {"sex": SEX[order]}, more=more)
    plain = task.estimates(whole)
    for one, other in zip(plain, task.estimates(mixed), strict=True):
        assert (one.measure, one.subgroup, one.n) == (other.measure, other.subgroup, other.n)
        assert one.value == pytest.approx(other.value)
        # whole patients are drawn by their place: another order is another draw
        near = 0.1 * abs(one.value or 1) if "bootstrap" in one.method else 1e-9
        assert one.low == pytest.approx(other.low, abs=near)


@every_task
def test_no_studies_give_no_numbers(task: Task) -> None:
    empty = np.empty(0)
    more = dict.fromkeys(task.columns, empty)
    found = task.estimates(Outcomes(empty, empty, empty, empty, {"sex": empty}, more=more))
    assert [one.measure for one in found] == list(task.measures)
    assert not any(one.estimable for one in found)
    assert len(task.decode(empty, CALIBRATION).score) == 0


@every_task
def test_estimates_survive_a_round_trip_through_json(task: Task) -> None:
    found = task.estimates(outcomes(task, RNG.normal(size=300) + TRUTH))
    text = json.dumps([one.to_dict() for one in found])
    assert [Estimate.from_dict(values) for values in json.loads(text)] == found


@every_task
def test_watched_fields_are_output_fields(task: Task) -> None:
    assert task.watched
    assert set(task.watched) <= {one.name for one in task.fields}
    assert task_named(task.name) is task


def test_an_unknown_task_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown task 'triage'; known: classification, segm"):
        task_named("triage")


def test_tasks_never_reach_torch() -> None:
    code = "import sys, models.tasks; print('torch' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
