"""Several findings at once: what is named, in which rank, and how well where not all is known."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.binary import sensitivity
from measures.estimate import Estimate
from models.calibrate import choose_calibration, choose_for_findings
from models.objectives import objective_of, require_every_class
from models.params import OperatingRule, TaskParams
from models.tasks import Calibration, MultilabelTask, Outcomes
from models.tasks.base import Known
from models.tasks.multilabel import EVEN, OF_EACH_FINDING, ranked_findings
from models.tasks.two_classes import settled
from records.errors import InvalidInput

TASK, RNG = MultilabelTask(), np.random.default_rng(8)
CLASSES = ("no finding", "pneumonia", "pneumothorax")
EACH = (Calibration(1.2, -0.3, 0.3), Calibration(0.8, 0.1, 0.05))
BOTH = Calibration(1.0, 0.0, EVEN, each=EACH)
N = 240
STATES = (RNG.random((N, 2)) < (0.4, 0.15)).astype(np.int8)
LOGIT = 2.0 * STATES - (1.0, 2.0) + RNG.normal(size=(N, 2))
PATIENT = np.array([f"P{at}" for at in range(N)])


def judged(states: np.ndarray = STATES, logit: np.ndarray = LOGIT, **more: Any) -> Outcomes:
    said = TASK.decode(logit, BOTH)
    return Outcomes(
        (states == 1).any(axis=1).astype(int), said.score, said.decision, more.pop(
            "patient", PATIENT[: len(states)]), more=dict(said.more) | {"states": states},
        classes=CLASSES, **more,
    )  # fmt: skip


def by_name(found: list[Estimate]) -> dict[tuple[str, str], Estimate]:
    return {(one.measure, one.subgroup): one for one in found}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(*[st.floats(-60, 60)] * 2), min_size=1, max_size=20))
def test_the_score_reaches_one_half_exactly_where_a_finding_is_named(
    logit: list[tuple[float, float]],
) -> None:
    said = TASK.decode(logit, BOTH)
    named = said.more["named"].astype(bool)
    points = [one.operating_point for one in EACH]
    assert (named == (said.more["probabilities"] >= points)).all()
    assert (said.decision == named.any(axis=1)).all()
    assert ((said.score >= EVEN) == said.decision).all()
    for chance, row in zip(said.more["probabilities"], named, strict=True):
        ranked = [one["present"] for one in ranked_findings(CLASSES[1:], chance, row, points)]
        assert ranked == sorted(ranked, reverse=True)  # named ones stand before the others


def test_a_rare_finding_stands_before_a_common_one_of_which_the_picture_says_less() -> None:
    said = ranked_findings(CLASSES[1:], [0.31, 0.25], [1, 1], [0.3, 0.05])
    assert [one["finding"] for one in said] == ["pneumothorax", "pneumonia"]
    assert [one["operating_point"] for one in said] == [0.05, 0.3]


def test_raw_outputs_that_fit_no_calibration_are_refused() -> None:
    with pytest.raises(ValueError, match="for 2 calibrated findings"):
        TASK.decode(np.zeros((4, 3)), BOTH)
    with pytest.raises(ValueError, match="not finite"):
        TASK.decode([[np.nan, 0.0]], BOTH)


def test_each_finding_is_judged_by_the_studies_of_which_it_is_known() -> None:
    states = STATES.copy()
    states[:50, 0] = -1
    found = by_name(TASK.estimates(judged(states)))
    known = states[:, 0] >= 0
    named = TASK.decode(LOGIT, BOTH).more["named"]
    alone = sensitivity(states[known, 0], named[known, 0])
    one = found["finding_sensitivity", "class=pneumonia"]
    assert (one.value, one.low, one.n) == (alone.value, alone.low, alone.n)
    assert found["finding_auc", "class=pneumonia"].n == N - 50
    assert found["finding_auc", "class=pneumothorax"].n == N
    assert found["subset_accuracy", "all"].n == N - 50
    settled_studies = int((known | (states[:, 1] == 1)).sum())
    assert found["auc", "all"].n == settled_studies < N


def test_what_is_not_known_changes_no_other_figure() -> None:
    """An unknown state is as if the study had not been asked about that finding."""
    states = STATES.copy()
    states[::3, 1] = -1
    masked, whole = by_name(TASK.estimates(judged(states))), by_name(TASK.estimates(judged()))
    kept = STATES[np.arange(N) % 3 > 0], LOGIT[np.arange(N) % 3 > 0]
    part = by_name(TASK.estimates(judged(*kept)))
    for measure in OF_EACH_FINDING:
        one, other = (found[measure, "class=pneumonia"] for found in (masked, whole))
        assert one == other
        one, other = (found[measure, "class=pneumothorax"] for found in (masked, part))
        assert (one.n, one.value) == (other.n, other.value)


def test_a_finding_known_of_too_few_is_not_estimable_with_its_n_and_nor_is_the_mean() -> None:
    states = STATES.copy()
    states[5:, 1] = -1
    found = by_name(TASK.estimates(judged(states)))
    one = found["finding_auc", "class=pneumothorax"]
    assert (one.estimable, one.n) == (False, 5)
    assert "fewer than 20 studies of which the finding is known" in one.reason
    assert found["finding_auc", "class=pneumonia"].estimable
    silent = judged(np.where(STATES == 1, -1, STATES))
    assert not settled(silent)[(STATES == 1).any(axis=1)].any()
    assert not by_name(TASK.estimates(silent))["sensitivity", "all"].estimable


def test_subgroups_hold_each_finding_and_a_patients_studies_are_not_independent() -> None:
    sex = np.where(np.arange(N) % 2 == 0, "F", "M")
    whose = np.array([f"P{at // 4}" for at in range(N)])
    found = by_name(TASK.estimates(judged(subgroups={"sex": sex}, patient=whose)))
    assert found["finding_npv", "sex=F, class=pneumothorax"].estimable
    assert "60 patients" in found["macro_auc", "all"].method
    assert {one for one, _ in found} == set(TASK.measures)


def test_shares_count_each_finding_where_it_is_known_and_failures_name_the_finding() -> None:
    states = STATES.copy()
    states[:30, 0] = -1
    whole = judged(states)
    shares = {one.measure: one for one in TASK.shares(whole)}
    assert shares["sensitivity_for_pneumonia"].counted.sum() == (states[:, 0] == 1).sum()
    assert shares["specificity_for_pneumonia"].counted.sum() == (states[:, 0] == 0).sum()
    assert (shares["sensitivity"].counted & ~settled(whole)).sum() == 0
    found = TASK.failures(whole, 4)
    for kind, side in (("false_negative", 1), ("false_positive", 0)):
        assert found[kind]
        for one in found[kind]:
            at = CLASSES[1:].index(one.words)
            assert states[one.at, at] == side
            assert whole.more["named"][one.at, at] != side
    told = {(one.measure, one.subgroup): one.n for one in TASK.further(whole)}
    assert told["calibration_in_the_large", "class=pneumonia"] == N - 30


def test_what_was_answered_again_stands_in_the_order_of_the_findings() -> None:
    chance, points = [0.2, 0.4], [0.3, 0.05]
    said = {"findings": ranked_findings(CLASSES[1:], chance, [0, 1], points)}

    class Answer:
        outputs, mask = said, None

    row = TASK.answered(Answer(), Known(classes=CLASSES, states=(1, -1)))
    assert row == {"probabilities": chance, "named": [0, 1], "states": [1, -1]}


def test_each_finding_has_the_calibration_that_it_would_have_alone() -> None:
    states = STATES.copy()
    states[:40, 1] = -1
    rule = OperatingRule("fixed_sensitivity", 0.9)
    found = choose_for_findings(LOGIT, states, rule=rule)
    assert found.operating_point == EVEN
    alone = choose_calibration(LOGIT[40:, 1], states[40:, 1], rule=rule)
    assert found.each[1] == alone
    assert found.each[0] == choose_calibration(LOGIT[:, 0], states[:, 0], rule=rule)


TWO = TaskParams("multilabel", CLASSES)


def test_what_is_not_known_weighs_nothing_in_the_loss() -> None:
    import torch

    objective, states = objective_of(TWO), STATES.astype(np.int64)
    states[::4, 0] = -1
    even = np.ones(states.shape, np.float32)
    logit = torch.from_numpy(LOGIT).float().requires_grad_()
    loss = objective.loss(logit, states, even, 0.0)
    loss.backward()
    assert logit.grad is not None
    assert (logit.grad.numpy() == 0)[states == -1].all()
    assert (logit.grad.numpy() != 0)[states != -1].all()
    plain = objective.held_out(LOGIT, states)["tuning"]
    assert float(loss.detach()) == pytest.approx(plain, rel=1e-5)
    weights = objective.weights(states)
    for at in range(2):
        sums = [weights[states[:, at] == side, at].sum() for side in (0, 1)]
        assert sums[0] == pytest.approx(sums[1])
    assert (weights[states == -1] == 0).all()


def test_the_truth_of_a_table_becomes_states_and_a_finding_nowhere_is_refused() -> None:
    objective = objective_of(TWO)
    words = np.array(["pneumonia|pneumothorax?", "no finding", "pneumothorax"])
    read = objective.truth({"findings": words})
    assert read.tolist() == [[1, -1], [0, 0], [0, 1]]
    require_every_class(objective, read, "train")
    with pytest.raises(InvalidInput, match="none of them is 'with pneumothorax'"):
        require_every_class(objective, read[:2], "train")


def test_the_first_of_two_is_compared_on_the_studies_that_both_have_read() -> None:
    better = judged(logit=LOGIT + 2.0 * STATES)
    named = [one.measure for one in TASK.paired(better, judged())]
    assert named == [
        "macro_auc_difference", "subset_accuracy_difference", "auc_difference",
        "sensitivity_difference", "specificity_difference",
    ]
